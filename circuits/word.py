"""`Bit` and `Word`: handles on literals of a builder, with the operators of logic and of unsigned arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING, overload

from circuits.error import CircuitError

if TYPE_CHECKING:
    from circuits.builder import Builder


class Bit:
    """One bit of a circuit under construction: `&`, `|`, `^` and `~` make gates."""

    __slots__ = ("builder", "literal")

    def __init__(self, builder: Builder, literal: int) -> None:
        self.builder = builder
        self.literal = literal

    def __and__(self, other: Bit) -> Bit:
        builder = self.builder
        return Bit(builder, builder.and_literals(self.literal, builder.literal_of(other)))

    def __xor__(self, other: Bit) -> Bit:
        builder = self.builder
        return Bit(builder, builder.xor_literals(self.literal, builder.literal_of(other)))

    def __or__(self, other: Bit) -> Bit:
        return ~(~self & ~other)

    def __invert__(self) -> Bit:
        return Bit(self.builder, self.literal ^ 1)

    def __bool__(self) -> bool:
        raise CircuitError("a bit of a circuit has no value yet: use mux(bit, a, b) instead of `if`")

    def __repr__(self) -> str:
        return f"<Bit {self.literal} of {self.builder.name}>"


@overload
def mux(select: Bit, then: Bit, otherwise: Bit) -> Bit: ...
@overload
def mux(select: Bit, then: Word, otherwise: Word) -> Word: ...
def mux(select: Bit, then: Bit | Word, otherwise: Bit | Word) -> Bit | Word:
    """`then` where `select` is 1, `otherwise` where it is 0: one AND a bit."""
    if isinstance(then, Word) and isinstance(otherwise, Word):
        return then._zip(otherwise, lambda a, b: b ^ (select & (a ^ b)))
    if isinstance(then, Bit) and isinstance(otherwise, Bit):
        return otherwise ^ (select & (then ^ otherwise))
    raise CircuitError("mux chooses between two bits or between two words")


def full_adder(a: Bit, b: Bit, carry: Bit) -> tuple[Bit, Bit]:
    """(sum, carry) of three bits: one AND, four XORs."""
    left, right = a ^ carry, b ^ carry
    return a ^ right, carry ^ (left & right)


def concat(*words: Iterable[Bit]) -> Word:
    """The words joined, the first one least significant."""
    return Word([bit for word in words for bit in word])


class Word(Sequence[Bit]):
    """Bits, least significant first. Arithmetic is unsigned, modulo 2^width; both operands have the same width."""

    __slots__ = ("_bits",)

    def __init__(self, bits: Iterable[Bit]) -> None:
        self._bits = tuple(bits)

    def __len__(self) -> int:
        return len(self._bits)

    @overload
    def __getitem__(self, index: int) -> Bit: ...
    @overload
    def __getitem__(self, index: slice) -> Word: ...
    def __getitem__(self, index: int | slice) -> Bit | Word:
        return Word(self._bits[index]) if isinstance(index, slice) else self._bits[index]

    def __iter__(self) -> Iterator[Bit]:
        return iter(self._bits)

    def __repr__(self) -> str:
        return f"<Word of {len(self)} bits>"

    def _zip(self, other: Word, operate: Callable[[Bit, Bit], Bit]) -> Word:
        if len(self) != len(other):
            raise CircuitError(f"words of {len(self)} and {len(other)} bits: extend one of them first")
        return Word([operate(a, b) for a, b in zip(self, other, strict=True)])

    def _zero(self) -> Bit:
        """The constant 0 of the word's own builder. Raises `CircuitError` for a word of no bits, which has none."""
        if not self._bits:
            raise CircuitError("a word of no bits cannot do arithmetic: begin with builder.constant(0, width)")
        return self._bits[0].builder.false

    def __and__(self, other: Word) -> Word:
        return self._zip(other, lambda a, b: a & b)

    def __or__(self, other: Word) -> Word:
        return self._zip(other, lambda a, b: a | b)

    def __xor__(self, other: Word) -> Word:
        return self._zip(other, lambda a, b: a ^ b)

    def __invert__(self) -> Word:
        return Word([~bit for bit in self])

    def __add__(self, other: Word) -> Word:
        return self.add(other)[0]

    def __sub__(self, other: Word) -> Word:
        return self.subtract(other)[0]

    def add(self, other: Word, carry: Bit | None = None) -> tuple[Word, Bit]:
        """(self + other + carry modulo 2^width, carry out), by a ripple-carry adder."""
        carry = self._zero() if carry is None else carry
        total = []
        self._zip(other, lambda a, _: a)
        for a, b in zip(self, other, strict=True):
            bit, carry = full_adder(a, b, carry)
            total.append(bit)
        return Word(total), carry

    def subtract(self, other: Word) -> tuple[Word, Bit]:
        """(self - other modulo 2^width, 1 if self < other)."""
        difference, no_borrow = self.add(~other, ~self._zero())
        return difference, ~no_borrow

    def times(self, other: Word) -> Word:
        """The full product, of width len(self) + len(other), by shift and add."""
        zero = self._zero()
        total = Word([zero] * len(self))
        low = []
        for bit in other:
            row = Word([a & bit for a in self])
            total, carry = total.add(row)
            low.append(total[0])
            total = concat(total[1:], [carry])
        return concat(low, total)

    def __mul__(self, other: Word) -> Word:
        return self.times(other)[: len(self)]

    def rotate_left(self, by: int) -> Word:
        """Towards the most significant bit, cyclically; negative `by` rotates right."""
        by %= max(len(self), 1)
        return Word(self._bits[len(self) - by :] + self._bits[: len(self) - by])

    def shift_left(self, by: int) -> Word:
        """Towards the most significant bit, zeros filled in, width kept; negative `by` shifts right."""
        width = len(self)
        zeros = (self._zero(),) * min(abs(by), width)
        return Word((zeros + self._bits)[:width] if by >= 0 else (self._bits + zeros)[-width:])

    def extended(self, width: int) -> Word:
        """Zeros added above, or bits cut off, to reach `width`."""
        return Word((self._bits + (self._zero(),) * (width - len(self)))[:width])

    def permuted(self, order: Sequence[int]) -> Word:
        """Bit i of the result is bit `order[i]` of this word."""
        return Word([self._bits[i] for i in order])

    def all(self) -> Bit:
        """1 if every bit is, by a balanced tree."""
        return balanced(lambda a, b: a & b, self)

    def any(self) -> Bit:
        """1 if some bit is, by a balanced tree."""
        return balanced(lambda a, b: a | b, self)

    def parity(self) -> Bit:
        """The XOR of the bits."""
        return reduce(lambda a, b: a ^ b, self, self._zero())

    def equals(self, other: Word) -> Bit:
        """1 if the words agree in every bit."""
        return (~(self ^ other)).all()

    def less_than(self, other: Word) -> Bit:
        """1 if self < other as unsigned numbers."""
        return self.subtract(other)[1]


def balanced(operate: Callable[[Bit, Bit], Bit], bits: Iterable[Bit]) -> Bit:
    """The bits joined by an associative operation in a tree of logarithmic depth. Needs at least one bit."""
    row = list(bits)
    if not row:
        raise CircuitError("no bits to combine")
    while len(row) > 1:
        row = [operate(*row[i : i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
    return row[0]
