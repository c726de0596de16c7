"""Section 3.1, "Diagonal Gaussian VAE": eq. (10), and why its squares cannot couple."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import sympy

from claims import Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import Array, absolute, diagonal, total
from claims.papers.shekhovtsov_2022.models.gaussian_ensembles import INSTANCES, instances
from claims.papers.shekhovtsov_2022.models.gaussian_harmonium import GaussianHarmonium

SOURCE = "Section 3.1, Diagonal Gaussian VAE"
ANY = "all d, m >= 1, s > 0, real W, V, u, v, w"
LOST = "formulas restored: decoder N(f(z), s² I) with nu = x, h = exp(-‖x‖²/2s²); encoder statistics (z, z²)"

x, y, z, a, b, t = sympy.symbols("x y z a b t", real=True)
W, V, u, v, w = sympy.symbols("W V u v w", real=True)
s, c = sympy.symbols("s c", positive=True)


# --- (10) -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Points:
    """A harmonium (10) with w + V'x < 0 at the two points x, y [n, d]; z, t [n, m] are two latents.

    w is below zero by `slack` > 0 and what V'x and V'y may add.
    """

    s: Array
    W: Array
    V: Array
    u: Array
    v: Array
    slack: Array
    x: Array
    y: Array
    z: Array
    t: Array

    @property
    def harmonium(self) -> GaussianHarmonium:
        """Eq. (10)."""
        reach = absolute(self.x) + absolute(self.y)
        w = -self.slack - total(absolute(self.V) * reach[..., None], -2)
        return GaussianHarmonium(self.s, self.W, self.V, self.u, self.v, w)


def equation_10_steps() -> Iterator[Step]:
    """If p(z|x) is in the diagonal Gaussian family, log p(x, z) = x'f(z)/s² - ‖x‖²/2s² + c(z) equals <g1(x), z> +
    <g2(x), z²> + b(x). At x = 0 this gives c(z), at x = e_i minus x = 0 it gives f_i(z)/s²: both are affine in
    (z, z²), for any f, any prior and all d, m (coordinates i and k enter one by one). So the exponent is (10).
    Conversely (10) is quadratic in x with coefficient -1/2s², so p(x|z) is N(f(z), s² I), and affine in (z, z²).
    """  # noqa: D205 - the proof
    exponent = -(x**2) / (2 * s**2) + x * (W * z + V * z**2 + u) + v * z + w * z**2
    f = s**2 * (W * z + V * z**2 + u)
    yield Step.vanishes(
        "(10) at x = 1 minus x = 0", exponent.subs(x, 1) - exponent.subs(x, 0) + 1 / (2 * s**2) - f / s**2
    )
    decoder = -((x - f) ** 2) / (2 * s**2)
    yield Step.vanishes("(10) minus log p(x|z) does not depend on x", sympy.diff(sympy.expand(exponent - decoder), x))
    encoder = (W * x + v) * z + (V * x + w) * z**2
    yield Step.vanishes(
        "(10) minus <g(x), (z, z²)> does not depend on z", sympy.diff(sympy.expand(exponent - encoder), z)
    )


def _conditionals(case: Points, scale: int = 2, *, square: bool = True) -> Margin:
    H = case.harmonium
    ratio = H.log_weight(case.x, case.z) - H.log_weight(case.y, case.z)
    f = H.decoder_mean(case.z) * (case.s ** (scale - 2))[..., None]
    apart = total((case.y - f) ** 2) - total((case.x - f) ** 2)
    margin = Margin.equal(ratio * 2 * case.s * case.s, apart)
    q = H.posterior(case.x if square else 0 * case.x)
    of_z = H.log_weight(case.x, case.z) - H.log_weight(case.x, case.t)
    return margin & Margin.equal(of_z, q.log_density(case.z) - q.log_density(case.t))


@claim(
    "shekhovtsov-2022/equation-10",
    statement=r"p(x,z)=\exp\Bigl(-\frac{\|x\|^2}{2s^2}+x^TWz+x^TVz^2+u^Tx+v^Tz+w^Tz^2-A\Bigr)",
    source=SOURCE + ", eq. (10)",
    domain=ANY + "; any prior; z² coordinatewise",
    readings=[LOST, "the decoder's mean is then s² (Wz + Vz² + u)"],
    by=[
        derivation(equation_10_steps, "all d, m, any prior, any f and g"),
        exhaustive(partial(instances, Points, "s W W x z z+ x x z z"), INSTANCES, tolerance=1e-30),
    ],
)
def joint_of_a_tight_gaussian_vae(case: Points) -> Margin:
    """(10) has the conditionals N(f(z), s² I) and the diagonal Gaussian of natural parameters (W'x + v, V'x + w)."""
    return _conditionals(case)


@joint_of_a_tight_gaussian_vae.mutant("mean s (Wz + Vz² + u)")
def _(case: Points) -> Margin:
    return _conditionals(case, scale=1)


@joint_of_a_tight_gaussian_vae.mutant("an encoder that does not depend on x")
def _(case: Points) -> Margin:
    return _conditionals(case, square=False)


# --- what must be finite ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Squares:
    """V [n, d, m] without zero columns, and w [n, m]."""

    V: Array
    w: Array

    def curvature(self, reach: Array) -> Array:
        """(w + V'x)_k at x = reach_k V_k/‖V_k‖², for each k: [n, m]."""
        points = self.V * (reach / total(self.V * self.V, -2))[..., None, :]
        return self.w + diagonal(self.V.mT @ points)


def integrable_steps() -> Iterator[Step]:
    """The integral over z factors into integrals of exp(a z + b z²) with a = (W'x + v)_k, b = (w + V'x)_k. For b < 0
    it is finite. For b >= 0 the integrand is at least 1 on a half-line (az >= 0), so it is not. If column V_k != 0,
    then at x = r V_k/‖V_k‖² the k-th b is w_k + r, which is >= 0 for r >= -w_k, on an open half-space even; so the
    integral is finite for all x (or almost all) only if V = 0, and then iff w < 0.
    """  # noqa: D205 - the proof
    gauss = sympy.integrate(sympy.exp(a * z - c * z**2), (z, -sympy.oo, sympy.oo))
    yield Step.vanishes("the integral for b = -c < 0", gauss - sympy.sqrt(sympy.pi / c) * sympy.exp(a**2 / (4 * c)))
    r, norm = sympy.symbols("r N", positive=True)
    yield Step.vanishes("w_k + V_k'(r V_k/‖V_k‖²) = w_k + r", w + r * norm**2 / norm**2 - (w + r))


@claim(
    "shekhovtsov-2022/equation-10/step-integrable",
    statement=r"\text{The integral over } z \text{ must be finite for all } x,\text{ therefore } w+V^Tx<0 \text{ must"
    r" hold for all } x.\text{ This is possible only if } V=0 \text{ and } w<0",
    source=SOURCE + ", after eq. (10)",
    domain=ANY,
    rests_on=["shekhovtsov-2022/equation-10"],
    readings=["'must hold' is coordinatewise"],
    by=[
        derivation(integrable_steps, "all d, m, V, w"),
        exhaustive(partial(instances, Squares, "full z"), INSTANCES),
    ],
)
def squares_cannot_couple(case: Squares) -> Margin:
    """For each column V_k != 0 there is an x with (w + V'x)_k >= 0: x = (1 + |w_k|) V_k/‖V_k‖²."""
    return Margin.at_least(case.curvature(1 + absolute(case.w)), 0 * case.w)


@squares_cannot_couple.mutant("at -x")
def _(case: Squares) -> Margin:
    return Margin.at_least(case.curvature(-1 - absolute(case.w)), 0 * case.w)


@squares_cannot_couple.mutant("x = V_k/‖V_k‖², whatever w")
def _(case: Squares) -> Margin:
    return Margin.at_least(case.curvature(1 + 0 * case.w), 0 * case.w)
