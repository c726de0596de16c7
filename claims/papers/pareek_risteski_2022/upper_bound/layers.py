"""Generators of one or two layers with the constants that `reductions.generators` certifies, in any arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims.engine.arithmetic import Array, greatest, maximum, singular_energies, sqrt
from claims.engine.strategies import Instances, MatrixEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import SMOOTH, norm

#: inf and sup of sigma'.
SLOPES = {"tanh": (0.0, 1.0), "softplus": (0.0, 1.0), "sin": (-1.0, 1.0)}


@dataclass(frozen=True)
class Bounds:
    """m, M, M2, M3: [n] each."""

    m: Array
    M: Array
    M2: Array
    M3: Array

    def then(self, outer: Bounds) -> Bounds:
        """Of the composition, by the chain rule."""
        return Bounds(
            self.m * outer.m,
            self.M * outer.M,
            outer.M2 * self.M**2 + outer.M * self.M2,
            outer.M3 * self.M**3 + 3 * outer.M2 * self.M2 * self.M + outer.M * self.M3,
        )


@dataclass(frozen=True)
class Layer:
    """z -> A z + Q (sigma(P z + b) - [centred] sigma(b)): A [n, d, d], Q [n, d, k], P [n, k, d], b [n, k]."""

    activation: str
    centred: bool
    A: Array
    Q: Array
    P: Array
    b: Array

    def jet(self, jet: list[Array]) -> list[Array]:
        """G and its first three derivatives in t along a curve given by its own: four times [n, d]."""
        s = [_times(self.P, part) for part in jet]
        sigma = [derivative(s[0] + self.b) for derivative in SMOOTH[self.activation].derivatives]
        start = SMOOTH[self.activation].derivatives[0](self.b) if self.centred else 0 * self.b
        hidden = [
            sigma[0] - start,
            sigma[1] * s[1],
            sigma[2] * s[1] ** 2 + sigma[1] * s[2],
            sigma[3] * s[1] ** 3 + 3 * sigma[2] * s[1] * s[2] + sigma[1] * s[3],
        ]
        return [_times(self.A, part) + _times(self.Q, h) for part, h in zip(jet, hidden, strict=True)]

    def bounds(self) -> Bounds:
        """As `SmoothGenerator` certifies them; m = 0 where nothing is proved."""
        low, high = SLOPES[self.activation]
        energies = singular_energies(self.A + (low + high) / 2 * self.Q @ self.P)
        norms = spectral(self.Q) * spectral(self.P)
        spread = (high - low) / 2 * norms
        row = greatest(norm(self.P))
        _, second, third = SMOOTH[self.activation].bounds
        return Bounds(
            maximum(sqrt(energies[..., -1]) - spread, 0),
            sqrt(energies[..., 0]) + spread,
            norms * row * second,
            norms * row**2 * third,
        )


def spectral(matrix: Array) -> Array:
    """The largest singular value: [n]."""
    return sqrt(singular_energies(matrix)[..., 0])


def _times(matrix: Array, vector: Array) -> Array:
    return (matrix @ vector[..., None])[..., 0]


@dataclass(frozen=True)
class Layered:
    """G of `depth` layers at a point and another one: z, z + step, and a line z + t v.

    Arrays `A` [n, depth d, d], `Q` [n, depth d, k], `into` [n, depth k, d + 1] (rows p, b), `points` [n, 3, d]: z,
    step, v.
    """

    activation: str
    depth: int
    centred: bool
    A: Array
    Q: Array
    into: Array
    points: Array

    @property
    def d(self) -> int:
        """The dimension of z and x."""
        return int(self.A.shape[-1])

    @property
    def layers(self) -> list[Layer]:
        """The layers, the first one first."""
        d, k = self.d, int(self.into.shape[-2]) // self.depth
        return [
            Layer(
                self.activation, self.centred, self.A[..., i * d : (i + 1) * d, :], self.Q[..., i * d : (i + 1) * d, :],
                self.into[..., i * k : (i + 1) * k, :-1], self.into[..., i * k : (i + 1) * k, -1],
            )
            for i in range(self.depth)
        ]  # fmt: skip

    def bounds(self) -> Bounds:
        """The constants of the whole."""
        first, *rest = [layer.bounds() for layer in self.layers]
        for outer in rest:
            first = first.then(outer)
        return first

    def jet(self, z: Array, v: Array) -> list[Array]:
        """G(z + t v) and its first three derivatives in t at t = 0: four times [n, d]."""
        jet = [z, v, 0 * z, 0 * z]
        for layer in self.layers:
            jet = layer.jet(jet)
        return jet

    def __call__(self, z: Array) -> Array:
        """G(z): [n, d]."""
        return self.jet(z, 0 * z)[0]

    @property
    def z(self) -> Array:
        """The point: [n, d]."""
        return self.points[..., 0, :]

    @property
    def step(self) -> Array:
        """From it to the other: [n, d]."""
        return self.points[..., 1, :]

    @property
    def v(self) -> Array:
        """The direction of the line: [n, d]."""
        return self.points[..., 2, :]

    def move(self) -> Array:
        """|G(z + step) - G(z)|: [n]."""
        return norm(self(self.z + self.step) - self(self.z))

    def without_skip(self) -> Layered:
        """The same with A = 0: an ordinary network."""
        return replace(self, A=0 * self.A)


def _layered(
    activation: str, d: int, k: int, *, depth: int = 1, centred: bool = False, q: float = 0.1, p: float = 1.0,
    reach: float = 1.0,
) -> Instances:  # fmt: skip
    return Instances(
        Layered,
        (activation, depth, centred),
        (
            MatrixEnsemble(depth * d, d, min(d, depth * d)),
            MatrixEnsemble(depth * d, k, min(k, depth * d), scale=q),
            MatrixEnsemble(depth * k, d + 1, min(depth * k, d + 1), scale=p),
            MatrixEnsemble(3, d, min(3, d), scale=reach),
        ),
    )


LAYERED = (
    "one or two layers, tanh, sin or softplus; d and k in 1..5; centred and not; |Q| |P| from 1e-3 to 3 |A|; points"
    " and steps from 1e-2 to 30"
)
#: One unit, where all constants are attained; long rows of P; two layers.
UNIT, LONG, TWICE = _layered("tanh", 1, 1), _layered("sin", 2, 3, p=10.0), _layered("tanh", 1, 1, depth=2, p=3.0)
CORNERS = (UNIT, LONG, TWICE, _layered("softplus", 1, 1, reach=30.0))
_MORE = (
    _layered("tanh", 3, 5, reach=10.0),
    _layered("sin", 2, 1, depth=2, centred=True, reach=1e-2),
    _layered("softplus", 3, 2, depth=2, q=1e-3),
    _layered("tanh", 5, 3, centred=True, p=0.1, q=3.0),
)


def layered() -> SearchStrategy[Instances]:
    """Layered generators other than the corners."""
    return st.sampled_from(_MORE)
