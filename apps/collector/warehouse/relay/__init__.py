"""Another collector as a warehouse: reports are passed on to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from collector.errors import InvalidWarehouseAddress
from collector.warehouse import Warehouse, WarehouseAddress

_API_PATH: Final = "/api/v1"


@dataclass(frozen=True)
class OtherCollector(WarehouseAddress):
    """`http(s)://host[:port][/base]`; `base` is all of it, without a slash at its end."""

    base: str

    form = "http(s)://host[/base]"
    description = "another collector, to which reports are passed on"
    prefixes = ("http:", "https:")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the collector that `text` names. Raises `InvalidWarehouseAddress`."""
        rule = "another collector is given as http://HOST[:PORT][/PATH] or https://…, without "
        if not text.isprintable() or " " in text:
            raise InvalidWarehouseAddress(rule + "spaces and control characters")
        try:
            parts = urlsplit(text)
            host = parts.hostname
            _ = parts.port  # reading it checks it
        except ValueError as error:
            raise InvalidWarehouseAddress(
                "the host or the port of the other collector is invalid"
            ) from error
        if parts.scheme not in {"http", "https"} or not host:
            raise InvalidWarehouseAddress(rule + "anything else before the host")
        if parts.username is not None or parts.query or parts.fragment:
            raise InvalidWarehouseAddress(rule + "a user, a query and a fragment")
        return cls(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}")

    @property
    def text(self) -> str:
        """The address as `--database` takes it."""
        return self.base

    @property
    def url(self) -> str:
        """Where reports are posted."""
        return f"{self.base}{_API_PATH}"

    def open(self, data_dir: Path, environment: Mapping[str, str]) -> Warehouse:
        """Open the way there. Connects only to post."""
        del environment
        from collector.warehouse.relay.warehouse import open_relay

        return open_relay(self, data_dir=data_dir)
