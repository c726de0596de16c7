"""Total variation between the encoder and the posterior: on a grid for d = 1, 2, as a product for separable maps."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from reductions.error import ReductionError
from reductions.generators import SeparableGenerator
from reductions.small_encoder.encoder import LangevinEncoder
from reductions.small_encoder.law import (
    COARSE,
    FINE,
    STATIONARY,
    Estimate,
    LogDensity,
    axes_around,
    cell_of,
    chain_density,
    grid_variation,
    kinks,
    normalised,
    product_variation,
)
from reductions.variation import Interval

#: Half the width of the grid in posterior standard deviations beta/sqrt(m² + beta²): 8 leave 1e-15 of a normal law out.
DEVIATIONS = 8.0


def exact_variation(encoder: LangevinEncoder, x: Float[Tensor, " d"], *, finer: float = 1.0) -> Estimate:
    """TV(q(z|x), p(z|x)) for d = 1, 2 and for separable generators of any d, with the error that two grids show.

    No sampling, but no proof either: the error is an estimate. With w the inverse point of x, the posterior's density
    exp(-L) has m |z - w| <= |G(z) - x| <= M |z - w| (Assumption 1), and products of normal densities of z and of z - w
    are normal: so what it has beyond the grid is at most (M/m)^d exp(|w|² beta² (M² - m²)/(2 (M² + beta²)(m² + beta²)))
    times a normal law's mass beyond `DEVIATIONS`. `finer` divides the spacing of the grids.
    Raises `ReductionError` if there is no such way.
    """
    if encoder.d > 2 and not isinstance(encoder.generator, SeparableGenerator):
        raise ReductionError(
            f"no exact distance for a dense generator in d = {encoder.d}: take d <= 2 or a separable one"
        )
    separable = isinstance(encoder.generator, SeparableGenerator)
    return _separable(encoder, x, finer) if separable else _dense(encoder, x, finer)


def reach_around(encoder: LangevinEncoder, x: Float[Tensor, " d"], start: Float[Tensor, " d"]) -> float:
    """How far from `start` the posterior and the chain may be: `DEVIATIONS`, the error of descent, the prior's pull."""
    c, beta = encoder.generator.constants, encoder.beta
    error = float((encoder.generator(start[None])[0] - x).norm()) / c.m
    # For every beta the normal law that bounds the posterior is centred beta² |inverse|/(m² + beta²) from the inverse,
    # and the mode t is at most beta² |inverse|/m² away: there beta² t = J^T (x - G(t)), so m |t - inverse| <=
    # |G(t) - x| <= beta² |t|/m, and |t| <= |inverse| since L is no larger at t.
    return DEVIATIONS * beta / math.sqrt(c.m**2 + beta**2) + error + min(1.0, (beta / c.m) ** 2) * float(start.norm())


def _dense(encoder: LangevinEncoder, x: Tensor, finer: float) -> Estimate:
    start = encoder.start(x[None])[0]
    return grid_variation(
        encoder.langevin.bind(x.tolist()), lambda z: encoder.log_posterior(z, x), start, start,
        step=encoder.plan.h, steps=encoder.plan.langevin_steps, reach=reach_around(encoder, x, start), finer=finer,
    )  # fmt: skip


def _separable(encoder: LangevinEncoder, x: Tensor, finer: float) -> Estimate:
    """Prior and noise are alike in every orthogonal basis: in w = V z the chain and the posterior are products."""
    start = encoder.start(x[None])[0]
    (coarse, _), (fine, leak) = (_product(encoder, x, start, spacing / finer) for spacing in (COARSE, FINE))
    error = leak + encoder.d * STATIONARY + 2 * max(abs(coarse.low - fine.low), abs(coarse.high - fine.high))
    return Estimate(max(0.0, fine.low - error), min(1.0, fine.high + error))


def _product(encoder: LangevinEncoder, x: Tensor, start: Tensor, spacing: float) -> tuple[Interval, float]:
    """TV of the two products on grids of that spacing; what the chain has beyond them, and what `kinks` add."""
    generator, h, beta = encoder.generator, encoder.plan.h, encoder.beta
    assert isinstance(generator, SeparableGenerator)
    turned, y = generator.V @ start, generator.U.T @ (x - generator.c)
    reach = reach_around(encoder, x, start)
    chains, posteriors, leak = [], [], 0.0
    for j in range(encoder.d):
        scale, bend, target = float(generator.scale[j]), generator.bend, float(y[j])

        def error(w: Tensor, scale: float = scale, bend: float = bend, target: float = target) -> Tensor:
            value: Tensor = scale * w + bend * torch.tanh(w) - target
            return value

        def mean(w: Tensor, scale: float = scale, bend: float = bend, error: LogDensity = error) -> Tensor:
            value: Tensor = w - h * (w + (scale + bend * (1 - torch.tanh(w) ** 2)) * error(w) / beta**2)
            return value

        def log_posterior(w: Tensor, error: LogDensity = error) -> Tensor:
            return -(w**2 + error(w) ** 2 / beta**2)[:, 0] / 2

        axes = axes_around(turned[j : j + 1], reach, h, spacing)
        density, axes = chain_density(mean, turned[j : j + 1], h, encoder.plan.langevin_steps, axes)
        chains.append(cell_of(axes) * density)
        posteriors.append(cell_of(axes) * normalised(log_posterior, axes))
        leak += abs(1 - float(chains[-1].sum())) + kinks(chains[-1] - posteriors[-1])
    return product_variation(chains, posteriors), leak
