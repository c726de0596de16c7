"""Method `statistical`: a probability or a bounded mean, decided by two betting processes with error control."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from claims.engine.evidence import Evidence, Witness
from claims.engine.registry import ClaimError
from claims.engine.statistics import Decision, MeanTest, Outcome, Relation
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Context, Statement


@dataclass(frozen=True)
class Mean:
    """What a statistical statement claims at one parameter point: that a mean is on one side of a bound.

    `draw(n, generator)` returns n independent samples in `interval`; an event is a sample that is 0 or 1.
    """

    draw: Callable[[int, np.random.Generator], NDArray[Any]]
    relation: Relation
    bound: float
    interval: tuple[float, float] = (0.0, 1.0)

    @classmethod
    def at_least(cls, draw: Callable[[int, np.random.Generator], NDArray[Any]], bound: float) -> Mean:
        """The mean (for events: the probability) is at least `bound`."""
        return cls(draw, Relation.AT_LEAST, bound)

    @classmethod
    def at_most(cls, draw: Callable[[int, np.random.Generator], NDArray[Any]], bound: float) -> Mean:
        """The mean (for events: the probability) is at most `bound`."""
        return cls(draw, Relation.AT_MOST, bound)


@dataclass(frozen=True)
class statistical:  # noqa: N801 - read as an adjective in `by=[statistical(points, ...)]`
    """Test `statement(point) -> Mean` at each parameter point.

    The false alarm is split over the points; so is 1 - power, hence a claim that is violated at some point by
    `violation` or more is called supported with probability at most 1 - power. A refutation is repeated with
    fresh samples, at the same error, before it is reported.

    Attributes: `points` (made from a generator, the same for a seed), `false_alarm` (the part of the suite's
    budget that this check spends), `violation` (smallest that it must find), `power`, `cap` (samples a point),
    `scope`, `chunk` (samples drawn at once).
    """

    points: Callable[[np.random.Generator, str], Iterable[Any]]
    scope: str
    violation: float
    false_alarm: float = 1e-8
    power: float = 1 - 1e-6
    cap: int = 1_000_000
    chunk: int = 64
    name = "statistical"
    attacks = True

    def decide(self, statement: Statement, context: Context) -> Evidence:
        """Refuted if some point is, twice; supported if all are; else inconclusive.

        Raises:
            ClaimError: if the mean at some point cannot be off by the violation, or its bound is outside its interval.
        """
        points = list(self.points(_generator(context, "points"), context.effort))
        decisions = []
        for number, point in enumerate(points):
            mean = statement(point)
            where = f"{context.claim}: at the point {point!r}"
            decision = self._test(mean, _generator(context, f"first {number}"), len(points), where)
            decisions.append(decision)
            if decision.outcome is Outcome.REFUTED:
                again = self._test(mean, _generator(context, f"second {number}"), len(points), where)
                verdict = Verdict.REFUTED if again.outcome is Outcome.REFUTED else Verdict.INCONCLUSIVE
                witness = Witness(
                    {"point": repr(point)},
                    f"mean {again.mean:.6g} where {again.relation.value} {again.bound:.6g} is claimed",
                    f"a second sampler, false alarm {self.false_alarm / len(points):.2g}",
                )
                numbers = self._numbers(decisions)
                return Evidence(
                    "statistical", verdict, self.scope, numbers, witness if verdict is Verdict.REFUTED else None
                )
        supported = bool(decisions) and all(found.outcome is Outcome.SUPPORTED for found in decisions)
        verdict = Verdict.SUPPORTED if supported else Verdict.INCONCLUSIVE
        return Evidence("statistical", verdict, self.scope, self._numbers(decisions))

    def _test(self, mean: Mean, generator: np.random.Generator, points: int, where: str) -> Decision:
        try:
            test = MeanTest(
                mean.relation, mean.bound, violation=self.violation, false_alarm=self.false_alarm / points,
                power=1 - (1 - self.power) / points, interval=mean.interval,
            )  # fmt: skip
        except ValueError as error:
            raise ClaimError(f"{where}, {error}") from error
        return test.decide(lambda n: mean.draw(n, generator), cap=self.cap, chunk=self.chunk)

    def _numbers(self, decisions: list[Decision]) -> dict[str, Any]:
        return {
            "points": len(decisions),
            "samples": sum(found.samples for found in decisions),
            "means": [min(found.mean for found in decisions), max(found.mean for found in decisions)],
            "false_alarm": self.false_alarm,
            "least_violation_found": self.violation,
            "power": self.power,
        }


def _generator(context: Context, purpose: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{context.seed}|{context.claim}|{purpose}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
