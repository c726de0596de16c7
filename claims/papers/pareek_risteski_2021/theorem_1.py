"""Section 2.1, Theorem 1: without an amortiser, a deep latent Gaussian on input x."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from claims import Margin, claim, simulation
from claims.papers.pareek_risteski_2021.carried import carried
from reductions.generators import Generator, LinearGenerator, SeparableGenerator
from reductions.latent import DeepLatentGaussian
from reductions.small_encoder import LangevinEncoder, build_encoder
from reductions.small_encoder.law import axes_around, chain_density, normalised

#: Half the widths of the grid, in deviations of the posterior and of what the noise adds to K x.
WIDE = 9.0


@dataclass(frozen=True)
class Run:
    """One generator in one dimension, the inverse point of x, and K = `magnify`/(m eps)."""

    generator: Generator
    inverse: float
    beta: float
    epsilon: float
    magnify: float = 10.0
    spacing: float = 0.6

    @property
    def encoder(self) -> LangevinEncoder:
        """That of 2022, with x in the biases."""
        return build_encoder(self.generator, self.beta, self.epsilon)

    @property
    def x(self) -> Float[Tensor, " 1"]:
        """The observable."""
        image: Tensor = self.generator(torch.tensor([self.inverse], dtype=torch.float64))
        return image

    def deep(self, magnify: float | None = None) -> DeepLatentGaussian:
        """The encoder on input x."""
        K = (magnify or self.magnify) / (self.generator.constants.m * self.epsilon)
        return carried(self.encoder, K)

    def distance(self, deep: DeepLatentGaussian, *, told: float = 1.0, noise: float = 1.0) -> float:
        """TV of its law, given z_0 = told x, from p(z|x): the exact law of the states (z, Kx), on a grid."""
        encoder, state = self.encoder, told * self.x[None]
        quiet = 1 + encoder.plan.descent.steps
        for layer in deep.layers[:quiet]:
            state = layer.network(state)
        h, steps = noise * encoder.plan.h, encoder.plan.langevin_steps
        size = self.beta / self.generator.constants.m
        centre, spread = state[0], (2 * h * steps) ** 0.5
        axes = [
            *axes_around(torch.tensor([self.inverse], dtype=torch.float64), WIDE * size, h, self.spacing),
            *axes_around(centre[1:], WIDE * spread, h, self.spacing),
        ]
        law, axes = chain_density(deep.layers[quiet].network, centre, h, steps, axes)
        cells = [float(axis[1] - axis[0]) for axis in axes]
        mine = law.reshape(len(axes[0]), len(axes[1])).sum(1) * cells[1]
        theirs = normalised(lambda z: encoder.log_posterior(z, self.x), axes[:1])
        return float((mine - theirs).abs().sum()) * cells[0] / 2

    def second_route(self) -> Run:
        """The same on a finer grid."""
        return replace(self, spacing=0.45)


def runs(generator: torch.Generator, effort: str) -> Iterator[Run]:  # noqa: ARG001 - a grid
    """Linear and bent by tanh; eps = 1/4 and 1/10."""
    one = torch.ones(1, 1, dtype=torch.float64)
    for made in (LinearGenerator(1.5 * one), SeparableGenerator(one, one[0], 0.6)):
        for epsilon in (0.25, 0.1):
            yield Run(made, 0.7, 0.05, epsilon)


def _within(case: Run, distance: float) -> Margin:
    numbers = torch.tensor([[distance], [case.epsilon]], dtype=torch.float64)
    return Margin.at_most(*numbers)


@claim(
    "pareek-risteski-2021/theorem-1",
    statement=r"\text{there exists a deep latent Gaussian with } N' = O(N\,\mathrm{poly}(d, 1/\beta, 1/\epsilon))"
    r" \text{ parameters and activations } \{\sigma, \sigma', \rho\} \text{ such that with probability }"
    r" 1 - \exp(-O(d)) \text{ over } x \text{ the distribution } q(z|x) \text{ of the deep latent Gaussian on input }"
    r" x \text{ satisfies } d_{TV}(q(z|x), p(z|x)) \le \epsilon",
    source="Section 2.1, Theorem 1",
    domain="generators with Assumptions 1 to 3; all d, eps in (0, 1), beta with (1); executed at d = 1",
    readings=[
        "one network for all x: no layer after the first sees x, unlike in 2022, whose phi(x) writes x into the biases"
        " of every layer. A layer's noise has the same variance on all coordinates, so x cannot be handed on unharmed;"
        " K x can: after T/h layers x is off by sqrt(2T)/K, and K = 10/(m eps) is enough",
        "the networks of all layers are those of 2022 on states (z, K x), and d + d weights more",
    ],
    by=[
        simulation(
            runs,
            Run.second_route,
            1e-3,
            "d = 1: G(z) = 1.5 z and z + 0.6 tanh z; eps = 1/4, 1/10, beta = 1/20; exact law of all layers on grids",
            "a finer grid",
        )
    ],
)
def encoder_needs_no_amortiser(case: Run) -> Margin:
    """TV <= eps on input x, and N' <= (9N + 4) layers."""
    deep = case.deep()
    size = case.generator.parameter_count
    count = torch.tensor([[deep.parameter_count], [(9 * size + 4) * len(deep.layers)]], dtype=torch.float64)
    distance, blurred = case.distance(deep), case.distance(case.deep(magnify=1e6))
    ratio = torch.tensor([distance / case.epsilon, blurred / case.epsilon], dtype=torch.float64)
    return (_within(case, distance) & Margin.at_most(*count)).report(share=ratio[:1], share_if_k_is_large=ratio[1:])


@encoder_needs_no_amortiser.mutant("x not magnified: K = 1/20")
def _(case: Run) -> Margin:
    K = 0.05 * case.generator.constants.m * case.epsilon
    return _within(case, case.distance(case.deep(magnify=K)))


@encoder_needs_no_amortiser.mutant("on input 1.2 x")
def _(case: Run) -> Margin:
    return _within(case, case.distance(case.deep(), told=1.2))


@encoder_needs_no_amortiser.mutant("noise of variance h")
def _(case: Run) -> Margin:
    return _within(case, case.distance(case.deep(), noise=0.5))
