"""`weighted_sum`: any sum of integers times bits, modulo a power of two. Products and signed sums are such sums.

A coefficient is written in canonical signed digits (no two neighbours are nonzero), and -2^k b = 2^k (1 - b) - 2^k
turns a negative digit into a complemented bit and a constant: no sign is ever extended, and all constants add up
before the first gate. The bits of each power of two are then added three at a time, the carries going to the next.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator

from circuits import Bit, Builder, Word
from circuits.circuit import TRUE
from circuits.word import full_adder


def signed_digits(n: int) -> Iterator[tuple[int, int]]:
    """(k, digit) of n = sum of digit 2^k with digits -1 and 1, no two in neighbouring places: the fewest possible."""
    k = 0
    while n:
        if n & 1:
            digit = 2 - (n & 3)
            yield k, digit
            n -= digit
        n, k = n >> 1, k + 1


def weighted_sum(builder: Builder, terms: Iterable[tuple[int, Bit]], constant: int, width: int) -> Word:
    """constant + the sum of coefficient times bit, modulo 2^width."""
    coefficient: dict[int, int] = defaultdict(int)
    for c, bit in terms:
        node, complement = bit.literal & ~1, bit.literal & 1
        coefficient[node] += -c if complement else c
        constant += c if complement else 0
    coefficient.pop(0, None)
    columns: list[deque[Bit]] = [deque() for _ in range(width)]
    for node, c in coefficient.items():
        for k, digit in signed_digits(c):
            if k < width:
                columns[k].append(Bit(builder, node if digit > 0 else node ^ 1))
                constant -= 1 << k if digit < 0 else 0
    for k in range(width):
        if constant >> k & 1:
            columns[k].append(builder.true)
    return _added(builder, columns)


def _added(builder: Builder, columns: list[deque[Bit]]) -> Word:
    """The bits of column k count 2^k each: their sum, modulo 2^len(columns)."""
    for column, following in zip(columns, [*columns[1:], None], strict=True):
        if not column:
            column.append(builder.false)
        while len(column) > 1:
            a, b = column.popleft(), column.popleft()
            third = column.popleft() if column else builder.false
            total, carry = _add3(a, b, third)
            column.append(total)
            if following is not None:
                following.append(carry)
    return Word([column[0] for column in columns])


def _add3(a: Bit, b: Bit, c: Bit) -> tuple[Bit, Bit]:
    """(sum, carry); two gates, not five, if one of the three is constant."""
    a, b, c = sorted((a, b, c), key=lambda bit: bit.literal > TRUE, reverse=True)
    if c.literal > TRUE:
        return full_adder(a, b, c)
    return a ^ b ^ c, a | b if c.literal == TRUE else a & b
