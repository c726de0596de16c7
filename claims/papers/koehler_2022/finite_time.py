"""Section 3: the flow (1) reaches eps = 0 in finite time; a solution in closed form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import flint
import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, derivative_along, sqrt
from claims.papers.koehler_2022.decay import starts
from claims.papers.koehler_2022.domains import SCOPE
from claims.papers.koehler_2022.gradient_flow import Start
from claims.papers.koehler_2022.linear_vae import simplified_loss


def epsilon_squared_slope(case: Start) -> Array:
    """d/dt eps² = -2 eps dL1/d eps under the flow: [n]."""
    f = lambda epsilon: simplified_loss(case.A, case.A_tilde, case.B_tilde, epsilon)  # noqa: E731
    return -2 * derivative_along(f, (case.epsilon,), (case.epsilon,))


def finite_time_steps() -> Iterator[Step]:
    """With A = 0, eps dL1/d eps = (d - r) + sum_j eps²/(‖A~_j‖² + eps²) >= d - r, so d/dt eps² <= -2(d - r)."""
    eps, c = sympy.symbols("epsilon c", positive=True)
    column = sympy.log(c + eps**2) / 2
    yield Step.vanishes("eps d/d eps of a column's term", eps * sympy.diff(column, eps) - eps**2 / (c + eps**2))
    yield Step.nonnegative("eps²/(c + eps²) >= 0", eps**2 / (c + eps**2))


def without_data(case: Start) -> Start:
    """The same start with A = 0."""
    return replace(case, A=0 * case.A)


@claim(
    "koehler-2022/theorem-2/remark-finite-time",
    statement=r"\text{if } A=0 \text{ and } r<d, \text{ the solution of (1) exists at most until }"
    r" t=\tilde\epsilon(0)^2/(2(d-r))",
    source="ours: the assumption 'the gradient flow continues to exist' fails where eps -> 0",
    domain="all d, r, A~(0), B~(0), eps(0), with A = 0",
    by=[derivation(finite_time_steps, "all d, r, A~ (symbolic)"), search(starts(), SCOPE)],
)
def epsilon_vanishes_in_finite_time(case: Start) -> Margin:
    """d/dt eps² <= -2(d - r), so eps² reaches 0 by eps(0)²/(2(d - r)) where r < d."""
    return epsilon_falls(case, 2.0)


def epsilon_falls(case: Start, rate: float) -> Margin:
    """d/dt eps² <= -rate (d - r) where A = 0."""
    d, r = case.A_tilde.shape[-2:]
    slope = epsilon_squared_slope(without_data(case))
    return Margin.at_most(slope, -rate * (d - r) + 0 * slope)


@epsilon_vanishes_in_finite_time.mutant("twice as fast")
def _(case: Start) -> Margin:
    return epsilon_falls(case, 4.0)


@epsilon_vanishes_in_finite_time.mutant("whatever A is")
def _(case: Start) -> Margin:
    d, r = case.A_tilde.shape[-2:]
    slope = epsilon_squared_slope(case)
    return Margin.at_most(slope, -2.0 * (d - r) + 0 * slope)


@dataclass(frozen=True)
class ClosedForm:
    """The flow with d = 2, r = 1, A = 0 from A~ = (1, 0)^T, eps = 1, at time t (a batch of one, exact).

    S = ‖A~‖² + eps² falls as S = 2 - 4t, and c = ‖A~‖² as c = sqrt(S/2); so eps² = S - c is 0 at t = 3/8, where
    c = 1/2: A~ ends at (1/sqrt 2, 0)^T.
    """

    sixteenths: int

    @property
    def t(self) -> Array:
        """Time."""
        return np.array([flint.arb(self.sixteenths) / 16], dtype=object)

    def energies(self, t: Array) -> tuple[Array, Array]:
        """c and eps² at t."""
        total_energy = 2 - 4 * t
        column = sqrt(total_energy / 2)
        return column, total_energy - column


def solves_the_flow(case: ClosedForm, speed: int = 2, end: float = 0.5) -> Margin:
    """dc/dt = -2c/(c + v), dv/dt = -2(d - r) - 2v/(c + v) with v = eps²; and v = 0, c = 1/2 at t = 3/8."""
    t = case.t
    one = 0 * t + 1
    column, square = case.energies(t)
    slopes = [derivative_along(lambda s, part=part: case.energies(s)[part], (t,), (one,)) for part in (0, 1)]
    last = case.energies(0 * t + flint.arb(3) / 8)
    return (
        Margin.equal(slopes[0], -speed * column / (column + square))
        & Margin.equal(slopes[1], -2 - 2 * square / (column + square))
        & Margin.at_most(absolute(last[0] - end), 1e-30 + 0 * t)
        & Margin.at_most(absolute(last[1]), 1e-30 + 0 * t)
    )


def closed_form_steps() -> Iterator[Step]:
    """The two differential equations of L1's flow for (c, v) at A = 0, d = 2, r = 1, and the end at t = 3/8."""
    t = sympy.Symbol("t", real=True)
    S = 2 - 4 * t
    column = sympy.sqrt(S / 2)
    v = S - column
    yield Step.vanishes("dc/dt = -2c/(c + v)", sympy.diff(column, t) + 2 * column / S)
    yield Step.vanishes("dv/dt = -2 - 2v/(c + v)", sympy.diff(v, t) + 2 + 2 * v / S)
    yield Step.vanishes("v(3/8) = 0", v.subs(t, sympy.Rational(3, 8)))
    yield Step.vanishes("c(3/8) = 1/2", column.subs(t, sympy.Rational(3, 8)) - sympy.Rational(1, 2))


@claim(
    "koehler-2022/theorem-2/remark-closed-form",
    statement=r"d=2,\ r=1,\ A=0,\ \tilde A(0)=(1,0)^T,\ \tilde\epsilon(0)=1:\ \|\tilde A(t)\|^2=\sqrt{1-2t},\ "
    r"\tilde\epsilon(t)^2=2-4t-\sqrt{1-2t}; \text{ at } t=3/8:\ \tilde\epsilon=0,\ \tilde A=(1/\sqrt2,0)^T",
    source="ours: the witness of conclusion-recovery that needs no computer",
    domain="this one solution, 0 <= t <= 3/8",
    by=[
        derivation(closed_form_steps, "all t in [0, 3/8]"),
        exhaustive(lambda: (ClosedForm(k) for k in range(1, 6)), "t = 1/16..5/16", tolerance=1e-30),
    ],
)
def solution_in_closed_form(case: ClosedForm) -> Margin:
    """It solves the flow of L1 and ends at eps = 0 with a decoder that has not lost its energy off span(A) = {0}."""
    return solves_the_flow(case)


@solution_in_closed_form.mutant("dc/dt = -c/(c + v)")
def _(case: ClosedForm) -> Margin:
    return solves_the_flow(case, speed=1)


@solution_in_closed_form.mutant("A~ ends at zero")
def _(case: ClosedForm) -> Margin:
    return solves_the_flow(case, end=0.0)
