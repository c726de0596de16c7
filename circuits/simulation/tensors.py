"""The engine for accelerators: bit-sliced 64-bit integers of torch, a whole level of gates at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from circuits.circuit import Circuit
from circuits.simulation.lanes import Words

#: Bytes of node values at a time: every node keeps its value, so wide batches go in slices of so much.
VALUE_BYTES = 1 << 28


@dataclass(frozen=True, eq=False)
class _Gates:
    """Gates of one level and one kind: rows `first` to `last` from rows `a` and `b` (complemented by the masks)."""

    first: int
    last: int
    is_xor: bool
    a: Int64[Tensor, " gates"]
    b: Int64[Tensor, " gates"]
    flip_a: Int64[Tensor, "gates 1"]
    flip_b: Int64[Tensor, "gates 1"]


@dataclass(frozen=True, eq=False)
class _Plan:
    steps: tuple[_Gates, ...]
    outputs: Int64[Tensor, " outputs"]
    flips: Int64[Tensor, "outputs 1"]


class TensorKernel:
    """The tensor engine on arrays, called like the others: on torch's CPU device."""

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit

    def __call__(self, inputs: Words, inputs_first: int, outputs: Words, outputs_first: int, count: int) -> None:
        """Fill `count` columns of `outputs` from as many of `inputs`."""
        columns = inputs[:, inputs_first : inputs_first + count].astype(np.int64)
        result = bit_sliced(self._circuit, torch.from_numpy(columns))
        outputs[:, outputs_first : outputs_first + count] = result.numpy().view(np.uint64)


def bit_sliced(circuit: Circuit, words: Int64[Tensor, "inputs words"]) -> Int64[Tensor, "outputs words"]:
    """Every output on packed lanes, on the device of `words`: bit l of word w is lane 64 * w + l."""
    plan = _plan(circuit, words.device)
    result = words.new_empty((circuit.num_outputs, words.shape[1]))
    slice_words = max(VALUE_BYTES // (8 * circuit.num_nodes), 1)
    for start in range(0, words.shape[1], slice_words):
        columns = slice(start, start + slice_words)
        value = words.new_zeros((circuit.num_nodes, words[:, columns].shape[1]))
        value[1 : 1 + circuit.num_inputs] = words[:, columns]
        for step in plan.steps:
            a, b = value[step.a], value[step.b]
            value[step.first : step.last] = a ^ b if step.is_xor else (a ^ step.flip_a) & (b ^ step.flip_b)
        result[:, columns] = value[plan.outputs] ^ plan.flips
    return result


def pack_lanes(bits: Bool[Tensor, "lanes rows"]) -> Int64[Tensor, "rows words"]:
    """Lanes to words on the tensor's device; the lanes beyond the last are 0."""
    lanes, rows = bits.shape
    padded = torch.nn.functional.pad(bits.T, (0, -lanes % 64)).reshape(rows, (lanes + 63) // 64, 64)
    words = padded.new_zeros(padded.shape[:2], dtype=torch.int64)
    for place in range(64):
        words |= padded[:, :, place].to(torch.int64) << place
    return words


def unpack_lanes(words: Int64[Tensor, "rows words"], lanes: int) -> Bool[Tensor, "lanes rows"]:
    """The first `lanes` lanes, on the words' device."""
    bits = torch.empty((*words.shape, 64), dtype=torch.bool, device=words.device)
    for place in range(64):
        bits[:, :, place] = (words >> place & 1).to(torch.bool)
    return bits.reshape(words.shape[0], 64 * words.shape[1])[:, :lanes].T


@lru_cache(maxsize=16)
def _plan(circuit: Circuit, device: torch.device) -> _Plan:
    """The gates by level and kind, so that each step writes consecutive rows."""
    offset = 1 + circuit.num_inputs
    key = 2 * circuit.levels[offset:].astype(np.int64) + circuit.is_xor
    order = np.argsort(key, kind="stable")
    row = np.arange(circuit.num_nodes)
    row[offset + order] = offset + np.arange(circuit.num_gates)
    ends = np.flatnonzero(np.diff(key[order], append=-1)) + 1

    def rows(literals: np.ndarray) -> Int64[Tensor, " literals"]:
        return torch.from_numpy(row[literals >> 1]).to(device)

    def flips(literals: np.ndarray) -> Int64[Tensor, "literals 1"]:
        return torch.from_numpy(-(literals & 1).astype(np.int64)[:, None]).to(device)

    steps, first = [], 0
    for last in ends.tolist():
        gates = order[first:last]
        a, b = circuit.fanin0[gates], circuit.fanin1[gates]
        is_xor = bool(circuit.is_xor[gates[0]])
        steps.append(_Gates(offset + first, offset + last, is_xor, rows(a), rows(b), flips(a), flips(b)))
        first = last
    return _Plan(tuple(steps), rows(circuit.outputs), flips(circuit.outputs))
