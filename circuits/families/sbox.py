"""S-boxes on four bits as circuits with few ANDs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.transform import cone
from circuits.word import Bit, Word

#: PRESENT's S-box: Bogdanov et al., PRESENT: an ultra-lightweight block cipher, CHES 2007, section 3.
PRESENT_SBOX = (0xC, 0x5, 0x6, 0xB, 0x9, 0x0, 0xA, 0xD, 0x3, 0xE, 0xF, 0x8, 0x4, 0x7, 0x1, 0x2)


def normal_form(values: Sequence[int]) -> list[int]:
    """The algebraic normal form of x -> values[x] by the Moebius transform over GF(2).

    Bit j of entry m says whether output j contains the product of the inputs in the set m.
    """
    form = list(values)
    for step in (1, 2, 4, 8):
        for m in range(16):
            if m & step:
                form[m] ^= form[m ^ step]
    return form


def _split(x: Word, form: Sequence[int], pivot: int) -> Word:
    """The outputs as h ^ (x[pivot] & g), g and h of the other three inputs; equal g are multiplied once."""
    a, b, c = (x[i] for i in range(4) if i != pivot)
    product = [x[0].builder.true, a, b, a & b, c, a & c, b & c, a & b & c]
    others = [i for i in range(4) if i != pivot]
    sets = [sum((m >> i & 1) << others[i] for i in range(3)) for m in range(8)]

    def polynomial(output: int, extra: int) -> Bit:
        terms = [product[m] for m in range(8) if form[sets[m] | extra] >> output & 1]
        return reduce(lambda s, t: s ^ t, terms, x[0].builder.false)

    return Word([polynomial(j, 0) ^ (x[pivot] & polynomial(j, 1 << pivot)) for j in range(4)])


@cache
def sbox_circuit(values: tuple[int, ...]) -> Circuit:
    """The S-box x -> values[x] on four bits: at most eight ANDs, the best of the four ways to split one input off."""
    form = normal_form(values)

    def circuit(pivot: int) -> Circuit:
        builder = Builder("s-box")
        builder.outputs(_split(builder.inputs(4), form, pivot))
        return cone(builder.build())

    return min(map(circuit, range(4)), key=lambda made: (made.num_ands, made.num_gates))


def substitute(block: Word, values: tuple[int, ...]) -> Word:
    """The S-box on each four bits of a word whose width is a multiple of four."""
    circuit, builder = sbox_circuit(values), block[0].builder
    return Word([bit for i in range(0, len(block), 4) for bit in builder.apply(circuit, block[i : i + 4])])


def inverted(values: tuple[int, ...]) -> tuple[int, ...]:
    """The inverse S-box."""
    return tuple(values.index(y) for y in range(16))
