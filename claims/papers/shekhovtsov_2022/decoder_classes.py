"""The domains of what is said about ELBO and likelihood optimisers: classes of decoders and encoders, and witnesses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array
from claims.engine.strategies import shaped, telling_repr
from claims.papers.shekhovtsov_2022.domains import FAMILIES
from claims.papers.shekhovtsov_2022.models.families import BernoulliMRF, Bits, Categorical, FiniteFamily, Multinomial
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.harmonium import Harmonium
from claims.papers.shekhovtsov_2022.optima import FiniteClasses, FreeEncoders

SCOPE = (
    "1 to 3 decoders and 1 to 3 encoders, free tables of scale 1e-3..10, bits, spins and categories, data free:"
    " the classes that networks are, cut to finitely many parameters"
)
ANY_CLASSES = "all data, all decoder classes and all encoder classes in which the optima are attained"


@dataclass(frozen=True, repr=False)
class Classes:
    """K decoders and J encoders, all tables free."""

    x: FiniteFamily
    z: FiniteFamily
    K: int = 1
    J: int = 1
    scale: float = 1.0

    __repr__ = telling_repr

    @property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        X, Z = self.x.count, self.z.count
        return (self.K, Z, self.x.dimension), (self.J, X, self.z.dimension), (X,)

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return sum(math.prod(shape) for shape in self._shapes)

    def build(self, free: Float[Tensor, "n size"]) -> FiniteClasses:
        """A batch of instances."""
        f, g, data = shaped(free, self._shapes)
        return FiniteClasses(self.x, self.z, self.scale * f, self.scale * g, data)


#: Few structures, for the statements depend on classes through L and the gap alone; a single decoder, many, extremes.
STRUCTURES = (
    Classes(Bits(1), Bits(2), 2, 1), Classes(Bits(1), Bits(1)), Classes(Bits(2), Bits(2), 3, 3),
    Classes(Categorical(3), Bits(2, spins=True), 3, 2, 10.0), Classes(Bits(2), Categorical(3), 2, 2, 1e-3),
)  # fmt: skip


def classes() -> SearchStrategy[Classes]:
    """One of `STRUCTURES`."""
    return st.sampled_from(STRUCTURES)


def _doubles(values: object) -> Float[Tensor, "1 ..."]:
    return torch.tensor([values], dtype=torch.float64)


def parity(shift: float) -> list[list[float]]:
    """Odds of x = 1: twice `shift` where the two bits agree, half of it where they differ."""
    return [[2 * shift], [shift / 2], [shift / 2], [2 * shift]]


def constant_decoder(odds: float) -> list[list[float]]:
    """Odds of x = 1 that do not depend on z: posterior = prior, a tight decoder."""
    return [[odds]] * 4


def flow(R: float, c: float = 1.0) -> list[list[float]]:
    """Example A.1: odds R^s1 and R^(s1 s2) of two pixels in spins s, the first pixel's times c."""
    return [[c / R, R], [c / R, 1 / R], [c * R, 1 / R], [c * R, R]]


def parity_and_constant() -> Iterator[FreeEncoders]:
    """One pixel, p_d = 1/2: the parity decoder, which has p_d for its marginal, and the constant of odds 3/4."""
    yield FreeEncoders(_doubles([parity(1.0), constant_decoder(0.75)]), _doubles([1.0, 1.0]))


def shifted_parities() -> Iterator[FreeEncoders]:
    """One pixel, p_d = 1/2: the parity decoder, shifted to either side."""
    yield FreeEncoders(_doubles([parity(a) for a in (0.25, 0.5, 1.0, 2.0, 4.0)]), _doubles([1.0, 1.0]))


def flows() -> Iterator[FreeEncoders]:
    """Two pixels, p_d = 1/4 each: Example A.1's decoder at odds 4, whose marginal is p_d, and at odds 128, shifted."""
    yield FreeEncoders(_doubles([flow(4.0), flow(128.0, 2.0)]), _doubles([1.0] * 4))


@dataclass(frozen=True, repr=False)
class Nested:
    """Two classes of decoders, the second of which holds the first."""

    small: FreeEncoders
    large: FreeEncoders

    def __repr__(self) -> str:
        return f"Nested({self.small}, {self.large})"


def more_constants() -> Iterator[Nested]:
    """The class of `parity_and_constant`, and the same with the constant of odds 1 besides."""
    (small,) = parity_and_constant()
    odds = _doubles([parity(1.0), constant_decoder(0.75), constant_decoder(1.0)])
    yield Nested(small, FreeEncoders(odds, small.data))


@dataclass(frozen=True, repr=False)
class OnData:
    """A harmonium, which keeps W, u, v and computes f, g and the prior, and log-weights of data [N, X]."""

    model: Harmonium
    data: Array

    def __repr__(self) -> str:
        return repr(self.model)

    @property
    def vae(self) -> FiniteVAE:
        """Decoder (5), encoder (6), and the harmonium's own prior."""
        return self.model.vae(self.data)


@dataclass(frozen=True, repr=False)
class Harmoniums:
    """Harmoniums of one structure, W, u, v times `scale`, on free data."""

    x: FiniteFamily
    z: FiniteFamily
    scale: float = 1.0

    __repr__ = telling_repr

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        n, m = self.x.dimension, self.z.dimension
        return n * m + n + m + self.x.count

    def build(self, free: Float[Tensor, "n size"]) -> OnData:
        """A batch of instances."""
        n, m = self.x.dimension, self.z.dimension
        *parts, data = shaped(free, [(n, m), (n,), (m,), (self.x.count,)])
        return OnData(Harmonium(self.x, self.z, *(self.scale * part for part in parts)), data)


#: Base measures, statistics that are not minimal, repeated or unused ones, and the ends of the scale.
HARMONIUMS = (
    Harmoniums(Bits(1), Bits(2)), Harmoniums(Bits(2), Bits(2, spins=True), 3.0),
    Harmoniums(Categorical(3), BernoulliMRF(1, 1)), Harmoniums(Multinomial(2, 2), Bits(2), 1e-3),
    *(Harmoniums(family, family) for family in FAMILIES[-3:]),
)  # fmt: skip


def harmoniums() -> SearchStrategy[Harmoniums]:
    """One of `HARMONIUMS`."""
    return st.sampled_from(HARMONIUMS)
