"""Section 3.1, "Diagonal Gaussian VAE": (10) with V = 0 is a joint Gaussian; what becomes of the networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import sympy

from claims import Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import Array, absolute, solve, total
from claims.papers.shekhovtsov_2022.models.gaussian import determinant, diagonals, form, inverse
from claims.papers.shekhovtsov_2022.models.gaussian_ensembles import INSTANCES, instances
from claims.papers.shekhovtsov_2022.models.gaussian_harmonium import GaussianHarmonium

SOURCE = "Section 3.1, Diagonal Gaussian VAE"

x, z = sympy.symbols("x z", real=True)
W, u, v, w = sympy.symbols("W u v w", real=True)
s, c = sympy.symbols("s c", positive=True)


@dataclass(frozen=True)
class Joint:
    """(10) with V = 0 and -2 diag w - s² W'W diagonally dominant, by `slack` > 0; x, y are two points [n, d].

    Dominance makes it a density by construction; the derivations cover the other densities.
    """

    s: Array
    W: Array
    u: Array
    v: Array
    slack: Array
    x: Array
    y: Array

    def with_room(self, room: float) -> GaussianHarmonium:
        """w = -(slack + room * s² times the row sums of |W'W|)/2."""
        rows = total(absolute(self.W.mT @ self.W)) * (self.s * self.s)[..., None]
        w = -(self.slack + room * rows) / 2
        return GaussianHarmonium(self.s, self.W, 0 * self.W, self.u, self.v, w)

    @property
    def harmonium(self) -> GaussianHarmonium:
        """The normalisable one."""
        return self.with_room(1.0)


JOINT_SCOPE = INSTANCES + "; -2 diag w - s² W'W diagonally dominant"
JOINTS = partial(instances, Joint, "s W x z z+ x x")
JOINT_DOMAIN = "all d, m >= 1, s > 0, W, u, v; V = 0; all w for which (10) is a density"


def joint_steps() -> Iterator[Step]:
    """With V = 0 the exponent (10) is a polynomial of degree two in (x, z), so a density of that form is Gaussian, and
    so is its marginal. Below, one pixel and one latent, z integrated out; d and m enter the same way.
    """  # noqa: D205 - the proof
    left = -(x**2) / (2 * s**2) + u * x + (W * x + v) ** 2 / (4 * c)
    yield Step.vanishes("what z leaves of (10) at w = -c has no third derivative in x", sympy.diff(left, x, 3))
    yield Step.vanishes("and curvature W²/2c - 1/s²", sympy.diff(left, x, 2) - W**2 / (2 * c) + 1 / s**2)


def _marginal(case: Joint, share: float = 1.0, shift: float = 1.0) -> Margin:
    H = case.harmonium
    mean, covariance = H.joint()
    d = case.u.shape[-1]
    square = 2 * case.s * case.s

    def by_integral(point: Array) -> Array:
        """log p(x), up to a constant: (10) without z, plus the encoder's log-partition."""
        return total(case.u * point) - total(point * point) / square + H.posterior(point).log_partition()

    precision = inverse(covariance[..., :d, :d])
    by_moments = [form(precision, point - shift * mean[..., :d]) for point in (case.y, case.x)]
    return Margin.equal(by_integral(case.x) - by_integral(case.y), share * (by_moments[0] - by_moments[1]) / 2)


@claim(
    "shekhovtsov-2022/equation-10/step-joint",
    statement=r"\text{The joint distribution is therefore a multivariate Gaussian and the same holds for its "
    r" marginal } p(x)",
    source=SOURCE + ", after eq. (10)",
    domain=JOINT_DOMAIN,
    rests_on=["shekhovtsov-2022/equation-10/step-integrable"],
    readings=["that (10) is a density is part of the hypothesis (a VAE); w < 0 does not imply it: remark-normalisable"],
    by=[derivation(joint_steps, "all d, m"), exhaustive(JOINTS, JOINT_SCOPE, tolerance=1e-30)],
)
def marginal_is_gaussian(case: Joint) -> Margin:
    """log p(x) with z integrated out is the log-density of the Gaussian with the x-block of the joint's moments."""
    return _marginal(case)


@marginal_is_gaussian.mutant("half its precision")
def _(case: Joint) -> Margin:
    return _marginal(case, share=0.5)


@marginal_is_gaussian.mutant("mean zero")
def _(case: Joint) -> Margin:
    return _marginal(case, shift=0.0)


def normalisable_steps() -> Iterator[Step]:
    """(10) with V = 0 has a finite integral iff its precision [[I/s², -W], [-W', -2 diag w]] is positive definite,
    iff (Schur complement of the positive definite first block) -2 diag w - s² W'W is. That forces w < 0, but w < 0
    does not force it: d = m = 1, s = 1, W = 1, w = -1/4 has 1/2 - 1 < 0.
    """  # noqa: D205 - the proof
    precision = sympy.Matrix([[1 / s**2, -W], [-W, -2 * w]])
    yield Step.vanishes("det = s^-2 (-2w - s² W²)", precision.det() - (-2 * w - s**2 * W**2) / s**2)
    half = sympy.Rational(1, 2)
    yield Step.vanishes("which is -1/2 at s = W = 1, w = -1/4", (-2 * w - W**2).subs({W: 1, w: -half / 2}) + half)


def _normalised(case: Joint, room: float = 1.0) -> Margin:
    H = case.with_room(room)
    pixels = determinant(diagonals((1 / (case.s * case.s))[..., None] + 0 * case.u))
    return Margin.equal(determinant(H.precision), pixels * determinant(H.schur)) & Margin.positive(determinant(H.schur))


@claim(
    "shekhovtsov-2022/equation-10/remark-normalisable",
    statement=r"(10) \text{ with } V=0 \text{ is a density iff } -2\,\mathrm{diag}(w)\succ s^2W^TW,\text{ of which }"
    r" w<0"
    r" \text{ is a consequence, not more}",
    source=SOURCE + ", after eq. (10): 'possible only if V = 0 and w < 0'; what is sufficient",
    domain="all d, m >= 1, s > 0, W, u, v, w; V = 0",
    by=[derivation(normalisable_steps, "all d, m"), exhaustive(JOINTS, JOINT_SCOPE, tolerance=1e-30)],
)
def density_iff_positive_definite(case: Joint) -> Margin:
    """det of the joint precision is s^{-2d} det(-2 diag w - s² W'W), and positive."""
    return _normalised(case)


@density_iff_positive_definite.mutant("w < 0 suffices")
def _(case: Joint) -> Margin:
    return _normalised(case, room=0.0)


@density_iff_positive_definite.mutant("s W'W in place of s² W'W")
def _(case: Joint) -> Margin:
    H = case.harmonium
    wrong = -2 * diagonals(H.w) - case.s[..., None, None] * (case.W.mT @ case.W)
    return Margin.equal(determinant(wrong), determinant(H.schur))


# --- what the networks become -----------------------------------------------------------------------------


def degenerate_steps() -> Iterator[Step]:
    """Read off (10) at V = 0, coordinate by coordinate: p(x|z) has mean s² (Wz + u); p(z|x) has natural parameters
    (W'x + v, w), so variance -1/2w and mean -(W'x + v)/2w. Neither needs the joint to be normalisable.
    """  # noqa: D205 - the proof
    first, second = W * x + v, -c
    mean, variance = first / (2 * c), 1 / (2 * c)
    density = -((z - mean) ** 2) / (2 * variance)
    yield Step.vanishes("natural parameters (W'x + v, w)", sympy.diff(density - first * z - second * z**2, z))
    f = s**2 * (W * z + u)
    rest = x * (W * z + u) + ((x - f) ** 2 - x**2) / (2 * s**2)
    yield Step.vanishes("mean s² (Wz + u) of the decoder", sympy.diff(rest, x))


def _degenerate(case: Joint, half: float = 0.5, sign: float = -1.0) -> Margin:
    H = case.harmonium
    mean, S = H.joint()
    d = case.u.shape[-1]
    # The conditional of a joint Gaussian, from its covariance alone: z's mean and covariance given x.
    regression = solve(S[..., :d, :d], S[..., :d, d:]).mT
    given = mean[..., d:] + (regression @ (case.x - mean[..., :d])[..., None])[..., 0]
    spread = S[..., d:, d:] - regression @ S[..., :d, d:]
    printed = sign * half * ((case.W.mT @ case.x[..., None])[..., 0] + case.v) / H.w
    return Margin.equal(given, printed) & Margin.equal(1 + spread, 1 + diagonals(sign * half / H.w))


@claim(
    "shekhovtsov-2022/equation-10/step-degenerate",
    statement=r"f(z) \text{ must degenerate to } Wz+u \text{ and the two networks of the encoder to }"
    r" \mu(x)=-\frac{W^Tx+v}{2w},\ \sigma^2(x)=-\frac{1}{2w}",
    source=SOURCE + ", after eq. (10)",
    domain=JOINT_DOMAIN,
    rests_on=["shekhovtsov-2022/equation-10/step-joint"],
    readings=[
        "the formulas are lost: mu(x), sigma²(x) are restored by us from (10), and 'divisions are coordinate-wise'",
        "f is printed with or without the factor s²: it depends on whether W, u absorb it",
    ],
    by=[derivation(degenerate_steps, "all d, m"), exhaustive(JOINTS, JOINT_SCOPE, tolerance=1e-30)],
)
def encoder_is_linear_with_constant_variance(case: Joint) -> Margin:
    """The conditional of z in the joint Gaussian, from its covariance alone, has the printed moments."""
    return _degenerate(case)


@encoder_is_linear_with_constant_variance.mutant("-1/w")
def _(case: Joint) -> Margin:
    return _degenerate(case, half=1.0)


@encoder_is_linear_with_constant_variance.mutant("the sign of w lost")
def _(case: Joint) -> Margin:
    return _degenerate(case, sign=1.0)
