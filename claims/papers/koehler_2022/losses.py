"""Appendix A: the VAE loss (3), Lemma 7, and the linear loss (4), Lemma 8."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import sympy
import torch
from numpy.typing import NDArray
from torch import Tensor

from claims import Margin, Mean, Step, claim, derivation, search, statistical, symbolic
from claims.engine.arithmetic import Array, constant, log, squared_norm, total
from claims.engine.strategies import ACTIVATIONS
from claims.papers.koehler_2022.domains import SCOPE, linear_vaes
from claims.papers.koehler_2022.general_vae import (
    SampledVAE,
    elbo_offset,
    expectations,
    general_loss,
    sampled_vae,
    signs,
)
from claims.papers.koehler_2022.linear_vae import LinearVAE
from claims.papers.koehler_2022.symbols import linear_vae_symbols

# --- Lemma 7 and eq. (3) ----------------------------------------------------------------------------------


def lemma_7_steps() -> Iterator[Step]:
    """Per latent coordinate, the expectation over z' ~ N(0, 1) of what differs between -ELBO and (3).

    log p(x|z) is the same function of z = g(x) + D^½ z' on both sides, so only prior and posterior remain; they
    are sums over coordinates, hence one coordinate with symbolic g, D settles every r.
    """
    z, g = sympy.symbols("z g", real=True)
    D, eps = sympy.symbols("D epsilon", positive=True)
    d = sympy.Symbol("d", integer=True, positive=True)
    density = sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    prior = -((g + sympy.sqrt(D) * z) ** 2) / 2 - sympy.log(2 * sympy.pi) / 2
    posterior = -(z**2) / 2 - sympy.log(D) / 2 - sympy.log(2 * sympy.pi) / 2
    expected = sympy.integrate(sympy.expand((posterior - prior) * density), (z, -sympy.oo, sympy.oo))
    printed = g**2 / 2 + D / 2 - sympy.log(D) / 2
    yield Step.vanishes("E[log q - log p(z)] per coordinate = g²/2 + D/2 - log(D)/2 - 1/2", expected - printed + sympy.Rational(1, 2))
    yield Step.vanishes(
        "log sqrt(det 2 pi eps² I) = d log eps + (d/2) log 2 pi",
        d * sympy.log(2 * sympy.pi * eps**2) / 2 - d * sympy.log(eps) - d * sympy.log(2 * sympy.pi) / 2,
    )


#: Draws averaged in one group: with 4096 a bias of a sixteenth of a standard deviation moves a group's mean by
#: four of its own deviations.
GROUP = 4096


def sampled_vaes(generator: np.random.Generator, effort: str) -> Iterable[SampledVAE]:
    """Random nonlinear VAEs over shapes and activations; tanh first."""
    names = ("tanh", "sigmoid", "sin", "softplus", "relu")[: {"quick": 2, "standard": 4, "thorough": 5}[effort]]
    table = {activation.name: activation for activation in ACTIVATIONS}
    return [sampled_vae(generator, d, r, table[name]) for name, (d, r) in zip(names, [(2, 1), (1, 3), (3, 2), (2, 2), (4, 5)], strict=False)]


def group_means_are_small(vae: SampledVAE, difference: object) -> Mean:
    """Pr[|mean of a group| <= 2 deviations] >= 3/4, by Chebyshev, if the difference has mean zero."""
    bound = 2 * vae.difference_deviation() / GROUP**0.5

    def draw(n: int, generator: np.random.Generator) -> NDArray[np.float64]:
        torch_generator = torch.Generator().manual_seed(int(generator.integers(2**62)))
        noise = torch.randn(n * GROUP, len(vae.D), generator=torch_generator, dtype=torch.float64)
        x = vae.points[torch.randint(len(vae.points), (n * GROUP,), generator=torch_generator)]
        means = difference(x, noise).reshape(n, GROUP).mean(dim=1)  # type: ignore[operator]
        return (means.abs() <= bound).double().numpy()

    return Mean.at_least(draw, 0.75)


@claim(
    "koehler-2022/lemma-7",
    statement=r"L(f,g,D,\epsilon) := \mathbb{E}_{x \sim p^*}\mathbb{E}_{z' \sim N(0,I_r)}\Big[\frac{1}{2\epsilon^2}"
    r"\|x - f(g(x) + D^{1/2}z')\|^2 + \|g(x)\|^2/2\Big] + d\log(\epsilon) + \operatorname{Tr}(D)/2"
    r" - \frac12\sum_i \log D_{ii}",
    source="Appendix A, Lemma 7; eq. (3)",
    domain="all d, r, p*, f, g with finite expectations, D positive diagonal, eps > 0; up to an additive constant",
    readings=["'can be written as' means: equals the negative ELBO up to an additive constant, as the proof says"],
    by=[
        derivation(lemma_7_steps, "all d, r, f, g, p* (coordinatewise, symbolic)"),
        statistical(sampled_vaes, "one-layer nonlinear f, g; group means of 4096 draws", violation=0.25, false_alarm=1e-8),
    ],
)
def negative_elbo_is_the_loss(vae: SampledVAE) -> Mean:
    """The negative ELBO minus the integrand of (3) has the constant mean (d/2) log 2 pi - r/2."""
    offset = elbo_offset(vae.points.shape[-1], len(vae.D))
    return group_means_are_small(vae, lambda x, z: vae.negative_elbo(x, z) - vae.integrand(x, z) - offset)


@negative_elbo_is_the_loss.mutant("drop Tr(D)/2")
def _(vae: SampledVAE) -> Mean:
    offset = elbo_offset(vae.points.shape[-1], len(vae.D))
    return group_means_are_small(
        vae, lambda x, z: vae.negative_elbo(x, z) - vae.integrand(x, z) - offset + vae.D.sum() / 2
    )


@negative_elbo_is_the_loss.mutant("sum of log D_ii without the half")
def _(vae: SampledVAE) -> Mean:
    offset = elbo_offset(vae.points.shape[-1], len(vae.D))
    return group_means_are_small(
        vae, lambda x, z: vae.negative_elbo(x, z) - vae.integrand(x, z) - offset - torch.log(vae.D).sum() / 2
    )


@negative_elbo_is_the_loss.mutant("D in place of its square root")
def _(vae: SampledVAE) -> Mean:
    offset = elbo_offset(vae.points.shape[-1], len(vae.D))
    return group_means_are_small(
        vae, lambda x, z: vae.negative_elbo(x, z) - vae.integrand(x, torch.sqrt(vae.D) * z) - offset
    )


# --- Lemma 8 and eq. (4) ----------------------------------------------------------------------------------


def lemma_8_steps() -> Iterator[Step]:
    """E‖Mz‖² = ‖M‖² entry by entry: E z_j z_k = [j = k], so only the squares of the entries stay.

    For (A - A~B~A)z - A~D^½z' the independent zero-mean z, z' leave no cross term; for A~D^½ the columns scale.
    """
    i, j = sympy.symbols("i j", integer=True, positive=True)
    d, r = sympy.symbols("d r", integer=True, positive=True)
    a, D = sympy.IndexedBase("a", real=True), sympy.IndexedBase("D", positive=True)
    entry = (a[i, j] * sympy.sqrt(D[j])) ** 2
    yield Step.vanishes("(a_ij sqrt(D_j))² = D_j a_ij²", entry - D[j] * a[i, j] ** 2)
    by_columns = sympy.Sum(D[j] * sympy.Sum(a[i, j] ** 2, (i, 1, d)), (j, 1, r))
    yield Step.vanishes(
        "‖A~D^½‖² = sum_j D_jj ‖A~_j‖² at d = 3, r = 2",
        (sympy.Sum(entry, (i, 1, d), (j, 1, r)) - by_columns).subs({d: 3, r: 2}).doit(),
    )
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
        derivation(lemma_8_steps, "d = 3, r = 2 for the rearrangement, all moments", complete=False),
        symbolic(lambda: linear_vae_symbols([(1, 1, 1), (2, 1, 2), (1, 2, 1)]), "d, r, r* <= 2, all real entries"),
        search(small_linear_vaes, SMALL),
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
    "koehler-2022/equation-3",
    statement=r"\text{The VAE objective is to minimize } L(f,g,D,\epsilon) \text{ of (3)}",
    source="Section 4, eq. (3)",
    domain="all linear f, g (where the negative ELBO has a closed form), all D, eps: differences of objective values",
    rests_on=["koehler-2022/lemma-7"],
    by=[search(linear_vaes(largest=4), SCOPE)],
)
def loss_differs_from_the_negative_elbo_by_a_constant(case: LinearVAE) -> Margin:
    """-ELBO = E[-log p(x|z)] + KL(q(z|x) ‖ p(z)), by the closed Gaussian KL, is L + (d/2) log 2 pi - r/2."""
    square = case.epsilon * case.epsilon
    likelihood = case.reconstruction_error / (2 * square) + case.d * log(case.epsilon)
    kl = (total(case.D - log(case.D)) + squared_norm(case.B_tilde @ case.A) - case.r) / 2
    return Margin.equal(likelihood + kl, case.loss() - case.r / 2)


@loss_differs_from_the_negative_elbo_by_a_constant.mutant("KL with the determinant's sign reversed")
def _(case: LinearVAE) -> Margin:
    square = case.epsilon * case.epsilon
    likelihood = case.reconstruction_error / (2 * square) + case.d * log(case.epsilon)
    kl = (total(case.D + log(case.D)) + squared_norm(case.B_tilde @ case.A) - case.r) / 2
    return Margin.equal(likelihood + kl, case.loss() - case.r / 2)


@loss_differs_from_the_negative_elbo_by_a_constant.mutant("decoder variance eps in place of eps²")
def _(case: LinearVAE) -> Margin:
    likelihood = case.reconstruction_error / (2 * case.epsilon) + case.d * log(case.epsilon)
    kl = (total(case.D - log(case.D)) + squared_norm(case.B_tilde @ case.A) - case.r) / 2
    return Margin.equal(likelihood + kl, case.loss() - case.r / 2)


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
