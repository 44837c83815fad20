"""Whole clusters as the Kubernetes API describes them, with a canary in every text there is.

What fields there are is read from the models that the `kubernetes` client generates from the
published OpenAPI schema: a field that is read some day is covered without a change here. Each
object also gets fields that no schema knows.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from kubernetes.client import models

from tests.privacy.canaries import Canaries

DRESSES = (
    *("{}", "{}", "{}", "5.15.0-91-generic{}", "5.15.0-{}", "5.15.0-{}-generic", "6.1.0+{}"),
    *("v1.30.1-{}", "v1.30.1+{}", "v1.30.1-eks-{}", "v1.29.4-gke.{}", "v1.30.1+k3s1{}"),
    *("containerd://1.7.2-{}", "containerd://{}", "{}://1.7.2", "cri-o://1.28.2+{}"),
    *("Ubuntu 22.04.3 LTS {}", "Ubuntu {}", "Debian GNU/Linux 12 ({})", "{} Linux 2"),
    *("aws:///eu-west-1a/{}", "{}://zone/name", "gce://{}", "ocid1.instance.{}", "cn-beijing.i-{}"),
    *("nvidia.com/{}", "{}/gpu", "hugepages-{}", "attachable-volumes-{}", "nvidia.com/mig-{}"),
    *("linux{}", "{}linux", "amd64-{}", "4{}", "{}Ki", "other {}", "unknown{}"),
    *("{}/nodegroup", "eks.amazonaws.com/{}", "node-role.kubernetes.io/{}", "k3s{}", "worker-{}"),
)
"""What real values look like with a place for something that identifies somebody."""

PUBLIC_KEYS = (
    *("cpu", "memory", "pods", "ephemeral-storage", "nvidia.com/gpu"),
    *("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"),
    *("eks.amazonaws.com/nodegroup", "node.openshift.io/os_id", "microk8s.io/cluster"),
)
"""Names of resources and labels that are public; a dictionary gives them canaries as values."""


class ClusterMaker:
    """Makes documents of the Kubernetes API, all texts of which hold a canary."""

    def __init__(self, random: Random, canaries: Canaries) -> None:
        self._random = random
        self._canaries = canaries

    def answer(self, model: str, **fields: object) -> bytes:
        """Return a document of this model as JSON, with `fields` replaced or added."""
        return json.dumps({**self._object(model), **fields}).encode()

    def nodes(self, count: int) -> list[dict[str, Any]]:
        """Return `count` nodes."""
        return [self._object("V1Node") for _ in range(count)]

    def objects(self, model: str, count: int, namespaces: Sequence[str]) -> list[dict[str, Any]]:
        """Return `count` whole objects in these namespaces, made at some time: all that is read of
        them where only metadata is asked for, and all that is not.
        """
        made = [self._object(model) for _ in range(count)]
        for each in made:
            moment = datetime.fromtimestamp(self._random.randrange(2_000_000_000), tz=UTC)
            each["metadata"]["creationTimestamp"] = moment.isoformat()
            if namespaces:
                each["metadata"]["namespace"] = self._random.choice(namespaces)
        return made

    def _object(self, model: str) -> dict[str, Any]:
        described = getattr(models, model)
        known = {
            described.attribute_map[attribute]: self._value(kind)
            for attribute, kind in described.openapi_types.items()
        }
        return {**known, **self._unknown_fields()}

    def _value(self, kind: str) -> Any:  # noqa: ANN401 - JSON of any kind
        container = re.fullmatch(r"(List|Dict)\[(?:str, )?(.+)\]", kind)
        if container and container[1] == "List":
            return [self._value(container[2]) for _ in range(self._random.randint(1, 2))]
        if container:
            return self._dictionary()
        simple: dict[str, Callable[[], object]] = {
            "str": self._text,
            "datetime": self._text,
            "int": lambda: self._random.randint(0, 2**40),
            "bool": lambda: self._random.random() < 0.5,
            "object": self._unknown_fields,
        }
        return simple[kind]() if kind in simple else self._object(kind)

    def _text(self) -> str:
        return self._random.choice(DRESSES).format(self._canaries.draw())

    def _dictionary(self) -> dict[str, str]:
        """Return names and values, of which either or both hold a canary."""
        return {
            self._random.choice(PUBLIC_KEYS): self._text(),
            self._text(): "4",
            self._text(): self._text(),
        }

    def _unknown_fields(self) -> dict[str, object]:
        inner = {self._canaries.draw(): [self._text(), {"name": self._text()}]}
        return {"hostname": self._text(), self._canaries.draw(): inner}
