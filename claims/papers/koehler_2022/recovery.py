"""Flows from starts with a column of A~ that the encoder does not use, and what is left of it at their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from claims import Margin
from claims.engine.arithmetic import squared_norm
from claims.papers.koehler_2022.gradient_flow import Flow
from claims.papers.koehler_2022.linear_vae import simplified_loss
from claims.papers.koehler_2022.spans import SpanFlow


@dataclass(frozen=True)
class Setup:
    """Initial values near an asymptotic optimum with an unused column.

    A = a e_1, A~ = [e_1, u e_2, 0...], B~ = e_1^T.
    """

    d: int
    r: int
    a: float
    unused: float
    epsilon: float


def unused_columns(*, logarithmic: bool) -> Callable[[torch.Generator, str], Iterator[SpanFlow]]:
    """Starts at a reconstructing A~ with one more column than the data need, and random perturbations of them."""

    def runs(generator: torch.Generator, effort: str) -> Iterator[SpanFlow]:
        setups = [
            Setup(3, 2, 1.0, 1.0, 0.1),
            Setup(4, 2, 2.0, 0.5, 0.2),
            Setup(5, 3, 0.5, 2.0, 0.3),
            Setup(3, 2, 1.0, 0.3, 0.5),
            Setup(3, 3, 1.0, 1.0, 0.1),
            Setup(3, 5, 1.0, 1.0, 0.1),
        ]
        noises = {"quick": (0.0,), "standard": (0.0, 0.05), "thorough": (0.0, 0.02, 0.05, 0.1)}[effort]
        for noise in noises:
            for setup in setups:
                yield SpanFlow(_flow(setup, noise, generator, logarithmic))

    return runs


def _flow(setup: Setup, noise: float, generator: torch.Generator, logarithmic: bool) -> Flow:
    A = torch.zeros(1, setup.d, 1, dtype=torch.float64)
    A[0, 0, 0] = setup.a
    decoder, encoder = (
        torch.zeros(1, setup.d, setup.r, dtype=torch.float64),
        torch.zeros(1, setup.r, setup.d, dtype=torch.float64),
    )
    decoder[0, 0, 0], decoder[0, 1, 1], encoder[0, 0, 0] = 1.0, setup.unused, 1.0
    # Columns beyond the second stay zero, or the flow would have no asymptotic optimum to go to where r >= d.
    decoder[..., :2] += noise * torch.randn(1, setup.d, 2, generator=generator, dtype=torch.float64)
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


RECOVERY_RUNS = (
    "d in 3..5, r in 2..5 (below, at and above d), starts with a column of A~ that the encoder does not use, and"
    " perturbations of them"
)


def _zero_columns(flow: Flow) -> int:
    return int((squared_norm(flow.A_tilde[0].mT[..., None]) == 0).sum())


def worked_recovery(case: SpanFlow) -> list[str]:
    """The run in numbers."""
    flow, found = case.flow, case.flow.solution
    d, r = flow.A_tilde.shape[-2:]
    off = [float(squared_norm(case.off_columns @ found.A_tilde[k])) for k in (0, -1)]
    lowest = [float(simplified_loss(flow.A[0], found.A_tilde[k], found.B_tilde[k], found.epsilon[k])) for k in (0, -1)]
    return [
        f"d = {d}, r = {r}, A = {flow.A[0].mT.tolist()}^T, A~(0) = {flow.A_tilde[0].tolist()}, eps(0) ="
        f" {float(flow.epsilon):g}.",
        f"By t = {float(found.times[-1]):.6g} eps has fallen to {float(found.epsilon[-1]):.3g} and L1 from"
        f" {lowest[0]:.4g} to {lowest[1]:.4g};",
        f"the energy of A~ off span(A) was {off[0]:.6g} and is {off[1]:.6g}.",
        "Why: an unused column's ‖A~_j‖² falls at a rate of at most 2, since d/dt ‖A~_j‖² = -2‖A~_j‖²/(‖A~_j‖² +"
        " eps²), while",
        f"eps² falls at about 2(d - r + #zero columns) = {2 * (d - r + _zero_columns(flow))} or faster once the"
        f" residual is small. Exactly solvable:"
        " koehler-2022/theorem-2/remark-closed-form.",
    ]
