"""Models of Lemma 2: regions of radius at most 1, and the diffusion in them of a linear and of a bent generator."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims.engine.arithmetic import Array, exp, maximum, minimum, sqrt, upper_gamma
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.effective_region import Region
from claims.papers.pareek_risteski_2022.upper_bound.line import Line, Potential, semigroup, variation

#: rad(D) <= 1 with the O(.) of (1).
NARROW = "all d >= 1, all G of Assumptions 1 to 3, x, 0 < eps < 1, beta <= beta_0 with rad(D) <= 1, ‖z_0 - z^‖ <= rad/2"
SMALL = "rad(D) <= 1 is beta <= m/(4 sqrt(A log(16A/eps))): a matter of the constant that the O(.) of (1) hides"


@dataclass(frozen=True)
class Narrow(Region):
    """A region of radius at most 1, and the diffusion of G(z) = m z in it: m, M, M2, M3 are constants of that G."""

    def beta(self, power: float = 0.75) -> Array:
        """At most beta_0 and m/(4 root), so rad(D) <= 1: [n]."""
        return minimum(super().beta(power), self.m / (4 * self.root() * (1 + self.short[..., 0])))

    @property
    def eps(self) -> Array:
        """The error asked for: [n]."""
        return 1 / (1 + self.odds[..., 0])

    @property
    def ratio(self) -> Array:
        """(beta/m)²: [n]."""
        return (self.beta() / self.m) ** 2

    def beyond(self, factor: float = 1.0) -> Array:
        """At most P(|z - z^| > factor rad), exactly what it is for x = 0: a shift of the mean only adds to it: [n]."""
        square = 16 * self.root() ** 2 * (1 + self.ratio) * (factor * factor)
        return upper_gamma(self.d / 2, square / 2)

    def apart(self, time: Array, noise: float = 1.0) -> Array:
        """At most TV(P_T, P) for the worse of two starts, at T = `time` beta²/m²; noise: variance over 2: [n].

        In units of P's deviation, P_T is N(mu, v I). From z^ plus rad/2 the half-space halfway between the means tells
        the two apart, from P's mean (less than rad/2 from z^) the ball of radius sqrt(d) does.
        """
        e = exp(-time * (1 + self.ratio))
        v = noise * (1 - e * e)
        pull = self.x[..., 0] / self.m * sqrt(self.ratio) / sqrt(1 + self.ratio)
        mu = e * (2 * self.root() * sqrt(1 + self.ratio) + pull)
        half = 1 - (upper_gamma(0.5, mu * mu / (8 * v)) + upper_gamma(0.5, mu * mu / 8)) / 2
        ball = upper_gamma(self.d / 2, self.d / 2 + 0 * v) - upper_gamma(self.d / 2, self.d / (2 * v))
        return maximum(half, maximum(ball, -ball))

    @property
    def needed(self) -> Array:
        """log(16A/eps): [n]."""
        return self.root() ** 2 / self.spread()


def structure(kind: type[Region], d: int, maps: tuple[float, ...], more: tuple[float, ...]) -> Instances:
    """Regions of that kind: the scales of m, M/m - 1, M2, M3, and those of x, 1/eps - 1, beta_0/beta - 1."""
    x, odds, short = more
    scales = ((4, maps), (1, x), (1, odds), (3, short))
    return Instances(kind, (d,), tuple(PositiveVectorEnsemble(*scale) for scale in scales))


#: beta at its bound and far below; eps near 0, 1/2 and 1; large and small x, gentle and strong bends.
PLACES = (
    (1, (1.0, 1.0, 1.0, 1.0), (1e-3, 1e4, 1e-3)),
    (1, (1.0, 1.0, 1e-3, 1e-3), (1e-3, 1e-4, 1e-3)),
    (2, (1e3, 1e-3, 1e3, 1.0), (1e3, 1e3, 1e-3)),
    (3, (1e-3, 10.0, 1e-3, 1e-3), (1e-3, 1e-6, 1e-3)),
    (4, (1.0, 1.0, 1.0, 1.0), (1.0, 1.0, 1e-3)),
    (8, (1.0, 1e3, 1e-6, 1e-6), (1e-6, 1e6, 1.0)),
    (64, (1.0, 1e-6, 1e-6, 1e-6), (1e-3, 1e4, 1e-3)),
    (64, (1.0, 1e-3, 1e3, 1e3), (1e3, 1.0, 1e3)),
)


def places(kind: type[Region]) -> SearchStrategy[Instances]:
    """Those structures."""
    return st.sampled_from([structure(kind, *place) for place in PLACES])


LINEAR = (
    "G(z) = m z with any valid M, M2, M3; d = 1, 2, 3, 4, 8, 64; eps from 1e-6 to 1 - 1e-6, beta from its bound down;"
    " exact laws, told apart by a half-space or a ball"
)


@dataclass(frozen=True)
class Bending(Potential):
    """strength * L for G(z) = scale z + bend tanh(z) in one dimension, x = G(inverse)."""

    scale: float = 1.0
    tanh: float = 0.5
    inverse: float = 0.0
    beta: float = 0.1
    strength: float = 1.0

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """L(x), equation (3)."""
        hyper, move = math.tanh(self.inverse), x - self.inverse
        # tanh(a + b) - tanh(a) = tanh(b) (1 - tanh(a) tanh(a + b)): no cancellation for small beta.
        misfit = self.scale * move + self.tanh * torch.tanh(move) * (1 - hyper * torch.tanh(x))
        return self.strength * (x**2 + (misfit / self.beta) ** 2) / 2


@dataclass(frozen=True)
class Bent:
    """The diffusion of that G on a grid, at beta = share * the largest that `Narrow` allows, from all starts of D/2."""

    scale: float
    tanh: float
    inverse: float
    epsilon: float
    share: float
    cells: int = 240

    @cached_property
    def region(self) -> Narrow:
        """Its numbers: m = scale, M = scale + tanh, M2 = 0.77 tanh, M3 = 2 tanh."""
        image = abs(self.scale * self.inverse + self.tanh * math.tanh(self.inverse))
        maps = [self.scale, self.tanh / self.scale, 0.77 * self.tanh, 2 * self.tanh]
        rows = maps, [image], [1 / self.epsilon - 1], [1 / self.share - 1, 1.0, 1.0]
        return Narrow(1, *(torch.tensor([row], dtype=torch.float64) for row in rows))

    @property
    def eps(self) -> torch.Tensor:
        """The error asked for: [1]."""
        return torch.tensor([self.epsilon], dtype=torch.float64)

    @property
    def odds(self) -> Array:
        """1/eps - 1: [1, 1]."""
        return self.region.odds

    @property
    def needed(self) -> Array:
        """log(16A/eps): [1]."""
        return self.region.needed

    def root(self) -> Array:
        """sqrt(A log(16A/eps)): [1]."""
        return self.region.root()

    def apart(self, time: Array, noise: float = 1.0) -> Array:
        """TV(P_T, P) of the chain on the grid at T = `time` beta²/m², from the worst start in D/2: [1]."""
        beta = float(self.region.beta())
        unit, rad = (beta / self.scale) ** 2, 4 * beta / self.scale * float(self.root())
        posterior = Bending(scale=self.scale, tanh=self.tanh, inverse=self.inverse, beta=beta)
        low, high = self.inverse - 1.25 * rad, self.inverse + 1.25 * rad
        # dz = -L' dt + sqrt(2 noise) dB is the diffusion of L/noise, slowed down by noise.
        line = Line(replace(posterior, strength=1 / noise), low, high, self.cells)
        (moved,) = semigroup(line.rates(), float(time) * unit * noise, 0)
        near = (line.points - self.inverse).abs() <= rad / 2
        return variation(moved[near], Line(posterior, low, high, self.cells).law).max()[None]

    def second_route(self) -> Bent:
        """On a finer grid."""
        return replace(self, cells=330)


def bent(generator: torch.Generator, effort: str) -> Iterator[Bent]:  # noqa: ARG001 - a grid
    """G bent up and far out, eps near 1, 1/2 and 0, beta at its bound and at a tenth of it."""
    for (scale, tanh, inverse), epsilon in itertools.product(((1.0, 0.9, 0.4), (2.0, 6.0, -1.0)), (0.999, 0.5, 0.02)):
        yield Bent(scale, tanh, inverse, epsilon, 1.0 if epsilon > 0.1 else 0.1)


BENT = (
    "d = 1, G(z) = z + 0.9 tanh z and 2z + 6 tanh z; eps = .999, .5, .02; every start of D/2 on a grid; exact for the"
    " chain on the grid"
)
