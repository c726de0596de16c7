"""Appendix C.2, Lemmas 11 and 13: the region D that Langevin diffusion rarely leaves."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Constant, Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, log, minimum, sqrt
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.laws import weights

L11, L13 = "pareek-risteski-2022/lemma-11", "pareek-risteski-2022/lemma-13"
PROOF = "Appendix C.2, proof of Lemma 13"
RADIUS = (
    "rad(D) = (4 beta/m) sqrt(A log(16A/eps)), A = 2d + ‖x‖²/m², and beta_0 = min{m³/(6MM2), d^{3/4} m²/sqrt(2MM3)} /"
    " (4d sqrt(A log(16A/eps))): lost in the text, restored from the proof (eps/4 for eps in 4N/eps) and Lemma 11;"
    " with 4 for 16, as for eps in 4N/eps, D is smaller and Lemma 13 is refuted all the same"
)


@dataclass(frozen=True)
class Region:
    """What sets the radius. Arrays: `maps` [n, 4] = m, M/m - 1, M2, M3; `x` [n, 1] = ‖x‖; `odds` [n, 1] = 1/eps - 1;
    `short` [n, 3]: beta = beta_0/(1 + short_1), X_0 and N fall short of their bounds likewise.
    """  # noqa: D205

    d: int
    maps: Array
    x: Array
    odds: Array
    short: Array

    @property
    def m(self) -> Array:
        """The constant of strong invertibility: [n]."""
        return self.maps[..., 0]

    def spread(self) -> Array:
        """A = 2d + ‖x‖²/m²: [n]."""
        return 2 * self.d + self.x[..., 0] ** 2 / (self.m * self.m)

    def root(self) -> Array:
        """sqrt(A log(16A/eps)): [n]."""
        A = self.spread()
        return sqrt(A * log(16 * A * (1 + self.odds[..., 0])))

    def bounds(self, power: float = 0.75) -> tuple[Array, Array]:
        """m³/(6MM2) and d^{3/4} m²/sqrt(2MM3)."""
        m, more, M2, M3 = (self.maps[..., k] for k in range(4))
        M = m * (1 + more)
        scale = constant(self.d**power, m)
        return m**3 / (6 * M * M2), scale * m * m / sqrt(2 * M * M3)

    def beta(self, power: float = 0.75) -> Array:
        """The noise level, at most beta_0: [n]."""
        return minimum(*self.bounds(power)) / (4 * self.d * self.root() * (1 + self.short[..., 0]))


@st.composite
def regions(draw: DrawFn) -> Instances:
    """d in 1..8, 64; m, M/m - 1, M2, M3, ‖x‖ and 1/eps - 1 over twelve decades each, beta up to beta_0."""
    d = draw(st.one_of(st.integers(1, 8), st.just(64)))
    return Instances(Region, (d,), (draw(weights(4)), draw(weights(1)), draw(weights(1)), draw(weights(3, 1e3))))


#: beta = beta_0, N = A and X_0 = rad²/8 nearly.
TIGHT = tuple(
    Instances(Region, (d,), (*(PositiveVectorEnsemble(k) for k in (4, 1, 1)), PositiveVectorEnsemble(3, 1e-9)))
    for d in (1, 4)
)
REGIONS = "d in 1..8, 64; m, M/m - 1, M2, M3, ‖x‖, 1/eps - 1 over twelve decades; beta up to beta_0"


def substitution_steps() -> Iterator[Step]:
    """rad(D) = (4 beta/m) R with R = sqrt(A log(16A/eps)) and beta <= min{a, b}/(4dR): rad <= min{a, b}/(m d). The
    first bound has the factor 1/d itself; and beta sqrt(d) <= rad m/(4 sqrt(2 log 32)), as A >= 2d and 16A/eps >= 32.
    """  # noqa: D205 - the proof
    d, m, M, M2, M3, R = sympy.symbols("d m M M_2 M_3 R", positive=True)
    first = 4 / m * R * (m**3 / (6 * M * M2)) / (4 * d * R)
    second = 4 / m * R * (d ** sympy.Rational(3, 4) * m**2 / sympy.sqrt(2 * M * M3)) / (4 * d * R)
    yield Step.vanishes("first", first - m**2 / (6 * d * M * M2))
    yield Step.vanishes("second", sympy.powsimp(second * sympy.sqrt(2 * sympy.sqrt(d) * M * M3) / m - 1, force=True))


@claim(
    L11,
    statement=r"\mathrm{rad}(D) \le \min\left\{\frac{m^2}{6dMM_2}, \frac m{\sqrt{2\sqrt d MM_3}}\right\};\quad"
    r" \mathrm{rad}(D) \le O(1/d);\quad \mathrm{rad}(D) = \Omega(\beta\sqrt d)",
    source="Appendix C, Lemma 11; Appendix D.3 for the last",
    domain="all d >= 1, M >= m > 0, M2, M3 > 0, x, 0 < eps < 1, beta <= beta_0",
    readings=[RADIUS, "O and Omega with constants of m, M, M2 alone: m²/(6MM2) and 4 sqrt(2 log 32)/m"],
    by=[derivation(substitution_steps, "all constants"), search(regions(), REGIONS, corners=TIGHT)],
)
def radius_is_small(case: Region) -> Margin:
    """The radius against both bounds, and beta sqrt(d) against the radius."""
    return _small(case, 0.75)


def _small(case: Region, power: float, factor: float = 4.0) -> Margin:
    beta = case.beta(power)
    rad = constant(factor, case.m) * beta / case.m * case.root()
    first, second = case.bounds(0.75)
    part = Margin.at_most(rad, first / (case.m * case.d)) & Margin.at_most(rad, second / (case.m * case.d))
    floor = 32 * log(constant(32, case.m)) * case.d
    return part & Margin.at_most(sqrt(floor) * beta / case.m, rad)


@radius_is_small.mutant("d in place of d^{3/4} in beta_0")
def _(case: Region) -> Margin:
    return _small(case, 1.0)


@radius_is_small.mutant("rad with 5 in place of 4")
def _(case: Region) -> Margin:
    return _small(case, 0.75, 5.0)


@dataclass(frozen=True)
class Ceiling:
    """The dimension d and 8 ‖z^‖² = `eighths`."""

    d: int
    eighths: int

    def margins(self, N: int, slack: int) -> Margin:
        """kappa <= N <= kappa + slack, kappa = ‖z^‖² + d; N <= A at ‖x‖ = m ‖z^‖, the least that Lemma 23 admits."""
        kappa, A = self.eighths + 8 * self.d, self.eighths + 16 * self.d
        n, low, high, most = (np.array([[number]], dtype=object) for number in (8 * N, kappa, kappa + 8 * slack, A))
        return Margin.at_most(low, n) & Margin.at_most(n, high) & Margin.at_most(n, most)


def ceilings() -> Iterator[Ceiling]:
    """d = 1..6, ‖z^‖² = 0, 1/8, ..., 4."""
    return itertools.starmap(Ceiling, itertools.product(range(1, 7), range(33)))


def ceiling_steps() -> Iterator[Step]:
    """kappa <= N < kappa + 1 <= kappa + d for d >= 1, so the drift N - wx is at least kappa - wx; and kappa + d =
    ‖z^‖² + 2d <= ‖x‖²/m² + 2d by Lemma 23.
    """  # noqa: D205 - the proof
    more, kappa = sympy.symbols("d_1 kappa", nonnegative=True)
    yield Step.nonnegative("kappa + d - (kappa + 1) at d = 1 + d_1", (kappa + 1 + more) - (kappa + 1))


@claim(
    f"{L13}/step-ceiling",
    statement=r"N := \lceil \|\hat z\|^2 + d \rceil:\quad \|\hat z\|^2 + d \le N \le \|\hat z\|^2 + 2d"
    r" \le 2d + \|x\|^2/m^2",
    source=f"{PROOF}: bounding the ceiling trivially by kappa + d (since d >= 1)",
    domain="all d >= 1, all z^ with ‖z^‖ <= ‖x‖/m",
    by=[derivation(ceiling_steps, "all d, z^, x"), exhaustive(ceilings, "d = 1..6, ‖z^‖² = 0, 1/8, ..., 4")],
)
def ceiling_is_small(case: Ceiling) -> Margin:
    """The drift of X is no smaller than that of Lemma 3, and N at most A."""
    return case.margins(-(-(case.eighths + 8 * case.d) // 8), case.d)


@ceiling_is_small.mutant("the floor")
def _(case: Ceiling) -> Margin:
    return case.margins((case.eighths + 8 * case.d) // 8, case.d)


@ceiling_is_small.mutant("kappa + d - 1")
def _(case: Ceiling) -> Margin:
    return case.margins(-(-(case.eighths + 8 * case.d) // 8), case.d - 1)


def radius_steps() -> Iterator[Step]:
    """2X_0 <= rad²/4; N log(16N/eps) rises with N <= A, so (4N/w) log(16N/eps) <= 4A log(16A/eps) beta²/m² = rad²/4.
    The two make rad²/2 = alpha_0, where |z - z^|² = 2 eta <= rad².
    """  # noqa: D205 - the proof
    A, ell, beta, m = sympy.symbols("A l beta m", positive=True)  # l = log(16A/eps)
    rad2 = (4 * beta / m) ** 2 * A * ell
    yield Step.vanishes("rad²/4", rad2 / 4 - 4 * A * ell * beta**2 / m**2)
    yield Step.vanishes("X_0 = (rad/2)²/2", 2 * (rad2 / 4) / 2 + rad2 / 4 - rad2 / 2)
    n, eps = sympy.symbols("N epsilon", positive=True)
    yield Step.vanishes(
        "d/dN N log(16N/eps) = log(16N/eps) + 1 > 0",
        sympy.diff(n * sympy.log(16 * n / eps), n) - sympy.log(16 * n / eps) - 1,
    )


@claim(
    f"{L13}/step-radius",
    statement=r"\mathcal X := 2X_0 + \frac{4N}w\log\left(\frac{4N}{\epsilon/4}\right)"
    r" \le \alpha_0 := \tfrac12\mathrm{rad}(D)^2",
    source=f"{PROOF}: the condition on rad(D), with w = m²/beta²",
    domain="all d >= 1, all constants, ‖z_0 - z^‖ <= rad/2, N <= A, 0 < eps < 1",
    readings=[RADIUS],
    rests_on=[f"{L13}/step-ceiling"],
    by=[derivation(radius_steps, "all constants"), search(regions(), REGIONS, corners=TIGHT)],
    constants={"factor": Constant(4.0, 0.99)},
)
def level_is_inside(case: Region, factor: float = 4.0) -> Margin:
    """The level of Lemma 14 for eps/4 is at most rad²/2, times m²/beta²."""
    return _inside(case, factor, 8.0)


def _inside(case: Region, factor: float, part: float) -> Margin:
    square = constant(factor * factor, case.m) * case.root() ** 2  # w rad²
    start = square / constant(part, square) / (1 + case.short[..., 1])
    N = case.spread() / (1 + case.short[..., 2])
    return Margin.at_most(2 * start + 4 * N * log(16 * N * (1 + case.odds[..., 0])), square / 2)


@level_is_inside.mutant("z_0 anywhere in D")
def _(case: Region) -> Margin:
    return _inside(case, 4.0, 2.0)


@level_is_inside.mutant("rad with sqrt(8) in place of 4")
def _(case: Region) -> Margin:
    return _inside(case, math.sqrt(8), 8.0)
