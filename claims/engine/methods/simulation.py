"""Method `simulation`: seeded runs whose margins are compared step by step, and repeated by a second route."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from claims.engine.evidence import Evidence, Witness
from claims.engine.methods.witness import plain
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Context, Statement
    from claims.engine.margin import Margin


@dataclass(frozen=True)
class simulation:  # noqa: N801 - read as a noun in `by=[simulation(flows)]`
    """Evaluate the statement on runs (for instance of an ODE); a violation must persist on a second route.

    Attributes: `runs` (the cases, from a generator and an effort), `second_route` (the same case, to be computed
    in another way), `error` (relative error that the first route may have, from its own tolerances), `scope`,
    `route` (what the second route is, in words).
    """

    runs: Callable[[torch.Generator, str], Iterable[Any]]
    second_route: Callable[[Any], Any]
    error: float
    scope: str
    route: str
    name = "simulation"
    attacks = True

    def decide(self, statement: Statement, context: Context) -> Evidence:
        """Refuted if a run violates by more than its error on both routes; else supported."""
        generator = torch.Generator().manual_seed(context.seed)
        count, unconfirmed, tightest = 0, 0, float("inf")
        ranges: dict[str, list[float]] = {}
        for case in self.runs(generator, context.effort):
            count += 1
            margin = statement(case)
            violation = float(margin.violation().max())
            tightest = min(tightest, -violation)
            _widen(ranges, margin)
            if not violation <= self.error:  # nan is no pass
                again = float(statement(self.second_route(case)).violation().max())
                if again > self.error and abs(again - violation) < 0.5 * violation:
                    worked = tuple(context.worked(case)) if context.worked and context.shrink else ()
                    text = f"{-violation:.6g} (second route {-again:.6g}), relative"
                    witness = Witness(plain(case), text, self.route, repr(case), worked)
                    return Evidence("simulation", Verdict.REFUTED, self.scope, {"runs": count, **ranges}, witness)
                unconfirmed += 1
        numbers = {"runs": count, "least_relative_margin": tightest, "error_allowed": self.error, **ranges}
        if unconfirmed or not count:
            numbers["unconfirmed"] = unconfirmed
            return Evidence("simulation", Verdict.INCONCLUSIVE, self.scope, numbers)
        return Evidence("simulation", Verdict.SUPPORTED, self.scope, numbers)


def _widen(ranges: dict[str, list[float]], margin: Margin) -> None:
    for name, values in margin.numbers.items():
        low, high = ranges.get(name, [float("inf"), float("-inf")])
        ranges[name] = [min(low, float(values.min())), max(high, float(values.max()))]
