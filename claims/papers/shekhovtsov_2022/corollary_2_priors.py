"""Corollary 2 where the prior is learned: the harmonium's prior, which repairs it, and a free one, which does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, permutations
from math import prod

import sympy
import torch
from sympy.combinatorics import Permutation

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, exp, greatest, is_zero, stack, total
from claims.papers.shekhovtsov_2022.corollary_2 import ID, READ_LIMIT, READ_OTHER
from claims.papers.shekhovtsov_2022.decoder_classes import OnData, harmoniums
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.optima import FreeEncoders


def harmonium_steps() -> Iterator[Step]:
    """With p(z) = h'(z) exp(<psi, v> + a(z) - A), a the decoder's log-partition at W psi + u, the joint is h h'
    exp(<nu, W psi> + <nu, u> + <psi, v> - A), so p(z|x) is proportional to h' exp <psi, W^T nu + v>: an affine encoder
    attains it, and the ELBO at the best encoder is L, for every (W, u, v) and all data. So both have the same maximum
    and the same maximisers, if any: each global optimum of the ELBO is an ML parameter.
    """  # noqa: D205 - the proof
    coupling, u, v, a, A = sympy.symbols("nuWpsi nu_u psi_v a A", real=True)
    joint = (coupling + u - a) + (v + a - A)
    yield Step.vanishes(
        "log p(x|z) + log p(z) - log h h' = <psi, W'nu + v> + terms of x", joint - (coupling + v) - (u - A)
    )


@claim(
    f"{ID}/repair",
    statement=r"f(z) = W\psi(z) + u,\ p(z) \propto h'(z)\exp(\langle\psi(z),v\rangle + a(W\psi(z)+u)),\ v \text{"
    r" learned, affine encoders included} \Rightarrow \max_\phi L_B(\theta,\phi) = L(\theta)\ \forall\theta;\ \text{any"
    r" global optimum of ELBO attains a zero approximation error}",
    source="Section 3, Corollary 2, corrected",
    domain="all finite exponential families, minimal or not, all W, u, v, all data",
    repairs=ID,
    changes="the prior is the harmonium's, with v learned, for a fixed one",
    by=[
        derivation(harmonium_steps, "all W, u, v, all families with a finite A"),
        search(harmoniums(), "bits, spins, categories, counts, not minimal ones too; W, u, v of scale 1e-3..3"),
    ],
)
def harmonium_prior_makes_the_elbo_tight(case: OnData) -> Margin:
    """The ELBO with the affine encoder is the likelihood."""
    return _is_tight(case.vae)


def _is_tight(vae: FiniteVAE) -> Margin:
    return Margin.equal(vae.elbo(), vae.log_likelihood())


@harmonium_prior_makes_the_elbo_tight.mutant("uniform prior")
def _(case: OnData) -> Margin:
    return _is_tight(replace(case.vae, prior=None))


@harmonium_prior_makes_the_elbo_tight.mutant("an encoder of twice the parameters")
def _(case: OnData) -> Margin:
    return _is_tight(replace(case.vae, g=2 * case.vae.g))


# --- a free prior -----------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Identified:
    """A decoder and its prior, which their marginal p_d identifies, and another decoder with the uniform prior.

    Arrays: `truth`, `other` [N, 4, 5] odds, `prior` [N, 4] weights.
    """

    truth: Array
    other: Array
    prior: Array

    def __repr__(self) -> str:
        return "Identified(two decoders of five pixels, two latent bits; p_d is the first one's marginal)"

    @cached_property
    def decoders(self) -> FreeEncoders:
        """Both: K = 2."""
        odds, priors = stack([self.truth, self.other], -3), stack([self.prior, 0 * self.prior + 1], -2)
        some = constant([[1.0] * 2 ** self.truth.shape[-1]], odds)
        return FreeEncoders(odds, exp(FreeEncoders(odds, some, priors).vae.log_marginal[..., 0, :]), priors)


def identified() -> Iterator[Identified]:
    """Pixels 1 and 3 are noisy copies of z1, 2 and 4 of z2, the fifth tells all four z apart; the prior correlates."""
    low, high = 0.3125, 3.0  # dyadic: products are exact in balls
    truth = [
        [low, low, low, low, 0.125], [low, high, low, high, 0.5],
        [high, low, high, low, 2.0], [high, high, high, high, 8.0],
    ]  # fmt: skip
    other = [[0.4] * 4 + [0.125]] * 2 + [[2.5] * 4 + [8.0]] * 2
    arrays = (torch.tensor([values], dtype=torch.float64) for values in (truth, other, [8.0, 1.0, 1.0, 8.0]))
    yield Identified(*arrays)


@dataclass(frozen=True, repr=False)
class Renamed:
    """The witness's decoder with its codes z = 00, 01, 10, 11 in another `order`: `truth` [N, 4, 5] odds."""

    truth: Array
    order: tuple[int, ...]

    def __repr__(self) -> str:
        return f"Renamed(order={self.order})"

    @property
    def affine(self) -> Array:
        """1 if each pixel's logit is affine in the bits, that is odds(00) odds(11) = odds(01) odds(10), else 0: [N]."""
        odds = self.truth
        return -greatest(-is_zero(odds[..., 0, :] * odds[..., 3, :] - odds[..., 1, :] * odds[..., 2, :]))

    @property
    def is_symmetry(self) -> bool:
        """Whether the order keeps the diagonals {00, 11} and {01, 10}: a flip of bits, a swap, or both."""
        return {self.order[0], self.order[3]} in ({0, 3}, {1, 2})

    def determinant(self, first: int, second: int) -> Array:
        """Of the 4 x 4 matrix of the laws of two pixels over the codes: [N]."""
        p = self.truth / (1 + self.truth)
        a, b = p[..., first], p[..., second]
        rows = [(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b]
        terms = [
            Permutation(list(order)).signature() * prod(row[..., code] for row, code in zip(rows, order, strict=True))
            for order in permutations(range(4))
        ]
        return total(stack(terms))


def orders() -> Iterator[Renamed]:
    """All 24."""
    (witness,) = identified()
    return (Renamed(witness.truth[:, list(order)], order) for order in permutations(range(4)))


def kruskal_steps() -> Iterator[Step]:
    """p_d is a mixture of four products of the laws of (x1, x2), (x3, x4) and x5, all weights positive. The first two
    have four linearly independent laws (determinants not 0), x5 different ones: Kruskal ranks 4 + 4 + 2 >= 2 * 4 + 2,
    so by Kruskal's theorem any mixture of four products with the marginal p_d has the same laws and weights, in some
    order. Its logits are affine for the 8 symmetries of the square alone (all 24 orders are checked). These flip and
    swap bits, which takes factorised q to factorised q: all ML parameters have the same best ELBO.
    """  # noqa: D205 - the proof
    a, b, c, d = sympy.symbols("a b c d", positive=True)
    one, two = (sympy.Matrix([[1 - s, 1 - t], [s, t]]) for s, t in ((a, b), (c, d)))
    law = sympy.kronecker_product(one, two)
    yield Step.vanishes("det = (b - a)² (d - c)²", law.det() - (b - a) ** 2 * (d - c) ** 2)


@claim(
    f"{ID}/step-identified",
    statement=r"p_\theta = p_d \Rightarrow \theta = \theta^* \text{ but for a symmetry of the square of codes } z",
    source="ours: what the witness against a free prior rests on; Kruskal (1977)",
    domain="all affine decoders of five pixels given two bits and all positive priors; the witness's p_d",
    by=[
        derivation(kruskal_steps, "all such decoders, by Kruskal's theorem, the determinants and the 24 orders"),
        exhaustive(orders, "all 24 orders of the codes: affine or not, and the determinants", complete=True),
    ],
)
def marginal_identifies_the_decoder(case: Renamed) -> Margin:
    """The decoder stays affine under the symmetries alone; the laws are independent, those of x5 different."""
    return _renamed(case, case.is_symmetry)


def _renamed(case: Renamed, affine: bool, telling: int = 4) -> Margin:
    odds = case.truth[..., telling]
    apart = [(odds[..., i] - odds[..., j]) ** 2 for i, j in combinations(range(4), 2)]
    ranks = [case.determinant(0, 1) ** 2, case.determinant(2, 3) ** 2, *apart]
    return Margin.equal(case.affine, float(affine) + 0 * case.affine) & Margin.positive(stack(ranks))


@marginal_identifies_the_decoder.mutant("the identity alone")
def _(case: Renamed) -> Margin:
    return _renamed(case, case.order == (0, 1, 2, 3))


@marginal_identifies_the_decoder.mutant("x1 tells all codes apart, too")
def _(case: Renamed) -> Margin:
    return _renamed(case, case.is_symmetry, telling=0)


def _worked(case: Identified) -> list[str]:
    likelihood, elbo = ([float(v) for v in values[0]] for values in (case.decoders.likelihood, case.decoders.elbo))
    return [
        "theta*: p(z) = (8, 1, 1, 8)/18; odds of x1 and x3: 5/16 or 3 as z1 is 0 or 1, of x2 and x4 the same with z2,"
        " of x5: 2^(-3 + 4 z1 + 2 z2): all logits affine in z; p_d = p_theta*",
        "(x1, x2) and (x3, x4) have linearly independent distributions over the four z, x5 distinct ones: 4 + 4 + 2"
        " >= 2*4 + 2, so by Kruskal's theorem no other mixture of four products has the marginal p_d, the order of z"
        " apart",
        "of the 24 orders of z those that leave all logits affine are the 8 symmetries of the square (step-identified),"
        " and these keep q factorised: all ML parameters have the same best ELBO",
        f"L_ML = {likelihood[0]:.4f}, ELBO(theta*) = {elbo[0]:.4f} with the best factorised encoder",
        "theta': uniform prior, odds of x1..x4 2/5 or 5/2 and of x5 1/8 or 8 as z1 is 0 or 1: affine, tight with an"
        f" affine encoder; ELBO(theta') = L(theta') = {elbo[1]:.4f}, larger: every ELBO optimum has a positive error",
    ]


@claim(
    f"{ID}/remark-free-prior",
    statement=r"f(z) = W\psi(z) + u,\ p(z) \text{ a free table, learned with the decoder} \Rightarrow"
    r" L(\theta_{ML}) - L(\theta_{VAE}) = 0 \text{ at any global optimum of ELBO}",
    source="ours: Corollary 2 with a prior that is learned and free",
    domain="all finite exponential-family VAEs with affine decoders and any prior, all data, all encoder classes with"
    " the affine ones in them",
    readings=[READ_LIMIT, READ_OTHER],
    rests_on=[f"{ID}/step-identified"],
    effect="Learning the prior does not repair Corollary 2: it must be learned within the harmonium. The errors are"
    " small: the best optimum found here loses some 1e-4 nats, for p_d is almost the marginal of an RBM.",
    by=[exhaustive(identified, "z two bits, x five, a free prior; encoders: all factorised ones")],
    worked=_worked,
)
def free_prior_has_no_error(case: Identified) -> Margin:
    """The other decoder's ELBO is at most that of theta*, which all maximum likelihood parameters share."""
    return Margin.at_most(case.decoders.elbo[..., 1], case.decoders.elbo[..., 0])


@free_prior_has_no_error.mutant("affine decoders are tight")
def _(case: Identified) -> Margin:
    return Margin.at_most(case.decoders.gap[..., 0], 0 * case.prior[..., 0])


@free_prior_has_no_error.mutant("the other loses more likelihood than theta* has gap")
def _(case: Identified) -> Margin:
    likelihood = case.decoders.likelihood
    return Margin.at_least(likelihood[..., 0] - likelihood[..., 1], case.decoders.gap[..., 0])
