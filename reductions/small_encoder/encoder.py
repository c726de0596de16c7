"""The encoder of Theorem 1: layers of gradient descent without noise, then layers of a Langevin chain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reductions.error import ReductionError
from reductions.generators import Generator
from reductions.latent import DeepLatentGaussian
from reductions.networks import Network, NetworkBuilder, step
from reductions.small_encoder.plan import Plan, Setting, sharpened_plan


@dataclass(frozen=True, eq=False)
class LangevinEncoder:
    """S layers z - (1/Q) J^T (G(z) - x) without noise from z = 0, then T/h layers with noise of variance 2h.

    `descent` and `langevin` read (z, x); x is bound to the biases by `at`, which is the amortiser's work.
    """

    generator: Generator
    beta: float
    plan: Plan
    descent: Network
    langevin: Network

    @property
    def d(self) -> int:
        """The dimension of x and of z."""
        return self.generator.latents

    def steps(self) -> Iterator[tuple[Network, float]]:
        """Every layer after the first, in order: its network of (z, x), and its noise's standard deviation."""
        for _ in range(self.plan.descent.steps):
            yield self.descent, 0.0
        for _ in range(self.plan.langevin_steps):
            yield self.langevin, math.sqrt(2 * self.plan.h)

    def at(self, x: Float[Tensor, " d"]) -> DeepLatentGaussian:
        """The deep latent Gaussian of this x: Definition 2, with x in the biases.

        Its first layer multiplies the input z_0 by 0, as in the proof. Raises `ReductionError` for a wrong shape.
        """
        if x.shape != (self.d,):
            raise ReductionError(f"one x of {self.d} numbers is wanted, not the shape {tuple(x.shape)}")
        nothing = NetworkBuilder(self.d)
        layers = [
            (nothing.build(nothing.dense(nothing.input_nodes, np.zeros((self.d, self.d)), np.zeros(self.d))), 0.0)
        ]
        bound = {id(network): network.bind(x.tolist()) for network in (self.descent, self.langevin)}
        return DeepLatentGaussian([*layers, *((bound[id(network)], noise) for network, noise in self.steps())])

    def sample(self, x: Float[Tensor, "n d"], generator: torch.Generator) -> Float[Tensor, "n d"]:
        """One z for each x, through the networks of all layers."""
        z = torch.zeros_like(x)
        for network, noise in self.steps():
            z = network(torch.cat((z, x), dim=1))
            if noise:
                z = z + noise * torch.randn(z.shape, dtype=z.dtype, device=z.device, generator=generator)
        return z

    def start(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """Where descent ends: the first layers, which have no noise."""
        z = torch.zeros_like(x)
        for _ in range(self.plan.descent.steps):
            before, z = z, self.descent(torch.cat((z, x), dim=1))
            # Descent contracts near the inverse point: what moves by a rounding error will not move on.
            if bool(((z - before).abs() <= 2 * torch.finfo(z.dtype).eps * z.abs()).all()):
                break
        return z

    def log_posterior(self, z: Float[Tensor, "n d"], x: Float[Tensor, " d"]) -> Float[Tensor, " n"]:
        """-L(z), eq. (3): the logarithm of the posterior's density, up to a constant that depends on x."""
        error = self.generator(z) - x
        value: Tensor = -((z**2).sum(-1) + (error**2).sum(-1) / self.beta**2) / 2
        return value

    @property
    def parameter_count(self) -> int:
        """N': the parameters of all layers' networks, x's weights not counted, for these are the amortiser's."""
        sizes = {id(network): network.bind([1.0] * self.d).parameters for network in (self.descent, self.langevin)}
        return sum(sizes[id(network)] for network, _ in self.steps())

    @property
    def amortiser_size(self) -> int:
        """Parameters of phi: x -> the biases of every layer, d weights a layer."""
        return self.d * self.plan.layers


def build_encoder(generator: Generator, beta: float, epsilon: float, *, plan: Plan | None = None) -> LangevinEncoder:
    """The encoder for p(z|x), z ~ N(0, I), x|z ~ N(G(z), beta² I): by `sharpened_plan` for typical x if none is given.

    Raises `ReductionError` for a beta or an epsilon outside of its range.
    """
    plan = plan or sharpened_plan(Setting.typical(generator.constants, generator.latents, beta, epsilon))
    network = generator.network()
    descent, langevin = step(network, 1.0, -plan.descent.rate), step(network, 1 - plan.h, -plan.h / beta**2)
    return LangevinEncoder(generator, beta, plan, descent, langevin)
