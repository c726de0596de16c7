"""The square-root process of Cox, Ingersoll and Ross as Lemma 14 writes it, with its exact transition."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import ncx2
from torch import Tensor

from reductions.error import ReductionError


@dataclass(frozen=True, slots=True)
class SquareRoot:
    """dX = (N - w X) dt + 2 sqrt(X) dB, with N > 0 (any real number, unless said otherwise) and w > 0.

    X_t given X_0 is v times a noncentral chi-square variable of N degrees of freedom and noncentrality X_0 e^{-wt}/v,
    with v = (1 - e^{-wt})/w. Raises `ReductionError` for other numbers.
    """

    N: float
    w: float

    def __post_init__(self) -> None:
        check_positive(N=self.N, w=self.w)

    def scale(self, time: float) -> float:
        """The v above. Raises `ReductionError` unless the time is positive and finite."""
        check_positive(time=time)
        return -math.expm1(-self.w * time) / self.w

    def tail(self, start: float, time: float, level: float) -> float:
        """Pr[X_time > level | X_0 = start]. Raises `ReductionError` for a start or a time out of range."""
        _check_start(start)
        v = self.scale(time)
        return float(ncx2.sf(level / v, self.N, start * math.exp(-self.w * time) / v))

    def mean(self, start: float, time: float) -> float:
        """E[X_time | X_0 = start]. Raises `ReductionError` for a start or a time out of range."""
        _check_start(start)
        return start * math.exp(-self.w * time) + self.N * self.scale(time)

    def sample(self, start: Float[Tensor, ...], time: float, generator: torch.Generator) -> Float[Tensor, ...]:
        """X_time from each start >= 0, exactly: a Gamma variable whose shape is N/2 plus a Poisson variable.

        Device and dtype are those of `start`. Raises `ReductionError` for a start or a time out of range.
        """
        _check_starts(start)
        v = self.scale(time)
        shape = self.N / 2 + torch.poisson(start * (math.exp(-self.w * time) / (2 * v)), generator=generator)
        # torch has no public sampler of gamma variables that takes a generator.
        return 2 * v * torch._standard_gamma(shape, generator=generator)

    def sample_by_squares(
        self, start: Float[Tensor, ...], time: float, generator: torch.Generator
    ) -> Float[Tensor, ...]:
        """The same law by another route, eq. (33): the squares of N Ornstein-Uhlenbeck processes, added.

        Raises `ReductionError` for a start or a time out of range, and unless N is an integer.
        """
        _check_starts(start)
        if int(self.N) != self.N:
            raise ReductionError(f"N = {self.N} squares cannot be added: call sample(), which takes any N > 0")
        each = (start / self.N).sqrt()[..., None] * math.exp(-self.w * time / 2)
        shape = (*start.shape, int(self.N))
        noise = torch.randn(shape, generator=generator, dtype=start.dtype, device=start.device)
        return (each + math.sqrt(self.scale(time)) * noise).square().sum(-1)

    def skeleton(
        self, start: Float[Tensor, " n"], times: Float[Tensor, " k"], generator: torch.Generator
    ) -> Float[Tensor, "n k"]:
        """X at the given times, exactly. Its maximum bounds the supremum of the path from below only.

        Raises `ReductionError` for a start out of range and unless the times are positive, finite and increasing.
        """
        check_times(times)
        path, now, before = [], start, 0.0
        for time in times.tolist():
            now = self.sample(now, time - before, generator)
            path.append(now)
            before = time
        return torch.stack(path, dim=-1)


def check_positive(**numbers: float) -> None:
    """Raise `ReductionError`, naming the argument, unless each number is positive and finite."""
    for name, number in numbers.items():
        if not 0 < number < math.inf:
            raise ReductionError(f"{name} = {number}: give a positive finite number")


def check_times(times: Float[Tensor, " k"]) -> None:
    """Raise `ReductionError` unless the times are positive, finite and increasing."""
    if times.ndim != 1 or not len(times) or not bool(times.isfinite().all()):
        raise ReductionError("times: give a vector of positive, finite, increasing times")
    if not bool((np.diff(times.detach().cpu().double().numpy(), prepend=0.0) > 0).all()):
        raise ReductionError("times: give a vector of positive, increasing times")


def _check_starts(start: Tensor) -> None:
    if not bool(((start >= 0) & start.isfinite()).all()):
        raise ReductionError("start: a square-root process starts at 0 or above, not at NaN or infinity")


def _check_start(start: float) -> None:
    if not 0 <= start < math.inf:
        raise ReductionError(f"start = {start}: a square-root process starts at 0 or above, and is finite")
