"""Arithmetic modulo a constant, from adders and multiplexers: sums, products, powers, and closing by the identity."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.word import Bit, Word, mux


def remainder(word: Word, modulus: int) -> Word:
    """The word modulo `modulus` (at least 2), of the modulus's width: long division, one conditional subtraction a bit.

    About 2 ANDs a bit of the modulus for each bit that the word is longer.
    """
    builder, width = word[0].builder, modulus.bit_length()
    word = word.extended(max(len(word), width))
    divisor = builder.constant(modulus, width + 1)
    # The highest width - 1 bits alone are smaller than the modulus; below, rest < 2 * modulus before each subtraction.
    at = len(word) - (width - 1)
    rest = word[at:]
    for bit in word[:at][::-1]:
        rest = Word([bit, *rest]).extended(width + 1)
        difference, too_small = rest.subtract(divisor)
        rest = mux(too_small, rest, difference)[:width]
    return rest


def weighted_sum(terms: Iterable[tuple[Bit, int]], modulus: int) -> Word:
    """The sum of bit * weight modulo `modulus`: one addition a bit, then a short long division.

    Weights are reduced first. Terms that do not overlap below a carry cost nothing, so list the lowest bits first.
    """
    total, bound = None, 0
    for bit, weight in terms:
        bound += weight % modulus
        width, zero = max(bound.bit_length(), 1), bit.builder.false
        row = Word([bit if weight % modulus >> k & 1 else zero for k in range(width)])
        total = row if total is None else total.extended(width) + row
    assert total is not None, "no terms"
    return remainder(total, modulus)


def times_constant(word: Word, factor: int, modulus: int) -> Word:
    """factor * word modulo `modulus`."""
    return weighted_sum(((bit, factor << i) for i, bit in enumerate(word)), modulus)


def times(a: Word, b: Word, modulus: int) -> Word:
    """a * b modulo `modulus`: the full product, then its bits weighted by powers of two modulo the modulus."""
    return times_constant(a.times(b), 1, modulus)


def power(base: Word, exponent: int, modulus: int) -> Word:
    """base^exponent modulo `modulus` for a constant exponent of at least 1, by squaring and multiplying."""
    result = base = remainder(base, modulus)
    for digit in f"{exponent:b}"[1:]:
        result = times(result, result, modulus)
        if digit == "1":
            result = times(result, base, modulus)
    return result


def constant_to_the(exponent: Word, base: int, modulus: int) -> Word:
    """base^exponent modulo `modulus` for a constant base: a multiplexed constant multiplication a bit."""
    builder, width = exponent[0].builder, modulus.bit_length()
    result = mux(exponent[0], builder.constant(base % modulus, width), builder.constant(1, width))
    for i, bit in enumerate(exponent[1:], 1):
        result = mux(bit, times_constant(result, pow(base, 1 << i, modulus), modulus), result)
    return result


def below(word: Word, limit: int) -> Bit:
    """1 if the word is smaller than a constant of at most its width."""
    return word.less_than(word[0].builder.constant(limit, len(word)))


def closed(bits: int, rounds: int, inside: Callable[[Word], Bit], body: Callable[[Word], Word]) -> Circuit:
    """The circuit of x -> body(x) where inside(x), x elsewhere: `rounds` times in a row, on `bits` bits.

    It is a permutation of {0,1}^bits if the body permutes the set that `inside` describes.
    """
    builder = Builder()
    x = builder.inputs(bits)
    for _ in range(rounds):
        x = mux(inside(x), body(x).extended(bits), x)
    builder.outputs(x)
    return builder.build()
