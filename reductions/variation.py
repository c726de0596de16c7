"""Total variation between an encoder q(z|x) and the posterior p(z|x): exact where it can be, else a rigorous interval.

TV(p, q) = sup_A |p(A) - q(A)| = half the L1 distance of the densities. Where both laws give z half-normal magnitudes,
independent of each other and of the signs, z is a fixed function of (sgn z, noise of one law), so the TV of z equals
that of the laws of sgn z.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from scipy.stats import beta as beta_law
from torch import Tensor

from reductions.error import ReductionError
from reductions.patterns import pattern_of
from reductions.posterior import SignPosterior

#: How far the probabilities of a table may be from a sum of 1: the rounding of 2^24 float32 terms, summed in pairs.
SUM_TOLERANCE = 1e-4

#: Numbers drawn at a time from an encoder: 128 MB of float64.
DRAW_BLOCK = 1 << 24

#: Draws of z, one for each row of x.
Sampler = Callable[[Tensor, torch.Generator], Tensor]


class Encoder(Protocol):
    """A law q(z|x) that can be sampled and whose density can be computed; `SignPosterior` is one."""

    def sample(self, x: Float[Tensor, "n outputs"], generator: torch.Generator) -> Float[Tensor, "n d"]:
        """One z from q(z|x) for each x."""

    def log_density(self, z: Float[Tensor, "n d"], x: Float[Tensor, "n outputs"]) -> Float[Tensor, " n"]:
        """log q(z|x)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The quantity lies in [low, high] with probability at least `confidence` over the draws behind it (1: surely).

    Raises `ReductionError` unless low <= high and 0 < confidence <= 1.
    """

    low: float
    high: float
    confidence: float

    def __post_init__(self) -> None:
        if not self.low <= self.high or not 0 < self.confidence <= 1:
            raise ReductionError(f"[{self.low}, {self.high}] with confidence {self.confidence} is no interval")


# -- exact ------------------------------------------------------------------------------------------------------------


def between_tables(log_p: Float[Tensor, "n patterns"], log_q: Float[Tensor, "n patterns"]) -> Float[Tensor, " n"]:
    """TV of two laws of sgn z, given as log probabilities of all patterns.

    Raises `ReductionError` for tables of different or wrong shapes and for one whose probabilities do not sum to 1.
    """
    if log_p.ndim != 2 or log_p.shape != log_q.shape:
        raise ReductionError(f"two tables (n, patterns) are wanted, not {tuple(log_p.shape)} and {tuple(log_q.shape)}")
    p, q = log_p.exp(), log_q.exp()
    for name, table in (("log_p", p), ("log_q", q)):
        if not bool(((table.sum(1) - 1).abs() < SUM_TOLERANCE).all()):
            raise ReductionError(f"some row of {name} does not sum to 1 after exp(): give log probabilities")
    return ((p - q).abs().sum(1) / 2).clamp(max=1)


def independent_signs(
    posterior: SignPosterior, x: Float[Tensor, "n outputs"], positive: Float[Tensor, "n d"]
) -> Float[Tensor, " n"]:
    """TV between p(sgn z|x) and independent signs with Pr[sgn z_j = +1] = positive[:, j], over all 2^d patterns.

    It is the TV of z itself if the encoder's magnitudes are half-normal, independent of each other and of the signs;
    else it is a lower bound. Raises `ReductionError` for probabilities of a wrong shape or outside of [0, 1].
    """
    d = posterior.circuit.num_inputs
    if positive.shape != (len(x), d) or not bool(((positive >= 0) & (positive <= 1)).all()):
        raise ReductionError(f"wanted probabilities of shape ({len(x)}, {d}), not {tuple(positive.shape)}, in [0, 1]")
    distance = x.new_zeros(len(x))
    for rows, first, log_p in posterior.stream(x):
        q = positive[rows].to(log_p)
        low = (log_p.shape[1] - 1).bit_length()  # the signs that vary within these patterns; `first` fixes the others
        probability = q.new_ones((len(q), 1))
        for j in range(low, d):
            probability = probability * (q[:, j : j + 1] if first >> j & 1 else 1 - q[:, j : j + 1])
        for j in range(low):
            one = q[:, j : j + 1]
            probability = torch.cat((probability * (1 - one), probability * one), dim=1)
        distance[rows] += (log_p.exp() - probability).abs().sum(1) / 2
    return distance.clamp(max=1)


# -- from draws of the encoder ----------------------------------------------------------------------------------------


def by_density(
    posterior: SignPosterior,
    encoder: Encoder,
    x: Float[Tensor, "n outputs"],
    generator: torch.Generator,
    *,
    draws: int = 10_000,
    confidence: float = 0.99,
) -> list[Interval]:
    """TV between the encoder and the posterior for each x, each with that confidence, by `from_densities`."""
    log_q, log_p = [], []
    for i in range(len(x)):
        row = x[i : i + 1]
        repeated = row.expand(draws, -1)
        z = encoder.sample(repeated, generator)
        log_q.append(encoder.log_density(z, repeated))
        log_p.append(posterior.log_density(z.unsqueeze(0), row)[0])
    return from_densities(torch.stack(log_q), torch.stack(log_p), generator, confidence=confidence)


def from_densities(
    log_encoder: Float[Tensor, "n draws"],
    log_posterior: Float[Tensor, "n draws"],
    generator: torch.Generator,
    *,
    confidence: float = 0.99,
) -> list[Interval]:
    """TV for each row, from log q(z|x) and log p(z|x) at independent draws z ~ q(z|x).

    TV = E_q[v] with v = max(0, 1 - p/q) in [0, 1]. For a uniform u of its own, u < v has probability v, so the number
    of such draws is binomial with mean draws * TV: the interval is Clopper and Pearson's, rigorous for any number of
    draws. Raises `ReductionError` for wrong shapes, NaN, and draws where q vanishes.
    """
    if log_encoder.ndim != 2 or log_encoder.shape != log_posterior.shape:
        shapes = f"{tuple(log_encoder.shape)} and {tuple(log_posterior.shape)}"
        raise ReductionError(f"two tables (n, draws) of log densities are wanted, not {shapes}")
    ratio = log_posterior.to(torch.float64) - log_encoder.to(torch.float64)
    if not bool(log_encoder.isfinite().all()) or bool(ratio.isnan().any() | (ratio == torch.inf).any()):
        raise ReductionError("the encoder's log density must be finite at its own draws, and the posterior's not NaN")
    value = -torch.expm1(ratio.clamp(max=0))
    uniform = torch.rand(value.shape, dtype=torch.float64, device=generator.device, generator=generator)
    hits = (uniform.to(value.device) < value).sum(1).tolist()
    return [clopper_pearson(hit, value.shape[1], confidence) for hit in hits]


def by_event(
    posterior: SignPosterior,
    sampler: Sampler,
    x: Float[Tensor, "n outputs"],
    generator: torch.Generator,
    *,
    draws: int = 10_000,
    half_normal: bool = False,
    confidence: float = 0.99,
) -> list[Interval]:
    """TV for each x from draws alone, by the event that sgn z is the posterior's most likely pattern: see `from_event`.

    Set `half_normal` only if the encoder's magnitudes are half-normal by construction, independent of each other and
    of the signs. Needs no density, so any encoder will do, several stochastic layers included.
    """
    best, _ = posterior.most_likely(x)
    miss = posterior.log_miss(x, best).exp().tolist()
    hits: list[int] = []
    rows = max(DRAW_BLOCK // (draws * posterior.circuit.num_inputs), 1)
    for some, pattern in zip(torch.split(x, rows), torch.split(best, rows), strict=True):
        z = sampler(some.repeat_interleave(draws, dim=0), generator)
        hits += (pattern_of(z).reshape(-1, draws) == pattern[:, None]).sum(1).tolist()
    return [
        from_event(hit, draws, t, half_normal=half_normal, confidence=confidence)
        for hit, t in zip(hits, miss, strict=True)
    ]


def from_event(hits: int, draws: int, miss: float, *, half_normal: bool = False, confidence: float = 0.99) -> Interval:
    """TV, if `hits` of the encoder's draws fall in an event chosen beforehand that the posterior misses with `miss`.

    With q the encoder's probability of the event, TV >= |1 - miss - q| (data processing). If the magnitudes are half-
    normal and the event is one sign pattern, TV is that of the sign laws, so TV = 1 - sum_b min(p_b, q_b) is at most
    1 - min(1 - miss, q): the two differ by at most `miss`. Else the upper bound is 1. q lies in its Clopper-Pearson
    interval. Raises `ReductionError` for counts or probabilities that are none.
    """
    if not 0 <= miss <= 1:
        raise ReductionError(f"the posterior misses the event with probability {miss}, outside of [0, 1]")
    q = clopper_pearson(hits, draws, confidence)
    low = max(0.0, 1 - miss - q.high, q.low - (1 - miss))
    return Interval(low, max(low, miss, 1 - q.low) if half_normal else 1.0, confidence)


def clopper_pearson(hits: int, draws: int, confidence: float) -> Interval:
    """The exact two-sided interval for a binomial probability: each side fails with at most (1 - confidence) / 2.

    Raises `ReductionError` unless 0 <= hits <= draws, draws >= 1 and 0 < confidence < 1.
    """
    if not 0 <= hits <= draws or not draws or not 0 < confidence < 1:
        raise ReductionError(f"{hits} of {draws} draws give no interval of confidence {confidence} inside (0, 1)")
    tail = (1 - confidence) / 2
    low = float(beta_law.ppf(tail, hits, draws - hits + 1)) if hits else 0.0
    high = float(beta_law.isf(tail, hits + 1, draws - hits)) if hits < draws else 1.0
    return Interval(low, high, confidence)


# -- the hypothesis of Theorem 2 --------------------------------------------------------------------------------------


def hypothesis_probability(
    variations: Sequence[Interval], *, threshold: float = 0.1, confidence: float = 0.95
) -> Interval:
    """Pr_x[TV(q(z|x), p(z|x)) <= threshold], from intervals of the TV at independent x from the generator.

    Call x good if TV <= threshold, *surely* good if its interval lies below the threshold, *possibly* good if the
    interval reaches down to it. Let each interval fail with probability at most delta = 1 - its confidence (the
    largest of them), given its x and independently of the others. Then, with g = Pr[good],
        Pr[surely] <= g + delta (1 - g)    and    Pr[possibly] >= (1 - delta) g,
    so g lies in [(s - delta) / (1 - delta), s' / (1 - delta)], with s and s' the lower and upper Clopper-Pearson limits
    of the two frequencies, each of which fails with at most (1 - confidence) / 2. No union bound over the x is needed;
    the intervals must be of independent draws, with `threshold` chosen beforehand.

    Raises `ReductionError` if there are no intervals, or for a confidence outside of (0, 1).
    """
    if not variations:
        raise ReductionError("no x was tried: draw some from the generator and pass their intervals")
    delta = 1 - min(variation.confidence for variation in variations)
    surely = sum(variation.high <= threshold for variation in variations)
    possibly = sum(variation.low <= threshold for variation in variations)
    low = clopper_pearson(surely, len(variations), confidence).low
    high = clopper_pearson(possibly, len(variations), confidence).high
    return Interval(max(0.0, (low - delta) / (1 - delta)), min(1.0, high / (1 - delta)), confidence)
