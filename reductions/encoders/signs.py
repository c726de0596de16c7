"""From d numbers to a sample of R^d: their signs, made certain or left to chance, times half-normal magnitudes.

The encoder has two layers, both isotropic as Definition 2 wants them:

    y = (gain f(x), 0) + N(0, I_2d),    z_j = s_j min(|y_{d+j}|, 2 cut),    s_j = clip(steepness y_j)

The first d coordinates of the noise decide the signs, s_j = +1 with probability Phi(gain f_j(x)) but for the sliver
|y_j| < 1/steepness. The others are the magnitudes, |g| = max(g, -g). Their product is relu(|g| - p) - relu(|g| - q)
with p = cut (1 - s) and q = cut (1 + s): for s = ±1 one of them is 0 and the other 2 cut, so nothing is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from reductions.error import ReductionError
from reductions.latent import DeepLatentGaussian
from reductions.networks import IDENTITY, MAGNITUDE, RELU, Network, NetworkBuilder, PiecewiseLinear

#: Pr[sgn(8 + g) = -1] = Phi(-8) = 6e-16 for a sign that is meant to be certain, and a weight of 8 is small.
GAIN = 8.0

#: Magnitudes end at 2 cut = 8: Pr[|g| > 8] = 1.2e-15.
CUT = 4.0


def from_signs(signs: Network, *, gain: float = GAIN, steepness: float = 1.0, cut: float = CUT) -> DeepLatentGaussian:
    """The encoder that samples z with sgn z_j = + with probability Phi(gain signs_j(x)), independently given x.

    For `signs` that are ±1 the defaults make them certain up to `slack`, about 1e-12 a coordinate. For real logits
    choose gain = 1 and a large steepness, say 1024. It has 10 d parameters more than `signs`. Raises `ReductionError`
    for signs without outputs, and for a gain, steepness or cut that is not positive and finite.
    """
    d = len(signs.outputs)
    if not d:
        raise ReductionError("the network of signs has no outputs: it wants one for each coordinate of z")
    if not (gain > 0 and math.isfinite(gain)):
        raise ReductionError(f"gain = {gain} must be positive and finite")
    builder = NetworkBuilder(signs.inputs)
    means = builder.scaled(builder.append(signs, builder.input_nodes), gain)
    first = builder.build([*means, *no_signal(builder, d)])
    return DeepLatentGaussian([(first, 1.0), (tail(d, steepness, cut), 0.0)])


def tail(d: int, steepness: float, cut: float) -> Network:
    """(y, g) in R^2d -> clip(steepness y) min(|g|, 2 cut) in R^d, of 9 d parameters. Raises as `from_signs` does."""
    for name, value in (("steepness", steepness), ("cut", cut)):
        if not (value > 0 and math.isfinite(value)):
            raise ReductionError(f"{name} = {value} must be positive and finite")
    builder = NetworkBuilder(2 * d)
    nodes = builder.input_nodes
    return builder.build(with_magnitudes(builder, nodes[:d], nodes[d:], steepness, cut))


def with_magnitudes(
    builder: NetworkBuilder, signs: Sequence[int], noise: Sequence[int], steepness: float, cut: float
) -> list[int]:
    """The nodes clip(steepness s) min(|g|, 2 cut) for each s of `signs` and g of `noise`; 9 parameters each."""
    ramp = PiecewiseLinear("ramp", (-cut, cut), (2 * cut, 0.0))  # t -> cut (1 - clip(t / cut)), of slope -1
    p = builder.scaled(signs, steepness * cut, activation=ramp)
    q = builder.scaled(signs, -steepness * cut, activation=ramp)
    m = builder.scaled(noise, activation=MAGNITUDE)
    plus = [builder.node(pair, [1.0, -1.0], activation=RELU) for pair in zip(m, p, strict=True)]
    minus = [builder.node(pair, [1.0, -1.0], activation=RELU) for pair in zip(m, q, strict=True)]
    return [builder.node(pair, [1.0, -1.0]) for pair in zip(plus, minus, strict=True)]


def no_signal(builder: NetworkBuilder, d: int) -> list[int]:
    """d means that are 0, without parameters: coordinates that carry nothing but their layer's noise."""
    return [builder.node([], [])] * d


