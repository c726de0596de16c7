"""Gradient flow (1) of the linear VAE's losses, at its start and along solutions; and gradient descent.

Integration is scipy's (LSODA with error control; a second solver repeats a run). The flow of L1 may end in finite
time, where eps reaches zero: a run stops shortly before.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.integrate import LSODA, Radau
from torch import Tensor

from claims import Margin
from claims.engine.arithmetic import Array, derivative_along, greatest, squared_norm
from claims.papers.koehler_2022.linear_vae import column_energies, simplified_gradient, simplified_loss

#: Relative tolerance of the integrator. The bounds compared are products of a few exponentials and norms, so a
#: hundred times this is what a margin may lose to integration.
RTOL = 1e-9
FLOW_ERROR = 100 * RTOL

#: A run ends where eps has fallen to this fraction of its start: the flow of L1 is singular at eps = 0.
SMALLEST_EPSILON = 1e-6

#: Below this fraction of its start, a solver that cannot go on has reached the singularity.
END_OF_FLOW = 1e-3

#: Solvers with their relative tolerances. Radau repeats a run to tell a violation from an artefact, for which six
#: digits are plenty; at 1e-9 its small steps would cost a minute.
SOLVERS = {"LSODA": (LSODA, RTOL), "Radau": (Radau, 1e-6)}

#: An error of RTOL in A~ changes a small energy p² by 2 p RTOL ‖A~‖ <= FLOW_ERROR p² + RTOL²/FLOW_ERROR ‖A~‖²: the
#: first part is relative, the second is this floor, in units of ‖A~‖².
FLOW_FLOOR = RTOL**2 / FLOW_ERROR

#: An orthogonal projection of A~ [..., d, r], applied from the left (rows of the output space) or from the right.
Projection = Callable[[Array], Array]


@dataclass(frozen=True, repr=False)
class Start:
    """Initial values of the flow. Shapes: A [n, d, r*], A_tilde [n, d, r], B_tilde [n, r, d], epsilon [n]."""

    A: Array
    A_tilde: Array
    B_tilde: Array
    epsilon: Array

    def __repr__(self) -> str:
        d, r = self.A_tilde.shape[-2:]
        return f"{type(self).__name__}(d={d}, r={r}, r*={self.A.shape[-1]})"

    @property
    def K(self) -> Array:  # noqa: N802 - the paper's name
        """max_j ‖A~_j‖² + eps², the least K at this moment: [n]."""
        return greatest(column_energies(self.A_tilde)) + self.epsilon * self.epsilon

    def energy_slope(self, project: Projection) -> Array:
        """d/dt ‖P A~‖² under the flow: -2 <P A~, grad_A~ L1>: [n]."""
        loss = lambda decoder: simplified_loss(self.A, decoder, self.B_tilde, self.epsilon)  # noqa: E731
        return -2 * derivative_along(loss, (self.A_tilde,), (project(self.A_tilde),))

    def decay(self, project: Projection, rate: float) -> Margin:
        """The bound ‖P A~(t)‖² <= e^{-rate t/K} ‖P A~(0)‖² as t -> 0: d/dt ‖P A~‖² <= -(rate/K) ‖P A~‖².

        K over [0, T] tends to K here as T -> 0, so this is necessary. Starts are arbitrary and the flow is
        autonomous, so by Gronwall's inequality it is sufficient when it holds at every start.
        """
        return Margin.at_most(self.energy_slope(project), -rate * squared_norm(project(self.A_tilde)) / self.K)


@dataclass(frozen=True, repr=False)
class Flow(Start):
    """A solution of (1) from these initial values (a batch of one), up to `horizon` or where eps nearly vanishes.

    With `logarithmic` the third parameter is log eps in place of eps: the same loss in other coordinates.
    """

    horizon: float = 1.0
    solver: Literal["LSODA", "Radau"] = "LSODA"
    logarithmic: bool = False

    @functools.cached_property
    def solution(self) -> Solution:
        """The solution at every accepted step."""
        return integrate(self)

    def second_route(self) -> Flow:
        """The same run by another solver, of another family and at a tolerance of its own."""
        return replace(self, solver="Radau")

    def decay(self, project: Projection, rate: float) -> Margin:
        """The bound at every accepted step, with K the maximum up to that step."""
        found = self.solution
        energies = squared_norm(project(found.A_tilde))
        K = torch.cummax(found.K, dim=0).values
        bound = torch.exp(-rate * found.times / K) * energies[0]
        return Margin.at_most(energies[None], (bound + found.floor)[None])


@dataclass(frozen=True)
class Solution:
    """Accepted steps of a flow. Shapes: times [T], A_tilde [T, d, r], B_tilde [T, r, d], epsilon [T]."""

    times: Tensor
    A_tilde: Tensor
    B_tilde: Tensor
    epsilon: Tensor

    @property
    def K(self) -> Tensor:  # noqa: N802 - the paper's name
        """max_j ‖A~_j‖² + eps² at each step: [T]."""
        largest: Tensor = column_energies(self.A_tilde).amax(dim=-1)
        return largest + self.epsilon**2

    @property
    def floor(self) -> Tensor:
        """The energy below which integration error hides everything: []."""
        largest: Tensor = squared_norm(self.A_tilde).max()
        return FLOW_FLOOR * largest


def integrate(flow: Flow) -> Solution:
    """Solve dTheta/dt = -grad L1(Theta), up to the horizon or until eps has fallen to SMALLEST_EPSILON of its start.

    Raises:
        RuntimeError: if the solver fails before either.
    """
    A, decoder, encoder = (x[0].numpy() for x in (flow.A, flow.A_tilde, flow.B_tilde))
    cut, first = decoder.size, float(flow.epsilon[0])

    def unpack(theta: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        epsilon = np.exp(theta[..., -1]) if flow.logarithmic else theta[..., -1]
        lead = theta.shape[:-1]
        return (
            theta[..., :cut].reshape(*lead, *decoder.shape),
            theta[..., cut:-1].reshape(*lead, *encoder.shape),
            epsilon,
        )

    def slope(_: float, theta: NDArray[Any]) -> NDArray[Any]:
        decoders, encoders, epsilon = unpack(theta)
        a, b, e = simplified_gradient(A, decoders, encoders, epsilon)
        lead = theta.shape[:-1]
        e = e * epsilon if flow.logarithmic else e
        return -np.concatenate([a.reshape(*lead, -1), b.reshape(*lead, -1), np.reshape(e, (*lead, 1))], axis=-1)

    def jacobian(t: float, theta: NDArray[Any]) -> NDArray[np.float64]:
        # Complex steps, all at once: exact to rounding, whatever the scales of the entries.
        steps = theta + 1e-30j * np.eye(len(theta))
        return np.imag(slope(t, steps)).T / 1e-30

    start = np.concatenate([decoder.ravel(), encoder.ravel(), [np.log(first) if flow.logarithmic else first]])
    method, tolerance = SOLVERS[flow.solver]
    solver = method(slope, 0.0, start, flow.horizon, rtol=tolerance, atol=1e-5 * tolerance, jac=jacobian)
    times, states = [0.0], [start]
    while solver.status == "running" and unpack(states[-1])[2] > SMALLEST_EPSILON * first:
        message = solver.step()
        if solver.status == "failed" or not unpack(solver.y)[2] > 0:
            # Steps shrink without end where eps vanishes: that is the end of the flow, not a failure.
            if unpack(states[-1])[2] < END_OF_FLOW * first:
                break
            raise RuntimeError(f"{flow!r}: {message or 'eps became negative'} at t = {solver.t:g}")
        times.append(solver.t)
        states.append(solver.y.copy())
    decoders, encoders, epsilons = zip(*map(unpack, states), strict=True)
    return Solution(*(torch.as_tensor(np.array(x)) for x in (times, decoders, encoders, epsilons)))


#: (d, r, r*, rank of A): square, tall, wide, rank-deficient, A = 0, A of full row rank.
FLOW_SHAPES = (
    (3, 2, 2, 1), (2, 2, 2, 1), (4, 2, 1, 1), (2, 3, 4, 1), (3, 3, 3, 3), (3, 4, 2, 2),
    (2, 1, 1, 0), (4, 4, 4, 2), (5, 3, 6, 3),
)  # fmt: skip

#: Horizons, in units of time of (1): eight decades. Flows that reach eps = 0 end there.
HORIZONS = (1e-3, 1.0, 1e2, 1e5)


def random_flows(generator: torch.Generator, effort: str, *, logarithmic: bool = False) -> Iterator[Flow]:
    """Random flows over shapes, scales of the start and horizons."""
    repeats = {"quick": 1, "standard": len(HORIZONS), "thorough": 5 * len(HORIZONS)}[effort]
    for shift in range(repeats):
        for number, (d, r, r_star, rank) in enumerate(FLOW_SHAPES):
            scale = float(torch.exp(torch.randn((), generator=generator)))
            normal = functools.partial(torch.randn, generator=generator, dtype=torch.float64)
            A = normal(1, d, rank) @ normal(1, rank, r_star)
            yield Flow(
                A, scale * normal(1, d, r), normal(1, r, d) / scale, torch.exp(normal(1) / 2),
                HORIZONS[(number + shift) % len(HORIZONS)], "LSODA", logarithmic,
            )  # fmt: skip
