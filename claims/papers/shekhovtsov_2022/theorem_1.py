"""Theorem 1: which decoders of the form (5) are consistent, for a fixed prior and for a free one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, stack
from claims.papers.shekhovtsov_2022.affine import AFFINE, SCALES, AffineDecoder, Odds, joints
from claims.papers.shekhovtsov_2022.dependencies import PROPER, annihilated, relations
from claims.papers.shekhovtsov_2022.harmonium_form import joint_steps
from claims.papers.shekhovtsov_2022.models.families import Bits
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.harmonium import Harmonium

T1 = "shekhovtsov-2022/theorem-1"


def posterior_in_family(vae: FiniteVAE) -> Margin:
    """log p(z|x) - log h'(z) is affine in psi(z), for every x."""
    values = vae.log_posterior - vae.z.log_base(vae.f)
    return annihilated(np.eye(vae.x.count, dtype=int), values, relations(vae.z))


def worked_odds(case: Odds) -> list[str]:
    """The posterior at x = 1, by hand."""
    odds = [Fraction(str(float(o))) for o in case.odds[0]]
    chances = {f"{a}{b}": (s := odds[0] ** a * odds[1] ** b) / (1 + s) for a in (0, 1) for b in (0, 1)}
    told = ", ".join(f"{p} at z = {z}" for z, p in chances.items())
    return [
        f"x one bit, z two bits, p(z) = 1/4; log-odds of x = 1 are z_1 log {odds[0]} + z_2 log {odds[1]}: W = (log"
        f" {odds[0]}, log {odds[1]}), u = 0, of the form (5)",
        f"p(x=1|z) = {told}; the posterior at x = 1 is proportional to these, as the prior is uniform",
        f"independent bits need p(00) p(11) = p(01) p(10), but {chances['00'] * chances['11']} !="
        f" {chances['01'] * chances['10']}: no encoder with independent bits is this posterior, with or without depth",
    ]


def witnesses() -> Iterator[Odds]:
    """Two latent bits; e^{w_1}, e^{w_2} = 2, 3, 4 and their inverses."""
    for first in (2.0, 3.0, 4.0, 0.5):
        for second in (2.0, 3.0, 0.5):
            yield Odds(np.array([[first, second]]))


@claim(
    T1,
    statement=r"\text{The consistent set of an exponential family VAE is given by decoders of the form (5), where } W"
    r" \text{ is a matrix and } u \text{ a vector. Moreover, the corresponding encoders have the form (6)}",
    source="Section 3, Theorem 1; Section 5: 'it coincides with the set of log-bilinear models'",
    domain="all exponential family VAEs with p(z) as the setting has it ('a simple distribution which is usually"
    " assumed to be known'; 'assumed uniform Bernoulli'), all W and u",
    rests_on=["shekhovtsov-2022/equation-5", "shekhovtsov-2022/equation-6", "shekhovtsov-2022/equation-7"],
    readings=[
        "'is given by decoders of the form (5)' describes the set: W and u are any matrix and vector",
        "that consistent decoders have the form (5), and their encoders (6), is proved: equation-5, equation-6",
        "where the prior is learned freely, on finite spaces, the theorem holds: theorem-1/remark-free-prior",
    ],
    effect="Half of the theorem fails for a fixed prior: consistent decoders are of the form (5), but most decoders of"
    " that form are not consistent, unless every law on Z is in the encoder family (one bit, a categorical). What"
    " excludes models stands (Corollary 1, (10)-(12) and (15) as necessary forms, 'cannot be enlarged'; the set is"
    " narrower still). What promises consistency falls: Corollary 2 for a fixed prior, (12) and (15) as"
    " descriptions of the whole set, 'a linear decoder makes the VAE equivalent to an RBM'.",
    by=[exhaustive(witnesses, "one pixel, two latent bits, uniform prior, u = 0, e^{w_j} in {1/2, 2, 3, 4}")],
    worked=worked_odds,
)
def every_decoder_of_the_form_is_consistent(case: Odds) -> Margin:
    """The posterior of a decoder (5) under the uniform prior is in the encoder family."""
    return posterior_in_family(case.vae)


@every_decoder_of_the_form_is_consistent.mutant("twice the coupling")
def _(case: Odds) -> Margin:
    return posterior_in_family(Odds(case.odds * case.odds).vae)


