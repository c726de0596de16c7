"""Appendix C.2: the pull towards the inverse point, equations (29) to (32) in the proof of Lemma 3."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation
from claims.engine.arithmetic import Array
from claims.papers.pareek_risteski_2022.upper_bound.convexity import IN_D, RESTORED, E, attack
from claims.papers.pareek_risteski_2022.upper_bound.derivatives import ANY_Z, PR
from claims.papers.pareek_risteski_2022.upper_bound.derivatives import attack as attack_anywhere
from claims.papers.pareek_risteski_2022.upper_bound.loss import Anywhere, Loss, Region
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import dot, sqrt_d

C2 = "Appendix C.2, proof of Lemma 3"
L3 = f"{PR}/lemma-3"
LOW, M, M2, M3, BETA, NEAR = sympy.symbols("m M M2 M3 beta r", positive=True)


def inner_product_steps() -> Iterator[Step]:
    """Lemma 26 in the inner product with delta, and <delta, J^T J delta> = ‖J delta‖²."""
    d = sympy.Symbol("d", integer=True, positive=True)
    jacobian, delta = sympy.MatrixSymbol("J", d, d), sympy.MatrixSymbol("delta", d, 1)
    gram = delta.T * jacobian.T * jacobian * delta
    yield Step.zero_matrix("the Gram term", gram - (jacobian * delta).T * (jacobian * delta))


def _parts(case: Loss, pull: Array, power: int = 2) -> Margin:
    delta = case.offset
    shown = dot(delta, case.hat) + dot(delta, delta) + pull / case.beta**power + dot(delta, case.remainder(delta))
    return Margin.equal(dot(delta, case.gradient(case.z)), shown)


@claim(
    f"{PR}/equation-29",
    statement=r"\langle\nabla\eta(z),\nabla L(z)\rangle = \langle z-\hat z,\hat z\rangle + \|z-\hat z\|^2"
    r" + \frac{1}{\beta^2}\|J_G(\hat z)(z-\hat z)\|^2 + \langle z-\hat z, R_{\nabla L}(z)\rangle",
    source=C2,
    domain=ANY_Z,
    rests_on=[f"{PR}/lemma-26"],
    by=[derivation(inner_product_steps, "all d, G, x, beta, z"), attack_anywhere()],
)
def pull_is_split(case: Anywhere) -> Margin:
    """<delta, grad L> is the sum of the four terms."""
    pull = case.jacobian(case.hat, case.offset)
    return _parts(case, dot(pull, pull))


@pull_is_split.mutant("‖J^T delta‖²")
def _(case: Anywhere) -> Margin:
    pull = case.transposed(case.hat, case.offset)
    return _parts(case, dot(pull, pull))


@pull_is_split.mutant("1/beta in place of 1/beta²")
def _(case: Anywhere) -> Margin:
    pull = case.jacobian(case.hat, case.offset)
    return _parts(case, dot(pull, pull), 1)


def cauchy_steps() -> Iterator[Step]:
    """<delta, hat> >= -‖delta‖ ‖hat‖, which is at least -(‖delta‖² + ‖hat‖²)/2, as (‖delta‖ - ‖hat‖)² >= 0."""
    delta, hat = sympy.symbols("delta hat", real=True)
    yield Step.vanishes("the square", (delta**2 + hat**2) / 2 - delta * hat - (delta - hat) ** 2 / 2)


def _cauchy(case: Anywhere, share: float) -> Margin:
    sizes = dot(case.offset, case.offset) + dot(case.hat, case.hat)
    return Margin.at_least(dot(case.offset, case.hat), -share * sizes)


@claim(
    f"{PR}/equation-30",
    statement=r"\langle z-\hat z,\hat z\rangle \ge -(\|z-\hat z\|^2 + \|\hat z\|^2)",
    source=C2,
    domain="all z and all inverse points in all dimensions",
    by=[derivation(cauchy_steps, "all d, z, hat"), attack_anywhere()],
)
def prior_pull_is_bounded(case: Anywhere) -> Margin:
    """The larger of the two squares would do, by the two printed cases; and so would half of their sum."""
    return _cauchy(case, 1.0)


@prior_pull_is_bounded.mutant("-‖z - hat‖² alone")
def _(case: Anywhere) -> Margin:
    return Margin.at_least(dot(case.offset, case.hat), -dot(case.offset, case.offset))


@prior_pull_is_bounded.mutant("0.45 of it")
def _(case: Anywhere) -> Margin:
    return _cauchy(case, 0.45)


@claim(
    f"{PR}/equation-30/remark-sharper",
    statement=r"\langle z-\hat z,\hat z\rangle \ge -\tfrac12(\|z-\hat z\|^2 + \|\hat z\|^2),"
    r"\text{ with equality at } z = 0",
    source="ours: " + C2,
    domain="all z and all inverse points in all dimensions",
    by=[derivation(cauchy_steps, "all d, z, hat"), attack_anywhere()],
)
def prior_pull_sharply(case: Anywhere) -> Margin:
    """Half of the printed bound; at z = 0, where z - hat = -hat, it is met."""
    return _cauchy(case, 0.5)


@prior_pull_sharply.mutant("0.45 in place of ½")
def _(case: Anywhere) -> Margin:
    return _cauchy(case, 0.45)


@prior_pull_sharply.mutant("nonnegative")
def _(case: Anywhere) -> Margin:
    return _cauchy(case, 0.0)


def stretch_steps() -> Iterator[Step]:
    """Remark 2 at the inverse point, for v = z - hat, squared."""
    more = sympy.Symbol("more", nonnegative=True)
    yield Step.nonnegative("squares keep the order", (LOW * NEAR + more) ** 2 - (LOW * NEAR) ** 2)


def _stretch(case: Anywhere, least: Array) -> Margin:
    pull = case.jacobian(case.hat, case.offset)
    return Margin.at_least(dot(pull, pull), least * dot(case.offset, case.offset))


@claim(
    f"{PR}/equation-31",
    statement=r"\|J_G(\hat z)(z-\hat z)\|^2 \ge m^2\|z-\hat z\|^2",
    source=C2,
    domain=ANY_Z,
    rests_on=[f"{PR}/remark-2"],
    by=[derivation(stretch_steps, "all d, G, x, z"), attack_anywhere()],
)
def generator_pull_is_bounded(case: Anywhere) -> Margin:
    """‖J delta‖² >= m² ‖delta‖²."""
    return _stretch(case, case.m**2)


@generator_pull_is_bounded.mutant("1.1 m²")
def _(case: Anywhere) -> Margin:
    return _stretch(case, 1.1 * case.m**2)


@generator_pull_is_bounded.mutant("M²")
def _(case: Anywhere) -> Margin:
    return _stretch(case, case.M**2)


def remainder_steps() -> Iterator[Step]:
    """By Cauchy and Schwarz and Lemma 26, <delta, R> >= -(3 d M M2 ‖delta‖ + sqrt(d) M M3 ‖delta‖²) ‖delta‖²/(2 beta²),
    and ‖delta‖ <= rad(D) <= min{m²/(6 d M M2), m/sqrt(2 sqrt(d) M M3)} makes each term at most m²/2.
    """  # noqa: D205 - the proof
    root = 1 + E
    first, second = LOW**2 / (6 * root**2 * M * M2), LOW / sympy.sqrt(2 * root * M * M3)
    yield Step.vanishes("3 d M M2 rad <= m²/2", 3 * root**2 * M * M2 * first - LOW**2 / 2)
    yield Step.vanishes("sqrt(d) M M3 rad² <= m²/2", root * M * M3 * second**2 - LOW**2 / 2)


def _remainder_at_least(case: Region, share: float) -> Margin:
    delta = case.offset
    least = share * case.m**2 / case.beta**2 * dot(delta, delta)
    return Margin.at_least(dot(delta, case.remainder(delta)), -least)


@claim(
    f"{PR}/equation-32",
    statement=r"\langle z-\hat z, R_{\nabla L}(z)\rangle \ge -\frac{m^2}{2\beta^2}\|z-\hat z\|^2,\quad z\in D",
    source=C2,
    domain=IN_D,
    rests_on=[f"{PR}/lemma-26", f"{PR}/lemma-11"],
    readings=[RESTORED],
    by=[derivation(remainder_steps, "all d, G, x, beta <= beta_0, z in D"), attack()],
)
def remainder_is_outweighed(case: Region) -> Margin:
    """The printed bound; and the two inequalities of Lemma 11 before it."""
    root = sqrt_d(case)
    second = Margin.at_most(3 * case.d * case.M * case.M2 * case.radius, case.m**2 / 2)
    third = Margin.at_most(root * case.M * case.M3 * case.radius**2, case.m**2 / 2)
    return _remainder_at_least(case, 0.5) & second & third


@remainder_is_outweighed.mutant("a tenth of it")
def _(case: Region) -> Margin:
    return _remainder_at_least(case, 0.05)


@remainder_is_outweighed.mutant("a remainder that pulls inwards")
def _(case: Region) -> Margin:
    return _remainder_at_least(case, 0.0)


def substitution_steps() -> Iterator[Step]:
    """(30), (31) and (32) in (29): -(‖delta‖² + ‖hat‖²) + ‖delta‖² + m² ‖delta‖²/beta² - m² ‖delta‖²/(2 beta²)."""
    hat = sympy.Symbol("hat", nonnegative=True)
    square, total = NEAR**2, -(NEAR**2 + hat**2)
    total += square + LOW**2 * square / BETA**2 - LOW**2 * square / (2 * BETA**2)
    yield Step.vanishes("the sum", total - (-(hat**2) + LOW**2 / (2 * BETA**2) * square))
    yield Step.vanishes("‖delta‖² = 2 eta", LOW**2 / (2 * BETA**2) * 2 * NEAR - LOW**2 / BETA**2 * NEAR)


def _pull_at_least(case: Region, prior: float, share: float) -> Margin:
    delta = case.offset
    least = share * case.m**2 / case.beta**2 * dot(delta, delta) - prior * dot(case.hat, case.hat)
    return Margin.at_least(dot(delta, case.gradient(case.z)), least)


@claim(
    f"{L3}/step-substitution",
    statement=r"\langle\nabla\eta(z),\nabla L(z)\rangle \ge -\|\hat z\|^2 + \frac{m^2}{2\beta^2}\|z-\hat z\|^2,"
    r"\quad z\in D",
    source=C2 + ", last display",
    domain=IN_D,
    rests_on=[f"{PR}/equation-{k}" for k in (29, 30, 31, 32)],
    readings=[RESTORED],
    by=[derivation(substitution_steps, "all d, G, x, beta <= beta_0, z in D"), attack()],
)
def pull_is_bounded_below(case: Region) -> Margin:
    """The four terms together."""
    return _pull_at_least(case, 1.0, 0.5)


@pull_is_bounded_below.mutant("without ‖hat‖²")
def _(case: Region) -> Margin:
    return _pull_at_least(case, 0.0, 0.5)


@pull_is_bounded_below.mutant("three times the attraction")
def _(case: Region) -> Margin:
    return _pull_at_least(case, 1.0, 1.5)
