"""Finite exponential families as data: states, sufficient statistics, base measure, log-partition (Assumption 1).

p(s) = h(s) exp(<statistics(s), natural> - A(natural)). Tables are numpy arrays of small exact numbers, made block by
block; everything that depends on parameters runs in torch (batched, any device), in balls and in symbols.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64

from claims.engine.arithmetic import Array, constant, exp, is_tensor, log, stack, total
from claims.papers.shekhovtsov_2022.models.error import ModelError

#: States that may be enumerated, and how many log-weights are held at once while they are.
MOST_STATES, BLOCK = 2**24, 2**22


def log_sum_exp(x: Array) -> Array:
    """log sum exp over the last axis, in any arithmetic (balls do not overflow)."""
    if is_tensor(x):
        return torch.logsumexp(x, dim=-1)
    return log(total(exp(x)))


def independent_columns(table: Float64[np.ndarray, "rows columns"]) -> tuple[int, ...]:
    """Those columns that do not depend on the ones before them."""
    kept: list[int] = []
    for column in range(table.shape[1]):
        if np.linalg.matrix_rank(table[:, [*kept, column]]) > len(kept):
            kept.append(column)
    return tuple(kept)


@dataclass(frozen=True)
class FiniteFamily:
    """A family on finitely many states. Each subclass lists them."""

    @property
    @abstractmethod
    def count(self) -> int:
        """The number of states."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """The number of statistics."""

    @abstractmethod
    def statistics_of(self, states: np.ndarray) -> Float64[np.ndarray, "k dimension"]:
        """The statistics of the states of these numbers."""

    def base_of(self, states: np.ndarray) -> Float64[np.ndarray, " k"]:
        """The base measure h > 0 of the states of these numbers: 1 unless a subclass says otherwise."""
        return np.ones(len(states))

    def blocks(self, weights: int) -> Iterator[np.ndarray]:
        """All states' numbers, as many at a time as `BLOCK` allows where each has so many weights.

        Raises `ModelError` beyond `MOST_STATES` states.
        """
        if self.count > MOST_STATES:
            raise ModelError(f"{self}: {self.count} states are more than the {MOST_STATES} that are enumerated")
        width = max(1, BLOCK // max(1, weights))
        for first in range(0, self.count, width):
            yield np.arange(first, min(first + width, self.count))

    @property
    def summands(self) -> int:
        """How many terms `log_partition` adds up for one parameter: all states, or fewer where it has a closed form."""
        return self.count

    def statistics(self, like: Array) -> Array:
        """All statistics, in the arithmetic of `like`: [count, dimension]."""
        return constant(self.statistics_of(np.arange(self.count)), like)

    def log_base(self, like: Array) -> Array:
        """log h of all states, in the arithmetic of `like`: [count]."""
        return log(constant(self.base_of(np.arange(self.count)), like))

    def log_weights(self, natural: Array) -> Array:
        """log h(s) + <statistics(s), natural> for natural parameters [..., dimension]: [..., count]."""
        return self.log_base(natural) + natural @ self.statistics(natural).T

    def log_partition(self, natural: Array) -> Array:
        """A(natural) = log sum_s h(s) exp <statistics(s), natural>, by enumeration in blocks: [...]."""
        if not is_tensor(natural):
            return log_sum_exp(self.log_weights(natural))
        parts = []
        for states in self.blocks(natural[..., 0].numel()):
            table = constant(self.statistics_of(states), natural)
            parts.append(log_sum_exp(log(constant(self.base_of(states), natural)) + natural @ table.T))
        return log_sum_exp(torch.stack(parts, dim=-1))

    def log_density(self, natural: Array) -> Array:
        """log p(s) of all states for natural parameters [..., dimension]: [..., count]."""
        return self.log_weights(natural) - self.log_partition(natural)[..., None]

    def extended(self) -> Float64[np.ndarray, "count dimension+1"]:
        """The statistics of all states with a 1 before them, as (17) calls them."""
        table = self.statistics_of(np.arange(self.count))
        return np.concatenate([np.ones((self.count, 1)), table], axis=1)

    @property
    def is_minimal(self) -> bool:
        """Whether no statistic is an affine function of the others: 1 and the statistics are independent."""
        return int(np.linalg.matrix_rank(self.extended())) == self.dimension + 1


@dataclass(frozen=True)
class Bits(FiniteFamily):
    """Independent bits, the coordinates themselves as statistics: {0, 1}^n, or {-1, +1}^n where `spins`.

    State number s has bit i at its place i from the left, so that the states come in the order 00, 01, 10, 11.
    """

    n: int
    spins: bool = False

    @property
    def count(self) -> int:
        """2^n."""
        return int(2**self.n)

    @property
    def dimension(self) -> int:
        """One statistic a bit."""
        return self.n

    def statistics_of(self, states: np.ndarray) -> Float64[np.ndarray, "k n"]:
        """The bits."""
        bits = (states[:, None] >> np.arange(self.n)[::-1]) & 1
        return (2 * bits - 1 if self.spins else bits).astype(np.float64)

    @property
    def summands(self) -> int:
        """One term a bit."""
        return self.n

    def log_partition(self, natural: Array) -> Array:
        """Sum over the bits of log(1 + e^t), or of log(e^t + e^-t): [...]."""
        low = -natural if self.spins else 0 * natural
        return total(log_sum_exp(stack([low, natural])))


@dataclass(frozen=True)
class Categorical(FiniteFamily):
    """K categories; the statistics are the indicators of all but the first, so that they are minimal."""

    categories: int

    @property
    def count(self) -> int:
        """One state a category."""
        return self.categories

    @property
    def dimension(self) -> int:
        """One statistic less than categories."""
        return self.categories - 1

    def statistics_of(self, states: np.ndarray) -> Float64[np.ndarray, "k dimension"]:
        """The indicators."""
        indicators: np.ndarray = np.eye(self.categories)[states][:, 1:]
        return indicators


@dataclass(frozen=True)
class Multinomial(FiniteFamily):
    """Counts of K words in documents of one length, h = length! / prod x_k!; the statistics are the counts.

    They are not minimal: they sum to the length.
    """

    words: int
    length: int

    @property
    def count(self) -> int:
        """The number of count vectors."""
        return math.comb(self.length + self.words - 1, self.words - 1)

    @property
    def dimension(self) -> int:
        """One statistic a word."""
        return self.words

    def statistics_of(self, states: np.ndarray) -> Float64[np.ndarray, "k words"]:
        """The counts, in lexicographic order."""
        return np.array([list(_composition(int(s), self.words, self.length)) for s in states], dtype=np.float64)

    def base_of(self, states: np.ndarray) -> Float64[np.ndarray, " k"]:
        """The multinomial coefficients."""
        counts = self.statistics_of(states).astype(int)
        return np.array([float(_multinomial(row.tolist())) for row in counts])

    @property
    def summands(self) -> int:
        """One term a word."""
        return self.words

    def log_partition(self, natural: Array) -> Array:
        """length * log sum_k exp natural_k: [...]."""
        return self.length * log_sum_exp(natural)


def _composition(number: int, parts: int, whole: int) -> Iterator[int]:
    """The count vector of that number, first part first."""
    for left in range(parts - 1, 0, -1):
        first = 0
        while number >= (several := math.comb(whole - first + left - 1, left - 1)):
            number -= several
            first += 1
        yield first
        whole -= first
    yield whole


def _multinomial(counts: list[int]) -> int:
    """(sum of counts)! / prod counts!."""
    return math.factorial(sum(counts)) // math.prod(map(math.factorial, counts))


@dataclass(frozen=True)
class BernoulliMRF(FiniteFamily):
    """Two groups of bits with all interactions between the groups: statistics (y, y', y (x) y'), Section 3.1, (11)."""

    first: int
    second: int

    @property
    def count(self) -> int:
        """2^(first + second)."""
        return int(2 ** (self.first + self.second))

    @property
    def dimension(self) -> int:
        """first + second + first * second."""
        return self.first + self.second + self.first * self.second

    def statistics_of(self, states: np.ndarray) -> Float64[np.ndarray, "k dimension"]:
        """The bits of both groups, then the products, row by row."""
        bits = Bits(self.first + self.second).statistics_of(states)
        products = bits[:, : self.first, None] * bits[:, None, self.first :]
        return np.concatenate([bits, products.reshape(len(states), -1)], axis=1)


@dataclass(frozen=True)
class Table(FiniteFamily):
    """Any finite family: the statistics of each state as rows, and its base measure.

    Raises `ModelError` for rows of unequal length, or a base measure that is not positive, one for each row.
    """

    rows: tuple[tuple[float, ...], ...]
    base: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if len({len(row) for row in self.rows}) != 1:
            raise ModelError("rows: one row of statistics a state, all of one length")
        if self.base is not None and (len(self.base) != len(self.rows) or min(self.base) <= 0):
            raise ModelError("base: one positive number a state")

    @property
    def count(self) -> int:
        """One state a row."""
        return len(self.rows)

    @property
    def dimension(self) -> int:
        """The length of a row."""
        return len(self.rows[0])

    def statistics_of(self, states: np.ndarray) -> Float64[np.ndarray, "k dimension"]:
        """The rows."""
        table: np.ndarray = np.array(self.rows, dtype=np.float64).reshape(self.count, self.dimension)
        chosen: np.ndarray = table[states]
        return chosen

    def base_of(self, states: np.ndarray) -> Float64[np.ndarray, " k"]:
        """As given, or 1."""
        base: np.ndarray = np.array(self.base or (1.0,) * self.count, dtype=np.float64)
        chosen: np.ndarray = base[states]
        return chosen
