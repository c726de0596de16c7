"""Matrices of every shape, rank, spectrum, zero pattern and scale."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jaxtyping import Float
from torch import Tensor

from claims.engine.strategies import patterns as lines
from claims.engine.strategies.ensemble import telling_repr
from claims.engine.strategies.patterns import Pattern
from claims.engine.strategies.sizes import SCALES, Draw, Size, decades, often, shapes

#: The nonzero singular values: as they come; all equal; falling geometrically; falling so in equal pairs.
Spectrum = Literal["gaussian", "equal", "geometric", "repeated"]

#: The condition numbers drawn, the last one most often. Gram matrices square it: 1e12 still leaves float64
#: four digits; float32 has none left from 1e4 on, which is what the exact re-check is for.
CONDITIONS = (10.0, 1e2, 1e3, 1e4, 1e5, 1e6)


@dataclass(frozen=True, repr=False)
class MatrixEnsemble:
    """Matrices [n, rows, columns] = scale * left @ right, where both factors have the inner dimension `rank`.

    `rows` and `columns` are patterns: a number of free lines, or for each line its free line's number (None:
    zeros). The factors have full rank with probability 1, so `rank` is the matrices' rank. A prescribed
    spectrum holds for zero lines, which leave singular values alone, and not for repeated ones, which do not.
    Raises ValueError where the patterns leave too few free lines for `rank`, or repeat under a prescribed
    spectrum.
    """

    rows: Pattern
    columns: Pattern
    rank: int
    spectrum: Spectrum = "gaussian"
    condition: float = 1.0
    scale: float = 1.0

    __repr__ = telling_repr

    def __post_init__(self) -> None:
        room = min(self._core)
        if not 0 <= self.rank <= room:
            raise ValueError(f"rank: expected 0 to {room} for {self.rows} by {self.columns}, got {self.rank}")
        repeats = any(lines.repeats(pattern) for pattern in (self.rows, self.columns))
        if self.spectrum != "gaussian" and repeats:
            raise ValueError(f"spectrum: repeated rows or columns would change {self.spectrum!r}")
        if not (1 <= self.condition < math.inf and 0 < self.scale < math.inf):
            raise ValueError(f"condition, scale: expected >= 1 and > 0, got {self.condition}, {self.scale}")

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows and of columns, zero and repeated ones included."""
        return lines.length(self.rows), lines.length(self.columns)

    @property
    def _core(self) -> tuple[int, int]:
        return lines.distinct(self.rows), lines.distinct(self.columns)

    @property
    def size(self) -> int:
        """Free coordinates of one matrix: its entries at full gaussian rank, else those of two factors."""
        m, n = self._core
        return m * n if self._is_plain else (m + n) * self.rank

    @property
    def _is_plain(self) -> bool:
        # Full gaussian rank: the entries themselves are free, and no product is taken.
        return self.spectrum == "gaussian" and self.rank == min(self._core)

    @property
    def closed_under_rounding(self) -> bool:
        """Whether rounded entries still are such a matrix; a witness of low rank or given spectrum is not rounded."""
        return self._is_plain

    @property
    def singular_values(self) -> tuple[float, ...] | None:
        """The nonzero singular values, largest first; None where they are as they come or none."""
        if self.spectrum == "gaussian" or self.rank == 0:
            return None
        levels = [i // 2 if self.spectrum == "repeated" else i for i in range(self.rank)]
        fall = 0.0 if self.spectrum == "equal" or not any(levels) else math.log(self.condition) / levels[-1]
        return tuple(self.scale * math.exp(-fall * level) for level in levels)

    def factors(
        self, free: Float[Tensor, "n size"]
    ) -> tuple[Float[Tensor, "n rows rank"], Float[Tensor, "n rank columns"]]:
        """Return left and right, whose product is the matrix up to rounding: build(free) = left @ right.

        An exact check that needs the rank to the last bit multiplies these as rationals. A zero row of the
        matrix is one of `left`, a zero column is one of `right`, and so with repeated ones.
        """
        left, right = self._core_factors(free)
        return lines.spread(left, self.rows), lines.spread(right.mT, self.columns).mT

    def build(self, free: Float[Tensor, "n size"]) -> Float[Tensor, "n rows columns"]:
        """Return the matrices; zero rows and columns are exact, repeated ones equal to the last bit.

        A prescribed spectrum is made by a QR decomposition, whose gradient does not exist at coordinates that
        make it singular (all zero, say).
        """
        if self._is_plain:
            core = self.scale * free.reshape(len(free), *self._core)
        else:
            left, right = self._core_factors(free)
            core = left @ right
        return lines.spread(lines.spread(core, self.rows).mT, self.columns).mT

    def _core_factors(self, free: Tensor) -> tuple[Tensor, Tensor]:
        m, n = self._core
        if self._is_plain:
            entries = self.scale * free.reshape(len(free), m, n)
            unit = torch.eye(self.rank, dtype=free.dtype, device=free.device).expand(len(free), -1, -1)
            return (entries, unit) if m >= n else (unit, entries)
        left = free[:, : m * self.rank].reshape(len(free), m, self.rank)
        right = free[:, m * self.rank :].reshape(len(free), n, self.rank)
        values = self.singular_values
        if values is None:
            # Entries of the product then have variance scale^2 whatever the rank.
            return left * (self.scale / math.sqrt(max(self.rank, 1))), right.mT
        return torch.linalg.qr(left).Q * free.new_tensor(values), torch.linalg.qr(right).Q.mT


@st.composite
def _matrices(
    draw: Draw,
    shape: SearchStrategy[tuple[int, int]],
    scale: SearchStrategy[float],
    *,
    rank: int | Literal["full"] | None,
    zero_rows: int | None,
    zero_columns: int | None,
    spectrum: Spectrum | None,
) -> MatrixEnsemble:
    m, n = draw(shape)
    kind = draw(often(get_args(Spectrum), *["gaussian"] * 4)) if spectrum is None else spectrum
    least = min(m, n) if rank == "full" else rank or 0
    copied = kind == "gaussian"
    rows = draw(lines.patterns(m, zero=zero_rows, least=least, copied=copied))
    columns = draw(lines.patterns(n, zero=zero_columns, least=least, copied=copied))
    room = min(lines.distinct(rows), lines.distinct(columns))
    exact = room - draw(often(range(room + 1), *[0] * 4)) if rank is None else least
    condition = 1.0
    if kind in ("geometric", "repeated") and exact > 1:
        condition = draw(often(CONDITIONS, *[CONDITIONS[-1]] * 3))
    return MatrixEnsemble(rows, columns, exact, kind, condition, draw(scale))


def _check(rank: object, zero_rows: object, zero_columns: object, spectrum: object) -> None:
    for name, count in (("zero_rows", zero_rows), ("zero_columns", zero_columns), ("rank", rank)):
        if count is None or (name == "rank" and count == "full"):
            continue
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(f"{name}: expected a number of at least 0, or None for any, got {count!r}")
    if spectrum is not None and spectrum not in get_args(Spectrum):
        raise ValueError(f"spectrum: expected one of {get_args(Spectrum)} or None for any, got {spectrum!r}")


def matrices(
    rows: Size,
    columns: Size,
    *,
    rank: int | Literal["full"] | None = None,
    zero_rows: int | None = None,
    zero_columns: int | None = None,
    spectrum: Spectrum | None = None,
    scales: tuple[float, float] = SCALES,
) -> SearchStrategy[MatrixEnsemble]:
    """Return a strategy for ensembles of real matrices [n, rows, columns].

    Arguments: `rows` and `columns` are numbers, ranges or strategies; `rank` is a number, "full" (the smaller
    side) or None for every rank; `zero_rows` and `zero_columns` say how many lines are zero (None: any
    number, all of them included; 0: none is zero by design); `spectrum` prescribes the nonzero singular
    values (None: any); `scales` bounds the overall factor, a power of ten. Rows and columns may repeat unless
    the rank or the spectrum forbids it. Of the shapes given only those are drawn that leave room for the rank
    and the zero lines.

    Shrinks towards small, gaussian, of full rank, without zero or repeated lines, at the scale nearest to 1.
    Raises ValueError, naming the argument, where nothing can be generated.
    """
    _check(rank, zero_rows, zero_columns, spectrum)

    def admits(m: int, n: int) -> bool:
        least = min(m, n) if rank == "full" else rank or 0
        return m - (zero_rows or 0) >= least and n - (zero_columns or 0) >= least

    wanted = ", ".join(
        f"{name}={value!r}"
        for name, value in (("rank", rank), ("zero_rows", zero_rows), ("zero_columns", zero_columns))
        if value is not None
    )
    shape = shapes(rows, columns, admits, wanted)
    return _matrices(
        shape, decades(scales), rank=rank, zero_rows=zero_rows, zero_columns=zero_columns, spectrum=spectrum
    )
