"""Appendix B, Lemma 10: one step of descent, and the landscapes on which Lemma 9 is tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import sympy
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, greatest, maximum
from claims.engine.strategies import Instances, MatrixEnsemble, PositiveEnsemble, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import PAPER, inner

POSITIVE = "Q > 0, or the rate 1/Q is undefined"


@dataclass(frozen=True)
class Quartic:
    """f(z) = slope z + curve z²/2 + top z⁴ in one dimension, at z = 0, with Q. Arrays [n]."""

    slope: Array
    curve: Array
    top: Array
    Q: Array

    def after(self, steps: float = 1.0) -> Array:
        """f one step of steps/Q after 0: [n]."""
        z = -steps * self.slope / self.Q
        return self.slope * z + self.curve * z * z / 2 + self.top * z * z * z * z


def _quartics() -> Iterator[Quartic]:
    for slope, curve, top in ((1.0, 0.0, 1.0), (1.0, 0.0, 2.0), (1.0, 1.0, 2.0), (2.0, 1.0, 1.0)):
        yield Quartic(*(np.array([v]) for v in (slope, curve, top, 1.0)))


@claim(
    f"{PAPER}/lemma-10",
    statement=r"f \text{ twice differentiable, and at a point } z \text{ the hessian satisfies } \|\nabla^2 f(z)\|_{op}"
    r" \le Q < \infty.\ \text{Then with } \eta := 1/Q \text{ the next iterate satisfies }"
    r" f(z^+) \le f(z) - \tfrac{1}{2Q}\|\nabla f(z)\|^2",
    source="Appendix B, Lemma 10",
    domain="all twice differentiable f, all z, all Q > 0",
    readings=[POSITIVE],
    effect="A bound at z alone says nothing about z+. Nesterov's lemma has it everywhere; on the"
    " segment from z to z+ is"
    " enough (repair). Lemma 9, whose proof uses it at points of A, is true nevertheless: with K(s) the segment stays"
    " in A. Harmless.",
    by=[exhaustive(_quartics, "f(z) = a z + b z²/2 + c z⁴ at z = 0, a in 1, 2, b in 0, 1, c in 1, 2; Q = 1")],
    worked=lambda case: [
        f"f(z) = {case.slope[0]:g} z + {case.curve[0]:g} z²/2 + {case.top[0]:g} z⁴, z = 0:"
        f" f'(0) = {case.slope[0]:g}, f''(0) = {case.curve[0]:g} <= Q = 1",
        f"z+ = {-case.slope[0]:g}: f(z+) = {case.after()[0]:g} > f(0) - f'(0)²/2 = {-(case.slope[0] ** 2) / 2:g}",
    ],
)
def descent_from_a_bound_at_the_point(case: Quartic) -> Margin:
    """f(z+) <= f(z) - f'(z)²/(2Q) where |f''(z)| <= Q at z."""
    return Margin.at_most(case.after(), -case.slope * case.slope / (2 * case.Q))


@descent_from_a_bound_at_the_point.mutant("f(z+) <= f(z)")
def _(case: Quartic) -> Margin:
    return Margin.at_most(case.after(), 0 * case.slope)


@descent_from_a_bound_at_the_point.mutant("-f'(z)²/Q")
def _(case: Quartic) -> Margin:
    return Margin.at_most(case.after(), -case.slope * case.slope / case.Q)


