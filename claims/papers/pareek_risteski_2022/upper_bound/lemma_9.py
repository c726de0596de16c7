"""Appendix B, Lemma 9: descent where the second derivative is bounded in a region only."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import pairwise
from operator import and_

from claims import Margin, Step, claim, derivation, search
from claims.papers.pareek_risteski_2022.upper_bound.any_point import (
    FROM_DESCENT,
    FROM_MEMBERSHIP,
    L9,
    SOURCE,
    membership_steps,
    region_steps,
    stays,
)
from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import PAPER, inner
from claims.papers.pareek_risteski_2022.upper_bound.lemma_10 import POSITIVE, RINGS, SCOPE, Ring

ITERATES = "an implication between propositions about the iterates z(s) of Lemma 9, as I, J and K are"


def iterates_steps() -> Iterator[Step]:
    """Induction on s, for J(s) and K(s), which are given at s = 0. Let both hold at z = z(s). If ∇f(z) = 0, z(s+1) = z:
    I(s), J(s+1), K(s+1). Else let t* <= 1 be where z - t∇f(z)/Q first leaves A: up to there ‖∇²f‖ <= Q, so f is below
    f(z) at t*, by (t* - t*²/2)‖∇f‖²/Q at least; but z(t*) is a limit of points outside A, or one, where f >= f(z) by
    K(s). So the segment stays in A: I(s), by the repaired Lemma 10, and J(s+1). Then f(z(s+1)) <= f(z(s)) gives K(s+1).
    So I, J and K hold of every iterate, and with them each implication between them.
    """  # noqa: D205 - the proof
    yield from region_steps()
    yield from membership_steps()


@claim(
    f"{L9}/step-15",
    statement=r"J(s) \implies I(s)\ \forall s \ge 0:\ z^{(s)} \in A \implies"
    r" f(z^{(s+1)}) \le f(z^{(s)}) - \tfrac{1}{2Q}\|\nabla f(z^{(s)})\|^2",
    source=SOURCE + ", eq. 15",
    domain="all f, A, z(0) of Lemma 9, all s >= 0",
    readings=[ITERATES, POSITIVE],
    rests_on=[FROM_MEMBERSHIP, f"{PAPER}/lemma-10"],
    carried_by=[f"{FROM_MEMBERSHIP}/repair", f"{PAPER}/lemma-10/repair"],
    by=[derivation(iterates_steps, "all f, A, z(0), Q, s"), search(RINGS, SCOPE)],
)
def iterates_in_the_region_descend(case: Ring) -> Margin:
    """I(0), I(1), I(2), of iterates that are in A."""
    return _falls(case)


def _falls(case: Ring, *, rate: float = 1.0, share: float = 0.5) -> Margin:
    margins = []
    for before, after in pairwise(case.iterates(3, rate / case.Q)):
        slope = case.gradient(before)
        margins.append(Margin.at_most(case.f(after), case.f(before) - share * inner(slope, slope) / case.Q))
    return reduce(and_, margins)


@iterates_in_the_region_descend.mutant("rate 3/Q")
def _(case: Ring) -> Margin:
    return _falls(case, rate=3.0)


@iterates_in_the_region_descend.mutant("a fall of ‖∇f‖²/Q")
def _(case: Ring) -> Margin:
    return _falls(case, share=1.0)


@claim(
    f"{L9}/step-16",
    statement=r"I(s) \wedge K(s) \implies J(s+1) \wedge K(s+1)\ \forall s \ge 0",
    source=SOURCE + ", eq. 16",
    domain="all f, A, z(0) of Lemma 9, all s >= 0",
    readings=[ITERATES, POSITIVE],
    rests_on=[FROM_DESCENT, f"{PAPER}/lemma-10"],
    carried_by=[f"{FROM_DESCENT}/repair", f"{PAPER}/lemma-10/repair"],
    by=[derivation(iterates_steps, "all f, A, z(0), Q, s"), search(RINGS, SCOPE)],
)
def iterates_stay(case: Ring) -> Margin:
    """z(1), z(2), z(3) in A, where f is at most f(z(0))."""
    return stays(case, 3, 1.0)


@iterates_stay.mutant("rate 3/Q")
def _(case: Ring) -> Margin:
    return stays(case, 3, 3.0)


@iterates_stay.mutant("steps uphill")
def _(case: Ring) -> Margin:
    return stays(case, 3, -1.0)


@claim(
    f"{L9}/step-17",
    statement=r"I(s) \wedge J(s) \wedge K(s) \implies I(s+1) \wedge J(s+1) \wedge K(s+1)",
    source=SOURCE + ", eq. 17",
    domain="all f, A, z(0) of Lemma 9",
    rests_on=[f"{L9}/step-15", f"{L9}/step-16", f"{PAPER}/lemma-10"],
    carried_by=[f"{PAPER}/lemma-10/repair"],
    by=[derivation(iterates_steps, "by (16), then (15) at s + 1"), search(RINGS, SCOPE)],
)
def induction_step(case: Ring) -> Margin:
    """Two steps."""
    return case.descends(2)


@induction_step.mutant("rate 3/Q")
def _(case: Ring) -> Margin:
    return case.descends(2, rate=3.0)


@induction_step.mutant("a fall of ‖∇f‖²/Q")
def _(case: Ring) -> Margin:
    return case.descends(2, share=1.0)


@claim(
    L9,
    statement=r"\forall z \in A:\ \|\nabla^2 f(z)\|_{op} \le Q < \infty;\ \forall z \in"
    r" \mathbb{R}^d\setminus A:\ f(z) \ge"
    r" f(z^{(0)}), z^{(0)} \in A.\ \text{Then with } \eta := 1/Q:\ f(z^{(s+1)}) \le f(z^{(s)}) -"
    r" \tfrac{1}{2Q}\|\nabla f(z^{(s)})\|^2\ \forall s \ge 0",
    source="Appendix B, Lemma 9",
    domain="all twice differentiable f, all regions A (convex or not), all z(0) in A, Q > 0",
    readings=[POSITIVE],
    rests_on=[f"{L9}/step-17", f"{PAPER}/lemma-10"],
    carried_by=[f"{PAPER}/lemma-10/repair"],
    by=[derivation(iterates_steps, "all f, A, z(0), Q, by induction on s"), search(RINGS, SCOPE)],
)
def adjusted_descent(case: Ring) -> Margin:
    """Three steps descend, and stay in A."""
    return case.descends(3)


@adjusted_descent.mutant("rate 3/Q")
def _(case: Ring) -> Margin:
    return case.descends(3, rate=3.0)


@adjusted_descent.mutant("a fall of ‖∇f‖²/Q")
def _(case: Ring) -> Margin:
    return case.descends(3, share=1.0)


@adjusted_descent.mutant("Q bounds the second derivative at z(0) only")
def _(case: Ring) -> Margin:
    return case.descends(3, Q=case.curved_at_start + 1e-3 * case.Q)
