"""How many samples a `MeanTest` needs at most, and what it finds with a given number.

Chernoff's bound on the wealth of the least bet (its share included). The payoff's negative power is convex in
the sample, so of all laws on [0, 1] with one mean the coin's is the worst: the bound holds for every law.
Typical runs stop after a fifth of these samples or less.
"""

import math

import numpy as np

from claims.engine.statistics.betting import Wealth, scaled_to_unit
from claims.engine.statistics.relation import Relation
from claims.engine.statistics.validation import require_count, require_error_rates

#: Exponents tried in Chernoff's bound. The bound is flat at its least: more would save below 0.1 % of the
#: samples, and every exponent gives a valid bound.
_EXPONENTS = np.linspace(0.0, 1.0, 65)[1:-1]


def samples_for_mean_at_least(
    bound: float,
    *,
    violation: float,
    false_alarm: float,
    power: float,
    interval: tuple[float, float] = (0.0, 1.0),
) -> int:
    """Return a cap by which the test of "mean >= bound" says something with probability at least `power`.

    That holds for every true claim and for every claim violated by `violation` or more. What it says is wrong
    with the probabilities that `MeanTest` states, whatever the cap.
    """
    return _samples(Relation.AT_LEAST, bound, violation, false_alarm=false_alarm, power=power, interval=interval)


def samples_for_mean_at_most(
    bound: float,
    *,
    violation: float,
    false_alarm: float,
    power: float,
    interval: tuple[float, float] = (0.0, 1.0),
) -> int:
    """Return a cap by which the test of "mean <= bound" says something, as `samples_for_mean_at_least`."""
    return _samples(Relation.AT_MOST, bound, violation, false_alarm=false_alarm, power=power, interval=interval)


def least_violation_of_mean_at_least(
    bound: float,
    samples: int,
    *,
    false_alarm: float,
    power: float,
    interval: tuple[float, float] = (0.0, 1.0),
) -> float:
    """Return the least violation of "mean >= bound" for which `samples` suffice as a cap, in their units."""
    return _least_violation(Relation.AT_LEAST, bound, samples, false_alarm=false_alarm, power=power, interval=interval)


def least_violation_of_mean_at_most(
    bound: float,
    samples: int,
    *,
    false_alarm: float,
    power: float,
    interval: tuple[float, float] = (0.0, 1.0),
) -> float:
    """Return the least violation of "mean <= bound" for which `samples` suffice as a cap, in their units."""
    return _least_violation(Relation.AT_MOST, bound, samples, false_alarm=false_alarm, power=power, interval=interval)


def _samples(
    relation: Relation,
    bound: float,
    violation: float,
    *,
    false_alarm: float,
    power: float,
    interval: tuple[float, float],
) -> int:
    null, alternative = scaled_to_unit(relation, bound, violation, interval)
    require_error_rates(false_alarm, power)
    miss = 1.0 - power
    refuting = _samples_to_win(null, alternative, false_alarm, miss)
    supporting = _samples_to_win(1.0 - alternative, 1.0 - null, miss, miss)
    return math.ceil(max(refuting, supporting))


def _samples_to_win(null: float, alternative: float, error: float, miss: float) -> float:
    """Bound the samples of mean `alternative` or more until the wealth is 1/error, except with chance `miss`.

    For every t in (0, 1), Pr[wealth_n < 1/error] <= (share * error)^-t * E[payoff^-t]^n.
    """
    wealth = Wealth(null, alternative)
    win = math.log1p(wealth.bets[0] * (1.0 - null))
    loss = math.log1p(-wealth.bets[0] * null)
    needed = -math.log(wealth.shares[0] * error)

    def samples(t: float) -> float:
        moment = alternative * math.exp(-t * win) + (1.0 - alternative) * math.exp(-t * loss)
        return (t * needed - math.log(miss)) / -math.log(moment) if moment < 1.0 else math.inf

    return min(samples(t) for t in _EXPONENTS.tolist())


def _least_violation(
    relation: Relation,
    bound: float,
    samples: int,
    *,
    false_alarm: float,
    power: float,
    interval: tuple[float, float],
) -> float:
    """Bisect, keeping `found` a violation for which the samples suffice, to one part in a million."""
    require_count(samples=samples)
    low, high = interval
    room = bound - low if relation is Relation.AT_LEAST else high - bound
    missed, found = 0.0, room * (1.0 - 1e-9)
    if _samples(relation, bound, found, false_alarm=false_alarm, power=power, interval=interval) > samples:
        raise ValueError(f"samples: {samples} are too few for any violation at these error rates")
    while found - missed > 1e-6 * found:
        middle = (missed + found) / 2
        if _samples(relation, bound, middle, false_alarm=false_alarm, power=power, interval=interval) <= samples:
            found = middle
        else:
            missed = middle
    return found
