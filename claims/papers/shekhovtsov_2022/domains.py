"""The domains of this paper's claims on finite spaces: random VAEs, near the consistent set and far from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims.engine.strategies import shaped, telling_repr
from claims.papers.shekhovtsov_2022.models.families import (
    BernoulliMRF,
    Bits,
    Categorical,
    FiniteFamily,
    Multinomial,
    Table,
)
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.harmonium import Harmonium

#: Families of few states, smallest first: minimal and not, with base measures, with repeated and unused statistics.
FAMILIES: tuple[FiniteFamily, ...] = (
    Bits(1), Bits(2), Bits(2, spins=True), Categorical(3), Bits(3), BernoulliMRF(1, 1), Multinomial(2, 2),
    Multinomial(3, 2), BernoulliMRF(2, 1), Table(((0.0,), (1.0,), (2.0,)), (1.0, 2.0, 1.0)),
    Table(((0.0, 0.0), (1.0, 1.0), (2.0, 2.0))),
    Table(((0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (5.0, 1.0)), (3.0, 1.0, 0.5, 1.0)),
)  # fmt: skip
MINIMAL = tuple(family for family in FAMILIES if family.is_minimal)

SCOPE = (
    "bits, spins, categories, counts, Bernoulli-MRF and other statistics, minimal and not, of up to 8 states each;"
    " tables f, g free, affine, and near the consistent set; prior uniform, free or the harmonium's; data uniform,"
    " free, and on part of X; scales 1e-3..30 (near-deterministic); worst instances by gradient ascent"
)


@dataclass(frozen=True, repr=False)
class FiniteVAEs:
    """VAEs of one structure: f = W psi + u + `f_bend` * free, g = W^T nu + v + `g_bend` * free; W, u, v times `scale`.

    `prior` is uniform, free, or the harmonium's; `data` are free unless `even`, on `support`. With both bends 0 and
    the harmonium's prior the VAE is tight.
    """

    x: FiniteFamily
    z: FiniteFamily
    f_bend: float = 1.0
    g_bend: float = 1.0
    prior: str = "uniform"
    even: bool = False
    support: tuple[int, ...] | None = None
    scale: float = 1.0

    __repr__ = telling_repr

    @property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        n, m, X, Z = self.x.dimension, self.z.dimension, self.x.count, self.z.count
        seen = X if self.support is None else len(self.support)
        return (n, m), (n,), (m,), (Z, n), (X, m), (Z,), (seen,)

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return sum(math.prod(shape) for shape in self._shapes)

    def build(self, free: Float[Tensor, "n size"]) -> FiniteVAE:
        """A batch of instances."""
        W, u, v, f, g, prior, data = shaped(free, self._shapes)
        base = Harmonium(self.x, self.z, self.scale * W, self.scale * u, self.scale * v)
        priors = {"uniform": None, "free": self.scale * prior, "harmonium": base.log_hidden_weights}
        return FiniteVAE(
            self.x, self.z, base.f + self.f_bend * f, base.g + self.g_bend * g, priors[self.prior],
            None if self.even else data, self.support,
        )  # fmt: skip


BENDS = (0.0, 1e-6, 1e-3, 0.1, 1.0, 10.0)


@st.composite
def finite_vaes(
    draw: DrawFn, *, families: tuple[FiniteFamily, ...] = FAMILIES,
    priors: tuple[str, ...] = ("uniform", "free", "harmonium"),
    partial: bool = True, f_bends: tuple[float, ...] = BENDS, g_bends: tuple[float, ...] = BENDS,
    scales: tuple[float, ...] = (1.0, 1e-3, 0.1, 3.0, 10.0, 30.0),
) -> FiniteVAEs:  # fmt: skip
    """VAEs over all pairs of families. `partial` admits data on part of X; shrinks towards few states and scale 1."""
    x, z = draw(st.sampled_from(families)), draw(st.sampled_from(families))
    support = None
    if partial and draw(st.booleans()):
        support = tuple(sorted(draw(st.sets(st.integers(0, x.count - 1), min_size=1))))
    return FiniteVAEs(
        x, z, draw(st.sampled_from(f_bends)), draw(st.sampled_from(g_bends)), draw(st.sampled_from(priors)),
        draw(st.booleans()), support, draw(st.sampled_from(scales)),
    )  # fmt: skip
