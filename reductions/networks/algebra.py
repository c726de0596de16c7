"""Sums and products of networks, as in Appendix D.2: Lemmas 18 and 19."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reductions.error import ReductionError
from reductions.networks.builder import NetworkBuilder
from reductions.networks.network import Network
from reductions.networks.smooth import SQUARE


def combination(f: Network, g: Network, w1: float, w2: float) -> Network:
    """w1 f + w2 g of two scalar networks that read the same inputs: M + N + 2 parameters (Lemma 18).

    Raises `ReductionError` unless both have one output and as many inputs as each other.
    """
    builder, nodes = _side_by_side(f, g)
    return builder.build([builder.node(nodes, [w1, w2])])


def product(f: Network, g: Network, w: float = 1.0) -> Network:
    """w f g of two scalar networks that read the same inputs: M + N + 6 parameters and rho (Lemma 19).

    Raises `ReductionError` unless both have one output and as many inputs as each other.
    """
    builder, (left, right) = _side_by_side(f, g)
    return builder.build([times(builder, left, right, weight=w)])


def times(builder: NetworkBuilder, left: int, right: int, scale: float = 1.0, weight: float = 1.0) -> int:
    """A node weight (scale left) right = weight (rho((scale left + right)/2) - rho((scale left - right)/2)).

    Six parameters. In floating point its error is relative to the larger of the two squares, not to the product.
    """
    plus, minus = (builder.node([left, right], [scale / 2, half], activation=SQUARE) for half in (0.5, -0.5))
    return builder.node([plus, minus], [weight, -weight])


def pruned(network: Network) -> Network:
    """The same function without the rows, and the activations, that no output depends on."""
    needed = np.zeros(network.num_nodes, dtype=bool)
    needed[network.outputs] = True
    for row in reversed(range(len(network.bias))):
        if needed[network.inputs + row]:
            needed[network.source[network.start[row] : network.start[row + 1]]] = True
    kept = needed[network.inputs :]
    number = np.concatenate([np.arange(network.inputs), network.inputs + np.cumsum(kept) - 1])
    edges = kept[network.row_of_edge]
    kinds, kind = np.unique(network.kind[kept], return_inverse=True)
    return Network(
        network.inputs,
        np.concatenate([[0], np.cumsum(np.diff(network.start)[kept])]),
        number[network.source[edges]],
        network.weight[edges],
        network.bias[kept],
        kind,
        tuple(network.activations[k] for k in kinds.tolist()),
        number[network.outputs],
    )


def output(network: Network, index: int) -> Network:
    """The scalar network of one output."""
    return pruned(_with_outputs(network, [int(network.outputs[index])]))


def append_all(builder: NetworkBuilder, network: Network, nodes: Sequence[int]) -> list[int]:
    """A copy of `network` that reads `nodes`: where each of its nodes is now, inputs first."""
    return builder.append(_with_outputs(network, range(network.num_nodes)), nodes)


def _with_outputs(network: Network, outputs: Sequence[int]) -> Network:
    return Network(
        network.inputs, network.start, network.source, network.weight, network.bias, network.kind,
        network.activations, np.array(outputs, dtype=np.int64),
    )  # fmt: skip


def _side_by_side(f: Network, g: Network) -> tuple[NetworkBuilder, list[int]]:
    """A builder with both networks on shared inputs, and their two outputs."""
    if len(f.outputs) != 1 or len(g.outputs) != 1:
        raise ReductionError(f"both networks must have one output, not {len(f.outputs)} and {len(g.outputs)}")
    if f.inputs != g.inputs:
        raise ReductionError(f"both networks must read the same inputs: one has {f.inputs}, the other {g.inputs}")
    builder = NetworkBuilder(f.inputs)
    return builder, [builder.append(one, builder.input_nodes)[0] for one in (f, g)]