@every_decoder_of_the_form_is_consistent.mutant("a third latent bit like the second")
def _(case: Odds) -> Margin:
    return posterior_in_family(Odds(case.odds[..., [0, 1, 1]]).vae)


def repair_steps() -> Iterator[Step]:
    """Let f = W psi + u. Then p(z|x) is proportional to p(z) exp(<nu(x), W psi(z)> - a(z)): it is in the family iff
    log p(z) - log h'(z) - a(z) + <psi(z), W^T nu(x)> is affine in psi, that is, iff log p - log h' - a is; a condition
    without x. So it holds for all x or for none, and iff p(z) = h'(z) exp(<psi(z), v> + a(z) - A) for some v and A. The
    posterior is then (6) with this v, and the joint (7), whose marginal is p(z). That consistent decoders are of the
    form (5) is eq. (5). The spaces and the prior p(z) > 0 are any.
    """  # noqa: D205 - the proof
    prior, k, a, psi, W, nu, v, A = sympy.symbols("log_p log_h' a psi W nu v A", real=True)
    posterior = prior + nu * W * psi - a
    yield Step.vanishes("p(z|x) = (6) where p(z) = h' exp(<psi, v> + a - A)",
                        posterior.subs(prior, k + psi * v + a - A) - (k + psi * (W * nu + v) - A))  # fmt: skip
    yield Step.vanishes("x enters by an affine function of psi", sympy.diff(posterior, nu, psi, psi))


@claim(
    f"{T1}/repair",
    statement=r"\text{The consistent set for the prior } p(z) \text{ is } \{(W,u) :"
    r" p(z) \propto h'(z)\exp(\langle\psi(z), v\rangle + a_{W,u}(z)) \text{ for some } v\},"
    r" \text{ the decoders (5) of harmoniums (7) whose marginal is } p(z);"
    r" \text{ the corresponding encoders have the form (6)}",
    source="Section 3, Theorem 1, corrected",
    domain="all exponential family VAEs, all positive priors, any X and Z",
    repairs=T1,
    changes="adds that the prior is the marginal of the harmonium: a(z) + log h'(z) - log p(z) is affine in psi(z)",
    rests_on=["shekhovtsov-2022/equation-5", "shekhovtsov-2022/equation-6", "shekhovtsov-2022/equation-7"],
    by=[
        derivation(repair_steps, "all spaces, priors, W, u"),
        search(joints(AffineDecoder, zs=PROPER), AFFINE + "; any prior; encoder families that are not all laws on Z"),
    ],
)
def consistent_iff_the_prior_is_the_marginal(case: AffineDecoder) -> Margin:
    """For each x, what of log p(z|x) - log h' is not affine in psi is what of log p(z) - log h' - a(z) is not."""
    return _off_family(case, 1.0)


def _off_family(case: AffineDecoder, partition: float) -> Margin:
    vae = case.vae
    condition = vae.log_prior - partition * vae.x.log_partition(vae.f)
    values = vae.log_posterior - condition[..., None, :]
    return annihilated(np.eye(vae.x.count, dtype=int), values, relations(vae.z))


@consistent_iff_the_prior_is_the_marginal.mutant("without the log-partition a(z): Theorem 1 as printed")
def _(case: AffineDecoder) -> Margin:
    return _off_family(case, 0.0)


@consistent_iff_the_prior_is_the_marginal.mutant("a(z) of the other sign")
def _(case: AffineDecoder) -> Margin:
    return _off_family(case, -1.0)


# --- how many there are -----------------------------------------------------------------------------------


@claim(
    f"{T1}/remark-free-prior",
    statement=r"\text{On finite spaces every } (W, u) \text{ is consistent for some prior, with every } v:"
    r" p(z) \propto h'(z)\exp(\langle\psi(z),v\rangle + a_{W,u}(z))",
    source="Section 3, Theorem 1 where p(z) is learned with the decoder",
    domain="all W, u, v; X and Z finite (else wherever the prior is normalisable)",
    rests_on=["shekhovtsov-2022/equation-7"],
    readings=["not printed: the reading under which Theorem 1 holds in both directions"],
    by=[derivation(joint_steps, "all W, u, v"), search(joints(Harmonium), AFFINE)],
)
def every_coupling_is_consistent_for_some_prior(case: Harmonium) -> Margin:
    """Under the harmonium's marginal, the posterior at x has the natural parameters W^T nu(x) + v."""
    vae = case.vae()
    return Margin.equal(vae.log_posterior, vae.z.log_density(vae.g))


