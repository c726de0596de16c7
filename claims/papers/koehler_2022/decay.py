"""Section 5: exponential decay of extra rows under gradient flow (Lemma 6)."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import sympy
import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims import Constant, Margin, Step, claim, derivation, search, simulation
from claims.engine.arithmetic import constant, total
from claims.engine.strategies import Ensemble, MatrixEnsemble, PositiveEnsemble, matrices, positive, split
from claims.papers.koehler_2022.domains import LARGEST, SCALES
from claims.papers.koehler_2022.gradient_flow import FLOW_ERROR, Flow, Start, random_flows
from claims.papers.koehler_2022.implicit_bias import gradient_steps
from claims.papers.koehler_2022.linear_vae import column_energies

FLOWS = (
    "nine shapes (square, tall, wide, rank-deficient, A = 0, full row rank), horizons 1e-3..1e5 or until eps falls"
    " to 1e-6 of its start, every accepted step"
)
STARTS = f"every start with d, r, r* in 1..{LARGEST}, scales 1e-4..1e4 (as t -> 0, which by Gronwall covers all t)"
SECOND_ROUTE = "the same run by scipy's Radau, relative tolerance 1e-6"


@dataclass(frozen=True)
class Starts:
    """Initial values of one structure: (A, A~, B~, eps), with the last `extra` rows of A zero."""

    A: MatrixEnsemble
    A_tilde: MatrixEnsemble
    B_tilde: MatrixEnsemble
    epsilon: PositiveEnsemble
    extra: int

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return sum(part.size for part in (self.A, self.A_tilde, self.B_tilde, self.epsilon))

    def build(self, free: Float[Tensor, "n size"]) -> Start:
        """A batch of instances."""
        parts: tuple[Ensemble[Tensor], ...] = (self.A, self.A_tilde, self.B_tilde, self.epsilon)
        A, decoder, encoder, epsilon = (part.build(x) for part, x in zip(parts, split(free, parts), strict=True))
        d = A.shape[-2]
        keep = torch.ones(d, 1, dtype=free.dtype, device=free.device)
        keep[d - self.extra :] = 0.0
        return Start(keep * A, decoder, encoder, epsilon)


@st.composite
def starts(draw: DrawFn) -> Starts:
    """All shapes, at least the last row of A zero."""
    d, r, r_star = (draw(st.integers(1, LARGEST)) for _ in range(3))
    return Starts(
        draw(matrices(d, r_star, scales=SCALES)), draw(matrices(d, r, scales=SCALES)),
        draw(matrices(r, d, scales=SCALES)), draw(positive(scales=SCALES)), draw(st.integers(1, d)),
    )  # fmt: skip


def flows_with_zero_rows(generator: torch.Generator, effort: str) -> Iterable[Flow]:
    """Random flows, with the last row of A set to zero."""
    for flow in random_flows(generator, effort):
        A = flow.A.clone()
        A[:, -1] = 0.0
        yield replace(flow, A=A)


def extra_rows_decay(case: Start, rate: float) -> Margin:
    """‖A~^(i)(t)‖² <= e^{-rate t/K} ‖A~^(i)(0)‖² for the last row, which is zero in A."""
    d = case.A.shape[-2]
    last = constant([[1.0 if i == j == d - 1 else 0.0 for j in range(d)] for i in range(d)], case.A_tilde)
    return case.decay(lambda decoder: last @ decoder, rate)


def lemma_6_steps(rate: int = 2) -> Iterator[Step]:
    """d/dt ‖A~^(i)‖² = -2 <A~^(i), grad L1> <= -2 sum_j A~_ij²/(‖A~_j‖² + eps²) by Lemma 5, and each denominator is
    at most K, so d/dt ‖A~^(i)‖² <= -(2/K) ‖A~^(i)‖²; Gronwall's inequality gives e^{-2t/K}, so also e^{-t/K}.
    """  # noqa: D205 - the proof
    yield from gradient_steps()
    x, c, s, eps = sympy.symbols("x c s epsilon", positive=True)
    K = c + eps**2 + s  # s >= 0 is the slack of the maximum
    yield Step.nonnegative("x²/(c + eps²) >= x²/K", sympy.factor(x**2 / (c + eps**2) - x**2 / K))
    yield Step.nonnegative("2/K >= the rate claimed", sympy.Integer(2 - rate))


@claim(
    "koehler-2022/lemma-6/step-derivative",
    statement=r"\frac{d}{dt}\|\tilde A^{(i)}(t)\|^2=2\langle\tilde"
    r" A^{(i)},-\nabla_{\tilde A^{(i)}}L_1\rangle\le-\sum_{j=1}^r"
    r"\frac{\tilde A_{ij}^2}{\|\tilde A_j\|^2+\tilde\epsilon^2}\le-(1/K)\|\tilde A^{(i)}(t)\|^2",
    source="Section 5, proof of Lemma 6; Gronwall's inequality then gives the lemma",
    domain="all A with a zero row, all states, K >= max_j ‖A~_j‖² + eps²",
    rests_on=["koehler-2022/lemma-5"],
    by=[search(starts(), STARTS)],
    constants={"first": Constant(1.0, 2.0)},
)
def row_energy_falls(case: Start, *, first: float = 1.0) -> Margin:
    """Both inequalities; the first has room for a factor 2."""
    return row_energy(case, first, 1.0)


def row_energy(case: Start, first: float, second: float) -> Margin:
    """d/dt ‖row‖² <= -first * sum_j row_j²/(‖A~_j‖² + eps²), and that sum >= second ‖row‖²/K, for the last row."""
    row = case.A_tilde[..., -1, :] ** 2
    weighted = total(row / (column_energies(case.A_tilde) + (case.epsilon * case.epsilon)[..., None]))
    d = case.A.shape[-2]
    last = constant([[1.0 if i == j == d - 1 else 0.0 for j in range(d)] for i in range(d)], case.A_tilde)
    slope = case.energy_slope(lambda decoder: last @ decoder)
    return Margin.at_most(slope, -first * weighted) & Margin.at_least(weighted, second * total(row) / case.K)


@row_energy_falls.mutant("a factor 2.2")
def _(case: Start) -> Margin:
    return row_energy(case, 2.2, 1.0)


@row_energy_falls.mutant("half of K")
def _(case: Start) -> Margin:
    return row_energy(case, 1.0, 2.0)


LEMMA_6 = (
    r"K\ge\max_{t\in[0,T]}\max_j[\|(\tilde A(t))_j\|^2+\tilde\epsilon(t)^2]:\ "
    r"\text{for all } i \text{ such that row } i \text{ of } A \text{ is zero: } \|\tilde A^{(i)}(t)\|^2"
    r" \le e^{-%st/K}\|\tilde A^{(i)}(0)\|^2 \text{ for all } t\in[0,T]"
)
EVERY_FLOW = "all A with a zero row, all initial values, all T for which the solution of (1) exists on [0, T]"


@claim(
    "koehler-2022/lemma-6",
    statement=LEMMA_6 % "",
    source="Section 5, Lemma 6",
    domain=EVERY_FLOW,
    rests_on=["koehler-2022/lemma-5", "koehler-2022/lemma-6/step-derivative"],
    by=[
        derivation(functools.partial(lemma_6_steps, 1), "all d, r, r*, all solutions"),
        search(starts(), STARTS),
        simulation(flows_with_zero_rows, Flow.second_route, FLOW_ERROR, FLOWS, SECOND_ROUTE),
    ],
    constants={"rate": Constant(1.0, 2.0)},
)
def extra_rows_decay_exponentially(case: Start, *, rate: float = 1.0) -> Margin:
    """A row of A~ decays like e^{-t/K} where that row of A is zero."""
    return extra_rows_decay(case, rate)


@extra_rows_decay_exponentially.mutant("rate 2.2/K")
def _(case: Start) -> Margin:
    return extra_rows_decay(case, 2.2)


@extra_rows_decay_exponentially.mutant("the first row, which is not zero in A")
def _(case: Start) -> Margin:
    d = case.A.shape[-2]
    first = constant([[1.0 if i == j == 0 else 0.0 for j in range(d)] for i in range(d)], case.A_tilde)
    return case.decay(lambda decoder: first @ decoder, 1.0)


@claim(
    "koehler-2022/lemma-6/remark-sharper",
    statement=LEMMA_6 % "2",
    source="ours: the factor 2 of d/dt ‖row‖² = 2<row, d row/dt> is dropped in the proof",
    domain=EVERY_FLOW,
    rests_on=["koehler-2022/lemma-5"],
    by=[
        derivation(lemma_6_steps, "all d, r, r*, all solutions"),
        search(starts(), STARTS),
        simulation(flows_with_zero_rows, Flow.second_route, FLOW_ERROR, FLOWS, SECOND_ROUTE),
    ],
    constants={"rate": Constant(2.0, 2.0)},
)
def extra_rows_decay_twice_as_fast(case: Start, *, rate: float = 2.0) -> Margin:
    """The rate is 2/K, and no larger multiple of 1/K will do."""
    return extra_rows_decay(case, rate)


@extra_rows_decay_twice_as_fast.mutant("rate 2.2/K")
def _(case: Start) -> Margin:
    return extra_rows_decay(case, 2.2)


@extra_rows_decay_twice_as_fast.mutant("half of K")
def _(case: Start) -> Margin:
    return extra_rows_decay(case, 4.0)
