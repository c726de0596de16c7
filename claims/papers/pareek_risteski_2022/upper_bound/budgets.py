"""Shares of epsilon that must add up, in the proofs of Lemma 2 and Lemma 17. For Theorem 1 see `whole_budget`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import Array, exp
from claims.papers.pareek_risteski_2022.upper_bound.effective_region import L13
from claims.papers.pareek_risteski_2022.upper_bound.girsanov import L17, PROOF
from claims.papers.pareek_risteski_2022.upper_bound.mixing_time import L2, L12
from claims.papers.pareek_risteski_2022.upper_bound.mixing_time import PROOF as PROOF_2


@dataclass(frozen=True)
class Budget:
    """An error asked for. Array `eps` [1, 1]."""

    eps: Array

    def at_most(self, shares: tuple[Fraction, ...], most: Fraction) -> Margin:
        """The shares of eps, each used up, against the share that is allowed."""
        spent = 0 * self.eps
        for share in shares:
            spent = spent + self.eps * share.numerator / share.denominator
        return Margin.at_most(spent, self.eps * most.numerator / most.denominator)


def budgets() -> Iterator[Budget]:
    """eps = 1/2, 1/10, 1/1000, 99/100."""
    for eps in (0.5, 0.1, 0.001, 0.99):
        yield Budget(np.array([[eps]]))


CASES = "eps = 1/2, 1/10, 1/1000, 99/100; each bound attained"
ALL = "all 0 < eps < 1"
F = Fraction


def told(shares: tuple[Fraction, ...], most: Fraction) -> Callable[[Budget], list[str]]:
    """What writes the witness out: the shares and their sum."""

    def lines(case: Budget) -> list[str]:
        eps = float(case.eps[0, 0])
        parts = " + ".join(f"{float(share) * eps:g}" for share in shares)
        return [f"eps = {eps:g}: {parts} = {float(sum(shares)) * eps:g} > {float(most) * eps:g}"]

    return lines


def two_shares() -> Iterator[Step]:
    """Their sum."""
    eps = sympy.Symbol("epsilon", positive=True)
    yield Step.nonnegative("eps - eps/2 - eps/4", eps - eps / 2 - eps / 4)


# --- Lemma 2 ----------------------------------------------------------------------------------------------


@claim(
    f"{L2}/step-budget",
    statement=r"\alpha := \epsilon/4,\ e^{-T/2\mathrm{rad}^2(D)} \le \epsilon/2 \implies d_{TV}(P_T, P) \lesssim"
    r" 2\alpha + e^{-T/2\mathrm{rad}^2(D)} \le \epsilon/2",
    source=PROOF_2,
    domain=ALL,
    readings=["the constant of T was lost; whatever it is, 2 alpha = eps/2 alone has spent all, for every finite T"],
    rests_on=[L12, L13],
    effect="Harmless: with alpha = eps/8 and a longer T it adds up (repair), and lemma-2/repair needs no such change.",
    by=[exhaustive(budgets, CASES)],
    worked=lambda case: [
        *told((F(1, 4), F(1, 4), F(1, 2)), F(1, 2))(case),
        "2 alpha = eps/2 alone leaves nothing, and e^{-T/2rad²} > 0",
    ],
)
def shares_of_lemma_2(case: Budget) -> Margin:
    """eps/4 + eps/4 + eps/2 <= eps/2."""
    return case.at_most((F(1, 4), F(1, 4), F(1, 2)), F(1, 2))


@shares_of_lemma_2.mutant("e^{-T/2rad²} <= eps/100")
def _(case: Budget) -> Margin:
    return case.at_most((F(1, 4), F(1, 4), F(1, 100)), F(1, 2))


@shares_of_lemma_2.mutant("alpha = eps/8")
def _(case: Budget) -> Margin:
    return case.at_most((F(1, 8), F(1, 8), F(1, 2)), F(1, 2))


def shares_steps() -> Iterator[Step]:
    """alpha + alpha' + e^{1/3} e^{-T/2rad²} of lemma-12/repair, T = 2 rad² log(8/eps)."""
    yield Step.nonnegative("1/2 - 1/8 - 1/8 - e^{1/3}/8", sympy.Rational(1, 4) - sympy.exp(sympy.Rational(1, 3)) / 8)


@claim(
    f"{L2}/step-budget/repair",
    statement=r"\alpha := \epsilon/8,\ T = 2\,\mathrm{rad}^2(D)\log(8/\epsilon):\ 2\alpha +"
    r" e^{1/3}e^{-T/2\mathrm{rad}^2(D)} \le \epsilon/2",
    source=PROOF_2,
    domain=ALL,
    repairs=f"{L2}/step-budget",
    changes="alpha = eps/8, T = 2 rad² log(8/eps), and the constant of '≲'",
    rests_on=[f"{L12}/repair"],
    by=[derivation(shares_steps, ALL), exhaustive(budgets, CASES)],
)
def repaired_shares_of_lemma_2(case: Budget) -> Margin:
    """eps/8 + eps/8 + e^{1/3} eps/8 <= eps/2."""
    return _repaired(case, 8)


