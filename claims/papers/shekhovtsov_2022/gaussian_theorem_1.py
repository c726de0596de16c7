"""Theorem 1 in the Gaussian case: which decoders (5) are consistent, under any prior and under N(0, I)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import sympy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, diagonal, eye
from claims.engine.strategies import Instances, MatrixEnsemble, Orthogonal, PositiveEnsemble
from claims.papers.shekhovtsov_2022.models.gaussian import LinearDecoder, apply, diagonals
from claims.papers.shekhovtsov_2022.models.gaussian_ensembles import INSTANCES, gaussian_cases, instances

T1 = "shekhovtsov-2022/theorem-1"
FORM_5 = r"p(x|z)=h(x)\exp(\langle\nu(x),W\psi(z)+u\rangle-a(z))"
SCOPE = "d, m in 1..3, scales 0.1..10, every rank, zero rows and columns; worst by gradient ascent"


def spread(levels: Array, d: int, m: int) -> Array:
    """The d x m matrices with `levels` [n, min(d, m)] on their diagonals."""
    k = min(d, m)
    return eye(d, k, levels) @ diagonals(levels) @ eye(k, m, levels)


def off_diagonal(matrix: Array) -> Array:
    """The matrices [n, m, m] with zero diagonals."""
    return matrix - diagonals(diagonal(matrix))


# --- the squares ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SquareDecoder:
    """V [n, d, m] of the decoder s² (Wz + Vz² + u), the variances D [n, m] of p(z|x = 0), and a point x [n, d]."""

    V: Array
    D: Array
    x: Array


def _precisions(case: SquareDecoder, share: float = 1.0) -> Margin:
    return Margin.positive(1 / case.D - 2 * share * apply(case.V.mT, case.x))


def _worked_square(case: SquareDecoder) -> list[str]:
    V, D, x = (float(array.flatten()[0]) for array in (case.V, case.D, case.x))
    return [
        f"one pixel, one latent, s = 1, decoder N({V:g} z², 1); W, u and the prior do not matter",
        f"if p(z|x=0) is N(c, {D:g}), then p(z) = const p(z|0)/p(0|z) grows like exp({V * V / 2:g} z⁴): no density",
        f"whatever p(z), log p(z|x) - log p(z|0) = {V:g} x z² + const, so p(z|x = {x:g}) has curvature"
        f" 1/{D:g} - 2*{V:g}*{x:g} = {1 / D - 2 * V * x:g} <= 0: no Gaussian",
    ]


@claim(
    f"{T1}/remark-gaussian-square",
    statement=r"\text{The consistent set is given by decoders of the form } " + FORM_5 + r",\ \psi(z)=(z,z^2)",
    source="Theorem 1 for the diagonal Gaussian VAE",
    domain="all decoders (5): N(s² (Wz + Vz² + u), s² I), all d, m >= 1, W, V, u; under any prior",
    readings=["consistent: some diagonal Gaussians are the posteriors at all x, under some prior"],
    effect="(5) is necessary and not sufficient: no V != 0 is consistent under any prior, as Section 3.1 itself finds."
    " It fails at one x0 already: p(z) ∝ p(z|x0)/p(x0|z), which grows like exp(s²‖V z²‖²/2), is no density."
    " Harmless there; 'is given by' should be 'is contained in'.",
    by=[search(gaussian_cases(SquareDecoder, "W z+ x"), SCOPE)],
    worked=_worked_square,
)
def decoders_with_squares_are_consistent(case: SquareDecoder) -> Margin:
    """The precision 1/D_k - 2 (V'x)_k of the posterior at x is positive, given D at x = 0."""
    return _precisions(case)


@decoders_with_squares_are_consistent.mutant("half of V")
def _(case: SquareDecoder) -> Margin:
    return _precisions(case, 0.5)


@decoders_with_squares_are_consistent.mutant("-V")
def _(case: SquareDecoder) -> Margin:
    return _precisions(case, -1.0)


@dataclass(frozen=True)
class FreePrior:
    """A decoder s² (Wz + u), and the precisions omega [n, m] > 0 that the posterior is to have beside s² (W'W)_kk."""

    W: Array
    s: Array
    omega: Array

    def margin(self, share: float = 1.0, *, of_x: float = 1.0) -> Margin:
        """Under a prior of precision Lambda - s² W'W > 0, Lambda diagonal, the posterior's precision is Lambda."""
        square = (self.s * self.s)[..., None, None]
        gram = square * (self.W.mT @ self.W)
        # The trace bounds the gram matrix, so that the prior is a distribution.
        trace = (diagonal(gram) @ constant([[1.0]] * gram.shape[-1], gram))[..., 0]
        Lambda = diagonals(self.omega + trace[..., None])
        decoder = square * self.W
        posterior = Lambda - share * gram + of_x * (decoder.mT @ decoder) / square
        return Margin.equal(1 + posterior, 1 + Lambda)


def free_prior_steps() -> Iterator[Step]:
    """log p(z|x) = -z'(K^{-1} + f'f/s² quadratic)z/2 + ...: with f = s² (Wz + u) the decoder adds s² W'W to the prior's
    precision. For any diagonal Lambda > s² W'W, the prior N(a, (Lambda - s² W'W)^{-1}) makes the posterior's Lambda.
    So each W, u has a prior under which it is consistent. With a column V_k != 0 none has: -log p(x|z) is of degree
    four in z_k with the coefficient s²‖V_k‖²/2, so at any one x with a Gaussian p(z|x), p(z) = const p(z|x)/p(x|z) has
    no finite integral.
    """  # noqa: D205 - the proof
    W, u, s, z, x = sympy.symbols("W u s z x", real=True)
    exponent = -((x - s**2 * (W * z + u)) ** 2) / (2 * s**2)
    yield Step.vanishes("the decoder's curvature in z", sympy.diff(exponent, z, 2) + s**2 * W**2)
    yield Step.vanishes("the same at every x", sympy.diff(exponent, z, 2, x))
    V = sympy.Symbol("V", real=True)
    squared = -((x - s**2 * (W * z + V * z**2 + u)) ** 2) / (2 * s**2)
    yield Step.vanishes("with V, the fourth power of z", sympy.diff(squared, z, 4) / 24 + s**2 * V**2 / 2)


@claim(
    f"{T1}/remark-gaussian-square/repair",
    statement=FORM_5 + r",\ \psi(z)=(z,z^2) \text{ is consistent under some prior iff } V=0",
    source="Theorem 1 for the diagonal Gaussian VAE, corrected",
    domain="all d, m >= 1, s > 0, W, u; a Gaussian prior that depends on W and s",
    repairs=f"{T1}/remark-gaussian-square",
    changes="adds V = 0",
    rests_on=["shekhovtsov-2022/equation-10/step-integrable"],
    by=[
        derivation(free_prior_steps, "all d, m"),
        exhaustive(partial(instances, FreePrior, "W s z+"), INSTANCES, tolerance=1e-30),
    ],
)
def linear_decoders_have_a_prior(case: FreePrior) -> Margin:
    """With the prior N(., (Lambda - s² W'W)^{-1}) the posterior's precision is the diagonal Lambda."""
    return case.margin()


@linear_decoders_have_a_prior.mutant("prior of precision Lambda")
def _(case: FreePrior) -> Margin:
    return case.margin(share=0.0)


@linear_decoders_have_a_prior.mutant("twice the decoder's curvature")
def _(case: FreePrior) -> Margin:
    return case.margin(of_x=2.0)


# --- the prior N(0, I) ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Linear:
    """The decoder N(Wz + u, s² I) under N(0, I); u does not matter."""

    W: Array
    s: Array

    @property
    def decoder(self) -> LinearDecoder:
        """With u = 0."""
        return LinearDecoder.standard(self.W, 0 * self.W[..., 0], self.s)


def _diagonal(precision: Array) -> Margin:
    return Margin.equal(off_diagonal(precision), 0 * precision)


def worked_gap(case: Linear) -> list[str]:
    """The posterior of the witness, and the KL that no diagonal Gaussian can go below."""
    P, gap = case.decoder.precision[0], float(case.decoder.least_gap()[0])
    return [
        f"W = {case.W[0].tolist()}, s = {float(case.s[0]):g}: posterior precision I + W'W/s² = {P.tolist()}",
        f"the best diagonal Gaussian, with variances 1/P_kk, is (sum log P_kk - log det P)/2 = {gap:.4f} nats away"
        " from it, at every x",
    ]


#: One pixel, two latents, s = 1: its corner "all coordinates one" is W = [[1, 1]] up to the factor e of s.
ONE_PIXEL = Instances(Linear, (), (MatrixEnsemble(1, 2, 1), PositiveEnsemble()))


@claim(
    f"{T1}/remark-gaussian-prior",
    statement=r"\text{The consistent set is given by decoders of the form } " + FORM_5 + r",\ p(z)=N(0,I),\ V=0",
    source="Theorem 1 for the diagonal Gaussian VAE with the prior N(0, I)",
    domain="all decoders N(Wz + u, s² I), all d, m >= 1, W, u, s > 0; prior N(0, I), 'usually assumed to be known'",
    effect="With the prior fixed, (5) is consistent only where W'W is diagonal. As sets of p(x) nothing is lost: W R"
    " with"
    " a rotation R has the same p(x), and (WR)'WR is diagonal for one R; for other priors this can fail"
    " (corollary-2/remark-gaussian-correlated).",
    by=[search(gaussian_cases(Linear, "W s"), SCOPE, corners=(ONE_PIXEL,))],
    worked=worked_gap,
)
def linear_decoders_are_consistent(case: Linear) -> Margin:
    """The posterior's precision I + W'W/s² is diagonal."""
    return _diagonal(case.decoder.precision)


@linear_decoders_are_consistent.mutant("its square")
def _(case: Linear) -> Margin:
    return _diagonal(case.decoder.precision @ case.decoder.precision)


@linear_decoders_are_consistent.mutant("its inverse")
def _(case: Linear) -> Margin:
    return _diagonal(case.decoder.posterior()[1])


@dataclass(frozen=True)
class OrthogonalColumns:
    """W = Q S with Q orthogonal and S zero off its diagonal `levels` [n, min(d, m)]: every W with W'W diagonal,
    up to the order of its columns. `v` [n, m] only says how many latents there are.
    """  # noqa: D205

    Q: Orthogonal
    levels: Array
    v: Array
    s: Array

    @property
    def W(self) -> Array:  # noqa: N802 - the paper's name
        """[n, d, m]."""
        d, m = self.Q.skew.shape[-1], self.v.shape[-1]
        return self.Q.matrix @ spread(self.levels, d, m)

    def mixed(self, share: float) -> LinearDecoder:
        """W with `share` of its first column added to its last."""
        m = self.v.shape[-1]
        mixing = [
            [(1.0 if i == j else 0.0) + (share if (i, j) == (0, m - 1) else 0.0) for j in range(m)] for i in range(m)
        ]
        W = self.W @ (constant(mixing, self.v) + 0 * self.s[..., None, None])
        return Linear(W, self.s).decoder


def prior_steps() -> Iterator[Step]:
    """Under N(0, I), p(z|x) has precision P = I + W'W/s², whatever x; so all posteriors are diagonal Gaussians iff W'W
    is diagonal; their means are linear in x, which affine encoders hold. For m = 2 the KL of the best diagonal
    Gaussian, (log P_11 + log P_22 - log det P)/2, vanishes iff P_12 = 0 (Hadamard's inequality for any m).
    """  # noqa: D205 - the proof
    p, q, r = sympy.symbols("p q r", positive=True)
    yield Step.vanishes("det P = P_11 P_22 - P_12²", sympy.Matrix([[p, r], [r, q]]).det() - (p * q - r**2))
    W, u, s, z, x = sympy.symbols("W u s z x", real=True)
    exponent = -((x - W * z - u) ** 2) / (2 * s**2) - z**2 / 2
    yield Step.vanishes("curvature at every x", sympy.diff(exponent, z, 2) + 1 + W**2 / s**2)


@claim(
    f"{T1}/remark-gaussian-prior/repair",
    statement=r"N(Wz+u,s^2I) \text{ with } p(z)=N(0,I) \text{ is consistent iff } W^TW \text{ is diagonal}",
    source="Theorem 1 for the diagonal Gaussian VAE with the prior N(0, I), corrected",
    domain="all d, m >= 1, W, u, s > 0",
    repairs=f"{T1}/remark-gaussian-prior",
    changes="adds: W'W is diagonal",
    by=[
        derivation(prior_steps, "all d, m"),
        exhaustive(partial(instances, OrthogonalColumns, "Q levels z s"), INSTANCES, tolerance=1e-30),
    ],
)
def orthogonal_columns_are_consistent(case: OrthogonalColumns) -> Margin:
    """I + W'W/s² is diagonal, and 1 + the least gap is 1."""
    return _consistent(case, 0.0)


def _consistent(case: OrthogonalColumns, share: float, over: float = 0.0) -> Margin:
    decoder = case.mixed(share)
    P = decoder.precision
    gap = decoder.least_gap()
    return Margin.equal(1 + off_diagonal(P), 1 + 0 * P) & Margin.equal(1 + gap, 1 + over + 0 * gap)


@orthogonal_columns_are_consistent.mutant("the first column added to the last")
def _(case: OrthogonalColumns) -> Margin:
    # With one latent this doubles W, which stays consistent; with two it does not.
    return _consistent(case, 1.0)


@orthogonal_columns_are_consistent.mutant("a gap of a hundredth")
def _(case: OrthogonalColumns) -> Margin:
    return _consistent(case, 0.0, over=0.01)
