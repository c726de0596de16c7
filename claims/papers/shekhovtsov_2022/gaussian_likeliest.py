"""Data from the decoder N(z², 1) under N(0, 1): their moments, and the decoder of which they alone come."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import Array
from claims.papers.shekhovtsov_2022.gaussian_corollary_2 import C2

SOURCE = "Corollary 2, our counterexample; data x = z² + e, z and e ~ N(0, 1)"
AFFINE = "a natural parameter of z² that is affine in x and negative for all real x is constant, so t is"

#: E x^k of the data, k = 0..4.
MOMENTS = (1, 1, 4, 18, 126)

x, z, e, V, W = sympy.symbols("x z e V W", real=True)
t = sympy.Symbol("t", positive=True)


def mean_over_data(expression: sympy.Expr) -> sympy.Expr:
    """Of a polynomial in x of degree at most 4, by MOMENTS."""
    terms = sympy.Poly(sympy.expand(expression), x).terms()
    return sum((factor * MOMENTS[power] for (power,), factor in terms), sympy.Integer(0))


def mean_over_normals(expression: sympy.Expr) -> sympy.Expr:
    """Over independent z, e ~ N(0, 1), of which E z^2k = (2k - 1)!!."""
    terms = sympy.Poly(sympy.expand(expression), z, e).terms()
    return sum(
        (
            factor * math.prod(sympy.factorial2(power - 1) if power % 2 == 0 else 0 for power in powers)
            for powers, factor in terms
        ),
        sympy.Integer(0),
    )


# --- the only likelihood optimum --------------------------------------------------------------------------


@dataclass(frozen=True)
class SameVariance:
    """The decoder N(Vz² + Wz + u, 1) with 2V² + W² = 2, the data's variance less one: V [n] in [-1, 1]."""

    V: Array

    def third(self, cross: int = 6) -> Array:
        """The third cumulant 8V³ + 6VW² of p(x): [n]."""
        return 8 * self.V**3 + cross * self.V * (2 - 2 * self.V * self.V)


def likeliest_steps() -> Iterator[Step]:
    """L is largest exactly where p(x) is the law of the data (Gibbs), which V = 1, W = u = 0 attains. Equal laws have
    equal cumulants: V + u = 1, 2V² + W² = 2, 8V³ + 6VW² = 8. The last two give (V - 1)²(V + 2) = 0, and V = -2 needs
    W² = -6; so V = 1, W = 0, u = 0.

    The ELBO has a maximiser. Where it is at least c, KL(q‖p) = (E y² + t - 1 - log t)/2 is bounded, as the fit is at
    most -log(2 pi)/2; that bounds a, b, t and keeps t above some t_0 > 0. The fit bounds E(x - Vz² - Wz - u)², which is
    at least the variance of Vz² + Wz given x, 2V²t² + (2Vy + W)²t at the mean y: this bounds V, then W, then u. So
    the upper level sets are compact, and the ELBO is continuous.
    """  # noqa: D205 - the proof
    for power in range(5):
        yield Step.vanishes(f"E x^{power} = {MOMENTS[power]}", mean_over_normals((z**2 + e) ** power) - MOMENTS[power])
    centred = V * (z**2 - 1) + W * z + e
    yield Step.vanishes("variance 2V² + W² + 1", mean_over_normals(centred**2) - 2 * V**2 - W**2 - 1)
    third = mean_over_normals(centred**3)
    yield Step.vanishes("third cumulant 8V³ + 6VW²", third - 8 * V**3 - 6 * V * W**2)
    rest = 8 - third.subs(W, sympy.sqrt(2 - 2 * V**2))
    yield Step.vanishes("8 less the third cumulant is 4(V - 1)²(V + 2)", rest - 4 * (V - 1) ** 2 * (V + 2))
    yield Step.vanishes("V = -2: W² = -6", (2 - 2 * V**2).subs(V, -2) + 6)
    y = sympy.Symbol("y", real=True)
    code = V * (y + sympy.sqrt(t) * z) ** 2 + W * (y + sympy.sqrt(t) * z)
    spread = mean_over_normals(code**2) - mean_over_normals(code) ** 2
    yield Step.vanishes("variance of Vz² + Wz at N(y, t)", spread - 2 * V**2 * t**2 - (2 * V * y + W) ** 2 * t)


def _same_variances() -> Iterator[SameVariance]:
    for k in range(-64, 65):
        yield SameVariance(np.array([k / 64]))


def _skew(case: SameVariance, least: float = 4.0, cross: int = 6) -> Margin:
    return Margin.at_least(8 - case.third(cross), least * (1 - case.V) ** 2)


@claim(
    f"{C2}/step-gaussian-likeliest",
    statement=r"V=1,W=u=0 \text{ alone maximises } L \text{ over the decoders } N(Vz^2+Wz+u,1),\ p(z)=N(0,1);\text{"
    r" the ELBO with affine encoders has a maximiser}",
    source=SOURCE,
    domain="all V, W, u; all encoders N(a + b(x - 1), t)",
    readings=[AFFINE],
    by=[
        derivation(likeliest_steps, "all V, W, u"),
        exhaustive(_same_variances, "V = k/64, |k| <= 64, W² = 2 - 2V², to 1e-30", tolerance=1e-30),
    ],
)
def truth_is_the_only_likelihood_optimum(case: SameVariance) -> Margin:
    """With the data's variance, the third cumulant falls short of the data's 8 by at least 4(1 - V)²."""
    return _skew(case)


@truth_is_the_only_likelihood_optimum.mutant("by at least 5(1 - V)²")
def _(case: SameVariance) -> Margin:
    return _skew(case, least=5.0)


@truth_is_the_only_likelihood_optimum.mutant("third cumulant 8V³ + 12VW²")
def _(case: SameVariance) -> Margin:
    return _skew(case, cross=12)
