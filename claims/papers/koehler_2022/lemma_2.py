"""Section 4 and Appendix B.1: Lemma 2, for every f and g."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, derivative_along, is_zero, log, sqrt
from claims.papers.koehler_2022.domains import ANY_VAE, any_vae, zero_data
from claims.papers.koehler_2022.lemma_1 import DIM, EPS, AnyVAE


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
    domain="all f, g, D, p* with finite and positive reconstruction error, eps > 0",
    readings=[
        "'the partial derivative of (4)' is of (3)",
        "the error is positive: at zero no eps > 0 solves the equation, see koehler-2022/lemma-2/remark-not-attained",
    ],
    by=[search(any_vae, ANY_VAE)],
)
def loss_has_the_printed_slope(case: AnyVAE) -> Margin:
    """dL/d eps = -R/eps³ + d/eps, and it vanishes at sqrt(R/d) (cleared of eps³: d eps² = R)."""
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
    domain="all f, g, D, p* with finite error; the infimum over eps > 0, where at zero error the printed 0 is the"
    " limit of minimizing"
    " eps",
    readings=[
        "where the error is zero, 'optimal value 0' is read as the limit (L -> -infinity as eps -> 0), in the sense of"
        " the paper's asymptotic optima; that it is not attained is koehler-2022/lemma-2/remark-not-attained"
    ],
    rests_on=["koehler-2022/lemma-2/step-stationary"],
    by=[derivation(lemma_2_steps, "all f, g, p*, D (through R and d, symbolic)"), search(any_vae, ANY_VAE)],
)
def printed_epsilon_is_optimal(case: AnyVAE) -> Margin:
    """No eps has a lower loss than sqrt(R/d); where R = 0, the loss falls as eps is halved."""
    return _optimal(case, sqrt(case.reconstruction_error / case.d))


def _optimal(case: AnyVAE, printed: Array) -> Margin:
    exact = is_zero(case.reconstruction_error)
    return Margin.at_most(case.loss_with(exact * case.epsilon / 2 + (1 - exact) * printed), case.loss())


@printed_epsilon_is_optimal.mutant("R in place of R/d")
def _(case: AnyVAE) -> Margin:
    return _optimal(case, sqrt(case.reconstruction_error))


@printed_epsilon_is_optimal.mutant("without the square root")
def _(case: AnyVAE) -> Margin:
    return _optimal(case, case.reconstruction_error / case.d)


@printed_epsilon_is_optimal.mutant("one per cent above the printed value")
def _(case: AnyVAE) -> Margin:
    return _optimal(case, sqrt(case.reconstruction_error / case.d) * 1.01)


@claim(
    "koehler-2022/lemma-2/remark-not-attained",
    statement=r"\text{where the reconstruction error is zero, every } \epsilon>0 \text{ is beaten by } \epsilon/2",
    source="ours: the end of Lemma 2's domain, data that are one point which f, ignoring z, outputs",
    domain="all f, g, D, p* with zero reconstruction error, eps > 0",
    rests_on=["koehler-2022/equation-3"],
    by=[
        derivation(
            lambda: [
                Step.vanishes("L(eps/2) - L(eps)", DIM * sympy.log(EPS / 2) - DIM * sympy.log(EPS) + DIM * sympy.log(2))
            ],
            "all d, eps (L is d log eps + const there)",
        ),
        search(st.just(zero_data()), "A = 0, A~ = 0"),
    ],
)
def zero_error_has_no_optimal_epsilon(case: AnyVAE) -> Margin:
    """L(eps/2) = L(eps) - d log 2."""
    return _halved(case, 1.0)


def _halved(case: AnyVAE, factor: float) -> Margin:
    fall = case.d * log(0 * case.epsilon + 2)
    return Margin.equal(case.loss_with(case.epsilon / 2), case.loss() - factor * fall)


@zero_error_has_no_optimal_epsilon.mutant("twice the fall")
def _(case: AnyVAE) -> Margin:
    return _halved(case, 2.0)


@zero_error_has_no_optimal_epsilon.mutant("no fall")
def _(case: AnyVAE) -> Margin:
    return _halved(case, 0.0)
