"""Linear relations between the states of a family: what the proofs of Theorems A.1 and 1 turn on.

A function t of z is a log-density of the family, up to log h', iff every relation of the states annihilates it: the
relations are a basis of the orthogonal complement of the span of 1 and the statistics. They are integers, so that
statements about them are exact in balls.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import sympy
from jaxtyping import Float, Int

from claims import Margin
from claims.engine.arithmetic import Array, constant
from claims.papers.shekhovtsov_2022.domains import FAMILIES
from claims.papers.shekhovtsov_2022.models.families import FiniteFamily, independent_columns


def _left_kernel(table: Float[np.ndarray, "rows columns"]) -> Int[np.ndarray, "k rows"]:
    """A basis of all c with c @ table = 0, in integers: [k, rows]."""
    exact = sympy.Matrix(table.T.shape[0], table.T.shape[1], [sympy.Rational(float(x)) for x in table.T.flat])
    basis = []
    for vector in exact.nullspace():
        scale = sympy.ilcm(1, *(entry.q for entry in vector))
        basis.append([int(entry * scale) for entry in vector])
    return np.array(basis, dtype=np.int64).reshape(len(basis), len(table))


@cache
def relations(family: FiniteFamily, states: tuple[int, ...] | None = None) -> Int[np.ndarray, "k count"]:
    """A basis of all integers c with sum_s c_s (1, statistics(s)) = 0, and c_s = 0 outside `states` (all if None)."""
    chosen = list(range(family.count) if states is None else states)
    kernel = _left_kernel(family.extended()[chosen])
    whole = np.zeros((len(kernel), family.count), dtype=np.int64)
    whole[:, chosen] = kernel
    return whole


@cache
def redundancies(family: FiniteFamily) -> Int[np.ndarray, "k dimension+1"]:
    """A basis of all integers c with <c, (1, statistics(s))> = 0 for all s: none iff the statistics are minimal."""
    return _left_kernel(family.extended().T)


@cache
def independent_states(family: FiniteFamily, states: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """The first of `states` (all if None) whose extended statistics are independent, as many as there are."""
    chosen = tuple(range(family.count)) if states is None else states
    return tuple(chosen[k] for k in independent_columns(family.extended()[list(chosen)].T))


@cache
def independent_statistics(family: FiniteFamily) -> tuple[int, ...]:
    """The first extended statistics that are independent, the constant 0 among them, as many as there are."""
    return independent_columns(family.extended())


def differences(count: int, states: tuple[int, ...] | None = None) -> Int[np.ndarray, "k count"]:
    """s - s_0 for the first s_0 of `states` (all if None) and each other one."""
    chosen = list(range(count) if states is None else states)
    rows = np.eye(count, dtype=np.int64)
    moves: np.ndarray = rows[chosen[1:]] - rows[chosen[0]]
    return moves


def annihilated(rows: Int[np.ndarray, "k X"], values: Array, columns: Int[np.ndarray, "l Z"]) -> Margin:
    """rows @ values @ columns^T = 0 for values [..., X, Z].

    What is added stands on one side and what is subtracted on the other, so that rounding is judged by their sizes.
    """

    def product(left: np.ndarray, right: np.ndarray) -> Array:
        return constant(np.maximum(left, 0), values) @ values @ constant(np.maximum(right, 0).T, values)

    return Margin.equal(
        product(rows, columns) + product(-rows, -columns), product(rows, -columns) + product(-rows, columns)
    )


#: Families of which not every distribution on the states is a member: of the others every decoder is consistent.
PROPER = tuple(family for family in FAMILIES if len(relations(family)))