def _repaired(case: Budget, over: float) -> Margin:
    third = (0 * case.eps + 1) / 3
    return Margin.at_most(2 * case.eps / over + exp(third) * case.eps / 8, case.eps / 2)


@repaired_shares_of_lemma_2.mutant("alpha = eps/6")
def _(case: Budget) -> Margin:
    return _repaired(case, 6)


@repaired_shares_of_lemma_2.mutant("alpha = eps/4, as printed")
def _(case: Budget) -> Margin:
    return _repaired(case, 4)


# --- Lemma 17 ---------------------------------------------------------------------------------------------


@claim(
    f"{L17}/step-46",
    statement=r"d_{TV}(\{\hat z_t\},\{z_t\}) \le \epsilon/4,\ \Pr[\exists t, z_t \notin D] \le \epsilon/4 \implies"
    r" d_{TV}(\hat P_T, \hat Q_T) \le \Pr[\exists t, \hat z_t \notin D] \le \epsilon/4",
    source=PROOF + ", equation (46)",
    domain=ALL + "; all pairs of processes",
    rests_on=[L13],
    effect="Harmless: eps/4 + eps/4 is eps/2. What matters more is that the first hypothesis contains the lemma"
    " (remark-circular); stopping both processes needs neither (repair).",
    by=[exhaustive(budgets, CASES)],
    worked=lambda case: [
        *told((F(1, 4), F(1, 4)), F(1, 4))(case),
        "attained: z leaves D with probability eps/4, z^ with eps/2, and given that they stay, or that they leave,"
        " their paths have the same laws: the laws of the paths are eps/4 apart",
    ],
)
def shares_of_46(case: Budget) -> Margin:
    """eps/4 + eps/4 <= eps/4."""
    return case.at_most((F(1, 4), F(1, 4)), F(1, 4))


@shares_of_46.mutant("both at most eps/7")
def _(case: Budget) -> Margin:
    return case.at_most((F(1, 7), F(1, 7)), F(1, 4))


@shares_of_46.mutant("both at most eps/2")
def _(case: Budget) -> Margin:
    return case.at_most((F(1, 2), F(1, 2)), F(1, 4))


@claim(
    f"{L17}/step-budget",
    statement=r"d_{TV}(Q_T,P_T) \le \tfrac\epsilon2,\ d_{TV}(\hat Q_T,Q_T) \le \tfrac\epsilon2,\ d_{TV}(\hat P_T,\hat"
    r" Q_T) \le \tfrac\epsilon4 \implies d_{TV}(\hat P_T, P_T) \le \epsilon",
    source=PROOF + ", the three terms of (42)",
    domain=ALL,
    rests_on=[f"{L17}/step-{name}" for name in ("42", "43", "first-term", "46")],
    effect="Harmless: 5 eps/4 in place of eps; with 4 eps/5 for eps throughout, or with the first term's eps/4 (y never"
    " leaves D), it adds up to eps.",
    by=[exhaustive(budgets, CASES)],
    worked=told((F(1, 2), F(1, 2), F(1, 4)), F(1)),
)
def shares_of_lemma_17(case: Budget) -> Margin:
    """eps/2 + eps/2 + eps/4 <= eps."""
    return case.at_most((F(1, 2), F(1, 2), F(1, 4)), F(1))


@shares_of_lemma_17.mutant("eps/2 for (46), as its own sum says")
def _(case: Budget) -> Margin:
    return case.at_most((F(1, 2), F(1, 2), F(1, 2)), F(1))


@shares_of_lemma_17.mutant("eps/10 for (46)")
def _(case: Budget) -> Margin:
    return case.at_most((F(1, 2), F(1, 2), F(1, 10)), F(1))


@claim(
    f"{L17}/step-budget/repair",
    statement=r"\sqrt{KL/2} + \Pr[\exists t, z_t \notin D] \le \tfrac\epsilon2 + \tfrac\epsilon4 \le \epsilon",
    source=PROOF + ", the three terms of (42)",
    domain=ALL,
    repairs=f"{L17}/step-budget",
    changes="two terms in place of three: step-46/repair",
    by=[derivation(two_shares, ALL), exhaustive(budgets, CASES)],
)
def repaired_shares_of_lemma_17(case: Budget) -> Margin:
    """eps/2 + eps/4 <= eps."""
    return case.at_most((F(1, 2), F(1, 4)), F(1))


@repaired_shares_of_lemma_17.mutant("KL <= 2 eps²")
def _(case: Budget) -> Margin:
    return case.at_most((F(1), F(1, 4)), F(1))


@repaired_shares_of_lemma_17.mutant("at most 7 eps/10")
def _(case: Budget) -> Margin:
    return case.at_most((F(1, 2), F(1, 4)), F(7, 10))
