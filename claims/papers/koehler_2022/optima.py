"""Section 3, landscape: Theorem 1 (informal), the example after it, and what the text concludes from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import flint
import numpy as np
from hypothesis import strategies as st

from claims import Margin, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, exp, is_below, is_zero, log, squared_norm, total
from claims.papers.koehler_2022.domains import LARGEST, SCOPE, Reconstruction, linear_vaes, reconstructions
from claims.papers.koehler_2022.landscape import asymptotic_optima_of_the_linear_vae, losses_along, theorem_3_steps
from claims.papers.koehler_2022.linear_vae import LinearVAE, column_energies, simplified_loss

# --- Theorem 1 --------------------------------------------------------------------------------------------


def too_few_zero_columns(case: LinearVAE, missing: int) -> Margin:
    """Along A~_t = A~ + eps_t B~^T, whose limit has at most r - d zero columns, L1 does not fall with eps.

    A~ is truncated to leave r - d + 1 - missing of its columns zero, where the shape has that many; `missing` = 1
    is the largest number that the theorem excludes. Where the limit has more zeros, the margin is 0 >= 0.
    """
    zeros = case.r - case.d + 1 - missing
    keep = [0.0 if j < zeros else 1.0 for j in range(case.r)]
    limit = case.A_tilde * constant(keep, case.A_tilde)
    logs = constant([-30.0, -200.0], case.A_tilde)
    losses = [
        simplified_loss(case.A, limit + exp(log_eps) * case.B_tilde.mT, case.B_tilde, exp(log_eps) + 0 * case.epsilon)
        for log_eps in (logs[0], logs[1])
    ]
    applies = is_below(total(is_zero(column_energies(limit))), zeros + 0.5) * (1 if zeros >= 0 else 0)
    return Margin.at_least(applies * (losses[1] - losses[0]), -applies * (logs[0] - logs[1]) / 2)


@claim(
    "koehler-2022/theorem-1",
    statement=r"A=\tilde A\tilde B A,\ \#\{i:\tilde A_i=0\}>r-d \Rightarrow \exists\,\tilde\epsilon_t\to0,\tilde D_t:"
    r"\ \lim_t L(\tilde A,\tilde B,\tilde D_t,\tilde\epsilon_t)=-\infty.\ \text{ Also, these are all of the asymptotic"
    r" global minima: any convergent sequence along which } L\to-\infty \text{ satisfies } \tilde A_t\to\tilde A,"
    r"\ \tilde B_t\to\tilde B \text{ with } A=\tilde A\tilde B A,\ \#\{i:\tilde A_i=0\}>r-d",
    source="Section 3, Theorem 1 (informal)",
    domain="all d, r, r* >= 1; first part: all A, A~, B~ as stated; second: all convergent sequences",
    rests_on=["koehler-2022/theorem-3"],
    by=[
        derivation(theorem_3_steps, "all d, r, r*, k (symbolic): a special case of Theorem 3"),
        search(st.one_of(reconstructions(), linear_vaes()), f"as Theorem 3, and limits with too few zero columns; {SCOPE}"),
    ],
)
def convergent_asymptotic_optima(case: Reconstruction | LinearVAE) -> Margin:
    """Both directions of Theorem 3, and: with at most r - d zero columns in the limit, L does not fall."""
    margin: Margin = asymptotic_optima_of_the_linear_vae.body(case)
    return margin if isinstance(case, Reconstruction) else margin & too_few_zero_columns(case, missing=1)


@convergent_asymptotic_optima.mutant("r - d + 1 zero columns are too few")
def _(case: Reconstruction | LinearVAE) -> Margin:
    if isinstance(case, Reconstruction):
        losses, _, logs = losses_along(case)
        return Margin.at_least(losses[..., -1], losses[..., 4] - (logs[..., 4] - logs[..., -1]) / 2)
    return too_few_zero_columns(case, missing=1)


@convergent_asymptotic_optima.mutant("A = A~B~A is not needed")
def _(case: Reconstruction | LinearVAE) -> Margin:
    if isinstance(case, LinearVAE):
        return too_few_zero_columns(case, missing=1)
    losses, _, logs = losses_along(case, zero_residual=False)
    return Margin.falls_without_bound(losses, logs, 0.5)


# --- the example after Theorem 1 --------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """The example's matrices at one shape: A = [I_{r*} 0; 0 0], A~ = [I_{r*+extra} 0; 0 0], B~ the same.

    They are batches of one, of exact integers.
    """

    d: int
    r: int
    r_star: int
    extra: int = 1

    @property
    def A(self) -> Array:  # noqa: N802 - the paper's name
        """d x r, rank r*."""
        return partial_identity(self.d, self.r, self.r_star)

    @property
    def A_tilde(self) -> Array:  # noqa: N802 - the paper's name
        """d x r, rank r* + extra."""
        return partial_identity(self.d, self.r, self.r_star + self.extra)

    @property
    def B_tilde(self) -> Array:  # noqa: N802 - the paper's name
        """r x d, rank r* + extra."""
        return partial_identity(self.r, self.d, self.r_star + self.extra)


def partial_identity(rows: int, columns: int, rank: int) -> Array:
    """[I_rank 0; 0 0], exact: [1, rows, columns]."""
    return (np.eye(rows, rank, dtype=int) @ np.eye(rank, columns, dtype=int)).astype(object)[None]


def integer(value: int) -> Array:
    """An exact number as a batch of one."""
    return np.array([value], dtype=object)


def shapes(admits: Callable[[int, int, int], bool], largest: int = 7) -> Callable[[], Iterator[Shape]]:
    """All shapes d, r, r* up to `largest` that are admitted, smallest first."""

    def every() -> Iterator[Shape]:
        for size in range(3, 3 * largest + 1):
            for r_star in range(1, largest + 1):
                for d in range(1, largest + 1):
                    r = size - d - r_star
                    if 1 <= r <= largest and admits(d, r, r_star):
                        yield Shape(d, r, r_star)

    return every


def is_asymptotic_optimum(shape: Shape, extra: int = 1) -> Margin:
    """A = A~B~A, more than r - d zero columns, L1 falls; and the decoder's rank is larger than r*."""
    case = replace(shape, extra=extra)
    zero_columns = total(is_zero(column_energies(case.A_tilde)))
    rank = total(case.A_tilde, (-2, -1))
    logs = np.array([flint.arb(-10), flint.arb(-300)], dtype=object)
    losses = [simplified_loss(case.A, case.A_tilde, case.B_tilde, exp(logs[k : k + 1])) for k in range(2)]
    return (
        Margin.equal(case.A_tilde @ case.B_tilde @ case.A, case.A)
        & Margin.positive(zero_columns - (shape.r - shape.d))
        & Margin.at_least(losses[0] - losses[1], 0.9 * (logs[0] - logs[1]) * integer(1))
        & Margin.positive(rank - shape.r_star)
    )


