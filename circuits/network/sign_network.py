"""`compile`: a circuit as a torch module of min and max with weights -1 and 1; `Generator`: G(z) = C(sgn z)."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.network import gadgets, kernel
from circuits.network.size import Size, size_of

#: Values (rows times batch) held at once by the levelled path: 32 MB of float32 on a CPU, 1 GB on an accelerator.
CPU_VALUES, DEVICE_VALUES = 1 << 23, 1 << 28
#: Gates times batch below which the fused kernel is not worth its second of compilation.
WORTHWHILE = 1 << 22


class Level(NamedTuple):
    """Nodes `start` to `xors` are mins, `xors` to `stop` are XOR gadgets; none reads another of its level."""

    start: int
    xors: int
    stop: int


class SignNetwork(nn.Module):
    """The circuit's function on {-1,1}^inputs, by min, max and weights -1 and 1 alone. Made by `compile`.

    Values stand in rows, two a node: row 2 n holds node n and row 2 n + 1 its negation, so that a literal is a row and
    a layer is a gather and a min. Node 0 is the bias -1, then come the inputs, then the gates level by level. The
    tensors `left`, `right` (rows that each gate reads) and `outputs` (rows that are read out) are the network; where
    `levels` says XOR, a gate is `gadgets.exclusive_or` of its two rows, else `gadgets.conjunction`.

    Off the vertices the network computes the fuzzy relaxation described in `circuits.network.gadgets`; subgradients are
    those of torch (a tie of min or max gives half to each side). NaN passes on through min and max. On a CPU, without
    gradients, large batches take a fused kernel with equal results; `engine="torch"` forbids it.
    """

    left: Tensor
    right: Tensor
    outputs: Tensor

    def __init__(self, circuit: Circuit, *, engine: Literal["auto", "torch"] = "auto") -> None:
        super().__init__()
        if engine not in ("auto", "torch"):
            raise CircuitError(f"engine {engine!r} is unknown: use 'auto' or 'torch'")
        self.name, self.engine = circuit.name, engine
        self.input_names, self.output_names = circuit.input_names, circuit.output_names
        levelled, levels = _levelled(circuit)
        self.levels: tuple[Level, ...] = levels
        for name, array in (("left", levelled.fanin0), ("right", levelled.fanin1), ("outputs", levelled.outputs)):
            self.register_buffer(name, torch.from_numpy(np.array(array)))

    @property
    def num_inputs(self) -> int:
        """The dimension of the argument."""
        return len(self.input_names)

    @property
    def num_nodes(self) -> int:
        """The bias, the inputs and the gates."""
        return 1 + self.num_inputs + len(self.left)

    def size(self) -> Size:
        """Parameters, depth, width and nonlinearities in the paper's sense."""
        return size_of(self)

    def extra_repr(self) -> str:
        """The line that torch prints."""
        return f"{self.name!r}: {self.num_inputs} -> {len(self.outputs)}, {len(self.left)} gates"

    def forward(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch outputs"]:
        """The outputs, in x's dtype and on its device.

        Raises `CircuitError` if x is not a floating-point batch of the right width, or is not where the network is.
        """
        if x.ndim != 2 or x.shape[1] != self.num_inputs or not x.is_floating_point():
            raise CircuitError(
                f"network {self.name!r} takes a floating-point batch of shape (batch, {self.num_inputs}),"
                f" not {x.dtype} of shape {tuple(x.shape)}"
            )
        if x.device != self.left.device:
            raise CircuitError(
                f"network {self.name!r} is on {self.left.device}, its argument on {x.device}: move one with .to()"
            )
        if torch.is_grad_enabled() and x.requires_grad:
            result: Tensor = _Differentiable.apply(x, self)  # type: ignore[no-untyped-call]
            return result
        large = len(x) * len(self.left) >= WORTHWHILE
        if self.engine == "auto" and x.device.type == "cpu" and large and not x.isnan().any():
            levels = np.array(self.levels, dtype=np.int64).reshape(-1, 3)
            return kernel.run(self.left, self.right, self.outputs, levels, x)
        return self._in_blocks(x)

    def _in_blocks(self, x: Tensor) -> Tensor:
        """Level by level, over blocks of the batch that bound the memory."""
        values = CPU_VALUES if x.device.type == "cpu" else DEVICE_VALUES
        block = max(1, values // (2 * self.num_nodes))
        result = x.new_empty(len(x), len(self.outputs))
        for start in range(0, len(x), block):
            part = slice(start, start + block)
            result[part] = self.rows(x[part].detach()).index_select(0, self.outputs).T
        return result

    def rows(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "rows batch"]:
        """Every node's value and negation: what the network computes, row by row."""
        values = x.new_empty(self.num_nodes, 2, len(x))
        rows = values.view(2 * self.num_nodes, len(x))
        values[0, 0] = -1
        values[1 : 1 + self.num_inputs, 0] = x.T
        values[: 1 + self.num_inputs, 1] = gadgets.complement(values[: 1 + self.num_inputs, 0])
        for level in self.levels:
            for start, stop, gadget in self.gates(level):
                values[start:stop, 0] = gadget(*self.operands(rows, start, stop))
            values[level.start : level.stop, 1] = gadgets.complement(values[level.start : level.stop, 0])
        return rows

    def gates(self, level: Level) -> list[tuple[int, int, gadgets.Gadget]]:
        """The level's runs of equal gadgets, as first node, last node + 1, gadget."""
        runs = [
            (level.start, level.xors, gadgets.conjunction),
            (level.xors, level.stop, gadgets.exclusive_or),
        ]
        return [run for run in runs if run[0] < run[1]]

    def operands(self, rows: Tensor, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """The rows that nodes `start` to `stop` read."""
        gate = slice(start - 1 - self.num_inputs, stop - 1 - self.num_inputs)
        return rows.index_select(0, self.left[gate]), rows.index_select(0, self.right[gate])


class _Differentiable(torch.autograd.Function):
    """Forward keeps every row; backward walks the levels once. torch's own tape would copy the rows at each level."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, network: SignNetwork) -> Tensor:
        rows = network.rows(x.detach())
        ctx.save_for_backward(rows)
        ctx.network = network
        return rows.index_select(0, network.outputs).T.contiguous()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (rows,), network = ctx.saved_tensors, ctx.network
        slope = torch.zeros_like(rows).index_add_(0, network.outputs, gradients[0].T.contiguous())
        for level in reversed(network.levels):
            for start, stop, gadget in network.gates(level):
                with torch.enable_grad():
                    a, b = (operand.requires_grad_() for operand in network.operands(rows, start, stop))
                    value = gadget(a, b)
                upper = slope[2 * start : 2 * stop : 2] - slope[2 * start + 1 : 2 * stop : 2]
                slope_a, slope_b = torch.autograd.grad(value, (a, b), upper)
                gate = slice(start - 1 - network.num_inputs, stop - 1 - network.num_inputs)
                slope.index_add_(0, network.left[gate], slope_a).index_add_(0, network.right[gate], slope_b)
        inputs = slope[2 : 2 + 2 * network.num_inputs]
        return (inputs[::2] - inputs[1::2]).T, None


class Generator(nn.Module):
    """G(z) = C(sgn z) of Theorem 2 (pareek-risteski-2022): R^inputs -> {-1,1}^outputs, sgn(0) = +1, NaN stays NaN.

    `sgn="exact"` passes no gradient (it would be zero). `sgn="straight-through"` has the same values and gives sgn the
    gradient of the identity, everywhere, so that the network can be attacked by gradient descent.
    """

    def __init__(self, network: SignNetwork, *, sgn: Literal["exact", "straight-through"] = "exact") -> None:
        super().__init__()
        if sgn not in ("exact", "straight-through"):
            raise CircuitError(f"sgn {sgn!r} is unknown: use 'exact' or 'straight-through'")
        self.network, self.sgn = network, sgn

    def forward(self, z: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch outputs"]:
        """C(sgn z), in z's dtype and on its device. Raises `CircuitError` as `SignNetwork` does."""
        signs = gadgets.sgn(z) if self.sgn == "exact" else gadgets.straight_through_sgn(z)
        result: Tensor = self.network(signs)
        return result

    def size(self) -> Size:
        """The network's size and the layer of sgn before it."""
        return size_of(self.network, generator=True)


def compile(circuit: Circuit, *, engine: Literal["auto", "torch"] = "auto") -> SignNetwork:  # noqa: A001
    """The circuit as a network on {-1,1}^inputs: exact at every vertex, in every floating-point type.

    >>> import torch
    >>> from circuits import Builder
    >>> from circuits.network import compile
    >>> b = Builder("half adder")
    >>> x, y = b.input("x"), b.input("y")
    >>> b.output(x ^ y, "sum")
    >>> b.output(x & y, "carry")
    >>> compile(b.build())(torch.tensor([[1.0, 1.0], [1.0, -1.0]]))
    tensor([[-1.,  1.],
            [ 1., -1.]])
    """
    return SignNetwork(circuit, engine=engine)


def generator(circuit: Circuit, *, sgn: Literal["exact", "straight-through"] = "exact") -> Generator:
    """G(z) = C(sgn z): see `Generator`."""
    return Generator(compile(circuit), sgn=sgn)


def _levelled(circuit: Circuit) -> tuple[Circuit, tuple[Level, ...]]:
    """The same circuit with its gates ordered by level, ANDs first in each, and where each level lies."""
    first = 1 + circuit.num_inputs
    depth_of = circuit.levels[first:]
    order = np.lexsort((circuit.is_xor, depth_of))
    number = np.arange(circuit.num_nodes, dtype=np.int32)
    number[first + order] = first + np.arange(circuit.num_gates, dtype=np.int32)
    rows = [2 * number[fanin[order] >> 1] + (fanin[order] & 1) for fanin in (circuit.fanin0, circuit.fanin1)]
    is_xor = circuit.is_xor[order]
    outputs = 2 * number[circuit.outputs >> 1] + (circuit.outputs & 1)
    levelled = Circuit(circuit.input_names, circuit.output_names, np.minimum(*rows), np.maximum(*rows), is_xor, outputs)
    stops = np.bincount(depth_of, minlength=1)[1:].cumsum() + first
    xors = np.bincount(depth_of[circuit.is_xor], minlength=len(stops) + 1)[1:]
    starts = [first, *stops[:-1].tolist()]
    pairs = zip(starts, stops.tolist(), xors.tolist(), strict=False)
    return levelled, tuple(Level(start, stop - xor, stop) for start, stop, xor in pairs)
