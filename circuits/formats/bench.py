"""BENCH, the format of the ISCAS benchmarks: `INPUT(a)`, `OUTPUT(y)`, `y = NAND(a, b)`, in any order.

Gates: AND, OR, NAND, NOR, XOR and XNOR of one operand or more, NOT, BUFF (or BUF); of ABC's dialect also `y = vdd`,
`y = gnd` and `y = LUT 0x8 ( a, b )`, a truth table whose bit i is the value at operands a + 2 b + ... = i. The
circuit's name is a comment on the first line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from circuits.builder import Builder
from circuits.circuit import FALSE, TRUE, Circuit
from circuits.formats.error import FormatError, shown, text_lines
from circuits.formats.names import as_line, as_word, fresh_prefix, hexadecimal, port_names, unescape
from circuits.formats.netlist import Definition, Gate, Netlist, fold

_PORT = re.compile(r"(INPUT|OUTPUT)\s*\(\s*([^\s()=,]+)\s*\)", re.IGNORECASE)
_GATE = re.compile(r"([^\s()=,]+)\s*=\s*([A-Za-z]+)(?:\s*(0x[0-9A-Fa-f]+))?\s*\(([^()=]*)\)")
_CONSTANT = re.compile(r"([^\s()=,]+)\s*=\s*(vdd|gnd)", re.IGNORECASE)

#: What ABC and others take for their own: it reads any line that begins with INPUT as one that declares an input.
_TAKEN = re.compile(r"(?:INPUT|OUTPUT).*|AND|OR|X?NOR|NAND|XOR|NOT|BUFF?|DFF|LATCH|LUT|VDD|GND", re.IGNORECASE)


def _as_signal(name: str) -> str:
    """The name as a word; the first letter of one that BENCH takes for its own is escaped too."""
    word = as_word(name)
    return hexadecimal(word[0]) + word[1:] if _TAKEN.fullmatch(word) else word


def _nary(kind: str, sign: int, builder: Builder, operands: Sequence[int]) -> int:
    """AND, OR or XOR of any number of operands, complemented where `sign` is 1."""
    if kind == "XOR":
        return fold(builder.xor_literals, operands, FALSE) ^ sign
    inner = int(kind == "OR")
    return fold(builder.and_literals, [x ^ inner for x in operands], TRUE) ^ inner ^ sign


#: Each gate, and whether it has exactly one operand.
_GATES: dict[str, tuple[Gate, bool]] = {
    "AND": (partial(_nary, "AND", 0), False),
    "NAND": (partial(_nary, "AND", 1), False),
    "OR": (partial(_nary, "OR", 0), False),
    "NOR": (partial(_nary, "OR", 1), False),
    "XOR": (partial(_nary, "XOR", 0), False),
    "XNOR": (partial(_nary, "XOR", 1), False),
    "BUFF": (partial(_nary, "AND", 0), True),
    "BUF": (partial(_nary, "AND", 0), True),
    "NOT": (partial(_nary, "AND", 1), True),
}


def _lookup(table: str, builder: Builder, operands: Sequence[int]) -> int:
    """The truth table (hexadecimal, bit i is the value at operands = i), by a tree of multiplexers."""
    bits = format(int(table, 16), f"0{1 << len(operands)}b")
    row = [TRUE if bit == "1" else FALSE for bit in reversed(bits)]
    for select in operands:
        row = [
            builder.xor_literals(low, builder.and_literals(select, builder.xor_literals(low, high)))
            for low, high in zip(row[0::2], row[1::2], strict=True)
        ]
    return row[0]


def read_bench(data: bytes) -> Circuit:
    """The circuit of a BENCH file. Raises `FormatError`."""
    lines = text_lines(data)
    netlist = Netlist(escaping=_as_signal)
    if lines[0].startswith("#"):
        netlist.name = unescape(lines[0][1:].strip(), as_line) or netlist.name
    for number, line in enumerate(lines, 1):
        if statement := line.partition("#")[0].strip():
            _read_statement(netlist, statement, number)
    return netlist.circuit()


def _read_statement(netlist: Netlist, statement: str, line: int) -> None:
    if port := _PORT.fullmatch(statement):
        (netlist.inputs if port[1].upper() == "INPUT" else netlist.outputs).append((port[2], line))
    elif constant := _CONSTANT.fullmatch(statement):
        gate: Gate = partial(_nary, "AND", int(constant[2].lower() == "gnd"))
        netlist.definitions.append(Definition(constant[1], (), gate, line))
    elif match := _GATE.fullmatch(statement):
        operands = [name.strip() for name in match[4].split(",")] if match[4].strip() else []
        gate = _gate(match[2].upper(), match[3], operands, line)
        netlist.definitions.append(Definition(match[1], operands, gate, line))
    else:
        raise FormatError(f"{shown(statement)} is no INPUT(a), OUTPUT(y) or y = GATE(a, b)", line=line)


def _gate(kind: str, table: str | None, operands: Sequence[str], line: int) -> Gate:
    if kind == "LUT" and table is not None:
        digits = max(1, (1 << min(len(operands), 64)) // 4)
        if len(table) - 2 != digits or int(table, 16) >> (1 << len(operands)):
            raise FormatError(f"the table of {len(operands)} operands has {digits} hexadecimal digits", line=line)
        return partial(_lookup, table)
    if kind in ("DFF", "LATCH"):
        raise FormatError(f"{kind}: circuits are combinational, cut the latches (ABC: comb) first", line=line)
    if kind not in _GATES or table is not None:
        raise FormatError(f"no gate {shown(kind)}: there are LUT 0x..., {', '.join(_GATES)}", line=line)
    gate, unary = _GATES[kind]
    if not operands or (unary and len(operands) != 1):
        raise FormatError(f"{kind} does not take {len(operands)} operands", line=line)
    return gate


def write_bench(circuit: Circuit) -> bytes:
    """The circuit as AND, NOR, XOR, NOT and BUFF gates; constants are `vdd` and `gnd`, as ABC writes them."""
    inputs, outputs = port_names(circuit, _as_signal)
    prefix = fresh_prefix([*inputs, *outputs])
    names = ["", *inputs, *(f"{prefix}{node}" for node in range(1 + circuit.num_inputs, circuit.num_nodes))]
    lines = [f"# {as_line(circuit.name)}"]
    lines += [f"INPUT({name})" for name in inputs] + [f"OUTPUT({name})" for name in outputs]
    inverted: set[int] = set()

    def signal(literal: int) -> str:
        name = names[literal >> 1]
        if not literal & 1:
            return name
        if literal not in inverted:
            inverted.add(literal)
            lines.append(f"{prefix}{literal >> 1}_not = NOT({name})")
        return f"{prefix}{literal >> 1}_not"

    gates = zip(circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True)
    for node, (a, b, is_xor) in enumerate(gates, 1 + circuit.num_inputs):
        nor = a & b & 1
        left, right = signal(a ^ nor), signal(b ^ nor)
        lines.append(f"{names[node]} = {'XOR' if is_xor else 'NOR' if nor else 'AND'}({left}, {right})")
    for name, literal in zip(outputs, circuit.outputs.tolist(), strict=True):
        if literal <= TRUE:
            lines.append(f"{name} = {'vdd' if literal else 'gnd'}")
        elif name != names[literal >> 1]:
            lines.append(f"{name} = {'NOT' if literal & 1 else 'BUFF'}({names[literal >> 1]})")
    return "\n".join([*lines, ""]).encode()
