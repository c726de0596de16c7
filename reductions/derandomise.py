"""From the randomised invertor to a deterministic one: Theorem 2's proof from "Consider sampling" to "inverts C"."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from reductions.invertor import Target, answers
from reductions.latent import DeepLatentGaussian
from reductions.networks import Network


@dataclass(frozen=True, eq=False)
class Strings:
    """What the proof hard-codes: M shifts xi_i and M' strings of the encoder's noise; a copy of E is a pair (i, j)."""

    shifts: Float[Tensor, "M d"]
    noises: Float[Tensor, "M2 noise"]


def draw_strings(
    encoder: DeepLatentGaussian, beta: float, shifts: int, noises: int, generator: torch.Generator
) -> Strings:
    """M = `shifts` and M' = `noises` independent strings."""
    like = torch.empty(0, dtype=torch.float64)
    xi = beta * torch.randn(shifts, encoder.inputs, dtype=like.dtype, generator=generator)
    return Strings(xi, encoder.draw_strings(noises, generator, like))


@dataclass(frozen=True, eq=False)
class Derandomised:
    """What the strings do. `works[i, j, x]`: the pair (i, j) inverts x; `chosen`: pairs to hard-code, best first.

    Chosen greedily, until no pair inverts an input that those before do not.
    """

    strings: Strings
    works: Bool[Tensor, "M M2 2**d"]
    chosen: list[tuple[int, int]]

    @property
    def mean(self) -> float:
        """The fraction of inputs that a pair inverts, on average over the pairs."""
        return float(self.works.double().mean())

    @property
    def best(self) -> float:
        """The fraction that the best single pair inverts. Never below the mean: that is all a derandomisation needs."""
        return float(self.works.double().mean(-1).max())

    @property
    def covered(self) -> float:
        """The fraction that some pair inverts: what C'' with all M M' copies does."""
        return float(self.works.flatten(0, 1).any(0).double().mean())

    @property
    def works_for_all(self) -> bool:
        """Whether one pair inverts every input that some pair inverts, as "works for all x" has it."""
        return self.best == self.covered

    def good(self, threshold: float) -> float:
        """The fraction of inputs that at least this fraction of the pairs inverts."""
        return float((self.works.flatten(0, 1).double().mean(0) >= threshold).double().mean())

    def networks(self, encoder: DeepLatentGaussian) -> list[Network]:
        """The encoder with each chosen pair hard-coded: x -> z, x in {±1}^d."""
        return [encoder.freeze(self.strings.noises[j], self.strings.shifts[i]) for i, j in self.chosen]


def derandomise(encoder: DeepLatentGaussian, permutation: Target, strings: Strings) -> Derandomised:
    """Run every pair of strings on every input."""
    works = permutation.inverts(answers(encoder, permutation, strings.shifts, strings.noises))
    return Derandomised(strings, works, greedy_cover(works))


def greedy_cover(works: Bool[Tensor, "M M2 2**d"]) -> list[tuple[int, int]]:
    """Pairs such that each adds the most inputs that none before inverts, until none adds any. At least one pair."""
    pairs, width = works.flatten(0, 1), works.shape[1]
    left = torch.ones(works.shape[-1], dtype=torch.bool)
    chosen: list[int] = []
    while not chosen or bool((pairs & left).any()):
        best = int((pairs & left).sum(-1).argmax())
        chosen.append(best)
        left &= ~pairs[best]
    return [divmod(pair, width) for pair in chosen]


@dataclass(frozen=True)
class Promises:
    """What the proof promises for a measured epsilon, and what our repairs do; fractions of {0,1}^d.

    `randomised`: eps²/4, as printed. `repaired`: eps/4, with a = eps/4 in the reverse Markov inequality.
    `averaging`: 4/5 (eps - e^-d): one pair does at least as well as the mean, so no union bound is needed.
    """

    randomised: float
    repaired: float
    averaging: float


def promises(epsilon: float, d: int) -> Promises:
    """The promises for Pr_x[TV <= 1/10] = epsilon in dimension d."""
    averaging = max(0.0, 0.8 * (epsilon - math.exp(-d)))
    return Promises(epsilon**2 / 4, epsilon / 4, averaging)
