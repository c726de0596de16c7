"""Section 5, (3) and (4): the posterior, and the inverse point."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, log, pi, total
from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import (
    NEARLY_LINEAR,
    PAPER,
    SCOPE,
    STEEP,
    Inversion,
    inner,
    inversions,
    norm,
)

BETA = "β in the denominator was lost in extraction: 1/β²"


def posterior_steps() -> Iterator[Step]:
    """p(z|x) = p(x|z) p(z)/p(x) by Bayes. Coordinate by coordinate, log N(x_i; G_i, β²) + log N(z_i; 0, 1) + L_i is a
    constant, with L_i = (z_i² + (G_i - x_i)²/β²)/2; the sum over i is L. As L >= ‖z‖²/2, the partition function is at
    most the integral of exp(-‖z‖²/2), (2π)^{d/2}; L is finite everywhere and continuous, so it is not 0.
    """  # noqa: D205 - the proof
    x, z, G = sympy.symbols("x z G", real=True)
    beta = sympy.Symbol("beta", positive=True)

    def log_normal(t: sympy.Expr, variance: sympy.Expr) -> sympy.Expr:
        return -sympy.log(2 * sympy.pi * variance) / 2 - t**2 / (2 * variance)

    L = (z**2 + (G - x) ** 2 / beta**2) / 2
    whole = log_normal(x - G, beta**2) + log_normal(z, sympy.Integer(1)) + L
    yield Step.vanishes("the sum does not depend on z", sympy.diff(whole, z))
    yield Step.vanishes("nor on G", sympy.diff(whole, G))
    yield Step.nonnegative("L_i - z_i²/2", (x - G) ** 2 / (2 * beta**2))
    gauss = sympy.integrate(sympy.exp(-(z**2) / 2), (z, -sympy.oo, sympy.oo))
    yield Step.vanishes("the integral of exp(-z²/2) is sqrt(2π)", gauss - sympy.sqrt(2 * sympy.pi))


def _log_joint(case: Inversion, z: Array) -> Array:
    """log p(x|z) + log p(z), as sums over coordinates of logarithms of normal densities: [n]."""
    r, variance = case.residual(z), case.beta * case.beta
    likelihood = -(log(2 * pi(z) * variance)[..., None] + r * r / variance[..., None]) / 2
    prior = -(log(2 * pi(z)) + z * z) / 2
    return total(likelihood) + total(prior)


def _posterior(case: Inversion, L: Array, L_other: Array) -> Margin:
    odds = _log_joint(case, case.z) - _log_joint(case, case.v)
    return Margin.equal(odds, L_other - L) & Margin.at_least(L, inner(case.z, case.z) / 2)


@claim(
    f"{PAPER}/equation-3",
    statement=r"L(z) = \tfrac12\left(\|z\|^2 + \tfrac1{\beta^2}\|G(z) - x\|^2\right),\ p(z|x) \propto e^{-L(z)};\ "
    r"\forall z\ L(z) \ge \tfrac12\|z\|^2, \text{ therefore the partition function is finite}",
    source="Section 5, eq. 3",
    domain="all d, continuous G, x, z, β > 0",
    readings=[BETA],
    by=[
        derivation(posterior_steps, "all d, G, x, z, β (symbolic)"),
        search(inversions(centred=False), SCOPE, corners=NEARLY_LINEAR),
    ],
)
def posterior_by_bayes(case: Inversion) -> Margin:
    """The posterior odds of two points are exp(L(z') - L(z)), and L >= ‖z‖²/2."""
    return _posterior(case, case.L(case.z), case.L(case.v))


@posterior_by_bayes.mutant("1/β in place of 1/β²")
def _(case: Inversion) -> Margin:
    def loss(z: Array) -> Array:
        return inner(z, z) / 2 + case.f(z) / case.beta

    return _posterior(case, loss(case.z), loss(case.v))


@posterior_by_bayes.mutant("no prior term")
def _(case: Inversion) -> Margin:
    def loss(z: Array) -> Array:
        return case.f(z) / (case.beta * case.beta)

    return _posterior(case, loss(case.z), loss(case.v))


def convexity_steps() -> Iterator[Step]:
    """G is bijective, so some ẑ has G(ẑ) = x, where ‖G(z) - x‖ is 0; at any other z it is at least m‖z - ẑ‖ > 0. Along
    a unit v, ∇²L has v^T ∇²L v = 1 + (‖J v‖² + <G - x, D²G[v, v]>)/β² >= 1 + (m² - M M2 r)/β² at distance r from ẑ, by
    Remark 2, Assumption 2 and Cauchy-Schwarz. So ∇²L >= I on the ball of radius m²/(M M2) around ẑ, whatever β.
    """  # noqa: D205 - the proof
    m, M, M2, share, beta = sympy.symbols("m M M2 t beta", positive=True)
    r = m**2 / (M * M2) / (1 + share)
    yield Step.nonnegative("m² - M M2 r within the ball", sympy.together(m**2 - M * M2 * r))
    whole = 1 + (m**2 - M * M2 * r) / beta**2 - 1
    yield Step.nonnegative("v^T ∇²L v - 1", sympy.together(whole))


def _convex(case: Inversion, reach: Array, least: float, factor: float = 1.0) -> Margin:
    z = case.zhat + case.towards(reach)
    bend = inner(case.v, case.v) + case.curvature(z, case.v) / (case.beta * case.beta)
    away = norm(case.z - case.zhat)
    return Margin.at_least(bend, least * inner(case.v, case.v)) & Margin.at_least(
        norm(case.residual(case.z)), factor * case.m * away
    )


@claim(
    f"{PAPER}/equation-4",
    statement=r"\hat z := \arg\min_z \|G(z) - x\|_2 \text{ is uniquely defined, and it's such that } G(\hat z) = x;"
    r"\ L \text{ is strongly convex in some region around } \hat z",
    source="Section 5, eq. 4",
    domain="all G with Assumptions 1 and 2, all d, x, β > 0",
    readings=[
        "'since G is invertible' is Assumption 1; strong convexity, for which Assumption 2 is needed, is read as"
        " ∇²L >= I on the ball of radius m²/(M M2) around ẑ",
    ],
    by=[
        derivation(convexity_steps, "all d, G, x, β"),
        search(inversions(centred=False), SCOPE, corners=(*NEARLY_LINEAR, *STEEP)),
    ],
)
def inverse_point_is_unique(case: Inversion) -> Margin:
    """‖G(z) - x‖ >= m‖z - ẑ‖ with G(ẑ) = x, and ∇²L >= I within m²/(M M2) of ẑ."""
    return _convex(case, case.m * case.m / (case.M * case.M2), 1.0)


@inverse_point_is_unique.mutant("strongly convex within any distance")
def _(case: Inversion) -> Margin:
    return _convex(case, 100 * norm(case.zhat), 1.0)


@inverse_point_is_unique.mutant("∇²L >= 4 I, whatever β")
def _(case: Inversion) -> Margin:
    return _convex(case, case.m * case.m / (case.M * case.M2), 4.0)


@inverse_point_is_unique.mutant("twice m")
def _(case: Inversion) -> Margin:
    return _convex(case, case.m * case.m / (case.M * case.M2), 1.0, 2.0)
