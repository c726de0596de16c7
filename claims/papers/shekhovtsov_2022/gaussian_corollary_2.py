"""Corollary 2 for linear decoders: what the best diagonal Gaussian misses, and correlated priors, where it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import sympy
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, diagonal, minimum, sqrt, stack
from claims.engine.strategies import Instances, MatrixEnsemble, PositiveEnsemble, PositiveVectorEnsemble
from claims.papers.shekhovtsov_2022.models.gaussian import LinearDecoder, LinearEncoder, Moments
from claims.papers.shekhovtsov_2022.models.gaussian_ensembles import INSTANCES, instances

C2 = "shekhovtsov-2022/corollary-2"
PRINTED = (
    r"\text{decoders affine in } \psi,\text{ encoders including the affine ones: any global optimum of the ELBO"
    r" attains a zero approximation error}"
)

# --- what the best diagonal Gaussian misses ---------------------------------------------------------------


@dataclass(frozen=True)
class Linear:
    """A linear decoder under any Gaussian prior N(a, R R'), an encoder N(Bx + c, diag D), and data."""

    W: Array
    u: Array
    s: Array
    a: Array
    R: Array
    B: Array
    c: Array
    D: Array
    mean: Array
    factor: Array

    def gap(self, q: LinearEncoder) -> Array:
        """L less the ELBO with that encoder: [n]."""
        data = Moments(self.mean, self.factor)
        return self.decoder.log_likelihood(data) - self.decoder.elbo(q, data)

    @property
    def decoder(self) -> LinearDecoder:
        """N(Wz + u, s² I)."""
        return LinearDecoder(self.W, self.u, self.s, self.a, self.R)


def gap_steps() -> Iterator[Step]:
    """By (1b) L less the ELBO is E_pd KL(q‖p(z|x)); with P the posterior's precision and delta the miss of its mean,
    KL = (sum_k (P_kk D_k - log D_k - 1) - log det P + delta'P delta)/2 at each x. It is least at delta = 0, D_k =
    1/P_kk, where it is (sum_k log P_kk - log det P)/2, the same at all x; affine encoders with constant D attain it.
    """  # noqa: D205 - the proof
    D, P = sympy.symbols("D P", positive=True)
    yield Step.convex_minimum("in each D_k", P * D - sympy.log(D) - 1, D, 1 / P, sympy.log(P))


def _gaps(case: Linear, best: LinearEncoder, share: float = 1.0) -> Margin:
    least = case.gap(best)
    q = LinearEncoder(case.B, case.c, case.D)
    return Margin.equal(1 + least, 1 + share * case.decoder.least_gap()) & Margin.at_least(case.gap(q), least)


@claim(
    f"{C2}/remark-gaussian-gap",
    statement=r"\min_q L-ELBO=\tfrac12\Bigl(\sum_k\log P_{kk}-\log\det P\Bigr),\ P \text{ the posterior's precision}",
    source="Corollary 2 for linear VAEs: what is lost where the posterior is not diagonal",
    domain="decoders N(Wz + u, s² I), all d, m >= 1; any regular Gaussian prior; encoders of all diagonal Gaussians",
    by=[
        derivation(gap_steps, "all d, m, data"),
        exhaustive(partial(instances, Linear, "W x s z R B z z+ x F"), INSTANCES, tolerance=1e-30),
    ],
)
def best_diagonal_gaussian_misses_by_the_gap(case: Linear) -> Margin:
    """The encoder of the posterior's mean and variances 1/P_kk misses L by that, and any other by no less."""
    return _gaps(case, case.decoder.best_encoder())


@best_diagonal_gaussian_misses_by_the_gap.mutant("without the half")
def _(case: Linear) -> Margin:
    return _gaps(case, case.decoder.best_encoder(), share=2.0)


@best_diagonal_gaussian_misses_by_the_gap.mutant("the posterior's variances")
def _(case: Linear) -> Margin:
    best = replace(case.decoder.best_encoder(), D=diagonal(case.decoder.posterior()[1]))
    return _gaps(case, best)


# --- a correlated prior -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Correlated:
    """One pixel; data of mean 0 and variance lambda = s² min(ratio, 1); prior N(0, R R') with R = [[1, 0], [r, 1]].

    A decoder N(w'z, s²), beside the decoder with w = 0. Shapes: r, s, ratio [n], w [n, 1, 2].
    """

    r: Array
    ratio: Array
    w: Array
    s: Array

    @property
    def data(self) -> Moments:
        """One pixel."""
        return Moments(0 * self.s[..., None], (self.s * sqrt(minimum(self.ratio[..., 0], 1.0)))[..., None, None])

    def decoder(self, scale: float) -> LinearDecoder:
        """N(scale w'z, s²)."""
        r, one = self.r[..., 0], 1 + 0 * self.s
        R = stack([stack([one, 0 * r]), stack([r, one])], -2)
        mean = 0 * self.s[..., None]
        return LinearDecoder(scale * self.w, mean, self.s, 0 * R[..., 0], R)

    def elbo(self, scale: float) -> Array:
        """At the best diagonal Gaussians, at every x: [n]."""
        decoder = self.decoder(scale)
        return decoder.log_likelihood(self.data) - decoder.least_gap()


#: Its corner has R = [[1, 0], [1, 1]], s = 1, data of variance 1.
ONE_PIXEL = Instances(
    Correlated,
    (),
    (PositiveVectorEnsemble(1), PositiveVectorEnsemble(1), MatrixEnsemble(1, 2, 1, scale=0.5), PositiveEnsemble()),
)


def _zero_is_best(case: Correlated, least: float = 0.0) -> Margin:
    return Margin.at_least(case.elbo(0.0) + least, case.elbo(1.0))


def _worked_correlated(case: Correlated) -> list[str]:
    r, s = float(case.r[0, 0]), float(case.s[0])
    zero, other = case.decoder(0.0), case.decoder(1.0)
    return [
        f"prior N(0, K), K = R R' with R = [[1, 0], [{r:g}, 1]], K^-1 = {zero.precision[0].tolist()}; s = {s:g};"
        f" data of variance {float(case.data.covariance[0, 0, 0]):g}",
        f"p(x) = N(0, s² + w'Kw) is likeliest at w = 0 alone: L = {float(zero.log_likelihood(case.data)[0]):.4f}; the"
        f" posterior is the prior, {float(zero.least_gap()[0]):.4f} nats from all diagonal Gaussians",
        f"w = {case.w[0, 0].tolist()}: L = {float(other.log_likelihood(case.data)[0]):.4f}, posterior precision"
        f" {[[round(entry, 4) for entry in row] for row in other.precision[0].tolist()]},"
        f" {float(other.least_gap()[0]):.4f} nats",
        f"so its ELBO {float(case.elbo(1.0)[0]):.4f} exceeds {float(case.elbo(0.0)[0]):.4f}: the optimum has w != 0,"
        f" and L"
        " below the likeliest",
    ]


@claim(
    f"{C2}/remark-gaussian-correlated",
    statement=PRINTED,
    source="Corollary 2 for linear VAEs under a correlated Gaussian prior",
    domain="decoders N(w'z, s² I), s fixed, priors N(0, K) with K not diagonal, encoders of all diagonal Gaussians;"
    " attacked at one pixel, two latents, data of variance at most s², where w = 0 is the only likelihood optimum",
    rests_on=[f"{C2}/remark-gaussian-gap"],
    readings=[
        "the corollary names no prior; the setting has 'a simple distribution which is usually assumed to be known'"
    ],
    effect="Corollary 2 needs its prior: for N(0, I), and for all N(a, diag k²), it holds for linear decoders"
    " (corollary-2/remark-gaussian). Its proof by Theorem 1 leaves the prior out.",
    by=[search(st.just(ONE_PIXEL), "d = 1, m = 2, R = [[1, 0], [r, 1]] with r > 0, w of order 1/2")],
    worked=_worked_correlated,
)
def collapsed_decoder_is_the_elbo_optimum(case: Correlated) -> Margin:
    """The ELBO at w = 0, with the best encoder, is at least that at any w (an optimum elsewhere has a smaller L)."""
    return _zero_is_best(case)


@collapsed_decoder_is_the_elbo_optimum.mutant("up to 1/100")
def _(case: Correlated) -> Margin:
    return _zero_is_best(case, 0.01)


@collapsed_decoder_is_the_elbo_optimum.mutant("up to 1/20")
def _(case: Correlated) -> Margin:
    return _zero_is_best(case, 0.05)
