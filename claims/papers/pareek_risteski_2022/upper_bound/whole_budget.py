"""Proof of Theorem 1: the errors of Lemma 2 and Lemma 17 added up."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import Array
from claims.papers.pareek_risteski_2022.upper_bound.budgets import ALL, CASES, Budget, F, budgets, told
from claims.papers.pareek_risteski_2022.upper_bound.discretisation import ATTACK, Discretised
from claims.papers.pareek_risteski_2022.upper_bound.effective_region import RADIUS
from claims.papers.pareek_risteski_2022.upper_bound.girsanov import HALF, L17
from claims.papers.pareek_risteski_2022.upper_bound.mixing_time import L2, MIXED, PR
from claims.papers.pareek_risteski_2022.upper_bound.narrow import NARROW, SMALL

T1 = f"{PR}/theorem-1"


@claim(
    f"{T1}/step-budget",
    statement=r"d_{TV}(\hat P_T, P_T) \le \epsilon \text{ (Lemma 17)},\ d_{TV}(P_T, p(z|x)) \le \epsilon/2 \text{"
    r" (Lemma 2)} \implies d_{TV}(\hat P_T, p(z|x)) \le \epsilon",
    source="Appendix D.3: 'by the error bounds of Lemma 17 and Lemma 2 and the triangle inequality'",
    domain=ALL,
    rests_on=[L17, L2],
    carried_by=[f"{L2}/repair"],
    effect="Harmless: 3 eps/2; both lemmas with 2 eps/3 for eps give it, at one and the same T: the two lemmas name"
    " different ones. The repair says which T serves both.",
    by=[exhaustive(budgets, CASES)],
    worked=told((F(1), F(1, 2)), F(1)),
)
def shares_of_theorem_1(case: Budget) -> Margin:
    """eps + eps/2 <= eps."""
    return case.at_most((F(1), F(1, 2)), F(1))


@shares_of_theorem_1.mutant("Lemma 17 with 3 eps/4")
def _(case: Budget) -> Margin:
    return case.at_most((F(3, 4), F(1, 2)), F(1))


@shares_of_theorem_1.mutant("Lemma 2 with eps/100")
def _(case: Budget) -> Margin:
    return case.at_most((F(1), F(1, 100)), F(1))


def theorem_steps() -> Iterator[Step]:
    """step-46/repair with the reflected diffusion in the place of z, from which it does not differ up to the exit:
    TV(P^_T, P~_T) <= sqrt(KL/2) + eps/4 <= eps/2 + eps/4, with the h of Lemma 17 for this T. TV(P~_T, P~) <= eps/8, as
    in lemma-2/remark-sharper, and TV(P~, P) = P(D^c) <= eps/8 (remark-outside). lemma-13/repair asks for T <=
    (beta²/m²) q^A, q = 16A/eps: with l = log q, log(1/eps) <= log(q/32) <= q/32 - 1 and A/2 <= q^{A-2} it is enough
    that l (4q - 125) <= q², and l <= q/8.
    """  # noqa: D205 - the proof
    eps, q = sympy.symbols("epsilon q", positive=True)
    yield Step.vanishes("the shares", eps / 2 + eps / 4 + eps / 8 + eps / 8 - eps)
    yield Step.nonnegative("q² - (q/8) 4q", q**2 - q / 8 * 4 * q)
    yield Step.vanishes("128 (q/32 - 1) + 5/2 + 1/2 = 4q - 125", 128 * (q / 32 - 1) + 3 - (4 * q - 125))


@claim(
    f"{T1}/step-budget/repair",
    statement=r"T = (2\,\mathrm{rad}(D))^2\log\frac1\epsilon + \frac52\frac{\beta^2}{m^2}\log\frac{16A}\epsilon,\ "
    r"h \text{ as in Lemma 17}:\ d_{TV}(\hat P_T, p(z|x)) \le \tfrac\epsilon2 + \tfrac\epsilon4 + \tfrac\epsilon8"
    r" + \tfrac\epsilon8 = \epsilon",
    source="Appendix D.3",
    domain=NARROW,
    repairs=f"{T1}/step-budget",
    changes="one T for both lemmas, and the exit from D counted once. For eps <= 49/50 the first term of T, that of"
    " Lemma 17, is enough: 64 A log(1/eps) >= 5/2 there",
    readings=[RADIUS, SMALL, HALF],
    rests_on=[f"{L17}/step-46/repair", L17, f"{L2}/remark-sharper", *MIXED],
    by=[derivation(theorem_steps, NARROW), ATTACK],
)
def budgets_add_up(case: Discretised) -> Margin:
    """The chain's law is within eps of the posterior."""
    return _whole(case, case.enough_time())


def _whole(case: Discretised, T: Array, noise: float = 1.0) -> Margin:
    return Margin.at_most(case.apart_by(case.step(T), T, noise, posterior=True), case.eps)


@budgets_add_up.mutant("T = (2 rad)² log(1/eps) alone, as eps -> 1: nothing has moved")
def _(case: Discretised) -> Margin:
    return _whole(case, case.printed_time())


@budgets_add_up.mutant("T = beta²/m²")
def _(case: Discretised) -> Margin:
    return _whole(case, 1 + case.ratio)


@budgets_add_up.mutant("noise of variance h")
def _(case: Discretised) -> Margin:
    return _whole(case, case.enough_time(), 0.5)
