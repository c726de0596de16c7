"""Method `sat`: a SAT solver decides whether two sides agree on every Boolean input; a disagreement is replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from claims.engine.evidence import Evidence, Witness
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Context, Statement


class Question(Protocol):
    """What the statement returns at a case: "these two sides agree on all of {0,1}^n".

    Where the solver gave up, `counterexample` raises `TimeoutError`.
    """

    def counterexample(self) -> int | None:
        """An input on which the sides differ (bit i of the integer is input i), or None: proved that none exists."""
        ...

    def differs(self, x: int) -> bool:
        """Whether the sides differ at x, computed without the solver and without its encoding."""
        ...


@dataclass(frozen=True)
class sat:  # noqa: N801 - read as a noun in `by=[sat(circuits)]`
    """Let a SAT solver decide the statement, for all inputs at once, at each of a list of cases.

    Attributes: `cases` (yields them, simplest first, from a generator and an effort), `scope` (which cases these are,
    in words), `route` (what `differs` computes, in words), `complete` (whether the cases are the whole domain).
    """

    cases: Callable[[np.random.Generator, str], Iterable[Any]]
    scope: str
    route: str
    complete: bool = False
    name = "sat"
    attacks = True

    def decide(self, statement: Statement, context: Context) -> Evidence:
        """Refuted at the first case with a counterexample that the second route confirms; else as far as it goes."""
        generator = np.random.default_rng([context.seed, *context.claim.encode()])
        proved = unknown = 0
        for case in self.cases(generator, context.effort):
            question: Question = statement(case)
            try:
                x = question.counterexample()
            except TimeoutError:
                unknown += 1
                continue
            if x is None:
                proved += 1
            elif question.differs(x):
                worked = tuple(context.worked((case, x))) if context.worked and context.shrink else ()
                witness = Witness({"case": repr(case), "x": x}, "the sides differ at x", self.route, repr(case), worked)
                return Evidence("sat", Verdict.REFUTED, self.scope, {"proved_before": proved}, witness)
            else:
                unknown += 1
        numbers = {"proved_for_all_inputs": proved, "undecided": unknown}
        if unknown or not proved:
            return Evidence("sat", Verdict.INCONCLUSIVE, self.scope, numbers)
        return Evidence("sat", Verdict.PROVED if self.complete else Verdict.SUPPORTED, self.scope, numbers)
