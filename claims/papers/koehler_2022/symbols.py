"""Linear VAEs whose entries are sympy symbols, for proofs at fixed small dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import sympy

from claims.engine.arithmetic import Array
from claims.papers.koehler_2022.linear_vae import LinearVAE


def matrix(name: str, rows: int, columns: int) -> Array:
    """A batch of one matrix of real symbols, as a numpy object array."""
    entries = [[sympy.Symbol(f"{name}{i}{j}", real=True) for j in range(columns)] for i in range(rows)]
    return np.array([entries], dtype=object)


def linear_vae_symbols(shapes: Iterable[tuple[int, int, int]]) -> Iterator[LinearVAE]:
    """A LinearVAE of symbols for each (d, r, r*)."""
    for d, r, r_star in shapes:
        variances = np.array([[sympy.Symbol(f"D{i}", positive=True) for i in range(r)]], dtype=object)
        epsilon = np.array([sympy.Symbol("epsilon", positive=True)], dtype=object)
        yield LinearVAE(matrix("a", d, r_star), matrix("p", d, r), matrix("q", r, d), variances, epsilon)
