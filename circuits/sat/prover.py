"""Are two literals of a growing graph equal? Small questions about the upper part of their cones, to one solver."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice

from circuits.circuit import FALSE, TRUE
from circuits.sat.solve import Answer, Status, ask, open_solver

#: Gates of the cone that the first question sees; each further question sees as many times more.
WINDOW, GROWTH = 30, 10

#: Gates in one solver before a fresh one takes its place: a model decides about all of them, asked about or not.
RECYCLE = 300


class Prover:
    """Proves literals equal, or finds an input that tells them apart.

    A gate's clauses go to the solver when a question first needs them. A question sees the upper part of the cones
    only and treats what lies below as free: "unsatisfiable" is sound all the same, and "satisfiable" makes it see
    more, until it sees everything and the model is an input.
    """

    def __init__(self, num_inputs: int) -> None:
        self.num_inputs = num_inputs
        self._gates: dict[int, tuple[int, int, bool]] = {}
        self._past_conflicts = 0
        self._open()

    def _open(self) -> None:
        self._engine = open_solver("minisat22")
        self._conflicts = 0
        self._variables: dict[int, int] = {}
        self._seen: set[int] = set()

    def close(self) -> None:
        """Free the solver."""
        self._past_conflicts = self.conflicts
        self._engine.delete()

    @property
    def conflicts(self) -> int:
        """The conflicts of all questions so far."""
        return self._past_conflicts + self._conflicts

    def add_gate(self, node: int, a: int, b: int, is_xor: bool) -> None:
        """Tell the prover that `node` is the AND of the literals a and b, or the XOR of their nodes.

        The complements of a XOR's operands are in the literal that reads it, as in `Circuit`, not in its node.
        """
        self._gates[node] = (a & ~1, b & ~1, True) if is_xor else (a, b, False)

    def compare(self, a: int, b: int, budget: int | None) -> tuple[Status, int | None]:
        """UNSAT if a = b for every input (kept as a lemma), or SAT and an input x on which they differ.

        UNKNOWN if one question took more than `budget` conflicts.
        """
        if len(self._seen) > RECYCLE:
            self.close()
            self._open()
        cone, window, whole = self._cone(a, b), WINDOW, False
        for wanted in ({a, b ^ 1}, {a ^ 1, b}):
            question = [self._dimacs(literal) for literal in sorted(wanted - {TRUE})]
            while FALSE not in wanted:
                answer = ask(self._engine, question, budget)
                self._conflicts = answer.conflicts
                if answer.status is Status.UNSAT:
                    self._engine.add_clause([-literal for literal in question])
                    break
                if answer.status is Status.UNKNOWN:
                    return answer.status, None
                if whole:
                    return answer.status, self._input(answer)
                more = list(islice(cone, window))
                self._see(more)
                window, whole = window * GROWTH, len(more) < window
        return Status.UNSAT, None

    def _dimacs(self, literal: int) -> int:
        variable = self._variables.setdefault(literal >> 1, len(self._variables) + 1)
        return -variable if literal & 1 else variable

    def _input(self, answer: Answer) -> int:
        """The input in the model; inputs that no question saw are 0."""
        bits = ((i, self._variables.get(1 + i)) for i in range(self.num_inputs))
        return sum(answer.holds(variable) << i for i, variable in bits if variable is not None)

    def _cone(self, *literals: int) -> Iterator[int]:
        """The gates below the literals, from the highest number down."""
        heap = sorted({-(literal >> 1) for literal in literals})
        queued = set(heap)
        while heap:
            node = -heapq.heappop(heap)
            if node in self._gates:
                yield node
                for below in {-(literal >> 1) for literal in self._gates[node][:2]} - queued:
                    queued.add(below)
                    heapq.heappush(heap, below)

    def _see(self, nodes: Iterable[int]) -> None:
        for node in nodes:
            if node not in self._seen:
                self._seen.add(node)
                left, right, is_xor = self._gates[node]
                out, a, b = (self._dimacs(literal) for literal in (2 * node, left, right))
                if is_xor:
                    clauses = [[-out, a, b], [-out, -a, -b], [out, -a, b], [out, a, -b]]
                else:
                    clauses = [[-out, a], [-out, b], [out, -a, -b]]
                for clause in clauses:
                    self._engine.add_clause(clause)
