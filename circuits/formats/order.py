"""Definitions in any order, brought into topological order; without recursion, for circuits of any depth."""

from __future__ import annotations

from collections.abc import Sequence

from circuits.error import CircuitError


class CycleError(CircuitError):
    """Definition `index` depends on itself: the format's reader says where that is."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(f"definition {index} depends on itself")


def topological(reads: Sequence[Sequence[int]]) -> list[int]:
    """The indices, each after those that it reads, else in the order given. Raises `CycleError`."""
    if all(j < i for i, below in enumerate(reads) for j in below):
        return list(range(len(reads)))
    order: list[int] = []
    state = bytearray(len(reads))  # 0 unseen, 1 below us on the stack, 2 placed
    for root in range(len(reads)):
        stack = [] if state[root] else [(root, iter(reads[root]))]
        state[root] = state[root] or 1
        while stack:
            i, below = stack[-1]
            for j in below:
                if state[j] == 1:
                    raise CycleError(j)
                if not state[j]:
                    state[j] = 1
                    stack.append((j, iter(reads[j])))
                    break
            else:
                state[i] = 2
                order.append(i)
                stack.pop()
    return order
