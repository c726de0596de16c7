"""A sequential test of a mean that stops as soon as the samples tell.

Source: Waudby-Smith & Ramdas, Estimating means of bounded random variables by betting, JRSS B 86 (2023): the
capital process of section 4, here mixed over constant bets.

A gambler who bets a fraction of his wealth against "the mean is at most m" multiplies his wealth by
1 + λ (x - m) at each sample x in [0, 1]. If m is the truth or more, no strategy gains on average, and the
wealth ever reaches 1/α with probability at most α (Ville 1939). So the test may be looked at after every
sample. Two gamblers play: one against the claim, one against "the claim is violated by at least so much".
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from claims.engine.statistics.outcome import Outcome
from claims.engine.statistics.relation import Relation
from claims.engine.statistics.validation import require_count, require_error_rates

#: Share of the initial wealth on the bet that is optimal for coins, the worst case; the other bets, for
#: smaller variances and larger violations, share the rest. 1/2 costs the worst case ln 2, that is 5 % of the
#: samples at a false alarm of 1e-6; more would hardly help it and starve the others.
COIN_SHARE = 0.5

#: Largest ratio of neighbouring bets. A bet off the optimum by a factor c grows at 2c - c² of the best rate:
#: with ratio 2 the better neighbour has at least 8/9. A smaller ratio gains little and costs time.
LARGEST_RATIO = 2.0

#: Largest part of the wealth that one sample can cost. Nearer to 1 wins faster on samples of next to no
#: variance, but leaves that bet a twentieth of its wealth (now) or less after one sample at the wrong end.
LARGEST_STAKE = 0.95

#: Samples drawn between looks by `decide`. More wastes draws after the crossing, fewer wastes calls.
CHUNK = 4096

#: Samples whose wealth is computed at once: bounds the memory (bets x block floats), no result depends on it.
_BLOCK = 4096


class EValues(NamedTuple):
    """The wealth of the two gamblers, each of which began with 1."""

    refuting: float
    supporting: float


@dataclass(frozen=True)
class Decision:
    """What a sequential test came to, and all that is needed to repeat it.

    `samples` counts those up to the stopping, not those drawn beyond it in the last chunk; `mean` and
    `e_values` are theirs. INCONCLUSIVE says that `cap` samples were used up.
    """

    outcome: Outcome
    samples: int
    e_values: EValues
    mean: float
    relation: Relation
    bound: float
    interval: tuple[float, float]
    false_alarm: float
    violation: float
    power: float
    cap: int


class Wealth:
    """The wealth of bets that samples in [0, 1] have a mean above `null`: a mixture of constant bets.

    The least bet is the likelihood ratio of coins, `alternative` against `null`: the logarithm of a payoff is
    concave in the sample, so of all laws on [0, 1] with the mean `alternative` the coin's gains least. The
    others follow in a geometric progression. Constant bets know nothing of the sample that they are laid on.
    """

    def __init__(self, null: float, alternative: float) -> None:
        least = min((alternative - null) / (1.0 - null), LARGEST_STAKE)
        number = 1 + math.ceil(math.log(LARGEST_STAKE / least, LARGEST_RATIO))
        self._null = null
        #: λ: the wealth lost per unit below the null. The stake λ * null is what the sample 0 costs.
        self.bets = np.geomspace(least, LARGEST_STAKE, number) / null
        shares = np.full(number, (1.0 - COIN_SHARE) / max(number - 1, 1))
        shares[0] = COIN_SHARE if number > 1 else 1.0
        self.shares = shares
        self._logs = np.log(shares)

    def paths(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-wealth of each bet (rows) after each of the next samples (columns)."""
        gains = np.log1p(np.multiply.outer(self.bets, samples - self._null))
        # Starting the running sum at the wealth so far adds in the same order however the stream is cut.
        gains[:, 0] += self._logs
        return np.asarray(np.cumsum(gains, axis=1))

    def move_to(self, logs: NDArray[np.float64]) -> None:
        """Set the log-wealth of the bets: one column of `paths`."""
        self._logs = logs.copy()

    @property
    def e_value(self) -> float:
        """The total wealth: an e-value against "mean <= null" (cut off near the largest float)."""
        return math.exp(min(float(np.logaddexp.reduce(self._logs)), 709.0))


