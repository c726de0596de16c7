"""Multiplication by a constant modulo N (a permutation, easily inverted), and the product of two numbers."""

from __future__ import annotations

from math import gcd

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.families.family import Family, Kind, OneWayFunction, Permutation, Widths, generator, random_integer
from circuits.families.modular import below, closed, times_constant


def multiplication_parameters(bits: int, seed: int) -> tuple[int, int]:
    """(N, a): a random odd modulus of exactly `bits` bits, and a random unit modulo N, neither 1 nor -1."""
    rng = generator(seed, "multiplication")
    modulus = random_integer(rng, bits) | 1 << bits - 1 | 1
    factor = 0
    while gcd(factor, modulus) != 1 or factor in (1, modulus - 1):
        factor = random_integer(rng, bits) % modulus
    return modulus, factor


def multiplication(bits: int, rounds: int, seed: int) -> Permutation:
    """x -> a * x mod N for x < N, x elsewhere; the inverse multiplies by a^-1."""
    modulus, factor = multiplication_parameters(bits, seed)

    def circuit(constant: int) -> Circuit:
        return closed(bits, rounds, lambda x: below(x, modulus), lambda x: times_constant(x, constant, modulus))

    return Permutation(circuit(factor), circuit(pow(factor, -1, modulus)))


def product(bits: int, rounds: int, seed: int) -> OneWayFunction:  # noqa: ARG001 - a family takes all three
    """(p, q) -> p * q: bits/2 bits each, p the low half, `bits` outputs."""
    builder = Builder()
    x = builder.inputs(bits)
    builder.outputs(x[: bits // 2].times(x[bits // 2 :]))
    return OneWayFunction(builder.build())


MULTIPLICATION = Family(
    name="multiplication",
    kind=Kind.EASY,
    summary="x -> a * x mod N below N, the identity elsewhere; from adders and conditional subtractions.",
    inverse="Multiplication by a^-1 mod N.",
    hardness=(
        "Not a hard instance: a and N are constants of the circuit, and Euclid's algorithm inverts a. Unlike keys of"
        " ciphers it does not fall to unit propagation backwards (the reductions modulo N branch), so a solver that"
        " does not see the arithmetic works. It is learned from a few samples by those who guess its form."
    ),
    source="textbook arithmetic",
    bits=Widths(4, 128),
    round="one application of the closed map; more rounds iterate it",
    default_rounds=lambda _: 1,
    max_rounds=64,
    builder=multiplication,
)

PRODUCT = Family(
    name="product",
    kind=Kind.FUNCTION,
    summary="(p, q) -> p * q for numbers of bits/2 bits: to invert it is to factor.",
    inverse="A factoring into two numbers of bits/2 bits; (q, p) is another pre-image of the same product.",
    hardness=(
        "Factoring; but random p and q are rarely both prime, so most planted products have small factors, and 64-bit"
        " numbers factor at once by other means than SAT."
    ),
    source="textbook arithmetic; as a one-way function: O. Goldreich, Foundations of Cryptography I, section 2.2.4",
    bits=Widths(4, 128, 2),
    round="nothing: one round only",
    default_rounds=lambda _: 1,
    builder=product,
    max_rounds=1,
)
