"""Bristol Fashion and the old Bristol format: one gate a line, wires by number, the outputs the last wires.

Fashion (https://nigelsmart.github.io/MPC-Circuits/): `gates wires`, then the number and widths of the input words,
then those of the output words, then gates `2 1 a b out XOR`, AND, INV, EQ (sets a constant), EQW (copies a wire) and
MAND (many ANDs at once). The old format has `gates wires`, `n1 n2 n3` (the bits of two inputs and of the output), and
the gates XOR, AND and INV.

Neither carries names. A reader calls an only input word `x`, several `x0`, `x1` and so on, the outputs `y` likewise,
and bit i of a word is its i-th wire. A writer makes one word of each run of names `w[0]`, `w[1]`, ... and a word of
one bit of any other name; in the old format the second input is all words but the first.
"""

from __future__ import annotations

from collections.abc import Sequence

from circuits.builder import Builder
from circuits.circuit import FALSE, TRUE, Circuit
from circuits.error import CircuitError
from circuits.formats.error import FREE_INPUTS, FormatError, number, shown, text_lines
from circuits.ports import ports
from circuits.word import Bit

#: Wires read and written by each gate; MAND's depend on the line.
_ARITY = {"XOR": (2, 1), "AND": (2, 1), "INV": (1, 1), "EQ": (1, 1), "EQW": (1, 1)}

Line = tuple[int, list[str]]


def read_bristol(data: bytes) -> Circuit:
    """The circuit of a file in either format: the third line tells them apart. Raises `FormatError`."""
    lines = [(i, line.split()) for i, line in enumerate(text_lines(data), 1) if line and not line.isspace()]
    if len(lines) < 2:
        raise FormatError("the file ends within the header: 'gates wires', then the widths", line=len(lines) + 1)
    gates, wires = _header(lines[0], 2, "gates wires")
    if fashion := len(lines) > 2 and lines[2][1][-1].isdigit():
        inputs, outputs = _widths(lines[1]), _widths(lines[2])
    else:
        left, right, result = _header(lines[1], 3, "n1 n2 n3")
        inputs, outputs = [width for width in (left, right) if width], [result]
    body = lines[2 + fashion :]
    if gates != len(body):
        raise FormatError(f"the header promises {gates} gates, but {len(body)} lines follow", line=lines[0][0])
    if sum(inputs) > min(wires, len(data) + FREE_INPUTS):
        raise FormatError(f"{sum(inputs)} input bits are too many for this file of {wires} wires", line=lines[1][0])
    if sum(outputs) > wires or wires > sum(inputs) + len(data):
        raise FormatError(f"{wires} wires do not fit the inputs, the outputs and the gates", line=lines[0][0])
    builder = Builder()
    literal = {wire: builder.input(name).literal for wire, name in enumerate(_names("x", inputs))}
    for line, tokens in body:
        _read_gate(builder, literal, wires, line, tokens)
    for wire, name in enumerate(_names("y", outputs), wires - sum(outputs)):
        if wire not in literal:
            raise FormatError(f"no gate writes output wire {wire}: the last {sum(outputs)} wires are the outputs")
        builder.output(Bit(builder, literal[wire]), name)
    return builder.build()


def _header(line: Line, count: int, what: str) -> list[int]:
    if len(line[1]) != count:
        raise FormatError(f"the header should read '{what}', not {shown(' '.join(line[1]))}", line=line[0])
    return [number(token, f"a number of the header '{what}'", line[0]) for token in line[1]]


def _widths(line: Line) -> list[int]:
    count, *widths = (number(token, "a width", line[0]) for token in line[1])
    if count != len(widths):
        raise FormatError(f"{count} words are promised, but {len(widths)} widths follow", line=line[0])
    return widths


def _names(letter: str, widths: Sequence[int]) -> list[str]:
    words = [letter] if len(widths) == 1 else [f"{letter}{i}" for i in range(len(widths))]
    return [f"{word}[{i}]" for word, width in zip(words, widths, strict=True) for i in range(width)]


def _read_gate(builder: Builder, literal: dict[int, int], wires: int, line: int, tokens: list[str]) -> None:
    """One line: its operands are known wires, its results new ones."""
    kind = tokens[-1]
    numbers = [number(token, "a wire", line) for token in tokens[:-1]]
    if len(numbers) < 2 or numbers[0] + numbers[1] != len(numbers) - 2:
        raise FormatError(f"a gate is 'reads writes wires... KIND', not {shown(' '.join(tokens))}", line=line)
    count, writes = numbers[1], numbers[2 + numbers[0] :]
    if kind != "MAND" and kind not in _ARITY:
        raise FormatError(f"no gate {shown(kind)}: there are XOR, AND, INV, EQ, EQW and MAND", line=line)
    if (numbers[0], count) != _ARITY.get(kind, (2 * count, count)):
        raise FormatError(f"{kind} does not read {numbers[0]} and write {count} wires", line=line)
    results = _results(builder, literal, kind, numbers[2 : 2 + numbers[0]], line)
    for wire, result in zip(writes, results, strict=True):
        if wire in literal or wire >= wires:
            fault = "is written twice" if wire in literal else f"is not below the {wires} wires of the header"
            raise FormatError(f"wire {wire} {fault}", line=line)
        literal[wire] = result


