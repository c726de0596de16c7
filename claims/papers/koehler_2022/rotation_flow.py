"""Section 5, Lemma 4: 'the same result holds for the gradient flow', on whole trajectories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from claims import Margin, claim, simulation
from claims.papers.koehler_2022.decay import SECOND_ROUTE
from claims.papers.koehler_2022.gradient_flow import Flow, random_flows

#: Two integrations of the same trajectory in different coordinates take different steps; each errs by the
#: solver's tolerance, amplified along the path. What counts as a violation is a thousandth of the state.
TRAJECTORY_ERROR = 1e-3


@dataclass(frozen=True, repr=False)
class RotatedFlow:
    """A flow of L1 and an orthogonal U [d, d]."""

    flow: Flow
    U: Tensor

    def __repr__(self) -> str:
        return repr(self.flow)

    def turned(self, U: Tensor) -> Flow:
        """The flow from (UA, UA~, B~U^T, eps)."""
        flow = self.flow
        return replace(flow, A=U @ flow.A, A_tilde=U @ flow.A_tilde, B_tilde=flow.B_tilde @ U.mT)

    def second_route(self) -> RotatedFlow:
        """The same, by another solver."""
        return RotatedFlow(self.flow.second_route(), self.U)


def rotated_flows(generator: torch.Generator, effort: str) -> Iterator[RotatedFlow]:
    """Flows that do not reach eps = 0, each with a random rotation."""
    for flow in random_flows(generator, effort):
        d = flow.A.shape[-2]
        U = torch.linalg.qr(torch.randn(d, d, generator=generator, dtype=torch.float64))[0]
        short = replace(flow, horizon=min(flow.horizon, 0.05))
        if d > 1:
            yield RotatedFlow(short, U)


def ends_agree(case: RotatedFlow, U: Tensor) -> Margin:
    """U A~(T), eps(T) against A~(T), eps(T) of the flow from the point turned by U, in units of the state."""
    plain, turned = case.flow.solution, case.turned(U).solution
    gap = (case.U @ plain.A_tilde[-1] - turned.A_tilde[-1]).abs().max() + (plain.epsilon[-1] - turned.epsilon[-1]).abs()
    size = plain.A_tilde[-1].abs().max() + plain.epsilon[-1]
    return Margin.at_most(gap[None], TRAJECTORY_ERROR * size[None]).report(relative_gap=(gap / size)[None])


@claim(
    "koehler-2022/lemma-4/step-gradient-flow",
    statement=r"\text{The same result holds for the gradient flow (i.e. continuous time gradient descent)}",
    source="Section 5, Lemma 4, last sentence",
    domain="all orthogonal U, all initial values, all times of existence",
    rests_on=["koehler-2022/lemma-4"],
    by=[
        simulation(
            rotated_flows,
            RotatedFlow.second_route,
            1e-6,
            "nine shapes, random rotations, T <= 0.05; flow of L1",
            SECOND_ROUTE,
        )
    ],
)
def flows_commute_with_rotations(case: RotatedFlow) -> Margin:
    """The flow from the rotated start ends at the rotation of where the flow ends."""
    return ends_agree(case, case.U)


@flows_commute_with_rotations.mutant("the start is turned by U^T")
def _(case: RotatedFlow) -> Margin:
    return ends_agree(case, case.U.mT)


@flows_commute_with_rotations.mutant("the start is not turned")
def _(case: RotatedFlow) -> Margin:
    return ends_agree(case, torch.eye(len(case.U), dtype=case.U.dtype))
