"""Words among the names of inputs and outputs: consecutive `x[0]`, `x[1]`, ... are the word x."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_INDEXED = re.compile(r"(.*)\[([0-9]{1,9})\]", re.DOTALL)


@dataclass(frozen=True)
class Port:
    """The word `name`: `width` consecutive bits from position `first` on, the least significant first."""

    name: str
    first: int
    width: int

    def value(self, bits: int) -> int:
        """The word's value in an assignment (bit i of the integer is position i)."""
        return bits >> self.first & (1 << self.width) - 1


def ports(names: Sequence[str]) -> tuple[Port, ...]:
    """The words in order. A name without an index, or out of sequence, is a word of one bit by its full name."""
    found: list[Port] = []
    word = None  # the name of the word that the next bit may continue
    for position, name in enumerate(names):
        indexed = _INDEXED.fullmatch(name)
        base, index = (indexed[1], int(indexed[2])) if indexed else (name, -1)
        if word is not None and base == word and index == found[-1].width:
            found[-1] = Port(base, found[-1].first, index + 1)
        else:
            word = base if index == 0 else None
            found.append(Port(base if index == 0 else name, position, 1))
    return tuple(found)
