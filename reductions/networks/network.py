"""`Network`: an immutable graph of nodes v = sigma(bias + sum_i w_i v_i), as in the proof of Theorem 2, eq. (48)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from reductions.error import ReductionError
from reductions.networks.activation import Activation, PiecewiseLinear

#: Values (nodes times batch) held at once: 128 MB of float64.
VALUES = 1 << 24


@dataclass(frozen=True, eq=False)
class Network:
    """A function R^inputs -> R^outputs. Node i < inputs is input i; node inputs + k is row k of the arrays.

    Row k reads the nodes `source[start[k] : start[k+1]]`, all before it, with the weights at the same places, adds
    `bias[k]`, and applies `activations[kind[k]]`. `outputs` lists nodes. `NetworkBuilder` makes networks.

    Raises `ReductionError` if the arrays are not such a graph.
    """

    inputs: int
    start: Int64[np.ndarray, " rows_and_one"]
    source: Int64[np.ndarray, " edges"]
    weight: Float64[np.ndarray, " edges"]
    bias: Float64[np.ndarray, " rows"]
    kind: Int64[np.ndarray, " rows"]
    activations: tuple[Activation, ...]
    outputs: Int64[np.ndarray, " outputs"]

    def __post_init__(self) -> None:
        for name, dtype in (("start", "i8"), ("source", "i8"), ("kind", "i8"), ("outputs", "i8"),
                            ("weight", "f8"), ("bias", "f8")):  # fmt: skip
            array = np.array(getattr(self, name), dtype=dtype)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if complaint := next(self._complaints(), None):
            raise ReductionError(f"not a network: {complaint}")

    def _complaints(self) -> Iterator[str]:
        """What is wrong with the arrays; nothing, in a network."""
        rows, edges = len(self.bias), len(self.source)
        if any(array.ndim != 1 for array in (self.start, self.source, self.weight, self.bias, self.kind, self.outputs)):
            yield "an array is not a vector"
        if len(self.start) != rows + 1 or len(self.kind) != rows or len(self.weight) != edges:
            yield "its arrays have lengths that do not fit together"
        if self.start[0] != 0 or self.start[-1] != edges or np.any(self.start[1:] < self.start[:-1]):
            yield "its rows do not partition its edges"
        if np.any(self.source < 0) or np.any(self.source >= self.inputs + self.row_of_edge):
            yield "a node reads itself, a later node or none"
        if np.any(self.kind < 0) or np.any(self.kind >= len(self.activations)):
            yield "a node's activation is not in its list"
        if np.any(self.outputs < 0) or np.any(self.outputs >= self.num_nodes):
            yield "an output is not one of its nodes"
        if not (np.isfinite(self.weight).all() and np.isfinite(self.bias).all()):
            yield "a weight or a bias is not finite"

    def __repr__(self) -> str:
        return (
            f"<Network {self.inputs} -> {len(self.outputs)}, {len(self.bias)} nodes, {self.parameters} parameters,"
            f" depth {self.depth}>"
        )

    @property
    def num_nodes(self) -> int:
        """The inputs and the rows."""
        return self.inputs + len(self.bias)

    @cached_property
    def row_of_edge(self) -> Int64[np.ndarray, " edges"]:
        """The row that each edge leads to."""
        return np.repeat(np.arange(len(self.bias)), np.diff(self.start))

    @property
    def parameters(self) -> int:
        """Weights, and biases other than 0: the size of the paper's theorems."""
        return len(self.weight) + int(np.count_nonzero(self.bias))

    @cached_property
    def depths(self) -> Int64[np.ndarray, " nodes"]:
        """Of each node, the longest path to it from an input; inputs, and nodes that read nothing, are at 0 and 1."""
        depth = np.zeros(self.num_nodes, dtype=np.int64)
        for row, (begin, end) in enumerate(zip(self.start[:-1].tolist(), self.start[1:].tolist(), strict=True)):
            depth[self.inputs + row] = 1 + max(depth[self.source[begin:end]], default=0)
        return depth

    @property
    def depth(self) -> int:
        """The longest path from an input to a node."""
        return int(self.depths.max(initial=0))

    @property
    def fan_in(self) -> int:
        """N: the most edges that lead to one node, its bias counted as one (an edge from the constant 1)."""
        return int((np.diff(self.start) + (self.bias != 0)).max(initial=0))

    @property
    def weight_bound(self) -> float:
        """W: the largest modulus of a weight or bias."""
        return float(max(np.abs(self.weight).max(initial=0.0), np.abs(self.bias).max(initial=0.0)))

    @property
    def lipschitz(self) -> float:
        """L: the largest Lipschitz constant of an activation."""
        return max((self.activations[kind].lipschitz for kind in np.unique(self.kind)), default=0.0)

    @property
    def piecewise_linear(self) -> tuple[PiecewiseLinear, ...]:
        """Its activations, if all are piecewise linear. Raises `ReductionError` if one is smooth."""
        linear = tuple(one for one in self.activations if isinstance(one, PiecewiseLinear))
        if len(linear) < len(self.activations):
            smooth = next(one.name for one in self.activations if one not in linear)
            raise ReductionError(f"activation {smooth!r} is not piecewise linear: replace it by `tabulated` first")
        return linear

    def __call__(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch outputs"]:
        """The outputs, in x's dtype and on its device, over blocks of the batch that bound the memory."""
        self._check(x)
        block = max(1, VALUES // max(1, self.num_nodes))
        parts = [self.values(part)[:, torch.tensor(self.outputs)] for part in torch.split(x, block)]
        return torch.cat(parts) if parts else x.new_empty(0, len(self.outputs))

    def values(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch nodes"]:
        """What every node computes, inputs included."""
        self._check(x)
        values = x.new_empty(self.num_nodes, len(x))
        values[: self.inputs] = x.T
        for level in self._levels:
            rows, weights = level.on(x)
            total = torch.sparse.mm(weights, values) + torch.tensor(self.bias[level.rows]).to(x)[:, None]
            for kind in np.unique(self.kind[level.rows]):
                chosen = torch.from_numpy(self.kind[level.rows] == kind).to(x.device)
                total[chosen] = self.activations[kind](total[chosen])
            values[rows] = total
        return values.T

    def bind(self, last: Sequence[float]) -> Network:
        """The function of the first inputs, with `last` for the others: what they bring has become biases.

        Raises `ReductionError` for more numbers than inputs, or if an output is itself one of the bound inputs.
        """
        free = self.inputs - len(last)
        if free < 0 or np.any((self.outputs >= free) & (self.outputs < self.inputs)):
            raise ReductionError(f"{len(last)} of {self.inputs} inputs cannot be bound: an output would not be a node")
        bound = (self.source >= free) & (self.source < self.inputs)
        given = np.concatenate([np.zeros(free), np.asarray(last, dtype=float), np.zeros(len(self.bias))])
        bias = self.bias + np.bincount(self.row_of_edge, self.weight * given[self.source], len(self.bias))
        edges_before = np.concatenate([[0], np.cumsum(~bound)])

        def renumbered(nodes: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
            return np.where(nodes >= self.inputs, nodes - len(last), nodes)

        return Network(
            free, edges_before[self.start], renumbered(self.source[~bound]), self.weight[~bound], bias, self.kind,
            self.activations, renumbered(self.outputs),
        )  # fmt: skip

    def _check(self, x: Tensor) -> None:
        if x.ndim != 2 or x.shape[1] != self.inputs or not x.is_floating_point():
            raise ReductionError(
                f"the network takes a floating-point batch of shape (batch, {self.inputs}), not {x.dtype} of shape"
                f" {tuple(x.shape)}"
            )

    @cached_property
    def _levels(self) -> list[_Level]:
        depth = self.depths[self.inputs :]
        order = np.argsort(depth, kind="stable")
        cuts = np.searchsorted(depth[order], np.arange(1, self.depth + 1))
        return [_Level(self, rows) for rows in np.split(order, cuts[1:]) if len(rows)]


class _Level:
    """The rows of one depth, as a sparse matrix over all nodes."""

    def __init__(self, network: Network, rows: Int64[np.ndarray, " rows"]) -> None:
        self.rows, self.inputs = rows, network.inputs
        degree = network.start[rows + 1] - network.start[rows]
        ends = np.cumsum(degree)
        edges = np.repeat(network.start[rows] - (ends - degree), degree) + np.arange(int(degree.sum()))
        where = np.stack([np.repeat(np.arange(len(rows)), degree), network.source[edges]])
        self.where, self.weight = torch.tensor(where), torch.tensor(network.weight[edges])
        self.shape = (len(rows), network.num_nodes)
        self._ready: dict[tuple[torch.dtype, torch.device], tuple[Tensor, Tensor]] = {}

    def on(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The nodes of this level, and the matrix, in x's dtype and on its device."""
        key = (x.dtype, x.device)
        if key not in self._ready:
            rows = torch.tensor(self.inputs + self.rows, device=x.device)
            weight = self.weight.to(x)
            matrix = torch.sparse_coo_tensor(self.where.to(x.device), weight, self.shape, check_invariants=False)
            self._ready[key] = rows, matrix.coalesce()
        return self._ready[key]
