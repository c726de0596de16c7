"""The tabled encoder: of size O(d²), with 1-Lipschitz activations, and right for *any* permutation, even a one-way one.

Theorem 2 bounds the parameters, the weights, the node outputs and the activations' Lipschitz constant, but not what an
activation may be. So let it be the table of C^{-1}, and the conclusion fails: with the bits b_i = clip(8 x_i) of x,

    u = sum_i 2^{i-d} b_i,    tau_j(u_n) = ±2^{-d}, the sign of bit j of C^{-1}(n),    sign_j = 2^d tau_j(u)

The numbers u_n of the vertices n lie 2^{1-d} apart, so the slopes of tau_j are at most 1. Its values grow to ±1 by d
doublings. All numbers are dyadic: on every x with |x_i| >= 1/8 the signs are exact in floats.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from circuits import Circuit
from reductions.encoders.planted import saturated
from reductions.encoders.preimages import MOST_BITS, preimages
from reductions.encoders.signs import from_signs
from reductions.error import ReductionError
from reductions.latent import DeepLatentGaussian
from reductions.networks import Network, NetworkBuilder, PiecewiseLinear


def tabled(circuit: Circuit) -> DeepLatentGaussian:
    """The encoder for G(z) = C(sgn z) with d² + 13 d parameters, weights at most 8, and 1-Lipschitz activations.

    Node outputs are at most 8 + |g| for the standard normal numbers g of the noise, and never more than 8 before it.
    Raises `ReductionError` for a circuit that is no permutation, and beyond 16 bits.
    """
    return from_signs(table_signs(preimages(circuit)))


def table_signs(table: Int64[np.ndarray, " 2**d"]) -> Network:
    """The network x -> the signs of table[x], for a table of 2^d integers below 2^d, the values of C^{-1}.

    It has d² + 3 d parameters. Raises `ReductionError` unless the table is one of a permutation of 1 to 16 bits.
    """
    d = len(table).bit_length() - 1
    if not 1 <= d <= MOST_BITS or not np.array_equal(np.sort(table), np.arange(1 << d)):
        raise ReductionError(f"a table of {len(table)} numbers is no permutation of 0 to 2^d - 1, d = 1 to {MOST_BITS}")
    builder = NetworkBuilder(d)
    bits = saturated(builder)
    u = builder.node(bits, [2.0 ** (i - d) for i in range(d)])
    knots = tuple(((2 * np.arange(1 << d) + 1 - (1 << d)) / (1 << d)).tolist())
    signs = []
    for j in range(d):
        values = tuple(((2 * (table >> j & 1) - 1) / (1 << d)).tolist())
        node = builder.node([u], [1.0], activation=PiecewiseLinear(f"bit {j}", knots, values))
        for _ in range(d):
            node = builder.node([node], [2.0])
        signs.append(node)
    return builder.build(signs)