def _results(builder: Builder, literal: dict[int, int], kind: str, reads: list[int], line: int) -> list[int]:
    """The literals that a gate gives its wires."""
    if kind == "EQ":
        if reads[0] > 1:
            raise FormatError(f"EQ sets a wire to 0 or 1, not to {reads[0]}", line=line)
        return [TRUE if reads[0] else FALSE]
    try:
        known = [literal[wire] for wire in reads]
    except KeyError as error:
        raise FormatError(f"wire {error} is read, but no line above writes it: sort the gates", line=line) from None
    if kind == "XOR":
        return [builder.xor_literals(*known)]
    if kind in ("AND", "MAND"):
        half = len(known) // 2
        return [builder.and_literals(a, b) for a, b in zip(known[:half], known[half:], strict=True)]
    return [known[0] ^ (kind == "INV")]


def write_bristol(circuit: Circuit) -> bytes:
    """The circuit in Bristol Fashion. A constant is a wire XORed with itself, or EQ where there is no input."""
    inputs, outputs = _words(circuit.input_names), _words(circuit.output_names)
    header = [" ".join(map(str, (len(widths), *widths))) for widths in (inputs, outputs)]
    return _Writer(circuit, fashion=True).file(header)


def write_bristol_old(circuit: Circuit) -> bytes:
    """The circuit in the old Bristol format. Raises `CircuitError` for an output without any input."""
    if circuit.num_outputs and not circuit.num_inputs:
        raise CircuitError(f"{circuit.name!r} has no input, so the old Bristol format has no constant: use 'bristol'")
    first = (_words(circuit.input_names) or [0])[0]
    header = f"{first} {circuit.num_inputs - first} {circuit.num_outputs}"
    return _Writer(circuit, fashion=False).file([header])


def _words(names: Sequence[str]) -> list[int]:
    return [port.width for port in ports(names)]


class _Writer:
    """Numbers the wires and writes the gates. A gate writes straight to an output's wire where that saves a copy."""

    def __init__(self, circuit: Circuit, fashion: bool) -> None:
        self.circuit = circuit
        self.fashion = fashion
        self.gates: list[tuple[str, tuple[int, ...], int]] = []
        self.wire = {2 * node: node - 1 for node in range(1, 1 + circuit.num_inputs)}
        self.free = circuit.num_inputs
        # Output wires are numbered from the end (-1 is the last) until the number of all wires is known.
        self.reserved: dict[int, int] = {}
        for slot, literal in enumerate(circuit.outputs.tolist(), -circuit.num_outputs):
            if literal not in self.wire:
                self.reserved.setdefault(literal, slot)

    def file(self, header: list[str]) -> bytes:
        """The whole file."""
        circuit = self.circuit
        gates = zip(circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True)
        for node, (a, b, is_xor) in enumerate(gates, 1 + circuit.num_inputs):
            self._make(2 * node, "XOR" if is_xor else "AND", self._of(a), self._of(b))
        for slot, literal in enumerate(circuit.outputs.tolist(), -circuit.num_outputs):
            if self._of(literal) != slot:
                copy = ("EQW", self._of(literal)) if self.fashion else ("INV", self._of(literal ^ 1))
                self.gates.append((copy[0], (copy[1],), slot))
        wires = self.free + circuit.num_outputs
        lines = [f"{len(self.gates)} {wires}", *header, ""]
        for kind, reads, slot in self.gates:
            numbers = (w if w >= 0 else wires + w for w in (*reads, slot))
            lines.append(f"{len(reads)} 1 {' '.join(map(str, numbers))} {kind}")
        return "\n".join([*lines, ""]).encode()

    def _of(self, literal: int) -> int:
        """The wire of a literal; complements and constants are made when they are first read."""
        if literal not in self.wire:
            if not self.circuit.num_inputs:
                self._make(literal, "EQ", literal)
            elif literal == FALSE:
                self._make(FALSE, "XOR", 0, 0)
            else:
                self._make(literal, "INV", self._of(literal ^ 1))
        return self.wire[literal]

    def _make(self, literal: int, kind: str, *reads: int) -> None:
        if literal in self.reserved:
            self.wire[literal] = self.reserved[literal]
        else:
            self.wire[literal] = self.free
            self.free += 1
        self.gates.append((kind, reads, self.wire[literal]))
