"""Ensembles of Gaussian models: their arrays are drawn one by one, and a case is made of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from jaxtyping import Float
from torch import Tensor

from claims.engine.cases import instance
from claims.engine.strategies import (
    Ensemble,
    Instances,
    MatrixEnsemble,
    OrthogonalEnsemble,
    PositiveEnsemble,
    PositiveVectorEnsemble,
    matrices,
    orthogonals,
    positive,
    positives,
)

#: Scales of matrices and deviations. A linear change of x and z maps any scale to one; wider ones test rounding.
SCALES = (0.1, 10.0)

#: Most pixels and latents drawn: d < m, d = m and d > m all occur, and nothing in the statements knows more of them.
LARGEST = 3


@dataclass(frozen=True)
class Vectors:
    """Vectors [n, count] of normal entries times `scale`; 0 makes them zero."""

    count: int
    scale: float = 1.0

    @property
    def size(self) -> int:
        """One free coordinate an entry."""
        return self.count

    def build(self, free: Float[Tensor, "n count"]) -> Float[Tensor, "n count"]:
        """The batch."""
        return self.scale * free


def vectors(count: int) -> SearchStrategy[Vectors]:
    """Vectors of zeros, of order one, and of both ends of the scales."""
    return st.sampled_from([Vectors(count, scale) for scale in (1.0, 0.0, *SCALES)])


def _ensembles(d: int, m: int) -> dict[str, SearchStrategy[Any]]:
    """What each word of a layout draws, for d pixels and m latents."""
    return {
        "W": matrices(d, m, scales=SCALES),
        "full": matrices(d, m, scales=SCALES, rank="full", zero_columns=0),
        "B": matrices(m, d, scales=SCALES),
        "F": matrices(d, d, scales=SCALES),
        "R": matrices(m, m, scales=SCALES),
        "x": vectors(d),
        "z": vectors(m),
        "x+": positives(d, scales=SCALES),
        "z+": positives(m, scales=SCALES),
        "s": positive(scales=SCALES),
        "levels": vectors(min(d, m)),
        "gaps": matrices(d, 1, scales=SCALES),
        "Q": orthogonals(d),
        "T": orthogonals(m),
    }


@st.composite
def gaussian_cases(draw: DrawFn, kind: type, layout: str, least_m: int = 1) -> Instances:
    """Cases of `kind`; the words of `layout` name its arrays in order: matrices W, B, vectors x, z, positive x+, ..."""
    d, m = draw(st.integers(1, LARGEST)), draw(st.integers(least_m, LARGEST))
    words = _ensembles(d, m)
    return Instances(kind, (), tuple(draw(words[word]) for word in layout.split()))


def _plain(word: str, d: int, m: int) -> Ensemble[Any]:
    """The same without degeneracies, at scale one."""
    shapes = {"W": (d, m), "full": (d, m), "B": (m, d), "F": (d, d), "R": (m, m), "gaps": (d, 1)}
    counts = {"x": d, "z": m, "x+": d, "z+": m, "levels": min(d, m)}
    if word in shapes:
        return MatrixEnsemble(*shapes[word], rank=min(shapes[word]))
    if word in {"Q", "T"}:
        k = d if word == "Q" else m
        return OrthogonalEnsemble(tuple(range(k)), (1,) * k)
    if word == "s":
        return PositiveEnsemble()
    return PositiveVectorEnsemble(counts[word]) if word.endswith("+") else Vectors(counts[word])


#: What `instances` yields, in words.
INSTANCES = "d, m in 1..3; for each three drawn instances, of scales 1, 3 and 0.01; equalities to 1e-30"


def instances(kind: type, layout: str) -> Iterator[Any]:
    """Instances for identities: their balls never shrink to a point, so a search would dismiss them one by one."""
    generator = torch.Generator().manual_seed(0)
    for d, m in itertools.product(range(1, LARGEST + 1), repeat=2):
        cases = Instances(kind, (), tuple(_plain(word, d, m) for word in layout.split()))
        free = torch.randn(3, cases.size, generator=generator, dtype=torch.float64)
        batch = cases.build(free * torch.tensor([[1.0], [3.0], [0.01]], dtype=torch.float64))
        yield from (instance(batch, k) for k in range(3))
