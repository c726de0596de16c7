"""Section 4 and Appendix A: the VAE loss (3) and its derivation, Lemma 7."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import sympy
import torch
from numpy.typing import NDArray
from torch import Tensor

from claims import Margin, Mean, Step, claim, derivation, search, statistical
from claims.engine.arithmetic import Array, constant, log, sqrt, total
from claims.engine.strategies import ACTIVATIONS
from claims.papers.koehler_2022.domains import general_vaes
from claims.papers.koehler_2022.general_vae import (
    GeneralVAE,
    SampledVAE,
    elbo_offset,
    sampled_vae,
    signs,
)

GENERAL_LOSS = (
    r"L(f,g,D,\epsilon) := \mathbb{E}_{x \sim p^*}\mathbb{E}_{z' \sim N(0,I_r)}\Big[\frac{1}{2\epsilon^2}"
    r"\|x - f(g(x) + D^{1/2}z')\|^2 + \|g(x)\|^2/2\Big] + d\log(\epsilon) + \operatorname{Tr}(D)/2"
    r" - \frac12\sum_i \log D_{ii}"
)


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
    yield Step.vanishes(
        "E[log q - log p(z)] per coordinate = g²/2 + D/2 - log(D)/2 - 1/2", expected - printed + sympy.Rational(1, 2)
    )
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
    return [
        sampled_vae(generator, d, r, table[name])
        for name, (d, r) in zip(names, [(2, 1), (1, 3), (3, 2), (2, 2), (4, 5)], strict=False)
    ]


def group_means_are_small(vae: SampledVAE, difference: Callable[[Tensor, Tensor], Tensor]) -> Mean:
    """Pr[|mean of a group| <= 2 deviations] >= 3/4, by Chebyshev, if the difference has mean zero."""
    bound = 2 * vae.difference_deviation() / GROUP**0.5

    def draw(n: int, generator: np.random.Generator) -> NDArray[np.float64]:
        torch_generator = torch.Generator().manual_seed(int(generator.integers(2**62)))
        noise = torch.randn(n * GROUP, len(vae.D), generator=torch_generator, dtype=torch.float64)
        x = vae.points[torch.randint(len(vae.points), (n * GROUP,), generator=torch_generator)]
        means = difference(x, noise).reshape(n, GROUP).mean(dim=1)
        return np.asarray((means.abs() <= bound).numpy(), dtype=np.float64)

    return Mean.at_least(draw, 0.75)


@claim(
    "koehler-2022/lemma-7",
    statement=GENERAL_LOSS,
    source="Appendix A, Lemma 7; eq. (3)",
    domain="all d, r, p*, f, g with finite expectations, D positive diagonal, eps > 0; up to an additive constant",
    readings=["'can be written as' means: equals the negative ELBO up to an additive constant, as the proof says"],
    by=[
        derivation(lemma_7_steps, "all d, r, f, g, p* (coordinatewise, symbolic)"),
        statistical(
            sampled_vaes,
            "one-layer nonlinear f, g; group means of 4096 draws",
            violation=0.25,
            false_alarm=1e-8,
            cap=2000,
        ),
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


def expected_densities(case: GeneralVAE, spread: Array) -> Array:
    """E[-log p(x|z) - log p(z) + log q(z|x)] at z = g(x) + spread * z', from the Gaussian densities: [n].

    z' runs over the sign vectors, which integrate the quadratic log densities of z exactly; f sees the same z on
    both sides of the claim.
    """
    codes = case.encode(case.points)
    square = case.epsilon * case.epsilon
    two_pi = 2 * constant([math.pi], case.D)[0]
    found: Array = 0
    nodes = signs(case.r)
    for noise in nodes:
        node = constant(noise.tolist(), case.D)
        z = codes + (spread * node)[..., None, :]
        error = total((case.points - case.decode(z)) ** 2, (-2, -1)) / case.points.shape[-2]
        likelihood = -error / (2 * square) - case.d * log(case.epsilon) - case.d * log(two_pi) / 2
        prior = -total(z * z, (-2, -1)) / case.points.shape[-2] / 2 - case.r * log(two_pi) / 2
        posterior = -total(node * node + log(case.D)) / 2 - case.r * log(two_pi) / 2
        found = found + (posterior - likelihood - prior) / len(nodes)
    return found


def negative_elbo_margin(case: GeneralVAE, offset_of_r: float = -0.5) -> Margin:
    """The expected densities against L + (d/2) log 2 pi + offset_of_r * r."""
    two_pi = 2 * constant([math.pi], case.D)[0]
    offset = case.d * log(two_pi) / 2 + offset_of_r * case.r
    return Margin.equal(expected_densities(case, sqrt(case.D)), case.loss() + offset)


@claim(
    "koehler-2022/equation-3",
    statement=GENERAL_LOSS,
    source="Section 4, eq. (3)",
    domain="all f, g, p*, D, eps: the objective is the negative ELBO, up to a constant that depends on d and r only",
    rests_on=["koehler-2022/lemma-7"],
    by=[
        search(general_vaes(), "one-layer f, g with all Lipschitz activations, d, r in 1..3; expectations exact in z'")
    ],
)
def loss_is_the_expected_log_densities(case: GeneralVAE) -> Margin:
    """E[-log p(x|z) - log p(z) + log q(z|x)] = L + (d/2) log 2 pi - r/2, evaluated from the three densities."""
    return negative_elbo_margin(case)


@loss_is_the_expected_log_densities.mutant("constant (d/2) log 2 pi, without - r/2")
def _(case: GeneralVAE) -> Margin:
    return negative_elbo_margin(case, 0.0)


@loss_is_the_expected_log_densities.mutant("z = g(x) + D z'")
def _(case: GeneralVAE) -> Margin:
    two_pi = 2 * constant([math.pi], case.D)[0]
    offset = case.d * log(two_pi) / 2 - case.r / 2
    return Margin.equal(expected_densities(case, case.D), case.loss() + offset)
