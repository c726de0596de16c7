"""One table of small circuits drives the tests of every layer: each engine, encoding and format must agree with it.

A row is a circuit and the same function on Python integers (bit i of the argument is input i), written independently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from circuits import Builder, Circuit, Word, concat, mux


@dataclass(frozen=True)
class Row:
    circuit: Circuit
    function: Callable[[int], int]

    def __repr__(self) -> str:
        return self.circuit.name.replace(" ", "-")

    def outputs(self) -> list[int]:
        """The whole truth table, one integer an input."""
        return [self.function(x) for x in range(1 << self.circuit.num_inputs)]


def _row(name: str, width: int, body: Callable[[Builder, Word], Word], function: Callable[[int], int]) -> Row:
    builder = Builder(name)
    builder.outputs(body(builder, builder.inputs(width)))
    return Row(builder.build(), function)


def _parity(x: int) -> int:
    return x.bit_count() & 1


def _majority(x: int) -> int:
    return int(x.bit_count() >= 2)


def _gray(x: int) -> int:
    return x ^ x >> 1


def _toffoli(x: int) -> int:
    return x ^ 4 if x & 3 == 3 else x


def _select(x: int) -> int:
    return (x >> 1 if x & 1 else x >> 4) & 7


PRESENT = (0xC, 5, 6, 0xB, 9, 0, 0xA, 0xD, 3, 0xE, 0xF, 8, 4, 7, 1, 2)


def _table_lookup(builder: Builder, x: Word) -> Word:
    minterms = [((x ^ builder.constant(v ^ 15, 4)).all(), y) for v, y in enumerate(PRESENT)]
    return Word([Word([m for m, y in minterms if y >> i & 1]).any() for i in range(4)])


def _deep(builder: Builder, x: Word) -> Word:
    bit = x[0]
    for i in range(400):
        bit = ~(bit & x[i % 5]) if i % 3 else bit ^ x[(i + 1) % 5]
    return Word([bit])


def _deep_reference(x: int) -> int:
    bits = [x >> i & 1 for i in range(5)]
    bit = bits[0]
    for i in range(400):
        bit = 1 - (bit & bits[i % 5]) if i % 3 else bit ^ bits[(i + 1) % 5]
    return bit


TABLE: tuple[Row, ...] = (
    _row("identity", 3, lambda b, x: x, lambda x: x),
    _row("negation", 1, lambda b, x: ~x, lambda x: x ^ 1),
    _row("constants", 2, lambda b, x: Word([b.false, b.true, b.true]), lambda x: 6),
    _row("no inputs", 0, lambda b, x: Word([b.true, b.false]), lambda x: 1),
    _row("no outputs", 2, lambda b, x: Word([]), lambda x: 0),
    _row("same bit twice", 2, lambda b, x: Word([x[1], x[1], ~x[1]]), lambda x: 3 if x & 2 else 4),
    _row("and", 2, lambda b, x: Word([x[0] & x[1]]), lambda x: int(x == 3)),
    _row("nor", 2, lambda b, x: Word([~(x[0] | x[1])]), lambda x: int(x == 0)),
    _row("and not", 2, lambda b, x: Word([x[0] & ~x[1]]), lambda x: int(x == 1)),
    _row("xnor", 2, lambda b, x: Word([~(x[0] ^ x[1])]), lambda x: int(x in (0, 3))),
    _row("majority", 3, lambda b, x: Word([x[0] & x[1] | x[2] & (x[0] ^ x[1])]), _majority),
    _row("mux", 7, lambda b, x: mux(x[0], x[1:4], x[4:7]), _select),
    _row("toffoli", 3, lambda b, x: Word([x[0], x[1], x[2] ^ (x[0] & x[1])]), _toffoli),
    _row("gray code", 6, lambda b, x: x ^ x.shift_left(-1), _gray),
    _row("parity", 9, lambda b, x: Word([x.parity()]), _parity),
    _row("rotation", 5, lambda b, x: x.rotate_left(2), lambda x: (x << 2 | x >> 3) & 31),
    _row("adder", 8, lambda b, x: concat(x[:4].add(x[4:])[0], [x[:4].add(x[4:])[1]]), lambda x: (x & 15) + (x >> 4)),
    _row("comparator", 8, lambda b, x: Word([x[:4].less_than(x[4:])]), lambda x: int((x & 15) < (x >> 4))),
    _row("multiplier", 10, lambda b, x: x[:5].times(x[5:]), lambda x: (x & 31) * (x >> 5)),
    _row("present s-box", 4, _table_lookup, lambda x: PRESENT[x]),
    _row("deep chain", 5, _deep, _deep_reference),
)
