"""Lemma 1: gradient descent finds the inverse point; how fast it does, and how near the mode that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy
import torch

from claims import Margin, Step, claim, derivation, search, simulation
from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import (
    NEARLY_LINEAR,
    PAPER,
    SCOPE,
    Inversion,
    inner,
    inversions,
    inversions_of,
    norm,
)
from claims.papers.pareek_risteski_2022.upper_bound.descent_orders import CEILING, order_steps
from claims.papers.pareek_risteski_2022.upper_bound.descent_region import L1
from claims.papers.pareek_risteski_2022.upper_bound.descent_runs import Run, fast_runs, printed_runs
from reductions.descent import Descent, fast_plan, plan

ROUTE = "numpy, the Jacobian written out"
ERROR = 1e-9
#: Nearly linear, points barely beyond the bound.
NEARLY_ZERO = (inversions_of(1, 1, (1e-3, 1e-3, 1.0), centred=False, more=1e-6),)


def _arrives(case: Run, descent: Descent, *, transposed: bool = True) -> Margin:
    distance = case.distance(descent, transposed=transposed)
    steps = torch.full_like(distance, descent.steps)
    return Margin.at_most(distance, 0 * distance + case.delta).report(steps=steps, share=distance / case.delta)


def lemma_1_steps() -> Iterator[Step]:
    """By Remark 6 G(0) = 0 may be assumed, with x - G(0) for x: neither f nor the iterates change, for the start is 0
    all the same. (18), (19) and Lemma 9 give the descent, step-value and (20) the S steps, for every x. step-order
    gives Q = O(d) and S = O(d²/delta²) for the x of Lemma 24, which have probability 1 - 2 exp(-4d).
    """  # noqa: D205 - the proof
    yield from order_steps()


@claim(
    L1,
    statement=r"\text{When } G \text{ satisfies Assumptions 1 and 2, with probability } 1 -"
    r" \exp(-O(d)) \text{ over } x,"
    r" \text{ gradient descent on } f \text{ from } z^{(0)} := 0 \text{ with } \eta := 1/Q,\ Q = O(d), \text{ for } S ="
    r" O(d^2/\delta^2) \text{ steps converges to a point with } \|z^{(S)} - \hat z\| \le \delta",
    source="Section 5.1 and Appendix B, Lemma 1",
    domain="all d, all G with Assumptions 1 and 2 (centred or not), all delta > 0",
    readings=[
        "with probability at least 1 - exp(-Ω(d)): the steps are for every x, only the orders in d for most",
        "Q and S are (19) and (20), with ‖x - G(0)‖ for ‖x‖ where G(0) is not 0; O hides m, M, M2, β",
        CEILING,
    ],
    rests_on=[
        f"{L1}/step-18", f"{L1}/step-19", f"{L1}/step-20", f"{L1}/step-order", f"{PAPER}/lemma-9", f"{PAPER}/lemma-24",
        f"{PAPER}/remark-6",
    ],
    carried_by=[f"{PAPER}/lemma-24/repair"],
    by=[
        derivation(lemma_1_steps, "all d, G, x, delta"),
        simulation(
            printed_runs, Run.second_route, ERROR,
            "d in 1, 2, 4, 8, 16; A + Q tanh(P z + b) + c, A not symmetric; printed Q and S", ROUTE,
        ),
    ],
)  # fmt: skip
def descent_finds_the_inverse(case: Run) -> Margin:
    """‖z(S) - ẑ‖ <= delta after the printed steps at the printed rate."""
    return _arrives(case, plan(case, case.x_norm, case.d, case.delta))


@descent_finds_the_inverse.mutant("step size 3/Q")
def _(case: Run) -> Margin:
    descent = plan(case, case.x_norm, case.d, case.delta)
    return _arrives(case, replace(descent, rate=3 * descent.rate, steps=min(descent.steps, 60)))


@descent_finds_the_inverse.mutant("J in place of its transpose")
def _(case: Run) -> Margin:
    return _arrives(case, plan(case, case.x_norm, case.d, case.delta), transposed=False)


@descent_finds_the_inverse.mutant("S = Q/m², free of delta")
def _(case: Run) -> Margin:
    descent = plan(case, case.x_norm, case.d, case.delta)
    return _arrives(case, replace(descent, steps=int(descent.Q / case.m**2)))


def linear_rate_steps() -> Iterator[Step]:
    """The descent and ‖∇f‖ >= m sqrt(2f) together: f(z(s+1)) <= f(z(s)) - (2m² f(z(s)))/(2Q) = (1 - m²/Q) f(z(s)). So
    f(z(S)) <= (1 - m²/Q)^S ‖x‖²/2 <= exp(-S m²/Q)‖x‖²/2, and ‖z(S) - ẑ‖² <= 2 f(z(S))/m² <= delta² at S >= (Q/m²)
    log(‖x‖²/(m² delta²)). Q = M² + M2‖x‖ by step-19/remark-sharper, with A = {f <= f(0)} in Lemma 9.
    """  # noqa: D205 - the proof
    m, Q, f, x, delta = sympy.symbols("m Q f x delta", positive=True)
    yield Step.vanishes("f - 2m² f/(2Q)", f - 2 * m**2 * f / (2 * Q) - (1 - m**2 / Q) * f)
    t, u = sympy.symbols("t u", positive=True)
    whole = sympy.integrate((t - u) * sympy.exp(-u), (u, 0, t))
    yield Step.vanishes(
        "exp(-t) - 1 + t is the integral of (t - u) exp(-u), u from 0 to t", whole - sympy.exp(-t) + 1 - t
    )
    yield Step.nonnegative("its integrand at t = u + v", t * sympy.exp(-u))
    S = Q / m**2 * sympy.log(x**2 / (m**2 * delta**2))
    yield Step.vanishes("exp(-S m²/Q)‖x‖²/m² = delta²", sympy.exp(-S * m**2 / Q) * x**2 / m**2 - delta**2)


@claim(
    f"{L1}/remark-sharper",
    statement=r"f(z^{(S)}) \le (1 - m^2/Q)^S f(0): \|z^{(S)} - \hat z\| \le \delta \text{ after } S ="
    r" \tfrac{Q}{m^2}\log"
    r"\tfrac{\|x\|^2}{m^2\delta^2} \text{ steps, with } Q = M^2 + M_2\|x\|",
    source="Appendix B, Lemma 1; ours",
    domain="all d, all G with Assumptions 1 and 2, all x (x - G(0) for x), all delta > 0",
    readings=["ours: O(sqrt(d) log(d/delta)) steps in place of O(d²/delta²)", CEILING],
    rests_on=[f"{L1}/step-19/remark-sharper", f"{L1}/step-gradient", f"{PAPER}/lemma-9", f"{PAPER}/remark-6"],
    by=[
        derivation(linear_rate_steps, "all d, G, x, delta"),
        simulation(
            fast_runs, Run.second_route, ERROR,
            "d from 1 to 64, delta from 1/10 to 1e-10; A + Q tanh(P z + b) + c, A not symmetric", ROUTE,
        ),
    ],
)  # fmt: skip
def descent_is_linear(case: Run) -> Margin:
    """‖z(S) - ẑ‖ <= delta after the fewer steps."""
    return _arrives(case, fast_plan(case, case.x_norm, case.delta))


@descent_is_linear.mutant("step size 3/Q")
def _(case: Run) -> Margin:
    descent = fast_plan(case, case.x_norm, case.delta)
    return _arrives(case, replace(descent, rate=3 * descent.rate))


@descent_is_linear.mutant("a quarter of the steps")
def _(case: Run) -> Margin:
    descent = fast_plan(case, case.x_norm, case.delta)
    return _arrives(case, replace(descent, steps=descent.steps // 4))


@descent_is_linear.mutant("J in place of its transpose")
def _(case: Run) -> Margin:
    return _arrives(case, fast_plan(case, case.x_norm, case.delta), transposed=False)


# --- the mode ---------------------------------------------------------------------------------------------


def mode_steps() -> Iterator[Step]:
    """L is continuous and at least ‖z‖²/2, so it has a least point z*, the mode. L(z*) <= L(ẑ) = ‖ẑ‖²/2 says ‖G(z*) -
    x‖² <= β²(‖ẑ‖² - ‖z*‖²). With t = ‖z* - ẑ‖: m² t² <= ‖G(z*) - x‖², and ‖z*‖² >= (‖ẑ‖ - t)², so m² t² <= β²(2t‖ẑ‖ -
    t²), which is the bound after division by t. It is at most (β/m)‖ẑ‖, as 2βm <= m² + β².
    """  # noqa: D205 - the proof
    m, beta, a, t = sympy.symbols("m beta a t", positive=True)
    gap = beta**2 * (a**2 - (a - t) ** 2) - m**2 * t**2
    yield Step.vanishes("the gap over t", sympy.expand(gap / t - (2 * beta**2 * a - (m**2 + beta**2) * t)))
    yield Step.vanishes("m² + β² - 2βm = (m - β)²", m**2 + beta**2 - 2 * beta * m - (m - beta) ** 2)


@claim(
    f"{L1}/remark-mode",
    statement=r"\hat z, \text{ for small } \beta, \text{ will be close to } \arg\max_z \log p(z|x):"
    r" \|z^* - \hat z\| \le"
    r" \tfrac{2\beta^2}{m^2 + \beta^2}\|\hat z\| \le \tfrac{\beta}{m}\|\hat z\|",
    source="Section 4, on ingredient 1",
    domain="all d, x, β > 0, all G with Assumption 1, all modes z* of p(z|x)",
    readings=[
        "'close', of which the paper gives no measure: the bounds are ours; for G(z) = m z the"
        " distance is half the first",
        "checked as L(z) >= L(ẑ) for all z farther from ẑ than that, so that no mode is there",
    ],
    rests_on=[f"{PAPER}/equation-3", f"{PAPER}/equation-4"],
    by=[
        derivation(mode_steps, "all d, G, x, β"),
        search(inversions(centred=False), SCOPE, corners=(*NEARLY_LINEAR, *NEARLY_ZERO)),
    ],
)
def mode_is_near_the_inverse(case: Inversion) -> Margin:
    """L is above L(ẑ) beyond 2β²‖ẑ‖/(m² + β²), a length of at most β‖ẑ‖/m."""
    return _far(case, 2.0, 2)


def _far(case: Inversion, factor: float, power: int) -> Margin:
    noise, m = case.beta**power, case.m**power
    reach = factor * noise / (m + noise) * norm(case.zhat)
    z = case.zhat + case.towards(reach, outside=True)
    return Margin.at_least(case.L(z), inner(case.zhat, case.zhat) / 2) & (
        Margin.at_most(reach, case.beta * norm(case.zhat) / case.m)
    )


@mode_is_near_the_inverse.mutant("half of it")
def _(case: Inversion) -> Margin:
    return _far(case, 0.99, 2)


@mode_is_near_the_inverse.mutant("β⁴ in place of β²")
def _(case: Inversion) -> Margin:
    return _far(case, 2.0, 4)
