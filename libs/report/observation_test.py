"""The type wall, while the program runs: nothing standard gets a text out of an observation."""

import ast
import base64
import copy
import dataclasses
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
from io import StringIO

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import Identifying, NodeObservation, Observation

CANARY = "kxqzwpmvjtrhgylu"


def sealed(text: str) -> list[object]:
    """Return an observation and each of its parts, with `text` wherever there is one."""
    secret = Identifying(text)
    node = NodeObservation(
        name=secret,
        machine_id=secret,
        system_uuid=secret,
        provider_id=secret,
        operating_system=secret,
        os_image=secret,
        kernel_version=secret,
        architecture=secret,
        container_runtime_version=secret,
        kubelet_version=secret,
        capacity={secret: secret},
    )
    observation = Observation(master_version=secret, nodes=[node], kube_system_uid=secret)
    return [secret, node, observation, node.capacity, observation.nodes]


ENCODERS: dict[str, Callable[[object], object]] = {
    "msgspec.json": msgspec.json.encode,
    "msgspec.json, with str as hook": lambda each: msgspec.json.encode(each, enc_hook=str),
    "msgspec.json, with repr as hook": lambda each: msgspec.json.encode(each, enc_hook=repr),
    "msgspec.msgpack": msgspec.msgpack.encode,
    "msgspec.yaml and toml": msgspec.to_builtins,
    "msgspec.convert": lambda each: msgspec.convert(each, str, from_attributes=True),
    "msgspec.asdict": lambda each: msgspec.structs.asdict(each),  # type: ignore[arg-type]
    "json": json.dumps,
    "json, with str as default": lambda each: json.dumps(each, default=str),
    "json, with repr as default": lambda each: json.dumps(each, default=repr),
    "json, with vars as default": lambda each: json.dumps(each, default=vars),
}