class MeanTest:
    """An anytime-valid test of "mean >= bound" or "mean <= bound" for independent samples in an interval.

    It says REFUTED of a true claim with probability at most `false_alarm`, and SUPPORTED of a claim violated
    by `violation` or more (in the samples' units) with probability at most 1 - `power`, however many samples
    it sees. It suffices that each sample has such a mean given those before it. Where the claim is false by
    less than the violation, it may say either. What it says does not depend on how the stream is cut into
    chunks. Samples outside the interval raise ValueError: they disprove the interval.
    """

    def __init__(
        self,
        relation: Relation,
        bound: float,
        *,
        violation: float,
        false_alarm: float,
        power: float,
        interval: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        null, alternative = scaled_to_unit(relation, bound, violation, interval)
        require_error_rates(false_alarm, power)
        self.relation, self.bound, self.interval = relation, bound, interval
        self.violation, self.false_alarm, self.power = violation, false_alarm, power
        self.outcome = Outcome.INCONCLUSIVE
        self.samples = 0
        self._total = 0.0
        # In the units of `scaled_to_unit` the claim is "mean <= null"; its supporter bets on the mirror.
        self._refuting = Wealth(null, alternative)
        self._supporting = Wealth(1.0 - alternative, 1.0 - null)

    @property
    def e_values(self) -> EValues:
        """The evidence against the claim, and against its violation by `violation` or more."""
        return EValues(self._refuting.e_value, self._supporting.e_value)

    @property
    def mean(self) -> float:
        """The mean of the samples used, in their own units; nan before the first."""
        return self._total / self.samples if self.samples else math.nan

    def update(self, samples: NDArray[Any]) -> Outcome:
        """Use the next samples (one axis, any length) up to the first crossing; after it, use none."""
        values = self._validated(samples)
        low, high = self.interval
        units = (values - low if self.relation is Relation.AT_MOST else high - values) / (high - low)
        for start in range(0, len(values), _BLOCK):
            if self.outcome is Outcome.INCONCLUSIVE:
                self._use(values[start : start + _BLOCK], units[start : start + _BLOCK])
        return self.outcome

    def decide(self, draw: Callable[[int], NDArray[Any]], *, cap: int, chunk: int = CHUNK) -> Decision:
        """Use `draw(n)`, which returns n fresh samples, until the test says something or has used `cap`."""
        require_count(cap=cap, chunk=chunk)
        while self.outcome is Outcome.INCONCLUSIVE and self.samples < cap:
            wanted = min(chunk, cap - self.samples)
            samples = np.asarray(draw(wanted))
            if samples.shape != (wanted,):
                raise ValueError(f"draw: expected {wanted} samples on one axis, got shape {samples.shape}")
            self.update(samples)
        return Decision(
            outcome=self.outcome,
            samples=self.samples,
            e_values=self.e_values,
            mean=self.mean,
            relation=self.relation,
            bound=self.bound,
            interval=self.interval,
            false_alarm=self.false_alarm,
            violation=self.violation,
            power=self.power,
            cap=cap,
        )

    def _use(self, values: NDArray[np.float64], units: NDArray[np.float64]) -> None:
        """Advance by one block, or to the first sample in it at which a gambler has won."""
        refuting, supporting = self._refuting.paths(units), self._supporting.paths(1.0 - units)
        refuted = np.logaddexp.reduce(refuting, axis=0) >= -math.log(self.false_alarm)
        supported = np.logaddexp.reduce(supporting, axis=0) >= -math.log1p(-self.power)
        won = refuted | supported
        last = int(np.argmax(won)) if won.any() else len(values) - 1
        self._refuting.move_to(refuting[:, last])
        self._supporting.move_to(supporting[:, last])
        self.samples += last + 1
        self._total = float(np.cumsum(np.append(self._total, values[: last + 1]))[-1])
        # Both may win at one sample where the claim is false by less than the violation: then it is false.
        if refuted[last]:
            self.outcome = Outcome.REFUTED
        elif supported[last]:
            self.outcome = Outcome.SUPPORTED

    def _validated(self, samples: NDArray[Any]) -> NDArray[np.float64]:
        """Return the samples as float64, or raise: clipping them would change the mean that is tested."""
        values = np.asarray(samples)
        if values.ndim != 1 or values.dtype.kind not in "biuf":
            raise ValueError(f"samples: expected real numbers on one axis, got {values.dtype}{values.shape}")
        values = values.astype(np.float64)
        low, high = self.interval
        outside = ~((values >= low) & (values <= high))
        if outside.any():
            first = int(np.argmax(outside))
            raise ValueError(f"samples: expected numbers in [{low}, {high}], got {values[first]} at {first}")
        return values


def scaled_to_unit(
    relation: Relation, bound: float, violation: float, interval: tuple[float, float]
) -> tuple[float, float]:
    """Return (null, alternative) such that the claim reads "mean <= null" on [0, 1].

    AT_MOST scales the interval to [0, 1]; AT_LEAST scales and mirrors it. A claim violated by `violation`
    has the mean `alternative`. Raises ValueError unless bound and violated bound lie strictly inside.
    """
    low, high = interval
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"interval: expected finite low < high, got {interval!r}")
    if not low < bound < high:
        raise ValueError(f"bound: expected a number strictly inside {interval!r}, got {bound!r}")
    room = high - bound if relation is Relation.AT_MOST else bound - low
    if not 0.0 < violation < room:
        raise ValueError(f"violation: expected a number strictly between 0 and {room!r}, got {violation!r}")
    null = (bound - low if relation is Relation.AT_MOST else high - bound) / (high - low)
    return null, null + violation / (high - low)
