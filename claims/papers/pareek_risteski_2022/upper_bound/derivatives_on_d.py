"""Appendix D.1, after (44) and (45): the first two derivatives of L on D, in the proof of Lemma 17."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
import torch

from claims import Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import Array, absolute
from claims.papers.pareek_risteski_2022.upper_bound.convexity import BETA, IN_D, L4, LOW, RAD, RESTORED, M, attack
from claims.papers.pareek_risteski_2022.upper_bound.derivatives import PR
from claims.papers.pareek_risteski_2022.upper_bound.loss import Region
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import norm

D1 = "Appendix D.1, proof of Lemma 17"
L17 = f"{PR}/lemma-17"


def _identities() -> Iterator[Region]:
    """G(z) = z in one dimension with M2 = M3 = 1, hat = 0, z on the boundary of D, beta = beta_0 and smaller."""
    for fraction in (1.0, 0.1):
        numbers = {
            "base": [[1.0]],
            "into": [[[0.0, 0.0]]],
            "out": [[[0.0]]],
            "spare": [[1.0, 1.0]],
            "inverse": [[[0.0]]],
            "vectors": [[[1.0], [1.0], [1.0]]],
            "toward": [[[1.0]]],
            "share": [1.0],
            "fraction": [fraction],
            "epsilon": [1.0],
        }
        arrays = {name: torch.tensor(value, dtype=torch.float64) for name, value in numbers.items()}
        yield Region("sin", False, True, **arrays)


def _gradient_at_most(case: Region, slope: Array) -> Margin:
    return Margin.at_most(norm(case.gradient(case.z)), norm(case.hat) + case.radius + slope / case.beta**2)


@claim(
    f"{L17}/step-44",
    statement=r"\|\nabla L(z)\| \le \|z\| + \frac{1}{\beta^2}\|J_G(z)^T\|_2\,\|G(z)-x\| \le (\|\hat z\|"
    r" + \mathrm{rad}(D)) + \frac{1}{\beta^2}M^2\,\mathrm{rad}(D)^2,\quad z\in D",
    source=D1 + ", after (44)",
    domain=IN_D,
    rests_on=[f"{PR}/equation-55", f"{PR}/remark-4"],
    readings=[
        RESTORED,
        "the square on rad(D) is no slip of the print: the next line substitutes m⁴/(36 d² M² M2²) for it",
    ],
    effect="Harmless: with rad(D) in place of its square the bound is O(sqrt d) + O(1/(d beta²)) instead of O(sqrt d) +"
    " O(1/(d² beta²)); h stays polynomial.",
    by=[exhaustive(_identities, "G(z) = z, d = 1, M2 = M3 = 1, hat = 0, z on the boundary, beta = beta_0, beta_0/10")],
    worked=lambda case: [
        "d = 1, G(z) = z, x = hat = 0, m = M = 1, M2 = M3 = 1 will do (any bounds of 0 do), z on the boundary of D",
        "rad(D) is Lemma 11's 1/6 at beta = beta_0, whatever the constants in Lemma 13 are; with those restored A = 2,",
        f"beta = {float(case.beta[0]):.6f}, rad(D) = {float(case.radius[0]):.6f} < 1",
        f"|L'(z)| = rad + rad/beta² = {float(norm(case.gradient(case.z))[0]):.3f} > rad + rad²/beta² ="
        f" {float((case.radius + case.radius**2 / case.beta**2)[0]):.3f}",
    ],
)
def gradient_on_the_region_as_printed(case: Region) -> Margin:
    """‖grad L‖ <= ‖hat‖ + rad + M² rad²/beta²."""
    return _gradient_at_most(case, case.M**2 * case.radius**2)


@gradient_on_the_region_as_printed.mutant("without the 1/beta² term")
def _(case: Region) -> Margin:
    return _gradient_at_most(case, 0 * case.M)


@gradient_on_the_region_as_printed.mutant("half of the square")
def _(case: Region) -> Margin:
    return _gradient_at_most(case, case.M**2 * case.radius**2 / 2)


def gradient_steps() -> Iterator[Step]:
    """(55), ‖J^T‖ = ‖J‖ <= M, ‖G(z) - x‖ = ‖G(z) - G(hat)‖ <= M ‖z - hat‖ <= M rad(D), ‖z‖ <= ‖hat‖ + rad(D)."""
    less = sympy.Symbol("rad_minus_distance", nonnegative=True)
    yield Step.nonnegative("M² ‖z - hat‖ <= M² rad", M**2 * (RAD + less) - M**2 * RAD)


@claim(
    f"{L17}/step-44/repair",
    statement=r"\|\nabla L(z)\| \le \|\hat z\| + \mathrm{rad}(D) + \frac{1}{\beta^2}M^2\,\mathrm{rad}(D),\quad z\in D",
    source=D1 + ", after (44)",
    domain=IN_D,
    rests_on=[f"{PR}/equation-55", f"{PR}/remark-4"],
    repairs=f"{L17}/step-44",
    changes="rad(D) in place of its square: M from the Jacobian and M rad(D) from G(z) - x",
    by=[derivation(gradient_steps, "all d, G, x, beta, z in D"), attack()],
)
def gradient_on_the_region(case: Region) -> Margin:
    """‖grad L‖ <= ‖hat‖ + rad + M² rad/beta²."""
    return _gradient_at_most(case, case.M**2 * case.radius)


@gradient_on_the_region.mutant("rad² as printed")
def _(case: Region) -> Margin:
    return _gradient_at_most(case, case.M**2 * case.radius**2)


@gradient_on_the_region.mutant("0.3 M²")
def _(case: Region) -> Margin:
    return _gradient_at_most(case, 0.3 * case.M**2 * case.radius)


def second_order_steps() -> Iterator[Step]:
    """(56): ‖J^T J‖ <= M² by Remark 4, and the sum is at most m² by step-sum-bound, as in the proof of Lemma 4."""
    part = sympy.Symbol("part", nonnegative=True)  # m² less the sum's norm
    total = 1 + (M**2 + LOW**2 - part) / BETA**2
    yield Step.nonnegative("at most 1 + (M² + m²)/beta²", 1 + (M**2 + LOW**2) / BETA**2 - total)


def _hessian_at_most(case: Region, slope: Array) -> Margin:
    v, w, _ = case.directions
    return Margin.at_most(absolute(case.hessian(case.z, v, w)), (1 + slope / case.beta**2) * norm(v) * norm(w))


@claim(
    f"{L17}/step-45",
    statement=r"\|\nabla^2L(z)\|_{op} \le 1 + \frac{1}{\beta^2}\Big(\|J_G(z)\|_{op}^2 + \sum_i\|\nabla^2G_i\|_2"
    r"|G_i(z)-x_i|\Big) \le 1 + \frac{1}{\beta^2}(M^2+m^2),\quad z\in D",
    source=D1 + ", after (45)",
    domain=IN_D,
    rests_on=[f"{PR}/equation-56", f"{PR}/remark-4", f"{L4}/step-sum-bound"],
    readings=[RESTORED],
    by=[derivation(second_order_steps, "all d, G, x, beta <= beta_0, z in D"), attack()],
)
def hessian_on_the_region(case: Region) -> Margin:
    """|v^T Hess L w| <= (1 + (M² + m²)/beta²) ‖v‖ ‖w‖; M² + m²/6 will do, and M² will not be undercut."""
    return _hessian_at_most(case, case.M**2 + case.m**2)


@hessian_on_the_region.mutant("m² alone")
def _(case: Region) -> Margin:
    return _hessian_at_most(case, case.m**2)


@hessian_on_the_region.mutant("0.9 M²")
def _(case: Region) -> Margin:
    return _hessian_at_most(case, 0.9 * case.M**2)
