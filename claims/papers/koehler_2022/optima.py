"""Section 3, landscape: Theorem 1 (informal), the example after it, and what the text concludes from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import flint
import numpy as np
from hypothesis import strategies as st

from claims import Margin, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, exp, is_below, is_zero, total
from claims.papers.koehler_2022.domains import RECONSTRUCTIONS, SCOPE, Reconstruction, linear_vaes, reconstructions
from claims.papers.koehler_2022.landscape import asymptotic_optima_of_the_linear_vae, losses_along, theorem_3_steps
from claims.papers.koehler_2022.linear_vae import LinearVAE, column_energies, simplified_loss

# --- Theorem 1 --------------------------------------------------------------------------------------------


def limit_decides(case: Reconstruction, needed: int = 0) -> Margin:
    """A~B~A = A with n = d - r + #zero columns: L falls (like n log eps) if n > `needed`, else it is bounded below."""
    losses, variances, logs = losses_along(case)
    zeros = total(is_zero(column_energies(case.A_tilde)))
    n = case.X.shape[-2] - variances.shape[-1] + zeros
    falls = 1 - is_below(n, needed + 0.5)
    middle = losses.shape[-1] // 2
    drop = losses[..., middle] - losses[..., -1]
    distance = logs[..., middle] - logs[..., -1]
    return Margin.at_least(falls * drop + (1 - falls) * distance / 10, falls * distance / 2 + (1 - falls) * drop)


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
        derivation(theorem_3_steps, "all d, r, r*, k (symbolic): Theorem 3 with its last sentence"),
        search(
            st.one_of(reconstructions(), reconstructions(enough=False), linear_vaes()),
            f"limits with enough and with too few zero columns: {RECONSTRUCTIONS}; converse: {SCOPE}",
        ),
    ],
)
def convergent_asymptotic_optima(case: Reconstruction | LinearVAE) -> Margin:
    """Limits with A = A~B~A are asymptotic optima if and only if more than r - d columns of A~ vanish."""
    if isinstance(case, LinearVAE):
        return asymptotic_optima_of_the_linear_vae.margin(case)
    return limit_decides(case)


@convergent_asymptotic_optima.mutant("r - d zero columns suffice")
def _(case: Reconstruction | LinearVAE) -> Margin:
    return (
        limit_decides(case, needed=-1)
        if isinstance(case, Reconstruction)
        else asymptotic_optima_of_the_linear_vae.margin(case)
    )


@convergent_asymptotic_optima.mutant("r - d + 1 zero columns do not suffice")
def _(case: Reconstruction | LinearVAE) -> Margin:
    return (
        limit_decides(case, needed=1)
        if isinstance(case, Reconstruction)
        else asymptotic_optima_of_the_linear_vae.margin(case)
    )


@convergent_asymptotic_optima.mutant("A = A~B~A is not needed")
def _(case: Reconstruction | LinearVAE) -> Margin:
    if isinstance(case, LinearVAE):
        return asymptotic_optima_of_the_linear_vae.margin(case)
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
