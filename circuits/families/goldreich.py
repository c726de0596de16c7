"""Goldreich's function: every output is one fixed predicate of a few inputs, chosen at random."""

from __future__ import annotations

from circuits.builder import Builder
from circuits.families.family import Family, Kind, OneWayFunction, Widths, generator
from circuits.word import Bit, Word

SOURCE = "O. Goldreich, Candidate one-way functions based on expander graphs, ECCC TR00-090, 2000"


def subsets(bits: int, outputs: int, size: int, seed: int) -> list[list[int]]:
    """For each output the `size` different inputs that it reads, in the order of the predicate's arguments."""
    rng = generator(seed, "goldreich")
    return [[int(i) for i in rng.choice(bits, size, replace=False)] for _ in range(outputs)]


def goldreich(bits: int, rounds: int, seed: int) -> OneWayFunction:
    """y_j = P5(five random inputs), j < rounds * bits, where P5 = x1 ^ x2 ^ x3 ^ (x4 & x5)."""

    def p5(x: Word) -> Bit:
        return x[:3].parity() ^ (x[3] & x[4])

    builder = Builder()
    x = builder.inputs(bits)
    builder.outputs(p5(x.permuted(subset)) for subset in subsets(bits, rounds * bits, 5, seed))
    return OneWayFunction(builder.build())


def goldreich_majority(bits: int, rounds: int, seed: int) -> OneWayFunction:
    """y_j = x1 ^ x2 ^ x3 ^ majority(x4, x5, x6) of six random inputs, j < rounds * bits."""

    def predicate(x: Word) -> Bit:
        majority = x[3] ^ ((x[3] ^ x[4]) & (x[3] ^ x[5]))
        return x[:3].parity() ^ majority

    builder = Builder()
    x = builder.inputs(bits)
    builder.outputs(predicate(x.permuted(subset)) for subset in subsets(bits, rounds * bits, 6, seed))
    return OneWayFunction(builder.build())


_ROUND = "stretch, not a round: the function has rounds * bits outputs"
_INVERSE = "None known; many-to-one in general, so a planted pre-image need not be the only one."

GOLDREICH = Family(
    name="goldreich",
    kind=Kind.FUNCTION,
    summary="Each output is P5 = x1 ^ x2 ^ x3 ^ (x4 & x5) of five random inputs.",
    inverse=_INVERSE,
    hardness=(
        "Finding a pre-image, at stretch 1 and from about a hundred bits on. More stretch makes it easier: with 2n"
        " outputs the fixed pieces fit together quickly."
    ),
    source=f"{SOURCE}; P5: E. Mossel, A. Shpilka, L. Trevisan, On epsilon-biased generators in NC0, 2006",
    bits=Widths(5, 512),
    round=_ROUND,
    default_rounds=lambda _: 1,
    builder=goldreich,
)

GOLDREICH_MAJORITY = Family(
    name="goldreich-majority",
    kind=Kind.FUNCTION,
    summary="Each output is x1 ^ x2 ^ x3 ^ majority(x4, x5, x6) of six random inputs.",
    inverse=_INVERSE,
    hardness="Finding a pre-image; no affine assignment of one input makes the predicate linear, unlike P5.",
    source=f"{SOURCE}; XOR-majority predicates: B. Applebaum, S. Lovett, Algebraic attacks against random local"
    " functions and their countermeasures, STOC 2016",
    bits=Widths(6, 512),
    round=_ROUND,
    default_rounds=lambda _: 1,
    builder=goldreich_majority,
)
