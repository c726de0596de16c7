"""Section 1: pairs of small integers."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch

from claims import Margin, claim, exhaustive


@dataclass(frozen=True)
class Pair:
    """x and y, each an array of one number."""

    x: Any
    y: Any


def pairs() -> Iterator[Pair]:
    """All pairs of integers from -2 to 2, the simplest first."""
    for x, y in sorted(product(range(-2, 3), repeat=2), key=lambda pair: abs(pair[0]) + abs(pair[1])):
        yield Pair(torch.tensor([x], dtype=torch.float64), torch.tensor([y], dtype=torch.float64))


def positive_pairs() -> Iterator[Pair]:
    """Those pairs whose numbers are positive."""
    return (pair for pair in pairs() if pair.x[0] > 0 and pair.y[0] > 0)


SMALL = "all integers x, y from -2 to 2"


@claim(
    "example-paper/lemma-1",
    statement=r"2xy \le x^2 + y^2",
    source="Section 1, eq. (1)",
    domain=SMALL,
    by=[exhaustive(pairs, SMALL, complete=True)],
)
def mean_inequality(case: Pair) -> Margin:
    """Twice the product is at most the sum of the squares."""
    return Margin.at_most(2 * case.x * case.y, case.x**2 + case.y**2)


@mean_inequality.mutant("3 for 2")
def three(case: Pair) -> Margin:
    """The factor is too large."""
    return Margin.at_most(3 * case.x * case.y, case.x**2 + case.y**2)


@mean_inequality.mutant("the other way round")
def reverse(case: Pair) -> Margin:
    """The inequality is turned round."""
    return Margin.at_least(2 * case.x * case.y, case.x**2 + case.y**2)


def lines(case: Pair) -> list[str]:
    """The witness by hand."""
    x, y = float(case.x), float(case.y)
    return [f"x = {x:g}, y = {y:g}", f"x + y = {x + y:g} < x = {x:g}"]


@claim(
    "example-paper/lemma-2",
    statement=r"x \le x + y \quad [\text{for all } x, y]",
    source="Section 1, eq. (2)",
    domain=SMALL,
    by=[exhaustive(pairs, SMALL, complete=True)],
    readings=["the sign of y is not stated; it is read as free"],
    effect="Theorem 1, where y is positive anyway.",
    worked=lines,
)
def sum_is_larger(case: Pair) -> Margin:
    """A sum is at least its first term."""
    return Margin.at_most(case.x, case.x + case.y)


@sum_is_larger.mutant("twice the first term")
def twice(case: Pair) -> Margin:
    """Even 2x is below the sum."""
    return Margin.at_most(2 * case.x, case.x + case.y)


@sum_is_larger.mutant("less by one")
def less_by_one(case: Pair) -> Margin:
    """Even x + 1 is below the sum."""
    return Margin.at_most(case.x + 1, case.x + case.y)


@claim(
    "example-paper/lemma-2/repair",
    statement=r"x \le x + y \text{ for } x, y > 0",
    source="Section 1, eq. (2)",
    domain="the integers x, y from 1 to 2",
    by=[exhaustive(positive_pairs, "the integers x, y from 1 to 2")],
    repairs="example-paper/lemma-2",
    changes="both numbers are positive",
)
def sum_is_larger_if_positive(case: Pair) -> Margin:
    """A sum of positive numbers is at least its first term."""
    return Margin.at_most(case.x, case.x + case.y)


sum_is_larger_if_positive.mutant("less by three")(lambda case: Margin.at_most(case.x + 3, case.x + case.y))
sum_is_larger_if_positive.mutant("times ten")(lambda case: Margin.at_most(10 * case.x, case.x + case.y))
