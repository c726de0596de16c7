"""Section 4.1: the simplified loss, Lemma 3 and eq. (5)."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search, symbolic
from claims.engine.arithmetic import Array, constant, derivative_along, is_symbolic, log, stack, total
from claims.papers.koehler_2022.domains import SCOPE, linear_vaes
from claims.papers.koehler_2022.linear_vae import LinearVAE, column_energies
from claims.papers.koehler_2022.symbols import linear_vae_symbols

c, D, EPS = sympy.symbols("c D epsilon", positive=True)
ANY_LINEAR = "all d, r, r* >= 1, all A, A~, B~, positive diagonal D, eps > 0"


@claim(
    "koehler-2022/lemma-3/step-derivative",
    statement=r"\text{Taking the partial derivative with respect to } \tilde D_{ii} \text{ gives }"
    r" 0 = \|\tilde A_i\|^2/\tilde\epsilon^2 + 1 - 1/\tilde D_{ii}",
    source="Section 4.1, proof of Lemma 3",
    domain=ANY_LINEAR,
    rests_on=["koehler-2022/equation-4"],
    readings=["the factor 1/2 of the derivative is divided out, as the equation is set to zero"],
    by=[search(linear_vaes(), SCOPE)],
)
def derivative_in_the_variances(case: LinearVAE) -> Margin:
    """2 dL/dD_ii = ‖A~_i‖²/eps² + 1 - 1/D_ii for each i, both sides times D_ii."""
    return _derivative(case, 1.0)


def slopes(case: LinearVAE) -> Array:
    """D_ii dL/dD_ii for each i: [n, r]."""
    masks = [constant([1.0 if i == j else 0.0 for j in range(case.r)], case.D) for i in range(case.r)]
    return stack([derivative_along(case.loss_at, (case.D,), (mask * case.D,)) for mask in masks])


def _derivative(case: LinearVAE, one: float) -> Margin:
    square = (case.epsilon * case.epsilon)[..., None]
    return Margin.equal(2 * slopes(case), case.D * case.columns / square + case.D - one)


@derivative_in_the_variances.mutant("- 2/D_ii")
def _(case: LinearVAE) -> Margin:
    return _derivative(case, 2.0)


@derivative_in_the_variances.mutant("columns not divided by eps²")
def _(case: LinearVAE) -> Margin:
    return Margin.equal(2 * slopes(case), case.D * case.columns + case.D - 1)


def _substituted(case: LinearVAE, sign: int = 1) -> Margin:
    square = (case.epsilon * case.epsilon)[..., None]
    best = case.optimal_variances()
    left = best * case.columns / square + best - log(best)
    return Margin.equal(left, 1 - sign * log(square / (case.columns + square)))


@claim(
    "koehler-2022/lemma-3/step-substitution",
    statement=r"\tilde D_{ii}\|\tilde A_i\|^2/\tilde\epsilon^2 + \tilde D_{ii} - \log\tilde D_{ii}"
    r" = 1 - \log\frac{\tilde\epsilon^2}{\|\tilde A_i\|^2 + \tilde\epsilon^2}",
    source="Section 4.1, proof of Lemma 3",
    domain=ANY_LINEAR,
    by=[search(linear_vaes(), SCOPE)],
)
def substitution_of_the_optimal_variances(case: LinearVAE) -> Margin:
    """The summand of (4) at the optimal D_ii."""
    return _substituted(case)


@substitution_of_the_optimal_variances.mutant("sign of the logarithm")
def _(case: LinearVAE) -> Margin:
    return _substituted(case, sign=-1)


@substitution_of_the_optimal_variances.mutant("no constant 1")
def _(case: LinearVAE) -> Margin:
    square = (case.epsilon * case.epsilon)[..., None]
    best = case.optimal_variances()
    left = best * case.columns / square + best - log(best)
    return Margin.equal(left, -log(square / (case.columns + square)))


def lemma_3_steps() -> Iterator[Step]:
    """L depends on D only through sum_i (D_ii c_i/eps² + D_ii - log D_ii)/2, one convex function a coordinate.

    So the minimum is taken coordinate by coordinate, for any r; summing the minima over i gives (5), where
    r of the log eps move into the first logarithm.
    """
    best = EPS**2 / (c + EPS**2)
    least = 1 + sympy.log(c + EPS**2) - 2 * sympy.log(EPS)
    yield Step.convex_minimum("‖A~_i‖² = c > 0", D * c / EPS**2 + D - sympy.log(D), D, best, least)
    yield Step.convex_minimum("‖A~_i‖² = 0", D - sympy.log(D), D, sympy.Integer(1), 1)
    d, r = sympy.symbols("d r", integer=True, positive=True)
    columns = sympy.Symbol("S", real=True)  # sum_i log(c_i + eps²)
    substituted = d * sympy.log(EPS) + (r + columns - 2 * r * sympy.log(EPS)) / 2
    printed = (d - r) * sympy.log(EPS) + (r + columns) / 2
    yield Step.vanishes("d log eps + sum = (d - r) log eps + sum (1 + log(c_i + eps²))/2", substituted - printed)


SIMPLIFIED = (
    r"L_1(\tilde A,\tilde B,\tilde\epsilon) = \frac{1}{2\tilde\epsilon^2}\|A-\tilde A\tilde B A\|_F^2"
    r" + \frac12\|\tilde B A\|_F^2 + (d-r)\log\tilde\epsilon"
    r" + \sum_i\frac{1+\log(\|\tilde A_i\|^2+\tilde\epsilon^2)}{2}"
)


@claim(
    "koehler-2022/lemma-3",
    statement=r"\tilde D_{ii} = \frac{\tilde\epsilon^2}{\|\tilde A_i\|^2+\tilde\epsilon^2},\quad "
    r"L_1 := \min_{\tilde D} L(\tilde A,\tilde B,\tilde D,\tilde\epsilon),\quad " + SIMPLIFIED,
    source="Section 4.1, Lemma 3, eq. (5)",
    domain=ANY_LINEAR,
    rests_on=[
        "koehler-2022/equation-4",
        "koehler-2022/lemma-3/step-derivative",
        "koehler-2022/lemma-3/step-substitution",
    ],
    readings=["'L_1(A,B,e) = min_D L_1(A,B,e,D)' in Section 5 is min_D L"],
    by=[
        derivation(lemma_3_steps, "all d, r, r* (coordinatewise, symbolic)"),
        symbolic(lambda: linear_vae_symbols([(1, 1, 1)]), "equality at d = r = r* = 1 only"),
        search(linear_vaes(), SCOPE),
    ],
)
def simplified_loss_is_the_minimum(case: LinearVAE) -> Margin:
    """L at the printed D equals L1, and no positive diagonal D does better."""
    simplified = case.simplified_loss()
    margin = Margin.equal(case.loss_at(case.optimal_variances()), simplified)
    return margin if is_symbolic(case.D) else margin & Margin.at_least(case.loss(), simplified)


@simplified_loss_is_the_minimum.mutant("d log eps in place of (d - r) log eps")
def _(case: LinearVAE) -> Margin:
    wrong = case.simplified_loss() + case.r * log(case.epsilon)
    return Margin.equal(case.loss_at(case.optimal_variances()), wrong)


@simplified_loss_is_the_minimum.mutant("another D is optimal")
def _(case: LinearVAE) -> Margin:
    return Margin.at_least(case.loss(), case.loss_at(1.01 * case.optimal_variances()))


@simplified_loss_is_the_minimum.mutant("rows of A~ in place of its columns")
def _(case: LinearVAE) -> Margin:
    n = min(case.d, case.r)
    square = (case.epsilon * case.epsilon)[..., None]
    swap = log(column_energies(case.A_tilde.mT)[..., :n] + square) - log(case.columns[..., :n] + square)
    return Margin.equal(case.loss_at(case.optimal_variances()), case.simplified_loss() + total(swap) / 2)


@claim(
    "koehler-2022/equation-5",
    statement=SIMPLIFIED,
    source="Section 4.1, eq. (5)",
    domain=ANY_LINEAR,
    rests_on=["koehler-2022/lemma-3"],
    by=[search(linear_vaes(), SCOPE)],
)
def gap_to_the_simplified_loss(case: LinearVAE) -> Margin:
    """L - L1 = sum_i (u_i - 1 - log u_i)/2 with u_i = D_ii over the optimal D_ii: the excess is a Bregman gap."""
    ratio = case.D / case.optimal_variances()
    return Margin.equal(case.loss(), case.simplified_loss() + total(ratio - 1 - log(ratio)) / 2)


@gap_to_the_simplified_loss.mutant("no half in the gap")
def _(case: LinearVAE) -> Margin:
    ratio = case.D / case.optimal_variances()
    return Margin.equal(case.loss(), case.simplified_loss() + total(ratio - 1 - log(ratio)))


@gap_to_the_simplified_loss.mutant("the ratio turned over")
def _(case: LinearVAE) -> Margin:
    ratio = case.optimal_variances() / case.D
    return Margin.equal(case.loss(), case.simplified_loss() + total(ratio - 1 - log(ratio)) / 2)
