"""What the abstract and Section 3 conclude from the theorems together, and what the text believes of the flow.

The flow (1) of L1 in (A~, B~, eps) reaches eps = 0 in finite time: there it converges with loss -> -infinity, while
e^{-t/K} has not gone to zero. So a column of A~ that the encoder does not use may survive. In the coordinates
(A~, B~, log eps), which the authors' code trains, the same point is reached only as t -> infinity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy
import torch

from claims import Margin, Step, claim, derivation, exhaustive, simulation
from claims.engine.arithmetic import squared_norm
from claims.papers.koehler_2022.decay import SECOND_ROUTE
from claims.papers.koehler_2022.dimension import theorem_5_steps
from claims.papers.koehler_2022.gradient_flow import FLOW_ERROR
from claims.papers.koehler_2022.optima import Shape, is_asymptotic_optimum, shapes
from claims.papers.koehler_2022.recovery import (
    NEGLIGIBLE,
    RECOVERY_RUNS,
    recovers_the_span,
    unused_columns,
    worked_recovery,
)
from claims.papers.koehler_2022.spans import SpanFlow


@claim(
    "koehler-2022/conclusion-recovery",
    statement=r"\text{Together, our Theorem 1 and Theorem 2 show that if gradient descent converges to a point while"
    r" driving"
    r" the loss to } -\infty, \text{ then it successfully recovers the ground truth subspace } \operatorname{span}A",
    source="Section 3, after Theorem 2; abstract, introduction (item b) and Section 3, 'the conjecture of Dai and"
    " Wipf is true'",
    domain="all solutions of (1) that converge while L1 -> -infinity",
    rests_on=["koehler-2022/theorem-1", "koehler-2022/theorem-2"],
    carried_by=["koehler-2022/theorem-2/repair"],
    readings=[
        "gradient descent is the gradient flow (1), to which Theorem 2 applies",
        "converges: A~, B~, eps have limits, also where the flow ends in finite time with eps -> 0",
    ],
    effect="The gap is in the conclusion, not in the theorems: Theorem 2 (repaired) bounds by e^{-t/K}, which is"
    " small only"
    " for large t, and the flow that drives eps to 0 ends in finite time. So the abstract's 'the conjecture is true'"
    " is not"
    " shown for the flow (1). It is for the flow in log eps (the repair).",
    by=[simulation(unused_columns(logarithmic=False), SpanFlow.second_route, FLOW_ERROR, RECOVERY_RUNS, SECOND_ROUTE)],
    worked=worked_recovery,
)
def converging_flow_recovers_the_span(case: SpanFlow) -> Margin:
    """Where the flow has driven eps to (nearly) zero, A~ has lost its energy off the span of A."""
    return recovers_the_span(case)


@converging_flow_recovers_the_span.mutant("A~ tends to zero")
def _(case: SpanFlow) -> Margin:
    end = squared_norm(case.flow.solution.A_tilde[-1])[None]
    return Margin.at_most(end, NEGLIGIBLE + 0 * end)


@converging_flow_recovers_the_span.mutant("A~ does not move")
def _(case: SpanFlow) -> Margin:
    found = case.flow.solution
    moved = squared_norm(found.A_tilde[-1] - found.A_tilde[0])[None]
    return Margin.at_most(moved, NEGLIGIBLE * squared_norm(case.flow.A_tilde))


def all_times_steps() -> Iterator[Step]:
    """By Theorem 5 (repaired) the energy off span(A) is at most e^{-t/K} times that at the start; its proof uses the
    equation of A~ alone, which is the same whether eps or log eps is the third parameter. So it vanishes as
    t -> infinity.
    """  # noqa: D205 - the proof
    t, K = sympy.symbols("t K", positive=True)
    yield Step.limit("e^{-t/K} as t = 1/s -> infinity", sympy.exp(-1 / (t * K)), t, 0, 0)
    yield from theorem_5_steps()


@claim(
    "koehler-2022/conclusion-recovery/repair",
    statement=r"\text{if the gradient flow of } L_1 \text{ in } (\tilde A,\tilde B,\log\tilde\epsilon)"
    r" \text{ exists for all } t"
    r" \text{ and stays bounded, then } \tilde A(t)\to\operatorname{span}A",
    source="Section 3, after Theorem 2, corrected",
    domain="all bounded solutions of the flow with log eps as parameter (A~'s equation, so Lemma 6, is unchanged)",
    rests_on=["koehler-2022/theorem-1", "koehler-2022/theorem-2/repair"],
    repairs="koehler-2022/conclusion-recovery",
    changes="the flow is in log eps, as in the authors' code: then eps -> 0 takes for ever and e^{-t/K} -> 0",
    readings=["recovers: the energy of A~ off span(A) vanishes; with A = A~B~A in the limit the spans are then equal"],
    by=[
        derivation(all_times_steps, "all bounded solutions that exist for all times (Lemma 6, t -> infinity)"),
        simulation(unused_columns(logarithmic=True), SpanFlow.second_route, FLOW_ERROR, RECOVERY_RUNS, SECOND_ROUTE),
    ],
)
def logarithmic_flow_recovers_the_span(case: SpanFlow) -> Margin:
    """In log eps the energy off the span of A is gone when eps is, and A = A~B~A."""
    found, A = case.flow.solution, case.flow.A[0]
    residual = squared_norm(A - found.A_tilde[-1] @ found.B_tilde[-1] @ A)[None]
    return recovers_the_span(case) & Margin.at_most(residual, NEGLIGIBLE * squared_norm(A)[None])


@logarithmic_flow_recovers_the_span.mutant("A~ tends to zero")
def _(case: SpanFlow) -> Margin:
    end = squared_norm(case.flow.solution.A_tilde[-1])[None]
    return Margin.at_most(end, NEGLIGIBLE + 0 * end)


@logarithmic_flow_recovers_the_span.mutant("the flow in eps itself")
def _(case: SpanFlow) -> Margin:
    return recovers_the_span(SpanFlow(replace(case.flow, logarithmic=False)))


@claim(
    "koehler-2022/conclusion-singular-values",
    statement=r"\text{Theorem 2 implies that } \tilde A"
    r" \text{ should have the right number of nonzero singular values}",
    source="Section 3, after Theorem 2",
    domain="limits of all solutions of (1) that converge while L1 -> -infinity",
    rests_on=["koehler-2022/theorem-2"],
    carried_by=["koehler-2022/theorem-2/repair"],
    effect="As for conclusion-recovery: the limit of the flow (1) may have too many; that in log eps does not.",
    by=[simulation(unused_columns(logarithmic=False), SpanFlow.second_route, FLOW_ERROR, RECOVERY_RUNS, SECOND_ROUTE)],
    worked=worked_recovery,
)
def limit_has_the_right_rank(case: SpanFlow) -> Margin:
    """At the end of the flow only dim W singular values are not negligible."""
    return _tail_is_negligible(case, case.rank)


def _tail_is_negligible(case: SpanFlow, dimension: int) -> Margin:
    decoder = case.flow.solution.A_tilde[-1]
    energies = torch.linalg.svdvals(decoder) ** 2
    return Margin.at_most(energies[dimension:].sum()[None], NEGLIGIBLE * squared_norm(case.flow.A_tilde))


@limit_has_the_right_rank.mutant("one fewer")
def _(case: SpanFlow) -> Margin:
    return _tail_is_negligible(case, case.rank - 1)


@limit_has_the_right_rank.mutant("none at all")
def _(case: SpanFlow) -> Margin:
    return _tail_is_negligible(case, 0)


@claim(
    "koehler-2022/conclusion-singular-values/repair",
    statement=r"\text{at the end of the flow in } \log\tilde\epsilon \text{ only } \dim\operatorname{span}A"
    r" \text{ singular values of }"
    r"\tilde A \text{ are nonzero}",
    source="Section 3, after Theorem 2, corrected",
    domain="all bounded solutions that exist for all times",
    rests_on=["koehler-2022/theorem-2/repair"],
    repairs="koehler-2022/conclusion-singular-values",
    changes="the flow must exist for all times, as it does in log eps",
    by=[
        derivation(all_times_steps, "all bounded solutions that exist for all times (Lemma 6, t -> infinity)"),
        simulation(unused_columns(logarithmic=True), SpanFlow.second_route, FLOW_ERROR, RECOVERY_RUNS, SECOND_ROUTE),
    ],
)
def limit_in_log_epsilon_has_the_right_rank(case: SpanFlow) -> Margin:
    """At the end of the flow in log eps only dim W singular values are not negligible."""
    return _tail_is_negligible(case, case.rank)


@limit_in_log_epsilon_has_the_right_rank.mutant("one fewer")
def _(case: SpanFlow) -> Margin:
    return _tail_is_negligible(case, case.rank - 1)


@limit_in_log_epsilon_has_the_right_rank.mutant("the flow in eps itself")
def _(case: SpanFlow) -> Margin:
    return _tail_is_negligible(SpanFlow(replace(case.flow, logarithmic=False)), case.rank)


# --- the introduction -------------------------------------------------------------------------------------


@claim(
    "koehler-2022/conclusion-larger-support",
    statement=r"\text{the set of optima includes parameters for which the generator's support is a strict superset of"
    r" the"
    r" data manifold}",
    source="Section 1, contributions, item a)",
    domain="there is one; by construction at every shape of the example",
    rests_on=["koehler-2022/example-1"],
    by=[exhaustive(shapes(lambda d, r, r_star: min(d, r) >= r_star + 2), "all d, r <= 7, r* <= 5")],
)
def some_optimum_has_larger_support(shape: Shape) -> Margin:
    """The example's decoder has rank r* + 1 and its span contains that of A."""
    return is_asymptotic_optimum(shape)


@some_optimum_has_larger_support.mutant("no larger than r*")
def _(shape: Shape) -> Margin:
    return is_asymptotic_optimum(shape, extra=0)


@some_optimum_has_larger_support.mutant("rank min(d, r)")
def _(shape: Shape) -> Margin:
    return is_asymptotic_optimum(shape, extra=min(shape.d, shape.r) - shape.r_star)
