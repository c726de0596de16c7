"""Generators with proved constants m, M, M2, M3, and all their derivatives.

G(z) = T (s z + sum_k q_k sigma(p_k z + b_k)) with s_i = base_i + r, r = sum_k ‖q_k‖ ‖p_k‖ sup|sigma'|, and T the
identity or a turn of the output. The sum moves a singular value of diag(s) by at most r, so m = min base, M = max base
+ 2r are proved, whatever the free parameters are; rotations of z and of the output, which norms and operator norms do
not see, make the linear part diagonal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from jaxtyping import Float

from claims.engine.arithmetic import (
    Array,
    concatenate,
    cos,
    exp,
    greatest,
    log,
    sin,
    sqrt,
    tanh,
    total,
)


@dataclass(frozen=True)
class Smooth:
    """An activation: `derivatives[k]` is its k-th derivative, |derivatives[k]| <= `bounds[k - 1]` for k = 1, 2, 3."""

    derivatives: tuple[Callable[[Array], Array], ...]
    bounds: tuple[float, float, float]


def _sigmoid(t: Array) -> Array:
    return (1 + tanh(t / 2)) / 2


#: Bounds rounded upwards: the suprema of tanh'' and of softplus''' are 4/(3 sqrt 3) and 1/(6 sqrt 3).
SMOOTH = {
    "sin": Smooth((sin, cos, lambda t: -sin(t), lambda t: -cos(t)), (1.0, 1.0, 1.0)),
    "tanh": Smooth(
        (
            tanh,
            lambda t: 1 - tanh(t) ** 2,
            lambda t: -2 * tanh(t) * (1 - tanh(t) ** 2),
            lambda t: (1 - tanh(t) ** 2) * (6 * tanh(t) ** 2 - 2),
        ),
        (1.0, 0.77, 2.0),
    ),
    "softplus": Smooth(
        (
            lambda t: t / 2 + log(exp(t / 2) + exp(-t / 2)),
            _sigmoid,
            lambda t: _sigmoid(t) * _sigmoid(-t),
            lambda t: -_sigmoid(t) * _sigmoid(-t) * tanh(t / 2),
        ),
        (1.0, 0.25, 0.0963),
    ),
}


def dot(a: Float[Array, "n d"], b: Float[Array, "n d"]) -> Float[Array, " n"]:
    """Inner products."""
    return total(a * b)


def norm(a: Float[Array, "... d"]) -> Float[Array, ...]:
    """Euclidean norms."""
    return sqrt(total(a * a))


def times(numbers: Float[Array, " n"], a: Float[Array, "n d"]) -> Float[Array, "n d"]:
    """One number an instance, times one vector an instance."""
    return numbers[..., None] * a


def combine(weights: Float[Array, "n k"], rows: Float[Array, "n k d"]) -> Float[Array, "n d"]:
    """sum_k weights_k rows_k."""
    return total(weights[..., None] * rows, -2)


@dataclass(frozen=True, repr=False)
class Generator:
    """Arrays `base` [n, d] > 0, `into` [n, k, d + 1] (rows p_k, b_k), `out` [n, k, d] (rows q_k), `spare` [n, 2] >= 0.

    `spare` is what M2 and M3 lie above the proved bounds, so that they are positive for linear G, too.
    `turned`: the output (y_1, ..., y_d) becomes (-y_d, y_1, ..., y_{d-1}). `centred`: G(0) = 0.
    """

    activation: str
    turned: bool
    centred: bool
    base: Array
    into: Array
    out: Array
    spare: Array

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.activation}, d={self.d}, nodes={self.out.shape[-2]})"

    @property
    def d(self) -> int:
        """The dimension of z and x."""
        return int(self.base.shape[-1])

    def _bend(self, k: int) -> Array:
        """sum_j ‖q_j‖ ‖p_j‖^k sup|sigma^(k)|: a bound of the k-th derivative of the nonlinear part, [n]."""
        return total(norm(self.out) * norm(self.into[..., :-1]) ** k) * SMOOTH[self.activation].bounds[k - 1]

    @cached_property
    def m(self) -> Array:
        """Assumption 1's constant: [n]."""
        return -greatest(-self.base)

    @cached_property
    def M(self) -> Array:  # noqa: N802 - as the paper
        """Assumption 2's Lipschitz constant: [n]."""
        return greatest(self.base) + 2 * self._bend(1)

    @cached_property
    def M2(self) -> Array:  # noqa: N802 - as the paper
        """Assumption 2's bound of the second derivative: [n]."""
        return self._bend(2) + self.spare[..., 0]

    @cached_property
    def M3(self) -> Array:  # noqa: N802 - as the paper
        """Assumption 2's bound of the third derivative: [n]."""
        return self._bend(3) + self.spare[..., 1]

    def _at(self, z: Array, k: int) -> Array:
        """sigma^(k) at the nodes: [n, k]."""
        inputs = (self.into[..., :-1] @ z[..., None])[..., 0] + self.into[..., -1]
        return SMOOTH[self.activation].derivatives[k](inputs)

    def _along(self, v: Array) -> Array:
        """p_k v: [n, k]."""
        return (self.into[..., :-1] @ v[..., None])[..., 0]

    def _turn(self, y: Array) -> Array:
        return concatenate([-y[..., -1:], y[..., :-1]], -1) if self.turned else y

    def _turn_back(self, y: Array) -> Array:
        return concatenate([y[..., 1:], -y[..., :1]], -1) if self.turned else y

    def _linear(self, v: Array) -> Array:
        return (self.base + self._bend(1)[..., None]) * v

    def __call__(self, z: Array) -> Array:
        """G(z): [n, d]."""
        nodes = self._at(z, 0) - (self._at(0 * z, 0) if self.centred else 0)
        return self._turn(self._linear(z) + combine(nodes, self.out))

    def jacobian(self, z: Array, v: Array) -> Array:
        """J(z) v: [n, d]."""
        return self._turn(self._linear(v) + combine(self._at(z, 1) * self._along(v), self.out))

    def transposed(self, z: Array, y: Array) -> Array:
        """J(z)^T y: [n, d]."""
        back = self._turn_back(y)
        weights = self._at(z, 1) * (self.out @ back[..., None])[..., 0]
        return self._linear(back) + combine(weights, self.into[..., :-1])

    def second(self, z: Array, v: Array, w: Array) -> Array:
        """The vector of all v^T Hess G_i(z) w: [n, d]."""
        return self._turn(combine(self._at(z, 2) * self._along(v) * self._along(w), self.out))

    def third(self, z: Array, u: Array, v: Array, w: Array) -> Array:
        """The vector of all third derivatives of G_i at z along u, v, w: [n, d]."""
        weights = self._at(z, 3) * self._along(u) * self._along(v) * self._along(w)
        return self._turn(combine(weights, self.out))


def sqrt_d(case: Generator) -> Array:
    """The square root of the dimension, one an instance in the arithmetic of the case: [n]."""
    return sqrt(0 * case.m + case.d)
