"""The parser of AIGER files: header, literals, deltas and symbols, each checked before anything is allocated for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int64

from circuits.formats.error import FREE_INPUTS, FormatError, number, shown
from circuits.formats.names import as_line, completed, output_names, unescape
from circuits.formats.order import CycleError, topological

Literals = Int64[np.ndarray, " ands"]

#: A delta of more bytes than this would exceed every literal that a file can define.
_LONGEST_DELTA = 9


@dataclass(frozen=True)
class Aiger:
    """An and-inverter graph in topological order: variable 0 is false, then the inputs, then the ANDs."""

    left: Literals
    right: Literals
    outputs: list[int]
    input_names: list[str]
    output_names: list[str]
    name: str


@dataclass(frozen=True)
class _Header:
    binary: bool
    maximum: int
    inputs: int
    outputs: int
    ands: int


@dataclass
class _Text:
    """The text lines of a file from a position on, each with its place for an error."""

    data: bytes
    binary: bool
    position: int = 0
    line: int = 0
    start: int = field(default=0, init=False)

    @property
    def place(self) -> dict[str, int]:
        """Where the last line is: its number, or in a binary file its offset."""
        return {"offset": self.start} if self.binary else {"line": self.line}

    @property
    def ended(self) -> bool:
        return self.position >= len(self.data)

    def next(self, what: str) -> str:
        """The next line. Raises `FormatError` at the end of the file."""
        self.start, self.line = self.position, self.line + 1
        if self.ended:
            raise FormatError(f"the file ends where {what} should be", **self.place)  # type: ignore[arg-type]
        end = self.data.find(b"\n", self.start)
        end = len(self.data) if end < 0 else end
        self.position = end + 1
        try:
            return self.data[self.start : end].decode().removesuffix("\r")
        except UnicodeDecodeError:
            raise self.error(f"{what} is not UTF-8 text") from None

    def numbers(self, count: int, what: str) -> list[int]:
        """The next line's numbers, exactly `count` of them."""
        tokens = self.next(what).split(" ")
        if len(tokens) != count:
            raise self.error(f"{what} should be {count} numbers, not {shown(' '.join(tokens))}")
        try:
            return [number(token, what, self.line) for token in tokens]
        except FormatError as error:
            raise self.error(error.complaint) from None

    def error(self, complaint: str) -> FormatError:
        """A `FormatError` at the last line."""
        return FormatError(complaint, line=self.place.get("line"), offset=self.place.get("offset"))


def parse(data: bytes) -> Aiger:
    """The file's graph and names, ascii or binary. Raises `FormatError` with the line, or in a binary file the byte."""
    text = _Text(data, binary=data.startswith(b"aig "))
    header = _header(text, len(data))
    if header.binary:
        outputs = [_checked(text, text.numbers(1, "an output")[0], header) for _ in range(header.outputs)]
        left, right, text.position = _deltas(data, text.position, header)
    else:
        left, right, outputs = _plain(text, header) or _ascii(text, header)
    inputs, results, name = _symbols(text, header)
    return Aiger(
        left,
        right,
        outputs,
        completed(inputs, header.inputs, "x"),
        completed(results, header.outputs, "y"),
        name,
    )


def _header(text: _Text, size: int) -> _Header:
    magic, *tokens = text.next("the header").split(" ")
    if magic not in ("aag", "aig") or not 5 <= len(tokens) <= 9:
        raise text.error("an AIGER file begins with 'aag M I L O A' or 'aig M I L O A'")
    try:
        maximum, inputs, latches, outputs, ands, *others = (number(token, "the header", 1) for token in tokens)
    except FormatError as error:
        raise text.error(error.complaint) from None
    binary = magic == "aig"
    if latches or any(others):
        what = f"{latches} latches" if latches else "B, C, J or F properties"
        raise text.error(f"the file has {what}, but circuits are combinational: cut the latches (ABC: comb) first")
    if maximum < inputs + ands or (binary and maximum != inputs + ands):
        raise text.error(f"M = {maximum} does not fit {inputs} inputs and {ands} ANDs")
    # A line takes two bytes at least, a binary AND two, an ascii AND six; the inputs of a binary file none.
    needed = 2 * outputs + (2 * ands if binary else 2 * inputs + 6 * ands)
    if needed > size or inputs > size + FREE_INPUTS:
        raise text.error(f"{inputs} inputs, {outputs} outputs and {ands} ANDs cannot be in a file of {size} bytes")
    return _Header(binary, maximum, inputs, outputs, ands)


