"""`NetworkBuilder` makes networks: node by node, from dense layers, from Boolean circuits, from other networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from circuits import Circuit
from reductions.error import ReductionError
from reductions.networks.activation import CLIP, IDENTITY, TENT, Activation
from reductions.networks.network import Network


class NetworkBuilder:
    """A network under construction; nodes are numbers, the inputs come first.

    >>> from reductions.networks import MAGNITUDE, NetworkBuilder
    >>> b = NetworkBuilder(2)
    >>> x, y = b.input_nodes
    >>> b.build([b.node([x, y], [1.0, -1.0], activation=MAGNITUDE)])
    <Network 2 -> 1, 1 nodes, 2 parameters, depth 1>
    """

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self._start, self._source = [0], list[int]()
        self._weight, self._bias, self._kind = list[float](), list[float](), list[int]()
        self._activations: dict[Activation, int] = {}

    @property
    def input_nodes(self) -> list[int]:
        """The inputs, in order."""
        return list(range(self.inputs))

    def node(
        self,
        source: Sequence[int],
        weight: Sequence[float],
        bias: float = 0.0,
        activation: Activation = IDENTITY,
    ) -> int:
        """A new node activation(bias + sum of weight times source). Raises `ReductionError` unless they fit."""
        if len(source) != len(weight):
            raise ReductionError(f"a node reads {len(source)} nodes with {len(weight)} weights: give one weight a node")
        self._source.extend(source)
        self._weight.extend(weight)
        self._start.append(len(self._source))
        self._bias.append(bias)
        self._kind.append(self._activations.setdefault(activation, len(self._activations)))
        return self.inputs + len(self._bias) - 1

    def scaled(self, nodes: Sequence[int], factor: float = 1.0, bias: Sequence[float] | float = 0.0,
               activation: Activation = IDENTITY) -> list[int]:  # fmt: skip
        """activation(factor v + bias) of each node by itself; `bias` is one number, or one a node."""
        shifts = np.broadcast_to(np.asarray(bias, dtype=float), (len(nodes),)).tolist()
        return [self.node([v], [factor], shift, activation) for v, shift in zip(nodes, shifts, strict=True)]

    def dense(
        self,
        nodes: Sequence[int],
        weight: Float[np.ndarray, "out in"],
        bias: Float[np.ndarray, " out"],
        activation: Activation = IDENTITY,
    ) -> list[int]:
        """A dense layer, activation(W v + b); weights that are 0 make no edges."""
        chosen = [np.flatnonzero(row).tolist() for row in weight]
        return [
            self.node([nodes[i] for i in reads], row[reads].tolist(), float(shift), activation)
            for reads, row, shift in zip(chosen, weight, bias, strict=True)
        ]

    def circuit(self, circuit: Circuit, nodes: Sequence[int]) -> list[int]:
        """The circuit's outputs, ±1, from nodes that are ±1: an AND is clip(a + b - 1), an XOR is tent(a + b)."""
        if len(nodes) != circuit.num_inputs:
            raise ReductionError(f"circuit {circuit.name!r} has {circuit.num_inputs} inputs, not {len(nodes)}")
        at = [-1, *nodes]
        for left, right, is_xor in zip(
            circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True
        ):
            source, sign = [at[left >> 1], at[right >> 1]], [1.0 - 2 * (left & 1), 1.0 - 2 * (right & 1)]
            at.append(self.node(source, sign, 0.0, TENT) if is_xor else self.node(source, sign, -1.0, CLIP))
        return [self._literal(at, literal) for literal in circuit.outputs.tolist()]

    def _literal(self, at: list[int], literal: int) -> int:
        """The node of an output: a node of its own for a constant or a complement."""
        sign = 1.0 - 2 * (literal & 1)
        if literal < 2:
            return self.node([], [], -sign)
        return at[literal >> 1] if sign > 0 else self.node([at[literal >> 1]], [sign])

    def append(self, network: Network, nodes: Sequence[int]) -> list[int]:
        """A copy of `network` that reads `nodes`: its outputs."""
        if len(nodes) != network.inputs:
            raise ReductionError(f"the network has {network.inputs} inputs, not {len(nodes)}")
        at = np.concatenate(
            [np.array(nodes, dtype=np.int64), self.inputs + len(self._bias) + np.arange(len(network.bias))]
        )
        offset = len(self._source)
        self._source.extend(at[network.source].tolist())
        self._weight.extend(network.weight.tolist())
        self._start.extend((offset + network.start[1:]).tolist())
        self._bias.extend(network.bias.tolist())
        kinds = [self._activations.setdefault(one, len(self._activations)) for one in network.activations]
        self._kind.extend(kinds[kind] for kind in network.kind.tolist())
        return [int(node) for node in at[network.outputs]]

    def build(self, outputs: Sequence[int]) -> Network:
        """The network. Raises `ReductionError` if a node reads what does not exist yet, or a weight is not finite."""
        return Network(
            self.inputs,
            np.array(self._start),
            np.array(self._source, dtype=np.int64),
            np.array(self._weight),
            np.array(self._bias),
            np.array(self._kind, dtype=np.int64),
            tuple(self._activations),
            np.array(outputs, dtype=np.int64),
        )
