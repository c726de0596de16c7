"""Section 3.1: linear VAEs "are known to be consistent and to match the probabilistic PCA model"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import Array, constant, maximum, sqrt
from claims.engine.strategies import Orthogonal
from claims.papers.shekhovtsov_2022.gaussian_joint import JOINT_SCOPE, JOINTS, Joint
from claims.papers.shekhovtsov_2022.gaussian_theorem_1 import spread
from claims.papers.shekhovtsov_2022.models.gaussian import (
    LinearDecoder,
    LinearEncoder,
    Moments,
    apply,
    diagonal_gap,
    diagonals,
    ppca_optimum,
    units,
)
from claims.papers.shekhovtsov_2022.models.gaussian_ensembles import INSTANCES, instances

SOURCE = "Section 3.1, Diagonal Gaussian VAE"
LINEAR = "all d, m >= 1 (m >= d too), W, u, s > 0; prior N(0, I); encoders N(Bx + c, diag D)"


@dataclass(frozen=True)
class Turned:
    """A linear VAE of any parameters: W = Q S T' diag(1/k) under the prior N(a, diag k²), an encoder, and data.

    Every W is of that form (singular value decomposition of W diag k). `turned` drops T.
    """

    Q: Orthogonal
    T: Orthogonal
    levels: Array
    k: Array
    a: Array
    u: Array
    s: Array
    B: Array
    c: Array
    D: Array
    mean: Array
    factor: Array

    @property
    def data(self) -> Moments:
        """Mean, and a factor of the covariance."""
        return Moments(self.mean, self.factor)

    @property
    def encoder(self) -> LinearEncoder:
        """Any N(Bx + c, diag D)."""
        return LinearEncoder(self.B, self.c, self.D)

    @property
    def turned(self) -> LinearDecoder:
        """Q S diag(1/k), with u moved so that the mean of x stays."""
        return self._decoder(self._core)

    @property
    def decoder(self) -> LinearDecoder:
        """Q S T' diag(1/k)."""
        return self._decoder(self._core @ self.T.matrix.mT)

    @property
    def _core(self) -> Array:
        return self.Q.matrix @ spread(self.levels, self.u.shape[-1], self.a.shape[-1])

    def _decoder(self, whitened: Array) -> LinearDecoder:
        W = whitened @ diagonals(1 / self.k)
        return LinearDecoder(W, self.u - apply(W, self.a), self.s, self.a, diagonals(self.k))


LAYOUT = "Q T levels z+ z x s B z z+ x F"


def turning_steps() -> Iterator[Step]:
    """Let W diag k = Q S T' (singular values). W~ = Q S diag(1/k) has W~ diag(k²) W~' = Q S S' Q' = W diag(k²) W', so
    with the same mean of x the same p(x); and W~'W~ = diag(1/k) S'S diag(1/k) is diagonal, so the posterior's precision
    diag(1/k²) + W~'W~/s² is, and the affine encoder that is the posterior is in the family: ELBO(W~) = L(W~) = L(W).
    Hence sup ELBO = sup L, and at a global optimum theta of the ELBO sup L >= L(theta) >= ELBO(theta) = sup L. Nothing
    is asked of m and d, of the data's rank (s learned, rank <= m and rank < d: both suprema are infinite, there is no
    optimum), or of a maximiser's existence. Two latents below; S'S enters the same way for all m.
    """  # noqa: D205 - the proof
    first, second, k, h, s = sympy.symbols("S_1 S_2 k h s", positive=True)
    angle = sympy.Symbol("alpha", real=True)
    T = sympy.Matrix([[sympy.cos(angle), -sympy.sin(angle)], [sympy.sin(angle), sympy.cos(angle)]])
    S, K = sympy.diag(first, second), sympy.diag(k, h)
    W, turned = S * T.T * K.inv(), S * K.inv()
    for i, entry in enumerate(sympy.simplify(W * K**2 * W.T - turned * K**2 * turned.T)):
        yield Step.vanishes(f"the covariance of x does not depend on T, entry {i}", entry)
    P = K**-2 + turned.T * turned / s**2
    yield Step.vanishes("the posterior's precision is diagonal", P[0, 1])


def _no_error(case: Turned, chosen: LinearDecoder) -> Margin:
    decoder = case.decoder
    likelihood = decoder.log_likelihood(case.data)
    reached = chosen.elbo(chosen.exact_encoder(), case.data)
    return Margin.equal(reached, likelihood) & Margin.at_most(decoder.elbo(case.encoder, case.data), likelihood)