def _checked(text: _Text, literal: int, header: _Header) -> int:
    if literal > 2 * header.maximum + 1:
        raise text.error(f"literal {literal} is beyond 2 M + 1 = {2 * header.maximum + 1}")
    return literal


def _plain(text: _Text, header: _Header) -> tuple[Literals, Literals, list[int]] | None:
    """What `_ascii` gives, in a twentieth of its time; None unless the file is in topological order and faultless."""
    found = _plain_numbers(text, header)
    if found is None:
        return None
    numbers, size = found
    if header.maximum > len(text.data) or numbers.max() > 2 * header.maximum + 1:
        return None
    singles = header.inputs + header.outputs
    defined = np.concatenate([[0], numbers[: header.inputs], numbers[singles::3]])
    index = np.full(header.maximum + 1, len(defined))
    index[defined >> 1] = np.arange(len(defined))
    moved = 2 * index[numbers >> 1] + (numbers & 1)
    lhs, left, right = moved[singles:].reshape(-1, 3).T
    outputs = moved[header.inputs : singles]
    distinct = np.array_equal(index[defined >> 1], np.arange(len(defined))) and not np.any(defined & 1)
    if not distinct or np.any((left >= lhs) | (right >= lhs)) or np.any(outputs >= 2 * len(defined)):
        return None
    text.position, text.line = text.position + size, text.line + singles + header.ands
    return left, right, outputs.tolist()


def _plain_numbers(text: _Text, header: _Header) -> tuple[Literals, int] | None:
    """(the numbers of inputs, outputs and ANDs, the bytes they take); None unless all lines are digits and spaces."""
    singles = header.inputs + header.outputs
    octets = np.frombuffer(text.data[text.position :], dtype=np.uint8)
    ends = np.flatnonzero(octets == ord("\n"))[: singles + header.ands]
    if not len(ends):
        return None
    octets = octets[: ends[-1] + 1]
    breaks = np.flatnonzero((octets < ord("0")) | (octets > ord("9")))
    expected = np.concatenate([np.full(singles, ord("\n")), np.tile(np.frombuffer(b"  \n", np.uint8), header.ands)])
    digits = np.diff(breaks, prepend=-1) - 1
    if not np.array_equal(octets[breaks], expected) or digits.min() < 1 or digits.max() > 18:
        return None
    return np.fromstring(octets.tobytes().decode("ascii"), dtype=np.int64, sep=" "), len(octets)


def _ascii(text: _Text, header: _Header) -> tuple[Literals, Literals, list[int]]:
    """(left, right, outputs), renumbered in topological order."""
    lines: dict[int, int] = {0: 0}

    def define(literal: int) -> None:
        if literal & 1 or not literal or _checked(text, literal, header) in lines:
            fault = f"was defined on line {lines[literal]}" if lines.get(literal) else "is no positive variable"
            raise text.error(f"literal {literal} cannot be defined here: it {fault}")
        lines[literal] = text.line

    for _ in range(header.inputs):
        define(text.numbers(1, "an input")[0])
    outputs = [(text.numbers(1, "an output")[0], text.line) for _ in range(header.outputs)]
    fanins = []
    for _ in range(header.ands):
        lhs, left, right = text.numbers(3, "an AND")
        define(lhs)
        fanins.append((left, right))
    variables = list(lines)
    index = {literal: i for i, literal in enumerate(variables)}
    first = 1 + header.inputs

    def known(literal: int, line: int) -> int:
        if literal & ~1 not in index:
            raise FormatError(f"literal {literal} is neither an input nor defined anywhere", line=line)
        return index[literal & ~1]

    gate_lines = [lines[variable] for variable in variables[first:]]
    below = [(known(a, line), known(b, line)) for (a, b), line in zip(fanins, gate_lines, strict=True)]
    roots = [(known(literal, line), literal & 1) for literal, line in outputs]
    order = _ordered(below, first, gate_lines)
    moved = np.arange(len(variables), dtype=np.int64)
    moved[first + np.array(order, dtype=np.int64)] = first + np.arange(len(order), dtype=np.int64)
    sign = np.array(fanins, dtype=np.int64).reshape(-1, 2) & 1
    literals = (2 * moved[np.array(below, dtype=np.int64).reshape(-1, 2)] + sign)[order]
    return literals[:, 0], literals[:, 1], [2 * int(moved[node]) + complement for node, complement in roots]


