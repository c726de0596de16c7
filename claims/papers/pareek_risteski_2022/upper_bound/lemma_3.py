"""Section 5.2: Lemma 3, what the text says of its terms, and how large beta may be for Lemmas 3 and 4."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
import torch

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array
from claims.papers.pareek_risteski_2022.upper_bound.convexity import IN_D, RESTORED, attack
from claims.papers.pareek_risteski_2022.upper_bound.derivatives import PR
from claims.papers.pareek_risteski_2022.upper_bound.drift import (
    L3,
    LOW,
    M2,
    NEAR,
    M,
    substitution_steps,
)
from claims.papers.pareek_risteski_2022.upper_bound.ito import drift, eta
from claims.papers.pareek_risteski_2022.upper_bound.loss import Ball, Region, WideRegion, WithoutM
from claims.papers.pareek_risteski_2022.upper_bound.loss_structures import (
    REGION,
    WITHOUT_M,
    WITHOUT_M_CORNERS,
    wide_region,
    without_m,
)
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import dot


def _bound(case: Ball, rate: float = 1.0, prior: float = 1.0, ito: float = 1.0) -> Array:
    pull = rate * case.m**2 / case.beta**2 * eta(case.offset)
    return prior * dot(case.hat, case.hat) + ito * case.d - pull


@claim(
    L3,
    statement=r"d\eta(z) \le -\frac{m^2}{\beta^2}\,\eta(z)\,dt + (\|\hat z\|^2 + d)\,dt + 2\sqrt{\eta(z)}\,dB_t"
    r"\ \text{ for } z\in D,\ \beta\le\beta_0,\ \eta(z) := \tfrac12\|z-\hat z\|^2",
    source="Section 5.2, Lemma 3; Appendix C.2",
    domain=IN_D,
    rests_on=[f"{PR}/equation-28", f"{L3}/step-substitution"],
    readings=[RESTORED, "an inequality of the dt terms; the dB terms are equal by (28)"],
    by=[derivation(substitution_steps, "all d, G, x, epsilon, beta <= beta_0, z in D"), attack()],
)
def distance_falls(case: Region) -> Margin:
    """The dt term of (28) is at most the printed one."""
    return Margin.at_most(drift(case), _bound(case))


@distance_falls.mutant("a loss with 1/beta in place of 1/beta²")
def _(case: Region) -> Margin:
    data = case.transposed(case.z, case.misfit(case.z)) / case.beta[..., None]
    return Margin.at_most(case.d - dot(case.offset, case.z + data), _bound(case))


@distance_falls.mutant("J in place of J^T")
def _(case: Region) -> Margin:
    data = case.jacobian(case.z, case.misfit(case.z)) / (case.beta**2)[..., None]
    return Margin.at_most(case.d - dot(case.offset, case.z + data), _bound(case))


@distance_falls.mutant("without ‖hat‖²")
def _(case: Region) -> Margin:
    return Margin.at_most(drift(case), _bound(case, prior=0.0))


@distance_falls.mutant("without Ito's d")
def _(case: Region) -> Margin:
    return Margin.at_most(drift(case), _bound(case, ito=0.0))


@distance_falls.mutant("three times the attraction")
def _(case: Region) -> Margin:
    return Margin.at_most(drift(case), _bound(case, rate=3.0))


def sharper_steps() -> Iterator[Step]:
    """With J at z (not at the inverse point): <delta, grad L> = <delta, hat> + ‖delta‖² + <J delta, G(z) - x>/beta².
    By Taylor's formula at z, G(z) - x = J delta - e, ‖e‖ <= c = M2 ‖delta‖²/2. So <J delta, G(z) - x> >= s (s - c)
    with s = ‖J delta‖ >= m ‖delta‖ >= 2c, and s (s - c) grows in s from c/2 on: it is at least
    m ‖delta‖ (m ‖delta‖ - c) >= m² ‖delta‖²/2. And <delta, hat> + ‖delta‖² >= -‖hat‖²/4.
    """  # noqa: D205 - the proof
    share = sympy.Symbol("t", nonnegative=True)  # M2 ‖delta‖ = m/(1 + t)
    near = LOW / (M2 * (1 + share))
    c = M2 * near**2 / 2
    yield Step.nonnegative("m ‖delta‖ >= 2c", LOW * near - 2 * c)
    yield Step.nonnegative("at least m² ‖delta‖²/2", LOW * near * (LOW * near - c) - LOW**2 * near**2 / 2)
    hat = sympy.Symbol("hat", nonnegative=True)
    prior = NEAR**2 - NEAR * hat + hat**2 / 4
    yield Step.vanishes("‖delta‖² - ‖delta‖ ‖hat‖ + ‖hat‖²/4 is a square", prior - (NEAR - hat / 2) ** 2)


@claim(
    f"{L3}/remark-sharper",
    statement=r"d\eta(z) \le -\frac{m^2}{\beta^2}\,\eta(z)\,dt + (\tfrac14\|\hat z\|^2 + d)\,dt + 2\sqrt{\eta(z)}\,dB_t"
    r"\ \text{ for all } \beta > 0 \text{ and } \|z-\hat z\| \le m/M_2",
    source="ours: Lemma 3 without d, M and M3 in the radius of D",
    domain="all G of Assumptions 1 and 2 in all dimensions, all x, all beta > 0, ‖z - hat‖ <= m/M2",
    rests_on=[f"{PR}/equation-28", f"{PR}/equation-55", f"{PR}/remark-2"],
    by=[
        derivation(sharper_steps, "all d, G, x, beta, ‖z - hat‖ <= m/M2"),
        search(without_m(), WITHOUT_M, corners=WITHOUT_M_CORNERS),
    ],
)
def distance_falls_in_a_larger_ball(case: WithoutM) -> Margin:
    """As Lemma 3, with a quarter of ‖hat‖², in the ball of radius m/M2."""
    return Margin.at_most(drift(case), _bound(case, prior=0.25))


@distance_falls_in_a_larger_ball.mutant("2.2 times the attraction")
def _(case: WithoutM) -> Margin:
    return Margin.at_most(drift(case), _bound(case, rate=2.2, prior=0.25))


@distance_falls_in_a_larger_ball.mutant("a tenth of ‖hat‖²")
def _(case: WithoutM) -> Margin:
    return Margin.at_most(drift(case), _bound(case, prior=0.1))


@distance_falls_in_a_larger_ball.mutant("without Ito's d")
def _(case: WithoutM) -> Margin:
    return Margin.at_most(drift(case), _bound(case, prior=0.25, ito=0.0))


def wider_steps() -> Iterator[Step]:
    """With beta <= m³/(4 M M2 sqrt(A log(16A/epsilon))), rad(D) = 4 (beta/m) sqrt(A log(16A/epsilon)) <= m²/(M M2),
    which is at most m/M2, for m <= M: remark-sharper gives the drift. And |v^T S v| = |<Hess G[v, v], G - x>| <=
    M2 M rad(D) <= m² for unit v, so by (39) Hess L >= I. Neither lemma uses beta_0 otherwise. A = 2d + ‖x‖²/m² is O(d)
    for the x of Lemma 24, so that (1) becomes beta <= O(1/sqrt(d log(d/epsilon))).
    """  # noqa: D205 - the proof
    more, spread = sympy.Symbol("more", nonnegative=True), sympy.Symbol("S", positive=True)
    radius = 4 / LOW * spread * LOW**3 / (4 * M * M2 * spread)
    yield Step.vanishes("rad(D) at the largest beta", radius - LOW**2 / (M * M2))
    yield Step.nonnegative("m²/(M M2) <= m/M2 at M = m + more", LOW / M2 - (radius.subs(M, LOW + more)))
    yield Step.vanishes("M2 M rad(D) = m²", M2 * M * radius - LOW**2)


def _hessian_at_least(case: Region, least: float) -> Margin:
    v, _, _ = case.directions
    return Margin.at_least(case.hessian(case.z, v, v), least * dot(v, v))


@claim(
    f"{L3}/remark-wider-beta",
    statement=r"\text{Lemmas 3 and 4 hold with } \beta_0 = \frac{m^3}{4 M M_2\sqrt{A\log(16A/\epsilon)}},\ "
    r"A = 2d + \|x\|^2/m^2,\ \text{so for } \beta \le O\big(1/\sqrt{d\log(d/\epsilon)}\big) \text{, wider than (1)}",
    source="ours: Lemmas 3, 4 and 11 without their factors of d, and without M3",
    domain="all G of Assumptions 1 and 2 in all dimensions, all x, epsilon in (0, 1], beta <= this beta_0, z in D",
    rests_on=[f"{L3}/remark-sharper", f"{PR}/equation-39"],
    readings=[
        RESTORED,
        "rad(D) as a function of beta is Lemma 13's; only the largest beta is another",
        "(1) is widened for Lemmas 3 and 4 only; Theorem 1 as such is not claimed for these beta",
    ],
    by=[derivation(wider_steps, "all d, G, x, epsilon, beta, z in D"), search(wide_region(), REGION)],
)
def both_lemmas_for_larger_beta(case: WideRegion) -> Margin:
    """The drift of Lemma 3 and the convexity of Lemma 4: beta may be 6d times as large at least where M2 decides."""
    return Margin.at_most(drift(case), _bound(case)) & _hessian_at_least(case, 1.0)


@both_lemmas_for_larger_beta.mutant("2.2 times the attraction")
def _(case: WideRegion) -> Margin:
    return Margin.at_most(drift(case), _bound(case, rate=2.2))


@both_lemmas_for_larger_beta.mutant("Lemma 4's sharper 1 + 5m²/(6 beta²)")
def _(case: WideRegion) -> Margin:
    v, _, _ = case.directions
    return Margin.at_least(case.hessian(case.z, v, v), (1 + 5 * case.m**2 / (6 * case.beta**2)) * dot(v, v))


# --- what the text says of the terms ------------------------------------------------------------------------


def _inverse_points() -> Iterator[Array]:
    """hat = 0, then hat = e_1, in one and two dimensions."""
    for point in ([0.0], [1.0], [1.0, 0.0]):
        yield torch.tensor([point], dtype=torch.float64)


def _from_ito(hat: Array, prior: float, ito: float) -> Margin:
    d = hat.shape[-1]
    laplacian = sum(2 * eta(0 * hat + e) for e in _units(hat))  # second differences of ‖.‖²/2 at 0
    return Margin.equal(laplacian, prior * dot(hat, hat) + ito * d)


def _units(hat: Array) -> list[Array]:
    d = hat.shape[-1]
    return [torch.eye(d, dtype=torch.float64)[i].numpy().astype(object) for i in range(d)]


@claim(
    f"{L3}/remark-heuristic",
    statement=r"\text{The term } (\|\hat z\|^2 + d)\,dt \text{ comes from the heuristic It\^o calculus equality }"
    r"\ dB_t^2 = dt",
    source="Section 5.2, after Lemma 3",
    domain="all inverse points in all dimensions",
    rests_on=[f"{PR}/equation-28"],
    effect="Harmless: a remark on the way. Only d dt comes from dB² = dt; ‖hat‖² dt bounds the prior's pull, (30).",
    by=[exhaustive(_inverse_points, "hat = 0 and e_1, d = 1, 2")],
    worked=lambda hat: [
        f"d = {hat.shape[-1]}, hat = {hat[0].tolist()}: dB² = dt gives ½ (sqrt 2)² (Laplacian of ‖z - hat‖²/2) ="
        f" {hat.shape[-1]}, whatever hat is; ‖hat‖² + d = {float(dot(hat, hat)[0]) + hat.shape[-1]:g}",
    ],
)
def both_terms_come_from_ito(hat: Array) -> Margin:
    """Ito's correction ½ (sqrt 2)² Laplacian(eta) is ‖hat‖² + d."""
    return _from_ito(hat, 1.0, 1.0)


@both_terms_come_from_ito.mutant("‖hat‖² + 2d")
def _(hat: Array) -> Margin:
    return _from_ito(hat, 1.0, 2.0)


@both_terms_come_from_ito.mutant("2‖hat‖² + d")
def _(hat: Array) -> Margin:
    return _from_ito(hat, 2.0, 1.0)
