"""Definition 1 and Theorem 2: an eps-tight VAE whose conditionals keep away from 0 is near a harmonium."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
import torch

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, is_tensor, sqrt
from claims.papers.shekhovtsov_2022.bounds import (
    EVEN,
    FINITE,
    LOST,
    MILD,
    NEARLY_TIGHT,
    WIDE,
    bound,
    mild,
    tilt,
    wide,
)
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE, divergence
from claims.papers.shekhovtsov_2022.models.projection import project
from claims.papers.shekhovtsov_2022.proposition_a1 import A1, out_of_reach
from claims.papers.shekhovtsov_2022.proposition_a2 import proposition_steps
from claims.papers.shekhovtsov_2022.proposition_a2_steps import A2

#: Gaps that floats know to three digits and more: the worst ratio is reported among these.
SEEN = 1e-12

T2 = "shekhovtsov-2022/theorem-2"


# --- Definition 1 -----------------------------------------------------------------------------------------


def gap_steps() -> Iterator[Step]:
    """For each x, summed against q(z|x): log p(x|z) - log(q/p(z)) = log p(x) - log(q/p(z|x)) by Bayes. And KL >= 0, by
    log u <= u - 1 for u = p(z|x)/q(z|x): so eps-tight means L - ELBO <= eps, with eps = 0 only where q = p(z|x).
    """  # noqa: D205 - the proof
    decoder, prior, marginal, q = sympy.symbols("d r m q", positive=True)
    posterior = decoder * prior / marginal
    both = sympy.log(decoder) - sympy.log(q / prior) - sympy.log(marginal) + sympy.log(q / posterior)
    yield Step.vanishes("(1a) - (1b) for each x, z", sympy.expand_log(both))
    u = sympy.Symbol("u", positive=True)
    yield Step.convex_minimum("u - 1 - log u", u - 1 - sympy.log(u), u, sympy.Integer(1), 0)


def _lost(vae: FiniteVAE, gap: Array) -> Margin:
    # Both sides times 1, but beside L and the ELBO, whose rounding is that of their own size.
    return Margin.equal(vae.elbo() + gap, vae.log_likelihood()) & Margin.at_least(1 + gap, 1 + 0 * gap)


@claim(
    "shekhovtsov-2022/definition-1",
    statement=r"\text{A VAE is } \epsilon\text{-tight if } E_{p_d}KL(q(z|x)\,\|\,p(z|x)) \le \epsilon:"
    r" \text{ the ELBO is at most } \epsilon \text{ below } L, \text{ and never above}",
    source="Section 3, Definition 1, with (1a) and (1b)",
    domain="all EF VAEs on finite X, Z, all priors, all p_d",
    readings=["a definition says nothing that could fail; checked is that it measures what the ELBO loses"],
    by=[derivation(gap_steps, "all VAEs, each x and z"), search(mild(), MILD, corners=NEARLY_TIGHT)],
)
def tightness_is_what_the_elbo_loses(vae: FiniteVAE) -> Margin:
    """ELBO (1a) + E KL(q || p) = L, and E KL >= 0."""
    return _lost(vae, vae.gap())


@tightness_is_what_the_elbo_loses.mutant("KL reversed")
def _(vae: FiniteVAE) -> Margin:
    return _lost(vae, vae.expectation(divergence(vae.log_posterior, vae.log_encoder)))


@tightness_is_what_the_elbo_loses.mutant("KL from the prior")
def _(vae: FiniteVAE) -> Margin:
    return _lost(vae, vae.expectation(divergence(vae.log_encoder, vae.log_prior[..., None, :])))


# --- Theorem 2 --------------------------------------------------------------------------------------------


def theorem_steps() -> Iterator[Step]:
    """Proposition A.1 with mu = p_d gives W, u, v, c with ‖log p(., z) - log p~(., z)‖ <= ‖log p(z|.) - log q(z|.)‖,
    which Proposition A.2 bounds by log(1 + t) <= t. Neither mentions the size of X or of Z.
    """  # noqa: D205 - the proof
    yield from proposition_steps()


def within(vae: FiniteVAE, most: Array) -> Margin:
    """Each mean square of log p - log p~, p~ as in the proof, is at most that of `most` [N]; tells the worst ratio."""
    squares = project(vae).mean_square
    margin = Margin.at_most(squares, (most * most)[..., None])
    if not is_tensor(squares):
        return margin
    ratio = squares.amax(dim=-1).sqrt() / most
    return margin.report(ratio=ratio.where(vae.gap() > SEEN, torch.nan))


def beyond(vae: FiniteVAE, most: Array, target: Array | None = None) -> Margin:
    """The same for the existence of W, u, v, c: violated only if no harmonium meets it. For mutants."""
    return out_of_reach(vae, (most * most)[..., None] + 0 * vae.log_prior, target)


@claim(
    T2,
    statement=r"\epsilon\text{-tight},\ q(z|x),p(z|x)\ge\alpha>0 \Rightarrow \exists W,u,v,c:\ \tilde p = h h'"
    r"\exp(\langle\nu,W\psi\rangle+\langle\nu,u\rangle+\langle\psi,v\rangle+c) \text{ with }"
    r" \bigl(E_{p_d}(\log p(x,z)-\log\tilde p(x,z))^2\bigr)^{1/2} \le \log(1+t) \text{ for each } z",
    source="Section 3, Theorem 2, (8) and (9)",
    domain=FINITE + ", each z",
    readings=[
        LOST + ". A stronger printed bound would be a claim of its own",
        "a constant c belongs to (8), which is not normalised",
        "eps is E_pd KL itself and alpha the least of q(z|x), p(z|x): other admitted values give larger bounds",
        "alpha² in the denominator and eps in the place of eps/2 weaken the bound; the mutants strengthen it",
    ],
    rests_on=["shekhovtsov-2022/definition-1", A1, A2],
    by=[
        derivation(theorem_steps, "all finite X, Z"),
        search(wide(), WIDE, corners=(*EVEN, *NEARLY_TIGHT)),
    ],
)
def near_a_harmonium(vae: FiniteVAE) -> Margin:
    """The harmonium of Proposition A.1 meets log(1 + t); the worst ratio is reported (it tends to 1 at alpha = 1/2)."""
    return within(vae, bound(tilt(vae, vae.alpha())))


@near_a_harmonium.mutant("alpha squared: only p, q >= alpha², so sqrt(alpha) in the bound")
def _(vae: FiniteVAE) -> Margin:
    return beyond(vae, bound(tilt(vae, sqrt(vae.alpha()))))


@near_a_harmonium.mutant("sqrt(eps/4) in place of sqrt(eps/2)")
def _(vae: FiniteVAE) -> Margin:
    return beyond(vae, bound(tilt(vae, vae.alpha(), vae.gap() / 2)))


@near_a_harmonium.mutant("eps/2 without the root")
def _(vae: FiniteVAE) -> Margin:
    return beyond(vae, bound(vae.gap() / 2 / vae.alpha()))


@near_a_harmonium.mutant("base measures dropped from (8)")
def _(vae: FiniteVAE) -> Margin:
    return beyond(vae, bound(tilt(vae, vae.alpha())), vae.log_joint)


@near_a_harmonium.mutant("prior ignored: log p(x|z) in place of log p(x, z)")
def _(vae: FiniteVAE) -> Margin:
    bases = vae.x.log_base(vae.f)[:, None] + vae.z.log_base(vae.f)
    return beyond(vae, bound(tilt(vae, vae.alpha())), vae.log_decoder - bases)


@near_a_harmonium.mutant("W transposed, in the harmonium of the proof")
def _(vae: FiniteVAE) -> Margin:
    most = bound(tilt(vae, vae.alpha()))
    square = vae.f.shape[-1] == vae.g.shape[-1]
    return Margin.at_most(project(vae, transposed=square).mean_square, (most * most)[..., None])
