"""Definitions of named signals, as BENCH and BLIF have them: in any order, each checked, then built into a circuit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.formats.error import FormatError, shown
from circuits.formats.names import Escaping, as_word, output_names, unescape
from circuits.formats.order import CycleError, topological
from circuits.word import Bit

#: Makes a gate: (builder, literals of the operands) -> literal.
Gate = Callable[[Builder, Sequence[int]], int]


@dataclass(frozen=True)
class Definition:
    """`name = gate(operands)`, and the line that says so."""

    name: str
    operands: Sequence[str]
    gate: Gate
    line: int


@dataclass
class Netlist:
    """What a file declares; inputs and outputs are (name, line), and `escaping` is how the format writes them."""

    name: str = "circuit"
    escaping: Escaping = as_word
    inputs: list[tuple[str, int]] = field(default_factory=list)
    outputs: list[tuple[str, int]] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)

    def circuit(self) -> Circuit:
        """The circuit. Raises `FormatError` for signals defined twice or never, or by way of themselves."""
        number = self._numbers()
        inputs, outputs = self._port_names()
        first = len(self.inputs)
        for name, line in self.outputs:
            _check_defined(name, number, line)
        operands = [self._operands(definition, number) for definition in self.definitions]
        try:
            order = topological([[i - first for i in below if i >= first] for below in operands])
        except CycleError as error:
            guilty = self.definitions[error.index]
            raise FormatError(f"{shown(guilty.name)} depends on itself", line=guilty.line) from None
        builder = Builder(self.name)
        literal = [builder.input(name).literal for name in inputs]
        literal += [0] * len(operands)
        for i in order:
            literal[first + i] = self.definitions[i].gate(builder, [literal[j] for j in operands[i]])
        for (signal, _), name in zip(self.outputs, outputs, strict=True):
            builder.output(Bit(builder, literal[number[signal]]), name)
        return builder.build()

    def _port_names(self) -> tuple[list[str], list[str]]:
        """The names of the inputs and of the outputs, as they were before a writer escaped them."""
        (inputs, input_lines), (outputs, output_lines) = (
            ([name for name, _ in declared], [line for _, line in declared]) for declared in (self.inputs, self.outputs)
        )
        outputs = output_names(outputs, inputs, self.escaping)
        inputs = [unescape(name, self.escaping) for name in inputs]
        _check_distinct(list(zip(inputs, input_lines, strict=True)), "input")
        _check_distinct(list(zip(outputs, output_lines, strict=True)), "output")
        return inputs, outputs

    def _numbers(self) -> dict[str, int]:
        """Every signal's number: the inputs first, then the definitions."""
        signals = [*self.inputs, *((definition.name, definition.line) for definition in self.definitions)]
        return _check_distinct(signals, "signal")

    @staticmethod
    def _operands(definition: Definition, number: dict[str, int]) -> list[int]:
        try:
            return [number[name] for name in definition.operands]
        except KeyError as error:
            _check_defined(error.args[0], number, definition.line)
            raise


def _check_distinct(signals: Sequence[tuple[str, int]], what: str) -> dict[str, int]:
    seen: dict[str, int] = {}
    for i, (name, line) in enumerate(signals):
        if seen.setdefault(name, i) != i:
            raise FormatError(f"{what} {shown(name)} was declared on line {signals[seen[name]][1]} already", line=line)
    return seen


def _check_defined(name: str, number: dict[str, int], line: int) -> None:
    if name not in number:
        raise FormatError(f"signal {shown(name)} is neither an input nor defined anywhere", line=line)


def fold(operate: Callable[[int, int], int], literals: Sequence[int], empty: int) -> int:
    """The literals joined by an associative operation in a tree of logarithmic depth; `empty` if there are none."""
    row = list(literals) or [empty]
    while len(row) > 1:
        row = [operate(*row[i : i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
    return row[0]
