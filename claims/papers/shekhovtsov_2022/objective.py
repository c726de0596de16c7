"""Sections 1 and 2: the two forms of the ELBO, eq. (1), what the gap is, and the consistent set, eq. (3)."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, absolute, exp, total
from claims.papers.shekhovtsov_2022.domains import SCOPE, finite_vaes
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE, divergence

ALL_VAES = "all VAEs of Assumption 1 and all p_d; on infinite spaces wherever the divergences are finite"
FINITE = finite_vaes(g_bends=(0.0, 0.1, 1.0, 10.0))


def two_form_steps() -> Iterator[Step]:
    """With a = log p(x|z), b = log p(z), c = log p(x), l = log q(z|x), Bayes gives log p(z|x) = a + b - c, so the
    integrands of (1a) and (1b) are the same, a - (l - b) = c - (l - (a + b - c)), at each x and z; c does not depend
    on z and q(z|x) integrates to 1. Hence the sums and integrals agree wherever they are defined.
    """  # noqa: D205 - the proof
    a, b, c, q = sympy.symbols("a b c l", real=True)
    yield Step.vanishes("integrand of (1a) = integrand of (1b)", a - (q - b) - (c - (q - (a + b - c))))


@claim(
    "shekhovtsov-2022/equation-1",
    statement=r"E_{p_d}\big[E_{q(z|x)}\log p(x|z) - KL(q(z|x)\|p(z))\big] = L(\theta) - E_{p_d}KL(q(z|x)\|p(z|x))",
    source="Section 1, eqs. (1a) and (1b)",
    domain=ALL_VAES,
    readings=["both formulas are lost; restored from the text around them"],
    by=[derivation(two_form_steps, "all spaces"), search(finite_vaes(), SCOPE)],
)
def two_forms_of_the_elbo(case: FiniteVAE) -> Margin:
    """(1a) = (1b)."""
    return Margin.equal(case.elbo(), case.elbo_by_gap())


@two_forms_of_the_elbo.mutant("KL reversed")
def _(case: FiniteVAE) -> Margin:
    reverse = case.expectation(divergence(case.log_posterior, case.log_encoder))
    return Margin.equal(case.elbo(), case.log_likelihood() - reverse)


@two_forms_of_the_elbo.mutant("prior ignored")
def _(case: FiniteVAE) -> Margin:
    encoder = case.log_encoder
    entropy = -total(exp(encoder) * encoder)
    return Margin.equal(case.expectation(total(exp(encoder) * case.log_decoder) + entropy), case.elbo_by_gap())


@two_forms_of_the_elbo.mutant("base measure dropped from the decoder")
def _(case: FiniteVAE) -> Margin:
    base = case.expectation(case.x.log_base(case.f) + 0 * case.g[..., 0])
    return Margin.equal(case.elbo() - base, case.elbo_by_gap())


def total_variations(case: FiniteVAE, reference: Array) -> Array:
    """sum_z |q(z|x) - reference(z|x)| of each x, for log-probabilities: [N, X]."""
    return total(absolute(exp(case.log_encoder) - exp(reference)))


def tight_steps() -> Iterator[Step]:
    """KL(q‖p) >= (sum |q - p|)²/2 (Pinsker), so E_pd KL = 0 makes q(.|x) = p(.|x) for p_d-almost all x. Conversely
    KL(q‖p) <= KL(q‖p) + KL(p‖q) = sum_z (q - p)(log q - log p), which vanishes where they are equal.
    """  # noqa: D205 - the proof
    q, p = sympy.symbols("q p", positive=True)
    both = q * (sympy.log(q) - sympy.log(p)) + p * (sympy.log(p) - sympy.log(q))
    yield Step.vanishes("q log(q/p) + p log(p/q) = (q - p) log(q/p)", both - (q - p) * (sympy.log(q) - sympy.log(p)))


@claim(
    "shekhovtsov-2022/remark-tight",
    statement=r"L(\theta) - ELBO = E_{p_d} KL(q(z|x)\|p(z|x)).\ \text{ELBO is tight at } \theta \text{ iff }"
    r" q(z|x) = p(z|x) \text{ for } p_d\text{-almost all } x",
    source="Section 2, before eq. (3)",
    domain=ALL_VAES,
    rests_on=["shekhovtsov-2022/equation-1"],
    readings=["the formulas are lost; 'for p_d-almost all x' is ours: for all x see remark-tight-everywhere"],
    by=[derivation(tight_steps, "all spaces, by Pinsker's inequality"), search(FINITE, SCOPE)],
)
def tight_where_the_data_are(case: FiniteVAE) -> Margin:
    """E_pd (sum |q - p|)²/2 <= L - ELBO <= E_pd sum (q - p)(log q - log p): each side vanishes with q - p."""
    return _between(case, 0.5)


def _between(case: FiniteVAE, factor: float, share: float = 1.0) -> Margin:
    posterior, gap = case.log_posterior, case.gap()
    variation = case.expectation(total_variations(case, posterior) ** 2)
    both = divergence(case.log_encoder, posterior) + divergence(posterior, case.log_encoder)
    return Margin.at_least(gap, factor * variation) & Margin.at_most(gap, share * case.expectation(both))


@tight_where_the_data_are.mutant("a third more than Pinsker's half")
def _(case: FiniteVAE) -> Margin:
    return _between(case, 0.67)


@tight_where_the_data_are.mutant("half of the symmetric divergence")
def _(case: FiniteVAE) -> Margin:
    return _between(case, 0.5, share=0.5)


@tight_where_the_data_are.mutant("for all x, also where there are no data")
def _(case: FiniteVAE) -> Margin:
    variation = total(total_variations(case, case.log_posterior) ** 2) / case.x.count
    return Margin.at_least(case.gap(), variation / 2)


def consistent_set_steps() -> Iterator[Step]:
    """X finite and p_d > 0. If E_pd KL(q‖p(.|x)) = 0 then each KL vanishes, so the posterior is in the encoder's
    family for each x, with parameter g(x). If it is in the family for each x, with some parameter g(x), then the
    encoder network x -> g(x) has divergence 0 at each x. The bound used by the search is one term of a sum of
    nonnegative terms, with Pinsker's inequality.
    """  # noqa: D205 - the proof
    mass, divergence_at, rest = sympy.symbols("p_d K R", nonnegative=True)
    yield Step.nonnegative("the sum is at least one of its terms", (mass * divergence_at + rest) - mass * divergence_at)


@claim(
    "shekhovtsov-2022/equation-3",
    statement=r"\Theta_Q = \{\theta : p_\theta(z|x) \in Q\}: \text{ we characterise the consistent set, on which the"
    r" bound is tight}",
    source="Section 2, eq. (3)",
    domain="X finite with p_d > 0 on all of X, Q all encoders of the family: theta is in the set iff the ELBO is tight"
    " for some encoder",
    rests_on=["shekhovtsov-2022/remark-tight"],
    readings=["(3) is lost; for p_d that vanish somewhere see remark-tight-everywhere"],
    by=[
        derivation(consistent_set_steps, "all X finite with p_d > 0"),
        search(finite_vaes(partial=False, g_bends=(0.0, 0.1, 1.0, 10.0)), SCOPE + "; p_d > 0"),
    ],
)
def consistent_iff_tight_for_some_encoder(case: FiniteVAE) -> Margin:
    """L - ELBO >= p_d(x) (sum_z |q - p|)²/2 for each x: it cannot vanish unless each posterior is in the family."""
    return _each(case, exp(case.log_data))


def _each(case: FiniteVAE, mass: Array) -> Margin:
    gap = case.log_likelihood() - case.elbo()
    variation = total_variations(case, case.log_posterior) ** 2
    # L - ELBO is a difference of large numbers: its rounding is of their size.
    size = absolute(case.log_likelihood())[..., None]
    return Margin.at_least(gap[..., None] + size, mass * variation / 2 + size)


@consistent_iff_tight_for_some_encoder.mutant("p_d(x) left out")
def _(case: FiniteVAE) -> Margin:
    return _each(case, 1 + 0 * case.log_data)


@consistent_iff_tight_for_some_encoder.mutant("square root of p_d(x)")
def _(case: FiniteVAE) -> Margin:
    return _each(case, exp(case.log_data / 2))


@consistent_iff_tight_for_some_encoder.mutant("L and ELBO exchanged")
def _(case: FiniteVAE) -> Margin:
    return Margin.at_least(case.elbo(), case.log_likelihood())
