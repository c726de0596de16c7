"""Networks as ONNX graphs of Gather, Neg, Min, Max, Concat and, for the generator, Sign."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from jaxtyping import Int64
from onnx import TensorProto, helper, numpy_helper

from circuits.circuit import TRUE, Circuit
from circuits.error import CircuitError
from circuits.files import write_whole
from circuits.network.proof import to_circuit
from circuits.network.sign_network import Generator, Level, SignNetwork, compile  # noqa: A004
from circuits.transform import cone

#: Opset and IR version: old enough for the verification tools of today (and any onnxruntime since 1.14).
OPSET, IR_VERSION = 17, 8

Rows = Int64[np.ndarray, " rows"]


def to_onnx(
    network: SignNetwork | Generator | Circuit,
    path: str | Path,
    *,
    generator: bool = False,
    batch: str | int = "batch",
    batch_first: bool = False,
) -> None:
    """Write the network as ONNX: float32 `x` (batch, inputs) to `y` (batch, outputs), less gates that no output needs.

    `generator` (implied by a `Generator`) puts sgn in front, as Sign(Sign(z) + 1/2): +1 at 0, with the two operators
    that verification tools know. `batch` names the free batch axis, or fixes it to a number. Rows of the graph are
    nodes and columns the batch, which is transposed on the way in and out, because a gather of whole rows is fast;
    `batch_first` keeps the batch in front throughout, as verification tools want it, and is slower to run.

    Raises `CircuitError` for a batch that is neither a name nor positive, or a file that cannot be written.
    """
    write_whole(path, dumps_onnx(network, generator=generator, batch=batch, batch_first=batch_first))


def dumps_onnx(
    network: SignNetwork | Generator | Circuit,
    *,
    generator: bool = False,
    batch: str | int = "batch",
    batch_first: bool = False,
) -> bytes:
    """The bytes of the file that `to_onnx` writes; equal networks, equal bytes. Raises as it does."""
    if not (batch if isinstance(batch, str) else batch > 0):
        raise CircuitError(f"batch {batch!r} is neither a name nor a positive number")
    if isinstance(network, Generator):
        network, generator = network.network, True
    circuit = cone(network if isinstance(network, Circuit) else to_circuit(network))
    graph = _Graph(compile(circuit), axis=int(batch_first), batch=batch)
    model = helper.make_model(
        graph.proto(generator=generator),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="lemmata",
    )
    onnx.checker.check_model(model)
    serialised: bytes = model.SerializeToString(deterministic=True)
    return serialised


class _Graph:
    """The graph under construction: one store of live rows, rewritten level by level."""

    def __init__(self, network: SignNetwork, *, axis: int, batch: str | int) -> None:
        self.network, self.axis, self.batch = network, axis, batch
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        #: Which rows the store holds, and where each of them is.
        self.held: Rows = np.zeros(0, dtype=np.int64)
        self.place: Rows = np.zeros(2 * network.num_nodes, dtype=np.int64)
        left, right, outputs = (t.numpy() for t in (network.left, network.right, network.outputs))
        self.reads = (left, right, outputs)
        #: The level that reads each row last: one after the last for an output, -1 for a row that is never read.
        self.last = np.full(2 * network.num_nodes, -1, dtype=np.int64)
        for depth, level in enumerate(network.levels):
            gates = self.gates(level.start, level.stop)
            self.last[left[gates]] = self.last[right[gates]] = depth
        self.last[outputs] = len(network.levels)

    def gates(self, start: int, stop: int) -> slice:
        return slice(start - 1 - self.network.num_inputs, stop - 1 - self.network.num_inputs)

    def proto(self, *, generator: bool) -> onnx.GraphProto:
        """The whole graph."""
        inputs, outputs = self.network.num_inputs, len(self.network.outputs)
        value = "x"
        if generator:
            half = self.constant(np.array(0.5, dtype=np.float32))
            value = self.add("Sign", self.add("Add", self.add("Sign", value), half))
        if self.axis == 0:
            value = self.add("Transpose", value, perm=[1, 0])
        store = self.renew([*self.bias(), *self.signed(value, 1, inputs, -1)])
        for depth, level in enumerate(self.network.levels):
            new = self.signed(self.level(store, level), level.start, level.stop - level.start, depth)
            store = self.renew([*self.kept(store, depth), *new])
        store = self.gather(store, self.place[self.reads[2]])
        if self.axis == 0:
            self.add("Transpose", store, result="y", perm=[1, 0])
        else:
            self.add("Identity", store, result="y")
        return helper.make_graph(
            self.nodes,
            self.network.name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [self.batch, inputs])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [self.batch, outputs])],
            initializer=self.constants,
        )

    def level(self, store: str, level: Level) -> str:
        """The values of a level's gates."""
        made = []
        if level.start < level.xors:
            made.append(self.add("Min", *self.operands(store, level.start, level.xors)))
        if level.xors < level.stop:
            a, b = self.operands(store, level.xors, level.stop)
            only_a, only_b = self.add("Min", a, self.add("Neg", b)), self.add("Min", self.add("Neg", a), b)
            made.append(self.add("Max", only_a, only_b))
        return made[0] if len(made) == 1 else self.add("Concat", *made, axis=self.axis)

    def operands(self, store: str, start: int, stop: int) -> list[str]:
        return [self.gather(store, self.place[read[self.gates(start, stop)]]) for read in self.reads[:2]]

    def bias(self) -> list[tuple[str, Rows]]:
        """The constant rows that an output reads; one also where there is nothing else to hold."""
        rows = np.flatnonzero(self.last[:2] >= 0)
        if not len(rows) and np.all(self.last < 0):
            rows = np.array([TRUE])
        if not len(rows):
            return []
        shape = [len(rows), 1] if self.axis == 0 else [1, len(rows)]
        column = (2 * rows - 1).astype(np.float32).reshape(shape)
        if isinstance(self.batch, int):
            return [(self.constant(np.repeat(column, self.batch, axis=1 - self.axis)), rows)]
        count = self.add("Shape", "x", start=0, end=1)
        known = self.constant(np.array([len(rows)]))
        full = self.add("Concat", *((known, count) if self.axis == 0 else (count, known)), axis=0)
        return [(self.add("Expand", self.constant(column), full), rows)]

    def kept(self, store: str, depth: int) -> list[tuple[str, Rows]]:
        """What of the store is read after this level."""
        rows = self.held[self.last[self.held] > depth]
        return [(self.gather(store, self.place[rows]), rows)]

    def signed(self, value: str, first: int, count: int, depth: int) -> list[tuple[str, Rows]]:
        """The values of nodes `first` and on, and their negations, as far as they are read later."""
        parts = []
        for sign in (0, 1):
            nodes = np.flatnonzero(self.last[2 * first + sign : 2 * (first + count) : 2] > depth)
            taken = self.gather(value, nodes, out_of=count) if len(nodes) else value
            parts.append((self.add("Neg", taken) if sign and len(nodes) else taken, 2 * (first + nodes) + sign))
        return parts

    def renew(self, parts: Sequence[tuple[str, Rows]]) -> str:
        """Join the parts into the new store."""
        parts = [(value, rows) for value, rows in parts if len(rows)]
        self.held = np.concatenate([rows for _, rows in parts])
        self.place[self.held] = np.arange(len(self.held))
        values = [value for value, _ in parts]
        return values[0] if len(values) == 1 else self.add("Concat", *values, axis=self.axis)

    def gather(self, value: str, index: Rows, *, out_of: int | None = None) -> str:
        """The rows `index` of `value`, which has `out_of` of them (as many as the store, if None)."""
        count = len(self.held) if out_of is None else out_of
        if np.array_equal(index, np.arange(count)):
            return value
        return self.add("Gather", value, self.constant(index.astype(np.int64)), axis=self.axis)

    def constant(self, array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, *arguments: str, result: str | None = None, **attributes: Any) -> str:
        name = f"v{len(self.nodes)}" if result is None else result
        self.nodes.append(helper.make_node(operator, list(arguments), [name], **attributes))
        return name
