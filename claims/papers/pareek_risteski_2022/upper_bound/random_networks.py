"""Random networks over given activations, as the claims about network algebra quantify over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from claims import Margin
from reductions.networks import (
    ARCTAN,
    IDENTITY,
    SIGMOID,
    SIN,
    SOFTPLUS,
    SQUARE,
    TANH,
    Activation,
    Network,
    NetworkBuilder,
)  # fmt: skip

#: The sets of activations: one alone, one that is not bounded, rho, a linear one, and all together.
SETS: tuple[tuple[Activation, ...], ...] = (
    (TANH,), (SIGMOID, SOFTPLUS), (SIN, IDENTITY), (ARCTAN,), (SQUARE, IDENTITY), (IDENTITY,),
    (TANH, SIGMOID, SOFTPLUS, SIN, ARCTAN, SQUARE, IDENTITY),
)  # fmt: skip

#: What the networks are like, for the evidence.
SCOPE = (
    "chains, stars, deep and narrow, dense, random graphs; biases or none; tanh, sigmoid, softplus, sin, arctan, rho"
)

#: Points at which networks are compared, and the largest difference that rounding may make, relative to squares.
POINTS, ROUNDING = 8, 1e-10


def chain(activation: Activation, length: int, weight: float = 1.0, bias: float = 0.0, inputs: int = 1) -> Network:
    """sigma(w ... sigma(w z_1 + b) + b): one path of `length` nodes from the first input."""
    builder, node = NetworkBuilder(inputs), 0
    for _ in range(length):
        node = builder.node([node], [weight], bias, activation)
    return builder.build([node])


def star(activation: Activation, inputs: int, width: int) -> Network:
    """One input feeds `width` nodes, the other inputs one each, and one node reads them all."""
    builder = NetworkBuilder(inputs)
    nodes = [builder.node([k if k < inputs else 0], [1 / (1 + k)], 0.0, activation) for k in range(width)]
    return builder.build([builder.node(nodes, [1.0] * width, 0.5, activation)])


def random_network(seed: int, inputs: int, rows: int, outputs: int, activations: Sequence[Activation]) -> Network:
    """A random graph: each node reads up to four of the last eight before it; half of the nodes have a bias.

    Nodes that no output needs, nodes that no input reaches and repeated outputs occur.
    """
    rng = np.random.default_rng(seed)
    builder = NetworkBuilder(inputs)
    for count in range(inputs, inputs + rows):
        near = np.arange(max(0, count - 8), count)
        reads = rng.choice(near, rng.integers(0, min(4, len(near)) + 1), replace=False)
        weights = rng.normal(size=len(reads)) / np.sqrt(max(1, len(reads)))
        bias = float(rng.normal() * rng.integers(0, 2))
        builder.node(reads.tolist(), weights.tolist(), bias, activations[int(rng.integers(len(activations)))])
    last = np.arange(max(0, inputs + rows - 2 * outputs), inputs + rows)
    return builder.build(rng.choice(last, outputs).tolist())


def parallel_chains(activation: Activation, d: int, length: int) -> Network:
    """In each of d coordinates a chain by itself: G_j(z) = sigma(.. sigma(0.9 z_j)), of d times `length` parameters."""
    builder = NetworkBuilder(d)
    nodes = builder.input_nodes
    for _ in range(length):
        nodes = builder.scaled(nodes, 0.9, activation=activation)
    return builder.build(nodes)


def dense_network(seed: int, inputs: int, widths: Sequence[int], activation: Activation, *, linear_end: bool = True
                  ) -> Network:  # fmt: skip
    """Dense layers with biases, the last one linear or not."""
    rng = np.random.default_rng(seed)
    builder = NetworkBuilder(inputs)
    nodes = builder.input_nodes
    for k, width in enumerate(widths):
        last = linear_end and k == len(widths) - 1
        weight = rng.normal(size=(width, len(nodes))) / np.sqrt(len(nodes))
        nodes = builder.dense(nodes, weight, rng.normal(size=width), IDENTITY if last else activation)
    return builder.build(nodes)


def scalar_networks(seed: int, inputs: int) -> Iterator[Network]:
    """Networks R^inputs -> R of N >= 1 parameters: a single weight first, chains to 40 nodes, stars, dense ones."""
    yield chain(TANH, 1, inputs=inputs)
    yield chain(SIN, 40, 0.9, inputs=inputs)
    yield chain(SIGMOID, 5, 2.0, 0.25, inputs)
    yield star(TANH, inputs, 12)
    yield dense_network(seed, inputs, (7, 5, 1), TANH)
    for k, activations in enumerate(SETS):
        network = random_network(seed + k, inputs, 3 + 5 * k, 1, activations)
        if network.parameters:
            yield network


def vector_networks(seed: int, d: int) -> Iterator[Network]:
    """Networks R^d -> R^d of N >= 1 parameters; the first is a dense linear map, not symmetric if d >= 2."""
    yield dense_network(seed, d, (d,), IDENTITY)
    yield parallel_chains(TANH, d, 8)
    yield dense_network(seed, d, (2 * d, d), TANH)
    yield dense_network(seed, d, (d, d, d), SIN, linear_end=False)
    for k, activations in enumerate(SETS):
        network = random_network(seed + k, d, d + 4 * k, d, activations)
        if network.parameters:
            yield network


def points(seed: int, inputs: int) -> Float[Tensor, "points inputs"]:
    """Standard normal points, among them 0."""
    z = torch.randn(POINTS, inputs, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    z[0] = 0
    return z


def agree(found: Float[Tensor, "points outputs"], reference: Float[Tensor, "points outputs"]) -> Margin:
    """The two are equal up to rounding, which for products by squares is relative to 1 and the square of the values."""
    gap = (found - reference).abs().amax() / (1 + reference.abs().amax() ** 2)
    return Margin.at_most(gap[None], torch.full((1,), ROUNDING, dtype=gap.dtype))


def count(size: float) -> Float[Tensor, " one"]:
    """A size, as the margins compare them."""
    return torch.tensor([float(size)], dtype=torch.float64)


def with_activation(network: Network, old: Activation, new: Activation) -> Network:
    """The network with one activation replaced: for mutants."""
    return replace(network, activations=tuple(new if one == old else one for one in network.activations))


def only_of(network: Network, allowed: Sequence[Activation]) -> bool:
    """Whether all its activations are allowed; linear nodes always are."""
    return set(network.activations) <= {*allowed, IDENTITY}
