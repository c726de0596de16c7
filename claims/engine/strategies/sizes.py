"""Arguments that the strategies share: a size is a number, a range or a strategy; a scale is a power of ten.

Each check raises one ValueError that names the argument.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

#: What `st.composite` hands to a function. Hypothesis' own `DrawFn` cannot be checked at run time,
#: which the flag that checks shapes in tests does.
Draw = Callable[..., Any]

#: What a caller may give for a dimension: one number, a range of them, or a strategy of his own.
Size = int | range | SearchStrategy[int]

#: What a strategy's `scales` default to: twelve decades. Squares of them, and products of three, stay far
#: inside float32; wider would test overflow of the arithmetic more often than the mathematics.
SCALES = (1e-6, 1e6)


def known_sizes(name: str, size: Size) -> tuple[int, ...] | None:
    """Return the values that `size` can take, smallest first, or None where only a strategy knows them."""
    if isinstance(size, SearchStrategy):
        return None
    if isinstance(size, bool) or not isinstance(size, int | range):
        raise ValueError(f"{name}: expected an int, a range or a strategy of ints, got {size!r}")
    values = (size,) if isinstance(size, int) else tuple(sorted(size))
    if not values or values[0] < 1:
        raise ValueError(f"{name}: expected sizes of at least 1, got {size!r}")
    return values


def often(values: Sequence[T], *favourites: T) -> SearchStrategy[T]:
    """Draw one of the values, each favourite with a quarter of the weight of all values together.

    This is one choice among copies, not `one_of`, since Hypothesis shrinks an index far better than a branch:
    it shrinks to the first value.
    """
    weight = (len(values) + 3) // 4
    return st.sampled_from([*values, *(favourite for favourite in favourites for _ in range(weight))])


def sizes(name: str, size: Size) -> SearchStrategy[int]:
    """Return the strategy that draws `size`; it shrinks to the smallest, and gives the largest often."""
    if not isinstance(size, SearchStrategy):
        values = known_sizes(name, size) or ()
        return often(values, *[values[-1]] * 2)

    def checked(value: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name}: the strategy drew {value!r}, which is no size of at least 1")
        return value

    return size.map(checked)


def shapes(
    rows: Size, columns: Size, admits: Callable[[int, int], bool], wanted: str
) -> SearchStrategy[tuple[int, int]]:
    """Return a strategy for the (rows, columns) that `admits` takes; square, tall, wide, the ends all often.

    Raises ValueError naming `wanted` where no shape is left. Sizes given as strategies are filtered instead,
    so there it is Hypothesis who complains.
    """
    heights, widths = known_sizes("rows", rows), known_sizes("columns", columns)
    if heights is None or widths is None:
        drawn = st.tuples(sizes("rows", rows), sizes("columns", columns))
        return drawn.filter(lambda shape: admits(*shape))
    beside = {m: [n for n in widths if admits(m, n)] for m in heights}
    possible = [m for m in heights if beside[m]]
    if not possible:
        raise ValueError(f"{wanted}: no matrix of {rows} rows and {columns} columns can have it")

    def with_columns(m: int) -> SearchStrategy[tuple[int, int]]:
        square = [m] if m in beside[m] else []
        return st.tuples(st.just(m), often(beside[m], beside[m][0], *[beside[m][-1], *square] * 2))

    return often(possible, possible[0], *[possible[-1]] * 2).flatmap(with_columns)


def decades(scales: tuple[float, float]) -> SearchStrategy[float]:
    """Return a strategy for a scale within `scales`: its powers of ten and its two ends.

    The one nearest to 1 is what it shrinks to and about half of what it draws, each end a tenth.
    Raises ValueError unless 0 < low <= high < infinity.
    """
    if not (isinstance(scales, tuple) and len(scales) == 2 and 0 < scales[0] <= scales[1] < math.inf):
        raise ValueError(f"scales: expected (low, high) with 0 < low <= high < inf, got {scales!r}")
    low, high = map(float, scales)
    powers = (float(f"1e{k}") for k in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1))
    within = {low, high, *(power for power in powers if low <= power <= high)}
    nearest_first = sorted(within, key=lambda scale: (abs(math.log10(scale)), -scale))
    return often(nearest_first, *[nearest_first[0]] * 4, low, high)
