"""The loss L of (3) with all its derivatives, and the region D of Lemma 13, for generators with proved constants.

The inverse point is a free parameter, and x = G(inverse point): so no generator needs to be inverted.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

from claims.engine.arithmetic import Array, log, minimum, sqrt
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import Generator, dot, norm, times


@dataclass(frozen=True, repr=False)
class Loss(Generator):
    """L(z) = ‖z‖²/2 + ‖G(z) - x‖²/(2 beta²) at a point z = hat + offset, G(hat) = x.

    Arrays `inverse` [n, 1, d] (the point hat) and `vectors` [n, 3, d] (directions a, b, c).
    """

    inverse: Array
    vectors: Array

    @property
    @abstractmethod
    def beta(self) -> Array:
        """Noise level: [n]."""

    @property
    @abstractmethod
    def offset(self) -> Array:
        """z - hat: [n, d]."""

    @cached_property
    def hat(self) -> Array:
        """The inverse point of x: [n, d]."""
        return self.inverse[..., 0, :]

    @cached_property
    def z(self) -> Array:
        """The point: [n, d]."""
        return self.hat + self.offset

    @property
    def directions(self) -> tuple[Array, Array, Array]:
        """Three vectors of any length, [n, d] each."""
        return self.vectors[..., 0, :], self.vectors[..., 1, :], self.vectors[..., 2, :]

    def misfit(self, z: Array) -> Array:
        """G(z) - x: [n, d]."""
        return self(z) - self(self.hat)

    def loss(self, z: Array) -> Array:
        """L(z), equation (3): [n]."""
        misfit = self.misfit(z)
        return dot(z, z) / 2 + dot(misfit, misfit) / (2 * self.beta**2)

    def gradient(self, z: Array) -> Array:
        """Equation (55): [n, d]."""
        return z + times(1 / self.beta**2, self.transposed(z, self.misfit(z)))

    def gauss_newton(self, z: Array, v: Array, w: Array) -> Array:
        """v^T J^T J w: [n]."""
        return dot(self.jacobian(z, v), self.jacobian(z, w))

    def curvature(self, z: Array, v: Array, w: Array) -> Array:
        """v^T (sum_i Hess G_i(z) (G_i(z) - x_i)) w: [n]."""
        return dot(self.second(z, v, w), self.misfit(z))

    def hessian(self, z: Array, v: Array, w: Array) -> Array:
        """v^T Hess L(z) w by equation (56): [n]."""
        return dot(v, w) + (self.gauss_newton(z, v, w) + self.curvature(z, v, w)) / self.beta**2

    def mixed(self, z: Array, u: Array, v: Array, w: Array) -> Array:
        """sum_i (grad G_i(z) u) (v^T Hess G_i(z) w): [n]."""
        return dot(self.jacobian(z, u), self.second(z, v, w))

    def third_of_loss(self, z: Array, u: Array, v: Array, w: Array) -> Array:
        """The third derivative of L at z along u, v, w by equation (58): [n]."""
        products = self.mixed(z, u, v, w) + self.mixed(z, v, u, w) + self.mixed(z, w, u, v)
        return (products + dot(self.third(z, u, v, w), self.misfit(z))) / self.beta**2

    def linear_part(self, offset: Array) -> Array:
        """hat + (I + J^T J / beta²) offset with J at hat: what (59) keeps of the gradient, [n, d]."""
        pull = self.transposed(self.hat, self.jacobian(self.hat, offset))
        return self.hat + offset + times(1 / self.beta**2, pull)

    def remainder(self, offset: Array) -> Array:
        """R of (59) at hat + offset: [n, d]."""
        return self.gradient(self.hat + offset) - self.linear_part(offset)


@dataclass(frozen=True, repr=False)
class Anywhere(Loss):
    """Any z and any beta. Arrays `step` [n, 1, d] (z - hat), `noise` [n]."""

    step: Array
    noise: Array

    @cached_property
    def beta(self) -> Array:
        """As given."""
        return self.noise

    @cached_property
    def offset(self) -> Array:
        """As given."""
        return self.step[..., 0, :]


@dataclass(frozen=True, repr=False)
class Ball(Loss):
    """z in a ball around hat, on its boundary where share >= 1. Arrays `toward` [n, 1, d], `share` [n] > 0."""

    toward: Array
    share: Array

    @property
    @abstractmethod
    def radius(self) -> Array:
        """Of the ball: [n]."""

    @cached_property
    def offset(self) -> Array:
        """min(share, 1) radius along `toward`."""
        direction = self.toward[..., 0, :]
        return times(minimum(self.share, 1) * self.radius / norm(direction), direction)


@dataclass(frozen=True, repr=False)
class Region(Ball):
    """Lemma 13's D and beta <= beta_0, with equality where fraction >= 1. Arrays `fraction`, `epsilon` [n] > 0.

    epsilon counts as min(epsilon, 1). With A = 2d + ‖x‖²/m² and `spread` = sqrt(A log(16 A / epsilon)),
    rad(D) = 4 (beta/m) spread and beta_0 = min{m³/(6 M M2), d^{3/4} m²/sqrt(2 M M3)} / (4 d spread).
    """

    fraction: Array
    epsilon: Array

    @cached_property
    def spread(self) -> Array:
        """sqrt(A log(16 A / epsilon)): [n]."""
        x = self(self.hat)
        scale = 2 * self.d + dot(x, x) / self.m**2
        return sqrt(scale * log(16 * scale / minimum(self.epsilon, 1)))

    @cached_property
    def beta_0(self) -> Array:
        """The largest beta that Lemma 13 admits: [n]."""
        second = self.m**3 / (6 * self.M * self.M2)
        # d ** 0.75 would be a float in balls; roots of d are balls there.
        d = 0 * self.m + self.d
        third = sqrt(sqrt(d)) * sqrt(d) * self.m**2 / sqrt(2 * self.M * self.M3)
        return minimum(second, third) / (4 * self.d * self.spread)

    @cached_property
    def beta(self) -> Array:
        """min(fraction, 1) beta_0."""
        return minimum(self.fraction, 1) * self.beta_0

    @cached_property
    def radius(self) -> Array:
        """rad(D)."""
        return 4 * self.beta / self.m * self.spread


@dataclass(frozen=True, repr=False)
class WideRegion(Region):
    """As `Region`, with beta_0 = m³ / (4 M M2 spread): larger by 6d at least where M3 does not matter."""

    @cached_property
    def beta_0(self) -> Array:
        """The largest beta that our remarks admit: [n]."""
        return self.m**3 / (4 * self.M * self.M2 * self.spread)


@dataclass(frozen=True, repr=False)
class WithoutM(Ball):
    """The ball of radius m/M2, and any beta. Array `noise` [n]."""

    noise: Array

    @cached_property
    def beta(self) -> Array:
        """As given."""
        return self.noise

    @cached_property
    def radius(self) -> Array:
        """m/M2."""
        return self.m / self.M2
