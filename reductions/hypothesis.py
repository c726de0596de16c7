"""The hypothesis of Theorem 2, measured: Pr_x~G[ d_TV(E(z|x), p(z|x)) <= 1/10 ], and the events of its proof."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.special import gammaincc
from torch import Tensor

from circuits.network import generator as as_generator
from reductions.encoders import sign_probabilities, slack
from reductions.error import ReductionError
from reductions.invertor import Target
from reductions.latent import DeepLatentGaussian, LatentGaussian
from reductions.patterns import signs_of
from reductions.posterior import SignPosterior
from reductions.variation import Interval, by_event, hypothesis_probability

#: Of each interval of a total variation, and of the probability that they give.
CONFIDENCE = 1 - 1e-6

#: Samples of the encoder at each x.
DRAWS = 2048


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
    like = permutation.vertices.new_empty(samples, permutation.d)
    circuit = permutation.circuit
    _, x = LatentGaussian(as_generator(circuit), permutation.d, beta).sample(like, generator)
    posterior = SignPosterior(circuit, beta)
    try:
        found, exact = by_law(encoder, posterior, x), True
    except ReductionError:
        wide = half_normal or 0.0
        sampled = by_event(
            posterior, encoder.sample, x, generator,
            draws=DRAWS, half_normal=half_normal is not None, confidence=CONFIDENCE,
        )  # fmt: skip
        found = [Interval(max(0.0, one.low - wide), min(1.0, one.high + wide), one.confidence) for one in sampled]
        exact = False
    low, high = (math.fsum(getattr(one, end) for one in found) / len(found) for end in ("low", "high"))
    outside = float(gammaincc(permutation.d / 2, 18 * permutation.d))
    confidence = max(one.confidence for one in found)
    epsilon = hypothesis_probability(found, confidence=CONFIDENCE)
    return Hypothesis(epsilon, Interval(low, high, confidence), exact, outside)


def by_law(encoder: DeepLatentGaussian, posterior: SignPosterior, x: Float[Tensor, "n d"]) -> list[Interval]:
    """TV from the law of the signs: it is 1 - q(b | x) for the likeliest b, up to the posterior's rest and `slack`.

    Raises:
        ReductionError: for an encoder that is not of `from_signs`.
    """
    positive = sign_probabilities(encoder, x)
    best, _ = posterior.most_likely(x)
    wrong = 1 - torch.where(signs_of(best, encoder.outputs) > 0, positive, 1 - positive).prod(1)
    width = posterior.log_miss(x, best).exp() + slack(encoder, x)
    lows, highs = (wrong - width).clamp(min=0).tolist(), (wrong + width).clamp(max=1).tolist()
    return [Interval(low, high, 1.0) for low, high in zip(lows, highs, strict=True)]
