"""`Signed`: a signed number of a circuit under construction: a two's complement word, and what it can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from circuits import Bit, Builder, Word
from circuits.circuit import FALSE, TRUE
from circuits.word import balanced
from reductions.bitblast.reach import Reach


@dataclass(frozen=True)
class Signed:
    """The word is `reach.width` bits wide; its last bit is the sign."""

    builder: Builder
    word: Word
    reach: Reach

    @classmethod
    def made(cls, builder: Builder, word: Word, reach: Reach) -> Signed:
        """The number whose lowest bits are `word`; bits that agree in every value of the reach become one bit."""
        if reach.values is None:
            return cls(builder, _with_constants(builder, word, reach), reach)
        return cls(builder, _identified(word, reach.values, {0: builder.false}, reach), reach)

    def image(self, word: Word, reach: Reach, values: Sequence[int] | None) -> Signed:
        """The number f(self), whose lowest bits are `word` and which is values[i] where this number is its value i.

        A bit of f that agrees with a bit of this number for each value becomes that bit, so that what computes an AND
        is an AND in the end; the gates that were made for it are dead.
        """
        if values is None or self.reach.values is None:
            return Signed.made(self.builder, word, reach)
        known = {0: self.builder.false}
        for k, bit in enumerate(self.word):
            known.setdefault(_column(self.reach.values, k), bit)
        return Signed(self.builder, _identified(word, values, known, reach), reach)

    @property
    def nonnegative(self) -> Bit:
        """1 if the number is at least 0."""
        return ~self.word[-1]

    def times(self, weight: int) -> list[tuple[int, Bit]]:
        """The terms of weight times this number, for `weighted_sum`: the last bit counts negative."""
        top = len(self.word) - 1
        return [((weight if k < top else -weight) << k, bit) for k, bit in enumerate(self.word)]

    def at_least(self, bound: int) -> Bit:
        """1 if the number is at least `bound`: one gate a bit from the lowest bit that `bound` has."""
        if bound <= self.reach.low:
            return self.builder.true
        if bound > self.reach.high:
            return self.builder.false
        top = len(self.word) - 1
        result = self.builder.true
        for k, bit in enumerate(self.word[:top]):
            result = bit & result if bound >> k & 1 else bit | result
        # The sign weighs the other way.
        return self.nonnegative | result if bound < 0 else self.nonnegative & result


def _column(values: Sequence[int], k: int) -> int:
    """Bit k of every value, as one integer."""
    return sum((v >> k & 1) << i for i, v in enumerate(values))


def _identified(word: Word, values: Sequence[int], known: dict[int, Bit], reach: Reach) -> Word:
    """The bits of `word`, or known ones with the same column or the complementary one."""
    ones = (1 << len(values)) - 1
    bits = []
    for k, made in enumerate(word[: reach.width]):
        column = _column(values, k)
        if column not in known and ones ^ column not in known:
            known[column] = made
        bits.append(known[column] if column in known else ~known[ones ^ column])
    return Word(bits)


def _with_constants(builder: Builder, word: Word, reach: Reach) -> Word:
    """The bits of `word`, constants where the ends of the reach agree in them and in all above."""
    word = word[: reach.width]
    constants = builder.constant(reach.low, reach.width)
    agree = [reach.low >> k == reach.high >> k for k in range(reach.width)]
    return Word([constant if same else bit for same, constant, bit in zip(agree, constants, word, strict=True)])


def choose(select: Bit, then: Word, otherwise: Word) -> Word:
    """`then` where `select` is 1: three gates a bit, one where a bit is constant, none where they agree."""
    return Word([_choose(select, a, b) for a, b in zip(then, otherwise, strict=True)])


def _choose(select: Bit, a: Bit, b: Bit) -> Bit:
    if a.literal in (FALSE, TRUE):
        return select | b if a.literal else ~select & b
    if b.literal in (FALSE, TRUE):
        return ~select | a if b.literal else select & a
    return b ^ (select & (a ^ b))


def tabulated(builder: Builder, at_least: Sequence[Bit], values: Sequence[int], width: int) -> list[Bit]:
    """The lowest `width` bits of values[number of ones in `at_least`], where those ones come first.

    A bit of the value is the XOR of the places at which it flips: an XOR each, half as many as the places.
    """
    return [_flipping(builder, at_least, [v >> k & 1 for v in values]) for k in range(width)]


def _flipping(builder: Builder, at_least: Sequence[Bit], bits: Sequence[int]) -> Bit:
    flips: Iterable[Bit] = (
        bit for bit, before, after in zip(at_least, bits, bits[1:], strict=False) if before != after
    )
    return balanced(lambda a, b: a ^ b, [builder.constant(bits[0], 1)[0], *flips])
