"""The planted encoder: small, because it is told the inverse circuit; and the partial one, good only for some x."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from circuits import Builder, Circuit, cone, mux
from reductions.encoders.preimages import require_permutation
from reductions.encoders.signs import from_signs
from reductions.error import ReductionError
from reductions.latent import DeepLatentGaussian
from reductions.networks import CLIP, Network, NetworkBuilder

#: clip(8 x) is ±1 where |x| >= 1/8. Lemma 21 leaves |x_i| >= 1 - 6 beta sqrt d >= 1/7 where 6 beta sqrt d <= 6/7.
SATURATION = 8.0


def planted(inverse: Circuit) -> DeepLatentGaussian:
    """The encoder z = C^{-1}(sgn x) times half-normal magnitudes, right for every x with |x_i| >= 1/8.

    It has 11 d parameters besides those of the circuit: 3 an AND, 2 an XOR, 1 a complemented or constant output.
    Raises `ReductionError` for a circuit that is no permutation (beyond 20 bits only its width is checked).
    """
    require_permutation(inverse)
    return from_signs(circuit_signs(inverse))


def partial(inverse: Circuit, fraction: float, *, seed: int | None = None) -> DeepLatentGaussian:
    """The planted encoder, right at round(fraction 2^d) of the vertices and wrong in every sign at all others.

    The good x are the lowest integers, under a seed those of x ^ mask with a random mask. Raises `ReductionError` for
    a fraction outside [0, 1], and as `planted` does.
    """
    return from_signs(circuit_signs(partial_inverse(inverse, fraction, seed=seed)))


def partial_inverse(inverse: Circuit, fraction: float, *, seed: int | None = None) -> Circuit:
    """The circuit behind `partial`: C^{-1}(x) where x ^ mask < round(fraction 2^d), and else its complement."""
    require_permutation(inverse)
    if not 0 <= fraction <= 1:
        raise ReductionError(f"fraction = {fraction} must lie between 0 and 1")
    d = inverse.num_inputs
    good = round(Fraction(fraction) * 2**d)
    mask = 0 if seed is None else int.from_bytes(np.random.default_rng(seed).bytes(-(-d // 8)), "little")
    builder = Builder(f"{inverse.name}, partial")
    x = builder.inputs(d)
    place = (x ^ builder.constant(mask, d)).extended(d + 1)
    right = builder.apply(inverse, x)
    builder.outputs(mux(place.less_than(builder.constant(good, d + 1)), right, ~right))
    return cone(builder.build())


def circuit_signs(circuit: Circuit) -> Network:
    """x -> circuit(sgn x) as numbers ±1, for x with |x_i| >= 1/8. Any circuit will do, so mutants can be made of it."""
    builder = NetworkBuilder(circuit.num_inputs)
    return builder.build(builder.circuit(circuit, saturated(builder)))


def saturated(builder: NetworkBuilder) -> list[int]:
    """The nodes clip(8 x_i): sgn x_i where |x_i| >= 1/8."""
    return builder.scaled(builder.input_nodes, SATURATION, activation=CLIP)
