"""An encoder without an amortiser: the observable x is handed on through the noisy layers, magnified."""

from __future__ import annotations

import math

import numpy as np

from reductions import ReductionError
from reductions.latent import DeepLatentGaussian
from reductions.networks import Network, NetworkBuilder
from reductions.small_encoder import LangevinEncoder


def carried(encoder: LangevinEncoder, K: float) -> DeepLatentGaussian:
    """The deep latent Gaussian z_0 = x -> z_L of that encoder's layers on states (z, K x), without biases that know x.

    A layer's noise has one variance for all its coordinates, so a layer with noise of variance 2h spoils x by
    sqrt(2h)/K. Raises `ReductionError` unless K is positive and finite.
    """
    if not (K > 0 and math.isfinite(K)):
        raise ReductionError(f"K = {K}: the factor by which x is magnified must be positive and finite")
    d = encoder.d
    start = NetworkBuilder(d)
    weight = np.concatenate([np.zeros((d, d)), K * np.eye(d)])
    layers = [(start.build(start.dense(start.input_nodes, weight, np.zeros(2 * d))), 0.0)]
    descent, langevin = (carrying(network, d, K) for network in (encoder.descent, encoder.langevin))
    layers += [(descent, 0.0)] * encoder.plan.descent.steps
    noise = math.sqrt(2 * encoder.plan.h)
    layers += [(langevin, noise)] * (encoder.plan.langevin_steps - 1)
    return DeepLatentGaussian([*layers, (carrying(encoder.langevin, d, K, last=True), noise)])


def carrying(network: Network, d: int, K: float, *, last: bool = False) -> Network:
    """(z, y) -> (network(z, y/K), y), or its first half alone: `network` reads (z, x)."""
    builder = NetworkBuilder(2 * d)
    z, y = builder.input_nodes[:d], builder.input_nodes[d:]
    moved = builder.append(network, [*z, *builder.scaled(y, 1 / K)])
    return builder.build(moved if last else [*moved, *builder.scaled(y)])
