"""Appendix G, proof of Lemma 27: the range of the nodes, and why an interpolation stays in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
import torch
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, maximum
from claims.papers.pareek_risteski_2022.precision import fraction
from claims.papers.pareek_risteski_2022.upper_bound.relu_networks import BOUNDED, L27, SOURCE


@dataclass(frozen=True)
class Overshoot:
    """A constant activation `top` < M and an approximant e0 above it. Arrays: `top`, `e0`, `M` [n]."""

    top: Array
    e0: Array
    M: Array


def _overshoots() -> Iterator[Overshoot]:
    for k, e in itertools.product((4, 6, 7), (1, 2)):
        yield Overshoot(np.array([k / 8]), np.array([e / 8]), np.array([1.0]))


@claim(
    f"{L27}/step-range",
    statement=r"\|H_R(x)\|_\infty \le M, \text{ and the inputs to the node are in } [-BM, BM]",
    source=SOURCE + ", inductive hypothesis",
    domain="all sigma with |sigma| < M on [-BM, BM], all R with |sigma - R| <= e0 there, as the cited theorem gives",
    readings=[BOUNDED],
    effect="The induction shows it for H, not for H_R: R may exceed M by what e0 leaves, and then R is read where"
    " nothing is known of it. Harmless: an interpolation does not exceed sigma (the repair), and two more ReLUs clip.",
    by=[exhaustive(_overshoots, "M = 1, sigma constant 4/8, 6/8 or 7/8, e0 = 1/8 or 2/8")],
    worked=lambda case: [
        f"M = 1, sigma = {fraction(case.top[0])} everywhere, R = sigma + e0 with e0 = {fraction(case.e0[0])}:"
        f" |sigma - R| <= e0, and R = {fraction((case.top + case.e0)[0])} > M",
    ],
)
def printed_range(case: Overshoot) -> Margin:
    """Sigma + e0 <= M."""
    return Margin.at_most(case.top + case.e0, case.M)


@printed_range.mutant("|H_R| <= M - e0")
def _(case: Overshoot) -> Margin:
    return Margin.at_most(case.top + 2 * case.e0, case.M)


@printed_range.mutant("|H_R| <= M/2")
def _(case: Overshoot) -> Margin:
    return Margin.at_most(case.top + case.e0, case.M / 2)


@dataclass(frozen=True)
class Piece:
    """Values of sigma at two neighbouring knots, and a place between them. Arrays: `a`, `b`, `t` in (0, 1) [n]."""

    a: Array
    b: Array
    t: Array


@dataclass(frozen=True)
class Pieces:
    """Pieces of one scale."""

    scale: float

    @property
    def size(self) -> int:
        """Three numbers."""
        return 3

    def build(self, free: Float[Tensor, "n size"]) -> Piece:
        """A batch of instances."""
        return Piece(self.scale * free[:, 0], self.scale * free[:, 1], torch.sigmoid(free[:, 2]))


def hull_steps() -> Iterator[Step]:
    """Between two knots R is (1 - t) a + t b with values a, b of sigma in [-M, M], and outside of them the nearest
    value; so |R| <= M on the whole line, and |w·H_R| <= B M.
    """  # noqa: D205 - the proof
    t, s, u, v = sympy.symbols("t s u v", nonnegative=True)  # t and s = 1 - t; a = M - u, b = M - v
    yield Step.nonnegative("M - ((1 - t) a + t b) = (1 - t) u + t v", s * u + t * v)


@claim(
    f"{L27}/step-range/repair",
    statement=r"R \text{ interpolates } \sigma \text{ between knots in } [-BM, BM], \text{ constant outside: }"
    r" \|H_R(x)\|_\infty \le M",
    source=SOURCE + ", inductive hypothesis",
    domain="all sigma with |sigma| <= M on [-BM, BM], all knots there",
    repairs=f"{L27}/step-range",
    changes="R is the piecewise-linear interpolation, not any approximation",
    by=[derivation(hull_steps, "all sigma and knots"), search(st.sampled_from((1e-3, 1.0, 1e3)).map(Pieces), "scales")],
)
def interpolation_does_not_overshoot(case: Piece) -> Margin:
    """|(1 - t) a + t b| <= max(|a|, |b|)."""
    value = (1 - case.t) * case.a + case.t * case.b
    return Margin.at_most(absolute(value), maximum(absolute(case.a), absolute(case.b)))


@interpolation_does_not_overshoot.mutant("extrapolated, at 1 + t")
def _(case: Piece) -> Margin:
    value = -case.t * case.a + (1 + case.t) * case.b
    return Margin.at_most(absolute(value), maximum(absolute(case.a), absolute(case.b)))


@interpolation_does_not_overshoot.mutant("at most the smaller value")
def _(case: Piece) -> Margin:
    value = (1 - case.t) * case.a + case.t * case.b
    return Margin.at_most(absolute(value), (absolute(case.a) + absolute(case.b)) / 2)
