"""The order in which an interpreter computes the gates, and the few slots that hold the values still to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import UInt32

from circuits.circuit import Circuit
from circuits.transform import cone

#: What an instruction (operation, a, b, to) does. Complements are folded into the operation, so there is one
#: operation a word and no mask: slot[to] = a & b, a & ~b, ~a & ~b or a ^ b of the slots a and b;
AND, AND_NOT, NOR, XOR = 0, 1, 2, 3
#: slot[to] = input a, or 0; output[to] = slot a, or its complement.
LOAD, ZERO, STORE, STORE_NOT = 4, 5, 6, 7


@dataclass(frozen=True, eq=False)
class Schedule:
    """A straight-line program over `num_slots` slots: one instruction a gate, a load an input, a store an output.

    A slot is free again after its last read; the slot that an instruction writes is never one that it reads, so that
    loops over the words of a slot vectorise. Gates that no output needs are left out.
    """

    code: UInt32[np.ndarray, "instructions 4"]
    num_slots: int


@lru_cache(maxsize=64)
def schedule(circuit: Circuit) -> Schedule:
    """The schedule of the better of two orders of the gates: as built, and depth first from the outputs."""
    needed = cone(circuit)
    orders = range(needed.num_gates), _depth_first(needed)
    return min((_Emitter(needed).emit(order) for order in orders), key=lambda candidate: candidate.num_slots)


def _depth_first(circuit: Circuit) -> list[int]:
    """The gates, each as late as the first output that needs it allows."""
    offset = 1 + circuit.num_inputs
    fanin0, fanin1 = (circuit.fanin0 >> 1).tolist(), (circuit.fanin1 >> 1).tolist()
    done = bytearray(circuit.num_nodes)
    done[:offset] = bytes([1]) * offset
    order = []
    for output in (circuit.outputs >> 1).tolist():
        stack = [output]
        while stack:
            node = stack[-1]
            if done[node]:
                stack.pop()
                continue
            waiting = [f for f in (fanin0[node - offset], fanin1[node - offset]) if not done[f]]
            if waiting:
                stack += waiting
            else:
                done[stack.pop()] = 1
                order.append(node - offset)
    return order


class _Emitter:
    """Emits instructions and keeps count of the reads that each node still has before it."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.code: list[tuple[int, int, int, int]] = []
        self.slot = [-1] * circuit.num_nodes
        self.free: list[int] = []
        self.num_slots = 0
        fanins = np.concatenate((circuit.fanin0, circuit.fanin1)) >> 1
        self.reads = np.bincount(fanins, minlength=circuit.num_nodes).tolist()
        self.stores: dict[int, list[tuple[int, int]]] = {}
        for index, literal in enumerate(circuit.outputs.tolist()):
            self.stores.setdefault(literal >> 1, []).append((STORE_NOT if literal & 1 else STORE, index))

    def emit(self, order: Sequence[int]) -> Schedule:
        circuit, offset = self.circuit, 1 + self.circuit.num_inputs
        fanin0, fanin1, is_xor = circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist()
        for gate in order:
            a, b = fanin0[gate], fanin1[gate]
            if a & 1 and not b & 1:
                a, b = b, a
            operation = XOR if is_xor[gate] else AND + (a & 1) + (b & 1)
            self._write(offset + gate, operation, self._read(a >> 1), self._read(b >> 1))
            self._release(a >> 1)
            self._release(b >> 1)
            if not self.reads[offset + gate]:
                self.free.append(self.slot[offset + gate])
        for node in self.stores.keys() & set(range(offset)):
            if self.slot[node] < 0:
                self._read(node)
                self.free.append(self.slot[node])
        return Schedule(np.array(self.code, dtype=np.uint32).reshape(-1, 4), self.num_slots)

    def _read(self, node: int) -> int:
        """The slot of the node; a constant or an input is loaded when it is first read."""
        if self.slot[node] < 0:
            self._write(node, LOAD if node else ZERO, max(node - 1, 0), 0)
        return self.slot[node]

    def _write(self, node: int, operation: int, a: int, b: int) -> None:
        """The instruction that computes the node, and those that store it to outputs."""
        if self.free:
            to = self.free.pop()
        else:
            to = self.num_slots
            self.num_slots += 1
        self.slot[node] = to
        self.code.append((operation, a, b, to))
        self.code += [(store, to, 0, index) for store, index in self.stores.get(node, ())]

    def _release(self, node: int) -> None:
        self.reads[node] -= 1
        if not self.reads[node]:
            self.free.append(self.slot[node])
