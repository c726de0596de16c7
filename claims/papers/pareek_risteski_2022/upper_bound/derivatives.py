"""Appendix F.3.1: the derivatives of L, equations (55) to (58), and Remarks 2 and 4 on the Jacobian."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, derivative_along
from claims.papers.pareek_risteski_2022.upper_bound.loss import Anywhere
from claims.papers.pareek_risteski_2022.upper_bound.loss_structures import ANYWHERE, ANYWHERE_CORNERS, anywhere
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import dot, norm, times

PR = "pareek-risteski-2022"
F31 = "Appendix F.3.1"
ANY_Z = "all G of Assumptions 1 and 2 in all dimensions, all x, all beta > 0, all z"
IN_ALL = "all d, all G (one summand G_i and the directions a, b, c, symbolic)"
SYMMETRISED = (
    "the product with subscript T is the symmetrised one: 3 (u x_T H)[a, b, c] = u(a) H(b, c) + u(b) H(a, c) +"
    " u(c) H(a, b); on the diagonal a = b = c, which decides the norm of a symmetric tensor, any reading is the same"
)

R, S, T = sympy.symbols("r s t")
C = sympy.Symbol("x_i", real=True)
BETA = sympy.Symbol("beta", positive=True)
#: G_i at z + r a + s b + t c for any directions a, b, c: its partial derivatives are the directional ones of G_i.
G = sympy.Function("G_i")(R, S, T)
#: One summand of L: L is the sum of these over i, and of the prior's z_i²/2.
SUMMAND = (G - C) ** 2 / (2 * BETA**2)
_Z, _A, _B = sympy.symbols("z_i a_i b_i", real=True)
PRIOR = (_Z + R * _A + S * _B) ** 2 / 2


def attack() -> search:
    """The search that all statements for all z share."""
    return search(anywhere(), ANYWHERE, corners=ANYWHERE_CORNERS)


# --- the Jacobian -----------------------------------------------------------------------------------------


def remark_2_steps() -> Iterator[Step]:
    """G is differentiable by Assumption 2: G(z + t v) - G(z) = t (J v + w(t)) with w(t) -> 0 as t falls to 0. By
    Assumption 1, m t ‖v‖ <= t ‖J v + w(t)‖ <= t (‖J v‖ + ‖w(t)‖); divide by t and let t fall to 0: m ‖v‖ <= ‖J v‖ for
    all v, which is sigma_min(J) >= m, as J is square. So J v = 0 only for v = 0, and J has full rank.
    """  # noqa: D205 - the proof
    size, bound = sympy.symbols("Jv W", nonnegative=True)
    yield Step.limit("(t ‖Jv‖ + t² W/2)/t -> ‖Jv‖, with ‖w(t)‖ <= t W/2", (T * size + T**2 * bound / 2) / T, T, 0, size)


@claim(
    f"{PR}/remark-2",
    statement=r"\forall z\in\mathbb R^d,\ \min_{i\in[d]}|\sigma_i(J_G(z))| \ge m > 0",
    source="Section 2.1, Remark 2",
    domain=ANY_Z,
    readings=["G is differentiable, as Assumption 2 has it: Assumption 1 alone does not give a Jacobian"],
    by=[derivation(remark_2_steps, "all d, all G"), attack()],
)
def jacobian_is_bounded_below(case: Anywhere) -> Margin:
    """‖J v‖ >= m ‖v‖ for all z and v."""
    return _bounded_below(case, 1.0)


def _bounded_below(case: Anywhere, factor: float) -> Margin:
    v, _, _ = case.directions
    return Margin.at_least(norm(case.jacobian(case.z, v)), factor * case.m * norm(v))


@jacobian_is_bounded_below.mutant("1.1 m")
def _(case: Anywhere) -> Margin:
    return _bounded_below(case, 1.1)


@jacobian_is_bounded_below.mutant("M in place of m")
def _(case: Anywhere) -> Margin:
    v, _, _ = case.directions
    return Margin.at_least(norm(case.jacobian(case.z, v)), case.M * norm(v))


def remark_4_steps() -> Iterator[Step]:
    """As for Remark 2: t ‖J v + w(t)‖ <= M t ‖v‖ with w(t) -> 0, so ‖J v‖ - ‖w(t)‖ <= M ‖v‖; let t fall to 0. The
    largest singular value is the operator norm, by the singular value decomposition.
    """  # noqa: D205 - the proof
    size, bound = sympy.symbols("Jv W", nonnegative=True)
    yield Step.limit("(t ‖Jv‖ - t² W/2)/t -> ‖Jv‖, with ‖w(t)‖ <= t W/2", (T * size - T**2 * bound / 2) / T, T, 0, size)


@claim(
    f"{PR}/remark-4",
    statement=r"\forall z\in\mathbb R^d,\ \max_{i\in[d]}|\sigma_i(J_G(z))| = \|J_G(z)\|_{op} \le M < \infty",
    source="Section 2.1, Remark 4",
    domain=ANY_Z,
    by=[derivation(remark_4_steps, "all d, all G"), attack()],
)
def jacobian_is_bounded(case: Anywhere) -> Margin:
    """‖J v‖ <= M ‖v‖ for all z and v."""
    return _bounded(case, case.M)


def _bounded(case: Anywhere, most: Array) -> Margin:
    v, _, _ = case.directions
    return Margin.at_most(norm(case.jacobian(case.z, v)), most * norm(v))


@jacobian_is_bounded.mutant("0.9 M")
def _(case: Anywhere) -> Margin:
    return _bounded(case, 0.9 * case.M)


@jacobian_is_bounded.mutant("m in place of M")
def _(case: Anywhere) -> Margin:
    return _bounded(case, case.m)


# --- the derivatives of L ---------------------------------------------------------------------------------


def gradient_steps() -> Iterator[Step]:
    """L is a finite sum of (G_i - x_i)²/(2 beta²) and z_i²/2, and differentiation is linear. Along a direction a, that
    is along r at r = s = t = 0, each summand's derivative is as shown; summed over i, sum_i (dG_i a)(G_i - x_i) =
    <J a, G - x> = <a, J^T (G - x)> for all a.
    """  # noqa: D205 - the proof
    yield Step.vanishes("one summand", SUMMAND.diff(R) - G.diff(R) * (G - C) / BETA**2)
    yield Step.vanishes("the prior", PRIOR.diff(R) - _A * (_Z + R * _A + S * _B))


def _slope(case: Anywhere, gradient: Array) -> Margin:
    a, _, _ = case.directions
    return Margin.equal(derivative_along(case.loss, (case.z,), (a,)), dot(gradient, a))


@claim(
    f"{PR}/equation-55",
    statement=r"\nabla L(z) = z + \frac{1}{\beta^2} J_G(z)^T (G(z) - x)",
    source=F31,
    domain=ANY_Z,
    by=[derivation(gradient_steps, IN_ALL), attack()],
)
def gradient_of_the_loss(case: Anywhere) -> Margin:
    """The derivative of (3) itself along any direction is the inner product with (55)."""
    return _slope(case, case.gradient(case.z))


@gradient_of_the_loss.mutant("1/beta in place of 1/beta²")
def _(case: Anywhere) -> Margin:
    return _slope(case, case.z + times(1 / case.beta, case.transposed(case.z, case.misfit(case.z))))


@gradient_of_the_loss.mutant("no prior term")
def _(case: Anywhere) -> Margin:
    return _slope(case, case.gradient(case.z) - case.z)


@gradient_of_the_loss.mutant("J in place of J^T")
def _(case: Anywhere) -> Margin:
    return _slope(case, case.z + times(1 / case.beta**2, case.jacobian(case.z, case.misfit(case.z))))


@gradient_of_the_loss.mutant("the Jacobian frozen at the inverse point")
def _(case: Anywhere) -> Margin:
    return _slope(case, case.z + times(1 / case.beta**2, case.transposed(case.hat, case.misfit(case.z))))


def hessian_steps() -> Iterator[Step]:
    """As for (55), along two directions a and b: sum_i (dG_i a)(dG_i b) = <J a, J b> = <a, J^T J b>."""
    shown = G.diff(R) * G.diff(S) + G.diff(R, S) * (G - C)
    yield Step.vanishes("one summand", SUMMAND.diff(R, S) - shown / BETA**2)
    yield Step.vanishes("the prior", PRIOR.diff(R, S) - _A * _B)


def _second(case: Anywhere, shown: Array) -> Margin:
    a, b, _ = case.directions
    return Margin.equal(derivative_along(lambda z: dot(case.gradient(z), b), (case.z,), (a,)), shown)


@claim(
    f"{PR}/equation-56",
    statement=r"\nabla^2 L(z) = I + \frac{1}{\beta^2}\Big(J_G(z)^T J_G(z)"
    r" + \sum_{i\in[d]} \nabla^2 G_i(z)(G_i(z) - x_i)\Big)",
    source=F31,
    domain=ANY_Z,
    rests_on=[f"{PR}/equation-55"],
    by=[derivation(hessian_steps, IN_ALL), attack()],
)
def hessian_of_the_loss(case: Anywhere) -> Margin:
    """The derivative of <gradient, b> along a is a^T (56) b."""
    a, b, _ = case.directions
    return _second(case, case.hessian(case.z, a, b))


@hessian_of_the_loss.mutant("no second derivatives of G")
def _(case: Anywhere) -> Margin:
    a, b, _ = case.directions
    return _second(case, dot(a, b) + case.gauss_newton(case.z, a, b) / case.beta**2)


@hessian_of_the_loss.mutant("no identity")
def _(case: Anywhere) -> Margin:
    a, b, _ = case.directions
    return _second(case, case.hessian(case.z, a, b) - dot(a, b))


def at_inverse_steps() -> Iterator[Step]:
    """Put G(z) = x into (3), (55) and (56): all terms with G_i - x_i vanish, and J^T J is a Gram matrix, so
    v^T J^T J v = ‖J v‖² >= 0. The Hessian is continuous, so L is strongly convex near the point, too.
    """  # noqa: D205 - the proof
    slope, gram, bent = SUMMAND.diff(R), G.diff(R) * G.diff(S) / BETA**2, SUMMAND.diff(R, S)
    yield Step.vanishes("L", SUMMAND.subs(G - C, 0))
    yield Step.vanishes("the gradient is (55)'s prior term", sympy.expand(slope).coeff(BETA, -2) - G.diff(R) * (G - C))
    yield Step.vanishes(
        "the Hessian is the Gram term, and a multiple of G_i - x_i", bent - gram - G.diff(R, S) * (G - C) / BETA**2
    )


@claim(
    f"{PR}/equation-57",
    statement=r"L(\hat z) = \tfrac12\|\hat z\|^2,\quad \nabla L(\hat z) = \hat z,\quad \nabla^2 L(\hat z)"
    r" = I + \frac{1}{\beta^2} J_G(\hat z)^T J_G(\hat z) \succeq I",
    source=F31,
    domain="all G of Assumptions 1 and 2 in all dimensions, all x, all beta > 0",
    rests_on=[f"{PR}/equation-55", f"{PR}/equation-56"],
    by=[derivation(at_inverse_steps, IN_ALL), attack()],
)
def derivatives_at_the_inverse_point(case: Anywhere) -> Margin:
    """L, its gradient and its Hessian at the point with G = x; and v^T Hess v >= ‖v‖²."""
    return _at_inverse(case, 1.0)


def _at_inverse(case: Anywhere, prior: float) -> Margin:
    a, b, _ = case.directions
    hat = case.hat
    least = case.hessian(hat, a, a) - dot(a, a)
    return (
        Margin.equal(case.loss(hat), prior * dot(hat, hat) / 2)
        & Margin.equal(case.gradient(hat), prior * hat)
        & Margin.equal(case.hessian(hat, a, b), prior * dot(a, b) + case.gauss_newton(hat, a, b) / case.beta**2)
        & Margin.at_least(least, 0 * least)
    )


@derivatives_at_the_inverse_point.mutant("no prior")
def _(case: Anywhere) -> Margin:
    return _at_inverse(case, 0.0)


@derivatives_at_the_inverse_point.mutant("the Hessian at least 2 I")
def _(case: Anywhere) -> Margin:
    a, _, _ = case.directions
    return Margin.at_least(case.hessian(case.hat, a, a), 2 * dot(a, a))


def third_steps() -> Iterator[Step]:
    """As for (55), along three directions; the prior is quadratic and drops out."""
    products = G.diff(R) * G.diff(S, T) + G.diff(S) * G.diff(R, T) + G.diff(T) * G.diff(R, S)
    shown = products + G.diff(R, S, T) * (G - C)
    yield Step.vanishes("one summand", SUMMAND.diff(R, S, T) - shown / BETA**2)
    yield Step.vanishes("the prior", PRIOR.diff(R, S, T))


def _third(case: Anywhere, shown: Callable[[Array, Array, Array], Array]) -> Margin:
    a, b, c = case.directions
    return Margin.equal(derivative_along(lambda z: case.hessian(z, b, c), (case.z,), (a,)), shown(a, b, c))


@claim(
    f"{PR}/equation-58",
    statement=r"\nabla^3 L(z) = \frac{1}{\beta^2}\Big(3\sum_{i\in[d]} \nabla G_i(z) \otimes_T \nabla^2 G_i(z)"
    r" + \sum_{i\in[d]} \nabla^3 G_i(z)(G_i(z) - x_i)\Big)",
    source="Appendix F.3.2",
    domain=ANY_Z,
    rests_on=[f"{PR}/equation-56"],
    readings=[SYMMETRISED],
    by=[derivation(third_steps, IN_ALL), attack()],
)
def third_derivative_of_the_loss(case: Anywhere) -> Margin:
    """The derivative of b^T Hess c along a is (58) at a, b, c."""
    return _third(case, lambda a, b, c: case.third_of_loss(case.z, a, b, c))


@third_derivative_of_the_loss.mutant("the product not symmetrised")
def _(case: Anywhere) -> Margin:
    rest = dot(case.third(case.z, *case.directions), case.misfit(case.z))
    return _third(case, lambda a, b, c: (3 * case.mixed(case.z, a, b, c) + rest) / case.beta**2)


@third_derivative_of_the_loss.mutant("one product in place of three")
def _(case: Anywhere) -> Margin:
    rest = dot(case.third(case.z, *case.directions), case.misfit(case.z)) / case.beta**2
    return _third(case, lambda a, b, c: (case.third_of_loss(case.z, a, b, c) - rest) / 3 + rest)


@third_derivative_of_the_loss.mutant("no third derivatives of G")
def _(case: Anywhere) -> Margin:
    rest = dot(case.third(case.z, *case.directions), case.misfit(case.z)) / case.beta**2
    return _third(case, lambda a, b, c: case.third_of_loss(case.z, a, b, c) - rest)
