"""Positive numbers and vectors: noise levels, diagonals, variances."""

import math
from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jaxtyping import Float
from torch import Tensor

from claims.engine.strategies import patterns as lines
from claims.engine.strategies.ensemble import telling_repr
from claims.engine.strategies.patterns import Pattern
from claims.engine.strategies.sizes import SCALES, Draw, Size, decades, sizes


def _lognormal(free: Tensor, log_scale: Tensor | float) -> Tensor:
    # Ascent may push a coordinate anywhere; the result must stay positive and finite in every dtype.
    limits = torch.finfo(free.dtype)
    return torch.exp((free + log_scale).clamp(math.log(limits.tiny) + 1, math.log(limits.max) - 1))


@dataclass(frozen=True, repr=False)
class PositiveEnsemble:
    """Positive numbers [n] = scale * exp(standard normal), clamped to what the dtype can hold."""

    scale: float = 1.0

    __repr__ = telling_repr

    @property
    def size(self) -> int:
        """One free coordinate."""
        return 1

    def build(self, free: Float[Tensor, "n 1"]) -> Float[Tensor, " n"]:
        """Return the numbers, one an instance."""
        return _lognormal(free[:, 0], math.log(self.scale))


@dataclass(frozen=True, repr=False)
class PositiveVectorEnsemble:
    """Positive vectors [n, count] = scale * exp(standard normal), clamped to what the dtype can hold.

    `entries` is a pattern without zeros: a number of free entries, or for each entry its free entry's number,
    so that
    (0, 1, 0) makes the first and the last equal. `scale` is one number, or one for each entry.
    Raises ValueError where an entry is None or the scales are not one for each.
    """

    entries: Pattern
    scale: float | tuple[float, ...] = 1.0

    __repr__ = telling_repr

    def __post_init__(self) -> None:
        lines.distinct(self.entries)
        if lines.zeros(self.entries):
            raise ValueError(f"entries: {self.entries} has a zero, which is not positive")
        if isinstance(self.scale, tuple) and len(self.scale) != self.count:
            raise ValueError(f"scale: {len(self.scale)} scales for {self.count} entries")

    @property
    def count(self) -> int:
        """The number of entries, repeated ones included."""
        return lines.length(self.entries)

    @property
    def size(self) -> int:
        """One free coordinate for each distinct entry."""
        return lines.distinct(self.entries)

    def build(self, free: Float[Tensor, "n size"]) -> Float[Tensor, "n count"]:
        """Return the vectors."""
        scales = self.scale if isinstance(self.scale, tuple) else (self.scale,)
        log_scales = free.new_tensor([math.log(scale) for scale in scales])
        return _lognormal(lines.spread(free[..., None], self.entries)[..., 0], log_scales)


@st.composite
def _vectors(draw: Draw, counts: SearchStrategy[int], scale: SearchStrategy[float]) -> PositiveVectorEnsemble:
    count = draw(counts)
    common = draw(scale)
    kinds = ("alike", "repeated", "equal", "one extreme", "scattered")
    kind = draw(st.sampled_from(kinds)) if count > 1 else "alike"
    if kind == "repeated":
        return PositiveVectorEnsemble(draw(lines.patterns(count, zero=0, least=1)), common)
    if kind == "equal":
        return PositiveVectorEnsemble((0,) * count, common)
    if kind == "one extreme":
        where, other = draw(st.integers(0, count - 1)), draw(scale)
        return PositiveVectorEnsemble(count, tuple(other if i == where else common for i in range(count)))
    if kind == "scattered":
        return PositiveVectorEnsemble(count, tuple(draw(scale) for _ in range(count)))
    return PositiveVectorEnsemble(count, common)


def positives(count: Size, *, scales: tuple[float, float] = SCALES) -> SearchStrategy[PositiveVectorEnsemble]:
    """Return a strategy for ensembles of positive vectors [n, count], as diagonals need them.

    Entries alike, some or all of them equal, one on an extreme scale of its own, each on its own scale.
    `scales` bounds the median of an entry, a power of ten: no entry is cut off there.
    Shrinks towards few free entries at the scale nearest to 1. Raises ValueError, naming the argument.
    """
    return _vectors(sizes("count", count), decades(scales))


def positive(*, scales: tuple[float, float] = SCALES) -> SearchStrategy[PositiveEnsemble]:
    """Return a strategy for ensembles of positive numbers [n]; `scales` as for `positives`."""
    return decades(scales).map(PositiveEnsemble)
