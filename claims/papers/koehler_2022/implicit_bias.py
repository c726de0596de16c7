"""Section 5: rows of A that are zero make rows of A~ decay (Lemmas 5 and 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy

from claims import Constant, Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, constant, derivative_along, log, squared_norm, total
from claims.papers.koehler_2022.domains import SCOPE, ZeroRowVAE, zero_row_vaes
from claims.papers.koehler_2022.linear_vae import column_energies, loss, simplified_loss

ROWS = SCOPE + "; any one row of A zero"
ANY_ZERO_ROW = "all d, r, r* >= 1, all A with row i zero, all A~, B~, positive diagonal D, eps > 0"


def only_row(case: ZeroRowVAE) -> Array:
    """A~ with all rows but row i set to zero: [n, d, r]."""
    return constant([[1.0 if i == case.row else 0.0] for i in range(case.d)], case.A_tilde) * case.A_tilde


def row_slope(case: ZeroRowVAE) -> Array:
    """sum_j A~_ij dL/dA~_ij: [n]."""
    f = lambda decoder: loss(case.A, decoder, case.B_tilde, case.D, case.epsilon)  # noqa: E731
    return derivative_along(f, (case.A_tilde,), (only_row(case),))


def simplified_row_slope(case: ZeroRowVAE) -> Array:
    """sum_j A~_ij dL1/dA~_ij: [n]."""
    f = lambda decoder: simplified_loss(case.A, decoder, case.B_tilde, case.epsilon)  # noqa: E731
    return derivative_along(f, (case.A_tilde,), (only_row(case),))


def residual_slope(case: ZeroRowVAE) -> Array:
    """sum_j A~_ij d‖A - A~B~A‖²/dA~_ij: [n]."""
    f = lambda decoder: squared_norm(case.A - decoder @ case.B_tilde @ case.A)  # noqa: E731
    return derivative_along(f, (case.A_tilde,), (only_row(case),))


def row_of_reconstruction(case: ZeroRowVAE) -> Array:
    """‖(A~B~A)^(i)‖²: [n]."""
    return squared_norm(only_row(case) @ case.B_tilde @ case.A)


def weighted_row(case: ZeroRowVAE, weights: Array) -> Array:
    """sum_j weights_j A~_ij²: [n]."""
    return total(weights[..., None, :] * only_row(case) ** 2, (-2, -1))


def over_columns(case: ZeroRowVAE) -> Array:
    """1/(‖A~_j‖² + eps²) for each column j: [n, r]."""
    return 1 / (case.columns + (case.epsilon * case.epsilon)[..., None])


# --- Lemma 5 ----------------------------------------------------------------------------------------------


@claim(
    "koehler-2022/lemma-5/step-residual",
    statement=r"\sum_j\tilde A_{ij}\frac{\partial\|A-\tilde A\tilde BA\|_F^2}{\partial\tilde A_{ij}}"
    r" = 2\|(\tilde A\tilde BA)^{(i)}\|^2",
    source="Section 5, proof of Lemma 5",
    domain=ANY_ZERO_ROW,
    by=[search(zero_row_vaes(), ROWS)],
)
def residual_gradient_along_the_row(case: ZeroRowVAE) -> Margin:
    """The residual's gradient along row i of A~ is twice the squared norm of row i of A~B~A."""
    return Margin.equal(residual_slope(case), 2 * row_of_reconstruction(case))


@residual_gradient_along_the_row.mutant("without the 2")
def _(case: ZeroRowVAE) -> Margin:
    return Margin.equal(residual_slope(case), row_of_reconstruction(case))


@residual_gradient_along_the_row.mutant("zero")
def _(case: ZeroRowVAE) -> Margin:
    return Margin.equal(residual_slope(case), 0 * row_of_reconstruction(case))


