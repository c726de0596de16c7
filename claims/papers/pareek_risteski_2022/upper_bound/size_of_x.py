"""Appendix F.2, Lemma 24: how large x is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st

from claims import Constant, Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, exp, upper_gamma
from claims.engine.strategies import Instances, PositiveEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import CENTRED, PAPER

SAMPLES = "all d >= 1, β > 0, all G with Assumptions 2 and 3"


@dataclass(frozen=True)
class ShiftedSample:
    """x ~ N(c, 1 + β²): G(z) = z + c in one dimension, M = 1, c = 12(1 + β) + more. Arrays: `beta`, `more` [n]."""

    beta: Array
    more: Array

    def beyond(self) -> Array:
        """Pr[|x| > 12(1 + β)] exactly, by both tails: [n]."""
        variance, reach = 1 + self.beta * self.beta, 24 * (1 + self.beta) + self.more
        right = 1 - upper_gamma(0.5, self.more * self.more / (2 * variance)) / 2
        return right + upper_gamma(0.5, reach * reach / (2 * variance)) / 2


def _shifted() -> Iterator[ShiftedSample]:
    for beta in (1.0, 0.5, 0.001):
        for more in (1.0, 10.0):
            yield ShiftedSample(np.array([beta]), np.array([more]))


@claim(
    f"{PAPER}/lemma-24",
    statement=r"\text{With } x \text{ following the density from Definition 1, s.t. } G \text{"
    r" satisfies Assumption 2: }"
    r"\|x\| \le 12(M+\beta)\sqrt d \text{ w.p. } 1 - 2\exp(-4d)",
    source="Appendix F.2, Lemma 24",
    domain="all d >= 1, β > 0, all G with Assumption 2",
    rests_on=[f"{PAPER}/lemma-21"],
    readings=["Assumption 2 only: statement and proof name it and no other, as Lemma 23 and Theorem 1 name theirs"],
    effect="Harmless: Section 2.1 lays down Assumption 3 along with the others. With it the lemma is true (repair), and"
    " what rests on the lemma has it in force; ‖G(z)‖ <= M‖z‖ in the proof needs it. Without it, the bound holds for"
    " ‖x - G(0)‖.",
    by=[exhaustive(_shifted, "G(z) = z + c, d = 1, M = 1; c above 12(1 + β) by 1 or 10; the exact law of x")],
    worked=lambda case: [
        f"G(z) = z + c, d = 1, M = 1, β = {case.beta[0]:g}: 12(M + β) = {12 * (1 + case.beta[0]):g},"
        f" c = {12 * (1 + case.beta[0]) + case.more[0]:g}",
        "x ~ N(c, 1 + β²) is above its mean c with probability 1/2, so above 12(M + β) with more;"
        " 2 exp(-4) = 0.037 is allowed",
    ],
)
def samples_are_small(case: ShiftedSample) -> Margin:
    """Pr[|x| > 12(M + β)] <= 2 exp(-4) at G(z) = z + c."""
    return Margin.at_most(case.beyond(), 2 * exp(-4 + 0 * case.beta))


@samples_are_small.mutant("with probability 1 - 10 exp(-4)")
def _(case: ShiftedSample) -> Margin:
    return Margin.at_most(case.beyond(), 10 * exp(-4 + 0 * case.beta))


@samples_are_small.mutant("with probability 1/2")
def _(case: ShiftedSample) -> Margin:
    return Margin.at_most(case.beyond(), 0.5 + 0 * case.beta)


@dataclass(frozen=True, repr=False)
class Sample:
    """x = G(z) + e, G centred and 1-Lipschitz, in dimension d. Array: `beta` [n], the noise level over M.

    Given ‖G(z)‖, ‖G(z) + e‖ grows in law with it (a noncentral chi variable does with its centre), and ‖G(z)‖ <= ‖z‖,
    with equality for an isometry: x ~ N(0, (1 + β²) I) is the worst case, exactly.
    """

    d: int
    beta: Array

    def beyond(self, factor: float | Array) -> Array:
        """Pr[‖x‖ > factor sqrt(d)] in the worst case: [n]."""
        return upper_gamma(self.d / 2, factor * factor * self.d / (2 * (1 + self.beta * self.beta)))


CASES = st.sampled_from([
    Instances(Sample, (d,), (PositiveEnsemble(scale),))
    for d, scale in ((1, 1.0), (2, 1.0), (3, 1e-3), (8, 1.0), (64, 1e-3), (512, 1e-3), (1, 1e3))
])  # fmt: skip
SCOPE = "d in 1, 2, 3, 8, 64, 512; β/M over decades; the exact law of the worst G, an isometry times M"


def small_steps() -> Iterator[Step]:
    """‖x‖ <= ‖G(z)‖ + ‖e‖ <= M‖z‖ + β‖ξ‖ with z, ξ ~ N(0, I), by Assumptions 3 and 2. Lemma 21 at c = 2 (its proof is
    about ‖ξ‖ alone): each of ‖z‖, ‖ξ‖ is at most 12 sqrt(d) but with probability exp(-4d); the union bound adds.
    """  # noqa: D205 - the proof
    M, beta, d = sympy.symbols("M beta d", positive=True)
    radius = 6 * 2 * sympy.sqrt(d)
    yield Step.vanishes("M 12 sqrt(d) + β 12 sqrt(d)", M * radius + beta * radius - 12 * (M + beta) * sympy.sqrt(d))
    yield Step.vanishes("2 exp(-c² d) at c = 2", 2 * sympy.exp(-(2**2) * d) - 2 * sympy.exp(-4 * d))


def _small(case: Sample, factor: float = 12.0, exponent: float = 4.0) -> Margin:
    return Margin.at_most(case.beyond(factor * (1 + case.beta)), 2 * exp(-exponent * case.d + 0 * case.beta))


@claim(
    f"{PAPER}/lemma-24/repair",
    statement=r"G \text{ satisfies Assumptions 2 and 3: } \|x\| \le 12(M+\beta)\sqrt d \text{ w.p. } 1 - 2\exp(-4d)",
    source="Appendix F.2, Lemma 24",
    domain=SAMPLES,
    repairs=f"{PAPER}/lemma-24",
    changes="Assumption 3 is added (or x - G(0) for x)",
    rests_on=[f"{PAPER}/lemma-21"],
    by=[derivation(small_steps, "all d, β, G"), search(CASES, SCOPE)],
    constants={"factor": Constant(12.0, 0.95)},
)
def samples_of_a_centred_generator_are_small(case: Sample, factor: float = 12.0) -> Margin:
    """Pr[‖x‖ > 12(M + β) sqrt(d)] <= 2 exp(-4d). The sharp factor is 3.38 = sqrt(-W_{-1}(-e^{-9})), for large d."""
    return _small(case, factor)


@samples_of_a_centred_generator_are_small.mutant("factor 3 in place of 12")
def _(case: Sample) -> Margin:
    return _small(case, 3.0)


@samples_of_a_centred_generator_are_small.mutant("β sqrt(d) alone: the spread of G(z) forgotten")
def _(case: Sample) -> Margin:
    return Margin.at_most(case.beyond(12 * case.beta), 2 * exp(-4 * case.d + 0 * case.beta))


@samples_of_a_centred_generator_are_small.mutant("a radius without sqrt(d)")
def _(case: Sample) -> Margin:
    return Margin.at_most(case.beyond(12 * (1 + case.beta) / case.d), 2 * exp(-4 * case.d + 0 * case.beta))


def order_steps() -> Iterator[Step]:
    """For β <= β_0 the radius of Lemma 24 is at most 12(M + β_0) sqrt(d), and 2 exp(-4d) <= exp(-3d) as 2 <= e^d."""
    M, beta, more = sympy.symbols("M beta more", positive=True)
    yield Step.nonnegative("12(M + β_0) - 12(M + β)", sympy.expand(12 * (M + beta + more) - 12 * (M + beta)))
    yield Step.nonnegative("1 - log 2", 1 - sympy.log(2))


@claim(
    f"{PAPER}/lemma-24/remark-order",
    statement=r"\text{Since we work under } \beta \le O(1), \text{ we can use } \|x\| \le O(\sqrt d) \text{ with"
    r" probability } 1 - \exp(\Omega(d))",
    source="Appendix F.2, remark after Lemma 24",
    domain=SAMPLES + ", β <= β_0",
    readings=[
        "1 - exp(-Ω(d)): the sign was lost, for 1 - exp(Ω(d)) is no probability; read with the constants 12(M + β_0)"
        " and 1 - exp(-3d)",
        CENTRED,
    ],
    rests_on=[f"{PAPER}/lemma-24"],
    carried_by=[f"{PAPER}/lemma-24/repair"],
    by=[derivation(order_steps, "all d, β <= β_0"), search(CASES, SCOPE)],
)
def samples_are_of_order_sqrt_d(case: Sample) -> Margin:
    """Pr[‖x‖ > 12(M + β_0) sqrt(d)] <= exp(-3d) for the largest β allowed, β = β_0."""
    return _order(case, 12 * (1 + case.beta))


def _order(case: Sample, factor: float | Array) -> Margin:
    return Margin.at_most(case.beyond(factor), exp(-3 * case.d + 0 * case.beta))


@samples_are_of_order_sqrt_d.mutant("O(1) in place of O(sqrt d)")
def _(case: Sample) -> Margin:
    return _order(case, 12 * (1 + case.beta) / case.d)


@samples_are_of_order_sqrt_d.mutant("β not bounded")
def _(case: Sample) -> Margin:
    return _order(case, 24.0)
