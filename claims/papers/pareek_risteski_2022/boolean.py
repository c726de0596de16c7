"""Circuits as cases of claims, and the question "these two circuits agree everywhere" for the method `sat`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from circuits import Bit, Builder, Circuit, Word
from circuits.families import Permutation, family
from circuits.sat import equivalent

#: How many random circuits, and which widths of the families, an effort draws.
RANDOM = {"quick": 6, "standard": 24, "thorough": 200}
WIDTHS = {"quick": (4,), "standard": (4, 8, 16), "thorough": (4, 8, 16, 32)}
PERMUTATIONS = ("identity", "affine", "toffoli", "feistel", "spn")
FAMILIES = "permutations of five families, 4 bits at effort quick, to 16 at standard, to 32 at thorough"
SCOPE = f"every function of at most two inputs, random circuits of 1..8 inputs and 0..5 outputs, {FAMILIES}"


@dataclass(frozen=True)
class Equality:
    """left(x) = right(x) for all x, with `differs`: the same comparison by a route of its own."""

    left: Circuit
    right: Circuit
    route: Callable[[int], bool]

    def counterexample(self) -> int | None:
        """An input on which the two differ, or None: proved by SAT sweeping that there is none."""
        return equivalent(self.left, self.right).counterexample

    def differs(self, x: int) -> bool:
        """Whether the sides differ at x, by the other route."""
        return self.route(x)


class Case:
    """A circuit as the case of a claim. No dataclass, for the engine would take its arrays for numbers."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit

    def __repr__(self) -> str:
        return repr(self.circuit)


def small_functions() -> Iterator[Circuit]:
    """Every function of at most two inputs as the builder makes it: 16 of two inputs, 4 of one, the constants."""
    for inputs in range(3):
        for table in range(1 << (1 << inputs)):
            builder = Builder(f"function {table} of {inputs} inputs")
            x = builder.inputs(inputs)
            terms = [(x ^ builder.constant(~row, inputs)).all() for row in range(1 << inputs) if table >> row & 1 and x]
            constant = builder.true if table and not x else builder.false
            builder.output(Word(terms).any() if terms else constant)
            yield builder.build()


def random_circuit(generator: np.random.Generator, name: str) -> Circuit:
    """A random xor-and graph of 1..8 inputs and up to 40 gates, outputs anywhere: constants, inputs, complements."""
    builder = Builder(name)
    bits: list[Bit] = [builder.false, *builder.inputs(int(generator.integers(1, 9)))]
    for _ in range(int(generator.integers(0, 41))):
        a, b = (bits[i] for i in generator.integers(len(bits), size=2))
        if generator.integers(2):
            b = ~b
        bits.append(a ^ b if generator.integers(2) else a & b)
    for i in generator.integers(len(bits), size=int(generator.integers(6))):
        builder.output(~bits[i] if generator.integers(2) else bits[i])
    return builder.build()


def permutations(generator: np.random.Generator, effort: str) -> Iterator[Circuit]:
    """Bijections of {0,1}^d from the families."""
    for bits in WIDTHS[effort]:
        for name in PERMUTATIONS:
            built = family(name).build(bits=bits, seed=int(generator.integers(1 << 31)))
            if isinstance(built, Permutation):
                yield built.circuit


def circuits(generator: np.random.Generator, effort: str) -> Iterator[Case]:
    """The cases of claims about all circuits, simplest first."""
    yield from map(Case, small_functions())
    for i in range(RANDOM[effort]):
        yield Case(random_circuit(generator, f"random {i}"))
    yield from map(Case, permutations(generator, effort))
