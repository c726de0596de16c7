"""What the abstract and Section 3 conclude from the theorems together, and what the text believes of the flow.

The flow (1) of L1 in (A~, B~, eps) reaches eps = 0 in finite time: there it converges with loss -> -infinity, while
e^{-t/K} has not gone to zero. So a column of A~ that the encoder does not use may survive. In the coordinates
(A~, B~, log eps), which the authors' code trains, the same point is reached only as t -> infinity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy
import torch

from claims import Margin, Step, claim, derivation, exhaustive, search, simulation
from claims.engine.arithmetic import Array, derivative_along, squared_norm
from claims.papers.koehler_2022.decay import SECOND_ROUTE, starts
from claims.papers.koehler_2022.domains import SCOPE
from claims.papers.koehler_2022.gradient_flow import FLOW_ERROR, Flow, Start
from claims.papers.koehler_2022.linear_vae import simplified_loss
from claims.papers.koehler_2022.optima import Shape, is_asymptotic_optimum, shapes
from claims.papers.koehler_2022.spans import SpanFlow

# --- a finite time of existence ---------------------------------------------------------------------------


def epsilon_squared_slope(case: Start) -> Array:
    """d/dt eps² = -2 eps dL1/d eps under the flow: [n]."""
    f = lambda epsilon: simplified_loss(case.A, case.A_tilde, case.B_tilde, epsilon)  # noqa: E731
    return -2 * derivative_along(f, (case.epsilon,), (case.epsilon,))


def finite_time_steps() -> Iterator[Step]:
    """With A = 0, eps dL1/d eps = (d - r) + sum_j eps²/(‖A~_j‖² + eps²) >= d - r, so d/dt eps² <= -2(d - r)."""
    eps, c = sympy.symbols("epsilon c", positive=True)
    column = sympy.log(c + eps**2) / 2
    yield Step.vanishes("eps d/d eps of a column's term", eps * sympy.diff(column, eps) - eps**2 / (c + eps**2))
    yield Step.nonnegative("eps²/(c + eps²) >= 0", eps**2 / (c + eps**2))


def without_data(case: Start) -> Start:
    """The same start with A = 0."""
    return replace(case, A=0 * case.A)


@claim(
    "koehler-2022/theorem-2/remark-finite-time",
    statement=r"\text{if } A=0 \text{ and } r<d, \text{ the solution of (1) exists at most until } t=\tilde\epsilon(0)^2/(2(d-r))",
    source="ours: the assumption 'the gradient flow continues to exist' fails where eps -> 0",
    domain="all d, r, A~(0), B~(0), eps(0), with A = 0",
    by=[derivation(finite_time_steps, "all d, r, A~ (symbolic)"), search(starts(), SCOPE)],
)
def epsilon_vanishes_in_finite_time(case: Start) -> Margin:
    """d/dt eps² <= -2(d - r), so eps² reaches 0 by eps(0)²/(2(d - r)) where r < d."""
    return epsilon_falls(case, 2.0)


def epsilon_falls(case: Start, rate: float) -> Margin:
    """d/dt eps² <= -rate (d - r) where A = 0."""
    d, r = case.A_tilde.shape[-2:]
    slope = epsilon_squared_slope(without_data(case))
    return Margin.at_most(slope, -rate * (d - r) + 0 * slope)


@epsilon_vanishes_in_finite_time.mutant("twice as fast")
def _(case: Start) -> Margin:
    return epsilon_falls(case, 4.0)


@epsilon_vanishes_in_finite_time.mutant("whatever A is")
def _(case: Start) -> Margin:
    d, r = case.A_tilde.shape[-2:]
    slope = epsilon_squared_slope(case)
    return Margin.at_most(slope, -2.0 * (d - r) + 0 * slope)


# --- "together, Theorems 1 and 2 show" --------------------------------------------------------------------


@dataclass(frozen=True)
class Setup:
    """Initial values near an asymptotic optimum with an unused column: A = a e_1, A~ = [e_1, u e_2, 0...], B~ = e_1^T."""

    d: int
    r: int
    a: float
    unused: float
    epsilon: float


def unused_columns(*, logarithmic: bool) -> Callable[[torch.Generator, str], Iterator[SpanFlow]]:
    """Starts at a reconstructing A~ with one more column than the data need, and random perturbations of them."""

    def runs(generator: torch.Generator, effort: str) -> Iterator[SpanFlow]:
        setups = [Setup(3, 2, 1.0, 1.0, 0.1), Setup(4, 2, 2.0, 0.5, 0.2), Setup(5, 3, 0.5, 2.0, 0.3), Setup(3, 2, 1.0, 0.3, 0.5)]
        noises = {"quick": (0.0,), "standard": (0.0, 0.05), "thorough": (0.0, 0.02, 0.05, 0.1)}[effort]
        for noise in noises:
            for setup in setups:
                yield SpanFlow(_flow(setup, noise, generator, logarithmic))

    return runs


def _flow(setup: Setup, noise: float, generator: torch.Generator, logarithmic: bool) -> Flow:
    A = torch.zeros(1, setup.d, 1, dtype=torch.float64)
    A[0, 0, 0] = setup.a
    decoder, encoder = torch.zeros(1, setup.d, setup.r, dtype=torch.float64), torch.zeros(1, setup.r, setup.d, dtype=torch.float64)
    decoder[0, 0, 0], decoder[0, 1, 1], encoder[0, 0, 0] = 1.0, setup.unused, 1.0
    decoder = decoder + noise * torch.randn(decoder.shape, generator=generator, dtype=torch.float64)
    encoder = encoder + noise * torch.randn(encoder.shape, generator=generator, dtype=torch.float64)
    epsilon = torch.tensor([setup.epsilon], dtype=torch.float64)
    return Flow(A, decoder, encoder, epsilon, 1e3, "LSODA", logarithmic)


#: Energy off the data's span that counts as none, relative to ‖A~‖² at the start.
NEGLIGIBLE = 1e-4


def recovers_the_span(case: SpanFlow, energy: float = NEGLIGIBLE) -> Margin:
    """At the end of the run (eps nearly 0, loss falling, or the horizon), A~ has no energy off the span of A."""
    found = case.flow.solution
    off = squared_norm(case.off_columns @ found.A_tilde[-1])[None]
    allowed = energy * squared_norm(found.A_tilde[0])[None]
    return Margin.at_most(off, allowed).report(
        end_time=found.times[-1:], last_epsilon=found.epsilon[-1:], energy_off_the_span=off
    )


RECOVERY_RUNS = "d in 3..5, r in 2..3, starts with a column of A~ that the encoder does not use, and perturbations of them"


def worked_recovery(case: SpanFlow) -> list[str]:
    """The run in numbers."""
    flow, found = case.flow, case.flow.solution
    d, r = flow.A_tilde.shape[-2:]
    off = [float(squared_norm(case.off_columns @ found.A_tilde[k])) for k in (0, -1)]
    lowest = [float(simplified_loss(flow.A[0], found.A_tilde[k], found.B_tilde[k], found.epsilon[k])) for k in (0, -1)]
    return [
        f"d = {d}, r = {r}, A = {flow.A[0].mT.tolist()}^T, A~(0) = {flow.A_tilde[0].tolist()}, eps(0) = {float(flow.epsilon):g}.",
        f"By t = {float(found.times[-1]):.6g} eps has fallen to {float(found.epsilon[-1]):.3g} and L1 from {lowest[0]:.4g} to {lowest[1]:.4g};",
        f"the energy of A~ off span(A) was {off[0]:.6g} and is {off[1]:.6g}.",
        "By hand: each ‖A~_j‖² of an unused column falls at a rate of at most 2, since d/dt ‖A~_j‖² = -2‖A~_j‖²/(‖A~_j‖² + eps²),",
        f"while eps² falls at a rate of about 2(d - r) = {2 * (d - r)} or more; so eps = 0 is reached near t = eps(0)²/{2 * (d - r)}"
        f" = {float(flow.epsilon) ** 2 / (2 * (d - r)):.3g} or before, when at most {float(flow.epsilon) ** 2 / (d - r):.3g} of it is gone.",
    ]


@claim(
    "koehler-2022/conclusion-recovery",
    statement=r"\text{Together, our Theorem 1 and Theorem 2 show that if gradient descent converges to a point while driving"
    r" the loss to } -\infty, \text{ then it successfully recovers the ground truth subspace } \operatorname{span}A",
    source="Section 3, after Theorem 2; abstract, introduction (item b) and Section 3, 'the conjecture of Dai and Wipf is true'",
    domain="all solutions of (1) that converge while L1 -> -infinity",
    rests_on=["koehler-2022/theorem-1", "koehler-2022/theorem-2"],
    carried_by=["koehler-2022/theorem-2/repair"],
    readings=[
        "gradient descent is the gradient flow (1), to which Theorem 2 applies",
        "converges: A~, B~, eps have limits, also where the flow ends in finite time with eps -> 0",
    ],
    effect="The gap is in the conclusion, not in the theorems: Theorem 2 (repaired) bounds by e^{-t/K}, which is small only"
    " for large t, and the flow that drives eps to 0 ends in finite time. So the abstract's 'the conjecture is true' is not"
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


@claim(
    "koehler-2022/conclusion-recovery/repair",
    statement=r"\text{if the gradient flow of } L_1 \text{ in } (\tilde A,\tilde B,\log\tilde\epsilon) \text{ exists for all } t"
    r" \text{ and stays bounded, then } \tilde A(t)\to\operatorname{span}A",
    source="Section 3, after Theorem 2, corrected",
    domain="all bounded solutions of the flow with log eps as parameter (A~'s equation, so Lemma 6, is unchanged)",
    rests_on=["koehler-2022/theorem-1", "koehler-2022/theorem-2/repair"],
    repairs="koehler-2022/conclusion-recovery",
    changes="the flow is in log eps, as in the authors' code: then eps -> 0 takes for ever and e^{-t/K} -> 0",
    by=[simulation(unused_columns(logarithmic=True), SpanFlow.second_route, FLOW_ERROR, RECOVERY_RUNS, SECOND_ROUTE)],
)
def logarithmic_flow_recovers_the_span(case: SpanFlow) -> Margin:
    """In log eps the energy off the span of A is gone when eps is."""
    return recovers_the_span(case)


@logarithmic_flow_recovers_the_span.mutant("A~ tends to zero")
def _(case: SpanFlow) -> Margin:
    end = squared_norm(case.flow.solution.A_tilde[-1])[None]
    return Margin.at_most(end, NEGLIGIBLE + 0 * end)


@logarithmic_flow_recovers_the_span.mutant("the flow in eps itself")
def _(case: SpanFlow) -> Margin:
    return recovers_the_span(SpanFlow(replace(case.flow, logarithmic=False)))


@claim(
    "koehler-2022/conclusion-singular-values",
    statement=r"\text{Theorem 2 implies that } \tilde A \text{ should have the right number of nonzero singular values}",
    source="Section 3, after Theorem 2",
    domain="limits of all solutions of (1) that converge while L1 -> -infinity",
    rests_on=["koehler-2022/theorem-2", "koehler-2022/conclusion-recovery"],
    carried_by=["koehler-2022/theorem-2/repair", "koehler-2022/conclusion-recovery/repair"],
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


# --- the introduction -------------------------------------------------------------------------------------


@claim(
    "koehler-2022/conclusion-larger-support",
    statement=r"\text{the set of optima includes parameters for which the generator's support is a strict superset of the"
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
