"""Section 4 and Appendix B.1: Lemma 1, for every f and g."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy

from claims import Box, Constant, Margin, Step, claim, derivation, interval, search
from claims.engine.arithmetic import Array, log, total
from claims.papers.koehler_2022.domains import ANY_VAE, any_vae
from claims.papers.koehler_2022.general_vae import GeneralVAE
from claims.papers.koehler_2022.linear_vae import LinearVAE

AnyVAE = LinearVAE | GeneralVAE


@dataclass(frozen=True)
class Variances:
    """A diagonal D alone: [n, r]."""

    D: Array


R, G, L = sympy.symbols("R G L", nonnegative=True)
D, EPS = sympy.symbols("D epsilon", positive=True)
DIM = sympy.Symbol("d", integer=True, positive=True)


@claim(
    "koehler-2022/lemma-1/step-variance-terms",
    statement=r"\operatorname{Tr}(D)/2 - \tfrac12\sum_i\log D_{ii} = \tfrac12\sum_i(D_{ii} - \log D_{ii}) \ge r/2"
    r"\quad\text{from } x - \log x \ge 1 \text{ for } x \ge 0",
    source="Appendix B.1, proof of Lemma 1",
    domain="all D_ii > 0 (at 0 the left side is +infinity)",
    by=[
        derivation(lambda: [Step.convex_minimum("x - log x", D - sympy.log(D), D, sympy.Integer(1), 1)], "all x > 0"),
        interval(
            Box(((1e-3, 0.99),), lambda x: Variances(np.array([[x]], dtype=object))),
            "one entry in [0.001, 0.99] (the tangency at 1 is left to the derivation)",
        ),
        search(any_vae, ANY_VAE),
    ],
    constants={"floor": Constant(0.5, 2.0)},
)
def variance_terms_are_bounded_below(case: Variances | AnyVAE, *, floor: float = 0.5) -> Margin:
    """(Tr D - log det D)/2 >= r/2, with equality at D = I."""
    return Margin.at_least(total(case.D - log(case.D)) / 2, floor * total(case.D * 0 + 1))


@variance_terms_are_bounded_below.mutant("floor 0.6 r")
def _(case: Variances | AnyVAE) -> Margin:
    return variance_terms_are_bounded_below.margin(case, floor=0.6)


@variance_terms_are_bounded_below.mutant("x + log x")
def _(case: Variances | AnyVAE) -> Margin:
    return Margin.at_least(total(case.D + log(case.D)) / 2, total(case.D * 0 + 1) / 2)


@claim(
    "koehler-2022/lemma-1/step-error-term",
    statement=r"\text{if the reconstruction error is } \ge c > 0, \text{ the objective is lower bounded by }"
    r" c/\epsilon^2 + d\log(\epsilon) + r/2",
    source="Appendix B.1, proof of Lemma 1",
    domain="all f, g, D, eps, with c the reconstruction error (or anything below it)",
    rests_on=["koehler-2022/lemma-1/step-variance-terms"],
    effect="None beyond a factor two: the bound with c/(2 eps^2) still tends to +infinity, which is all that is used.",
    by=[search(any_vae, ANY_VAE)],
    worked=lambda case: [
        f"L = {float(case.loss()):.6g}, c = {float(case.reconstruction_error):.6g}, eps = {float(case.epsilon):.6g},"
        f" d = {case.d}, r = {case.r}",
        f"c/eps^2 + d log eps + r/2 = {float(_printed_bound(case, 1.0)):.6g} > L",
        f"c/(2 eps^2) + d log eps + r/2 = {float(_printed_bound(case, 0.5)):.6g} <= L",
    ],
)
def loss_exceeds_the_error_over_epsilon_squared(case: AnyVAE) -> Margin:
    """L >= c/eps^2 + d log eps + r/2 as printed; (3) divides the error by 2 eps^2."""
    return Margin.at_least(case.loss(), _printed_bound(case, 1.0))


def _printed_bound(case: AnyVAE, factor: float) -> Array:
    square = case.epsilon * case.epsilon
    return factor * case.reconstruction_error / square + case.d * log(case.epsilon) + case.r / 2


@loss_exceeds_the_error_over_epsilon_squared.mutant("c/eps^4")
def _(case: AnyVAE) -> Margin:
    square = case.epsilon * case.epsilon
    return Margin.at_least(case.loss(), case.reconstruction_error / square**2 + case.d * log(case.epsilon))


@loss_exceeds_the_error_over_epsilon_squared.mutant("floor r")
def _(case: AnyVAE) -> Margin:
    return Margin.at_least(case.loss(), _printed_bound(case, 0.5) + case.r / 2)


def lemma_1_steps() -> Iterator[Step]:
    """L - (d log eps + R/(2 eps²) + r/2) = G/2 + sum (D_ii - log D_ii - 1)/2, and every term is >= 0.

    Hence d log eps <= L - r/2, so eps -> 0; and R <= 2 eps² (L - r/2 - d log eps) <= -2 d eps² log eps once
    L <= 0 and eps < 1, which tends to 0.
    """
    summand = D - sympy.log(D)
    yield Step.convex_minimum("x - log x >= 1", summand, D, sympy.Integer(1), 1)
    loss = R / (2 * EPS**2) + G / 2 + DIM * sympy.log(EPS) + summand / 2
    rest = loss - (DIM * sympy.log(EPS) + R / (2 * EPS**2) + sympy.Rational(1, 2)) - G / 2
    yield Step.vanishes("the rest per latent coordinate is (D - log D - 1)/2", rest - (summand - 1) / 2)
    yield Step.limit("eps <= exp((L - r/2)/d) -> 0", sympy.exp(-1 / (DIM * EPS)), EPS, 0, 0)
    yield Step.limit("-2 d eps² log eps", -2 * DIM * EPS**2 * sympy.log(EPS), EPS, 0, 0)


def lemma_1_bounds(case: AnyVAE, half: float = 0.5) -> Margin:
    """The two bounds from which both limits follow, for every parameter."""
    room = case.loss() - case.d * log(case.epsilon) - half * case.r
    square = case.epsilon * case.epsilon
    return Margin.at_least(room, 0 * room) & Margin.at_most(case.reconstruction_error / (2 * square), room)


@claim(
    "koehler-2022/lemma-1/step-error-term/repair",
    statement=r"\text{if the reconstruction error is } \ge c > 0, \text{ the objective is lower bounded by }"
    r" c/(2\epsilon^2) + d\log(\epsilon) + r/2",
    source="Appendix B.1, proof of Lemma 1, corrected",
    domain="all f, g, D, eps, with c the reconstruction error (or anything below it)",
    rests_on=["koehler-2022/lemma-1/step-variance-terms"],
    repairs="koehler-2022/lemma-1/step-error-term",
    changes="c/eps^2 becomes c/(2 eps^2)",
    by=[derivation(lemma_1_steps, "all f, g, d, r (symbolic)"), search(any_vae, ANY_VAE)],
    constants={"factor": Constant(0.5, 2.0)},
)
def loss_exceeds_the_error_over_twice_epsilon_squared(case: AnyVAE, *, factor: float = 0.5) -> Margin:
    """L >= c/(2 eps^2) + d log eps + r/2."""
    return Margin.at_least(case.loss(), _printed_bound(case, factor))


@loss_exceeds_the_error_over_twice_epsilon_squared.mutant("c/(1.8 eps^2)")
def _(case: AnyVAE) -> Margin:
    return loss_exceeds_the_error_over_twice_epsilon_squared.margin(case, factor=1 / 1.8)


@loss_exceeds_the_error_over_twice_epsilon_squared.mutant("floor r")
def _(case: AnyVAE) -> Margin:
    return Margin.at_least(case.loss(), _printed_bound(case, 0.5) + case.r / 2)


@claim(
    "koehler-2022/lemma-1",
    statement=r"\lim_{t\to\infty} L(f_t,g_t,D_t,\epsilon_t) = -\infty \Rightarrow 1)\ \lim_{t\to\infty}\epsilon_t = 0"
    r"\ \text{and}\ 2)\ \lim_{t\to\infty}\mathbb{E}_{x\sim p^*}\mathbb{E}_{z'\sim N(0,I_r)}"
    r"\|x - f_t(g_t(x) + D_t^{1/2}z')\|^2 = 0",
    source="Section 4, Lemma 1; proof in Appendix B.1",
    domain="all sequences f_t, g_t, D_t, eps_t with L -> -infinity, all p*, d, r >= 1",
    rests_on=["koehler-2022/lemma-1/step-variance-terms", "koehler-2022/lemma-1/step-error-term"],
    carried_by=["koehler-2022/lemma-1/step-error-term/repair"],
    readings=["'these terms are both bounded above' in the proof is 'bounded below'"],
    by=[derivation(lemma_1_steps, "all f, g, p*, D, eps; d, r symbolic"), search(any_vae, ANY_VAE)],
)
def falling_loss_forces_epsilon_and_error_to_zero(case: AnyVAE) -> Margin:
    """d log eps <= L - r/2 and R <= 2 eps² (L - r/2 - d log eps), of which both limits are consequences."""
    return lemma_1_bounds(case)


@falling_loss_forces_epsilon_and_error_to_zero.mutant("R bounded by eps² times the room, without the 2")
def _(case: AnyVAE) -> Margin:
    square = case.epsilon * case.epsilon
    room = case.loss() - case.d * log(case.epsilon) - case.r / 2
    return Margin.at_most(case.reconstruction_error / square, room)


@falling_loss_forces_epsilon_and_error_to_zero.mutant("r/2 becomes r")
def _(case: AnyVAE) -> Margin:
    return lemma_1_bounds(case, half=1.0)


@falling_loss_forces_epsilon_and_error_to_zero.mutant("the code's norm must vanish too")
def _(case: AnyVAE) -> Margin:
    room = case.loss() - case.d * log(case.epsilon) - case.r / 2
    square = case.epsilon * case.epsilon
    codes = 2 * room - case.reconstruction_error / square
    return Margin.at_most(codes, total(case.D - log(case.D) - 1))
