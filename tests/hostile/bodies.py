"""Bodies that cost much: what the table of costs names, and what a search may put together."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

MIB: Final = 1024 * 1024
LARGEST: Final = 8 * MIB
_START: Final = '{"version":"v","clusterID":"c"'


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A body of nodes that are all alike, as JSON. A `#` stands for a number.

    `names` is how many different numbers there are before they come again, `capacities` how many a
    node has. `in_node`, `before` and `after` are further members of a node, and of the report on
    both sides of its nodes. `most_nodes` bounds the nodes, `size` the bytes.
    """

    resource: str = "cpu"
    value: str = "1"
    names: int = 1
    capacities: int = 13
    most_nodes: int = 20_000
    in_node: str = ""
    before: str = ""
    after: str = ""
    filling: str = ""
    size: int = LARGEST

    def body(self) -> bytes:
        """Return as much of it as fits into its size, a whole document."""
        start = f'{_START}{self.before},"nodes":['.encode()
        end = f"]{self.after}".encode()
        room = self.size - len(start) - len(end) - 1
        nodes = b",".join(self._nodes(room))
        filling = self.filling.encode()
        times = (room - len(nodes)) // len(filling) if filling else 0
        return start + nodes + end + filling * times + b"}"

    def _nodes(self, room: int) -> Iterator[bytes]:
        numbers, node = count(), self._node(range(self.capacities))
        for _ in range(self.most_nodes):
            if "#" in self.resource:
                node = self._node(list(islice(numbers, self.capacities)))
            room -= len(node) + 1
            if room < 0:
                return
            yield node

    def _node(self, numbers: Sequence[int]) -> bytes:
        capacities = [
            f'{{"resource":"{self.resource.replace("#", str(number % self.names))}",'
            f'"value":"{self.value}"}}'
            for number in numbers
        ]
        return f'{{"id":"1"{self.in_node},"capacity":[{",".join(capacities)}]}}'.encode()


KINDS: Final[dict[str, Shape]] = {
    "different resources": Shape(resource="x#", names=1 << 30),
    "different huge pages": Shape(resource="hugepages-#", names=1 << 30),
    "different slices": Shape(resource="nvidia.com/mig-#g.#gb", names=1 << 30, capacities=64),
    "different volumes": Shape(resource="attachable-volumes-csi-#", names=1 << 30, capacities=64),
    "as many resources as are allowed": Shape(resource="hugepages-#", names=4_000),
    "one escape": Shape(before=r',"masterVersion":"\u0041"'),
    "capacities": Shape(),
    "an ignored timestamp behind": Shape(after=',"timestamp":[]'),
    "an ignored timestamp behind, escaped": Shape(after=r',"timest\u0061mp":[]'),
    "spaces": Shape(most_nodes=0, filling=" "),
    "tiny nodes": Shape(capacities=0, most_nodes=1 << 30),
    "unknown members": Shape(capacities=0, in_node=',"x":[[],{},{"y":1}]', filling=',"x":[[]]'),
    "backslashes": Shape(resource=r"a\\", value=r"\\"),
    "accents": Shape(resource="é", value="é", in_node=',"osImage":"é"'),
    "next to last is wrong": Shape(after=r',"masterVersion":"\u0085"'),
    "workloads": Shape(
        after=',"workloads":{"namespaces":{"count":1},"kinds":['
        + ",".join(['{"kind":"pods","perNamespace":[' + "1," * 63 + "1]}"] * 32)
        + "]}"
    ),
    "extensions": Shape(
        before=',"extensions":['
        + ",".join(['{"name":"a.b/c","value":"' + r"\n" * 4_096 + '"}'] * 256)
        + "]"
    ),
}
"""The table of costs: one line a kind, the first of which once took nine seconds."""

SHAPES: Final[SearchStrategy[Shape]] = st.builds(
    Shape,
    resource=st.sampled_from(
        [
            *("a", "cpu", "é", r"a\\", r"\u0061", "x#", "hugepages-#", "nvidia.com/mig-#g.#gb"),
            *("attachable-volumes-csi-#", "cloud-tpus.google.com/v#", "amd.com/#_nps#", "x" * 512),
        ]
    ),
    value=st.sampled_from(["1", "é", r"\\", r"\/", r"\u00e9", "0" * 512]),
    names=st.integers(1, 4_096) | st.just(1 << 30),
    capacities=st.integers(0, 1_024),
    most_nodes=st.sampled_from([0, 1, 20_000, 1 << 30]),
    in_node=st.sampled_from(
        ["", ',"osImage":"é"', r',"osImage":"\\"', ',"x":[[],{}]', ',"id":"2"', ',"capacity":[]']
    ),
    before=st.sampled_from(
        ["", r',"masterVersion":"\u0041"', ',"timestamp":[]', ',"x":' + "[" * 500 + "]" * 500]
    ),
    after=st.sampled_from(
        [
            *("", ',"timestamp":1', r',"timest\u0061mp":1', ',"nodes":[]', ',"workloads":null'),
            *(r',"masterVersion":"\u0085"', r',"n\u006fdes":[]', ',"x":"\x7f"'),
        ]
    ),
    filling=st.sampled_from([" ", ',"x":[[]]', ',"":0', r',"x":"\u0041"']),
)
"""What a search puts together."""


def compressed(body: bytes) -> bytes:
    """Return a body as it is cheap to send."""
    return gzip.compress(body, 1)
