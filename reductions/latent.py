"""`LatentGaussian` (Definition 1) and `DeepLatentGaussian` (Definition 2): sampling, densities, frozen noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from circuits.network import Generator, SignNetwork
from reductions.error import ReductionError
from reductions.networks import Network, NetworkBuilder


def small_noise(d: int) -> float:
    """beta = 1/(7 sqrt d): the largest for which the repair of Lemma 22 is proved."""
    return 1 / (7 * math.sqrt(d))


def log_normal(x: Float[Tensor, "*batch d"], mean: Float[Tensor, "*batch d"], beta: float) -> Float[Tensor, "*batch"]:
    """log N(x; mean, beta² I), natural logarithm. Needs beta > 0."""
    d = x.shape[-1]
    return -((x - mean) ** 2).sum(-1) / (2 * beta**2) - d * math.log(beta * math.sqrt(2 * math.pi))


def parameter_count(function: Network | nn.Module) -> int:
    """How many parameters a network has: weights and biases that are not 0 by construction."""
    if isinstance(function, Network):
        return function.parameters
    if isinstance(function, SignNetwork | Generator):
        return function.size().parameters
    return sum(parameter.numel() for parameter in function.parameters())


class LatentGaussian(nn.Module):
    """Definition 1: z ~ N(0, I), x | z ~ N(G(z), beta² I); `generator` is G: R^latents -> R^observables."""

    def __init__(self, generator: nn.Module, latents: int, beta: float) -> None:
        super().__init__()
        if not (beta > 0 and math.isfinite(beta)):
            raise ReductionError(f"beta = {beta}: a latent Gaussian needs a positive, finite noise parameter")
        self.generator, self.latents, self.beta = generator, latents, beta

    @property
    def parameter_count(self) -> int:
        """N: the parameters of G."""
        return parameter_count(self.generator)

    def sample(
        self, like: Float[Tensor, "n latents"], generator: torch.Generator
    ) -> tuple[Float[Tensor, "n latents"], Float[Tensor, "n observables"]]:
        """Pairs (z, x), as many as `like` has rows, of its dtype and on its device."""
        z = torch.randn(like.shape, dtype=like.dtype, device=like.device, generator=generator)
        mean = self.generator(z)
        noise = torch.randn(mean.shape, dtype=mean.dtype, device=mean.device, generator=generator)
        return z, mean + self.beta * noise

    def log_density(self, x: Float[Tensor, "n observables"], z: Float[Tensor, "n latents"]) -> Float[Tensor, " n"]:
        """log p(x | z), natural logarithm."""
        return log_normal(x, self.generator(z), self.beta)


class Layer(NamedTuple):
    """One stochastic layer: z -> N(network(z), beta² I). With beta = 0 it is deterministic, as in Theorem 1's proof."""

    network: Network
    beta: float


class DeepLatentGaussian(nn.Module):
    """Definition 2: z_0 = x, z_i | z_{i-1} ~ N(G_i(z_{i-1}), beta_i² I), and z_L is the output.

    A *string* holds all noise of one sample: standard normal numbers, one a coordinate of each layer with beta > 0.

    Raises:
        ReductionError: without layers, for widths that do not fit, for a beta that is negative or not finite.
    """

    def __init__(self, layers: Sequence[tuple[Network, float]]) -> None:
        super().__init__()
        self.layers = tuple(Layer(*layer) for layer in layers)
        if not self.layers:
            raise ReductionError("a deep latent Gaussian needs at least one layer")
        for i, (before, after) in enumerate(zip(self.layers, self.layers[1:], strict=False)):
            if len(before.network.outputs) != after.network.inputs:
                raise ReductionError(
                    f"layer {i + 1} reads {after.network.inputs} numbers, layer {i} gives {len(before.network.outputs)}"
                )
        for i, layer in enumerate(self.layers):
            if not (layer.beta >= 0 and math.isfinite(layer.beta)):
                raise ReductionError(f"layer {i}: beta = {layer.beta} must be at least 0 and finite")

    @property
    def inputs(self) -> int:
        """The dimension of x."""
        return self.layers[0].network.inputs

    @property
    def outputs(self) -> int:
        """The dimension of the sample."""
        return len(self.layers[-1].network.outputs)

    @property
    def noise_size(self) -> int:
        """The length of a string."""
        return sum(self._noise_sizes)

    @property
    def _noise_sizes(self) -> list[int]:
        return [len(network.outputs) if beta > 0 else 0 for network, beta in self.layers]

    @property
    def parameter_count(self) -> int:
        """N': the parameters of all G_i."""
        return sum(layer.network.parameters for layer in self.layers)

    def draw_strings(self, count: int, generator: torch.Generator, like: Tensor) -> Float[Tensor, "count noise"]:
        """Independent strings, in the dtype and on the device of `like`."""
        return torch.randn(count, self.noise_size, dtype=like.dtype, device=like.device, generator=generator)

    def forward(self, x: Float[Tensor, "n inputs"], strings: Float[Tensor, "n noise"]) -> Float[Tensor, "n outputs"]:
        """The sample that each string makes of its x."""
        if strings.shape != (len(x), self.noise_size):
            raise ReductionError(f"needs one string of {self.noise_size} numbers for each of {len(x)} inputs")
        z = x
        for (network, beta), noise in zip(self.layers, torch.split(strings, self._noise_sizes, dim=1), strict=True):
            z = network(z)
            if beta > 0:
                z = z + beta * noise
        return z

    def sample(self, x: Float[Tensor, "n inputs"], generator: torch.Generator) -> Float[Tensor, "n outputs"]:
        """One sample for each x."""
        result: Tensor = self(x, self.draw_strings(len(x), generator, x))
        return result

    def log_density(
        self, layer: int, before: Float[Tensor, "n in"], after: Float[Tensor, "n out"]
    ) -> Float[Tensor, " n"]:
        """log p(z_i = after | z_{i-1} = before) for i = `layer` + 1. Raises `ReductionError` where beta = 0."""
        network, beta = self.layers[layer]
        if beta == 0:
            raise ReductionError(f"layer {layer} is deterministic: it has no density")
        return log_normal(after, network(before), beta)

    def freeze(self, string: Float[Tensor, " noise"], shift: Float[Tensor, " inputs"] | None = None) -> Network:
        """The deterministic network x -> sample at x + shift with this string: noise has become biases."""
        if string.shape != (self.noise_size,):
            raise ReductionError(f"a string has {self.noise_size} numbers, not the shape {tuple(string.shape)}")
        builder = NetworkBuilder(self.inputs)
        nodes = builder.input_nodes
        if shift is not None:
            nodes = builder.scaled(nodes, bias=shift.tolist())
        for (network, beta), noise in zip(self.layers, torch.split(string, self._noise_sizes), strict=True):
            nodes = builder.append(network, nodes)
            if beta > 0:
                nodes = builder.scaled(nodes, bias=(beta * noise).tolist())
        return builder.build(nodes)
