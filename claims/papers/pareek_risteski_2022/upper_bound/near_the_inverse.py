"""Appendix F.3.3, Lemma 26: the gradient of L near the inverse point."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
import torch
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, derivative_along, maximum
from claims.engine.strategies import MatrixEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.derivatives import ANY_Z, PR, attack
from claims.papers.pareek_risteski_2022.upper_bound.loss import Anywhere
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import dot, norm
from claims.papers.pareek_risteski_2022.upper_bound.third_derivative import (
    BETA,
    L25,
    M2,
    M3,
    NEAR,
    D,
    M,
    lemma_25_bound,
)

F33 = "Appendix F.3.3"
L26 = f"{PR}/lemma-26"


# --- Taylor's formula -------------------------------------------------------------------------------------


def _at_first_order(case: Anywhere, linear: Array) -> Margin:
    a, b, _ = case.directions
    slope = derivative_along(lambda z: dot(case.gradient(z), b), (case.hat,), (a,))
    return Margin.equal(case.gradient(case.hat), case.hat) & Margin.equal(slope, dot(linear, b))


def expansion_steps() -> Iterator[Step]:
    """(59) defines R; what it asserts is that the terms before R are those of Taylor's formula, the gradient and the
    Hessian at the inverse point: these are (57).
    """  # noqa: D205 - the proof
    t = sympy.Symbol("t")
    g = sympy.Function("g")(t)
    yield Step.vanishes("the slope of g(0) + t g'(0)", sympy.diff(g.subs(t, 0) + t * BETA, t) - BETA)


@claim(
    f"{PR}/equation-59",
    statement=r"\nabla L(z) = \nabla L(\hat z) + \nabla^2 L(\hat z)(z - \hat z) + R_{\nabla L}(z) = \hat z"
    r" + \Big(I + \frac{1}{\beta^2}J_G(\hat z)^TJ_G(\hat z)\Big)(z - \hat z) + R_{\nabla L}(z)",
    source=F33,
    domain=ANY_Z,
    rests_on=[f"{PR}/equation-57"],
    by=[derivation(expansion_steps, "all d, G, x, beta, z"), attack()],
)
def gradient_is_expanded(case: Anywhere) -> Margin:
    """R and its derivative vanish at the inverse point: the linear part has the gradient's value and slope."""
    a, _, _ = case.directions
    return _at_first_order(case, case.linear_part(a) - case.hat)


@gradient_is_expanded.mutant("no identity in the Hessian")
def _(case: Anywhere) -> Margin:
    a, _, _ = case.directions
    return _at_first_order(case, case.linear_part(a) - case.hat - a)


@gradient_is_expanded.mutant("J J in place of J^T J")
def _(case: Anywhere) -> Margin:
    a, _, _ = case.directions
    twice = case.jacobian(case.hat, case.jacobian(case.hat, a))
    return _at_first_order(case, a + twice / (case.beta**2)[..., None])


def _moved_across() -> Iterator[Anywhere]:
    """G(z) = (z_1 + sin(z_1)/2, z_2), with z - hat along the second axis."""
    row = [0.0, 0.0]
    for first, step in ((1.0, 1.0), (2.0, 1.0), (1.0, 0.5)):
        numbers = {
            "base": [[0.5, 0.5]],
            "into": [[[1.0, 0.0, 0.0]]],
            "out": [[[0.5, 0.0]]],
            "spare": [[1.0, 1.0]],
            "inverse": [[[first, 0.0]]],
            "vectors": [[[1.0, 0.0], row, row]],
            "step": [[[0.0, step]]],
            "noise": [1.0],
        }
        arrays = {name: torch.tensor(value, dtype=torch.float64) for name, value in numbers.items()}
        yield Anywhere("sin", False, True, **arrays)


def _least_remainder(case: Anywhere, share: float) -> Margin:
    first, _, _ = case.directions
    least = absolute(case.third_of_loss(case.hat, first, first, first))
    remainder = case.remainder(case.offset)
    # Squares: the ball of a remainder that is zero has no root.
    return Margin.at_least(dot(remainder, remainder), (share * least * dot(case.offset, case.offset)) ** 2)


@claim(
    f"{L26}/step-60-equality",
    statement=r"\|R_{\nabla L}(z)\| = \frac{1}{2!}\,\big\|\nabla^3 L(z)\big|_{z=z_{mid}}\big\|_{op}\,\|z - \hat z\|^2"
    r"\ \text{ for } z_{mid} = t_{mid}\,z + (1 - t_{mid})\,\hat z,\ t_{mid}\in[0,1]",
    source=F33 + ", proof of Lemma 26",
    domain=ANY_Z,
    effect="Harmless: only the upper bound is used, which the repair has. In d = 1 the equality is Lagrange's form of"
    " the remainder and holds; in d >= 2 no mean value theorem gives it.",
    by=[exhaustive(_moved_across, "G(z) = (z_1 + sin(z_1)/2, z_2), z - hat along the second axis")],
    worked=lambda case: [
        "d = 2, G(z) = (z_1 + sin(z_1)/2, z_2), beta = 1: m = 1/2, M = 3/2, M2 = M3 = 1/2 will do",
        f"hat = ({float(case.hat[0, 0])}, 0), z = ({float(case.hat[0, 0])}, {float(case.offset[0, 1])}): z_1 stays,"
        " and L is quadratic in z_2, so R = 0",
        "at every point of the segment D³L[e1, e1, e1] = 3 G_1' G_1'' = -3 (1 + cos(z_1)/2) sin(z_1)/2 ="
        f" {float(case.third_of_loss(case.hat, *[case.directions[0]] * 3)[0]):.4f}, so its norm is not 0",
    ],
)
def remainder_is_a_mean_value(case: Anywhere) -> Margin:
    """‖R‖ is at least half the least third derivative on the segment (here D³L[e1, e1, e1], the same on all of it)."""
    return _least_remainder(case, 0.5)