@claim(
    "koehler-2022/lemma-5/step-variance-term",
    statement=r"\sum_j\tilde A_{ij}\frac{\partial}{\partial\tilde A_{ij}}\tfrac12\sum_j\tilde D_{jj}\|\tilde A_j\|^2/"
    r"\tilde\epsilon^2 = \sum_j\tilde D_{jj}\tilde A_{ij}^2/\tilde\epsilon^2",
    source="Section 5, proof of Lemma 5",
    domain=ANY_ZERO_ROW,
    readings=["the inner sum over i of D_jj ‖A_j‖² runs over j, and D_j is D_jj"],
    by=[search(zero_row_vaes(), ROWS)],
)
def variance_term_gradient_along_the_row(case: ZeroRowVAE) -> Margin:
    """The gradient of sum_j D_jj ‖A~_j‖²/(2 eps²) along row i."""
    return _variance_term(case, 1.0)


def _variance_term(case: ZeroRowVAE, factor: float) -> Margin:
    square = case.epsilon * case.epsilon
    f = lambda decoder: total(case.D * column_energies(decoder)) / (2 * square)  # noqa: E731
    slope = derivative_along(f, (case.A_tilde,), (only_row(case),))
    return Margin.equal(slope, factor * weighted_row(case, case.D / square[..., None]))


@variance_term_gradient_along_the_row.mutant("with a factor 2")
def _(case: ZeroRowVAE) -> Margin:
    return _variance_term(case, 2.0)


@variance_term_gradient_along_the_row.mutant("with the sign of a descent step")
def _(case: ZeroRowVAE) -> Margin:
    return _variance_term(case, -1.0)


@claim(
    "koehler-2022/lemma-5/step-logarithm",
    statement=r"\sum_j\tilde A_{ij}\frac{\partial}{\partial\tilde A_{ij}}\sum_k\log(\|\tilde A_k\|^2+\tilde\epsilon^2)"
    r" = \sum_j\frac{2\tilde A_{ij}^2}{\|\tilde A_j\|^2+\tilde\epsilon^2}",
    source="Section 5, proof of Lemma 5",
    domain=ANY_ZERO_ROW,
    by=[search(zero_row_vaes(), ROWS)],
)
def logarithm_gradient_along_the_row(case: ZeroRowVAE) -> Margin:
    """The gradient of sum_k log(‖A~_k‖² + eps²) along row i."""
    return _logarithm(case, 2.0)


def _logarithm(case: ZeroRowVAE, factor: float) -> Margin:
    square = (case.epsilon * case.epsilon)[..., None]
    f = lambda decoder: total(log(column_energies(decoder) + square))  # noqa: E731
    slope = derivative_along(f, (case.A_tilde,), (only_row(case),))
    return Margin.equal(slope, factor * weighted_row(case, over_columns(case)))


@logarithm_gradient_along_the_row.mutant("without the 2")
def _(case: ZeroRowVAE) -> Margin:
    return _logarithm(case, 1.0)


@logarithm_gradient_along_the_row.mutant("without eps² in the denominator")
def _(case: ZeroRowVAE) -> Margin:
    square = (case.epsilon * case.epsilon)[..., None]
    f = lambda decoder: total(log(column_energies(decoder) + square))  # noqa: E731
    slope = derivative_along(f, (case.A_tilde,), (only_row(case),))
    return Margin.equal(slope, 2 * weighted_row(case, over_columns(case) * (1 + square * over_columns(case))))


def gradient_steps() -> Iterator[Step]:
    """In symbolic dimensions. The gradient of ‖A - PQA‖² in P is -2 (A - PQA)(QA)^T. Its row i, where row i of A
    is zero, is 2 p Q A (QA)^T with p row i of P; its product with p is 2 ‖pQA‖² >= 0.

    The other terms are sums over columns of functions of ‖A~_j‖², differentiated entry by entry.
    """  # noqa: D205 - the proof
    d, r, r_star = sympy.symbols("d r r_*", integer=True, positive=True)
    A, P, Q = sympy.MatrixSymbol("A", d, r_star), sympy.MatrixSymbol("P", d, r), sympy.MatrixSymbol("Q", r, d)
    residual = A - P * Q * A
    gradient = sympy.Trace(residual.T * residual).diff(P)
    yield Step.zero_matrix("gradient of the residual", gradient + 2 * residual * (Q * A).T)
    c, D, x, eps = sympy.symbols("c D x epsilon", positive=True)
    variance = sympy.diff(D * (c + x**2) / (2 * eps**2), x) * x
    yield Step.vanishes("variance term, entry x of a column with c in its other entries", variance - D * x**2 / eps**2)
    logarithm = sympy.diff(sympy.log(c + x**2 + eps**2) / 2, x) * x
    yield Step.vanishes("half the logarithm, entry x", logarithm - x**2 / (c + x**2 + eps**2))