@dataclass(frozen=True, repr=False)
class Ring:
    """f(z) = h (ρ - 1)²/4 + wall max(0, ρ - R)³ with ρ = sum_i s_i z_i², R = 1 + |ρ(z(0)) - 1| + slack.

    A = {ρ <= R} contains {f <= f(z(0))}, which is no convex set (a pair of intervals, an annulus). There ‖∇²f‖ <= Q =
    h max(s)(3R - 1): ∇²f = h ((ρ - 1) S + 2 (Sz)(Sz)^T), ‖Sz‖² <= max(s) ρ. Outside f >= f(z(0)), without a bound of
    ∇²f. Arrays: `h`, `slack`, `wall` [n], `s` [n, d] positive, `start` [n, 1, d].
    """

    h: Array
    s: Array
    start: Array
    slack: Array
    wall: Array

    @property
    def z0(self) -> Array:
        """z(0): [n, d]."""
        return self.start[..., 0, :]

    def rho(self, z: Array) -> Array:
        """Squared distance from 0, weighted: [n]."""
        return inner(self.s * z, z)

    @property
    def R(self) -> Array:  # noqa: N802 - beside Q
        """A = {ρ <= R}: [n]."""
        return 1 + absolute(self.rho(self.z0) - 1) + self.slack

    @property
    def Q(self) -> Array:  # noqa: N802 - the paper's letter
        """A bound of ‖∇²f‖ on A: [n]."""
        return self.h * greatest(self.s) * (3 * self.R - 1)

    @property
    def curved_at_start(self) -> Array:
        """A bound of ‖∇²f(z(0))‖, in one dimension its value: [n]."""
        rho = self.rho(self.z0)
        return (
            self.h * greatest(self.s) * (absolute(rho - 1) + 2 * rho if self.s.shape[-1] > 1 else absolute(3 * rho - 1))
        )

    def f(self, z: Array) -> Array:
        """The value: [n]."""
        up, out = self.rho(z) - 1, maximum(self.rho(z) - self.R, 0)
        return self.h * up * up / 4 + self.wall * out * out * out

    def gradient(self, z: Array) -> Array:
        """∇f: [n, d]."""
        out = maximum(self.rho(z) - self.R, 0)
        return (self.h * (self.rho(z) - 1) + 6 * self.wall * out * out)[..., None] * self.s * z

    def iterates(self, count: int, rate: Array) -> list[Array]:
        """z(0), ..., z(count)."""
        points = [self.z0]
        for _ in range(count):
            points.append(points[-1] - rate[..., None] * self.gradient(points[-1]))
        return points

    def descends(self, count: int, *, rate: float = 1.0, share: float = 0.5, Q: Array | None = None) -> Margin:
        """I(0), ..., I(count - 1), for steps of rate/Q and a fall of share ‖∇f‖²/Q; z(s) in A throughout."""
        bound = self.Q if Q is None else Q
        points = self.iterates(count, rate / bound)
        margin = Margin.at_most(self.rho(points[0]), self.R)
        for before, after in pairwise(points):
            slope = self.gradient(before)
            margin &= Margin.at_most(self.f(after), self.f(before) - share * inner(slope, slope) / bound)
            margin &= Margin.at_most(self.rho(after), self.R)
        return margin


def _rings() -> Iterator[Instances]:
    for d, scale, slack in ((1, 1.0, 1e-3), (2, 1.0, 1e-3), (3, 1.0, 1.0), (1, 3.0, 1.0), (2, 0.3, 1e-3)):
        one = PositiveEnsemble(1.0)
        drawn = (one, PositiveVectorEnsemble(d), MatrixEnsemble(1, d, 1, scale=scale), PositiveEnsemble(slack), one)
        yield Instances(Ring, (), drawn)


RINGS = st.sampled_from(list(_rings()))
SCOPE = (
    "d in 1..3; wells and annuli with walls; starts on the boundary of the region {f <= f(z(0))} and inside; 3 steps"
)


def segment_steps() -> Iterator[Step]:
    """φ(t) = f(z - t∇f/Q), 0 <= t <= 1, with g = ‖∇f(z)‖: φ'(0) = -g²/Q, and |φ''| <= g²/Q where the segment's second
    derivative is bounded by Q, so by the mean value theorem φ(t) - φ(0) <= -(g²/Q)(t - t²/2); t = 1 is the claim.
    """  # noqa: D205 - the proof
    t = sympy.Symbol("t", nonnegative=True)
    g, Q = sympy.symbols("g Q", positive=True)
    slope = -(g**2) / Q + g**2 / Q * t
    fall = sympy.integrate(slope, (t, 0, t))
    yield Step.vanishes("the integral of the bound of φ'", fall + g**2 / Q * (t - t**2 / 2))
    yield Step.vanishes("at t = 1", fall.subs(t, 1) + g**2 / (2 * Q))


@claim(
    f"{PAPER}/lemma-10/repair",
    statement=r"\|\nabla^2 f\|_{op} \le Q \text{ on the segment from } z \text{ to } z^+ = z - \nabla f(z)/Q \implies"
    r" f(z^+) \le f(z) - \tfrac{1}{2Q}\|\nabla f(z)\|^2",
    source="Appendix B, Lemma 10",
    domain="all twice differentiable f, all z, all Q > 0",
    repairs=f"{PAPER}/lemma-10",
    changes="the bound holds on the segment, in place of at z",
    by=[derivation(segment_steps, "all f, z, Q"), search(RINGS, SCOPE)],
)
def descent_from_a_bound_on_the_segment(case: Ring) -> Margin:
    """One step, whose segment lies in A."""
    return case.descends(1)


@descent_from_a_bound_on_the_segment.mutant("rate 3/Q")
def _(case: Ring) -> Margin:
    return case.descends(1, rate=3.0)


@descent_from_a_bound_on_the_segment.mutant("a fall of ‖∇f‖²/Q")
def _(case: Ring) -> Margin:
    return case.descends(1, share=1.0)
