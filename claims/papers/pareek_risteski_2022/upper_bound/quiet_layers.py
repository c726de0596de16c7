"""Equation (2), and the layers of Theorem 1's encoder that have no noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, search, simulation
from claims.engine.arithmetic import Array, derivative_along
from claims.papers.pareek_risteski_2022.upper_bound.derivatives import ANY_Z, PR
from claims.papers.pareek_risteski_2022.upper_bound.loss import Anywhere
from claims.papers.pareek_risteski_2022.upper_bound.loss_structures import ANYWHERE, ANYWHERE_CORNERS, anywhere
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import dot, times
from reductions.descent import iterate
from reductions.generators import Generator, LinearGenerator, SeparableGenerator
from reductions.latent import DeepLatentGaussian
from reductions.small_encoder import LangevinEncoder, build_encoder


def update_steps() -> Iterator[Step]:
    """(55) put into (2): z - h (z + J^T (G(z) - x)/beta²). Given z, sqrt(2h) xi adds N(0, 2h I) to that mean."""
    z, h, pull, beta = sympy.symbols("z h J^T(G-x) beta", positive=True)
    yield Step.vanishes("the mean", z - h * (z + pull / beta**2) - ((1 - h) * z - h / beta**2 * pull))
    yield Step.vanishes("the variance", sympy.sqrt(2 * h) ** 2 - 2 * h)


def _update(case: Anywhere, prior: float = 1.0, power: int = 2, share: float = 1.0) -> Margin:
    a, b, _ = case.directions
    h = dot(b, b) / (1 + dot(b, b))
    moved = dot(a, case.z) - h * derivative_along(case.loss, (case.z,), (a,))
    pull: Array = times(share * h / case.beta**power, case.transposed(case.z, case.misfit(case.z)))
    return Margin.equal(moved, dot(a, times(1 - prior * h, case.z) - pull))


@claim(
    f"{PR}/equation-2",
    statement=r"z \leftarrow z - h\nabla L(z) + \sqrt{2h}\,\xi_t \text{ is } \mathcal N(c_1z + c_2J_G(z)^T(G(z)-x),"
    r" 2hI):\ c_1 = 1 - h,\ c_2 = -h/\beta^2",
    source="Section 4, equation (2); (6), (40) and Section 5.3 are the same",
    domain=ANY_Z + ", all h",
    readings=[
        "'L the unnormalized log-likelihood of the posterior': minus that, p(z|x) ∝ e^{-L}, as (3) says",
        "(6) has a dt too many; the fraction 1/beta² of Section 5.3 was lost in the text",
    ],
    rests_on=[f"{PR}/equation-55"],
    by=[derivation(update_steps, "all G, x, z, h, beta"), search(anywhere(), ANYWHERE, corners=ANYWHERE_CORNERS)],
)
def update_is_a_layer(case: Anywhere) -> Margin:
    """Along any direction, with h anywhere in (0, 1): what Lemma 20's network computes, up to the noise."""
    return _update(case)


@update_is_a_layer.mutant("no prior term")
def _(case: Anywhere) -> Margin:
    return _update(case, prior=0.0)


@update_is_a_layer.mutant("1/beta in place of 1/beta²")
def _(case: Anywhere) -> Margin:
    return _update(case, power=1)


@update_is_a_layer.mutant("h/(2 beta²)")
def _(case: Anywhere) -> Margin:
    return _update(case, share=0.5)


@dataclass(frozen=True)
class Quiet:
    """A generator, an inverse point, and 8 draws of z_0."""

    generator: Generator
    inverse: Float[Tensor, " d"]
    seed: int

    @property
    def encoder(self) -> LangevinEncoder:
        """At beta = 1/10, eps = 3/10."""
        return build_encoder(self.generator, 0.1, 0.3)

    @property
    def x(self) -> Float[Tensor, " d"]:
        """G(inverse)."""
        image: Tensor = self.generator(self.inverse)
        return image

    def after(self, *, noise: float = 0.0) -> Float[Tensor, "1 n"]:
        """The states after the layers of descent, from 8 draws of z_0; `noise` is put on top of theirs."""
        deep: DeepLatentGaussian = self.encoder.at(self.x)
        rng = torch.Generator().manual_seed(self.seed)
        start = torch.randn(8, len(self.inverse), dtype=torch.float64, generator=rng)
        state = deep.layers[0].network(start)
        for layer in deep.layers[1 : 1 + self.encoder.plan.descent.steps]:
            state = layer.network(state) + (layer.beta + noise) * torch.randn(
                state.shape, dtype=state.dtype, generator=rng
            )
        return state.reshape(1, -1)

    def descended(self) -> Float[Tensor, "1 n"]:
        """Gradient descent on ½|G(z) - x|² from 0, by autograd."""
        z = iterate(self.generator, self.x[None], self.encoder.plan.descent).z
        return z.repeat(1, 8)

    def second_route(self) -> Quiet:
        """Other draws of z_0."""
        return replace(self, seed=self.seed + 1)


def quiet(generator: torch.Generator, effort: str) -> Iterator[Quiet]:  # noqa: ARG001 - a few
    """Linear and separable generators, d = 1 and 3."""
    for d in (1, 3):
        A = 2 * torch.eye(d, dtype=torch.float64) + 0.3 * torch.randn(d, d, dtype=torch.float64, generator=generator)
        point = torch.randn(d, dtype=torch.float64, generator=generator)
        turn = torch.linalg.qr(A).Q
        for made in (LinearGenerator(A), SeparableGenerator(turn, torch.ones(d, dtype=torch.float64), 0.4)):
            yield Quiet(made, point, 7)


@claim(
    f"{PR}/theorem-1/step-zero-variance",
    statement=r"\text{though the first variable } Z_0 \text{ has unit variance, we can easily transform it to a zero"
    r" variance Gaussian to simulate the first step by multiplying by } 0",
    source="Appendix D.3",
    domain="all generators, x, z_0",
    readings=[
        "the first layer is 0 z_0 with variance 0, the point mass at 0, where gradient descent starts; Definition 2 has"
        " noise beta_i², and 0 is allowed",
        "so z_0 is not the observable, as Definition 2 calls it: x is in the biases",
    ],
    by=[
        simulation(
            quiet, Quiet.second_route, 1e-9, "linear and separable generators, d = 1, 3; 8 draws of z_0; all layers of"
            " descent through the networks, against autograd", "other draws of z_0",
        )
    ],
)  # fmt: skip
def first_layers_are_deterministic(case: Quiet) -> Margin:
    """After the layers of descent the state is that of gradient descent from 0, whatever z_0 was."""
    return Margin.equal(case.after(), case.descended())


@first_layers_are_deterministic.mutant("noise in the layers of descent")
def _(case: Quiet) -> Margin:
    return Margin.equal(case.after(noise=0.1), case.descended())


@first_layers_are_deterministic.mutant("z_0 not multiplied by 0: after one step of descent")
def _(case: Quiet) -> Margin:
    deep, start = case.encoder.at(case.x), torch.ones_like(case.inverse)[None]
    step = deep.layers[1].network
    return Margin.equal(step(start), step(0 * start))