def _ordered(below: Sequence[tuple[int, int]], first: int, lines: Sequence[int]) -> list[int]:
    try:
        return topological([[i - first for i in pair if i >= first] for pair in below])
    except CycleError as error:
        raise FormatError("this AND depends on itself", line=lines[error.index]) from None


def _deltas(data: bytes, start: int, header: _Header) -> tuple[Literals, Literals, int]:
    """(left, right, the position behind them) of a binary file: each AND is two differences, seven bits a byte."""
    octets = np.frombuffer(data, dtype=np.uint8, offset=min(start, len(data)))
    ends = np.flatnonzero(octets < 128)[: 2 * header.ands]
    if len(ends) < 2 * header.ands:
        raise FormatError(f"the file ends within AND {len(ends) // 2} of {header.ands}", offset=len(data))
    starts = np.concatenate([[0], ends + 1]).astype(np.int64)[: len(ends)]
    lengths = ends - starts + 1
    if np.any(lengths > _LONGEST_DELTA):
        raise FormatError(
            "a difference is far too long", offset=start + int(starts[np.argmax(lengths > _LONGEST_DELTA)])
        )
    deltas = np.zeros(len(ends), dtype=np.int64)
    for i in range(int(lengths.max(initial=0))):
        longer = np.flatnonzero(lengths > i)
        deltas[longer] |= (octets[starts[longer] + i] & 127).astype(np.int64) << 7 * i
    lhs = 2 * np.arange(header.inputs + 1, header.inputs + 1 + header.ands, dtype=np.int64)
    left = lhs - deltas[0::2]
    right = left - deltas[1::2]
    wrong = (left >= lhs) | (left < 0) | (right < 0)
    if np.any(wrong):
        gate = int(np.argmax(wrong))
        raise FormatError(
            f"AND {gate} (literal {int(lhs[gate])}) reads a later or a negative literal",
            offset=start + int(starts[2 * gate]),
        )
    return left, right, start + (int(ends[-1]) + 1 if len(ends) else 0)


def _symbols(text: _Text, header: _Header) -> tuple[dict[int, str], dict[int, str], str]:
    """(inputs' names by position, outputs' names by position, the circuit's name from the comment)."""
    given: dict[str, dict[int, str]] = {"i": {}, "o": {}}
    taken: set[tuple[str, str]] = set()
    circuit = "circuit"
    end = len(text.data.rstrip())  # blank lines may follow, but nothing behind them
    while not text.ended:
        line = text.next("a symbol")
        if not line and text.position >= end:
            break
        if line == "c":
            circuit = _comment(text)
            break
        kind, (position, space, name) = line[:1], line[1:].partition(" ")
        count = {"i": header.inputs, "o": header.outputs}.get(kind, 0)
        if not space or not count:
            raise text.error(f"{shown(line)} is neither a symbol 'i0 name' or 'o0 name' nor the comment's 'c'")
        if not (position.isascii() and position.isdigit() and len(position) < 10 and int(position) < count):
            raise text.error(f"symbol {shown(line)}: there are {count} of its kind")
        if int(position) in given[kind] or (kind, name) in taken:
            raise text.error(f"symbol {shown(line)}: the position or the name has been given: make it unique")
        given[kind][int(position)] = name
        taken.add((kind, name))
    inputs = {i: unescape(name, as_line) for i, name in given["i"].items()}
    outputs = output_names(list(given["o"].values()), given["i"].values(), as_line)
    if len(set(inputs.values())) < len(inputs) or len(set(outputs)) < len(outputs):
        raise text.error("two inputs or two outputs above have the same name, once in `%XX`: make it unique")
    return inputs, dict(zip(given["o"], outputs, strict=True)), circuit


def _comment(text: _Text) -> str:
    try:
        name = "" if text.ended else text.next("the comment")
    except FormatError:  # a comment may hold anything
        name = ""
    return unescape(name, as_line) or "circuit"
