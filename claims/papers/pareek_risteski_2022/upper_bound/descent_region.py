"""Appendix B, (18) and (19): the region A of Lemma 1's proof, and the second derivative in it."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Constant, Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, absolute
from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import (
    CENTRED,
    NEARLY_LINEAR,
    PAPER,
    SCOPE,
    STEEP,
    Inversion,
    inner,
    inversions,
    norm,
)

L1 = f"{PAPER}/lemma-1"
SOURCE = "Appendix B, proof of Lemma 1"
ANY_CENTRED = "all d, x, all G with Assumptions 1, 2 and 3"
ON_THE_INVERSE = [f"{PAPER}/lemma-23", f"{PAPER}/equation-54"]
CARRIED = [f"{PAPER}/lemma-23/repair"]
CORNERS = (*NEARLY_LINEAR, *STEEP)


def radius(case: Inversion) -> Array:
    """(18): [n]."""
    return (case.M / case.m + 1) * norm(case.x) / case.m


def outside_steps() -> Iterator[Step]:
    """Outside A, with a = ‖z - ẑ‖, b = ‖ẑ‖: (0) f(z) - f(0) >= (m² a² - M² b²)/2 by Assumptions 1, 2, as G(ẑ) = x;
    that is C (m a - M b) with C = (m a + M b)/2 >= 0. (1), (2): a >= ‖z‖ - b >= (M/m + 1)‖x‖/m - ‖x‖/m = (M/m)‖x‖/m
    >= (M/m) b, by (54).
    """  # noqa: D205 - the proof
    m, M, a, b = sympy.symbols("m M a b", positive=True)
    slack, more = sympy.symbols("p q", nonnegative=True)
    yield Step.vanishes("the factors", (m**2 * a**2 - M**2 * b**2) / 2 - (m * a + M * b) / 2 * (m * a - M * b))
    nearest = (M / m + 1) * (m * b + slack) / m + more - b
    yield Step.nonnegative("m a - M b at ‖x‖ = m b + p, ‖z‖ = radius + q", sympy.expand(m * nearest - M * b))


def _outside(case: Inversion, reach: Array) -> Margin:
    z = case.towards(reach, outside=True)
    away, size = norm(z - case.zhat), norm(case.zhat)
    gain = (case.m * case.m * away * away - case.M * case.M * size * size) / 2
    rise = case.f(z) - case.f(0 * z)
    return Margin.at_least(rise, gain) & Margin.at_least(case.m * away, case.M * size) & Margin.at_least(rise, 0 * rise)


@claim(
    f"{L1}/step-18",
    statement=r"A := \{z: \|z\| \le (M/m + 1)\|x\|/m\}.\ z^{(0)} = 0 \in A;\ \forall z \notin A:\ f(z) - f(0) \ge"
    r" \tfrac12(m^2\|z - \hat z\|^2 - M^2\|\hat z\|^2) \ge C_+(m\|z - \hat z\| - M\|\hat z\|) \ge 0",
    source=SOURCE + ", eq. 18",
    domain=ANY_CENTRED,
    readings=[CENTRED],
    rests_on=ON_THE_INVERSE,
    carried_by=CARRIED,
    by=[derivation(outside_steps, "all d, G, x, z"), search(inversions(), SCOPE, corners=CORNERS)],
)
def higher_outside(case: Inversion) -> Margin:
    """Each of the inequalities at a point outside A; sharp at G(z) = m z. 0 is in A, whose radius is >= 0."""
    return _outside(case, radius(case))


@higher_outside.mutant("radius ‖x‖/m")
def _(case: Inversion) -> Margin:
    return _outside(case, norm(case.x) / case.m)


@higher_outside.mutant("nine tenths of the radius")
def _(case: Inversion) -> Margin:
    return _outside(case, 0.9 * radius(case))


def two_steps() -> Iterator[Step]:
    """f(z) <= f(0) says ‖G(z) - x‖ <= ‖x‖, so m‖z - ẑ‖ <= ‖x‖, and ‖z‖ <= ‖z - ẑ‖ + ‖ẑ‖ <= 2‖x‖/m by (54)."""
    m, x = sympy.symbols("m x", positive=True)
    ratio = sympy.Symbol("r", nonnegative=True)
    yield Step.vanishes("‖x‖/m + ‖x‖/m", x / m + x / m - 2 * x / m)
    yield Step.nonnegative("(M/m + 1) - 2 at M = (1 + r) m", (1 + ratio) + 1 - 2)


@claim(
    f"{L1}/step-18/remark-sharper",
    statement=r"f(z) \le f(0) \implies \|z\| \le 2\|x\|/m",
    source=SOURCE + ", eq. 18; ours",
    domain=ANY_CENTRED,
    readings=["ours: M/m + 1 >= 2 is not needed", CENTRED],
    rests_on=ON_THE_INVERSE,
    carried_by=CARRIED,
    by=[derivation(two_steps, "all d, G, x, z"), search(inversions(), SCOPE, corners=CORNERS)],
    constants={"factor": Constant(2.0, 0.98)},
)
def higher_beyond_twice(case: Inversion, factor: float = 2.0) -> Margin:
    """f(z) >= f(0) beyond 2‖x‖/m; sharp at G(z) = m z, for every m <= M."""
    z = case.towards(factor * norm(case.x) / case.m, outside=True)
    return Margin.at_least(case.f(z), case.f(0 * z))


@higher_beyond_twice.mutant("‖x‖/m")
def _(case: Inversion) -> Margin:
    return higher_beyond_twice.margin(case, factor=1.0)


@higher_beyond_twice.mutant("2‖x‖/M")
def _(case: Inversion) -> Margin:
    return higher_beyond_twice.margin(case, factor=1.5)


# --- (19) -------------------------------------------------------------------------------------------------


def hessian_steps() -> Iterator[Step]:
    """∇²f = J^T J + sum_i (G_i - x_i) ∇²G_i. ‖J^T J‖ <= M². (0), (1): |v^T ∇²G_i v| <= ‖D²G[v, v]‖ <= M2 for a unit
    v, as a coordinate is no longer than its vector; sum_i |G_i - x_i| <= sqrt(d) ‖G - x‖ (Cauchy-Schwarz with the
    vector of ones). Then ‖G(z) - x‖ <= M‖z - ẑ‖, and z, ẑ are both in A, (2), whose diameter is twice its radius.
    """  # noqa: D205 - the proof
    a, b = sympy.symbols("a b", real=True)
    yield Step.vanishes(
        "2 (a² + b²) - (a + b)² = (a - b)²: Cauchy-Schwarz, pair by pair",
        2 * (a**2 + b**2) - (a + b) ** 2 - (a - b) ** 2,
    )
    m, M, x = sympy.symbols("m M x", positive=True)
    yield Step.nonnegative("radius - ‖x‖/m", sympy.expand((M / m + 1) * x / m - x / m))


def _hessian(case: Inversion, share: float, *, residual: float = 1.0) -> Margin:
    z, d = case.towards(radius(case)), case.gap.shape[-1]
    away = norm(z - case.zhat)
    second = d**0.5 * case.M * case.M2 * 2 * radius(case)
    bend = absolute(case.curvature(z, case.v))
    unit = inner(case.v, case.v)
    return (
        Margin.at_most(bend, (case.M * case.M + share * second) * unit)
        & Margin.at_most(norm(case.residual(z)), residual * case.M * away)
        & Margin.at_most(away, 2 * radius(case))
    )


@claim(
    f"{L1}/step-19",
    statement=r"\|\nabla^2 f(z)\|_{op} \le M^2 + \sum_i |G_i(z) - x_i| \max_i\|\nabla^2 G_i(z)\|_{op}"
    r" \le M^2 + \sqrt d M M_2"
    r"\|z - \hat z\| \le M^2 + \sqrt d M M_2 \cdot 2(M/m + 1)\|x\|/m =: Q,\ z \in A",
    source=SOURCE + ", eq. 19",
    domain=ANY_CENTRED + "; all z in A",
    readings=[CENTRED, "lost in extraction: the two factors 1/m of the radius"],
    rests_on=ON_THE_INVERSE,
    carried_by=CARRIED,
    by=[derivation(hessian_steps, "all d, G, x, z"), search(inversions(), SCOPE, corners=CORNERS)],
)
def bounded_in_the_region(case: Inversion) -> Margin:
    """|v^T ∇²f(z) v| <= Q‖v‖² in A."""
    return _hessian(case, 1.0)


@bounded_in_the_region.mutant("M² alone")
def _(case: Inversion) -> Margin:
    return _hessian(case, 0.0)


@bounded_in_the_region.mutant("a twentieth of the second term")
def _(case: Inversion) -> Margin:
    return _hessian(case, 0.05)


@bounded_in_the_region.mutant("‖G(z) - x‖ <= M‖z - ẑ‖/2")
def _(case: Inversion) -> Margin:
    return _hessian(case, 1.0, residual=0.5)


def sharper_steps() -> Iterator[Step]:
    """sum_i (G_i - x_i) v^T ∇²G_i v = <G - x, D²G[v, v]> <= ‖G - x‖ M2, by Cauchy-Schwarz once: no sqrt(d). Where
    f(z) <= f(0), ‖G(z) - x‖ <= ‖x‖. Lemma 9 takes any region, so also A = {f <= f(0)}, convex or not. With ‖x‖ =
    O(sqrt d): Q = O(sqrt d), and no power of 1/m in it.
    """  # noqa: D205 - the proof
    m, x, M2 = sympy.symbols("m x M2", positive=True)
    ratio, more = sympy.symbols("r e", nonnegative=True)
    printed = sympy.sqrt(1 + more) * (1 + ratio) * m * M2 * 2 * (2 + ratio) * x / m
    yield Step.nonnegative(
        "printed - M2‖x‖ at M = (1 + r) m, d = 1 + e", printed - 4 * M2 * x * sympy.sqrt(1 + more) * (1 + ratio)
    )
    yield Step.nonnegative("4 (1 + r) - 1", 4 * (1 + ratio) - 1)


def _sharper(case: Inversion, share: float) -> Margin:
    low = case.zhat + case.towards(norm(case.x) / case.M)
    unit = inner(case.v, case.v)
    margin = Margin.at_most(case.f(low), case.f(0 * low))
    for z, size in ((case.z, norm(case.residual(case.z))), (low, norm(case.x))):
        bend = absolute(case.curvature(z, case.v))
        margin &= Margin.at_most(bend, (case.M * case.M + share * case.M2 * size) * unit)
    return margin


@claim(
    f"{L1}/step-19/remark-sharper",
    statement=r"\|\nabla^2 f(z)\|_{op} \le M^2 + M_2\|G(z) - x\| \text{ everywhere, and } \le M^2 +"
    r" M_2\|x\| \text{ where }"
    r" f(z) \le f(0)",
    source=SOURCE + ", eq. 19; ours",
    domain=ANY_CENTRED + "; all z",
    readings=["ours: Q = O(sqrt d) in place of O(d), at least four times smaller in its second term", CENTRED],
    by=[derivation(sharper_steps, "all d, G, x, z"), search(inversions(), SCOPE, corners=CORNERS)],
)
def bounded_where_f_is_low(case: Inversion) -> Margin:
    """|v^T ∇²f v| <= (M² + M2‖G(z) - x‖)‖v‖² at any z; with ‖x‖ at a z below f(0)."""
    return _sharper(case, 1.0)


@bounded_where_f_is_low.mutant("M² alone")
def _(case: Inversion) -> Margin:
    return _sharper(case, 0.0)


@bounded_where_f_is_low.mutant("a third of the second term")
def _(case: Inversion) -> Margin:
    return _sharper(case, 1 / 3)
