"""Section 3: all but dim W singular values decay (Theorem 2), as printed and repaired."""

from __future__ import annotations

import torch

from claims import Margin, claim, derivation, search, simulation
from claims.engine.arithmetic import Array, squared_norm
from claims.papers.koehler_2022.decay import FLOWS, SECOND_ROUTE
from claims.papers.koehler_2022.dimension import (
    AS_PRINTED,
    CHANGES,
    EFFECT,
    HYPOTHESES,
    rounded,
    tail,
    theorem_5_steps,
    worked_start,
)
from claims.papers.koehler_2022.gradient_flow import FLOW_ERROR
from claims.papers.koehler_2022.linear_vae import simplified_gradient
from claims.papers.koehler_2022.spans import AlignedStart, SpanFlow, complement, span_flows, span_starts

THEOREM_2 = (
    r"\sum_{k=\dim(W)+1}^d\sigma_k^2(\tilde A(t))\le C(A,\tilde A)\,e^{-t/K},\ C:=\|P_{W^\perp}\tilde A%s(0)\|_F^2"
)


@claim(
    "koehler-2022/theorem-2",
    statement=HYPOTHESES + THEOREM_2 % "^T",
    source="Section 3, Theorem 2 (informal), eq. (2)",
    domain=AS_PRINTED,
    rests_on=["koehler-2022/theorem-5"],
    effect=EFFECT,
    by=[
        search(
            span_starts(as_printed=True, aligned=True), "starts with C = 0, d, r in 1..5, every rank of A; as t -> 0"
        )
    ],
    worked=lambda case: [
        *worked_start(case),
        "The rows of A~(0) lie in the row span of A, so C = 0 and the theorem keeps rank A~(t) <= dim W for ever.",
        f"But the part of dA~/dt off both spans of A~(0) is {rounded(departure(case))}: the rank grows at once.",
    ],
)
def tail_decays_from_the_row_span(case: AlignedStart) -> Margin:
    """With C = 0 the rank of A~ must stay: the part of dA~/dt off both spans of A~(0) vanishes (to first order the
    tail is t² times its tail, so anything else violates the bound for small t).
    """  # noqa: D205 - the argument
    moved = departure(case)
    return Margin.equal(squared_norm(moved), 0 * squared_norm(moved))


def departure(case: AlignedStart) -> Array:
    """(I - P_col(A~)) dA~/dt (I - P_row(A~)): [n, d, r]."""
    start = case.start
    slope = simplified_gradient(start.A, start.A_tilde, start.B_tilde, start.epsilon)[0]
    return complement(case.basis) @ (-slope) @ complement(case.rows)


@tail_decays_from_the_row_span.mutant("dA~/dt itself vanishes")
def _(case: AlignedStart) -> Margin:
    start = case.start
    slope = simplified_gradient(start.A, start.A_tilde, start.B_tilde, start.epsilon)[0]
    return Margin.equal(squared_norm(slope), 0 * squared_norm(slope))


@tail_decays_from_the_row_span.mutant("the columns of A~ stay in their span")
def _(case: AlignedStart) -> Margin:
    start = case.start
    slope = complement(case.basis) @ simplified_gradient(start.A, start.A_tilde, start.B_tilde, start.epsilon)[0]
    return Margin.equal(squared_norm(slope), 0 * squared_norm(slope))


def tail_along(case: SpanFlow, rate: float, dimension: int) -> Margin:
    """tail(A~(t)) <= C e^{-rate t/K} at every accepted step, C the energy off the column span at the start."""
    found = case.flow.solution
    C = squared_norm(case.off_columns @ found.A_tilde[0])
    K = torch.cummax(found.K, dim=0).values
    bound = torch.exp(-rate * found.times / K) * C + found.floor
    return Margin.at_most(tail(found.A_tilde, dimension)[None], bound[None])


@claim(
    "koehler-2022/theorem-2/repair",
    statement=HYPOTHESES.replace("rows", "columns") + THEOREM_2 % "",
    source="Section 3, Theorem 2 (informal), corrected",
    domain="all A: d x r*, all initial values, all T for which the solution of (1) exists on [0, T]",
    rests_on=["koehler-2022/theorem-5/repair", "koehler-2022/theorem-5/step-min-max"],
    repairs="koehler-2022/theorem-2",
    changes=CHANGES,
    by=[
        derivation(
            theorem_5_steps, "all d, r, r*, all ranks, all solutions: both inequalities of Theorem 5 repaired, chained"
        ),
        simulation(span_flows, SpanFlow.second_route, FLOW_ERROR, FLOWS, SECOND_ROUTE),
    ],
)
def tail_decays_from_the_column_span(case: SpanFlow) -> Margin:
    """All but the dim W largest singular values of A~ decay."""
    return tail_along(case, 1.0, case.rank)


@tail_decays_from_the_column_span.mutant("from k = dim W on")
def _(case: SpanFlow) -> Margin:
    return tail_along(case, 1.0, max(case.rank - 1, 0))


@tail_decays_from_the_column_span.mutant("rate 40/K")
def _(case: SpanFlow) -> Margin:
    return tail_along(case, 40.0, case.rank)
