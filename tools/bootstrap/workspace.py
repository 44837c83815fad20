"""Reads WORKSPACE: calls with literal keyword arguments, as in Starlark.

Runs on Python 3.9, before anything is installed.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass


class WorkspaceError(Exception):
    """WORKSPACE cannot be read; the message names the line or the pin, and the rule."""


@dataclass(frozen=True)
class Workspace:
    """The pins that `./pants` needs."""

    pants_version: str
    pants_python: str
    pants_lock: str
    pex_version: str
    pex_sha256: str
    python_version: str


def parse_workspace(text: str) -> Workspace:
    """Return the pins in `text`. Raises `WorkspaceError`."""
    pins = dict(_pins(text))
    try:
        return Workspace(
            pants_version=pins["pants.version"],
            pants_python=pins["pants.python"],
            pants_lock=pins["pants.lock"],
            pex_version=pins["pex.version"],
            pex_sha256=pins["pex.sha256"],
            python_version=pins["python.version"],
        )
    except KeyError as missing:
        raise WorkspaceError(f"WORKSPACE: the pin {missing.args[0]} is missing") from missing


def _pins(text: str) -> list[tuple[str, str]]:
    try:
        statements = ast.parse(text).body
    except SyntaxError as error:
        raise WorkspaceError(f"WORKSPACE, line {error.lineno}: {error.msg}") from error
    return [pin for statement in statements for pin in _pins_of_call(statement)]


def _pins_of_call(statement: ast.stmt) -> list[tuple[str, str]]:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        raise WorkspaceError(
            f"WORKSPACE, line {statement.lineno}: must be a call with keyword arguments"
        )
    return [(f"{call.func.id}.{pin.arg}", _literal(pin)) for pin in call.keywords]


def _literal(pin: ast.keyword) -> str:
    if not isinstance(pin.value, ast.Constant) or not isinstance(pin.value.value, str):
        raise WorkspaceError(f"WORKSPACE, line {pin.value.lineno}: {pin.arg} must be a string")
    return pin.value.value