@claim(
    "shekhovtsov-2022/corollary-2/remark-gaussian",
    statement=r"\text{decoders } N(Wz+u,s^2I),\ p(z)=N(a,\mathrm{diag}\,k^2):\text{ any global optimum of the ELBO"
    r" attains a zero approximation error}",
    source="Corollary 2 for linear VAEs (Lucas et al. 2019, Lemma 1)",
    domain="all d, m >= 1, all data with finite second moments, s fixed or learned, priors N(a, diag k²), all affine"
    " encoders",
    readings=[
        "V = 0; with squares in the decoder it fails: corollary-2/remark-gaussian-square",
        "not because every linear decoder is consistent (theorem-1/remark-gaussian-prior), but by turning the latents",
    ],
    by=[
        derivation(turning_steps, "all d, m, data"),
        exhaustive(partial(instances, Turned, LAYOUT), INSTANCES, tolerance=1e-30),
    ],
)
def linear_vaes_have_no_error(case: Turned) -> Margin:
    """ELBO(W~, exact encoder) = L(W) >= ELBO(W, any encoder)."""
    return _no_error(case, case.turned)


@linear_vaes_have_no_error.mutant("without turning")
def _(case: Turned) -> Margin:
    return _no_error(case, case.decoder)


@linear_vaes_have_no_error.mutant("any encoder attains it")
def _(case: Turned) -> Margin:
    return Margin.at_least(case.decoder.elbo(case.encoder, case.data), case.decoder.log_likelihood(case.data))


def consistent_steps() -> Iterator[Step]:
    """A pair read off (10) at V = 0 has the decoder N(s²(Wz + u), s² I) and the marginal p(z) of precision -2 diag w -
    s² W'W. By Bayes p(z|x) has the precision -2 diag w - s² W'W + s² W'W = -2 diag w, diagonal, and by
    equation-10/step-degenerate the encoder's mean: consistent by construction. The other reading is
    corollary-2/remark-gaussian. Two latents below; W'W enters the same way for all m.
    """  # noqa: D205 - the proof
    s, x = sympy.symbols("s x", positive=True)
    W = sympy.Matrix([sympy.symbols("W_1 W_2", real=True)])
    z = sympy.Matrix(sympy.symbols("z_1 z_2", real=True))
    decoder = (x - s**2 * (W * z)[0]) ** 2 / (2 * s**2)
    for i, entry in enumerate(sympy.hessian(decoder, list(z)) - s**2 * W.T * W):
        yield Step.vanishes(f"-log p(x|z) has the curvature s² W'W, entry {i}", entry)


def _consistent(case: Joint, share: float = 1.0, *, standard: bool = False) -> Margin:
    H = case.harmonium
    square = (case.s * case.s)[..., None, None]
    decoder = square * H.W
    prior = units(H.schur) if standard else H.schur
    precision = prior + share * (decoder.mT @ decoder) / square
    return Margin.equal(1 + diagonal_gap(precision), 1 + 0 * case.s)


@claim(
    "shekhovtsov-2022/observation-linear-consistent",
    statement=r"\text{VAEs with such simplified, linear Gaussian encoder-decoder pairs, called ``linear VAEs'', are}"
    r"\text{ known to be consistent and to match the probabilistic PCA model}",
    source=SOURCE + ", after eq. (10), citing Dai et al. (2018), Lucas et al. (2019)",
    domain="all d, m >= 1, all densities (10) with V = 0; attacked where -2 diag w - s² W'W is diagonally dominant",
    rests_on=["shekhovtsov-2022/equation-10/step-degenerate", "shekhovtsov-2022/corollary-2/remark-gaussian"],
    readings=[
        "'such' pairs are those read off (10), under its own p(z): then the posterior is in the encoder family",
        "'consistency' as in the next sentence, of Lucas et al.'s Lemma 1: zero error at an optimum of the ELBO, under"
        " p(z) = N(0, I); that is corollary-2/remark-gaussian",
        "not: every W with p(z) = N(0, I) is consistent, which is false (theorem-1/remark-gaussian-prior)",
        "'match': observation-linear-ppca",
    ],
    by=[derivation(consistent_steps, "all d, m"), exhaustive(JOINTS, JOINT_SCOPE, tolerance=1e-30)],
)
def linear_vaes_are_consistent(case: Joint) -> Margin:
    """The posterior of decoder and p(z), by Bayes, is no KL away from the diagonal Gaussians."""
    return _consistent(case)


@linear_vaes_are_consistent.mutant("under p(z) = N(0, I)")
def _(case: Joint) -> Margin:
    return _consistent(case, standard=True)


