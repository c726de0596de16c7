"""Appendix C.3, Lemma 4: L is strongly convex on D."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, absolute
from claims.papers.pareek_risteski_2022.upper_bound.derivatives import PR
from claims.papers.pareek_risteski_2022.upper_bound.loss import Region
from claims.papers.pareek_risteski_2022.upper_bound.loss_structures import (
    REGION,
    REGION_CORNERS,
    region,
)
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import dot, norm, sqrt_d

C3 = "Appendix C.3, proof of Lemma 4"
IN_D = "all G of Assumptions 1 and 2 in all dimensions, all x, epsilon in (0, 1], beta <= beta_0, z in D"
RESTORED = (
    "rad(D) = (4 beta/m) sqrt(A log(16 A/epsilon)) and beta_0 as restored, A = 2d + ‖x‖²/m²; prefactor and constant are"
    " uncertain and cancel: rad(D) = (beta/beta_0) min{m²/(6 d M M2), m/sqrt(2 sqrt(d) M M3)}, which is Lemma 11"
)
L4, L25 = f"{PR}/lemma-4", f"{PR}/lemma-25"

#: sqrt(d) = 1 + e.
E = sympy.Symbol("e", nonnegative=True)
LOW, M, M2, BETA, RAD = sympy.symbols("m M M2 beta rad", positive=True)
MOST = LOW**2 / (6 * (1 + E) ** 2 * M * M2)  # the first bound of Lemma 11 on rad(D)


def attack() -> search:
    """The search that all statements on D share."""
    return search(region(), REGION, corners=REGION_CORNERS)


# --- Lemma 4 ----------------------------------------------------------------------------------------------


def sum_steps() -> Iterator[Step]:
    """For unit v, w: |sum_i (G_i - x_i) v^T Hess G_i w| <= sum_i |G_i - x_i| ‖Hess G_i‖ <= sqrt(d) ‖G - x‖ M2 <=
    sqrt(d) M ‖z - hat‖ M2 <= sqrt(d) M M2 rad(D), and rad(D) <= m²/(6 d M M2).
    """  # noqa: D205 - the proof
    bound = (1 + E) * M * M2 * MOST
    yield Step.vanishes("sqrt(d) M M2 rad <= m²/(6 sqrt d)", bound - LOW**2 / (6 * (1 + E)))
    yield Step.nonnegative("m²/(6 sqrt d) <= m²/6 <= m²", LOW**2 / 6 - LOW**2 / (6 * (1 + E)))


def _curvature_at_most(case: Region, bound: Array) -> Margin:
    v, w, _ = case.directions
    return Margin.at_most(absolute(case.curvature(case.z, v, w)), bound * norm(v) * norm(w))


@claim(
    f"{L4}/step-sum-bound",
    statement=r"\Big\|\sum_{i\in[d]}\nabla^2G_i(z)(G_i(z)-x_i)\Big\|_{op} \le \sqrt d\,M M_2\,\mathrm{rad}(D)"
    r" \le \frac{m^2}{6\sqrt d} \le m^2,\quad z\in D",
    source=C3,
    domain=IN_D,
    rests_on=[f"{L25}/step-slices", f"{L25}/step-one-norm", f"{PR}/lemma-11"],
    readings=[RESTORED],
    by=[derivation(sum_steps, "all d, G, x, z in D"), attack()],
)
def second_derivatives_are_outweighed(case: Region) -> Margin:
    """All three inequalities of the display."""
    root = sqrt_d(case)
    least = case.m**2 / (6 * root)
    chain = Margin.at_most(root * case.M * case.M2 * case.radius, least) & Margin.at_most(least, case.m**2)
    return _curvature_at_most(case, root * case.M * case.M2 * case.radius) & chain


@second_derivatives_are_outweighed.mutant("m²/48 in place of m²/(6 sqrt d)")
def _(case: Region) -> Margin:
    return _curvature_at_most(case, case.m**2 / 48)


@second_derivatives_are_outweighed.mutant("a hundredth of M M2 rad")
def _(case: Region) -> Margin:
    return _curvature_at_most(case, 0.01 * case.M * case.M2 * case.radius)


def hessian_steps() -> Iterator[Step]:
    """By (56), v^T Hess L v = ‖v‖² + (‖J v‖² + v^T S v)/beta² with S the sum. ‖J v‖ >= m ‖v‖ by Remark 2, and
    v^T S v >= -‖S‖ ‖v‖².
    """  # noqa: D205 - the proof
    size, more = sympy.symbols("S more", nonnegative=True)
    value = 1 + (LOW**2 + more - size) / BETA**2
    yield Step.nonnegative("at least", value - (1 + LOW**2 / BETA**2 - size / BETA**2))


def _hessian_at_least(case: Region, least: Array) -> Margin:
    v, _, _ = case.directions
    return Margin.at_least(case.hessian(case.z, v, v), least * dot(v, v))


@claim(
    f"{PR}/equation-39",
    statement=r"\nabla^2 L(z) \succeq \Big(1 + \frac{m^2}{\beta^2}\Big) I - \frac{1}{\beta^2}\Big\|\sum_{i\in[d]}"
    r"\nabla^2G_i(z)(G_i(z)-x_i)\Big\|_{op} I",
    source="Appendix C.3",
    domain=IN_D + " (any z and beta will do)",
    rests_on=[f"{PR}/equation-56", f"{PR}/remark-2"],
    readings=["(1 + m²/beta²) I in front, and 1/beta² times the norm: the text is garbled"],
    by=[derivation(hessian_steps, "all d, G, x, beta, z"), attack()],
)
def hessian_is_split(case: Region) -> Margin:
    """v^T Hess L v >= (1 + m²/beta²) ‖v‖² - |v^T S v|/beta², where |v^T S v| <= ‖S‖ ‖v‖²."""
    return _split(case, 1.0)


def _split(case: Region, prior: float, share: float = 1.0) -> Margin:
    v, _, _ = case.directions
    bent = absolute(case.curvature(case.z, v, v)) / case.beta**2
    least = (prior + share * case.m**2 / case.beta**2) * dot(v, v) - bent
    return Margin.at_least(case.hessian(case.z, v, v), least)


@hessian_is_split.mutant("twice the prior")
def _(case: Region) -> Margin:
    return _split(case, 2.0)


@hessian_is_split.mutant("1.1 m²")
def _(case: Region) -> Margin:
    return _split(case, 1.0, 1.1)


def lemma_4_steps() -> Iterator[Step]:
    """(39) with the bound of the sum."""
    size, slack = sympy.symbols("S slack", nonnegative=True)
    yield Step.nonnegative("‖S‖ <= m²", (LOW**2 - size).subs(LOW, sympy.sqrt(size + slack)))


@claim(
    L4,
    statement=r"\text{For all } z\in D,\ \nabla^2 L(z) \succeq I",
    source="Section 5.2, Lemma 4; Appendix C.3",
    domain=IN_D,
    rests_on=[f"{PR}/equation-39", f"{L4}/step-sum-bound"],
    readings=[RESTORED],
    by=[derivation(lemma_4_steps, "all d, G, x, epsilon, beta <= beta_0, z in D"), attack()],
)
def loss_is_strongly_convex(case: Region) -> Margin:
    """v^T Hess L(z) v >= ‖v‖² for all v."""
    return _hessian_at_least(case, 1.0)


@loss_is_strongly_convex.mutant("at least 1.5 I")
def _(case: Region) -> Margin:
    return _hessian_at_least(case, 1.5)


@loss_is_strongly_convex.mutant("a loss without its prior")
def _(case: Region) -> Margin:
    v, _, _ = case.directions
    return Margin.at_least(case.hessian(case.z, v, v) - dot(v, v), dot(v, v))


@loss_is_strongly_convex.mutant("J J in place of J^T J")
def _(case: Region) -> Margin:
    v, _, _ = case.directions
    twice = case.jacobian(case.z, case.jacobian(case.z, v))
    return Margin.at_least((dot(v, twice) + case.curvature(case.z, v, v)) / case.beta**2, 0 * dot(v, v))


def sharper_4_steps() -> Iterator[Step]:
    """(39) with ‖S‖ <= m²/(6 sqrt d) <= m²/6."""
    yield Step.nonnegative("m² - m²/(6 sqrt d) >= 5m²/6", LOW**2 - LOW**2 / (6 * (1 + E)) - 5 * LOW**2 / 6)


@claim(
    f"{L4}/remark-sharper",
    statement=r"\text{For all } z\in D,\ \nabla^2 L(z) \succeq \Big(1 + \frac{5m^2}{6\beta^2}\Big) I",
    source="ours: Appendix C.3, with all that its proof gives",
    domain=IN_D,
    rests_on=[f"{PR}/equation-39", f"{L4}/step-sum-bound"],
    readings=[
        RESTORED,
        "so L is m²/(2 beta²)-strongly convex on D, and the reflected diffusion forgets at that rate",
        "for beta <= beta_0 as in (1); lemma-3/remark-wider-beta widens (1) for Lemmas 3 and 4 only, not for this bound"
        " nor for Theorem 1 as such",
    ],
    by=[derivation(sharper_4_steps, "all d, G, x, epsilon, beta <= beta_0, z in D"), attack()],
)
def loss_is_more_strongly_convex(case: Region) -> Margin:
    """With the factor of 1/beta² that Lemma 4 drops: the reflected diffusion contracts within beta²/m²."""
    return _hessian_at_least(case, 1 + 5 * case.m**2 / (6 * case.beta**2))


@loss_is_more_strongly_convex.mutant("1.1 m²/beta²")
def _(case: Region) -> Margin:
    return _hessian_at_least(case, 1 + 1.1 * case.m**2 / case.beta**2)


@loss_is_more_strongly_convex.mutant("M in place of m")
def _(case: Region) -> Margin:
    return _hessian_at_least(case, 1 + 5 * case.M**2 / (6 * case.beta**2))
