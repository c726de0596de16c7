"""The randomised invertor C'' of Theorem 2's proof: x~ = x + xi (eq. 47), z ~ E(.|x~), and the check x = C(sgn z)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from circuits import Circuit
from circuits.simulation import find_collision, truth_table
from reductions.error import ReductionError
from reductions.latent import DeepLatentGaussian
from reductions.patterns import pattern_of, signs_of
from reductions.variation import Interval, clopper_pearson

#: All inputs are run, one by one.
MOST_BITS = 20


@dataclass(frozen=True, eq=False)
class Target:
    """The permutation to invert: the circuit C, and C(b) for each integer b, of which bit i is input i."""

    circuit: Circuit
    image: Int64[Tensor, " 2**d"]

    @property
    def d(self) -> int:
        """The number of inputs and of outputs."""
        return self.circuit.num_inputs

    @property
    def vertices(self) -> Float[Tensor, "2**d d"]:
        """Every x in {±1}^d, in the order of the integers."""
        return signs_of(torch.arange(1 << self.d), self.d)

    def inverts(self, patterns: Int64[Tensor, "*batch 2**d"]) -> Bool[Tensor, "*batch 2**d"]:
        """Whether C(patterns[..., x]) = x, for every x."""
        return self.image[patterns] == torch.arange(1 << self.d)


def target(circuit: Circuit) -> Target:
    """The permutation that a circuit computes.

    Raises:
        ReductionError: unless the circuit is a bijection of {0,1}^d, d <= 20: Conjecture 1 speaks of bijections.
    """
    name = circuit.name
    if circuit.num_inputs != circuit.num_outputs or not 1 <= circuit.num_inputs <= MOST_BITS:
        raise ReductionError(
            f"{name!r} has {circuit.num_inputs} inputs and {circuit.num_outputs} outputs: the reduction runs over all"
            f" inputs of a permutation of at most {MOST_BITS} bits"
        )
    if (collision := find_collision(circuit)) is not None:
        a, b = (format(one, f"0{circuit.num_inputs}b") for one in collision)
        raise ReductionError(f"{name!r} is no bijection: it takes the inputs {a} and {b} to one output")
    return Target(circuit, torch.tensor(truth_table(circuit).astype("int64")))


@dataclass(frozen=True, eq=False)
class Inversion:
    """Which inputs one round of C'' inverts: `successes[x]` of `draws` independent rounds."""

    successes: Int64[Tensor, " 2**d"]
    draws: int

    @property
    def fraction(self) -> float:
        """The mean of the success probability over all inputs, as measured."""
        return float(self.successes.sum()) / (self.draws * len(self.successes))

    def interval(self, confidence: float = 0.999) -> Interval:
        """Clopper and Pearson's interval for that mean.

        Every input has the same number of rounds; the successes of different inputs are a sum of Bernoulli variables
        with different means, whose tails are no heavier than the binomial's (Hoeffding 1956).
        """
        return clopper_pearson(int(self.successes.sum()), self.draws * len(self.successes), confidence)


def invert(
    encoder: DeepLatentGaussian, permutation: Target, beta: float, draws: int, generator: torch.Generator
) -> Inversion:
    """Run one round of C'' on every input, `draws` times, with fresh noise each time."""
    x = permutation.vertices
    check_fits(encoder, permutation)
    successes = torch.zeros(len(x), dtype=torch.int64)
    for _ in range(draws):
        noisy = x + beta * torch.randn(x.shape, dtype=x.dtype, generator=generator)
        successes += permutation.inverts(pattern_of(encoder.sample(noisy, generator)))
    return Inversion(successes, draws)


def answers(
    encoder: DeepLatentGaussian,
    permutation: Target,
    shifts: Float[Tensor, "M d"],
    strings: Float[Tensor, "M2 noise"],
) -> Int64[Tensor, "M M2 2**d"]:
    """The pattern sgn z for each pair of a shift xi_i and a string of the encoder's noise, and for each input.

    Every input sees the same shifts and the same strings: they are what is to be hard-coded.
    """
    check_fits(encoder, permutation)
    x = permutation.vertices
    found = torch.empty(len(shifts), len(strings), len(x), dtype=torch.int64)
    for i, j in product(range(len(shifts)), range(len(strings))):
        found[i, j] = pattern_of(encoder(x + shifts[i], strings[j].expand(len(x), -1)))
    return found


def first_inverse(permutation: Target, patterns: Int64[Tensor, "copies 2**d"]) -> Int64[Tensor, " 2**d"]:
    """C'' with these copies: for every x the first pattern that C takes to x; the last copy's, unchecked, if none does.

    The proof outputs (1, ..., 1) if none does. What is output then is right for no more inputs than it says.
    """
    result = patterns[-1].clone()
    for candidate in reversed(patterns[:-1].unbind()):
        result = torch.where(permutation.inverts(candidate), candidate, result)
    return result


def check_fits(encoder: DeepLatentGaussian, permutation: Target) -> None:
    """Raise `ReductionError` unless the encoder takes as many numbers as C has outputs to as many as it has inputs."""
    d = permutation.d
    if (encoder.inputs, encoder.outputs) != (d, d):
        raise ReductionError(
            f"the encoder takes {encoder.inputs} numbers to {encoder.outputs}, the circuit has {d} bits: give one of"
            f" {d} to {d}"
        )
