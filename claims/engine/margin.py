"""Margins: what the check of a claim "for all" returns. A margin >= 0 means that the statement holds.

A margin keeps beside each value the magnitude of what was compared, for rounding errors scale with it, and
may report numbers (ratios, observed rates) that the evidence summarises.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import flint
import numpy as np
import torch
from torch import Tensor

from claims.engine.arithmetic import Array, absolute, is_tensor, log


@dataclass(frozen=True)
class Part:
    """One conjunct: value >= 0 means that it holds; magnitude is the size of the compared quantities.

    Shapes: [n, ...] for a batch of n instances.
    """

    relation: str
    value: Array
    magnitude: Array
    #: left minus right, kept with its sign: for a proof by symbols, "equal" means that this vanishes.
    difference: Array


@dataclass(frozen=True)
class Margin:
    """A conjunction of parts, and numbers worth reporting."""

    parts: tuple[Part, ...]
    numbers: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def equal(cls, left: Array, right: Array) -> Margin:
        """left = right: the margin is -|left - right|."""
        gap = absolute(left - right)
        return cls((Part("=", -gap, absolute(left) + absolute(right), left - right),))

    @classmethod
    def at_most(cls, left: Array, right: Array) -> Margin:
        """left <= right: the margin is right - left."""
        return cls((Part("<=", right - left, absolute(left) + absolute(right), left - right),))

    @classmethod
    def at_least(cls, left: Array, right: Array) -> Margin:
        """left >= right: the margin is left - right."""
        return cls((Part(">=", left - right, absolute(left) + absolute(right), left - right),))

    @classmethod
    def positive(cls, left: Array) -> Margin:
        """left > 0. The boundary itself violates: its margin is -1 where left <= 0, else 1."""
        return cls((Part(">0", _sign(left), absolute(left) * 0 + 1, left),))

    @classmethod
    def tends(cls, values: Array, target: Array | float = 0.0) -> Margin:
        """values[..., T] tends to target along a sequence.

        The statement tested is that the deviation halves at least from the middle of the sequence to its end,
        so the caller chooses times that make this weak (the gauge falls by many decades in between). The
        observed ratio of the two deviations is reported as `rate`.
        """
        middle, end = (absolute(values[..., k] - target) for k in (values.shape[-1] // 2, -1))
        magnitude = absolute(values[..., -1]) + absolute(values[..., values.shape[-1] // 2])
        margin = cls((Part("->", middle - 2 * end, magnitude, end),))
        return margin.report(rate=end / middle) if is_tensor(values) else margin

    @classmethod
    def falls_without_bound(cls, values: Array, log_gauge: Array, rate: Array | float) -> Margin:
        """values[..., T] -> -infinity at least like rate * log(gauge) as the gauge falls to zero.

        Tested between the middle of the sequence and its end; the observed slope is reported as `slope`.
        """
        middle = values.shape[-1] // 2
        fall = values[..., middle] - values[..., -1]
        distance = log_gauge[..., middle] - log_gauge[..., -1]
        magnitude = absolute(values[..., middle]) + absolute(values[..., -1])
        margin = cls((Part("->-oo", fall - rate * distance, magnitude, fall),))
        return margin.report(slope=fall / distance)

    def __and__(self, other: Margin) -> Margin:
        return Margin(self.parts + other.parts, {**self.numbers, **other.numbers})

    def report(self, **numbers: Array) -> Margin:
        """The same margin with numbers for the evidence (each one value an instance)."""
        return replace(self, numbers={**self.numbers, **numbers})

    # --- float batches ------------------------------------------------------------------------------------

    def violation(self) -> Tensor:
        """Relative violation of each instance [n]: the largest -value / magnitude over parts and entries."""
        scores = [
            _flatten(torch.where(part.magnitude > 0, -part.value / part.magnitude, -part.value)) for part in self.parts
        ]
        return torch.cat(scores, dim=1).amax(dim=1)


def _flatten(x: Tensor) -> Tensor:
    return x.reshape(x.shape[0], -1)


def _sign(x: Array) -> Array:
    if is_tensor(x):
        return torch.where(x > 0, torch.ones_like(x), -torch.ones_like(x))
    return np.asarray(np.frompyfunc(_certain_sign, 1, 1)(x), dtype=object)


def _certain_sign(entry: Any) -> flint.arb:
    """1 where surely > 0, -1 where surely <= 0, a ball around 0 where that cannot be told."""
    number = flint.arb(entry)
    if number > 0:
        return flint.arb(1)
    return flint.arb(-1) if number <= 0 else flint.arb(0, 1)


def log_slope(values: Array, log_gauge: Array) -> Array:
    """Observed exponent p of |values| ~ gauge^p between the middle of a sequence and its end."""
    middle = values.shape[-1] // 2
    rise = log(absolute(values[..., -1])) - log(absolute(values[..., middle]))
    return rise / (log_gauge[..., -1] - log_gauge[..., middle])