@remainder_is_a_mean_value.mutant("a third in place of a half")
def _(case: Anywhere) -> Margin:
    return _least_remainder(case, 1 / 3)


@remainder_is_a_mean_value.mutant("no 1/2!")
def _(case: Anywhere) -> Margin:
    return _least_remainder(case, 1.0)


def taylor_steps() -> Iterator[Step]:
    """For a unit vector e let phi(t) = <e, grad L(hat + t delta)>, delta = z - hat. Then <e, R> = phi(1) - phi(0) -
    phi'(0) = int_0^1 (1 - t) phi''(t) dt by parts, and |phi''(t)| = |D³L(hat + t delta)[e, delta, delta]| <= ‖D³L‖
    ‖delta‖², so |<e, R>| <= ½ sup ‖D³L‖ ‖delta‖² for every e.
    """  # noqa: D205 - the proof
    t = sympy.Symbol("t")
    phi = sympy.Function("phi")(t)
    yield Step.vanishes("by parts", ((1 - t) * phi.diff(t) + phi).diff(t) - (1 - t) * phi.diff(t, 2))
    yield Step.vanishes("the weights add up to ½", sympy.integrate(1 - t, (t, 0, 1)) - sympy.Rational(1, 2))


def _remainder(case: Array, share: float) -> Margin:
    start, change = case[..., 0, :], case[..., 1, :]
    return Margin.at_most(norm(start / 2 + change / 6), share * maximum(norm(start), norm(start + change)))


@claim(
    f"{L26}/step-60-equality/repair",
    statement=r"\|R_{\nabla L}(z)\| \le \frac{1}{2!}\,\sup_{t\in[0,1]}\big\|\nabla^3 L(t z + (1-t)\hat z)\big\|_{op}"
    r"\,\|z - \hat z\|^2",
    source=F33 + ", proof of Lemma 26",
    domain=ANY_Z,
    repairs=f"{L26}/step-60-equality",
    changes="at most, with the supremum over the segment, in place of equality at one of its points",
    by=[
        derivation(taylor_steps, "all L with three continuous derivatives"),
        search(
            st.sampled_from([MatrixEnsemble(2, d, min(2, d)) for d in (1, 2, 3)]),
            "D³L[delta, delta] = u + t v on the segment, where R = u/2 + v/6 and the supremum is met at an end",
        ),
    ],
)
def remainder_is_bounded_by_the_supremum(case: Array) -> Margin:
    """‖u/2 + v/6‖ <= max(‖u‖, ‖u + v‖)/2."""
    return _remainder(case, 0.5)


@remainder_is_bounded_by_the_supremum.mutant("a third in place of a half")
def _(case: Array) -> Margin:
    return _remainder(case, 1 / 3)


@remainder_is_bounded_by_the_supremum.mutant("the third derivative at the inverse point only")
def _(case: Array) -> Margin:
    start, change = case[..., 0, :], case[..., 1, :]
    return Margin.at_most(norm(start / 2 + change / 6), norm(start) / 2)


# --- Lemma 26 ---------------------------------------------------------------------------------------------


def lemma_26_steps() -> Iterator[Step]:
    """The repaired step with Lemma 25 at each point z' of the segment, where ‖z' - hat‖ <= ‖z - hat‖."""
    share = sympy.Symbol("t", nonnegative=True)  # 1 - t, so that z' - hat = (1 - t) (z - hat)
    less = 3 * sympy.sqrt(D) * M2 + M3 * NEAR
    more = 3 * sympy.sqrt(D) * M2 + M3 * (NEAR + share)
    yield Step.nonnegative("Lemma 25's bound grows with ‖z' - hat‖", more - less)


def _remainder_at_most(case: Anywhere, bound: Array) -> Margin:
    size = dot(case.offset, case.offset)
    return Margin.at_most(norm(case.remainder(case.offset)), bound / case.beta**2 * size)


BOUND = r"\frac{\sqrt d M}{2\beta^2}\,(3\sqrt d M_2 + M_3\|z - \hat z\|)\,\|z - \hat z\|^2"
CARRIER = f"{L26}/step-60-equality/repair"