EXAMPLE = (
    r"A=\begin{bmatrix}I_{r^*}&0\\0&0\end{bmatrix},\ \tilde A=\begin{bmatrix}I_{r^*+1}&0\\0&0\end{bmatrix},"
    r"\ \tilde B=\begin{bmatrix}I_{r^*+1}&0\\0&0\end{bmatrix}"
    r"\text{ is a perfectly valid asymptotic global optimum}"
)


@claim(
    "koehler-2022/example-1",
    statement=r"\text{if } d, r \ge r^*+2:\ " + EXAMPLE,
    source="Section 3, after Theorem 1",
    domain="all d, r >= r* + 2",
    rests_on=["koehler-2022/theorem-1"],
    by=[exhaustive(shapes(lambda d, r, r_star: min(d, r) >= r_star + 2), "all d, r <= 7, r* <= 5")],
)
def larger_identity_is_an_asymptotic_optimum(shape: Shape) -> Margin:
    """It meets the conditions of Theorem 1 and generates a Gaussian of dimension r* + 1."""
    return is_asymptotic_optimum(shape)


@larger_identity_is_an_asymptotic_optimum.mutant("I_{r*-1} reconstructs as well")
def _(shape: Shape) -> Margin:
    return is_asymptotic_optimum(shape, extra=-1) if shape.r_star > 1 else is_asymptotic_optimum(shape)


@larger_identity_is_an_asymptotic_optimum.mutant("I_{min(d, r)}: no zero column is needed")
def _(shape: Shape) -> Margin:
    return is_asymptotic_optimum(shape, extra=min(shape.d, shape.r) - shape.r_star)


@larger_identity_is_an_asymptotic_optimum.mutant("the dimension stays r*")
def _(shape: Shape) -> Margin:
    return Margin.at_most(total(shape.A_tilde, (-2, -1)), integer(shape.r_star))


