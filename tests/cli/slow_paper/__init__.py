"""A paper whose first claims are quick and whose last ones take as long as the file `slow` lies beside it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from claims import Margin, claim, exhaustive

SLOW = Path(__file__).parent.parent / "slow"


@dataclass(frozen=True)
class Number:
    """One number."""

    x: Any


def numbers() -> Iterator[Number]:
    """One case."""
    yield Number(torch.ones(1, dtype=torch.float64))


def slow_numbers() -> Iterator[Number]:
    """One case, after a while."""
    while SLOW.exists():
        time.sleep(0.05)
    yield from numbers()


for number in range(1, 5):
    declared = claim(
        f"slow-paper/lemma-{number}",
        statement=r"x \ge 0",
        source="Section 1",
        domain="x = 1",
        by=[exhaustive(numbers if number <= 2 else slow_numbers, "x = 1", complete=True)],
    )(lambda case: Margin.at_least(case.x, 0 * case.x))
    declared.mutant("-x for x")(lambda case: Margin.at_least(-case.x, 0 * case.x))
    declared.mutant("x >= 2")(lambda case: Margin.at_least(case.x, 2 + 0 * case.x))
