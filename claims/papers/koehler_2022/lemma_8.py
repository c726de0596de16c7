"""Section 4.1 and Appendix A: the loss (4) of the linear VAE and its derivation, Lemma 8."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search, symbolic
from claims.engine.arithmetic import Array, constant, log, squared_norm, total
from claims.papers.koehler_2022.domains import SCOPE, linear_vaes, plain_vaes
from claims.papers.koehler_2022.general_vae import (
    expectations,
    general_loss,
    signs,
)
from claims.papers.koehler_2022.linear_vae import LinearVAE
from claims.papers.koehler_2022.symbols import linear_vae_symbols


def lemma_8_steps() -> Iterator[Step]:
    """Row i of Mz has the square sum_jk m_ij m_ik z_j z_k, whose expectation is sum_j m_ij²: by independence
    E z_j z_k = E z_j E z_k = 0 where j != k, and E z_j² = 1. So E‖Mz‖² = ‖M‖². In (A - A~B~A)z - A~D^½z' the
    independent, centred z and z' leave no cross term, so the error is ‖A - A~B~A‖² + ‖A~D^½‖², and E‖B~x‖² = ‖B~A‖².
    The entry ij of A~D^½ is a_ij sqrt(D_jj); summing its squares over i first gives sum_j D_jj ‖A~_j‖². All else is
    (3) word for word.
    """  # noqa: D205 - the proof
    i, j = sympy.symbols("i j", integer=True, positive=True)
    a, D = sympy.IndexedBase("a", real=True), sympy.IndexedBase("D", positive=True)
    yield Step.vanishes("(a_ij sqrt(D_jj))² = D_jj a_ij²", (a[i, j] * sympy.sqrt(D[j])) ** 2 - D[j] * a[i, j] ** 2)
    z = sympy.Symbol("z", real=True)
    density = sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    for power, moment in ((1, 0), (2, 1)):
        found = sympy.integrate(z**power * density, (z, -sympy.oo, sympy.oo))
        yield Step.vanishes(f"E z^{power} = {moment}", found - moment)


LINEAR_LOSS = (
    r"L(\tilde\Theta) = \frac{1}{2\tilde\epsilon^2}\|A - \tilde A\tilde B A\|_F^2 + \frac12\|\tilde B A\|_F^2"
    r" + d\log\tilde\epsilon + \frac12\sum_i\left(\tilde D_{ii}\|\tilde A_i\|^2/\tilde\epsilon^2 + \tilde D_{ii}"
    r" - \log\tilde D_{ii}\right)"
)


def loss_by_exact_moments(case: LinearVAE) -> Array:
    """(3) for f(z) = A~z, g(x) = B~x, x = Az, with the expectations as sums over sign vectors (exact here)."""
    latent = signs(case.A.shape[-1])
    points = constant(latent.tolist(), case.A) @ case.A.mT
    f = lambda z: z @ case.A_tilde.mT  # noqa: E731 - reads as the formula
    g = lambda x: x @ case.B_tilde.mT  # noqa: E731
    found = expectations(f, g, points, case.D, signs(case.r))
    return general_loss(found, case.D, case.epsilon, case.d)


small_linear_vaes = linear_vaes(largest=3)
SMALL = "d, r, r* in 1..3, every rank, zero lines, scales 1e-4..1e4; expectations exact"


@claim(
    "koehler-2022/lemma-8",
    statement=LINEAR_LOSS,
    source="Appendix A, Lemma 8, eq. (8)",
    domain="all d, r, r* >= 1, all A, A~, B~, D positive diagonal, eps > 0",
    rests_on=["koehler-2022/lemma-7"],
    readings=["I_{r~} in the proof is I_r"],
    by=[
        derivation(lemma_8_steps, "all d, r, r* (entrywise, symbolic)"),
        symbolic(lambda: linear_vae_symbols([(1, 1, 1), (2, 1, 2), (1, 2, 1)]), "d, r, r* <= 2, all real entries"),
        # The square corner is attacked at every run: only there can B~ and its transpose be confused.
        search(small_linear_vaes, SMALL, corners=(plain_vaes(2, 2, 1),)),
    ],
)
def linear_loss_is_the_loss(case: LinearVAE) -> Margin:
    """(4) is (3) at f(z) = A~z, g(x) = B~x for data x = Az."""
    return Margin.equal(case.loss(), loss_by_exact_moments(case))


@linear_loss_is_the_loss.mutant("drop the term D_ii")
def _(case: LinearVAE) -> Margin:
    return Margin.equal(case.loss() - total(case.D) / 2, loss_by_exact_moments(case))


@linear_loss_is_the_loss.mutant("transpose of B~ in the code (square shapes)")
def _(case: LinearVAE) -> Margin:
    code = squared_norm(case.B_tilde @ case.A)
    other = squared_norm(case.B_tilde.mT @ case.A) if case.d == case.r else code
    return Margin.equal(case.loss() - code / 2 + other / 2, loss_by_exact_moments(case))


@linear_loss_is_the_loss.mutant("r log eps in place of d log eps")
def _(case: LinearVAE) -> Margin:
    return Margin.equal(case.loss() + (case.r - case.d) * log(case.epsilon), loss_by_exact_moments(case))


@claim(
    "koehler-2022/equation-4",
    statement=LINEAR_LOSS,
    source="Section 4.1, eq. (4)",
    domain="all d, r, r* >= 1, all A, A~, B~, D positive diagonal, eps > 0",
    rests_on=["koehler-2022/lemma-8"],
    by=[search(linear_vaes(), SCOPE)],
)
def linear_loss_collects_the_reconstruction_error(case: LinearVAE) -> Margin:
    """(4) is E‖x - x'‖²/(2 eps²) + ‖B~A‖²/2 + d log eps + (Tr D - log det D)/2."""
    square = case.epsilon * case.epsilon
    rest = squared_norm(case.B_tilde @ case.A) + total(case.D - log(case.D))
    collected = case.reconstruction_error / (2 * square) + rest / 2 + case.d * log(case.epsilon)
    return Margin.equal(case.loss(), collected)


@linear_loss_collects_the_reconstruction_error.mutant("rows of A~ in place of its columns")
def _(case: LinearVAE) -> Margin:
    rows = total(case.A_tilde * case.A_tilde, -1)
    n = min(case.d, case.r)
    wrong = total(case.D[..., :n] * rows[..., :n]) - total(case.D * case.columns)
    square = case.epsilon * case.epsilon
    rest = squared_norm(case.B_tilde @ case.A) + total(case.D - log(case.D))
    collected = (case.reconstruction_error + wrong) / (2 * square) + rest / 2 + case.d * log(case.epsilon)
    return Margin.equal(case.loss(), collected)


@linear_loss_collects_the_reconstruction_error.mutant("no variance in the reconstruction")
def _(case: LinearVAE) -> Margin:
    square = case.epsilon * case.epsilon
    rest = squared_norm(case.B_tilde @ case.A) + total(case.D - log(case.D))
    residual = squared_norm(case.A - case.A_tilde @ case.B_tilde @ case.A)
    return Margin.equal(case.loss(), residual / (2 * square) + rest / 2 + case.d * log(case.epsilon))
