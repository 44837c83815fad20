"""The type wall, while the program runs: nothing standard gets a text out of an observation."""

import base64
import copy
import csv
import dataclasses
import io
import json
import logging
import marshal
import pickle
import plistlib
import pprint
import reprlib
import string
import traceback
import xmlrpc.client
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from report import (
    Identifying,
    NodeObservation,
    Observation,
    Pseudonyms,
    WorkloadKindObservation,
    WorkloadsObservation,
)

CANARY = "kxqzwpmvjtrhgylu"
KEY = CANARY.encode() * 2
SHOWN_AS = (CANARY, KEY.hex(), base64.b64encode(KEY).decode())
"""How a text or a key would be seen, if it were."""


def sealed(text: str) -> dict[str, object]:
    """Return an observation and its parts, with `text` wherever there is one."""
    secret = Identifying(text)
    texts = {*NodeObservation.__slots__} - {"capacity", "label_keys"}
    node = NodeObservation(
        **dict.fromkeys(texts, secret), capacity={secret: secret}, label_keys=frozenset()
    )
    kind = WorkloadKindObservation(kind="pods", counts={secret: 1}, created=[])
    workloads = WorkloadsObservation(namespaces={secret: None}, kinds=[kind])
    observation = Observation(
        master_version=secret, nodes=[node], kube_system_uid=secret, workloads=workloads
    )
    return {
        "a text": secret,
        "a node": node,
        "an observation": observation,
        "capacities": node.capacity,
        "pseudonyms": Pseudonyms.from_secret(KEY, "c"),
        "a list of nodes": observation.nodes,
        "workloads": workloads,
        "workloads of a kind": kind,
        "namespaces": workloads.namespaces,
        "counts": kind.counts,
    }


def logged(part: object) -> str:
    """Return what logging writes of `part` as an argument, in each of its styles."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("wall")
    logger.propagate = False
    logger.addHandler(handler)
    logger.warning("%s %r", part, part)
    logger.warning(part)
    logger.warning("%(part)s", {"part": part}, exc_info=ValueError(part))
    logger.removeHandler(handler)
    return stream.getvalue()


def csv_row(part: object) -> str:
    """Return `part` as a row of CSV."""
    stream = io.StringIO()
    csv.writer(stream).writerow([part])
    return stream.getvalue()


ENCODERS: dict[str, Callable[[Any], object]] = {
    "msgspec.json": msgspec.json.encode,
    "msgspec.json with str": lambda part: msgspec.json.encode(part, enc_hook=str),
    "msgspec.json with repr": lambda part: msgspec.json.encode(part, enc_hook=repr),
    "msgspec.msgpack": msgspec.msgpack.encode,
    "msgspec.to_builtins": msgspec.to_builtins,
    "msgspec.convert": lambda part: msgspec.convert(part, dict[str, object], from_attributes=True),
    "msgspec.structs": msgspec.structs.asdict,
    "json": json.dumps,
    "json with str": lambda part: json.dumps(part, default=str, skipkeys=True),
    "json with repr": lambda part: json.dumps(part, default=repr, skipkeys=True),
    "json with vars": lambda part: json.dumps(part, default=vars),
    "pickle, text": lambda part: pickle.dumps(part, 0),
    "pickle, newest": pickle.dumps,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "getstate": lambda part: part.__getstate__(),
    "marshal": marshal.dumps,
    "plistlib": lambda part: plistlib.dumps({"part": part}),
    "xmlrpc": lambda part: xmlrpc.client.dumps((part,)),
    "csv": csv_row,
    "dataclasses": dataclasses.asdict,
    "vars": vars,
    "repr": repr,
    "str": str,
    "bytes": bytes,
    "format": lambda part: format(part, ">40"),
    "f-string": lambda part: f"{part} {part!r} {part!s} {part!a} {part=} {part:>40}",
    "percent": lambda part: "%s %r %a" % (part, part, part),  # noqa: UP031 - what is tested
    "template": lambda part: string.Template("$part").substitute(part=part),
    "pprint": pprint.pformat,
    "reprlib": reprlib.repr,
    "logging": logged,
    "traceback": lambda part: "".join(traceback.format_exception(ValueError(part))),
    "join": "".join,
    "iteration": lambda part: [list(each) for each in part],
}


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("part", sealed(""))
def test_no_encoder(encoder: str, part: str) -> None:
    """No encoder, no formatting and no log exposes the content of an observation or a part."""
    try:
        shown = ENCODERS[encoder](sealed(CANARY)[part])
    except (TypeError, ValueError, AttributeError) as error:
        shown = error
    for each in SHOWN_AS:
        assert each not in repr(shown)
        assert each not in str(shown)


def test_what_is_shown() -> None:
    """What is shown instead names the type, so that an error can be understood."""
    assert [repr(part) for part in sealed(CANARY).values()][:3] == [
        "Identifying([redacted])",
        "NodeObservation([redacted])",
        "Observation([redacted])",
    ]


def test_reveal() -> None:
    """The one way to the text is to ask for it by name."""
    assert Identifying(CANARY).reveal() == CANARY


def test_counting() -> None:
    """Equal texts count as one without being opened, and a text is not equal to what it seals."""
    assert len({Identifying("a"), Identifying("a"), Identifying("b")}) == 2
    assert Identifying("a") != "a"
