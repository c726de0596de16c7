"""`Family`: a function of (bits, rounds, seed) that builds a circuit and says what is known about inverting it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.transform import cone


class Kind(Enum):
    """What is known about inverting a family. Each member carries its own sentence."""

    sentence: str

    TRIVIAL = "trivial", "Easy to invert, and easy to learn from a few samples."
    EASY = "easy", "Easy to invert given the circuit, believed hard to learn from samples: a control, no hard instance."
    CANDIDATE = "candidate", "A candidate one-way permutation, at toy sizes."
    FUNCTION = "function", "A candidate one-way function that is no permutation."

    def __new__(cls, value: str, sentence: str = "") -> Kind:
        """The member's value is one word, so `Kind("easy")` finds it; `sentence` says what it means."""
        member = object.__new__(cls)
        member._value_ = value
        member.sentence = sentence
        return member


@dataclass(frozen=True)
class Permutation:
    """A bijection of {0,1}^d and, where the family knows one (a trapdoor included), a circuit of its inverse.

    Raises `CircuitError` if the circuits do not have d inputs and d outputs each.
    """

    circuit: Circuit
    inverse: Circuit | None

    def __post_init__(self) -> None:
        d = self.circuit.num_inputs
        for circuit in (self.circuit, self.inverse):
            if circuit is not None and not d == circuit.num_inputs == circuit.num_outputs:
                raise CircuitError(
                    f"{circuit.name!r} has {circuit.num_inputs} inputs and {circuit.num_outputs} outputs:"
                    f" no permutation of {d} bits"
                )


@dataclass(frozen=True)
class OneWayFunction:
    """A function that is many-to-one or widens its input: not a permutation, and kept apart from them by type."""

    circuit: Circuit


@dataclass(frozen=True)
class Widths:
    """The numbers of input bits that a family accepts: multiples of `multiple_of` from `minimum` to `maximum`."""

    minimum: int
    maximum: int
    multiple_of: int = 1

    def __contains__(self, bits: int) -> bool:
        return self.minimum <= bits <= self.maximum and bits % self.multiple_of == 0

    def __str__(self) -> str:
        every = "" if self.multiple_of == 1 else f", multiples of {self.multiple_of} only"
        return f"{self.minimum} to {self.maximum}{every}"


#: Rounds times bits beyond this are refused: a cipher of this size takes a minute or more to build.
MOST_ROUND_BITS = 1_000_000


@dataclass(frozen=True)
class Family:
    """A family of circuits, and what is known about it.

    Attributes: `name`; `kind`; `summary` (one line); `inverse` (what the inverse is); `hardness` (what is hard about
    it, and what is not); `source` (where it is from); `bits` (the widths it accepts); `round` (what one round is);
    `default_rounds` (bits -> rounds); `builder` ((bits, rounds, seed) -> the circuits; call `build` instead, which
    checks the arguments); `max_rounds` (None: as many as `MOST_ROUND_BITS` allows).
    """

    name: str
    kind: Kind
    summary: str
    inverse: str
    hardness: str
    source: str
    bits: Widths
    round: str
    default_rounds: Callable[[int], int]
    builder: Callable[[int, int, int], Permutation | OneWayFunction]
    max_rounds: int | None = None

    def build(self, bits: int, rounds: int | None = None, seed: int = 0) -> Permutation | OneWayFunction:
        """The member of the family on `bits` input bits. Equal arguments give equal circuits, gate for gate.

        The circuit is named `family-bits-rounds-seed`, its inverse has `-inverse` appended; neither has a gate that no
        output needs. Raises `CircuitError` for
        a width that the family does not accept, fewer rounds than one, more than it allows, or a negative seed.
        """
        if bits not in self.bits:
            raise CircuitError(f"family {self.name!r} has no member of {bits} bits: choose {self.bits}")
        rounds = self.default_rounds(bits) if rounds is None else rounds
        most = MOST_ROUND_BITS // bits if self.max_rounds is None else self.max_rounds
        if not 1 <= rounds <= most:
            raise CircuitError(f"family {self.name!r} of {bits} bits cannot have {rounds} rounds: choose 1 to {most}")
        if seed < 0:
            raise CircuitError(f"seed {seed} is negative: choose 0 or more")
        built = self.builder(bits, rounds, seed)
        name = f"{self.name}-{bits}-{rounds}-{seed}"
        circuit = cone(built.circuit).renamed(name)
        if isinstance(built, OneWayFunction):
            return OneWayFunction(circuit)
        return Permutation(circuit, built.inverse and cone(built.inverse).renamed(f"{name}-inverse"))


def generator(seed: int, purpose: str) -> np.random.Generator:
    """The random numbers of one purpose under one seed. Different purposes under one seed are independent."""
    return np.random.default_rng([seed, *purpose.encode()])


def random_integer(rng: np.random.Generator, bits: int) -> int:
    """A uniform integer of `bits` bits, however many."""
    return int.from_bytes(rng.bytes((bits + 7) // 8), "little") & (1 << bits) - 1