@linear_vaes_are_consistent.mutant("half of the decoder's curvature")
def _(case: Joint) -> Margin:
    return _consistent(case, share=0.5)


@dataclass(frozen=True)
class PPCA:
    """Data of covariance Q diag(lambda) Q' and mean `mean`, and a linear VAE of any parameters, under N(0, I).

    lambda_j is the sum of gaps_i² over i >= j: sorted, and perhaps zero.
    """

    Q: Orthogonal
    gaps: Array
    mean: Array
    W: Array
    u: Array
    s: Array
    B: Array
    c: Array
    D: Array

    @property
    def variances(self) -> Array:
        """The lambda, largest first: [n, d]."""
        d = self.gaps.shape[-2]
        return apply(constant(np.triu(np.ones((d, d))), self.gaps), (self.gaps * self.gaps)[..., 0])

    @property
    def data(self) -> Moments:
        """Mean, and Q diag(sqrt(lambda))."""
        return Moments(self.mean, self.Q.matrix @ diagonals(sqrt(self.variances)))

    @property
    def best(self) -> LinearDecoder:
        """Tipping and Bishop's W = Q_m diag(sqrt(max(lambda - s², 0))), and the mean."""
        square = (self.s * self.s)[..., None] + 0 * self.variances
        levels = sqrt(maximum(self.variances - square, 0.0))
        d, m = self.W.shape[-2:]
        W = self.Q.matrix @ spread(levels[..., : min(d, m)], d, m)
        return LinearDecoder.standard(W, self.mean, self.s)

    def elbo(self) -> Array:
        """Of the VAE of any parameters."""
        decoder = LinearDecoder.standard(self.W, self.u, self.s)
        return decoder.elbo(LinearEncoder(self.B, self.c, self.D), self.data)


def _matches(case: PPCA, latents: int = 0) -> Margin:
    optimum = ppca_optimum(case.variances, case.s, case.W.shape[-1] + latents)
    attained = case.best.elbo(case.best.exact_encoder(), case.data)
    return Margin.equal(attained, optimum) & Margin.at_most(case.elbo(), optimum)


def ppca_steps() -> Iterator[Step]:
    """By (1b) the ELBO is at most L(W, u, s), the likelihood of probabilistic PCA, of which each value is the ELBO of a
    turned W (corollary-2/remark-gaussian). So both have the same supremum, for each s and over all s, and the same
    maximisers up to the turn. The value: C = WW' + s² I has eigenvalues c_i >= s², sorted, c_i = s² beyond m, and by
    von Neumann's trace inequality tr(C^-1 Sigma) >= sum_i lambda_i/c_i with lambda sorted alike; equality where C has
    the eigenvectors of Sigma, as W may be chosen. So L is largest where each log c_i + lambda_i/c_i is least.
    """  # noqa: D205 - the proof
    c, lam, slack = sympy.symbols("c lambda slack", positive=True)
    yield Step.convex_minimum(
        "log c + lambda/c as a function of 1/c", lam * c - sympy.log(c), c, 1 / lam, 1 + sympy.log(lam)
    )
    above = sympy.diff(sympy.log(c) + lam / c, c).subs(c, lam + slack)
    yield Step.nonnegative("beyond c = lambda it rises, so c = s² where lambda < s²", sympy.factor(above))


@claim(
    "shekhovtsov-2022/observation-linear-ppca",
    statement=r"\text{linear VAEs are known to match the probabilistic PCA model}",
    source=SOURCE + ", after eq. (10), citing Dai et al. (2018), Lucas et al. (2019)",
    domain=LINEAR + "; all data with finite second moments, of any rank; s fixed or learned",
    rests_on=["shekhovtsov-2022/corollary-2/remark-gaussian"],
    readings=[
        "match: sup of the ELBO over all parameters = sup of the likelihood of probabilistic PCA, each s and over s",
        "s learned: both are infinite iff the data's covariance has a rank <= m that is < d; else m >= d leaves s open",
    ],
    by=[
        derivation(ppca_steps, "all d, m, data"),
        exhaustive(partial(instances, PPCA, "Q gaps x W x s B z z+"), INSTANCES, tolerance=1e-30),
    ],
)
def linear_vae_matches_ppca(case: PPCA) -> Margin:
    """Tipping and Bishop's W with the exact encoder attains the largest likelihood; no other parameters exceed it."""
    return _matches(case)


@linear_vae_matches_ppca.mutant("one latent fewer")
def _(case: PPCA) -> Margin:
    return _matches(case, -1)


@linear_vae_matches_ppca.mutant("one latent more")
def _(case: PPCA) -> Margin:
    return _matches(case, 1)
