"""Method `interval`: ball arithmetic over a box, bisected until the sign is certain everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flint

from claims.engine.arithmetic import PRECISIONS
from claims.engine.balls import surely_holds, surely_violated
from claims.engine.evidence import Evidence, Witness
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Context, Statement


@dataclass(frozen=True)
class Box:
    """A product of closed intervals, and how to make a case of a point (or a smaller box) in it."""

    sides: tuple[tuple[float, float], ...]
    case: Callable[..., Any]


@dataclass(frozen=True)
class interval:  # noqa: N801 - read as a noun in `by=[interval(box)]`
    """Prove margins >= 0 on a box by branch and bound.

    It does not close a tangency (a margin that touches zero inside the box): factor that out first.

    Attributes: `box`, `scope` (in words), `complete` (whether the box is the whole domain), `most` (boxes that
    are examined before it gives up).
    """

    box: Box
    scope: str
    complete: bool = False
    most: int = 20_000
    name = "interval"
    attacks = True

    def decide(self, statement: Statement, context: Context) -> Evidence:  # noqa: ARG002 - nothing is random
        """Proved or supported if every sub-box holds, refuted at a midpoint that violates, else inconclusive."""
        open_boxes = [self.box.sides]
        examined = 0
        with flint.ctx.workprec(PRECISIONS[0]):
            while open_boxes and examined < self.most:
                sides = open_boxes.pop()
                examined += 1
                if surely_holds(statement(self.box.case(*map(_hull, sides)))):
                    continue
                middle = tuple((low + high) / 2 for low, high in sides)
                violated = surely_violated(statement(self.box.case(*map(flint.arb, middle))))
                if violated is not None:
                    witness = Witness({"point": list(middle)}, violated.str(8), "ball arithmetic")
                    return Evidence("interval", Verdict.REFUTED, self.scope, {"boxes": examined}, witness)
                open_boxes += _halves(sides)
        numbers = {"boxes": examined, "undecided": len(open_boxes)}
        if open_boxes:
            return Evidence("interval", Verdict.INCONCLUSIVE, self.scope, numbers)
        verdict = Verdict.PROVED if self.complete else Verdict.SUPPORTED
        return Evidence("interval", verdict, self.scope, numbers)


def _hull(side: tuple[float, float]) -> flint.arb:
    return flint.arb(side[0]).union(flint.arb(side[1]))


def _halves(sides: tuple[tuple[float, float], ...]) -> list[tuple[tuple[float, float], ...]]:
    """The box cut in two across its widest side."""
    widest = max(range(len(sides)), key=lambda k: sides[k][1] - sides[k][0])
    low, high = sides[widest]
    cut = (low + high) / 2
    return [(*sides[:widest], half, *sides[widest + 1 :]) for half in ((low, cut), (cut, high))]
