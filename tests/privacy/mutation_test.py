"""The properties can fail: each of these plausible mistakes, made in a copy, is caught by one.

A mistake is a replacement in one source file, of a text that stands there exactly once; so a change
of the code that it is about makes this test fail until the mistake is written anew.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("libs", "apps/volunteer", "tests", "tools")
PYTEST_TESTS_FAILED = 1  # and not 2 to 5: interrupted, internal error, wrong usage, no tests

CANARIES = "tests/privacy/canary_test.py::test_nothing_identifying_gets_out[secret]"
PSEUDONYMS = "libs/report/pseudonym_test.py"
ANONYMISER = "libs/report/anonymisation_test.py"
SUMMARY = "libs/report/workload_summary_test.py"
RUNS = "tests/privacy/run_test.py"
HEADERS = "tests/privacy/headers_test.py"
REQUEST = "apps/volunteer/delivery/request_test.py"
PROXIES = "apps/volunteer/http/proxies_test.py"
API = "apps/volunteer/cluster/kubernetes_api_test.py"
FORMS = "apps/volunteer/cluster/kubeconfig/forms_test.py"
WALL = "libs/report/observation_test.py::test_no_encoder"


@dataclass(frozen=True)
class Mistake:
    """`old` in `file` becomes `new`; `caught_by` is the test that must fail.

    `file` is of libs/report, unless it begins with `apps/`.
    """

    file: str
    old: str
    new: str
    caught_by: str

    @property
    def path(self) -> Path:
        """Where the file is in the repository."""
        return Path("" if self.file.startswith("apps/") else "libs/report", self.file)


MISTAKES = {
    "drop the key": Mistake(
        "pseudonym.py",
        "digest_size=_ID_BYTES, key=key,",
        "digest_size=_ID_BYTES,",
        f"{PSEUDONYMS}::test_another_secret_another_id",
    ),
    "drop the length prefixes": Mistake(
        "pseudonym.py",
        'hasher.update(len(encoded).to_bytes(_LENGTH_BYTES, "big"))',
        "pass",
        f"{PSEUDONYMS}::test_moving_characters",
    ),
    "drop the cluster ID": Mistake(
        "pseudonym.py",
        "_NODE_PURPOSE, self.cluster_id, *facts",
        "_NODE_PURPOSE, *facts",
        f"{PSEUDONYMS}::test_another_cluster_id_another_id",
    ),
    "hash lower case only": Mistake(
        "pseudonym.py",
        "encoded = _bytes(part)",
        "encoded = _bytes(part.lower())",
        f"{PSEUDONYMS}::test_letter_case_counts",
    ),
    "hash as the original did": Mistake(
        "pseudonym.py",
        "return _digest(self._key, _NODE_PURPOSE, self.cluster_id, *facts).hex()",
        'import hashlib; return hashlib.md5(_bytes("".join(facts))).hexdigest()',
        f"{PSEUDONYMS}::test_no_unkeyed_hash",
    ),
    "hash a guessable name": Mistake(
        "pseudonym.py",
        "return self._random_bytes(_ID_BYTES).hex()",
        "pass",
        f"{PSEUDONYMS}::test_no_key_no_stable_id",
    ),
    "keep the ID of a node without a key": Mistake(
        "pseudonym.py",
        "if self._random_bytes is not None:",
        "if self._random_bytes is not None and not node.machine_id:",
        f"{PSEUDONYMS}::test_no_key_no_stable_id",
    ),
    "cut the last character of the UID": Mistake(
        "pseudonym.py",
        "blake2b(_bytes(uid.reveal()), ",
        "blake2b(_bytes(uid.reveal()[:-1]), ",
        f"{PSEUDONYMS}::test_last_character_of_uid",
    ),
    "change what IDs are made for": Mistake(
        "pseudonym.py",
        '_NODE_PURPOSE: Final = b"spartakus-node"',
        '_NODE_PURPOSE: Final = b"spartakus-nodes"',
        f"{PSEUDONYMS}::test_known_answers",
    ),
    "send four bytes of the key": Mistake(
        "pseudonym.py",
        "_digest(self._key, _NODE_PURPOSE, self.cluster_id, *facts).hex()",
        "(_digest(self._key, _NODE_PURPOSE, self.cluster_id, *facts)[4:] + self._key[:4]).hex()",
        f"{PSEUDONYMS}::test_nothing_that_goes_in_comes_out",
    ),
    "draw no random bytes": Mistake(
        "apps/volunteer/reporting/prepare.py",
        "Pseudonyms.without_key(identity.cluster_id, random_bytes)",
        "Pseudonyms.without_key(identity.cluster_id, bytes)",
        f"{RUNS}::test_two_runs_differ",
    ),
    "pass the name through": Mistake(
        "anonymisation.py",
        "id=self._pseudonyms.node_id(seen),",
        "id=seen.name.reveal(),",
        CANARIES,
    ),
    "leak the provider ID": Mistake(
        "vocabulary/cloud_providers.py",
        "return Recognised(scheme, ",
        "return Recognised(provider_id, ",
        CANARIES,
    ),
    "leak the provider ID on demand": Mistake(
        "anonymisation.py",
        "disclosure.verbatim & VERBATIM_FIELDS",
        "disclosure.verbatim",
        f"{ANONYMISER}::test_provider_id_is_never_verbatim",
    ),
    "leak an unknown resource": Mistake(
        "capacity.py",
        "if not vocabulary.is_known_resource(name):",
        "if not name:",
        CANARIES,
    ),
    "leak a number of anybody's choosing": Mistake(
        "capacity.py",
        "vocabulary.is_public_quantity(name, quantity)",
        "quantity",
        f"{ANONYMISER}::test_quantity_of_anybodys_choosing",
    ),
    "leak three quarters of an address": Mistake(
        "vocabulary/versions.py",
        r"""[^0-9A-Za-z.]|\.(?![0-9])""",
        "[^0-9A-Za-z]",
        "libs/report/vocabulary/versions_test.py::test_numbers_of_anybodys_choosing",
    ),
    "let numbers be of any length": Mistake(
        "vocabulary/templates.py",
        """_NUMBER.format(digits - 1) if""",
        '"[0-9]+" if',
        "tests/privacy/bits_test.py::test_text",
    ),
    "leak what is no quantity": Mistake(
        "capacity.py",
        "if not vocabulary.is_quantity(quantity):",
        "if not quantity:",
        f"{ANONYMISER}::test_letters_behind_a_unit",
    ),
    "send exact sizes": Mistake(
        "capacity.py",
        "return vocabulary.rounded_size(size)",
        "return size",
        f"{ANONYMISER}::test_sizes_are_rounded",
    ),
    "take a size with letters behind its unit": Mistake(
        "vocabulary/sizes.py",
        "_QUANTITY.fullmatch(quantity, ",
        "_QUANTITY.match(quantity, ",
        f"{ANONYMISER}::test_letters_behind_a_unit",
    ),
    "take capacities of one name for one": Mistake(
        "anonymisation.py",
        "resource, rule = judge_one(name, sent)",
        "resource, rule = self.__dict__.setdefault(name, judge_one(name, sent))",
        f"{ANONYMISER}::test_capacities_alike_in_names_or_values",
    ),
    "take all nodes for one": Mistake(
        "anonymisation.py",
        "likeness = recognise(texts, provider, seen.label_keys)",
        "likeness = self.__dict__.setdefault('', recognise(texts, provider, seen.label_keys))",
        f"{ANONYMISER}::test_nodes_alike_in_all_but_one_thing",
    ),
    "take nodes alike but for their labels for one": Mistake(
        "anonymisation.py",
        "likeness = recognise(texts, provider, seen.label_keys)",
        "likeness = self.__dict__.setdefault(texts, recognise(texts, provider, seen.label_keys))",
        f"{ANONYMISER}::test_label_keys_alike",
    ),
    "send a label's key": Mistake(
        "anonymisation.py",
        "vocabulary.node_role(label_keys)",
        "next(iter(label_keys), None)",
        "tests/privacy/walker_test.py::test_every_string",
    ),
    "tell what is omitted by the distribution": Mistake(
        "anonymisation.py",
        'field: "" if field in self._omitted else text',
        "field: text",
        f"{ANONYMISER}::test_distribution_does_not_tell_what_is_omitted",
    ),
    "quote the API's answer": Mistake(
        "apps/volunteer/cluster/kubernetes_json.py",
        "UnreadableAnswer(_in_words(error))",
        "UnreadableAnswer(str(error))",
        f"{RUNS}::test_no_answer_in_a_message[another kind]",
    ),
    "log what was observed": Mistake(
        "apps/volunteer/reporting/prepare.py",
        "pseudonyms = choose_pseudonyms(",
        '_log.info("%s", observation.master_version._text); pseudonyms = choose_pseudonyms(',
        f"{RUNS}::test_every_way_out[preview]",
    ),
    "read hidden files": Mistake(
        "apps/volunteer/reporting/extensions.py",
        'if not (entry.name.startswith(".")',
        'if not (entry.name.startswith("..")',
        f"{RUNS}::test_dot_files",
    ),
    "quote a refusal of the API": Mistake(
        "apps/volunteer/cluster/listing.py",
        'else "--user=YOUR-USER"',
        'else f"--user={kubernetes_json.read_message(body)}"',
        f"{RUNS}::test_no_answer_in_a_message[forbidden]",
    ),
    "say more in a header": Mistake(
        "apps/volunteer/delivery/request.py",
        '"User-Agent": USER_AGENT,',
        '"User-Agent": USER_AGENT, "X-Nodes": str(report.count(b"kubelet")),',
        f"{HEADERS}::test_plain[small]",
    ),
    "stamp a compressed body with the time": Mistake(
        "apps/volunteer/delivery/request.py",
        "gzip.compress(report, mtime=0)",
        "gzip.compress(report)",
        f"{HEADERS}::test_compressed[small]",
    ),
    "tell the length of a report": Mistake(
        "apps/volunteer/delivery/request.py",
        'b" " * (-len(report) % PADDED_TO_BYTES)',
        'b""',
        f"{REQUEST}::test_nothing_of_the_length",
    ),
    "tell the length of a compressed report": Mistake(
        "apps/volunteer/delivery/request.py",
        'b" " * (-len(packed + end_of_comment) % PADDED_TO_BYTES)',
        'b""',
        f"{REQUEST}::test_nothing_of_the_length",
    ),
    "pad with what is no space": Mistake(
        "apps/volunteer/delivery/request.py",
        'report + b" " *',
        "report + report[:1] *",
        f"{REQUEST}::test_padding",
    ),
    "show a proxy what stays within the cluster": Mistake(
        "apps/volunteer/http/proxies.py",
        "if not text or is_near(host):",
        "if not text:",
        f"{PROXIES}::test_near[census.spartakus.svc]",
    ),
    "take a proxy that is excepted": Mistake(
        "apps/volunteer/http/proxies.py",
        "return bool(name) and (host == name",
        "return bool(name) and (host is name",
        f"{PROXIES}::test_exempt",
    ),
    "show a proxy a token in the clear": Mistake(
        "apps/volunteer/cluster/kubeconfig/endpoint.py",
        ' if url.startswith("https:") else None',
        "",
        f"{API}::test_no_proxy_of_the_environment_for_plain_http",
    ),
    "send a pod's token through a proxy": Mistake(
        "apps/volunteer/cluster/access.py",
        "route=lambda _url: None,",
        "route=lambda url: url,",
        f"{API}::test_no_proxy_in_a_pod",
    ),
    "send a token over plain http": Mistake(
        "apps/volunteer/cluster/kubeconfig/endpoint.py",
        'if parts.scheme == "http" and not is_loopback(host) and',
        'if parts.scheme == "" and',
        f"{FORMS}::test_form[plain http to another machine]",
    ),
    "keep an unknown kernel suffix": Mistake(
        "vocabulary/versions.py",
        "return Recognised(text[:end], ",
        "return Recognised(text, ",
        CANARIES,
    ),
    "keep an unknown image": Mistake(
        "vocabulary/versions.py",
        "return Recognised(OTHER, ",
        "return Recognised(text, ",
        CANARIES,
    ),
    "keep an unknown architecture": Mistake(
        "vocabulary/words.py",
        "return Recognised(OTHER, ",
        "return Recognised(text, ",
        CANARIES,
    ),
    "keep the API's order": Mistake(
        "anonymisation.py",
        "nodes.sort(key=lambda node: node.id)",
        "pass",
        f"{ANONYMISER}::test_order_of_nodes",
    ),
    "send exact ages": Mistake(
        "workload_summary.py",
        "return round(whole, min(0, _SIGNIFICANT_DIGITS - len(str(whole))))",
        "return whole",
        f"{SUMMARY}::test_two_significant_digits",
    ),
    "count namespaces one by one": Mistake(
        "workload_summary.py",
        "per_namespace=histogram(seen.counts.get(name, 0) for name in namespaces),",
        "per_namespace=tuple(seen.counts.get(name, 0) for name in namespaces),",
        f"{SUMMARY}::test_names_and_order",
    ),
    "send a name as a kind": Mistake(
        "workload_summary.py",
        "kind=seen.kind,",
        "kind=next(iter(namespaces)).reveal() if namespaces else seen.kind,",
        CANARIES,
    ),
    "send a kind that is no public word": Mistake(
        "workload_summary.py",
        "if vocabulary.is_known_workload_kind(kind.kind)",
        "if kind.kind",
        f"{SUMMARY}::test_unknown_kind",
    ),
    "show what is sealed": Mistake(
        "observation.py",
        'return f"{type(self).__name__}({REDACTED})"',
        "return str([getattr(self, name, None) for name in self.__slots__])",
        WALL,
    ),
    "let it be pickled": Mistake(
        "observation.py",
        "raise TypeError(",
        "return object.__reduce_ex__(self, 2) or (",
        WALL,
    ),
}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources on which every test that catches something passed.

    It holds compiled bytecode after that, which makes the runs on copies of it twice as fast.
    """
    folder = tmp_path_factory.mktemp("pristine") / "sources"
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    assert run(folder, {mistake.caught_by for mistake in MISTAKES.values()}) == 0
    return folder


