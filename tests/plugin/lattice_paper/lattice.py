"""Maximum and minimum of two real numbers. Lemma 2 is false as printed."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor

from claims import Margin, claim, exhaustive, search
from claims.engine.arithmetic import Array, absolute, maximum


@dataclass(frozen=True)
class Pair:
    """Two real numbers."""

    x: Array
    y: Array

    @property
    def join(self) -> Array:
        """The larger of the two."""
        return maximum(self.x, self.y)

    @property
    def meet(self) -> Array:
        """The smaller of the two."""
        return -maximum(-self.x, -self.y)


@dataclass(frozen=True)
class Pairs:
    """Pairs of standard normal numbers."""

    size: int = 2

    def build(self, free: Float[Tensor, "n 2"]) -> Pair:
        """Return one pair an instance."""
        return Pair(free[:, 0], free[:, 1])


def signs() -> Iterator[Pair]:
    """Every pair of signs."""
    for x, y in itertools.product((0.0, 1.0, -1.0), repeat=2):
        yield Pair(torch.tensor([x]), torch.tensor([y]))


pairs = search(st.just(Pairs()), scope="pairs of real numbers")


@claim(
    "lattice/lemma-1",
    statement=r"x \vee y + x \wedge y = x + y",
    source="Section 1, eq. (1)",
    domain="all real x, y",
    by=[pairs],
)
def join_and_meet_share_the_sum(case: Pair) -> Margin:
    """Add join and meet up to the sum."""
    return Margin.equal(case.join + case.meet, case.x + case.y)


@join_and_meet_share_the_sum.mutant("twice the join")
def _(case: Pair) -> Margin:
    return Margin.equal(2 * case.join, case.x + case.y)


@join_and_meet_share_the_sum.mutant("x - y")
def _(case: Pair) -> Margin:
    return Margin.equal(case.join + case.meet, case.x - case.y)


@claim(
    "lattice/lemma-2",
    statement=r"|x| \le x \vee y",
    source="Section 1, eq. (2)",
    domain="all real x, y",
    by=[pairs],
)
def join_bounds_the_absolute_value(case: Pair) -> Margin:
    """Bound |x| by the join."""
    return Margin.at_most(absolute(case.x), case.join)


@join_bounds_the_absolute_value.mutant("of both")
def _(case: Pair) -> Margin:
    return Margin.at_most(absolute(case.x) + absolute(case.y), case.join)


@join_bounds_the_absolute_value.mutant("by the meet")
def _(case: Pair) -> Margin:
    return Margin.at_most(absolute(case.x), case.meet)


@claim(
    "lattice/lemma-2/repair",
    statement=r"x \le |x| \vee y",
    source="Section 1, eq. (2)",
    domain="x, y in {-1, 0, 1}",
    by=[exhaustive(signs, scope="all nine pairs", complete=True)],
    repairs="lattice/lemma-2",
    changes="The absolute value stands on the other side.",
)
def join_with_the_absolute_value_bounds(case: Pair) -> Margin:
    """Bound x by the join of |x| and y."""
    return Margin.at_most(case.x, maximum(absolute(case.x), case.y))


@join_with_the_absolute_value_bounds.mutant("the meet of |x| and y")
def _(case: Pair) -> Margin:
    return Margin.at_most(case.x, -maximum(-absolute(case.x), -case.y))


@join_with_the_absolute_value_bounds.mutant("strictly")
def _(case: Pair) -> Margin:
    return Margin.positive(maximum(absolute(case.x), case.y) - case.x)


@claim(
    "lattice/theorem-1",
    statement=r"x \wedge y \le x \vee y",
    source="Section 2",
    domain="all real x, y",
    by=[pairs],
    rests_on=["lattice/lemma-2"],
    carried_by=["lattice/lemma-2/repair"],
)
def meet_is_below_join(case: Pair) -> Margin:
    """Bound the meet by the join."""
    return Margin.at_most(case.meet, case.join)


@meet_is_below_join.mutant("the other way round")
def _(case: Pair) -> Margin:
    return Margin.at_most(case.join, case.meet)


@meet_is_below_join.mutant("twice the meet")
def _(case: Pair) -> Margin:
    return Margin.at_most(2 * case.meet, case.join)
