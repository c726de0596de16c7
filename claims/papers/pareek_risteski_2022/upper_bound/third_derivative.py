"""Appendix F.3.2, Lemma 25: the third derivative of L."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation
from claims.engine.arithmetic import Array, absolute
from claims.papers.pareek_risteski_2022.upper_bound.derivatives import ANY_Z, PR, attack
from claims.papers.pareek_risteski_2022.upper_bound.loss import Anywhere
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import norm, sqrt_d

F32 = "Appendix F.3.2"
LOST = "the factor 1/beta² was lost in the text; the proof has it"
L25 = f"{PR}/lemma-25"

D, M, M2, M3, NEAR, BETA = sympy.symbols("d M M2 M3 r beta", positive=True)


def lemma_25_steps() -> Iterator[Step]:
    """(58) at unit vectors a, b, c: each product is sum_i (dG_i a)(b^T Hess G_i c), at most sum_i ‖grad G_i‖ max_i
    ‖Hess G_i‖ <= sqrt(d) ‖J‖_F M2 <= sqrt(d) sqrt(d) M M2 by the three steps on norms and Remark 4. The last term
    is at most sum_i |G_i - x_i| M3 <= sqrt(d) ‖G(z) - G(hat)‖ M3 <= sqrt(d) M ‖z - hat‖ M3.
    """  # noqa: D205 - the proof
    total = 3 * sympy.sqrt(D) * sympy.sqrt(D) * M * M2 + sympy.sqrt(D) * M * M3 * NEAR
    yield Step.vanishes("their sum", total - sympy.sqrt(D) * M * (3 * sympy.sqrt(D) * M2 + M3 * NEAR))


def _third_at_most(case: Anywhere, bound: Array) -> Margin:
    a, b, c = case.directions
    third = absolute(case.third_of_loss(case.z, a, b, c))
    return Margin.at_most(third, bound / case.beta**2 * norm(a) * norm(b) * norm(c))


def lemma_25_bound(case: Anywhere) -> Array:
    """sqrt(d) M (3 sqrt(d) M2 + M3 ‖z - hat‖), which stands over beta²: [n]."""
    root = sqrt_d(case)
    return root * case.M * (3 * root * case.M2 + case.M3 * norm(case.offset))


@claim(
    L25,
    statement=r"\forall z\in\mathbb R^d,\ \|\nabla^3 L(z)\|_{op} \le \frac{\sqrt d M}{\beta^2}"
    r"\,(3\sqrt d M_2 + M_3\|z - \hat z\|)",
    source=F32 + ", Lemma 25",
    domain=ANY_Z,
    rests_on=[
        f"{PR}/equation-58",
        f"{PR}/remark-4",
        *(f"{L25}/step-{step}" for step in ("slices", "one-norm", "frobenius")),
    ],
    readings=[LOST],
    by=[derivation(lemma_25_steps, "all d, G, x, beta, z"), attack()],
)
def third_derivative_is_bounded(case: Anywhere) -> Margin:
    """The third derivative along any a, b, c is at most the printed bound times ‖a‖ ‖b‖ ‖c‖; near equality in d = 1."""
    return _third_at_most(case, lemma_25_bound(case))


@third_derivative_is_bounded.mutant("without 1/beta²")
def _(case: Anywhere) -> Margin:
    return _third_at_most(case, lemma_25_bound(case) * case.beta**2)


@third_derivative_is_bounded.mutant("no factor 3")
def _(case: Anywhere) -> Margin:
    root = sqrt_d(case)
    return _third_at_most(case, root * case.M * (root * case.M2 + case.M3 * norm(case.offset)))


@third_derivative_is_bounded.mutant("0.9 of it")
def _(case: Anywhere) -> Margin:
    return _third_at_most(case, 0.9 * lemma_25_bound(case))


def sharper_25_steps() -> Iterator[Step]:
    """sum_i (dG_i a)(b^T Hess G_i c) is the inner product of the vectors J a and Hess G[b, c], so at most ‖J a‖ ‖Hess
    G[b, c]‖ <= M M2, and sum_i (G_i - x_i) D³G_i[a, b, c] is at most ‖G - x‖ M3 <= M M3 ‖z - hat‖: one Cauchy-Schwarz
    in place of sums of norms.
    """  # noqa: D205 - the proof
    yield Step.vanishes("their sum", 3 * M * M2 + M * M3 * NEAR - M * (3 * M2 + M3 * NEAR))
    e = sympy.Symbol("e", nonnegative=True)
    yield Step.nonnegative(
        "sqrt(d) = 1 + e: not above the printed bound", (1 + e) * (3 * (1 + e) * M2 + M3 * NEAR) - (3 * M2 + M3 * NEAR)
    )


@claim(
    f"{L25}/remark-sharper",
    statement=r"\|\nabla^3 L(z)\|_{op} \le \frac{M}{\beta^2}\,(3 M_2 + M_3\|z - \hat z\|)",
    source="ours: " + F32 + ", Lemma 25 without its factors of sqrt(d)",
    domain=ANY_Z,
    rests_on=[f"{PR}/equation-58", f"{PR}/remark-4"],
    by=[derivation(sharper_25_steps, "all d, G, x, beta, z"), attack()],
)
def third_derivative_without_the_dimension(case: Anywhere) -> Margin:
    """As Lemma 25, without d."""
    return _third_at_most(case, case.M * (3 * case.M2 + case.M3 * norm(case.offset)))


@third_derivative_without_the_dimension.mutant("0.9 of it")
def _(case: Anywhere) -> Margin:
    return _third_at_most(case, 0.9 * case.M * (3 * case.M2 + case.M3 * norm(case.offset)))


@third_derivative_without_the_dimension.mutant("m in place of M")
def _(case: Anywhere) -> Margin:
    return _third_at_most(case, case.m * (3 * case.M2 + case.M3 * norm(case.offset)))
