"""AIGER, ascii (.aag) and binary (.aig), combinational: https://fmv.jku.at/papers/BiereHeljankoWieringa-FMV-TR-11-2.pdf.

AIGER has ANDs only. A XOR is written as three, ~(x & y) & ~(~x & ~y), and wherever a file has that shape its reader
makes a XOR of it again; gates that no output reads are dropped. Inputs and outputs have their names as symbols (see
`names`), and the circuit's name is the first line of the comment.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int64

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.formats.aiger_parse import Aiger, parse
from circuits.formats.names import as_line, port_names
from circuits.transform import cone
from circuits.word import Bit

Literals = Int64[np.ndarray, " ands"]


def read_aiger(data: bytes) -> Circuit:
    """The circuit of a file in either encoding; the header tells them apart. Raises `FormatError`."""
    return from_ands(parse(data))


def from_ands(aiger: Aiger) -> Circuit:
    """The circuit of an and-inverter graph: its XORs recognised, what no output reads dropped."""
    left, right, is_xor = _with_xors(aiger)
    builder = Builder(aiger.name)
    literal = [0, *(builder.input(name).literal for name in aiger.input_names)]
    append, make_and, make_xor = literal.append, builder.and_literals, builder.xor_literals
    for a, b, xor in zip(left.tolist(), right.tolist(), is_xor.tolist(), strict=True):
        make = make_xor if xor else make_and
        append(make(literal[a >> 1] ^ (a & 1), literal[b >> 1] ^ (b & 1)))
    for y, name in zip(aiger.outputs, aiger.output_names, strict=True):
        builder.output(Bit(builder, literal[y >> 1] ^ (y & 1)), name)
    return cone(builder.build())


def _with_xors(aiger: Aiger) -> tuple[Literals, Literals, Bool[np.ndarray, " ands"]]:
    """The gates, where n = ~p & ~q with p = x & y and q = ~x & ~y has become n = XOR(x, y)."""
    left, right = aiger.left, aiger.right
    first = 1 + len(aiger.input_names)
    p, q = (left >> 1) - first, (right >> 1) - first
    candidates = np.flatnonzero((left & right & 1 == 1) & (p >= 0) & (q >= 0))
    p, q = p[candidates], q[candidates]
    straight = (left[p] ^ 1 == left[q]) & (right[p] ^ 1 == right[q])
    crossed = (left[p] ^ 1 == right[q]) & (right[p] ^ 1 == left[q])
    found = candidates[straight | crossed]
    x, y = left[p], right[p]
    is_xor = np.zeros(len(left), dtype=np.bool_)
    is_xor[found] = True
    left, right = left.copy(), right.copy()
    left[found], right[found] = x[straight | crossed], y[straight | crossed]
    return left, right, is_xor


def write_aag(circuit: Circuit) -> bytes:
    """The circuit in ascii AIGER."""
    lhs, high, low, outputs = _ands(circuit)
    inputs = [f"{2 * i}\n" for i in range(1, 1 + circuit.num_inputs)]
    gates = [f"{n} {a} {b}\n" for n, a, b in zip(lhs.tolist(), high.tolist(), low.tolist(), strict=True)]
    body = "".join([*inputs, *(f"{y}\n" for y in outputs), *gates]).encode()
    return _header("aag", circuit, len(lhs)) + body + _symbols(circuit)


def write_aig(circuit: Circuit) -> bytes:
    """The circuit in binary AIGER."""
    lhs, high, low, outputs = _ands(circuit)
    deltas = np.stack([lhs - high, high - low], axis=1).ravel()
    body = "".join(f"{y}\n" for y in outputs).encode() + _varints(deltas)
    return _header("aig", circuit, len(lhs)) + body + _symbols(circuit)


def _header(magic: str, circuit: Circuit, ands: int) -> bytes:
    inputs = circuit.num_inputs
    return f"{magic} {inputs + ands} {inputs} 0 {circuit.num_outputs} {ands}\n".encode()


def _symbols(circuit: Circuit) -> bytes:
    named = zip("io", port_names(circuit, as_line), strict=True)
    symbols = [f"{kind}{i} {name}\n" for kind, names in named for i, name in enumerate(names)]
    return "".join([*symbols, f"c\n{as_line(circuit.name)}\n"]).encode()


def _ands(circuit: Circuit) -> tuple[Literals, Literals, Literals, list[int]]:
    """(left-hand sides, greater fan-ins, lesser fan-ins, outputs) with each XOR expanded to three ANDs."""
    first = 1 + circuit.num_inputs
    size = np.where(circuit.is_xor, 3, 1)
    last = np.cumsum(size, dtype=np.int64) - 1
    # The literal of each old node in the new numbering: a XOR's is the last of its three ANDs.
    literal = 2 * np.concatenate([np.arange(first, dtype=np.int64), first + last])
    low = literal[circuit.fanin0 >> 1] | (circuit.fanin0 & 1)
    high = literal[circuit.fanin1 >> 1] | (circuit.fanin1 & 1)
    count = int(size.sum())
    lows, highs = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    lows[last], highs[last] = low, high
    third = last[circuit.is_xor]
    for step in (1, 2):  # x & y, then ~x & ~y
        lows[third - step], highs[third - step] = low[circuit.is_xor] ^ (step & 1), high[circuit.is_xor] ^ (step & 1)
    lows[third], highs[third] = 2 * (first + third - 2) + 1, 2 * (first + third - 1) + 1
    outputs = literal[circuit.outputs >> 1] | (circuit.outputs & 1)
    return 2 * (first + np.arange(count, dtype=np.int64)), highs, lows, outputs.tolist()


def _varints(numbers: Literals) -> bytes:
    """Seven bits a byte, least significant first, the eighth bit set in all bytes but a number's last."""
    lengths = np.ones(len(numbers), dtype=np.int64)
    for i in range(1, 9):
        lengths += numbers >> 7 * i > 0
    starts = np.cumsum(lengths) - lengths
    octets = np.zeros(int(lengths.sum()), dtype=np.uint8)
    for i in range(int(lengths.max(initial=0))):
        longer = np.flatnonzero(lengths > i)
        octets[starts[longer] + i] = (numbers[longer] >> 7 * i & 127) | np.where(lengths[longer] > i + 1, 128, 0)
    return octets.tobytes()
