"""Which nodes does a circuit's output determine? Found backwards, as lemmas about two copies with equal outputs."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from circuits.circuit import Circuit
from circuits.sat.solve import Answer, Status, ask, open_solver
from circuits.sat.tseitin import encode

#: Conflicts for a question about one node. Glucose looks at it at restarts only, and takes more.
BUDGET = 100


class Twins:
    """Two copies of a circuit with equal outputs and different inputs; a node and its copy are *twins*.

    `copies` is the collision circuit, `pairs` the literals in it of each node and of its twin. A node is determined if
    it equals its twin whenever the outputs agree. Each such lemma goes to the solver as two clauses; in the proof it
    stands with the steps that make it follow by unit propagation.
    """

    def __init__(
        self, circuit: Circuit, copies: Circuit, pairs: Sequence[tuple[int, int]], *, with_proof: bool
    ) -> None:
        self.circuit = circuit
        self.lemmas = 0
        encoding = encode(copies)
        clauses = [*encoding.clause_lists(), *([literal] for literal in encoding.fix_outputs(1))]
        self._engine = open_solver("glucose4", clauses, with_proof=with_proof)
        self._with_proof = with_proof
        self._proof: list[str] = []
        self._logged = 0
        # In `encode`, the variable of a node is its number; the constant's twin is itself, and never asked about.
        self._twins = [tuple(-(a >> 1) if a & 1 else a >> 1 for a in pair) for pair in pairs]
        self._determined = [False] * circuit.num_nodes
        fanins = (circuit.fanin0 >> 1, circuit.fanin1 >> 1, circuit.is_xor)
        gates = zip(*(array.tolist() for array in fanins), strict=True)
        self._gates = dict(enumerate(gates, 1 + circuit.num_inputs))
        self._neighbours: list[list[int]] = [[] for _ in range(circuit.num_nodes)]
        for gate, (a, b, _) in self._gates.items():
            for node in (gate, a, b):
                self._neighbours[node].append(gate)

    def __enter__(self) -> Twins:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.delete()

    def determine(self) -> None:
        """Find determined nodes from the outputs backwards until the inputs are reached or nothing more is found."""
        self._spread(sorted(set((self.circuit.outputs >> 1).tolist()) - {0}))
        progress = True
        while progress and not all(self._determined[1 : 1 + self.circuit.num_inputs]):
            progress = False
            for node in range(self.circuit.num_nodes - 1, 0, -1):
                if not self._determined[node] and self._at_the_border(node) and self._asked(node):
                    self._spread([node])
                    progress = True

    def decide(self) -> Answer:
        """Ask for two different inputs with equal outputs, without a budget."""
        return ask(self._engine, [])

    def proof(self) -> list[str]:
        """The lines of a DRAT proof without deletions, once `decide` has said UNSAT."""
        self._log()
        return [*self._proof, "0"]

    def _spread(self, found: list[int]) -> None:
        """Mark nodes as determined, and whatever follows from them gate by gate."""
        waiting = found
        for node in found:
            self._determined[node] = True
            self._lemma(node)
        while waiting:
            for gate in self._neighbours[waiting.pop()]:
                a, b, is_xor = self._gates[gate]
                unknown = [node for node in (gate, a, b) if not self._determined[node]]
                if len(unknown) == 1 and (is_xor or unknown[0] == gate):
                    self._determined[unknown[0]] = True
                    self._lemma(unknown[0], split=a if is_xor and unknown[0] != a else b if is_xor else None)
                    waiting.append(unknown[0])

    def _lemma(self, node: int, split: int | None = None) -> None:
        """The node equals its twin. About a XOR that follows by units only after the value of an operand, `split`."""
        self._log()
        here, there = self._twins[node]
        self.lemmas += 1
        for clause in ([-here, there], [here, -there]):
            if split is not None:
                self._record([self._twins[split][0], *clause])
            self._record(clause)
            self._engine.add_clause(clause)

    def _at_the_border(self, node: int) -> bool:
        return any(
            self._determined[other] for gate in self._neighbours[node] for other in (gate, *self._gates[gate][:2])
        )

    def _asked(self, node: int) -> bool:
        """Whether the solver proves within the budget that the node equals its twin."""
        here, there = self._twins[node]
        return all(
            ask(self._engine, [literal, other], BUDGET).status is Status.UNSAT
            for literal, other in ((here, -there), (-here, there))
        )

    def _record(self, clause: list[int]) -> None:
        if self._with_proof:
            self._proof.append(" ".join(map(str, [*clause, 0])))

    def _log(self) -> None:
        """Copy what the solver learned since the last time. Deletions are left out: they only save memory."""
        if self._with_proof:
            lines = self._engine.get_proof() or []
            new = [line for line in lines[self._logged :] if not line.startswith("d") and line != "0"]
            self._proof += new
            self._logged = len(lines)
