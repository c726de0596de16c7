"""Patterns: which lines (rows, columns, entries) of an object are free, which repeat another, which are zero.

`3` means three free lines. `(0, None, 0)` means: one free line, a line of zeros, the free line again.
"""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jaxtyping import Float
from torch import Tensor

from claims.engine.strategies.sizes import Draw, often

#: A number of free lines, or for each line the number of the free line that stands there (None: zeros).
Pattern = int | tuple[int | None, ...]


def length(pattern: Pattern) -> int:
    """Return how many lines there are."""
    return pattern if isinstance(pattern, int) else len(pattern)


def distinct(pattern: Pattern) -> int:
    """Return how many lines are free. Raises ValueError where a pattern skips a number."""
    if isinstance(pattern, int):
        return pattern
    used = {source for source in pattern if source is not None}
    if used != set(range(len(used))):
        raise ValueError(f"pattern: {pattern!r} does not number its free lines 0, 1, 2, ...")
    return len(used)


def zeros(pattern: Pattern) -> tuple[int, ...]:
    """Return the positions of the zero lines."""
    return () if isinstance(pattern, int) else tuple(i for i, s in enumerate(pattern) if s is None)


def repeats(pattern: Pattern) -> bool:
    """Tell whether some line is a copy of another one that is not zero."""
    return distinct(pattern) + len(zeros(pattern)) < length(pattern)


def spread(free: Float[Tensor, "n distinct width"], pattern: Pattern) -> Float[Tensor, "n length width"]:
    """Lay the free lines out as the pattern says: copies are copies to the bit, and zeros are exact."""
    if isinstance(pattern, int):
        return free
    # One more line, of zeros, stands at the end: that is where None points.
    padded = free.new_zeros(free.shape[0], free.shape[1] + 1, free.shape[2])
    padded[:, :-1] = free
    return padded[:, [free.shape[1] if source is None else source for source in pattern]]


@st.composite
def _patterned(draw: Draw, lines: int, zero: int | None, least: int, copied: bool) -> Pattern:
    nothing = draw(often(range(lines - least + 1), *[0] * 4)) if zero is None else zero
    live = lines - nothing
    most = live - max(least, 1) if copied and live else 0
    copies = draw(often(range(most + 1), 0, *[most] * 2))
    order = draw(st.permutations(range(lines)))
    silent, first, again = order[:nothing], order[nothing : lines - copies], order[lines - copies :]
    leader = {line: line for line in first} | {line: draw(st.sampled_from(first)) for line in again}
    if not silent and not again:
        return lines
    # Number the leaders by first appearance, so that each pattern is written in one way only.
    numbers: dict[int, int] = {}
    return tuple(None if line in silent else numbers.setdefault(leader[line], len(numbers)) for line in range(lines))


def patterns(lines: int, *, zero: int | None = None, least: int = 0, copied: bool = True) -> SearchStrategy[Pattern]:
    """Return a strategy for patterns of `lines` lines with `zero` zero lines (None: any number).

    At least `least` lines are free, and `copied` allows copies. Shrinks to all lines free: half of what it
    draws. The caller sees to it that `least` <= `lines` - `zero`.
    """
    plain = st.just(lines) if not zero else st.nothing()
    return st.one_of(plain, _patterned(lines, zero, least, copied))