def gradient_correlation(case: ZeroRowVAE, first: float = 1.0, second: float = 1.0) -> Margin:
    """Both inequalities of Lemma 5, with factors on the right."""
    square = (case.epsilon * case.epsilon)[..., None]
    return Margin.at_least(row_slope(case), first * weighted_row(case, case.D / square)) & Margin.at_least(
        simplified_row_slope(case), second * weighted_row(case, over_columns(case))
    )


@claim(
    "koehler-2022/lemma-5",
    statement=r"\sum_{j=1}^r\tilde A_{ij}\frac{\partial L}{\partial\tilde A_{ij}}\ge\sum_{j=1}^r\tilde D_{jj}\tilde"
    r" A_{ij}^2/"
    r"\tilde\epsilon^2,\qquad\sum_{j=1}^r\tilde A_{ij}\frac{\partial L_1}{\partial\tilde A_{ij}}\ge\sum_{j=1}^r"
    r"\frac{\tilde A_{ij}^2}{\|\tilde A_j\|^2+\tilde\epsilon^2}",
    source="Section 5, Lemma 5",
    domain=ANY_ZERO_ROW,
    rests_on=[
        "koehler-2022/equation-4", "koehler-2022/equation-5", "koehler-2022/lemma-5/step-residual",
        "koehler-2022/lemma-5/step-variance-term", "koehler-2022/lemma-5/step-logarithm",
    ],
    by=[derivation(gradient_steps, "all d, r, r* (symbolic)"), search(zero_row_vaes(), ROWS)],
    constants={"first": Constant(1.0, 2.0), "second": Constant(1.0, 2.0)},
)  # fmt: skip
def gradients_point_away_from_zero(case: ZeroRowVAE, *, first: float = 1.0, second: float = 1.0) -> Margin:
    """The gradient step of L, and of L1, is negatively correlated with row i of A~."""
    return gradient_correlation(case, first, second)


@gradients_point_away_from_zero.mutant("row i of A need not be zero")
def _(case: ZeroRowVAE) -> Margin:
    full = replace(case, A=case.A + case.A_tilde[..., :, :1])
    return gradient_correlation(full)


@gradients_point_away_from_zero.mutant("a factor 1.1 for L")
def _(case: ZeroRowVAE) -> Margin:
    return gradient_correlation(case, first=1.1)


@gradients_point_away_from_zero.mutant("a factor 1.1 for L1")
def _(case: ZeroRowVAE) -> Margin:
    return gradient_correlation(case, second=1.1)


@claim(
    "koehler-2022/lemma-5/remark-sharper",
    statement=r"\text{the two sides of Lemma 5 differ by } \|(\tilde A\tilde BA)^{(i)}\|^2/\tilde\epsilon^2"
    r"\text{, in both inequalities}",
    source="ours: what the proof drops; so the lemma holds with equality wherever row i of A~B~A vanishes",
    domain=ANY_ZERO_ROW,
    rests_on=["koehler-2022/lemma-5/step-residual"],
    by=[search(zero_row_vaes(), ROWS)],
)
def gradient_correlation_exactly(case: ZeroRowVAE) -> Margin:
    """Both inequalities as equalities."""
    return _exactly(case, 1.0)


def _exactly(case: ZeroRowVAE, factor: float) -> Margin:
    square = case.epsilon * case.epsilon
    dropped = factor * row_of_reconstruction(case) / square
    first = weighted_row(case, case.D / square[..., None]) + dropped
    return Margin.equal(row_slope(case), first) & Margin.equal(
        simplified_row_slope(case), weighted_row(case, over_columns(case)) + dropped
    )


@gradient_correlation_exactly.mutant("twice the gap")
def _(case: ZeroRowVAE) -> Margin:
    return _exactly(case, 2.0)


@gradient_correlation_exactly.mutant("no gap")
def _(case: ZeroRowVAE) -> Margin:
    return _exactly(case, 0.0)
