"""Models for Lemmas 21 and 22: Gaussian noise around a vertex of the hypercube, and the posterior of the signs.

Lemma 22 reads p(x|z) = N(C(sgn z), beta² I) with C a permutation of {±1}^d. Then p(sgn z = b | x) is proportional to
exp(-‖x - C(b)‖²/(2 beta²)); as b runs through {±1}^d so does C(b), and the sum over all vertices factorises:
Pr[C(sgn z) = sgn x | x] = prod_i 1/(1 + exp(-2|x_i|/beta²)). That formula is checked against the sum in
`lemma-22/step-bayes`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, constant, exp, sqrt, total, upper_gamma
from claims.engine.strategies import PositiveEnsemble, PositiveVectorEnsemble, positive, positives, split


@dataclass(frozen=True, repr=False)
class GaussianTail:
    """xi ~ N(0, I_d) and a factor c > 1. Array: `excess` = c - 1 > 0, [n]."""

    d: int
    excess: Array

    def __repr__(self) -> str:
        return f"GaussianTail(d={self.d})"

    @property
    def c(self) -> Array:
        """The factor of Lemma 21, above 1: [n]."""
        return 1 + self.excess

    def beyond(self, radius: Array) -> Array:
        """Pr[‖xi‖ > radius], exactly: the tail of a chi-square variable with d degrees of freedom, [n]."""
        return upper_gamma(self.d / 2, radius * radius / 2)


@dataclass(frozen=True)
class GaussianTails:
    """Gaussian tails in one dimension d."""

    d: int
    excess: PositiveEnsemble

    @property
    def size(self) -> int:
        """One free coordinate."""
        return self.excess.size

    def build(self, free: Float[Tensor, "n size"]) -> GaussianTail:
        """A batch of instances."""
        return GaussianTail(self.d, self.excess.build(free))


@st.composite
def gaussian_tails(draw: DrawFn) -> GaussianTails:
    """Dimensions 1..8 and powers of two up to 512; c - 1 from 1e-6 to about 1."""
    d = draw(st.one_of(st.integers(1, 8), st.sampled_from([16, 32, 64, 128, 256, 512])))
    return GaussianTails(d, draw(positive(scales=(1e-6, 1.0))))


@dataclass(frozen=True, repr=False)
class NearVertex:
    """A point x near the vertex (1, ..., 1) = sgn(x), and a noise level beta. Arrays: `x` [n, d], `beta` [n].

    Which vertex does not matter: the posterior below depends on the |x_i| only.
    """

    x: Array
    beta: Array

    def __repr__(self) -> str:
        return f"{type(self).__name__}(d={self.d})"

    @property
    def d(self) -> int:
        """The dimension."""
        return int(self.x.shape[-1])

    def wrong_sign(self) -> Array:
        """Pr[C(sgn z) != sgn x | x], exactly: [n].

        As 1 - prod_i p_i with p_i = 1/(1 + exp(-2 x_i/beta²)), telescoped so that nothing cancels.
        """
        odds = exp(-2 * self.x / (self.beta * self.beta)[..., None])
        right = 1 / (1 + odds)
        wrong, so_far = 0 * self.beta, 1 + 0 * self.beta
        for i in range(self.d):
            wrong = wrong + so_far * odds[..., i] * right[..., i]
            so_far = so_far * right[..., i]
        return wrong


@dataclass(frozen=True, repr=False)
class PrintedNearVertex:
    """The printed hypothesis: x > 0, and beta >= ‖x - sgn x‖/(6 sqrt d) by `more` > 0; nothing else binds beta."""

    x: Array
    more: Array

    def __repr__(self) -> str:
        return f"PrintedNearVertex(d={self.x.shape[-1]})"

    @property
    def near(self) -> NearVertex:
        """The point and the noise level."""
        return NearVertex(self.x, distance(self.x) / (6 * sqrt(constant(self.x.shape[-1], self.x))) + self.more)


def distance(x: Array) -> Array:
    """‖x - (1, ..., 1)‖: [n]."""
    return sqrt(total((x - 1) * (x - 1)))


@dataclass(frozen=True, repr=False)
class SmallNoise:
    """beta = c/(sqrt(d) (1 + p)) and x = 1 + 6 beta sqrt(d) u/(‖u‖ (1 + q)): c is what the claim allows.

    Arrays: `u` [n, d] a direction (of any sign), `p`, `q` [n] positive: both limits p -> 0, q -> 0 are approached.
    """

    u: Array
    p: Array
    q: Array

    def __repr__(self) -> str:
        return f"SmallNoise(d={self.u.shape[-1]})"

    def at(self, c: float) -> NearVertex:
        """The point and the noise level for the constant c < 1/6, so that sgn(x) = (1, ..., 1)."""
        d = self.u.shape[-1]
        beta = constant(c, self.u) / (sqrt(constant(d, self.u)) * (1 + self.p))
        radius = 6 * beta * sqrt(constant(d, self.u)) / (1 + self.q)
        length = sqrt(total(self.u * self.u))
        return NearVertex(1 + self.u * (radius / length)[..., None], beta)


@dataclass(frozen=True)
class PrintedNearVertices:
    """Points and noise levels of one dimension, as printed."""

    x: PositiveVectorEnsemble
    more: PositiveEnsemble

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return self.x.size + self.more.size

    def build(self, free: Float[Tensor, "n size"]) -> PrintedNearVertex:
        """A batch of instances."""
        x, more = split(free, (self.x, self.more))
        return PrintedNearVertex(self.x.build(x), self.more.build(more))


@dataclass(frozen=True)
class SmallNoises:
    """Points and noise levels in dimension d under a bound on beta sqrt(d); `one_sided`: u along one axis."""

    d: int
    p: PositiveEnsemble
    q: PositiveEnsemble
    one_sided: bool = False

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return self.d + 2

    def build(self, free: Float[Tensor, "n size"]) -> SmallNoise:
        """A batch of instances."""
        u = free[..., : self.d]
        if self.one_sided:
            u = torch.cat([-torch.ones_like(u[..., :1]), torch.zeros_like(u[..., 1:])], dim=-1)
        return SmallNoise(u, self.p.build(free[..., -2:-1]), self.q.build(free[..., -1:]))


@st.composite
def printed_near_vertices(draw: DrawFn, *, largest: int = 8) -> PrintedNearVertices:
    """d in 1..largest, entries of x over four decades, beta from its least value on, four decades up."""
    d = draw(st.integers(1, largest))
    return PrintedNearVertices(draw(positives(d, scales=(1e-2, 1e2))), draw(positive(scales=(1e-4, 1e4))))


@st.composite
def small_noises(draw: DrawFn) -> SmallNoises:
    """d in 1..8 and 16, 64; noise and distance from far below their bounds up to them."""
    d = draw(st.one_of(st.integers(1, 8), st.sampled_from([16, 64])))
    slack = positive(scales=(1e-8, 1e2))
    return SmallNoises(d, draw(slack), draw(slack), draw(st.booleans()))
