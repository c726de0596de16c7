"""What the text believes of training beyond its theorems: the original loss L, and gradient descent with steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
    readings=[
        "'our results' is read as Lemma 6 word for word, with L for L1 and the same K",
        "the hedge of Section 3, 'if it succeeds to keep D well-tuned in terms of A~, B~, eps', is not in the belief as"
        " stated; with it the claim holds, which is part of the repair",
    ],
    effect="A belief, not a theorem. Where D_jj starts far below its optimum the rows hardly move until D has grown, so"
    " the rate 1/K fails for small t; a bound with the rate 2 min_j D_jj/eps² holds by Lemma 5.",
    by=[search(zero_row_vaes(), ROWS + "; as t -> 0")],
    worked=lambda case: [
        f"row {case.row + 1} of A~ is {only_row(case)[0, case.row].tolist()}, D = {case.D[0].tolist()}, eps ="
        f" {float(case.epsilon):g}:",
        f"d/dt ‖row‖² = -2 sum A~_ij dL/dA~_ij = {float(-2 * row_slope(case)):.6g},",
        f"but -(1/K) ‖row‖² = {float(-squared_norm(only_row(case)) / least_k(case)):.6g} with K ="
        f" {float(least_k(case)):.6g}.",
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
    changes="the rate is 2 D_jj/eps², column by column, in place of 1/K; with D kept at its optimum it is at least 2/K",
    by=[search(zero_row_vaes(), ROWS + "; as t -> 0")],
)
def rows_decay_with_the_encoder_variance(case: ZeroRowVAE) -> Margin:
    """d/dt ‖A~^(i)‖² <= -(2/eps²) sum_j D_jj A~_ij²; at the optimal D this is at most -(2/K) ‖A~^(i)‖²."""
    tuned = replace(case, D=case.optimal_variances())
    bound = -2 * squared_norm(only_row(case)) / least_k(case)
    return _with_variance(case, 2.0) & Margin.at_most(-2 * row_slope(tuned), bound)


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


@claim(
    "koehler-2022/observation-gradient-descent",
    statement=r"\text{Since the size of the matrix } \tilde A"
    r" \text{ stays bounded, this should mean that for small step sizes"
    r" the norm of row } i \text{ of } \tilde A \text{ shrinks by a constant factor at every step of gradient"
    r" descent on }"
    r" L_1",
    source="Section 5, after Lemma 5",
    domain="all states with max_j ‖A~_j‖² + eps² <= K: some step size works for all of them",
    readings=[
        "'small' depends on the bound of A~ only, as 'since the size stays bounded' says; else the words say nothing"
    ],
    rests_on=["koehler-2022/lemma-5"],
    effect="Heuristics between Lemma 5 and Lemma 6; the flow is not touched. The curvature in A~ is of order"
    " ‖B~A‖²/eps², so a"
    " fixed step size overshoots as eps -> 0, which is where training leads.",
    by=[exhaustive(_steps, "eta = 10^-1..10^-12 at K = 3, eps² = eta/4")],
    worked=lambda case: [
        "A = (1, 0)^T, A~ = (1, 1)^T, B~ = (1, 0), eps² = eta/4: row 2 of A is zero and row 2 of A~ is 1.",
        "Its gradient is 1/eps² + 1/(2 + eps²) > 4/eta, so one step of size eta takes 1 below -3: it grows threefold,",
        f"and that at each of the {case.smallest} step sizes tried; in general 1 becomes -3 - eta/(2 + eta/4) for"
        f" every eta > 0.",
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
    r"\|\tilde A^{(i)}-\eta g\|^2\le\|\tilde A^{(i)}\|^2-\eta s,\ g=\nabla_{\tilde A^{(i)}}L_1,\ s=\langle\tilde"
    r" A^{(i)},g\rangle",
    source="Section 5, after Lemma 5, corrected",
    domain=ANY_ZERO_ROW + "; s > 0 by Lemma 5 where the row is not zero",
    rests_on=["koehler-2022/lemma-5"],
    repairs="koehler-2022/observation-gradient-descent",
    changes="the step size depends on the state, through s/‖g‖², which tends to 0 like eps²",
    by=[search(zero_row_vaes(), ROWS)],
)
def small_steps_shrink_rows(case: ZeroRowVAE) -> Margin:
    """At eta = theta s/‖g‖², 0 < theta <= 1, the squared norm falls by at least eta s."""
    return _after_step(case, 1.0)


def _after_step(case: ZeroRowVAE, longest: float) -> Margin:
    """‖row - theta (s/‖g‖²) g‖² <= ‖row‖² - theta s²/‖g‖² for theta in (0, longest), both sides times ‖g‖⁴;
    and s >= sum A~_ij²/(‖A~_j‖² + eps²). theta is read off the first encoder variance, which L1 does not have.
    """  # noqa: D205 - a formula
    theta = longest / (1 + case.D[..., 0])
    row, gradient = _row_of(case, case.A_tilde), _row_of(case, row_gradient(case))
    s, energy = total(row * gradient, (-2, -1)), squared_norm(gradient)
    stepped = energy[..., None, None] * row - (theta * s)[..., None, None] * gradient
    f = lambda decoder: simplified_loss(case.A, decoder, case.B_tilde, case.epsilon)  # noqa: E731
    slope = derivative_along(f, (case.A_tilde,), (only_row(case),))
    return (
        Margin.equal(s, slope)
        & Margin.at_least(slope, weighted_row(case, over_columns(case)))
        & Margin.at_most(squared_norm(stepped), energy * energy * squared_norm(row) - theta * s * s * energy)
    )


def row_gradient(case: ZeroRowVAE) -> Array:
    """grad_A~ L1: [n, d, r]."""
    return simplified_gradient(case.A, case.A_tilde, case.B_tilde, case.epsilon)[0]


def _row_of(case: ZeroRowVAE, x: Array) -> Array:
    return x[..., case.row : case.row + 1, :]


@small_steps_shrink_rows.mutant("three times the step")
def _(case: ZeroRowVAE) -> Margin:
    return _after_step(case, 3.0)


@small_steps_shrink_rows.mutant("by the gradient of all rows")
def _(case: ZeroRowVAE) -> Margin:
    gradient = row_gradient(case)
    return Margin.equal(total(case.A_tilde * gradient, (-2, -1)), total(only_row(case) * gradient, (-2, -1)))
