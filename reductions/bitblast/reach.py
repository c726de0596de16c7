"""`Reach`: the values that a number can take over all Boolean inputs, one by one if they are few, else an interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reductions.fixed_point import FixedActivation


@dataclass(frozen=True)
class Reach:
    """low <= v <= high and, where `values` (increasing) is not None, v is one of them. A bound, not always attained."""

    low: int
    high: int
    values: tuple[int, ...] | None = None

    @classmethod
    def of(cls, values: Iterable[int], most: int) -> Reach:
        """These values; only the interval that they span if they are more than `most`. Needs at least one."""
        known = tuple(sorted(set(values)))
        return cls(known[0], known[-1], known if len(known) <= most else None)

    @property
    def width(self) -> int:
        """The least number of bits of a two's complement word that holds every value."""
        return 1 + max((v if v >= 0 else ~v).bit_length() for v in (self.low, self.high))

    def plus(self, weight: int, other: Reach, most: int) -> Reach:
        """The reach of v + weight w, whatever v and w have to do with each other."""
        if self.values is not None and other.values is not None:
            return Reach.of((v + weight * w for v in self.values for w in other.values), most)
        ends = weight * other.low, weight * other.high
        return Reach(self.low + min(ends), self.high + max(ends))

    def through(self, activation: FixedActivation, most: int) -> Reach:
        """The reach of activation(v)."""
        if self.values is not None:
            return Reach.of(activation(np.array(self.values, dtype=np.int64)).tolist(), most)
        return Reach(*activation.range(self.low, self.high))
