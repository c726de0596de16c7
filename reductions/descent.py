"""Gradient descent to the inverse point, with the constants of Theorem 1's proof: Appendix B, (18)-(20), Lemma 1.

`f(z) = ‖G(z) - x‖²/2` has one stationary point, the inverse of x. `plan` gives region, rate and steps as printed,
`fast_plan` what the same argument gives without its losses (`lemma-1/remark-sharper`): Q grows as sqrt(d) and the
steps as log(1/delta).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from reductions.error import ReductionError

#: A batch of points in, their images out; row by row, differentiable by autograd.
Generator = Callable[[Tensor], Tensor]


class Bounds(Protocol):
    """Constants of Assumptions 1 and 2: m ‖u - v‖ <= ‖G(u) - G(v)‖ <= M ‖u - v‖, and M2 >= ‖∇²G(z)‖ everywhere."""

    @property
    def m(self) -> float:
        """Strong invertibility."""
        ...

    @property
    def M(self) -> float:  # noqa: N802 - the paper's letter
        """Lipschitz constant."""
        ...

    @property
    def M2(self) -> float:  # noqa: N802 - the paper's letter
        """Bound of the second derivative, as a bilinear map."""
        ...


@dataclass(frozen=True)
class Descent:
    """What to run: the iterates stay within `radius` of the start, where ‖∇²f‖ <= Q; `rate` = 1/Q, `steps` of them."""

    radius: float
    Q: float
    rate: float
    steps: int


@dataclass(frozen=True, eq=False)
class Descended:
    """What was run: f at each iterate, `values` [steps + 1, n], and the last iterate `z` [n, d]."""

    values: Float[Tensor, "steps_and_start n"]
    z: Float[Tensor, "n d"]


def plan(constants: Bounds, x_norm: float, d: int, delta: float) -> Descent:
    """Radius (18), Q (19) and S (20), as printed; then ‖z(S) - ẑ‖ <= delta (Lemma 1).

    `x_norm` is ‖x‖ for a generator with G(0) = 0, else ‖x - G(0)‖ (Remark 6).
    Raises ReductionError, naming the argument, where one is out of its domain or S is beyond every float.
    """
    _check(constants, x_norm, delta)
    if d < 1:
        raise ReductionError(f"d: expected a dimension of at least 1, got {d}")
    m, M, M2 = constants.m, constants.M, constants.M2
    radius = (M / m + 1) * x_norm / m
    Q = M * M + math.sqrt(d) * M * M2 * 2 * radius
    far = x_norm / m / m / delta
    return _planned(radius, Q, Q * far * far)


def fast_plan(constants: Bounds, x_norm: float, delta: float) -> Descent:
    """Q = M² + M2 ‖x‖ and S = (Q/m²) log(‖x‖²/(m² delta²)); then ‖z(S) - ẑ‖ <= delta. Arguments as for `plan`."""
    _check(constants, x_norm, delta)
    m, M, M2 = constants.m, constants.M, constants.M2
    Q = M * M + M2 * x_norm
    far = x_norm / m / delta
    return _planned(2 * x_norm / m, Q, Q / m / m * 2 * math.log(far) if far > 1 else 0.0)


def _check(constants: Bounds, x_norm: float, delta: float) -> None:
    m, M, M2 = constants.m, constants.M, constants.M2
    if not 0 < m <= M < math.inf:
        raise ReductionError(f"constants: expected 0 < m <= M < infinity, got m = {m:g}, M = {M:g}; certify G first")
    if not 0 <= M2 < math.inf:
        raise ReductionError(f"constants: expected 0 <= M2 < infinity, got {M2:g}")
    if not 0 <= x_norm < math.inf:
        raise ReductionError(f"x_norm: expected a finite norm, got {x_norm:g}")
    if not 0 < delta < math.inf:
        raise ReductionError(f"delta: expected a positive distance, got {delta:g}")


def _planned(radius: float, Q: float, steps: float) -> Descent:
    if not (math.isfinite(Q) and math.isfinite(steps)):
        raise ReductionError("delta: Q or the number of steps is beyond every float; take a larger delta")
    return Descent(radius, Q, 1 / Q, math.ceil(steps))


def iterate(
    generator: Generator, x: Float[Tensor, "n d"], descent: Descent, start: Float[Tensor, "n d"] | None = None
) -> Descended:
    """Run the steps z <- z - rate J(z)^T (G(z) - x) from 0 (or `start`), whatever comes of them."""
    z = torch.zeros_like(x) if start is None else start
    values = []
    for _ in range(descent.steps):
        image, pull = torch.func.vjp(generator, z)[:2]
        residual = image.detach() - x
        values.append(residual.square().sum(-1) / 2)
        z = z - descent.rate * pull(residual)[0].detach()
    with torch.no_grad():
        values.append((generator(z) - x).square().sum(-1) / 2)
    return Descended(torch.stack(values), z.detach())


def descend(generator: Generator, x: Float[Tensor, "n d"], descent: Descent, *, most: int = 1_000_000) -> Descended:
    """Run a plan from 0, for a batch of x with ‖x - G(0)‖ at most what it was planned for.

    Raises ReductionError where the plan has more than `most` steps, or where f rises, which no valid plan admits.
    """
    if descent.steps > most:
        raise ReductionError(
            f"descent: {descent.steps} steps, more than most = {most}; take a larger delta, or fast_plan, or raise most"
        )
    done = iterate(generator, x, descent)
    # At the inverse point f is 0 up to rounding of G(z) and x, and may flicker there.
    rounding = 64 * torch.finfo(x.dtype).eps * (x.square().sum(-1) + done.values[0])
    if not bool((done.values[1:] <= done.values[:-1] + rounding).all()):
        raise ReductionError(
            "descent: f rose, so Q is no bound of its second derivative: the generator's M or M2 is too small, or x is"
            " farther from G(0) than x_norm; certify the generator and plan for the largest ‖x - G(0)‖"
        )
    return done