@pytest.fixture(scope="module")
def outcomes(pristine: Path) -> dict[str, int]:
    """How pytest ended, by mistake."""

    def make_and_run(name: str) -> int:
        folder = pristine.with_name(name)
        shutil.copytree(pristine, folder)
        mistake = MISTAKES[name]
        make(mistake, folder / mistake.path)
        return run(folder, [mistake.caught_by])

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(MISTAKES, pool.map(make_and_run, MISTAKES), strict=True))


def make(mistake: Mistake, source: Path) -> None:
    """Make the mistake in `source`."""
    before = source.read_text(encoding="utf-8")
    assert before.count(mistake.old) == 1, f"{mistake.file}: {mistake.old}"
    source.write_text(before.replace(mistake.old, mistake.new), encoding="utf-8")


def run(folder: Path, tests: Iterable[str]) -> int:
    """Run `tests` on the sources in `folder`, and nothing but those; return pytest's status."""
    roots = [folder, folder / "libs", folder / "apps"]
    others = [path for path in sys.path if path and ROOT not in (Path(path), *Path(path).parents)]
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-x"),
            *("--profile=unshrunk", *sorted(tests)),
        ],
        cwd=folder,
        env={"PYTHONPATH": ":".join([*map(str, roots), *others])},
        stdout=subprocess.DEVNULL,
        timeout=240,
        check=False,
    )
    return finished.returncode


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_caught(outcomes: dict[str, int], name: str) -> None:
    """The property named for it passes, and fails when this mistake is made."""
    assert outcomes[name] == PYTEST_TESTS_FAILED
