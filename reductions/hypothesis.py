"""The hypothesis of Theorem 2, measured: Pr_x~G[ d_TV(E(z|x), p(z|x)) <= 1/10 ], and the events of its proof."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from scipy.special import gammaincc
from torch import Tensor

from reductions.encoders import sign_probabilities, slack
from reductions.error import ReductionError
from reductions.invertor import Target
from reductions.latent import DeepLatentGaussian
from reductions.patterns import pattern_of, signs_of
from reductions.posterior import SignPosterior
from reductions.variation import Interval, from_event, hypothesis_probability

#: Of each interval of a total variation, and of the probability that they give.
CONFIDENCE = 1 - 1e-6


@dataclass(frozen=True)
class Hypothesis:
    """`epsilon`: Pr_x[TV <= 1/10]; `variation`: the mean over x of the lower and of the upper bounds of TV.

    `exact`: the bounds of TV come from the encoder's law, not from samples. `noise_outside`: Pr[‖xi‖ > 6 beta sqrt d],
    the complement of the event that Lemma 21 gives; at most exp(-d).
    """

    epsilon: Interval
    variation: Interval
    exact: bool
    noise_outside: float


def measure_hypothesis(
    encoder: DeepLatentGaussian,
    permutation: Target,
    beta: float,
    generator: torch.Generator,
    *,
    half_normal: float | None = None,
    samples: int = 128,
) -> Hypothesis:
    """The total variation at `samples` points x of the generator, and how often it is at most 1/10.

    Encoders of `from_signs` have a known law. For others TV is bounded by samples. Then `half_normal` is an upper bound
    on the distance between the law of z and one whose magnitudes are half-normal and independent of the signs; None,
    if nothing is known: TV has only lower bounds then, and epsilon only an upper one.
    """
    inputs = torch.randint(1 << permutation.d, (samples,), generator=generator)
    vertices = permutation.vertices[inputs]
    x = vertices + beta * torch.randn(vertices.shape, dtype=vertices.dtype, generator=generator)
    posterior = SignPosterior(permutation.circuit, beta)
    best, _ = posterior.most_likely(x)
    miss = posterior.log_miss(x, best).exp()
    try:
        found, exact = by_law(encoder, x, best, miss), True
    except ReductionError:
        found, exact = by_samples(encoder, x, best, miss, generator, half_normal=half_normal), False
    low, high = (math.fsum(getattr(one, end) for one in found) / len(found) for end in ("low", "high"))
    outside = float(gammaincc(permutation.d / 2, 18 * permutation.d))
    confidence = max(one.confidence for one in found)
    epsilon = hypothesis_probability(found, confidence=CONFIDENCE)
    return Hypothesis(epsilon, Interval(low, high, confidence), exact, outside)


def by_law(
    encoder: DeepLatentGaussian, x: Float[Tensor, "n d"], best: Int64[Tensor, " n"], miss: Float[Tensor, " n"]
) -> list[Interval]:
    """TV from the law of the signs: it is 1 - q(best | x), up to what the posterior leaves outside `best` and `slack`.

    Raises:
        ReductionError: for an encoder that is not of `from_signs`.
    """
    positive = sign_probabilities(encoder, x)
    signs = signs_of(best, encoder.outputs)
    wrong = 1 - torch.where(signs > 0, positive, 1 - positive).prod(1)
    width = miss + slack(encoder, x)
    lows, highs = (wrong - width).clamp(min=0).tolist(), (wrong + width).clamp(max=1).tolist()
    return [Interval(low, high, 1.0) for low, high in zip(lows, highs, strict=True)]


def by_samples(
    encoder: DeepLatentGaussian,
    x: Float[Tensor, "n d"],
    best: Int64[Tensor, " n"],
    miss: Float[Tensor, " n"],
    generator: torch.Generator,
    *,
    half_normal: float | None,
    draws: int = 2048,
) -> list[Interval]:
    """TV from how often the encoder's signs are the posterior's most likely ones, each with confidence `CONFIDENCE`."""
    sampled = pattern_of(encoder.sample(x.repeat_interleave(draws, dim=0), generator)).reshape(len(x), draws)
    hits = (sampled == best[:, None]).sum(1).tolist()
    known, wide = half_normal is not None, half_normal or 0.0
    found = [
        from_event(hit, draws, left, half_normal=known, confidence=CONFIDENCE)
        for hit, left in zip(hits, miss.tolist(), strict=True)
    ]
    return [Interval(max(0.0, one.low - wide), min(1.0, one.high + wide), one.confidence) for one in found]
