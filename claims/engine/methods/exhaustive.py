"""Method `exhaustive`: every element of a finite set, each in exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flint

from claims.engine.arithmetic import PRECISIONS
from claims.engine.balls import surely_holds, surely_violated
from claims.engine.cases import to_balls
from claims.engine.evidence import Evidence
from claims.engine.methods.witness import witness_of
from claims.engine.search import Finding
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Context, Statement


@dataclass(frozen=True)
class exhaustive:  # noqa: N801 - read as an adverb in `by=[exhaustive(shapes)]`
    """Check the statement at every case, in balls.

    Attributes: `cases` (yields them all, simplest first), `scope` (which set this is), `complete` (whether that
    set is the whole domain of the claim, as `proved` needs), `tolerance` (relative size below which an equality of
    irrational numbers counts as met: its ball never shrinks to a point; 0 for rational statements).
    """

    cases: Callable[[], Iterable[Any]]
    scope: str
    complete: bool = False
    tolerance: float = 0.0
    name = "exhaustive"
    attacks = True

    def decide(self, statement: Statement, context: Context) -> Evidence:
        """Refuted at the first case that violates; inconclusive if some sign stays open; else as far as it goes."""
        count = undecided = 0
        for case in self.cases():
            count += 1
            with flint.ctx.workprec(PRECISIONS[1]):
                margin = statement(to_balls(case))
                violated = surely_violated(margin)
                undecided += violated is None and not surely_holds(margin, self.tolerance)
            if violated is not None:
                found = Finding(case, case, violated.str(8))
                witness = witness_of(found, statement, context, "exact arithmetic", rounding=False)
                return Evidence("exhaustive", Verdict.REFUTED, self.scope, {"cases": count}, witness)
        numbers = {"cases": count, "undecided": undecided}
        if undecided or not count:
            return Evidence("exhaustive", Verdict.INCONCLUSIVE, self.scope, numbers)
        verdict = Verdict.PROVED if self.complete else Verdict.SUPPORTED
        return Evidence("exhaustive", verdict, self.scope, numbers)