def sign_means(encoder: DeepLatentGaussian, x: Float[Tensor, "n inputs"]) -> Float64[Tensor, "n d"]:
    """mu_j(x): sgn z_j = + with probability Phi(mu_j(x)), up to `slack`.

    Raises `ReductionError` unless the encoder's layers are those of `from_signs`; those of a loaded one are.
    """
    _tail_of(encoder)
    means: Tensor = encoder.layers[0].network(x)[:, : encoder.outputs]
    return means.to(torch.float64)


def sign_probabilities(encoder: DeepLatentGaussian, x: Float[Tensor, "n inputs"]) -> Float64[Tensor, "n d"]:
    """Pr[sgn z_j = +] = Phi(mu_j(x)) up to `slack`; given x the signs are independent. Raises as `sign_means` does."""
    probabilities: Tensor = torch.special.ndtr(sign_means(encoder, x))
    return probabilities


def slack(encoder: DeepLatentGaussian, x: Float[Tensor, "n inputs"]) -> Float64[Tensor, " n"]:
    """A bound on the total variation between the law of z given x and "independent signs, half-normal magnitudes".

    The latter has sgn z_j = + with probability `sign_probabilities` and |z_j| = |g_j|, g ~ N(0, I). Both are functions
    of the same noise that agree unless some |y_j| < 1/steepness or some |g_j| > 2 cut: the sum of these probabilities,
    computed in float64. Raises `ReductionError` as `sign_means` does.
    """
    steepness, cut = _tail_of(encoder)
    return undecided(sign_means(encoder, x), steepness, cut)


def undecided(means: Float64[Tensor, "n d"], steepness: float, cut: float) -> Float64[Tensor, " n"]:
    """sum_j Pr[|mu_j + g| < 1/steepness] + d Pr[|g| > 2 cut] for g ~ N(0, 1)."""
    phi, away = torch.special.ndtr, -means.abs()
    sliver: Tensor = phi(away + 1 / steepness) - phi(away - 1 / steepness)
    beyond = math.erfc(2 * cut / math.sqrt(2))
    return sliver.sum(1) + means.shape[1] * beyond


def _tail_of(encoder: DeepLatentGaussian) -> tuple[float, float]:
    """(steepness, cut) of an encoder of `from_signs`; `ReductionError` for any other."""
    d = encoder.outputs
    if [layer.beta for layer in encoder.layers] == [1.0, 0.0] and encoder.layers[1].network.inputs == 2 * d:
        first, last = (layer.network for layer in encoder.layers)
        if _is_noise(first, first.outputs[d:]) and len(last.weight) and last.activations:
            cut = last.piecewise_linear[0].knots[-1]
            steepness = float(last.weight[0]) / cut if cut > 0 else 0.0
            if steepness > 0 and _equal(last, tail(d, steepness, cut)):
                return steepness, cut
    raise ReductionError("the law of this encoder's signs is not known: it was not made by from_signs")


def _is_noise(network: Network, outputs: np.ndarray) -> bool:
    """Whether these outputs are 0 whatever the input."""
    rows = outputs - network.inputs
    return bool(
        (rows >= 0).all()
        and (np.diff(network.start)[rows] == 0).all()
        and (network.bias[rows] == 0).all()
        and all(network.activations[kind] == IDENTITY for kind in network.kind[rows])
    )


def _equal(left: Network, right: Network) -> bool:
    arrays = ("start", "source", "weight", "bias", "kind", "outputs")
    same = all(np.array_equal(getattr(left, name), getattr(right, name)) for name in arrays)
    return same and left.inputs == right.inputs and left.activations == right.activations
