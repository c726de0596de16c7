"""Section 4 and Appendix B.1: Lemmas 1 and 2, which hold for every f and g."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy

from claims import Box, Constant, Margin, Step, claim, derivation, interval, search
from claims.engine.arithmetic import Array, derivative_along, log, sqrt, total
from claims.papers.koehler_2022.domains import ANY_VAE, any_vae, zero_data
from claims.papers.koehler_2022.general_vae import GeneralVAE
from claims.papers.koehler_2022.linear_vae import LinearVAE

AnyVAE = LinearVAE | GeneralVAE


@dataclass(frozen=True)
class Variances:
    """A diagonal D alone: [n, r]."""

    D: Array



R, G, L = sympy.symbols("R G L", nonnegative=True)
D, EPS = sympy.symbols("D epsilon", positive=True)
DIM, RANK = sympy.symbols("d r", integer=True, positive=True)


# --- Lemma 1 ----------------------------------------------------------------------------------------------


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
    return variance_terms_are_bounded_below.body(case, floor=0.6)


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
        f"L = {float(case.loss()):.6g}, c = {float(case.reconstruction_error):.6g}, eps = {float(case.epsilon):.6g}, d = {case.d}, r = {case.r}",
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
    return loss_exceeds_the_error_over_twice_epsilon_squared.body(case, factor=1 / 1.8)


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


# --- Lemma 2 ----------------------------------------------------------------------------------------------


def _slope(case: AnyVAE, factor: float = 1.0) -> Margin:
    """dL/d eps = -R/eps³ + d/eps, by differentiating the loss itself."""
    epsilon = case.epsilon
    slope = derivative_along(case.loss_with, (epsilon,), (epsilon * 0 + 1,))
    return Margin.equal(slope, case.d / epsilon - factor * case.reconstruction_error / epsilon**3)


STATIONARY = (
    r"0 = -\frac{1}{\epsilon^3}\mathbb{E}\mathbb{E}\|x - f(g(x)+D^{1/2}z')\|^2 + \frac{d}{\epsilon}"
    r"\ \text{and solving for } \epsilon \text{ gives the result}"
)


@claim(
    "koehler-2022/lemma-2/step-stationary",
    statement=STATIONARY,
    source="Appendix B.1, proof of Lemma 2",
    domain="all f, g, D, p* (a point mass included), eps > 0",
    readings=["'the partial derivative of (4)' is of (3)"],
    effect="Only where the reconstruction error is zero, that is for data that are one point which f, ignoring z,"
    " outputs: then no eps > 0 is stationary, and the printed value 0 is approached, not attained.",
    by=[search(any_vae, ANY_VAE, corners=(zero_data(),))],
    worked=lambda case: [
        f"The reconstruction error is {float(case.reconstruction_error):.6g}, so the equation reads 0 = {case.d}/eps,",
        "which no eps > 0 solves: L = d log eps + const falls for ever as eps -> 0.",
    ],
)
def loss_has_a_stationary_epsilon(case: AnyVAE) -> Margin:
    """dL/d eps = -R/eps³ + d/eps, and this has a zero eps > 0 (so R > 0)."""
    return _slope(case) & Margin.positive(case.reconstruction_error)


@loss_has_a_stationary_epsilon.mutant("-2R/eps³")
def _(case: AnyVAE) -> Margin:
    return _slope(case, factor=2.0)


@loss_has_a_stationary_epsilon.mutant("R > d")
def _(case: AnyVAE) -> Margin:
    return _slope(case) & Margin.positive(case.reconstruction_error - case.d)


@claim(
    "koehler-2022/lemma-2/step-stationary/repair",
    statement=STATIONARY + r",\ \text{provided the reconstruction error is positive}",
    source="Appendix B.1, proof of Lemma 2, corrected",
    domain="all f, g, D, p* with positive reconstruction error, eps > 0",
    repairs="koehler-2022/lemma-2/step-stationary",
    changes="adds the hypothesis that the reconstruction error is positive; at zero the infimum is not attained",
    by=[search(any_vae, ANY_VAE)],
)
def loss_has_the_printed_slope(case: AnyVAE) -> Margin:
    """dL/d eps = -R/eps³ + d/eps, and it vanishes at sqrt(R/d) where R > 0 (cleared of eps³: d eps² = R)."""
    printed = sqrt(case.reconstruction_error / case.d)
    return _slope(case) & Margin.equal(case.d * printed * printed, case.reconstruction_error)


@loss_has_the_printed_slope.mutant("-2R/eps³")
def _(case: AnyVAE) -> Margin:
    return _slope(case, factor=2.0)


@loss_has_the_printed_slope.mutant("every eps is stationary")
def _(case: AnyVAE) -> Margin:
    return Margin.equal(case.d * case.epsilon * case.epsilon, case.reconstruction_error)


def lemma_2_steps() -> Iterator[Step]:
    """In w = 1/eps² the loss is R w/2 - (d/2) log w + const, strictly convex with its minimum at w = d/R."""
    positive_R, w = sympy.symbols("R w", positive=True)
    loss = positive_R * w / 2 - DIM * sympy.log(w) / 2
    at = DIM / positive_R
    yield Step.convex_minimum("R > 0: R w/2 - (d/2) log w", loss, w, at, loss.subs(w, at))
    yield Step.vanishes("w = 1/eps² at the printed eps", 1 / sympy.sqrt(positive_R / DIM) ** 2 - at)
    yield Step.limit("R = 0: d log eps -> -infinity at the printed eps = 0", DIM * sympy.log(EPS), EPS, 0, -sympy.oo)


@claim(
    "koehler-2022/lemma-2",
    statement=r"\epsilon = \sqrt{\frac1d\,\mathbb{E}_{x\sim p^*}\mathbb{E}_{z'\sim N(0,I_r)}"
    r"\left[\|x - f(g(x)+D^{1/2}z')\|^2\right]}",
    source="Section 4, Lemma 2; proof in Appendix B.1",
    domain="all f, g, D, p*; the infimum over eps > 0, where at zero error the printed 0 is the limit of minimizing eps",
    readings=[
        "where the error is zero, 'optimal value 0' is read as the limit (L -> -infinity as eps -> 0), in the sense of"
        " the paper's asymptotic optima; that it is not attained is koehler-2022/lemma-2/step-stationary"
    ],
    rests_on=["koehler-2022/lemma-2/step-stationary"],
    carried_by=["koehler-2022/lemma-2/step-stationary/repair"],
    by=[derivation(lemma_2_steps, "all f, g, p*, D (through R and d, symbolic)"), search(any_vae, ANY_VAE)],
)
def printed_epsilon_is_optimal(case: AnyVAE) -> Margin:
    """No eps has a lower loss than sqrt(R/d)."""
    return Margin.at_most(case.loss_with(sqrt(case.reconstruction_error / case.d)), case.loss())


@printed_epsilon_is_optimal.mutant("R in place of R/d")
def _(case: AnyVAE) -> Margin:
    return Margin.at_most(case.loss_with(sqrt(case.reconstruction_error)), case.loss())


@printed_epsilon_is_optimal.mutant("without the square root")
def _(case: AnyVAE) -> Margin:
    return Margin.at_most(case.loss_with(case.reconstruction_error / case.d), case.loss())


@printed_epsilon_is_optimal.mutant("one per cent above the printed value")
def _(case: AnyVAE) -> Margin:
    return Margin.at_most(case.loss_with(sqrt(case.reconstruction_error / case.d) * 1.01), case.loss())
