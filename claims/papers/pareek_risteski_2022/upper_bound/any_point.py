"""Appendix B, eqs. (15) and (16) as inferences about any point of A, which they are not for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import and_

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, maximum
from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import PAPER
from claims.papers.pareek_risteski_2022.upper_bound.lemma_10 import POSITIVE, RINGS, SCOPE, Ring, segment_steps

L9 = f"{PAPER}/lemma-9"
FROM_MEMBERSHIP, FROM_DESCENT = f"{L9}/step-15/remark-any-point", f"{L9}/step-16/remark-any-point"
SOURCE = "Appendix B, proof of Lemma 9"
POINT = (
    "our rendering of what the proof infers: the printed propositions speak of the iterates, of which Lemma 9 proves"
    " I, J and K, so the printed implication is true (the parent); what is given as its reason says it of any point"
)


@dataclass(frozen=True)
class Walled:
    """f(z) = (z² - 1)²/4 + wall max(0, -1/2 - z)³, A = [-1/2, 1], Q = 2, z(0) = 1, f(z(0)) = 0. Arrays: `z`, `wall`."""

    z: Array
    wall: Array

    def f(self, z: Array) -> Array:
        """The value: [n]."""
        out = maximum(-0.5 - z, 0)
        return (z * z - 1) * (z * z - 1) / 4 + self.wall * out * out * out

    @property
    def slope(self) -> Array:
        """f'(z) in A: [n]."""
        return self.z * (self.z * self.z - 1)


def _walled() -> Iterator[Walled]:
    for wall in (1.0, 100.0):
        for z in (0.0, -0.25, -0.5):
            yield Walled(np.array([z]), np.array([wall]))


def _worked_wall(case: Walled) -> list[str]:
    z, slope = case.z, case.slope
    after = z - slope / 2
    return [
        f"f(z) = (z² - 1)²/4 + {case.wall[0]:g} max(0, -1/2 - z)³, A = [-1/2, 1], |f''| = |3z² - 1| <= 2 = Q in A;"
        " z(0) = 1: f(z(0)) = 0 <= f everywhere",
        f"z = {z[0]:g} in A: f(z) = {float(case.f(z)[0]):.6g}, f'(z) = {slope[0]:g}, z+ = {after[0]:g} outside A,"
        f" f(z+) = {float(case.f(after)[0]):.6g}",
    ]


# --- what (15) and (16) infer, of any point ------------------------------------------------------------------


@claim(
    FROM_MEMBERSHIP,
    statement=r"\text{for every point } z \text{ of } A:\ "
    r" f(z - \nabla f(z)/Q) \le f(z) - \tfrac{1}{2Q}\|\nabla f(z)\|^2,\ \text{ as } \|\nabla^2 f\|_{op} \le Q"
    r" \text{ in } A",
    source=SOURCE + ", 'from Lemma 10, we conclude' (15)",
    domain="all f, A, z(0) of Lemma 9, all points z of A",
    readings=[POINT],
    rests_on=[f"{PAPER}/lemma-10"],
    effect="The inference is Lemma 10 with the bound at z only. From a point of A where f is higher than at some point"
    " outside, the step may leave A. With K, which the induction has at hand, it cannot (repair), and so (15) is true"
    " of the iterates. Harmless.",
    by=[exhaustive(_walled, "a double well with a wall left of A = [-1/2, 1]; z in 0, -1/4, -1/2; wall 1, 100")],
    worked=_worked_wall,
)
def descent_from_membership(case: Walled) -> Margin:
    """Descent at a point of A."""
    return _descent(case, 0.25)


def _descent(case: Walled, share: float) -> Margin:
    return Margin.at_most(case.f(case.z - case.slope / 2), case.f(case.z) - share * case.slope * case.slope)


@descent_from_membership.mutant("f(z(s+1)) <= f(z(s))")
def _(case: Walled) -> Margin:
    return _descent(case, 0.0)


@descent_from_membership.mutant("half of the fall")
def _(case: Walled) -> Margin:
    return _descent(case, 0.125)


def region_steps() -> Iterator[Step]:
    """Let z in A with f(z) <= f outside A, g = ‖∇f(z)‖ > 0 (else z+ = z), φ as in Lemma 10, and z(t) = z - t∇f/Q. As
    φ'(0) < 0, f(z(t)) < f(z) for small t > 0, so z(t) is in A there. Let t* be where the segment first leaves A. On
    (0, t*) ‖∇²f‖ <= Q, so φ(t) <= φ(0) - (g²/Q)(t - t²/2), by continuity at t* too: φ(t*) < φ(0). But z(t*) is a
    limit of points outside A (or is one), where f >= f(z): φ(t*) >= φ(0). So there is no t* <= 1: the segment stays
    in A, and the repaired Lemma 10 applies. A need be neither convex nor closed nor connected.
    """  # noqa: D205 - the proof
    t = sympy.Symbol("t", positive=True)
    yield Step.nonnegative(
        "t - t²/2 = t (2 - t)/2 > 0 on (0, 1], at t = 1/(1 + s)", (t * (2 - t) / 2).subs(t, 1 / (1 + t))
    )
    yield from segment_steps()


