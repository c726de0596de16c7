"""Exact confidence intervals for probabilities, from counts (Clopper & Pearson 1934)."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from claims.engine.statistics.validation import require_open_unit

Side = Literal["both", "lower", "upper"]


class Interval(NamedTuple):
    """Lower and upper confidence limits, elementwise; an unbounded side stands at 0 or 1."""

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def clopper_pearson(successes: ArrayLike, samples: ArrayLike, *, error: float, side: Side = "both") -> Interval:
    """Bound each probability on its own: each interval misses with probability at most `error`.

    `successes` and `samples` broadcast. `side="both"` spends half the error on either side; "lower" gives
    only a lower limit (the upper is 1), "upper" only an upper one. Raises ValueError for impossible counts.
    """
    require_open_unit(error=error)
    if side not in {"both", "lower", "upper"}:
        raise ValueError(f"side: expected 'both', 'lower' or 'upper', got {side!r}")
    k, n = _counts(successes, samples)
    tail = error / 2 if side == "both" else error
    lower, upper = np.zeros(k.shape), np.ones(k.shape)
    # The quantiles of a beta law with a zero parameter do not exist; the limits 0 and 1 stand there.
    if side != "upper":
        some = k > 0
        lower[some] = betaincinv(k[some], n[some] - k[some] + 1, tail)
    if side != "lower":
        some = k < n
        # By symmetry; the upper quantile 1 - tail would lose the digits of a small tail.
        upper[some] = 1.0 - betaincinv(n[some] - k[some], k[some] + 1, tail)
    return Interval(lower, upper)


def simultaneous_clopper_pearson(
    successes: ArrayLike, samples: ArrayLike, *, error: float, side: Side = "both"
) -> Interval:
    """Bound all the probabilities at once: *some* interval misses with probability at most `error`.

    A union bound, `error` split evenly over the parameter points; the points need not be independent.
    """
    require_open_unit(error=error)
    points = np.broadcast(np.asarray(successes), np.asarray(samples)).size
    if points == 0:
        raise ValueError("successes: expected at least one parameter point, got none")
    return clopper_pearson(successes, samples, error=error / points, side=side)


def pooled_clopper_pearson(successes: ArrayLike, samples: ArrayLike, *, error: float, side: Side = "both") -> Interval:
    """Bound the probability averaged over the parameter points, each weighted by its number of samples.

    It says nothing of a single point. The draws must be independent; their probabilities may differ: the sum
    of counts is then more concentrated than the binomial law of the average probability at every threshold
    at least one beyond the mean (Hoeffding 1956, theorem 5). For tails below 1/4 that covers all thresholds
    but one, a single success (Greenberg & Mohri 2014: Pr[Binomial >= its mean] > 1/4 once that exceeds 1).
    There Markov's inequality replaces the limit 1 - (1 - tail)^(1/n) by tail/n; so it does for one failure.
    """
    k, n = (counts.sum() for counts in _counts(successes, samples))
    if n == 0:
        raise ValueError("samples: expected at least one sample, got none")
    tail = error / 2 if side == "both" else error
    if not 0.0 < tail < 0.25:
        raise ValueError(f"error: expected a number in (0, 1/4) on each side, got {tail!r}")
    lower, upper = clopper_pearson(k, n, error=error, side=side)
    if k == 1 and side != "upper":
        lower = np.asarray(tail / n)
    if n - k == 1 and side != "lower":
        upper = np.asarray(1.0 - tail / n)
    return Interval(lower, upper)


def _counts(successes: ArrayLike, samples: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return both broadcast to one shape of whole numbers with 0 <= successes <= samples, or raise."""
    k, n = np.broadcast_arrays(np.asarray(successes), np.asarray(samples))
    if k.dtype.kind not in "iu" or n.dtype.kind not in "iu":
        raise ValueError(f"successes, samples: expected whole numbers, got {k.dtype} and {n.dtype}")
    if np.any((k < 0) | (k > n)):
        raise ValueError("successes: expected counts between 0 and samples")
    return k.astype(np.int64), n.astype(np.int64)
