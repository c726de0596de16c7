"""The cases of the claims on the consistent set: decoders (5) with any prior, and joints with both conditionals given.

What must be an equation (tightness, f = W psi + u) holds by construction: the cases keep W, u, v and compute the rest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, constant, log
from claims.engine.strategies import shaped
from claims.papers.shekhovtsov_2022.dependencies import PROPER, redundancies
from claims.papers.shekhovtsov_2022.domains import FAMILIES, FiniteVAEs
from claims.papers.shekhovtsov_2022.models.families import Bits, FiniteFamily
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.harmonium import Harmonium

SCALES = (1.0, 1e-3, 0.1, 3.0, 10.0, 30.0)
PAIRS = "bits, spins, categories, counts, Bernoulli-MRF and other statistics, minimal and not, up to 8 states each"
AFFINE = PAIRS + "; W, u, v of scales 1e-3..30 (near-deterministic)"
FREE = PAIRS + "; f free or nearly affine; prior uniform or free; scales 1e-3..30 (near-deterministic)"


@dataclass(frozen=True, repr=False)
class AffineDecoder:
    """Decoder (5) of `base`'s W and u with a prior of its own, log-weights [N, Z]; `base.v` is another parameter."""

    base: Harmonium
    prior: Array

    def __repr__(self) -> str:
        return f"AffineDecoder(x={self.base.x}, z={self.base.z})"

    @property
    def vae(self) -> FiniteVAE:
        """With the encoder (6) of W and v, which need not be its posterior."""
        return FiniteVAE(self.base.x, self.base.z, self.base.f, self.base.g, self.prior)


@dataclass(frozen=True, repr=False)
class Specified:
    """A joint with both conditionals in their families, written in any parameters that give these conditionals.

    Where statistics are not minimal, many parameters give one conditional: along each redundancy of nu, f moves by
    `f_idle` [N, Z, k] freely, and along each of psi, g moves by `g_idle` [N, X, l].
    """

    base: Harmonium
    f_idle: Array
    g_idle: Array

    def __repr__(self) -> str:
        return f"Specified(x={self.base.x}, z={self.base.z})"

    @property
    def vae(self) -> FiniteVAE:
        """Tight for all data, by construction."""
        x, z = self.base.x, self.base.z
        f = self.base.f + self.f_idle @ constant(redundancies(x)[:, 1:], self.f_idle)
        g = self.base.g + self.g_idle @ constant(redundancies(z)[:, 1:], self.g_idle)
        return FiniteVAE(x, z, f, g, self.base.log_hidden_weights)


@dataclass(frozen=True, repr=False)
class Joints:
    """An ensemble of cases of the kind `make` over one pair of families; parameters times `scale`."""

    make: type[Harmonium] | type[AffineDecoder] | type[Specified]
    x: FiniteFamily
    z: FiniteFamily
    scale: float = 1.0

    def __repr__(self) -> str:
        return f"{self.make.__name__}s(x={self.x}, z={self.z}, scale={self.scale})"

    @property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        n, m, X, Z = self.x.dimension, self.z.dimension, self.x.count, self.z.count
        shapes: tuple[tuple[int, ...], ...] = ((n, m), (n,), (m,))
        if self.make is AffineDecoder:
            shapes += ((Z,),)
        if self.make is Specified:
            shapes += ((Z, len(redundancies(self.x))), (X, len(redundancies(self.z))))
        return shapes

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return sum(math.prod(shape) for shape in self._shapes)

    def build(self, free: Float[Tensor, "n size"]) -> Any:
        """A batch of instances."""
        W, u, v, *rest = shaped(self.scale * free, self._shapes)
        base = Harmonium(self.x, self.z, W, u, v)
        make: Callable[..., Any] = self.make
        return base if self.make is Harmonium else make(base, *rest)


def joints(
    make: type[Harmonium] | type[AffineDecoder] | type[Specified], *,
    xs: tuple[FiniteFamily, ...] = FAMILIES, zs: tuple[FiniteFamily, ...] = FAMILIES,
) -> st.SearchStrategy[Joints]:  # fmt: skip
    """Each family as x with two as z, at changing scales: few structures, which are met all. Shrinks to few states."""
    pairs = [(i, i + step) for i in range(max(len(xs), len(zs))) for step in (1, 4)]
    scales = itertools.cycle(SCALES)
    return st.sampled_from([Joints(make, xs[i % len(xs)], zs[j % len(zs)], next(scales)) for i, j in pairs])


@st.composite
def decoders(
    draw: DrawFn, *, xs: tuple[FiniteFamily, ...] = FAMILIES, zs: tuple[FiniteFamily, ...] = PROPER,
    support: Callable[[DrawFn, FiniteFamily], tuple[int, ...]] | None = None,
) -> FiniteVAEs:  # fmt: skip
    """VAEs with free and with nearly affine decoders, uniform and free priors, data on X or as `support` says."""
    x, z = draw(st.sampled_from(xs)), draw(st.sampled_from(zs))
    bend, prior = draw(st.sampled_from((1.0, 0.0, 1e-3, 0.1, 10.0))), draw(st.sampled_from(("uniform", "free")))
    seen = None if support is None else support(draw, x)
    return FiniteVAEs(x, z, bend, 1.0, prior, False, seen, draw(st.sampled_from(SCALES)))


@dataclass(frozen=True)
class Odds:
    """One pixel, latent bits, uniform prior, f(z) = sum_j z_j log odds_j: W = log odds, u = 0. Array `odds` [N, m]."""

    odds: Array

    @property
    def harmonium(self) -> Harmonium:
        """With v = 0, which plays no part in the decoder."""
        W = self.odds[:, None, :]
        return Harmonium(Bits(1), Bits(self.odds.shape[-1]), log(W), 0 * W[..., 0], 0 * self.odds)

    @property
    def vae(self) -> FiniteVAE:
        """With the uniform prior."""
        base = self.harmonium
        return FiniteVAE(base.x, base.z, base.f, base.g)
