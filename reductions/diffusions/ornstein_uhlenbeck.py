"""The Ornstein-Uhlenbeck process, with its exact transition (Lemma 14, eq. 34)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reductions.diffusions.square_root import SquareRoot, check_positive, check_times
from reductions.error import ReductionError


@dataclass(frozen=True, slots=True)
class OrnsteinUhlenbeck:
    """dZ = -rate Z dt + noise dB, with rate > 0 and noise > 0.

    Raises `ReductionError` for other numbers.
    """

    rate: float
    noise: float = 1.0

    def __post_init__(self) -> None:
        check_positive(rate=self.rate, noise=self.noise)

    def deviation(self, time: float) -> float:
        """Standard deviation of Z_time given Z_0; its mean is e^{-rate time} Z_0.

        Raises `ReductionError` unless the time is positive and finite.
        """
        check_positive(time=time)
        return self.noise * math.sqrt(-math.expm1(-2 * self.rate * time) / (2 * self.rate))

    def skeleton(
        self, start: Float[Tensor, " n"], times: Float[Tensor, " k"], generator: torch.Generator
    ) -> Float[Tensor, "n k"]:
        """Z at the given times, exactly: independent paths from `start`.

        Device and dtype are those of `start`. Raises `ReductionError` unless the start is finite and the times are
        positive, finite and increasing.
        """
        check_times(times)
        if not bool(start.isfinite().all()):
            raise ReductionError("start: give finite numbers")
        path, now, before = [], start, 0.0
        for time in times.tolist():
            noise = torch.randn(start.shape, generator=generator, dtype=start.dtype, device=start.device)
            now = math.exp(-self.rate * (time - before)) * now + self.deviation(time - before) * noise
            path.append(now)
            before = time
        return torch.stack(path, dim=-1)

    def squared(self) -> SquareRoot:
        """The process (Z/noise)², which is a square-root process of dimension 1 (eq. 33): |Z| > r is X > (r/noise)²."""
        return SquareRoot(1.0, 2 * self.rate)