@claim(
    f"{PR}/equation-60",
    statement=r"\|R_{\nabla L}(z)\| \le " + BOUND,
    source=F33,
    domain=ANY_Z,
    rests_on=[L25, f"{L26}/step-60-equality"],
    carried_by=[CARRIER],
    by=[derivation(lemma_26_steps, "all d, G, x, beta, z"), attack()],
)
def remainder_is_bounded(case: Anywhere) -> Margin:
    """‖R‖ is at most the printed bound; near equality in d = 1 for a nearly linear G."""
    return _remainder_at_most(case, lemma_25_bound(case) / 2)


@remainder_is_bounded.mutant("1/beta in place of 1/beta²")
def _(case: Anywhere) -> Margin:
    return _remainder_at_most(case, lemma_25_bound(case) / 2 * case.beta)


@remainder_is_bounded.mutant("0.9 of it")
def _(case: Anywhere) -> Margin:
    return _remainder_at_most(case, 0.45 * lemma_25_bound(case))


@claim(
    L26,
    statement=r"\forall z\in\mathbb R^d,\ \nabla L(z) = \hat z + \Big(I + \frac{1}{\beta^2}J_G(\hat z)^TJ_G(\hat z)"
    r"\Big)(z - \hat z) + R_{\nabla L}(z),\ \text{ where } \|R_{\nabla L}(z)\| \le " + BOUND,
    source=F33 + ", Lemma 26",
    domain=ANY_Z,
    rests_on=[f"{PR}/equation-59", f"{PR}/equation-60"],
    readings=["the prefactor is sqrt(d) M/(2 beta²), as in the proof"],
    by=[derivation(lemma_26_steps, "all d, G, x, beta, z"), attack()],
)
def gradient_near_the_inverse_point(case: Anywhere) -> Margin:
    """The gradient differs from its linear part by at most the printed bound."""
    gap = norm(case.gradient(case.z) - case.linear_part(case.offset))
    return Margin.at_most(gap, lemma_25_bound(case) / (2 * case.beta**2) * dot(case.offset, case.offset))


@gradient_near_the_inverse_point.mutant("J J in place of J^T J")
def _(case: Anywhere) -> Margin:
    pull = case.jacobian(case.hat, case.jacobian(case.hat, case.offset)) / (case.beta**2)[..., None]
    gap = norm(case.gradient(case.z) - case.z - pull)
    return Margin.at_most(gap, lemma_25_bound(case) / (2 * case.beta**2) * dot(case.offset, case.offset))


@gradient_near_the_inverse_point.mutant("no prior term")
def _(case: Anywhere) -> Margin:
    gap = norm(case.gradient(case.z) - case.linear_part(case.offset) + case.hat)
    return Margin.at_most(gap, lemma_25_bound(case) / (2 * case.beta**2) * dot(case.offset, case.offset))


def sharper_26_steps() -> Iterator[Step]:
    """With J at z, J_0 at the inverse point, delta = z - hat: beta² R = J^T (G - x) - J_0^T J_0 delta =
    (J - J_0)^T (G - x) + J_0^T (G - x - J_0 delta). ‖J - J_0‖ <= M2 ‖delta‖, ‖G - x‖ <= M ‖delta‖, ‖J_0‖ <= M, and by
    Taylor's formula ‖G - x - J_0 delta‖ <= M2 ‖delta‖²/2.
    """  # noqa: D205 - the proof
    total = M2 * NEAR * M * NEAR + M * M2 * NEAR**2 / 2
    yield Step.vanishes("their sum", total - sympy.Rational(3, 2) * M * M2 * NEAR**2)
    g, x, slope, at_hat, delta = sympy.symbols("G x J J_0 delta")
    split = (slope - at_hat) * (g - x) + at_hat * (g - x - at_hat * delta)
    yield Step.vanishes(
        "the splitting (d = 1; transposes do not matter to it)", slope * (g - x) - at_hat**2 * delta - split
    )


@claim(
    f"{L26}/remark-sharper",
    statement=r"\|R_{\nabla L}(z)\| \le \frac{3 M M_2}{2\beta^2}\,\|z - \hat z\|^2",
    source="ours: " + F33 + ", Lemma 26 without d and without the third derivative of G",
    domain="all G of Assumptions 1 and 2 in all dimensions, whether or not D³G exists; all x, beta > 0, z",
    rests_on=[f"{PR}/equation-55", f"{PR}/remark-4"],
    by=[derivation(sharper_26_steps, "all d, G, x, beta, z"), attack()],
)
def remainder_without_third_derivatives(case: Anywhere) -> Margin:
    """As (60), without d and M3, which enters the proof of Theorem 1 here only. Near equality in d = 1."""
    return _remainder_at_most(case, 1.5 * case.M * case.M2)


@remainder_without_third_derivatives.mutant("4/3 in place of 3/2")
def _(case: Anywhere) -> Margin:
    return _remainder_at_most(case, 4 / 3 * case.M * case.M2)


@remainder_without_third_derivatives.mutant("m in place of M")
def _(case: Anywhere) -> Margin:
    return _remainder_at_most(case, 1.5 * case.m * case.M2)
