"""Reads kubeconfigs, merges several as kubectl does, and chooses a context.

Source: "Organizing Cluster Access Using kubeconfig Files" in Kubernetes' documentation: the first
file to name an entry, or to set the current context, wins; nothing of a second entry is kept.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import msgspec
import yaml
from msgspec import Struct, field

from volunteer.cluster.access import Kubeconfig
from volunteer.cluster.errors import InvalidKubeconfig
from volunteer.cluster.kubeconfig.documents import (
    Cluster,
    Context,
    Document,
    Place,
    Placed,
    User,
    read_at_most,
)

T = TypeVar("T")
_MOST_BYTES: Final = 16 * 1024 * 1024
_NAME_ONE: Final = "name one with --kubeconfig"
_OPTION: Final = "--context"
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
    current_context: str = ""
    contexts: dict[str, Placed[Context]] = field(default_factory=dict)
    clusters: dict[str, Placed[Cluster]] = field(default_factory=dict)
    users: dict[str, Placed[User]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def refuse(self, field: str, rule: str) -> NoReturn:
        """Raise `InvalidKubeconfig` for what all files together do not hold."""
        raise InvalidKubeconfig(":".join(map(str, self.files)), field, rule)


class Chosen(Struct, frozen=True):
    """`user` is None where the context names none: then nobody in particular asks."""

    cluster: Placed[Cluster]
    user: Placed[User] | None


def choose_context(merged: Merged, wanted: str | None) -> Chosen:
    """Return what the context `wanted`, or else the current one, leads to.

    Raises `InvalidKubeconfig` for what is not there, by its name.
    """
    name = wanted or merged.current_context
    named_by = _OPTION if wanted else "current-context"
    if not merged.contexts:
        merged.refuse("contexts", "is empty: name another --kubeconfig")
    if not name:
        count = len(merged.contexts)
        merged.refuse(named_by, f"is not set: choose one of {count} contexts with {_OPTION}")
    if name not in merged.contexts:
        rule = f"there is no context {name!a} (`kubectl config get-contexts` lists them)"
        merged.refuse(named_by, rule)
    context, place = merged.contexts[name].value, merged.contexts[name].place
    if not context.cluster:
        place.below("cluster").refuse("is not set: a context needs a cluster")
    if context.cluster not in merged.clusters:
        place.below("cluster").refuse(f"there is no cluster {context.cluster!a}")
    if context.user and context.user not in merged.users:
        place.below("user").refuse(f"there is no user {context.user!a}")
    user = merged.users[context.user] if context.user else None
    return Chosen(merged.clusters[context.cluster], user)


def read_kubeconfigs(access: Kubeconfig, environment: Mapping[str, str]) -> Merged:
    """Return what the kubeconfigs hold that `access` names, else those that kubectl would read.

    Of several files those may be missing that are not there. Raises `InvalidKubeconfig`.
    """
    files = _files(access, environment)
    merged = Merged()
    for file in files:
        try:
            content = read_at_most(file, _MOST_BYTES + 1)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and len(files) > 1:
                continue
            hint = "" if access.file else f" ({_NAME_ONE})"
            why = f"{error.strerror}{hint}"
            raise InvalidKubeconfig(f"{file} cannot be read", "", why) from error
        if len(content) > _MOST_BYTES:
            raise InvalidKubeconfig(str(file), "", f"holds more than {_MOST_BYTES} bytes")
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


def _merge(merged: Merged, file: Path, content: bytes) -> None:
    loaded, is_alone = _load(file, content)
    if not is_alone:
        merged.warnings.append(f"{file}: of several documents the first is read, as kubectl does")
    document = _document(file, loaded)
    merged.current_context = merged.current_context or document.current_context
    contexts = ((each.name, each.context) for each in document.contexts)
    clusters = ((each.name, each.cluster) for each in document.clusters)
    users = ((each.name, each.user) for each in document.users)
    _add(merged.contexts, file, "contexts", contexts)
    _add(merged.clusters, file, "clusters", clusters)
    _add(merged.users, file, "users", users)


def _add(
    known: dict[str, Placed[T]], file: Path, section: str, entries: Iterable[tuple[str, T]]
) -> None:
    own: set[str] = set()
    for index, (name, value) in enumerate(entries):
        place = Place(file, f"{section}[{index}]")
        if name in own:
            place.below("name").refuse("is the name of an earlier entry, too")
        own.add(name)
        known.setdefault(name, Placed(value, place.below(section.removesuffix("s"))))


def _document(file: Path, loaded: object) -> Document:
    if loaded is None:
        return Document()
    if not isinstance(loaded, dict):
        raise InvalidKubeconfig(str(file), "", "is not a kubeconfig: it holds no mapping")
    try:
        document = msgspec.convert(_as_json(loaded), Document)
    except RecursionError as error:
        raise InvalidKubeconfig(str(file), "", "refers to itself") from error
    except msgspec.ValidationError as error:
        _refuse_shape(file, error)
    if (document.kind or "Config", document.api_version or "v1") != ("Config", "v1"):
        raise InvalidKubeconfig(str(file), "kind", "is not a kubeconfig: must be Config of v1")
    return document


def _as_json(value: object) -> object:
    """Return what kubectl makes of YAML: keys are texts, and a member that is null is absent."""
    if isinstance(value, dict):
        return {str(key): _as_json(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return value


def _refuse_shape(file: Path, error: Exception) -> NoReturn:
    """Refuse a value of a wrong type. msgspec names types and the field, and no value."""
    rule, _, path = str(error).partition(" - at `$")
    field = path.strip("`").lstrip(".")
    types = _TYPES.fullmatch(rule)
    if types is None:
        raise InvalidKubeconfig(str(file), field, "is not as in a kubeconfig") from error
    expected, got = (_TYPES_IN_WORDS.get(name, name) for name in types.groups())
    hint = " (put it in quotes)" if types[1] == "str" and types[2] in _UNQUOTED else ""
    raise InvalidKubeconfig(str(file), field, f"must be {expected}, not {got}{hint}") from error


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # either
    """YAML as kubectl reads it: a date is a text, a tag that nobody knows is none, `y` is true."""

    bool_values: Final = {**yaml.SafeLoader.bool_values, "y": True, "n": False}

    def construct_plain(self, node: yaml.Node) -> object:
        """Return what `node` holds, whatever its tag."""
        if isinstance(node, yaml.MappingNode):
            return self.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return self.construct_sequence(node, deep=True)
        return self.construct_scalar(node)

    def construct_bytes(self, node: yaml.Node) -> object:
        """Return the text that a `!!binary` holds."""
        return self.construct_yaml_binary(node).decode()


_Loader.add_constructor(None, _Loader.construct_plain)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_plain)
_Loader.add_constructor("tag:yaml.org,2002:value", _Loader.construct_plain)
_Loader.add_constructor("tag:yaml.org,2002:binary", _Loader.construct_bytes)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("[yYnN]$"), list("yYnN"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("0o[0-7]+$"), ["0"])


def _load(file: Path, content: bytes) -> tuple[object, bool]:
    """Return the first document, and whether it is the only one."""
    try:
        loader = _Loader(content)
        try:
            loaded = loader.get_data() if loader.check_data() else None
            return loaded, not _goes_on(loader)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        line = _line(error, content)
        raise InvalidKubeconfig(str(file), "", f"line {line}: {_problem(line, content)}") from error
    except (ValueError, TypeError, ArithmeticError, RecursionError, AttributeError) as error:
        # PyYAML's own, for numbers and shapes that cannot be.
        raise InvalidKubeconfig(str(file), "", "is not YAML as in a kubeconfig") from error


def _goes_on(loader: _Loader) -> bool:
    try:
        return bool(loader.check_data())
    except yaml.YAMLError:
        return True  # what kubectl does not read either may be anything


def _line(error: yaml.YAMLError, content: bytes) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    return content.count(b"\n", 0, getattr(error, "position", 0)) + 1


def _problem(number: int, content: bytes) -> str:
    """Say what is wrong with a line. PyYAML's own text quotes the file."""
    lines = content.split(b"\n")
    line = lines[min(number, len(lines)) - 1]
    if b"\t" in line[: len(line) - len(line.lstrip())]:
        return "tab: YAML is indented with blanks"
    return "is not YAML"
