"""How large a network is in the paper's sense: what "polynomial size" counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from circuits.network.sign_network import SignNetwork


@dataclass(frozen=True)
class Size:
    """The size of a sgn/min/max network, gadgets counted unit by unit.

    `parameters`: non-zero weights and biases, one an edge: 2 into each min and each max (so 2 an AND, 6 a XOR), 1 into
    each sgn, 1 into each output (a constant output is a bias). Complements are the signs of these weights.
    `depth`: layers of sgn, min or max on the longest path; a XOR is two layers, the linear read-out none.
    `width`: the most units in one layer, each in the earliest layer it may stand in. Edges may skip layers.
    `sgns`, `mins`, `maxs`: the nonlinear units by kind.

    parameters = 2 ANDs + 6 XORs + outputs (+ inputs for the generator), at most 6 gates + outputs + inputs: linear in
    the circuit, polynomial in d whenever the circuit is.
    """

    parameters: int
    depth: int
    width: int
    sgns: int
    mins: int
    maxs: int

    @property
    def nonlinearities(self) -> int:
        """All nonlinear units."""
        return self.sgns + self.mins + self.maxs


def size_of(network: SignNetwork, *, generator: bool = False) -> Size:
    """The size of the network, or of its generator with the layer of sgn in front."""
    first, inputs = 1 + network.num_inputs, network.num_inputs
    sources = [[row >> 1 for row in tensor.tolist()] for tensor in (network.left, network.right)]
    is_xor = np.zeros(len(network.left), dtype=bool)
    for level in network.levels:
        is_xor[level.xors - first : level.stop - first] = True
    layer = [0] + [int(generator)] * inputs
    for a, b, xor in zip(*sources, is_xor.tolist(), strict=True):
        layer.append(max(layer[a], layer[b]) + (2 if xor else 1))
    gates = np.array(layer[first:], dtype=np.int64)
    units = np.zeros(1 + max(layer), dtype=np.int64)
    np.add.at(units, gates, 1)
    np.add.at(units, gates[is_xor] - 1, 2)
    xors, sgns = int(is_xor.sum()), inputs if generator else 0
    units[min(1, len(units) - 1)] += sgns
    ands = len(gates) - xors
    return Size(
        parameters=2 * ands + 6 * xors + len(network.outputs) + sgns,
        depth=max(layer),
        width=int(units.max()),
        sgns=sgns,
        mins=ands + 2 * xors,
        maxs=xors,
    )
