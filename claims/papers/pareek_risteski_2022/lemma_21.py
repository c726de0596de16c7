"""Appendix E, Lemma 21: samples of the generator are near the hypercube."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Constant, Margin, Step, claim, derivation, search
from claims.engine.arithmetic import constant as number
from claims.engine.arithmetic import exp, sqrt
from claims.engine.strategies import PositiveEnsemble
from claims.papers.pareek_risteski_2022.hypercube import GaussianTail, GaussianTails, gaussian_tails

SCOPE = "d in 1..8 and powers of two to 512; c - 1 from 1e-6 to about 1; the tail of chi-square exactly"


def lemma_21_steps() -> Iterator[Step]:
    """Markov's inequality for exp(‖xi‖²/4), xi ~ N(0, I_d): its expectation is the d-th power of that of one
    coordinate, so Pr[‖xi‖² > 36 c² d] <= 2^{d/2} exp(-9 c² d), and 2^{d/2} exp(-9 c² d) <= exp(-c² d) if
    8 c² >= 1 >= (log 2)/2, which c = 1 + e, e > 0 gives. ‖x - G(z)‖ = beta ‖xi‖, so beta cancels.
    """  # noqa: D205 - the proof
    x = sympy.Symbol("x", real=True)
    e = sympy.Symbol("e", positive=True)
    density = sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)
    moment = sympy.integrate(sympy.exp(x**2 / 4) * density, (x, -sympy.oo, sympy.oo))
    yield Step.vanishes("E exp(xi_1²/4) = sqrt(2)", moment - sympy.sqrt(2))
    yield Step.nonnegative("8 c² >= 1 at c = 1 + e", sympy.expand(8 * (1 + e) ** 2 - 1))
    yield Step.nonnegative("1 >= (log 2)/2", 1 - sympy.log(2) / 2)


@claim(
    "pareek-risteski-2022/lemma-21",
    statement=r"\text{A sample } x \text{ from the VAE with } G(z) = C(\mathrm{sgn}(z)) \text{ and variance } \beta^2 I"
    r" \text{ satisfies, for all } c > 1,\ \Pr[\|x - G(z)\| \le 6c\beta\sqrt d] \ge 1 - \exp(-c^2 d)",
    source="Appendix E, Lemma 21",
    domain="all d >= 1, beta > 0, c > 1, all generators G",
    by=[
        derivation(lemma_21_steps, "all d, beta, c (Chernoff's bound, symbolic)"),
        search(gaussian_tails(), SCOPE, corners=(GaussianTails(512, PositiveEnsemble(1e-6)),)),
    ],
    constants={"factor": Constant(6.0, 0.95)},
)
def samples_are_near_the_hypercube(case: GaussianTail, factor: float = 6.0) -> Margin:
    """Pr[‖xi‖ > 6 c sqrt(d)] <= exp(-c² d) for xi ~ N(0, I_d).

    The proof holds for c = 1 as well, which the event E2 in the proof of Theorem 2 needs. The sharp factor is 2.1226 =
    sqrt(-W_{-1}(-e^{-3})), as d grows and c falls to 1.
    """
    root = sqrt(number(case.d, case.c))
    return Margin.at_most(case.beyond(number(factor, case.c) * case.c * root), exp(-case.d * case.c * case.c))


@samples_are_near_the_hypercube.mutant("a radius without sqrt(d)")
def _(case: GaussianTail) -> Margin:
    return Margin.at_most(case.beyond(6 * case.c), exp(-case.d * case.c * case.c))


@samples_are_near_the_hypercube.mutant("factor 2 in place of 6")
def _(case: GaussianTail) -> Margin:
    return samples_are_near_the_hypercube.margin(case, factor=2.0)


@samples_are_near_the_hypercube.mutant("exp(-18 c² d), the rate of the density itself")
def _(case: GaussianTail) -> Margin:
    root = sqrt(number(case.d, case.c))
    return Margin.at_most(case.beyond(6 * case.c * root), exp(-18 * case.d * case.c * case.c))
