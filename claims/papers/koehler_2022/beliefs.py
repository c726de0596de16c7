"""What the text believes of training beyond its theorems: the original loss L, and gradient descent with steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import flint
import numpy as np

from claims import Margin, claim, exhaustive, search
from claims.engine.arithmetic import Array, derivative_along, greatest, squared_norm, total
from claims.papers.koehler_2022.domains import ZeroRowVAE, zero_row_vaes
from claims.papers.koehler_2022.implicit_bias import ANY_ZERO_ROW, ROWS, only_row, over_columns, row_slope, weighted_row
from claims.papers.koehler_2022.linear_vae import simplified_gradient, simplified_loss

# --- the original loss ------------------------------------------------------------------------------------


def least_k(case: ZeroRowVAE) -> Array:
    """max_j ‖A~_j‖² + eps²: [n]."""
    return greatest(case.columns) + case.epsilon * case.epsilon


@claim(
    "koehler-2022/conjecture-original-loss",
    statement=r"\text{we believe our results should hold for the original loss } L \text{ as well}:\ "
    r"\|\tilde A^{(i)}(t)\|^2\le e^{-t/K}\|\tilde A^{(i)}(0)\|^2 \text{ along the gradient flow of } L",
    source="Section 5, before Theorem 5 (and Section 3, after Theorem 2)",
    domain="all initial values, D(0) positive diagonal included; Lemma 6 and Theorem 5 with L in place of L1",
    readings=["'our results' is read as Lemma 6 word for word, with L for L1 and the same K"],
    effect="A belief, not a theorem. Where D_jj starts far below its optimum the rows hardly move until D has grown, so"
    " the rate 1/K fails for small t; a bound with the rate 2 min_j D_jj/eps² holds by Lemma 5.",
    by=[search(zero_row_vaes(), ROWS + "; as t -> 0")],
    worked=lambda case: [
        f"row {case.row + 1} of A~ is {only_row(case)[0, case.row].tolist()}, D = {case.D[0].tolist()}, eps = {float(case.epsilon):g}:",
        f"d/dt ‖row‖² = -2 sum A~_ij dL/dA~_ij = {float(-2 * row_slope(case)):.6g},",
        f"but -(1/K) ‖row‖² = {float(-squared_norm(only_row(case)) / least_k(case)):.6g} with K = {float(least_k(case)):.6g}.",
    ],
)
def rows_decay_under_the_original_loss(case: ZeroRowVAE) -> Margin:
    """d/dt ‖A~^(i)‖² <= -(1/K) ‖A~^(i)‖² under the flow of L."""
    return Margin.at_most(-2 * row_slope(case), -squared_norm(only_row(case)) / least_k(case))


@rows_decay_under_the_original_loss.mutant("the norms are stationary")
def _(case: ZeroRowVAE) -> Margin:
    return Margin.equal(row_slope(case), 0 * row_slope(case))


@rows_decay_under_the_original_loss.mutant("rate 1/eps²")
def _(case: ZeroRowVAE) -> Margin:
    return Margin.at_most(-2 * row_slope(case), -squared_norm(only_row(case)) / (case.epsilon * case.epsilon))


@claim(
    "koehler-2022/conjecture-original-loss/repair",
    statement=r"\frac{d}{dt}\|\tilde A^{(i)}\|^2\le-\frac{2}{\tilde\epsilon^2}\sum_j\tilde D_{jj}\tilde A_{ij}^2"
    r"\text{ along the gradient flow of } L",
    source="ours: what Lemma 5 gives for L",
    domain=ANY_ZERO_ROW,
    rests_on=["koehler-2022/lemma-5"],
    repairs="koehler-2022/conjecture-original-loss",
    changes="the rate is 2 D_jj/eps², column by column, in place of 1/K",
    by=[search(zero_row_vaes(), ROWS + "; as t -> 0")],
)
def rows_decay_with_the_encoder_variance(case: ZeroRowVAE) -> Margin:
    """d/dt ‖A~^(i)‖² <= -(2/eps²) sum_j D_jj A~_ij²."""
    return _with_variance(case, 2.0)


def _with_variance(case: ZeroRowVAE, rate: float) -> Margin:
    square = (case.epsilon * case.epsilon)[..., None]
    return Margin.at_most(-2 * row_slope(case), -rate * weighted_row(case, case.D / square))


@rows_decay_with_the_encoder_variance.mutant("rate 2.2 D_jj/eps²")
def _(case: ZeroRowVAE) -> Margin:
    return _with_variance(case, 2.2)


@rows_decay_with_the_encoder_variance.mutant("the optimal D in place of D")
def _(case: ZeroRowVAE) -> Margin:
    return Margin.at_most(-2 * row_slope(case), -2 * weighted_row(case, over_columns(case)))


# --- gradient descent with steps --------------------------------------------------------------------------


@dataclass(frozen=True)
class Steps:
    """For each step size eta = 10^-k: A = e_1, A~ = (1, 1)^T, B~ = e_1^T and eps² = eta/4; so K <= 3 throughout."""

    smallest: int

    def shrinkage(self, factor: float) -> Array:
        """factor * ‖row 2‖² minus its value after one step of gradient descent on L1, for each eta: [1, smallest]."""
        gains = []
        for k in range(1, self.smallest + 1):
            eta = flint.arb(10) ** (-k)
            A, decoder = _exact([[1], [0]]), _exact([[1], [1]])
            gradient = simplified_gradient(A, decoder, _exact([[1, 0]]), np.array([(eta / 4).sqrt()], dtype=object))[0]
            row = decoder[0, 1, 0] - eta * gradient[0, 1, 0]
            gains.append(factor - row * row)
        return np.array([gains], dtype=object)


def _exact(rows: list[list[int]]) -> Array:
    return np.array([rows], dtype=object)


def _steps() -> Iterator[Steps]:
    yield Steps(12)


DESCENT = "for small step sizes the norm of row i of A~ shrinks by a constant factor at every step of gradient descent on L_1"


@claim(
    "koehler-2022/observation-gradient-descent",
    statement=r"\text{Since the size of the matrix } \tilde A \text{ stays bounded, this should mean that for small step sizes"
    r" the norm of row } i \text{ of } \tilde A \text{ shrinks by a constant factor at every step of gradient descent on }"
    r" L_1",
    source="Section 5, after Lemma 5",
    domain="all states with max_j ‖A~_j‖² + eps² <= K: some step size works for all of them",
    readings=["'small' depends on the bound of A~ only, as 'since the size stays bounded' says; else the words say nothing"],
    rests_on=["koehler-2022/lemma-5"],
    effect="Heuristics between Lemma 5 and Lemma 6; the flow is not touched. The curvature in A~ is of order ‖B~A‖²/eps², so a"
    " fixed step size overshoots as eps -> 0, which is where training leads.",
    by=[exhaustive(_steps, "eta = 10^-1..10^-12 at K = 3, eps² = eta/4")],
    worked=lambda case: [
        "A = (1, 0)^T, A~ = (1, 1)^T, B~ = (1, 0), eps² = eta/4: row 2 of A is zero and row 2 of A~ is 1.",
        "Its gradient is 1/eps² + 1/(2 + eps²) > 4/eta, so one step of size eta takes 1 below -3: it grows threefold,",
        "and that at each of the step sizes tried: " + ", ".join(f"1e-{k}" for k in range(1, case.smallest + 1)) + ".",
    ],
)
def some_step_size_shrinks_rows(case: Steps) -> Margin:
    """At some step size the row does not grow."""
    gains = greatest(case.shrinkage(1.0))
    return Margin.at_least(gains, 0 * gains)


@some_step_size_shrinks_rows.mutant("it halves")
def _(case: Steps) -> Margin:
    gains = greatest(case.shrinkage(0.25))
    return Margin.at_least(gains, 0 * gains)


@some_step_size_shrinks_rows.mutant("it at most doubles")
def _(case: Steps) -> Margin:
    gains = greatest(case.shrinkage(4.0))
    return Margin.at_least(gains, 0 * gains)


@claim(
    "koehler-2022/observation-gradient-descent/repair",
    statement=r"\text{at each state, every step size } \eta\le s/\|g\|^2 \text{ shrinks the row: }"
    r"\|\tilde A^{(i)}-\eta g\|^2\le\|\tilde A^{(i)}\|^2-\eta s,\ g=\nabla_{\tilde A^{(i)}}L_1,\ s=\langle\tilde A^{(i)},g\rangle",
    source="Section 5, after Lemma 5, corrected",
    domain=ANY_ZERO_ROW + "; s > 0 by Lemma 5 where the row is not zero",
    rests_on=["koehler-2022/lemma-5"],
    repairs="koehler-2022/observation-gradient-descent",
    changes="the step size depends on the state, through s/‖g‖², which tends to 0 like eps²",
    by=[search(zero_row_vaes(), ROWS)],
)
def small_steps_shrink_rows(case: ZeroRowVAE) -> Margin:
    """At eta = s/‖g‖² the squared norm falls by s²/‖g‖²: cleared of ‖g‖², n ‖g‖² - 2 s² + s² <= n ‖g‖² - s²; s >= 0."""
    return _after_step(case, 1.0)


def _after_step(case: ZeroRowVAE, eta: float) -> Margin:
    """‖row - eta (s/‖g‖²) g‖² <= ‖row‖² - eta s²/‖g‖², both sides times ‖g‖²; and s >= sum A~_ij²/(‖A~_j‖² + eps²)."""
    row = only_row(case)
    gradient = simplified_gradient(case.A, case.A_tilde, case.B_tilde, case.epsilon)[0]
    masked = total(row * gradient, (-2, -1))
    energy = squared_norm(_row_of(case, gradient))
    f = lambda decoder: simplified_loss(case.A, decoder, case.B_tilde, case.epsilon)  # noqa: E731
    slope = derivative_along(f, (case.A_tilde,), (row,))
    norm = squared_norm(row)
    after = norm * energy - 2 * eta * masked * masked + eta * eta * masked * masked
    return (
        Margin.equal(masked, slope)
        & Margin.at_least(slope, weighted_row(case, over_columns(case)))
        & Margin.at_most(after, norm * energy - masked * masked)
    )


def _row_of(case: ZeroRowVAE, x: Array) -> Array:
    return x[..., case.row : case.row + 1, :]


@small_steps_shrink_rows.mutant("three times the step")
def _(case: ZeroRowVAE) -> Margin:
    return _after_step(case, 3.0)


@small_steps_shrink_rows.mutant("a tenth of the step shrinks as much")
def _(case: ZeroRowVAE) -> Margin:
    return _after_step(case, 0.1)
