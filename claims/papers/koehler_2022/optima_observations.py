"""Section 3, landscape: what the text observes around Theorem 1."""

from __future__ import annotations

import numpy as np

from claims import Margin, claim, exhaustive, search
from claims.engine.arithmetic import Array, is_zero, log, squared_norm, total
from claims.papers.koehler_2022.domains import LARGEST, RECONSTRUCTIONS, Reconstruction, linear_vaes, reconstructions
from claims.papers.koehler_2022.linear_vae import LinearVAE, column_energies
from claims.papers.koehler_2022.optima import Shape, integer, partial_identity, shapes


@claim(
    "koehler-2022/observation-low-rank-factorization",
    statement=r"\text{if the data lies on a subspace of dimension } r^*<d, \text{ then there exists a generator"
    r" with } r-r^*>r-d \text{ zero columns, by } LL^T=\Sigma,\ L: d\times r^*,\ A=[L\ 0_{d\times(r-r^*)}]",
    source="Section 3, after Theorem 1",
    domain="all r* < d, r >= r*, and all Sigma of rank r*",
    readings=["the block 0_{d x (r - r*)} presupposes r >= r*; for r < r* no d x r generator has this covariance"],
    by=[exhaustive(shapes(lambda d, r, r_star: r_star < d and r >= r_star), "all d, r <= 7, r* < d; L = [I; 1 ... 1]")],
)
def factorization_has_zero_columns(shape: Shape) -> Margin:
    """A = [L 0] has A A^T = L L^T, and more than r - d zero columns."""
    return _factorization(shape, shape.r_star)


def _factorization(shape: Shape, kept: int) -> Margin:
    """With the first `kept` columns of A those of L and the others zero."""
    ones = np.ones((1, shape.d, shape.r_star), dtype=int).astype(object)
    L = partial_identity(shape.d, shape.r_star, shape.r_star) + ones
    A = L @ partial_identity(shape.r_star, shape.r, kept)
    zero_columns = total(is_zero(column_energies(A)))
    return Margin.equal(A @ A.mT, L @ L.mT) & Margin.positive(zero_columns - (shape.r - shape.d))


@factorization_has_zero_columns.mutant("one more zero column")
def _(shape: Shape) -> Margin:
    return _factorization(shape, shape.r_star - 1)


@factorization_has_zero_columns.mutant("without the zero columns")
def _(shape: Shape) -> Margin:
    filled = Shape(shape.d, shape.r, shape.r_star, extra=shape.r - shape.r_star).A_tilde
    return Margin.positive(total(is_zero(column_energies(filled))) - (shape.r - shape.d) - 1)


@claim(
    "koehler-2022/observation-tall-decoder",
    statement=r"\text{the assumption } \#\{i:\tilde A_i=0\}>r-d \text{ is automatically satisfied if } r<d",
    source="Section 3, after Theorem 1",
    domain="all r < d and all A~",
    by=[exhaustive(shapes(lambda d, r, r_star: r < d and r_star <= r), "all r < d <= 7, any number of zero columns")],
)
def tall_decoders_need_no_zero_column(shape: Shape) -> Margin:
    """0 > r - d; any number of zero columns is at least 0."""
    return Margin.positive(integer(0 - (shape.r - shape.d)))


@tall_decoders_need_no_zero_column.mutant("one more than r - d")
def _(shape: Shape) -> Margin:
    return Margin.positive(integer(0 - (shape.r - shape.d) - 1))


@tall_decoders_need_no_zero_column.mutant("d < r")
def _(shape: Shape) -> Margin:
    return Margin.positive(integer(shape.r - shape.d))


@claim(
    "koehler-2022/observation-column-span",
    statement=r"\text{the asymptotic global minima satisfy } A=\tilde A\tilde B A, \text{ so the column span of }"
    r"\tilde A \text{ contains that of } A, \text{ but in general it can be a higher dimensional space}",
    source="Section 3, after Theorem 1",
    domain="all A, A~, B~ with A = A~B~A",
    rests_on=["koehler-2022/theorem-1"],
    by=[search(reconstructions(), RECONSTRUCTIONS)],
)
def column_span_contains_that_of_the_data(case: Reconstruction) -> Margin:
    """Each column of A is A~ times a vector: A = A~ (B~A)."""
    return Margin.equal(case.A_tilde @ (case.B_tilde @ case.A), case.A)


@column_span_contains_that_of_the_data.mutant("the spans are equal")
def _(case: Reconstruction) -> Margin:
    outside = case.X - case.F @ (case.B_tilde[..., : case.F.shape[-1], :] @ case.X)
    return Margin.equal(outside, 0 * outside)


@column_span_contains_that_of_the_data.mutant("B~ is transposed")
def _(case: Reconstruction) -> Margin:
    if case.X.shape[-2] != case.A_tilde.shape[-1]:
        return column_span_contains_that_of_the_data.margin(case)
    return Margin.equal(case.A_tilde @ (case.B_tilde.mT @ case.A), case.A)


@claim(
    "koehler-2022/observation-unconstrained-encoder",
    statement=r"\text{if the encoder variance is unconstrained } [\ldots] \text{ this can only increase the number of"
    r" ways to drive the objective value to } -\infty",
    source="Section 3, after Theorem 1",
    domain="all linear VAEs: the loss with a full covariance, restricted to diagonal ones, is (4)",
    by=[search(linear_vaes(largest=min(3, LARGEST)), "d, r, r* <= 3")],
)
def diagonal_variances_are_among_the_full_ones(case: LinearVAE) -> Margin:
    """tr(A~^T A~ S)/eps² + tr S - log det S at S = diag(D) is the sum in (4), so no way is lost."""
    return _full_covariance(case, _log_determinant(case))


def _full_covariance(case: LinearVAE, log_determinant: Array) -> Margin:
    square = case.epsilon * case.epsilon
    spread = case.A_tilde * case.D[..., None, :]
    energy = total(spread * case.A_tilde, (-2, -1))
    code = squared_norm(case.B_tilde @ case.A)
    residual = squared_norm(case.A - case.A_tilde @ case.B_tilde @ case.A)
    full = (residual + energy) / (2 * square) + code / 2 + case.d * log(case.epsilon)
    return Margin.equal(full + (total(case.D) - log_determinant) / 2, case.loss())


def _log_determinant(case: LinearVAE) -> Array:
    """log det diag(D), as the logarithm of the product."""
    product = case.D[..., 0]
    for j in range(1, case.r):
        product = product * case.D[..., j]
    return log(product)


@diagonal_variances_are_among_the_full_ones.mutant("sign of log det")
def _(case: LinearVAE) -> Margin:
    return _full_covariance(case, -_log_determinant(case))


@diagonal_variances_are_among_the_full_ones.mutant("log of the trace in place of log det")
def _(case: LinearVAE) -> Margin:
    return _full_covariance(case, log(total(case.D)))
