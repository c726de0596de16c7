"""What maximises likelihood and ELBO: finite classes of decoders, best factorised encoders of two bits, local ascent.

An optimum over all encoders ("networks of any depth") is bounded from both sides: certain in balls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, concatenate, constant, greatest, is_tensor, is_zero, log, stack
from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.models.families import Bits, FiniteFamily, log_sum_exp
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE

#: Cells of [-1, 1] on which the best factorised encoder is bounded; the bounds close like 1/CELLS².
CELLS = 128


def pick(by: Array) -> Array:
    """1 at the maximiser over the last axis, else 0; in balls an unsure entry is the ball from 0 to 1: [..., K]."""
    if is_tensor(by):
        chosen: Tensor = torch.nn.functional.one_hot(by.argmax(dim=-1), by.shape[-1]).to(by.dtype)
        return chosen
    return np.apply_along_axis(_certain_maximiser, -1, by)


def _certain_maximiser(row: np.ndarray) -> np.ndarray:
    balls = [flint.arb(entry) for entry in row]
    open_to = [k for k, ball in enumerate(balls) if not any(other > ball for other in balls)]
    unsure = flint.arb(1) if len(open_to) == 1 else flint.arb(0).union(flint.arb(1))
    return np.array([unsure if k in open_to else flint.arb(0) for k in range(len(balls))], dtype=object)


def between(lower: Array, upper: Array) -> Array:
    """A number known to lie between the two: their middle, and in balls the ball that holds both."""
    if is_tensor(lower):
        return (lower + upper) / 2

    def hull(a: Any, b: Any) -> flint.arb:
        return flint.arb(a).union(flint.arb(b))

    return np.asarray(np.frompyfunc(hull, 2, 1)(lower, upper), dtype=object)


def best_factorised(log_weights: Array, cells: int = CELLS) -> tuple[Array, Array]:
    """Bounds of max over factorised q of E_q log w + H(q), for w >= 0 on two bits (00, 01, 10, 11): [..., 4] -> [...].

    In spins log w = w0 + h1 s1 + h2 s2 + J s1 s2. The best second factor is closed, which leaves, for the mean m of
    s1, w0 + h1 m + log 2 cosh(h2 + J m) + H(m): a convex function of m and a concave one. On a cell the first lies
    below its chord and the second below its tangent: their sum is largest at an end. Below: the cells' centres.
    """
    w00, w01, w10, w11 = (log_weights[..., k, None] for k in range(4))
    mean, h1 = (w00 + w01 + w10 + w11) / 4, (w10 + w11 - w00 - w01) / 4
    h2, coupling = (w01 + w11 - w00 - w10) / 4, (w00 + w11 - w01 - w10) / 4
    grid = -np.cos(np.pi * np.arange(cells + 1) / cells)
    ends, centres = constant(grid, log_weights), constant((grid[1:] + grid[:-1]) / 2, log_weights)

    def convex(m: Array) -> Array:
        field = h2 + coupling * m
        return mean + h1 * m + log_sum_exp(stack([field, -field]))

    up, down = (1 + centres) / 2, (1 - centres) / 2
    entropy = -up * log(up) - down * log(down)
    slope = (log(down) - log(up)) / 2
    left = convex(ends)[..., :-1] + entropy + slope * (ends[:-1] - centres)
    right = convex(ends)[..., 1:] + entropy + slope * (ends[1:] - centres)
    return greatest(convex(centres) + entropy), greatest(concatenate([left, right], -1))


@dataclass(frozen=True, repr=False)
class FreeEncoders:
    """K decoders of n pixels given two latent bits, and all factorised encoders: networks of any depth.

    Arrays: `odds` [N, K, 4, n] of p(x_i = 1|z) to p(x_i = 0|z), z = 00, 01, 10, 11; `data` [N, 2^n] and `prior`
    [N, K, 4] (uniform if None), weights > 0.
    """

    odds: Array
    data: Array
    prior: Array | None = None

    def __repr__(self) -> str:
        return f"FreeEncoders({self.odds.shape[-3]} decoders, {self.odds.shape[-1]} pixels, two latent bits)"

    @cached_property
    def vae(self) -> FiniteVAE:
        """All of them at once, with the uniform encoder: arrays [N, K, ...]."""
        data = log(self.data)[..., None, :]
        prior = None if self.prior is None else log(self.prior)
        return FiniteVAE(Bits(self.odds.shape[-1]), Bits(2), log(self.odds), 0 * stack([data, data]), prior, data)

    @cached_property
    def likelihood(self) -> Array:
        """L of each decoder: [N, K]."""
        return self.vae.log_likelihood()

    @cached_property
    def elbo(self) -> Array:
        """The ELBO of each decoder with its best encoder, enclosed: [N, K]."""
        lower, upper = best_factorised(self.vae.log_joint)
        return between(self.vae.expectation(lower), self.vae.expectation(upper))

    @cached_property
    def gap(self) -> Array:
        """The least E_pd KL(q || p(z|x)) of each decoder: [N, K]."""
        return self.likelihood - self.elbo

    @property
    def tight(self) -> Array:
        """1 for each decoder whose posterior factorises at every x under the uniform prior, else 0: [N, K].

        Exact for odds that are dyadic.
        """
        x = self.vae.x.statistics(self.odds)
        odds = self.odds[..., None, :, :]

        def weight(*codes: int) -> Array:
            chosen = [1 + x[..., k] * (odds[..., code, k] - 1) for code in codes for k in range(x.shape[-1])]
            return _product(chosen)

        def normaliser(*codes: int) -> Array:
            return _product([1 + odds[..., code, k] for code in codes for k in range(x.shape[-1])])

        cross = weight(0, 3) * normaliser(1, 2) - weight(1, 2) * normaliser(0, 3)
        return -greatest(is_zero(cross) * -1)

    @property
    def distance(self) -> Array:
        """RMS over data and z of log p(x,z) - log p~(x,z) for the nearest harmonium p~ (each z alike): [N, K].

        For each z the log-joint is affine in x, so what harmoniums lack is the interaction of the two bits alone.
        """
        joint = self.vae.log_joint
        interaction = joint[..., 0] + joint[..., 3] - joint[..., 1] - joint[..., 2]
        return self.vae.expectation(interaction * interaction) ** 0.5 / 4


def _product(factors: list[Array]) -> Array:
    out = factors[0]
    for factor in factors[1:]:
        out = out * factor
    return out


@dataclass(frozen=True, repr=False)
class FiniteClasses:
    """A class of K decoders and one of J encoders, any tables: `f` [N, K, Z, n], `g` [N, J, X, m], `data` [N, X]."""

    x: FiniteFamily
    z: FiniteFamily
    f: Array
    g: Array
    data: Array

    def __repr__(self) -> str:
        return f"FiniteClasses({self.f.shape[-3]} decoders of {self.x}, {self.g.shape[-3]} encoders of {self.z})"

    @cached_property
    def vae(self) -> FiniteVAE:
        """All pairs: arrays [N, K, J, ...]."""
        f, g = self.f[..., :, None, :, :], self.g[..., None, :, :, :]
        return FiniteVAE(self.x, self.z, f, g, data=self.data[..., None, None, :])

    @cached_property
    def likelihood(self) -> Array:
        """L of each decoder: [N, K]."""
        return self.vae.log_likelihood()[..., 0]

    @cached_property
    def elbo(self) -> Array:
        """The ELBO (1a) of each decoder with its best encoder: [N, K]."""
        return greatest(self.vae.elbo())

    @cached_property
    def gap(self) -> Array:
        """The least E_pd KL(q || p(z|x)) of each decoder: [N, K]."""
        return -greatest(-self.vae.gap())


@dataclass(frozen=True)
class Ascent:
    """An optimum found: the point, its value, the largest entry of its gradient; the best of `starts` starts."""

    point: Float[Tensor, " k"]
    value: float
    slope: float
    starts: int


def ascend(objective: Callable[[Tensor], Tensor], starts: Float[Tensor, "s k"], most: int = 500) -> Ascent:
    """L-BFGS with exact gradients from each start; the best point (a local optimum).

    `objective` maps [k] to []. Raises `ModelError` where no start ends at a finite value.
    """
    found = [_climb(objective, start, most) for start in starts]
    finite = [end for end in found if np.isfinite(end[1])]
    if not finite:
        raise ModelError("starts: the objective is not finite where they end; start nearer to the data")
    point, value, slope = max(finite, key=lambda end: end[1])
    return Ascent(point, value, slope, len(found))


def _climb(objective: Callable[[Tensor], Tensor], start: Tensor, most: int) -> tuple[Tensor, float, float]:
    point = start.detach().clone().requires_grad_()
    optimiser = torch.optim.LBFGS(
        [point], max_iter=most, tolerance_grad=1e-10, tolerance_change=1e-15, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = -objective(point)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    value = -float(loss().detach())
    return point.detach(), value, float(torch.zeros(()) if point.grad is None else point.grad.abs().max())


def affine_elbo(
    point: Float[Tensor, " k"], data: Float[Tensor, " X"], n: int, *, free_prior: bool = False
) -> Float[Tensor, ""]:
    """The ELBO of the decoder W z + u of n pixels given two bits, and of a free factorised encoder.

    `point` holds W [n, 2], u [n], the encoder's logits [2^n, 2] and, if `free_prior`, the prior's four log-weights
    (else it is uniform); `data` are probabilities.
    """
    sizes = [2 * n, n, 2 ** (n + 1), 4 if free_prior else 0]
    W, u, g, prior = torch.split(point, sizes)
    x, z = Bits(n), Bits(2)
    f = z.statistics(point) @ W.reshape(n, 2).mT + u
    weights = prior[None] if free_prior else None
    elbo: Tensor = FiniteVAE(x, z, f[None], g.reshape(1, 2**n, 2), weights, data.log()[None]).elbo()[0]
    return elbo
