"""Fixed samples for the claims Pr[event] >= bound and Pr[event] <= bound: exact binomial tests.

Three verbs for each claim: `decide_probability_...` judges a count, `least_violation_of_probability_...`
says what a given sample can find, `samples_for_probability_...` says what sample a given violation needs.

Inside, every claim is read as "the event that speaks against it has probability at most q": that event is
the complement for >=. The test refutes when it is counted `threshold` times or more (Neyman & Pearson 1933).
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv
from scipy.stats import binom

from claims.engine.statistics.outcome import Outcome
from claims.engine.statistics.relation import Relation
from claims.engine.statistics.validation import require_closed_unit, require_count, require_error_rates

#: The largest sample that is planned. The relative error of scipy's binomial tails grows as n times a float's
#: 1e-16, so that the last sample and threshold lose their meaning beyond; nobody draws so many anyway.
MOST_SAMPLES = 10**10


@dataclass(frozen=True)
class Plan:
    """A fixed-sample exact test of Pr[event] `relation` `bound`.

    With `samples` independent draws the claim is refuted when the event's count is <= `critical` (for
    AT_LEAST) or >= `critical` (for AT_MOST). A true claim is refuted with probability at most
    `attained_false_alarm`; one violated by `violation` or more, with probability at least `attained_power`.
    """

    relation: Relation
    bound: float
    violation: float
    samples: int
    critical: int
    attained_false_alarm: float
    attained_power: float

    def refutes(self, count: int) -> bool:
        """Say whether `count` events among `samples` draws refute the claim."""
        return count <= self.critical if self.relation is Relation.AT_LEAST else count >= self.critical


@dataclass(frozen=True)
class CountDecision:
    """What a count says of the claim; `p_value` is the exact one for the claim as null hypothesis."""

    outcome: Outcome
    count: int
    p_value: float
    plan: Plan


def samples_for_probability_at_least(bound: float, *, violation: float, false_alarm: float, power: float) -> Plan:
    """Plan the least sample that finds Pr[event] <= bound - violation where >= bound is claimed."""
    return _smallest_plan(Relation.AT_LEAST, bound, violation, false_alarm, power)


def samples_for_probability_at_most(bound: float, *, violation: float, false_alarm: float, power: float) -> Plan:
    """Plan the least sample that finds Pr[event] >= bound + violation where <= bound is claimed."""
    return _smallest_plan(Relation.AT_MOST, bound, violation, false_alarm, power)


def least_violation_of_probability_at_least(bound: float, samples: int, *, false_alarm: float, power: float) -> Plan:
    """Plan the test by `samples` draws of Pr[event] >= bound; its `violation` is the least that it finds."""
    return _sharpest_plan(Relation.AT_LEAST, bound, samples, false_alarm, power)


def least_violation_of_probability_at_most(bound: float, samples: int, *, false_alarm: float, power: float) -> Plan:
    """Plan the test by `samples` draws of Pr[event] <= bound; its `violation` is the least that it finds."""
    return _sharpest_plan(Relation.AT_MOST, bound, samples, false_alarm, power)


def decide_probability_at_least(
    count: int, bound: float, samples: int, *, violation: float, false_alarm: float, power: float
) -> CountDecision:
    """Judge Pr[event] >= bound by `count` events among `samples` independent draws."""
    return _decide(Relation.AT_LEAST, count, bound, samples, violation=violation, false_alarm=false_alarm, power=power)


def decide_probability_at_most(
    count: int, bound: float, samples: int, *, violation: float, false_alarm: float, power: float
) -> CountDecision:
    """Judge Pr[event] <= bound by `count` events among `samples` independent draws."""
    return _decide(Relation.AT_MOST, count, bound, samples, violation=violation, false_alarm=false_alarm, power=power)


def _smallest_plan(relation: Relation, bound: float, violation: float, false_alarm: float, power: float) -> Plan:
    """Find the least n for which a deterministic test attains both error rates.

    The power of the deterministic test is a saw-tooth in n, so bisection on it would miss the least n. But
    the randomised most powerful test's power grows with n and is never less: its least n bounds ours below.
    From its threshold on, each threshold has a least n with the power, and that n grows with the threshold:
    the first threshold whose least n also keeps the false alarm gives the answer.
    """
    q, worse = _against(relation, bound, violation)
    require_error_rates(false_alarm, power)

    def finds_it_randomised(n: int) -> bool:
        return _randomised_power(n, q, worse, false_alarm) >= power

    threshold = _threshold(_first_true(finds_it_randomised, 1), q, false_alarm)

    def finds_it(n: int) -> bool:
        return _tail(threshold, n, worse) >= power

    samples = _first_true(finds_it, threshold)
    while _tail(threshold, samples, q) > false_alarm:
        threshold += 1
        samples = _first_true(finds_it, samples + 1)
    return _plan(relation, bound, violation, samples, threshold)


def _sharpest_plan(relation: Relation, bound: float, samples: int, false_alarm: float, power: float) -> Plan:
    """Find the least violation that `samples` draws find with the power."""
    require_closed_unit(bound=bound)
    require_count(samples=samples)
    require_error_rates(false_alarm, power)
    q = 1.0 - bound if relation is Relation.AT_LEAST else bound
    threshold = _threshold(samples, q, false_alarm) if q < 1.0 else samples + 1
    if threshold > samples:
        raise ValueError(f"samples: {samples} can never refute the claim at false alarm {false_alarm!r}")
    # The tail is the distribution function of Beta(threshold, n - threshold + 1) at the probability.
    worse = float(betaincinv(threshold, samples - threshold + 1, power))
    violation = worse - q
    # Rounding may have left the power an ulp short; a least violation that is not found would be a lie.
    while _tail(threshold, samples, min(q + violation, 1.0)) < power:
        violation += float(np.spacing(worse))
    return _plan(relation, bound, violation, samples, threshold)


def _decide(
    relation: Relation,
    count: int,
    bound: float,
    samples: int,
    *,
    violation: float,
    false_alarm: float,
    power: float,
) -> CountDecision:
    q, _ = _against(relation, bound, violation)
    require_count(samples=samples)
    require_error_rates(false_alarm, power)
    if not (0 <= count <= samples and count % 1 == 0):
        raise ValueError(f"count: expected a whole number in [0, {samples}], got {count!r}")
    plan = _plan(relation, bound, violation, samples, _threshold(samples, q, false_alarm))
    p_value = _tail(samples - count if relation is Relation.AT_LEAST else count, samples, q)
    if plan.refutes(count):
        outcome = Outcome.REFUTED
    elif plan.attained_power >= power:
        outcome = Outcome.SUPPORTED
    else:
        outcome = Outcome.INCONCLUSIVE
    return CountDecision(outcome, count, p_value, plan)


def _plan(relation: Relation, bound: float, violation: float, samples: int, threshold: int) -> Plan:
    q, worse = _against(relation, bound, violation)
    critical = samples - threshold if relation is Relation.AT_LEAST else threshold
    false_alarm, power = _tail(threshold, samples, q), _tail(threshold, samples, worse)
    return Plan(relation, bound, violation, samples, critical, false_alarm, power)


def _against(relation: Relation, bound: float, violation: float) -> tuple[float, float]:
    """Return the probability of the event against the claim: the most that it allows, and at `violation`."""
    require_closed_unit(bound=bound)
    room = bound if relation is Relation.AT_LEAST else 1.0 - bound
    if not 0.0 < violation <= room:
        raise ValueError(f"violation: expected a number in (0, {room!r}] for the bound, got {violation!r}")
    q = 1.0 - bound if relation is Relation.AT_LEAST else bound
    return q, min(q + violation, 1.0)


def _tail(threshold: int, samples: int, q: float) -> float:
    """Return Pr[Binomial(samples, q) >= threshold]."""
    return float(binom.sf(threshold - 1, samples, q))


def _threshold(samples: int, q: float, false_alarm: float) -> int:
    """Return the least threshold whose tail at q is at most the false alarm (samples + 1: never reached)."""
    # scipy's `binom.isf` may land a step aside where a tail nearly equals the false alarm; this cannot.
    return bisect_left(range(samples + 1), True, key=lambda t: _tail(t, samples, q) <= false_alarm)


def _randomised_power(samples: int, q: float, worse: float, false_alarm: float) -> float:
    """Return the most powerful test's power, which also refutes at threshold - 1 with some probability."""
    threshold = _threshold(samples, q, false_alarm)
    share = (false_alarm - _tail(threshold, samples, q)) / float(binom.pmf(threshold - 1, samples, q))
    return _tail(threshold, samples, worse) + share * float(binom.pmf(threshold - 1, samples, worse))


def _first_true(predicate: Callable[[int], bool], start: int) -> int:
    """Return the least n >= start where the predicate, false below some n and true from there, is true."""
    low, high, step = start, start, 1
    while not predicate(high):
        low, high, step = high + 1, high + step, 2 * step
        if high > MOST_SAMPLES:
            raise ValueError(f"violation: finding it needs more than {MOST_SAMPLES} samples")
    return low + bisect_left(range(low, high), True, key=predicate)
