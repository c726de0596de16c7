"""SAT sweeping: nodes that agree on random inputs are proved equal, from the inputs upwards, and merged."""

from __future__ import annotations

import numpy as np

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.reference import evaluate_lanes
from circuits.sat.prover import Prover
from circuits.sat.solve import Status

PATTERNS = 2048  # random inputs before the first proof
REFINEMENT = 64  # inputs that a counterexample adds: itself and random neighbours
BUDGET = 10_000  # conflicts for a question about two inner nodes: each one left open makes those above it harder


def every_node(circuit: Circuit) -> Circuit:
    """The same graph with every node as an output: what evaluates or copies outputs does so for all nodes."""
    names = tuple(map(str, range(circuit.num_nodes)))
    nodes = np.arange(0, 2 * circuit.num_nodes, 2, dtype=np.int32)
    return Circuit(circuit.input_names, names, circuit.fanin0, circuit.fanin1, circuit.is_xor, nodes, name=circuit.name)


class Signatures:
    """The values of all nodes on the inputs tried so far: one Python integer a node, one bit an input."""

    def __init__(self, circuit: Circuit, seed: int) -> None:
        self.circuit = circuit
        self.lanes = 0
        self.values = [0] * circuit.num_nodes
        self._generator = np.random.default_rng(seed)
        self._every_node = every_node(circuit)
        self._append([self._word(PATTERNS) for _ in range(circuit.num_inputs)], PATTERNS)

    def refine(self, x: int) -> None:
        """Add the input x and random inputs near it: an eighth of the bits flipped."""
        words = []
        for i in range(self.circuit.num_inputs):
            flips = self._word(REFINEMENT) & self._word(REFINEMENT) & self._word(REFINEMENT) & ~1
            words.append(flips ^ ((1 << REFINEMENT) - 1 if x >> i & 1 else 0))
        self._append(words, REFINEMENT)

    def polarity(self, node: int) -> int:
        """The node's value on the first input: nodes of one class are equal, or opposite, as these are."""
        return self.values[node] & 1

    def key(self, node: int) -> int:
        """The node's values, or their complement: equal for all nodes that may be equal or opposite."""
        value = self.values[node]
        return value ^ (1 << self.lanes) - 1 if value & 1 else value

    def difference(self, a: int, b: int) -> int | None:
        """An input tried so far on which the literals a and b differ."""
        differing = self.values[a >> 1] ^ self.values[b >> 1] ^ ((1 << self.lanes) - 1 if (a ^ b) & 1 else 0)
        if not differing:
            return None
        lane = (differing & -differing).bit_length() - 1
        return sum((self.values[1 + i] >> lane & 1) << i for i in range(self.circuit.num_inputs))

    def _word(self, bits: int) -> int:
        return int.from_bytes(self._generator.bytes(bits // 8), "little")

    def _append(self, words: list[int], lanes: int) -> None:
        for node, value in enumerate(evaluate_lanes(self._every_node, words, lanes)):
            self.values[node] |= value << self.lanes
        self.lanes += lanes


class Sweep:
    """One sweep over a circuit with 2k outputs, to find whether outputs i and k + i agree on every input.

    `circuit` stays as it is; `swept` grows beside it, with equal nodes merged, so that the gates above them hash
    together. `merges`, `refutations` and `undecided` count what became of the candidates.
    """

    def __init__(self, circuit: Circuit, *, seed: int = 0) -> None:
        self.circuit = circuit
        self.merges = self.refutations = self.undecided = 0
        self._signatures = Signatures(circuit, seed)
        self._prover = Prover(circuit.num_inputs)
        self._swept = Builder("swept")
        self._literals = [0, *(self._swept.literal_of(bit) for bit in self._swept.inputs(circuit.num_inputs))]
        self._merged: dict[int, int] = {}  # node of swept -> the literal that it was proved equal to
        self._representatives = list(range(1 + circuit.num_inputs))
        self._classes: dict[int, int] = {}
        half = circuit.num_outputs // 2
        outputs = circuit.outputs.tolist()
        self._pairs = list(zip(outputs[:half], outputs[half:], strict=True))

    @property
    def conflicts(self) -> int:
        """The solver's conflicts so far."""
        return self._prover.conflicts

    def run(self) -> int | None:
        """An input on which the two halves of the outputs differ, or None: proved equal."""
        try:
            return self._run()
        finally:
            self._prover.close()

    def _run(self) -> int | None:
        self._classify()
        counterexample = self._seen_difference()
        gates = zip(*(a.tolist() for a in (self.circuit.fanin0, self.circuit.fanin1, self.circuit.is_xor)), strict=True)
        for node, (a, b, is_xor) in enumerate(gates, len(self._literals)):
            if counterexample is not None:
                return counterexample
            known = self.refutations
            self._literals.append(self._place(node, self._moved(a), self._moved(b), is_xor))
            if self.refutations > known:
                counterexample = self._seen_difference()
        for a, b in self._pairs:
            if counterexample is None and self._moved(a) != self._moved(b):
                _, counterexample = self._prover.compare(self._moved(a), self._moved(b), None)
        return counterexample

    def _moved(self, literal: int) -> int:
        return self._literals[literal >> 1] ^ (literal & 1)

    def _seen_difference(self) -> int | None:
        found = (self._signatures.difference(a, b) for a, b in self._pairs)
        return next((x for x in found if x is not None), None)

    def _classify(self) -> None:
        """One node a class; later nodes of the same class are candidates to equal it."""
        self._classes = {}
        for node in self._representatives:
            self._classes.setdefault(self._signatures.key(node), node)

    def _place(self, node: int, a: int, b: int, is_xor: bool) -> int:
        """The literal in `swept` of the circuit's gate `node`, with a and b for its fan-ins."""
        gates = self._swept.num_gates
        literal = self._swept.xor_literals(a, b) if is_xor else self._swept.and_literals(a, b)
        if self._swept.num_gates == gates:
            return self._merged.get(literal >> 1, literal & ~1) ^ (literal & 1)
        self._prover.add_gate(literal >> 1, a, b, is_xor)
        while (candidate := self._classes.get(self._signatures.key(node))) is not None:
            opposite = self._signatures.polarity(node) ^ self._signatures.polarity(candidate)
            equal = self._literals[candidate] ^ opposite
            status, x = self._prover.compare(literal, equal, BUDGET)
            if status is Status.UNSAT:
                self.merges += 1
                self._merged[literal >> 1] = equal ^ (literal & 1)
                return equal
            if x is None:
                self.undecided += 1
                return literal
            self.refutations += 1
            self._signatures.refine(x)
            if self._signatures.key(node) == self._signatures.key(candidate):
                raise AssertionError(f"the input {x} does not tell nodes {node} and {candidate} apart")
            self._classify()
        self._representatives.append(node)
        self._classes[self._signatures.key(node)] = node
        return literal
