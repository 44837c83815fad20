"""Reads kubeconfigs, and merges several as kubectl does.

Source: "Organizing Cluster Access Using kubeconfig Files" in Kubernetes' documentation: the first
file to name an entry, or to set the current context, wins; nothing of a second entry is kept.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import msgspec
import yaml
from msgspec import Struct, field

from volunteer.cluster.access import Kubeconfig
from volunteer.cluster.errors import InvalidKubeconfig
from volunteer.cluster.kubeconfig.documents import Cluster, Context, Document, User
from volunteer.cluster.kubeconfig.places import Place, Placed, read_at_most

T = TypeVar("T")
_MOST_BYTES: Final = 16 * 1024 * 1024
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME_ONE: Final = "name one with --kubeconfig"
# msgspec's words for what does not fit.
_TYPES: Final = re.compile(r"Expected `(\w+)(?: \| null)?`, got `(\w+)`")
_TYPES_IN_WORDS: Final = {
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "empty",
}
_UNQUOTED: Final = frozenset({"int", "float", "bool"})


class Merged(Struct):
    """All that the files hold. `files` are those that were there, in their order."""

    files: list[Path] = field(default_factory=list)
    current_context: Placed[str] | None = None
    contexts: dict[str, Placed[Context]] = field(default_factory=dict)
    clusters: dict[str, Placed[Cluster]] = field(default_factory=dict)
    users: dict[str, Placed[User]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def names(self) -> str:
        """The files' names, as KUBECONFIG lists them."""
        return ":".join(map(str, self.files))


def read_kubeconfigs(access: Kubeconfig, environment: Mapping[str, str]) -> Merged:
    """Return what the kubeconfigs hold that `access` names, else those that kubectl would read.

    Of several files those may be missing that are not there. Raises `InvalidKubeconfig`.
    """
    files = _files(access, environment)
    merged = Merged()
    for file in files:
        try:
            content = _content(file)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and len(files) > 1:
                continue
            hint = "" if access.file else f" ({_NAME_ONE})"
            why = f"{error.strerror}{hint}"
            raise InvalidKubeconfig(f"{file} cannot be read", "", why) from error
        merged.files.append(file)
        _merge(merged, file, content)
    if not merged.files:
        raise InvalidKubeconfig(":".join(map(str, files)), "", f"no such file: {_NAME_ONE}")
    return merged


def _files(access: Kubeconfig, environment: Mapping[str, str]) -> Sequence[Path]:
    if access.file is not None:
        return [access.file]
    listed = [name for name in environment.get("KUBECONFIG", "").split(":") if name]
    if listed:
        return [Path(name) for name in dict.fromkeys(listed)]
    home = environment.get("HOME")
    if not home:
        raise InvalidKubeconfig("", "", f"no kubeconfig, and this is no pod: {_NAME_ONE}")
    return [Path(home, ".kube", "config")]


def _content(file: Path) -> bytes:
    content = read_at_most(file, _MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise InvalidKubeconfig(str(file), "", f"holds more than {_MOST_BYTES} bytes")
    return content


def _merge(merged: Merged, file: Path, content: bytes) -> None:
    document = _document(merged, file, content)
    if document.current_context and merged.current_context is None:
        place = Place(file, "current-context")
        merged.current_context = Placed(document.current_context, place)
    contexts = ((each.name, each.context or Context()) for each in document.contexts or ())
    clusters = ((each.name, each.cluster or Cluster()) for each in document.clusters or ())
    users = ((each.name, each.user or User()) for each in document.users or ())
    _add(merged.contexts, file, "contexts", "context", contexts)
    _add(merged.clusters, file, "clusters", "cluster", clusters)
    _add(merged.users, file, "users", "user", users)


def _add(
    known: dict[str, Placed[T]],
    file: Path,
    section: str,
    member: str,
    entries: Iterable[tuple[str | None, T]],
) -> None:
    own: set[str] = set()
    for index, (name, value) in enumerate(entries):
        if (name or "") in own:
            Place(file, f"{section}[{index}].name").refuse("is the name of an earlier entry, too")
        own.add(name or "")
        known.setdefault(name or "", Placed(value, Place(file, f"{section}[{index}].{member}")))


def _document(merged: Merged, file: Path, content: bytes) -> Document:
    loaded, is_alone = _load(file, content)
    if not is_alone:
        merged.warnings.append(f"{file}: of several documents the first is read, as kubectl does")
    if loaded is None:
        return Document()
    if not isinstance(loaded, dict):
        raise InvalidKubeconfig(str(file), "", "is not a kubeconfig: it holds no mapping")
    try:
        document = msgspec.convert(loaded, Document)
    except (msgspec.ValidationError, RecursionError) as error:
        _refuse_shape(file, error)
    if (document.kind or "Config", document.api_version or "v1") != ("Config", "v1"):
        raise InvalidKubeconfig(str(file), "kind", "is not a kubeconfig: must be Config of v1")
    return document


def _refuse_shape(file: Path, error: Exception) -> NoReturn:
    """Refuse a value of a wrong type. msgspec names types and the field, and no value."""
    rule, _, path = str(error).partition(" - at `$")
    field = path.strip("`").lstrip(".")
    if isinstance(error, RecursionError):
        raise InvalidKubeconfig(str(file), "", "refers to itself") from error
    types = _TYPES.fullmatch(rule)
    if types is None:
        raise InvalidKubeconfig(str(file), field, "is not as in a kubeconfig") from error
    expected, got = (_TYPES_IN_WORDS.get(name, name) for name in types.groups())
    hint = " (put it in quotes)" if types[1] == "str" and types[2] in _UNQUOTED else ""
    raise InvalidKubeconfig(str(file), field, f"must be {expected}, not {got}{hint}") from error


def _load(file: Path, content: bytes) -> tuple[object, bool]:
    """Return the first document, and whether it is the only one."""
    try:
        loader = _LOADER(content)
        try:
            loaded = loader.get_data() if loader.check_data() else None
            return loaded, not _goes_on(loader)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        rule = f"line {_line(error, content)}: {_problem(error, content)}"
        raise InvalidKubeconfig(str(file), "", rule) from error
    except (ValueError, TypeError, ArithmeticError, RecursionError, AttributeError) as error:
        # PyYAML's own, for dates, numbers and shapes that cannot be.
        raise InvalidKubeconfig(str(file), "", "is not YAML as in a kubeconfig") from error


def _goes_on(loader: Any) -> bool:  # noqa: ANN401 - either of PyYAML's two loaders
    try:
        return bool(loader.check_data())
    except yaml.YAMLError:
        return True  # what kubectl does not read either may be anything


def _line(error: yaml.YAMLError, content: bytes) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    return content.count(b"\n", 0, getattr(error, "position", 0)) + 1


def _problem(error: yaml.YAMLError, content: bytes) -> str:
    """Say what is wrong. PyYAML's own text quotes the file."""
    lines = content.split(b"\n")
    line = lines[min(_line(error, content), len(lines)) - 1]
    if b"\t" in line[: len(line) - len(line.lstrip())]:
        return "tab: YAML is indented with blanks"
    return "is not YAML"