@claim(
    "koehler-2022/example-1/remark-sharper",
    statement=r"\text{if } d \ge r^*+2 \text{ and } r \ge r^*+1:\ " + EXAMPLE,
    source="ours: the hypothesis r >= r* + 2 of the example can be weakened by one",
    domain="all d >= r* + 2, r >= r* + 1",
    rests_on=["koehler-2022/theorem-1"],
    by=[exhaustive(shapes(lambda d, r, r_star: d >= r_star + 2 and r >= r_star + 1), "all d, r <= 7, r* <= 5")],
)
def example_needs_one_latent_dimension_less(shape: Shape) -> Margin:
    """r = r* + 1 leaves no zero column, and r - d < 0 needs none."""
    return is_asymptotic_optimum(shape)


@example_needs_one_latent_dimension_less.mutant("two dimensions more than r*")
def _(shape: Shape) -> Margin:
    return is_asymptotic_optimum(shape, extra=2) if shape.r >= shape.r_star + 2 else is_asymptotic_optimum(shape)


@example_needs_one_latent_dimension_less.mutant("the dimension stays r*")
def _(shape: Shape) -> Margin:
    return Margin.at_most(total(shape.A_tilde, (-2, -1)), integer(shape.r_star))


# --- what the text observes and concludes -----------------------------------------------------------------


@claim(
    "koehler-2022/observation-low-rank-factorization",
    statement=r"\text{if the data lies on a subspace of dimension } r^*<d, \text{ then there exists a generator"
    r" with } r-r^*>r-d \text{ zero columns, by } LL^T=\Sigma,\ L: d\times r^*,\ A=[L\ 0_{d\times(r-r^*)}]",
    source="Section 3, after Theorem 1",
    domain="all r* < d and all latent dimensions r >= 1",
    effect="None on a theorem: it shows that the condition of Theorem 1 can be met, and tacitly takes r >= r*.",
    by=[exhaustive(shapes(lambda d, r, r_star: r_star < d), "all d, r <= 7, r* < d")],
    worked=lambda shape: [
        f"d = {shape.d}, r* = {shape.r_star}, r = {shape.r}: [L 0] would have r - r* = {shape.r - shape.r_star} zero columns;",
        f"and no {shape.d} x {shape.r} matrix A has A A^T of rank {shape.r_star}.",
    ],
)
def factorization_has_zero_columns(shape: Shape) -> Margin:
    """[L 0] exists (r - r* >= 0 columns are left to be zero) and r - r* > r - d."""
    return _factorization(shape, shape.r - shape.r_star)


def _factorization(shape: Shape, zero_columns: int) -> Margin:
    return Margin.at_least(integer(shape.r - shape.r_star), integer(0)) & Margin.positive(
        integer(zero_columns - (shape.r - shape.d))
    )


@factorization_has_zero_columns.mutant("r - d zero columns")
def _(shape: Shape) -> Margin:
    return Margin.positive(integer(0))


@factorization_has_zero_columns.mutant("one zero column fewer")
def _(shape: Shape) -> Margin:
    return _factorization(shape, shape.r - shape.r_star - 1)


@claim(
    "koehler-2022/observation-low-rank-factorization/repair",
    statement=r"\text{if } r^*<d \text{ and } r^*\le r, \text{ then there exists a generator with } r-r^*>r-d"
    r"\text{ zero columns}",
    source="Section 3, after Theorem 1, corrected",
    domain="all r* < d, r >= r*",
    repairs="koehler-2022/observation-low-rank-factorization",
    changes="adds r >= r*",
    by=[exhaustive(shapes(lambda d, r, r_star: r_star < d and r >= r_star), "all d, r <= 7, r* < d")],
)
def factorization_has_zero_columns_for_enough_latents(shape: Shape) -> Margin:
    """[L 0] exists and r - r* > r - d."""
    return _factorization(shape, shape.r - shape.r_star)


@factorization_has_zero_columns_for_enough_latents.mutant("one zero column fewer")
def _(shape: Shape) -> Margin:
    return _factorization(shape, shape.r - shape.r_star - 1)


@factorization_has_zero_columns_for_enough_latents.mutant("one latent dimension fewer suffices")
def _(shape: Shape) -> Margin:
    return Margin.at_least(integer(shape.r - 1 - shape.r_star), integer(0))


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
    by=[search(reconstructions(), "d <= 5, r <= 9")],
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
        return column_span_contains_that_of_the_data.body(case)
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
