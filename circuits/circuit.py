"""`Circuit`: an immutable xor-and graph over flat arrays. Everything else in this package is a function over it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import networkx as nx
import numpy as np
from jaxtyping import Bool, Int32

from circuits.error import CircuitError

#: The literals of the constants: node 0 is false.
FALSE, TRUE = 0, 1


@dataclass(frozen=True, eq=False)
class Circuit:
    """A Boolean function {0,1}^inputs -> {0,1}^outputs as an xor-and graph.

    Nodes are numbered in topological order: 0 is the constant false, 1..inputs are the inputs, then the gates. A
    *literal* is 2 * node + complement (AIGER's convention, so negation is `^ 1`). Gate g computes the AND, or the
    XOR, of the literals `fanin0[g] < fanin1[g]`; the fan-ins of a XOR bear no complement (it moves to the output).
    `Builder` makes circuits; use this constructor only for arrays that obey all of this.

    Attributes: `input_names`, `output_names` (bit i of a word `x` is named `x[i]`, least significant first),
    `fanin0`, `fanin1`, `is_xor` (one entry a gate), `outputs` (literals), `name`.

    Raises `CircuitError` if the arrays are not such a graph.
    """

    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    fanin0: Int32[np.ndarray, " gates"]
    fanin1: Int32[np.ndarray, " gates"]
    is_xor: Bool[np.ndarray, " gates"]
    outputs: Int32[np.ndarray, " outputs"]
    name: str = field(default="circuit", kw_only=True)

    def __post_init__(self) -> None:
        for attribute, dtype in (
            ("fanin0", np.int32),
            ("fanin1", np.int32),
            ("is_xor", np.bool_),
            ("outputs", np.int32),
        ):
            array = np.array(getattr(self, attribute), dtype=dtype)
            array.flags.writeable = False
            object.__setattr__(self, attribute, array)
        if complaint := next(self._complaints(), None):
            raise CircuitError(f"circuit {self.name!r}: {complaint}")

    def _complaints(self) -> Iterator[str]:
        """What is wrong with the arrays; nothing, in a circuit."""
        if not len(self.fanin0) == len(self.fanin1) == len(self.is_xor):
            yield "fanin0, fanin1 and is_xor have different lengths"
        if len(self.outputs) != len(self.output_names):
            yield f"{len(self.outputs)} outputs, but {len(self.output_names)} output names"
        yield from self._complaints_about_names()
        if np.any((self.outputs < 0) | (self.outputs >= 2 * self.num_nodes)):
            yield "an output is no literal of the circuit"
        late = self.fanin1 >= 2 * np.arange(self.num_inputs + 1, self.num_nodes, dtype=np.int64)
        if np.any(late):
            yield f"gate {int(np.argmax(late))} reads itself or a later node"
        if np.any((self.fanin0 < 2) | (self.fanin0 >> 1 >= self.fanin1 >> 1)):
            yield "a gate's fan-ins are not two different nodes in increasing order, the constant excluded"
        if np.any(((self.fanin0 | self.fanin1) & 1).astype(bool) & self.is_xor):
            yield "a fan-in of a XOR bears a complement"

    def _complaints_about_names(self) -> Iterator[str]:
        for what, names in (("input", self.input_names), ("output", self.output_names)):
            if len(set(names)) != len(names):
                yield f"two {what}s are named {Counter(names).most_common(1)[0][0]!r}"
            if unwritable := next(filter(_has_surrogate, names), None):
                yield f"the name {unwritable!r} of an {what} is no Unicode text"
        if _has_surrogate(self.name):
            yield "this name is no Unicode text"

    @property
    def num_inputs(self) -> int:
        """The number of input bits."""
        return len(self.input_names)

    @property
    def num_outputs(self) -> int:
        """The number of output bits."""
        return len(self.output_names)

    @property
    def num_gates(self) -> int:
        """The size: AND and XOR gates; complements are free."""
        return len(self.fanin0)

    @property
    def num_nodes(self) -> int:
        """The constant, the inputs and the gates."""
        return 1 + self.num_inputs + self.num_gates

    @cached_property
    def num_xors(self) -> int:
        """How many gates are XORs."""
        return int(self.is_xor.sum())

    @property
    def num_ands(self) -> int:
        """How many gates are ANDs: an upper bound on the multiplicative complexity."""
        return self.num_gates - self.num_xors

    @cached_property
    def levels(self) -> Int32[np.ndarray, " nodes"]:
        """The longest path from an input to each node, in gates; 0 for constants and inputs."""
        level = [0] * (1 + self.num_inputs)
        for a, b in zip((self.fanin0 >> 1).tolist(), (self.fanin1 >> 1).tolist(), strict=True):
            level.append(1 + max(level[a], level[b]))
        return np.array(level, dtype=np.int32)

    @cached_property
    def depth(self) -> int:
        """The longest path from an input to an output, in gates."""
        return int(self.levels[self.outputs >> 1].max(initial=0))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the graph and its names: equal digests, equal circuits. The circuit's own name does not count."""
        # JSON and the lengths in it tell apart what a mere concatenation would confuse.
        names = json.dumps([self.input_names, self.output_names, self.num_gates])
        hashed = hashlib.sha256(names.encode())
        for array in (self.fanin0, self.fanin1, self.is_xor, self.outputs):
            hashed.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
        return hashed.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Circuit) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return (
            f"<Circuit {self.name}: {self.num_inputs} inputs, {self.num_outputs} outputs,"
            f" {self.num_ands} ANDs, {self.num_xors} XORs, depth {self.depth}>"
        )

    def renamed(self, name: str) -> Circuit:
        """The same circuit under another name."""
        return replace(self, name=name)

    def to_networkx(self) -> nx.MultiDiGraph:
        """The graph for networkx: nodes have `kind` (constant, input, and, xor), edges `complement`.

        Each output is a node of its own, ("output", name), with one edge from its driver.
        """
        graph = nx.MultiDiGraph(name=self.name)
        graph.add_node(0, kind="constant")
        graph.add_nodes_from((i, {"kind": "input", "name": name}) for i, name in enumerate(self.input_names, 1))
        for gate in range(self.num_gates):
            node = 1 + self.num_inputs + gate
            graph.add_node(node, kind="xor" if self.is_xor[gate] else "and")
            for literal in (int(self.fanin0[gate]), int(self.fanin1[gate])):
                graph.add_edge(literal >> 1, node, complement=bool(literal & 1))
        for name, literal in zip(self.output_names, self.outputs.tolist(), strict=True):
            graph.add_node(("output", name), kind="output", name=name)
            graph.add_edge(literal >> 1, ("output", name), complement=bool(literal & 1))
        return graph


def _has_surrogate(name: str) -> bool:
    return not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name)
