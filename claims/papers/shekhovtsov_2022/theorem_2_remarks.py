"""Theorem 2: what its proof gives beyond the statement, and what the paper says about the normalisation of p~."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from claims import Margin, claim, derivation, search
from claims.engine.arithmetic import Array, concatenate, log, minimum, sqrt
from claims.papers.shekhovtsov_2022.bounds import (
    EVEN,
    FINITE,
    LOST,
    MILD,
    WIDE,
    bound,
    mild,
    tilt,
    wide,
)
from claims.papers.shekhovtsov_2022.models.families import Table
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE, divergence
from claims.papers.shekhovtsov_2022.models.projection import project
from claims.papers.shekhovtsov_2022.proposition_a1 import A1
from claims.papers.shekhovtsov_2022.proposition_a2 import proposition_steps, sharper_steps
from claims.papers.shekhovtsov_2022.proposition_a2_steps import A2
from claims.papers.shekhovtsov_2022.theorem_2 import T2, beyond, theorem_steps, within

# --- beyond the statement ---------------------------------------------------------------------------------


@claim(
    f"{T2}/remark-on-the-support",
    statement=r"q(z|x),p(z|x)\ge\alpha \text{ where } p_d(x)>0 \text{ suffices; with } \epsilon=0 \text{ the joint is a"
    r" harmonium there}",
    source="Section 3, Theorem 2: 'bounded from below', and 'to recover the result in Theorem 1 in the limit'",
    domain=FINITE + " on the support of p_d, each z",
    readings=[LOST, "log(1 + t) vanishes with eps: eps = 0 is Theorem 1 on the support of p_d"],
    rests_on=[A1, A2],
    by=[derivation(theorem_steps, "all finite X, Z"), search(mild(), MILD, corners=EVEN)],
)
def near_a_harmonium_on_the_support(vae: FiniteVAE) -> Margin:
    """alpha is the least over the x that the data have only: a stronger bound."""
    return within(vae, bound(tilt(vae, vae.alpha(on_support=True))))


@near_a_harmonium_on_the_support.mutant("alpha squared: sqrt(alpha) in the bound")
def _(vae: FiniteVAE) -> Margin:
    return beyond(vae, bound(tilt(vae, sqrt(vae.alpha(on_support=True)))))


@near_a_harmonium_on_the_support.mutant("sqrt(eps/4) in place of sqrt(eps/2)")
def _(vae: FiniteVAE) -> Margin:
    return beyond(vae, bound(tilt(vae, vae.alpha(on_support=True), vae.gap() / 2)))


def _reversed(vae: FiniteVAE) -> Array:
    return vae.expectation(divergence(vae.log_posterior, vae.log_encoder))


@claim(
    f"{T2}/remark-either-direction",
    statement=r"E_{p_d}KL(p(z|x)\,\|\,q(z|x)) \le \epsilon \text{ in place of } \epsilon\text{-tightness gives the same"
    r" bound}",
    source="Section 3, Theorem 2, with the divergence reversed",
    domain=FINITE + ", each z",
    readings=[LOST, "Pinsker's inequality and (49) are symmetric in p and q; only (1b) is not: see definition-1"],
    rests_on=[A1, A2],
    by=[
        derivation(proposition_steps, "all finite X, Z, p and q exchanged"),
        search(mild(), MILD, corners=EVEN),
    ],
)
def either_direction(vae: FiniteVAE) -> Margin:
    """The bound with E KL(p(z|x) || q(z|x)) for eps."""
    return within(vae, bound(tilt(vae, vae.alpha(), _reversed(vae))))


@either_direction.mutant("sqrt(eps/4) in place of sqrt(eps/2)")
def _(vae: FiniteVAE) -> Margin:
    return beyond(vae, bound(tilt(vae, vae.alpha(), _reversed(vae) / 2)))


@either_direction.mutant("alpha squared: sqrt(alpha) in the bound")
def _(vae: FiniteVAE) -> Margin:
    return beyond(vae, bound(tilt(vae, sqrt(vae.alpha()), _reversed(vae))))


def _root(alpha: Array, t: Array, factor: float = 2.0) -> Array:
    """sqrt(factor (1 - alpha) eps/alpha), with eps = 2 (alpha t)²: [N]."""
    return t * sqrt(2 * factor * alpha * (1 - alpha))


@claim(
    f"{T2}/remark-sharper",
    statement=r"\bigl(E_{p_d}(\log p(x,z)-\log\tilde p(x,z))^2\bigr)^{1/2} \le"
    r" \sqrt{2(1-\alpha)\epsilon/\alpha} \le t,\ \text{ and } \le \log\tfrac{1-\alpha}{\alpha} \text{ if } |Z|\ge2",
    source="Section 3, Theorem 2, with another bound",
    domain=FINITE + ", each z",
    readings=["not printed: it grows like alpha^(-1/2) where Pinsker's inequality gives 1/alpha"],
    rests_on=[A1, f"{A2}/remark-squared-logarithm"],
    by=[
        derivation(sharper_steps, "all finite X, Z: KL is at least that of {z} and the rest; then the expectation"),
        search(wide(), WIDE, corners=EVEN),
    ],
)
def near_a_harmonium_by_the_root_of_alpha(vae: FiniteVAE) -> Margin:
    """The harmonium of the proof meets the root, the root is at most t, and log((1 - alpha)/alpha) bounds all."""
    alpha = vae.alpha()
    t = tilt(vae, alpha)
    root = _root(alpha, t)
    ours = root if vae.z.count == 1 else minimum(root, log((1 - alpha) / alpha))
    return within(vae, ours) & Margin.at_most(root, t)


@near_a_harmonium_by_the_root_of_alpha.mutant("3/2 in place of 2")
def _(vae: FiniteVAE) -> Margin:
    alpha = vae.alpha()
    return beyond(vae, _root(alpha, tilt(vae, alpha), 1.5))


@near_a_harmonium_by_the_root_of_alpha.mutant("(1 - alpha)² in place of 1 - alpha")
def _(vae: FiniteVAE) -> Margin:
    alpha = vae.alpha()
    return beyond(vae, _root(alpha, tilt(vae, alpha)) * sqrt(1 - alpha))


# --- the number of observations ---------------------------------------------------------------------------


def copied(vae: FiniteVAE) -> FiniteVAE:
    """The same VAE with two copies of each x, which share its mass and its code."""
    twice = np.tile(np.arange(vae.x.count), 2)
    rows = tuple(map(tuple, vae.x.statistics_of(twice).tolist()))
    x = Table(rows, tuple(vae.x.base_of(twice).tolist()))
    seen = vae.support or tuple(range(vae.x.count))
    data = 0 * vae.seen(vae.g[..., 0]) if vae.data is None else vae.data
    return FiniteVAE(
        x, vae.z, vae.f, concatenate([vae.g, vae.g], -2), vae.prior,
        concatenate([data, data], -1), (*seen, *(vae.x.count + k for k in seen)),
    )  # fmt: skip


def _same(vae: FiniteVAE, other: FiniteVAE, factor: float = 1.0) -> Margin:
    squares, others = (project(v).mean_square for v in (vae, other))
    same = Margin.equal(1 + squares, 1 + factor * others)
    return same & Margin.equal(1 + vae.gap(), 1 + factor * other.gap()) & Margin.equal(vae.alpha(), other.alpha())


@claim(
    f"{T2}/remark-cardinality",
    statement=r"\text{A bound on the error for the joint model, which despite the discreteness assumption of the"
    r" observation space in Theorem 2 does not depend on its cardinality}",
    source="Appendix A.3, before Proposition A.1",
    domain=FINITE + ", each z",
    readings=[LOST, "ours names eps and alpha only; attacked by doubling X: error, eps and alpha all stay as they are"],
    rests_on=[T2],
    by=[derivation(theorem_steps, "all finite X, Z"), search(mild(), MILD)],
)
def observations_may_be_copied(vae: FiniteVAE) -> Margin:
    """Two copies of each x, each with half its mass, change neither side of (9)."""
    return _same(vae, copied(vae))


@observations_may_be_copied.mutant("the errors add up over x: half of each")
def _(vae: FiniteVAE) -> Margin:
    return _same(vae, copied(vae), factor=2.0)


@observations_may_be_copied.mutant("the posterior of a copy is another")
def _(vae: FiniteVAE) -> Margin:
    other = copied(vae)
    return _same(vae, replace(other, g=concatenate([vae.g, 0 * vae.g], -2)))
