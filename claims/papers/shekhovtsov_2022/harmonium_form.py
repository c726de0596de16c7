"""Theorem 1, the proof's direction: what consistent VAEs look like, eqs. (5), (6) and (7)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, exp, total
from claims.papers.shekhovtsov_2022.affine import AFFINE, FREE, AffineDecoder, decoders, joints
from claims.papers.shekhovtsov_2022.dependencies import annihilated, differences, relations
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.harmonium import Harmonium

ALMOST = "in continuous spaces densities are equal almost everywhere, statistics are independent modulo null sets, and"
CONSISTENT = "all VAEs of Assumption 1 whose posterior is in the encoder family for every x, any X, Z and any prior"
FROM_A1 = ["shekhovtsov-2022/theorem-a-1", "shekhovtsov-2022/theorem-a-1/remark-minimal"]


def natural_part(vae: FiniteVAE) -> Array:
    """<nu(x), f(z)>: [N, X, Z]."""
    return vae.x.statistics(vae.f) @ vae.f.mT


def only_if_steps() -> Iterator[Step]:
    """Posterior in the family for every x: p(z|x) = h'(z) exp(<psi(z), g(x)> - b(x)) > 0, so p(z) > 0 and the joint is
    strictly positive with conditionals (4a), (4b). By Theorem A.1, log p(x, z) = log h h' + <(1, nu), M (1, psi)>; let
    M = (-A, v^T; u, W). Hence (7): log p = log h h' + <nu, W psi> + <nu, u> + <psi, v> - A; the terms with x give
    p(x|z), (5), and those with z give p(z|x), (6). Minimality is not needed: (5) and (6) are equal to p(x|z) and to
    p(z|x) as distributions. For minimal nu and psi they determine f and g: f = W psi + u and g = W^T nu + v.
    The search attacks what this needs of the decoder alone: by Bayes log p(z|x) - <nu(x), f(z)> is a function of x plus
    a function of z, for every VAE. So for every relation c of the states z, c log p(.|x) - c log p(.|x0) = <nu(x) -
    nu(x0), c f>; where both posteriors are in the family the left side is 0, and the differences of nu span R^n if nu
    is minimal: then c f = 0, and f is affine in psi.
    """  # noqa: D205 - the proof
    nu, W, psi, u, v, A, h, k = sympy.symbols("nu W psi u v A log_h log_h'", real=True)
    joint = h + k + nu * W * psi + nu * u + psi * v - A
    decoder, encoder = h + nu * (W * psi + u), k + psi * (W * nu + v)
    yield Step.vanishes("log p - log of (5) does not depend on x", sympy.diff(joint - decoder, nu))
    yield Step.vanishes("log p - log of (6) does not depend on z", sympy.diff(joint - encoder, psi))


@claim(
    "shekhovtsov-2022/equation-5",
    statement=r"p(x|z) = h(x)\exp(\langle\nu(x), W\psi(z) + u\rangle - a(z)) \text{ for every consistent VAE}",
    source="Section 3, Theorem 1, eq. (5)",
    domain=CONSISTENT,
    rests_on=FROM_A1,
    readings=[
        "(5) is lost; restored. f itself is affine in psi if nu is minimal, else p(x|z) is that of such an f",
        ALMOST + " f = W psi + u for almost every z",
    ],
    by=[derivation(only_if_steps, "all spaces, priors and statistics"), search(decoders(), FREE)],
)
def decoder_is_affine(case: FiniteVAE) -> Margin:
    """What of <nu(x) - nu(x0), f> is not affine in psi is what of log p(z|x) - log p(z|x0) is not."""
    values = case.log_posterior - natural_part(case)
    return annihilated(differences(case.x.count), values, relations(case.z))


@decoder_is_affine.mutant("each posterior alone: the prior and a(z) drop out without a difference")
def _(case: FiniteVAE) -> Margin:
    values = case.log_posterior - natural_part(case)
    return annihilated(np.eye(case.x.count, dtype=int), values, relations(case.z))


@decoder_is_affine.mutant("f is affine whatever the posterior")
def _(case: FiniteVAE) -> Margin:
    return annihilated(differences(case.x.count), natural_part(case), relations(case.z))


@claim(
    "shekhovtsov-2022/equation-6",
    statement=r"q(z|x) = h'(z)\exp(\langle\psi(z), W^T\nu(x) + v\rangle - b(x)) \text{ for every consistent VAE}",
    source="Section 3, Theorem 1, eq. (6)",
    domain=CONSISTENT,
    rests_on=[*FROM_A1, "shekhovtsov-2022/equation-5"],
    readings=[
        "(6) is lost; restored. g itself is affine in nu if psi is minimal, else q is that of such a g",
        ALMOST + " g = W^T nu + v for almost every x",
    ],
    by=[
        derivation(only_if_steps, "all spaces, priors and statistics"),
        search(joints(AffineDecoder), AFFINE + "; any prior"),
    ],
)
def encoder_is_affine(case: AffineDecoder) -> Margin:
    """Under any prior, log p(z|x) changes with x and z as <psi(z), W^T nu(x)> does."""
    return _changes_as(case, case.base.x.statistics(case.base.W) @ case.base.W)


def _changes_as(case: AffineDecoder, natural: Array) -> Margin:
    vae = case.vae
    values = vae.log_posterior - natural @ vae.z.statistics(vae.f).T
    return annihilated(differences(vae.x.count), values, differences(vae.z.count))


@encoder_is_affine.mutant("natural parameters W^T nu(x) / 2")
def _(case: AffineDecoder) -> Margin:
    return _changes_as(case, case.base.x.statistics(case.base.W) @ case.base.W / 2)


@encoder_is_affine.mutant("natural parameters -W^T nu(x)")
def _(case: AffineDecoder) -> Margin:
    return _changes_as(case, -case.base.x.statistics(case.base.W) @ case.base.W)


def joint_steps() -> Iterator[Step]:
    """Both log-conditionals differ from log p(x, z) by functions of z alone, and of x alone; both are normalised, so
    they are the conditionals of p. As e^A is finite, by Tonelli a(z) and b(x) are for almost all z and x. The prior is
    the marginal p(z) = h'(z) exp(<psi, v> + a(z) - A) with a(z) = log sum_x h(x) exp(<nu, W psi + u>), and e^A = sum_z
    h' exp(<psi, v> + a(z)): where X or Z is infinite it must be finite. Conversely by Theorem A.1 every joint with
    conditionals in the families is of this form.
    """  # noqa: D205 - the proof
    yield from only_if_steps()
    nu, f, psi, v, a, A, h, k = sympy.symbols("nu f psi v a A log_h log_h'", real=True)
    prior, decoder = k + psi * v + a - A, h + nu * f - a
    yield Step.vanishes("log p(x|z) + log p(z) = log p(x, z)", prior + decoder - (h + k + nu * f + psi * v - A))


@claim(
    "shekhovtsov-2022/equation-7",
    statement=r"p(x,z) = h(x)h'(z)\exp(\langle\nu(x), W\psi(z)\rangle + \langle\nu(x),u\rangle"
    r" + \langle\psi(z),v\rangle - A)",
    source="Section 3, eq. (7)",
    domain="all W, u, v for which A is finite; any X, Z",
    rests_on=["shekhovtsov-2022/equation-5", "shekhovtsov-2022/equation-6"],
    readings=["(7) is lost; restored", "a(z) and b(x) are finite almost everywhere, which A < infinity implies"],
    by=[derivation(joint_steps, "all spaces, W, u, v"), search(joints(Harmonium), AFFINE)],
)
def joint_is_a_harmonium(case: Harmonium) -> Margin:
    """(7) sums to 1, is its decoder (5) times its marginal p(z), and has the posterior (6)."""
    return _is_joint(case, case.vae())


def _is_joint(case: Harmonium, vae: FiniteVAE) -> Margin:
    mass = total(exp(case.log_joint), (-2, -1))
    return (
        Margin.equal(mass, 1 + 0 * mass)
        & Margin.equal(vae.log_joint, case.log_joint)
        & Margin.equal(vae.log_posterior, vae.log_encoder)
    )


@joint_is_a_harmonium.mutant("the uniform prior")
def _(case: Harmonium) -> Margin:
    return _is_joint(case, FiniteVAE(case.x, case.z, case.f, case.g))


@joint_is_a_harmonium.mutant("prior h' exp(<psi, v>), without a(z)")
def _(case: Harmonium) -> Margin:
    return _is_joint(case, FiniteVAE(case.x, case.z, case.f, case.g, case.z.log_weights(case.v)))


@joint_is_a_harmonium.mutant("the encoder without v")
def _(case: Harmonium) -> Margin:
    g = case.x.statistics(case.W) @ case.W
    return _is_joint(case, FiniteVAE(case.x, case.z, case.f, g, case.log_hidden_weights))