@claim(
    f"{FROM_MEMBERSHIP}/repair",
    statement=r"\text{for every point } z \text{ of } A \text{ with } f(z) \le f \text{ outside } A:\ "
    r" f(z - \nabla f(z)/Q) \le f(z) - \tfrac{1}{2Q}\|\nabla f(z)\|^2",
    source=SOURCE + ", eq. 15",
    domain="all f, A of Lemma 9, all points z of A with f(z) <= f outside A",
    repairs=FROM_MEMBERSHIP,
    changes="K, that f(z) <= f outside A, is used as well",
    readings=[POSITIVE],
    rests_on=[f"{PAPER}/lemma-10"],
    carried_by=[f"{PAPER}/lemma-10/repair"],
    by=[derivation(region_steps, "all f, A, z, Q"), search(RINGS, SCOPE)],
)
def descent_from_membership_and_value(case: Ring) -> Margin:
    """One step from a point of A where f is at most its values outside."""
    return case.descends(1)


@descent_from_membership_and_value.mutant("rate 3/Q")
def _(case: Ring) -> Margin:
    return case.descends(1, rate=3.0)


@descent_from_membership_and_value.mutant("Q bounds the second derivative at z(s) only")
def _(case: Ring) -> Margin:
    return case.descends(1, Q=case.curved_at_start + 1e-3 * case.Q)


@dataclass(frozen=True)
class TwoWells:
    """f(z) = z²(z - 2)²/4, A = [-1, 1], Q = 11, z(0) = 0. Array: `z` [n], a point with f(z) = 0, so that K holds."""

    z: Array

    @property
    def after(self) -> Array:
        """z+: [n]."""
        return self.z - self.z * (self.z - 1) * (self.z - 2) / 11


def _two_wells() -> Iterator[TwoWells]:
    yield TwoWells(np.array([0.0]))
    yield TwoWells(np.array([2.0]))


@claim(
    FROM_DESCENT,
    statement=r"\text{for every point } z \text{ with } f(z) \le f \text{ outside } A,\ z^+ = z - \nabla f(z)/Q,\ "
    r" f(z^+) \le f(z) - \tfrac{1}{2Q}\|\nabla f(z)\|^2:\ z^+ \in A,\ f(z^+) \le f \text{ outside } A",
    source=SOURCE + ", 'I(s) implies descent, and K(s) ...' (16)",
    domain="all f, A, z(0) of Lemma 9, all points z with I and K, in A or not",
    readings=[POINT, "'descent' is strict only where ∇f(z) is not 0, and K allows f outside A to be as low as f(z)"],
    effect="A stationary z outside A, as low as z(0), stays outside. With J, which the induction has at hand, it is"
    " true (repair), and so (16) is true of the iterates. Harmless.",
    by=[exhaustive(_two_wells, "f(z) = z²(z - 2)²/4, A = [-1, 1], the two points with I and K and ∇f = 0")],
    worked=lambda case: [
        "f(z) = z²(z - 2)²/4, A = [-1, 1], |f''| = |3z² - 6z + 2| <= 11 = Q in A, z(0) = 0: f(z(0)) = 0 <= f",
        f"z = {case.z[0]:g}: f = 0 <= f outside A is K; ∇f = 0, so z+ = {case.after[0]:g} and I holds; z+ is not in A",
    ],
)
def membership_from_descent(case: TwoWells) -> Margin:
    """z+ is in A."""
    return Margin.at_most(absolute(case.after), 1 + 0 * case.z)


@membership_from_descent.mutant("z+ = z(0)")
def _(case: TwoWells) -> Margin:
    return Margin.equal(case.after, 0 * case.z)


@membership_from_descent.mutant("z+ within 3/2")
def _(case: TwoWells) -> Margin:
    return Margin.at_most(absolute(case.after), 1.5 + 0 * case.z)


def membership_steps() -> Iterator[Step]:
    """If ∇f(z) = 0, z+ = z, in A by J. Else f(z+) < f(z) by I, and f(z) <= f outside A by K: z+ is not outside A. K
    again: f(z+) <= f(z) <= f outside A.
    """  # noqa: D205 - the proof
    g, Q, gap = sympy.symbols("g Q gap", positive=True)
    yield Step.nonnegative("f(outside) - f(z+) >= gap + g²/(2Q)", gap + g**2 / (2 * Q))


@claim(
    f"{FROM_DESCENT}/repair",
    statement=r"\text{the same for every point } z \text{ of } A",
    source=SOURCE + ", eq. 16",
    domain="all f, A, z(0) of Lemma 9, all points z of A with I and K",
    repairs=FROM_DESCENT,
    changes="J, that z is in A, is used as well, where ∇f(z) = 0",
    by=[derivation(membership_steps, "all f, A, z"), search(RINGS, SCOPE)],
)
def membership_from_all(case: Ring) -> Margin:
    """z(1) in A, and f(z(1)) <= f(z(0)) <= f outside."""
    return stays(case, 1, 1.0)


def stays(case: Ring, count: int, rate: float) -> Margin:
    """J and K of z(1), ..., z(count); f(z(0)) <= f outside A is given."""
    _, *later = case.iterates(count, rate / case.Q)
    margins = [Margin.at_most(case.rho(z), case.R) & Margin.at_most(case.f(z), case.f(case.z0)) for z in later]
    return reduce(and_, margins)


@membership_from_all.mutant("rate 3/Q")
def _(case: Ring) -> Margin:
    return stays(case, 1, 3.0)


@membership_from_all.mutant("steps uphill")
def _(case: Ring) -> Margin:
    return stays(case, 1, -1.0)
