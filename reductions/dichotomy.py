"""How good a learned encoder is: how often it inverts, and how far in total variation it is from the posterior.

Everything is counts of independent trials, so that whoever reports them can put an exact interval around them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from scipy.special import betaincinv
from torch import Tensor

from circuits.simulation import truth_table
from reductions.closed_form import closed_form_miss
from reductions.encoders.learned import LearnedSigns, MeanField
from reductions.error import ReductionError
from reductions.generators import SeparableGenerator
from reductions.patterns import signs_of

#: The theorem's bound on the total variation.
NEAR = 0.1

#: How wrong the verdict "TV <= 1/10" on one x of a mean-field encoder may be, where TV is itself sampled.
DOUBT = 1e-3

#: Draws of z for each x where TV is sampled: an interval of about ±0.02 around 1/10.
DRAWS = 2000


@dataclass(frozen=True)
class Quality:
    """Counts over `trials` independent noisy x: z ~ E(x) had the signs of z (`inverted`); TV <= 1/10 surely, and maybe.

    `total_variation` is its mean over these x, `error` what the mean may be off by (its method's own error, not that of
    sampling x). `ceiling` is how often a sample of the posterior itself has the signs. None: not known.
    """

    trials: int
    inverted: int
    near: int | None = None
    near_or_undecided: int | None = None
    total_variation: float | None = None
    error: float | None = None
    ceiling: float | None = None


def measure_signs(encoder: LearnedSigns, *, repeats: int, seed: int, unseen: bool = False) -> Quality:
    """Each of the 2^d inputs (or of those not `shown` in training) as a vertex x, `repeats` times, with fresh noise.

    A trial draws x~ = x + xi and z ~ E(x~) and asks whether C(sgn z) = x. The posterior lies on b* = C^-1(x) but for
    its miss t, and magnitudes agree in law, so |TV - (1 - q(b*|x~))| <= t: exact, and two-sided. Computed in float64.
    Raises `ReductionError` for no repeats, no unseen input, or a circuit that is no bijection.
    """
    d = encoder.circuit.num_inputs
    patterns = _patterns(encoder, unseen).repeat(repeats)
    if not len(patterns):
        raise ReductionError("there is nothing to measure: no repeats, or no input was left unseen in training")
    rng = torch.Generator().manual_seed(seed)
    vertices = torch.from_numpy(truth_table(encoder.circuit).astype("i8"))[patterns]
    x = signs_of(vertices, d) + encoder.beta * torch.randn(len(patterns), d, dtype=torch.float64, generator=rng)
    signs = signs_of(patterns, d)
    inverted = (encoder.sample_signs(x, rng) == signs).all(-1)
    distance = -torch.expm1(encoder.log_probability(x, signs))
    miss = closed_form_miss(encoder.circuit, encoder.beta, x, patterns).exp()
    return Quality(
        trials=len(x),
        inverted=int(inverted.sum()),
        near=int((distance + miss <= NEAR).sum()),
        near_or_undecided=int((distance - miss <= NEAR).sum()),
        total_variation=float(distance.mean()),
        error=float(miss.mean()),
        ceiling=float(1 - miss.mean()),
    )


def measure_mean_field(encoder: MeanField, *, samples: int, seed: int, draws: int = DRAWS) -> Quality:
    """`samples` fresh pairs (z, x) of the generator, in float64; a trial asks whether z' ~ E(x) has all signs of z.

    Where p(z|x) is known (`SeparableGenerator`), TV = E_{z' ~ q}[(1 - p/q)+] is sampled with `draws` z' for each x, and
    an x counts as near, or as not near, only if its interval says so (wrong with probability at most 1/1000).
    """
    rng = torch.Generator().manual_seed(seed)
    generator = encoder.generator
    z = torch.randn(samples, generator.latents, dtype=torch.float64, generator=rng)
    x = generator(z) + encoder.beta * torch.randn(z.shape, dtype=torch.float64, generator=rng)
    inverted = _same_signs(encoder.sample(x, 1, rng)[:, 0], z)
    if not isinstance(generator, SeparableGenerator):
        return Quality(samples, int(inverted.sum()))
    drawn = encoder.sample(x, draws, rng)
    gap = generator.log_posterior(drawn, x, encoder.beta) - encoder.log_density(drawn, x)
    excess = -torch.expm1(gap.clamp(max=0))
    # A coin of that probability for each draw: the number of heads is binomial, and its interval exact.
    heads = (torch.rand(excess.shape, dtype=torch.float64, generator=rng) < excess).sum(-1)
    low, high = _limits(heads, draws)
    posterior = generator.sample_posterior(x, encoder.beta, rng)
    return Quality(
        trials=samples,
        inverted=int(inverted.sum()),
        near=int((high <= NEAR).sum()),
        near_or_undecided=int((low <= NEAR).sum()),
        total_variation=float(excess.mean()),
        error=float(excess.std(dim=-1).mean() / (draws * samples) ** 0.5),
        ceiling=float(_same_signs(posterior, z).double().mean()),
    )


def _patterns(encoder: LearnedSigns, unseen: bool) -> Int64[Tensor, " patterns"]:
    chosen = torch.ones(1 << encoder.circuit.num_inputs, dtype=torch.bool)
    if unseen:
        chosen[encoder.shown] = False
    return chosen.nonzero()[:, 0]


def _same_signs(a: Float[Tensor, "n d"], b: Float[Tensor, "n d"]) -> Tensor:
    return ((a >= 0) == (b >= 0)).all(-1)


def _limits(heads: Int64[Tensor, " n"], draws: int) -> tuple[Tensor, Tensor]:
    """Clopper and Pearson's limits for each count, each side wrong with probability at most DOUBT / 2."""
    k = heads.numpy()
    low = betaincinv(k.clip(min=1), draws - k.clip(min=1) + 1, DOUBT / 2)
    high = betaincinv(k.clip(max=draws - 1) + 1, draws - k.clip(max=draws - 1), 1 - DOUBT / 2)
    low[k == 0], high[k == draws] = 0.0, 1.0
    return torch.from_numpy(low), torch.from_numpy(high)