@every_coupling_is_consistent_for_some_prior.mutant("for the uniform prior")
def _(case: Harmonium) -> Margin:
    vae = FiniteVAE(case.x, case.z, case.f, case.g)
    return Margin.equal(vae.log_posterior, vae.z.log_density(vae.g))


@every_coupling_is_consistent_for_some_prior.mutant("with W^T nu(x) - v")
def _(case: Harmonium) -> Margin:
    vae = case.vae()
    return Margin.equal(vae.log_posterior, vae.z.log_density(vae.g - 2 * case.v[..., None, :]))


@dataclass(frozen=True)
class TwoPixels:
    """Two spins x, two spins z, uniform prior, W = ((a, b), (a, -b)), u = (c, c). Array `numbers` [N, 3]: a, b, c."""

    numbers: Array

    def vae(self, turn: float = -1.0, share: float = 1.0) -> FiniteVAE:
        """For mutants W = ((a, b), (a, turn b)), u = (c, share c)."""
        a, b, c = (self.numbers[..., k] for k in range(3))
        W = stack([stack([a, b]), stack([a, turn * b])], -2)
        base = Harmonium(Bits(2, spins=True), Bits(2, spins=True), W, stack([c, share * c]), 0 * W[..., 0])
        return FiniteVAE(base.x, base.z, base.f, base.g)


@dataclass(frozen=True)
class TwoPixelModels:
    """All such models, of one scale."""

    scale: float
    size: int = 3

    def build(self, free: Float[Tensor, "n 3"]) -> TwoPixels:
        """A batch of instances."""
        return TwoPixels(self.scale * free)


def spin_steps() -> Iterator[Step]:
    """a(z) = sum_i log 2cosh((W z + u)_i). At z = (1, 1) and (-1, -1) the arguments are c ± (a + b) and c ± (a - b),
    and at z = (1, -1) and (-1, 1) they are the same four: a(1, 1) + a(-1, -1) = a(1, -1) + a(-1, 1), so a(z) is
    affine in z. By theorem-1/repair the decoder is consistent for the uniform prior, for all a, b, c.
    """  # noqa: D205 - the proof
    a, b, c = sympy.symbols("a b c", real=True)

    def arguments(*latents: tuple[int, int]) -> set[sympy.Expr]:
        return {sympy.expand(c + a * s + sign * b * t) for s, t in latents for sign in (1, -1)}

    apart = arguments((1, 1), (-1, -1)) ^ arguments((1, -1), (-1, 1))
    yield Step.vanishes("the same arguments of cosh", sympy.Integer(len(apart)))


@claim(
    f"{T1}/remark-uniform-prior",
    statement=r"\text{For two spins } x, \text{ two spins } z \text{ and the uniform prior, all }"
    r" W = \begin{bmatrix}a&b\\a&-b\end{bmatrix},\ u = (c, c) \text{ are consistent: the consistent set of a fixed"
    r" prior is not trivial}",
    source="Section 3, Theorem 1 with a fixed prior",
    domain="all real a, b, c",
    rests_on=[f"{T1}/repair"],
    readings=["not printed: what the repaired theorem leaves for a fixed prior"],
    by=[
        derivation(spin_steps, "all a, b, c"),
        search(st.builds(TwoPixelModels, st.sampled_from(SCALES)), "a, b, c of scales 1e-3..30"),
    ],
)
def opposite_rows_are_consistent(case: TwoPixels) -> Margin:
    """The posterior under the uniform prior is that of independent spins."""
    return posterior_in_family(case.vae())


@opposite_rows_are_consistent.mutant("equal rows")
def _(case: TwoPixels) -> Margin:
    return posterior_in_family(case.vae(turn=1.0))


@opposite_rows_are_consistent.mutant("u = (c, 0)")
def _(case: TwoPixels) -> Margin:
    return posterior_in_family(case.vae(share=0.0))
