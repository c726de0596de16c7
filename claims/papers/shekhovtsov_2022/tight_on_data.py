"""What a VAE that is tight on its data says of the consistent set, and what it does not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Int

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, log, stack
from claims.papers.shekhovtsov_2022.affine import FREE, decoders
from claims.papers.shekhovtsov_2022.dependencies import (
    PROPER,
    annihilated,
    differences,
    independent_states,
    relations,
)
from claims.papers.shekhovtsov_2022.domains import MINIMAL
from claims.papers.shekhovtsov_2022.harmonium_form import natural_part
from claims.papers.shekhovtsov_2022.models.families import Bits, FiniteFamily
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.theorem_1 import T1


@dataclass(frozen=True)
class OneExample:
    """One pixel, two latent bits, uniform prior; all data are x = 1, and p(x = 1|z) = first rate_1^{z_1} rate_2^{z_2}.

    Arrays `first` [N], `rates` [N, 2], such that these are probabilities. Independent bits of odds `rates` are the
    posterior at x = 1, whatever the decoder says of x = 0: tight by construction.
    """

    first: Array
    rates: Array

    @property
    def chances(self) -> Array:
        """p(x = 1|z): [N, 4]."""
        first, second = self.rates[..., 0], self.rates[..., 1]
        return self.first[..., None] * stack([first**0, second, first, first * second])

    @property
    def vae(self) -> FiniteVAE:
        """The encoder at x = 0, which no data see, is that at x = 1: a constant network, the simplest there is."""
        g = log(self.rates)[:, None, :] + constant([[0.0], [0.0]], self.rates)
        return FiniteVAE(Bits(1), Bits(2), log(self.chances / (1 - self.chances))[..., None], g, support=(1,))


def examples() -> Iterator[OneExample]:
    """p(x = 1|z) = 1/2, 1/4, 1/4, 1/8 first."""
    for first in (0.5, 0.25):
        for rates in ([0.5, 0.5], [0.5, 0.25], [1.5, 0.5]):
            yield OneExample(np.array([first]), np.array([rates]))


def worked_example(case: OneExample) -> list[str]:
    """Posterior and log-odds, by hand."""
    first, rates = Fraction(str(float(case.first[0]))), [Fraction(str(float(r))) for r in case.rates[0]]
    chances = [first * rates[0] ** a * rates[1] ** b for a in (0, 1) for b in (0, 1)]
    odds = [p / (1 - p) for p in chances]
    bits = [r / (1 + r) for r in rates]
    return [
        "x one bit, z two bits, p(z) = 1/4, every training example is x = 1",
        f"p(x=1|z) = {', '.join(map(str, chances))} at z = 00, 01, 10, 11; the posterior at x = 1 is that of"
        f" independent bits which are 1 with probabilities {bits[0]} and {bits[1]}: a tight encoder",
        f"the odds of x = 1 are {', '.join(map(str, odds))}; an affine f needs {odds[0]} * {odds[3]} ="
        f" {odds[1]} * {odds[2]}, but {odds[0] * odds[3]} != {odds[1] * odds[2]}",
        f"the posterior at x = 0 does not factorise: {(1 - chances[0]) * (1 - chances[3])} !="
        f" {(1 - chances[1]) * (1 - chances[2])}",
    ]


def affine_decoder(vae: FiniteVAE) -> Margin:
    """f is affine in psi."""
    return annihilated(np.eye(vae.x.dimension, dtype=int), vae.f.mT, relations(vae.z))


@claim(
    "shekhovtsov-2022/remark-tight-everywhere",
    statement=r"\text{The KL-divergence in (1b) can vanish only if } p_\theta(z|x) \in Q.\ \text{A tight VAE must"
    r" satisfy } q(z|x) = p(z|x), \text{ which leads to Theorem 1. For a tight VAE, Theorem 1 states that the"
    r" decoder and encoder are generalized linear models (5) and (6)}",
    source="Sections 2 and 3, around Theorem 1",
    domain="all exponential family VAEs and 'the empirical data distribution' p_d",
    rests_on=["shekhovtsov-2022/remark-tight", T1, "shekhovtsov-2022/equation-5", "shekhovtsov-2022/equation-6"],
    readings=[
        "all three sentences lost their formulas ('can vanish only if', 'must satisfy', the references to (5) and (6))"
        " and are restored from the text around them; a lost 'for all x' would make them hypotheses of Theorem 1",
        "tight: E_pd KL(q(z|x)‖p(z|x)) = 0, as in Section 2 and Definition 1 (eps = 0), for the p_d of Section 1",
    ],
    carried_by=[f"{T1}/repair"],
    effect="Empirical data see few x, and only there a tight VAE has its posterior in the family. Theorem 1 is about"
    " posteriors at every x; Corollary 1 and the case analyses too. Harmless where the data span: see the repair.",
    by=[exhaustive(examples, "one pixel, two latent bits, uniform prior, p_d = one example; some rates")],
    worked=worked_example,
)
def tight_decoders_are_affine(case: OneExample) -> Margin:
    """A VAE that is tight on the data has an affine decoder."""
    return affine_decoder(case.vae)


@tight_decoders_are_affine.mutant("the example is x = 0")
def _(case: OneExample) -> Margin:
    vae = case.vae
    return affine_decoder(FiniteVAE(vae.x, vae.z, -vae.f, vae.g, support=(0,)))


@tight_decoders_are_affine.mutant("the posterior is in the family for every x")
def _(case: OneExample) -> Margin:
    return annihilated(np.eye(2, dtype=int), case.vae.log_posterior, relations(case.vae.z))


def spanning_steps() -> Iterator[Step]:
    """For every VAE, log p(z|x) = <(1, nu(x)), F(z)> + (a function of x) with F = (log p(z) - a(z), f(z)). Let the VAE
    be tight on a set S of full p_d-measure, on which (1, nu) has the rank that it has on X. Then each x has (1, nu(x))
    = sum_i c_i (1, nu(x_i)) with x_i in S, sum_i c_i = 1, and log p(z|x) - sum_i c_i log p(z|x_i) is a function of x
    alone. The log p(z|x_i) - log h'(z) are affine in psi, hence so is log p(z|x) - log h'(z): the posterior is in the
    family for every x (it is normalised, whatever the combination), the VAE is consistent, and eqs. (5) and (6) apply.
    p_d > 0 on a finite X is a special case.
    """  # noqa: D205 - the proof
    c, nu0, nu1, F0, F1 = sympy.symbols("c nu_0 nu_1 F_0 F_1", real=True)
    between = c * nu1 + (1 - c) * nu0
    value = F0 + between * F1
    yield Step.vanishes("<(1, nu), F> is affine in nu", value - c * (F0 + nu1 * F1) - (1 - c) * (F0 + nu0 * F1))


def spanning(draw: DrawFn, x: FiniteFamily) -> tuple[int, ...]:
    """A support on which (1, nu) has the rank that it has on X: states in any order until they span."""
    order = tuple(draw(st.permutations(range(x.count))))
    return tuple(sorted(independent_states(x, order)))


SPANS = "; data on as many states as (1, nu) has rank, which span it"


@claim(
    "shekhovtsov-2022/remark-tight-everywhere/repair",
    statement=r"\text{If } (1, \nu) \text{ has the same rank on the support of } p_d \text{ as on } X,"
    r" \text{ a tight VAE is consistent at every } x: \text{ its decoder and encoder are (5) and, on the support, (6)}",
    source="Sections 2 and 3, around Theorem 1, corrected",
    domain="all exponential family VAEs, all p_d such that (1, nu) has its rank on each set of full"
    " p_d-measure: for minimal nu, n + 1 suitable training points suffice",
    repairs="shekhovtsov-2022/remark-tight-everywhere",
    changes="adds that the data span: (1, nu) has full rank on the support of p_d, as where p_d > 0 on X",
    rests_on=["shekhovtsov-2022/remark-tight", "shekhovtsov-2022/equation-5", "shekhovtsov-2022/equation-6"],
    by=[derivation(spanning_steps, "all spaces"), search(decoders(xs=PROPER, support=spanning), FREE + SPANS)],
)
def tight_on_spanning_data_is_consistent(case: FiniteVAE) -> Margin:
    """The log-posterior at each x, up to what depends on x alone, is an affine combination of those on the support."""
    return annihilated(_combinations(case), case.log_posterior, differences(case.z.count))


def _combinations(case: FiniteVAE) -> np.ndarray:
    """For each x off the support, its relation to the states of the support; these are independent: [k, X]."""
    seen = case.support or ()
    rest = [s for s in range(case.x.count) if s not in seen]
    return np.concatenate([relations(case.x, (*seen, s)) for s in rest])


@tight_on_spanning_data_is_consistent.mutant("one state of the support replaced")
def _(case: FiniteVAE) -> Margin:
    return annihilated(np.roll(_combinations(case), 1, axis=1), case.log_posterior, differences(case.z.count))


@tight_on_spanning_data_is_consistent.mutant("the posterior at x is one on the support")
def _(case: FiniteVAE) -> Margin:
    return annihilated(differences(case.x.count), case.log_posterior, differences(case.z.count))


# --- affine in z ------------------------------------------------------------------------------------------


@cache
def second_differences(bits: Bits) -> Int[np.ndarray, "k states"]:
    """t(s) - t(s with bit i turned) - t(s with bit j turned) + t(s with both turned), all s and i < j."""
    states = np.eye(bits.count, dtype=int)
    numbers = np.arange(bits.count)
    pairs = itertools.combinations([1 << k for k in range(bits.n)], 2)
    rows = [states - states[numbers ^ i] - states[numbers ^ j] + states[numbers ^ i ^ j] for i, j in pairs]
    return np.concatenate(rows)


LATENT_BITS = (Bits(2), Bits(3), Bits(2, spins=True))


def affine_steps() -> Iterator[Step]:
    """By eq. (5) and minimal nu, f = W psi(z) + u for a tight VAE (p_d spanning, remark-tight-everywhere/repair). For
    Bernoulli latents psi(z) = z, so f is affine in z on all of Z. Where psi has other components, f is affine in psi
    and need not be in z: for the Bernoulli-MRF, psi has the products y_j y'_k.
    """  # noqa: D205 - the proof
    a, b, c, d = sympy.symbols("a b c d", real=True)
    f = [a + b * i + c * j for i in (0, 1) for j in (0, 1)]
    yield Step.vanishes("affine in z: no second differences", f[0] - f[1] - f[2] + f[3])
    g = [a + b * i + c * j + d * i * j for i in (0, 1) for j in (0, 1)]
    yield Step.vanishes("affine in psi = (y, y', y y'): second difference d", g[0] - g[1] - g[2] + g[3] - d)


@claim(
    "shekhovtsov-2022/remark-affine-globally",
    statement=r"\text{Our Theorem 1 implies it must be so [the decoder's mapping is affine in } z] \text{ globally for"
    r" tight VAEs in several special cases (e.g., Bernoulli model), while in general it is an affine mapping of }"
    r" \psi(z)",
    source="Appendix B",
    domain="all VAEs with minimal nu that are tight on spanning data, any prior; Bernoulli latents",
    rests_on=["shekhovtsov-2022/equation-5", "shekhovtsov-2022/remark-tight-everywhere"],
    carried_by=["shekhovtsov-2022/remark-tight-everywhere/repair"],
    readings=["tight on data that span (1, nu)"],
    by=[
        derivation(affine_steps, "all spaces X and priors, any number of latent bits"),
        search(decoders(xs=tuple(x for x in MINIMAL if x.dimension), zs=LATENT_BITS), FREE + "; z bits or spins"),
    ],
)
def decoder_is_affine_in_bits(case: FiniteVAE) -> Margin:
    """<nu(x) - nu(x0), f> and log p(z|x) - log p(z|x0) have the same second differences in any two bits."""
    return _second_differences(case, case.log_posterior - natural_part(case))


def _second_differences(case: FiniteVAE, values: Array) -> Margin:
    if not isinstance(case.z, Bits):
        raise TypeError(f"second differences are of bits, not of {case.z}")
    return annihilated(differences(case.x.count), values, second_differences(case.z))


@decoder_is_affine_in_bits.mutant("f is affine whatever the posterior")
def _(case: FiniteVAE) -> Margin:
    return _second_differences(case, natural_part(case))


@decoder_is_affine_in_bits.mutant("the posterior's are twice those of f")
def _(case: FiniteVAE) -> Margin:
    return _second_differences(case, case.log_posterior - 2 * natural_part(case))
