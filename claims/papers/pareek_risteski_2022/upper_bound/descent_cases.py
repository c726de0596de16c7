"""Model for Part 1: a generator with certified constants, a point x = G(ẑ), and points where f and L are looked at.

G(z) = c + diag(s) z + sum_k q_k (tanh(p_k·z + b_k) - tanh b_k). With l = sum_k |q_k||p_k| and s = l + gap, gap > 0:
m = min gap, M = max s + l and M2 = sum_k |q_k||p_k|² sup|tanh''| hold by construction. A singular value decomposition
makes the linear part of any such G diagonal, which leaves f, L, ‖x‖ and all distances as they are. The inverse point is
free and x is computed: G is bijective, so every x is met, and nothing has to be inverted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims.engine.arithmetic import Array, greatest, sqrt, tanh, total
from claims.engine.strategies import Instances, MatrixEnsemble, PositiveEnsemble, PositiveVectorEnsemble

PAPER = "pareek-risteski-2022"
#: How the printed hypotheses are read where the proof uses one more.
CENTRED = "Assumption 3, G(0) = 0, in force, as Section 2.1 lays it down; Lemmas 23 and 24 do not name it: see there"

#: At least sup |tanh''| = 4/(3 sqrt 3) = 0.7698.
SUP_TANH_2 = 0.77


def norm(v: Array) -> Array:
    """Euclidean length over the last axis."""
    return sqrt(total(v * v))


def inner(u: Array, v: Array) -> Array:
    """Inner product over the last axis."""
    return total(u * v)


@dataclass(frozen=True, repr=False)
class Inversion:
    """A generator, x = G(ẑ), points, a noise level.

    Arrays: `gap` [n, d] positive; `p`, `q` [n, k, d], `b` [n, 1, k]; `inverse` [n, 1, d] the point ẑ; `points`
    [n, 3, d]: z, a direction, and c, which is 0 if `centred`; `beta`, `more` [n] positive.
    """

    centred: bool
    gap: Array
    p: Array
    q: Array
    b: Array
    inverse: Array
    points: Array
    beta: Array
    more: Array

    # --- the generator ------------------------------------------------------------------------------------

    @property
    def lipschitz(self) -> Array:
        """A Lipschitz constant of the nonlinear part: [n]."""
        return total(norm(self.q) * norm(self.p))

    @property
    def scale(self) -> Array:
        """s: [n, d]."""
        return self.gap + self.lipschitz[..., None]

    @property
    def m(self) -> Array:
        """Assumption 1: [n]."""
        return -greatest(-self.gap)

    @property
    def M(self) -> Array:  # noqa: N802 - the paper's letter
        """Assumption 2: [n]."""
        return greatest(self.scale) + self.lipschitz

    @property
    def M2(self) -> Array:  # noqa: N802 - the paper's letter
        """Assumption 2, bound of the second derivative: [n]."""
        return SUP_TANH_2 * total(norm(self.q) * norm(self.p) * norm(self.p))

    @property
    def origin(self) -> Array:
        """G(0) = c: [n, d]."""
        return self.points[..., 2, :] * (0 if self.centred else 1)

    def _mix(self, weight: Array) -> Array:
        """sum_k weight_k q_k: [n, d]."""
        return (self.q.mT @ weight[..., None])[..., 0]

    def _bent(self, z: Array) -> Array:
        """tanh(p_k·z + b_k): [n, k]."""
        return tanh((self.p @ z[..., None])[..., 0] + self.b[..., 0, :])

    def image(self, z: Array) -> Array:
        """G(z): [n, d]."""
        return self.origin + self.scale * z + self._mix(self._bent(z) - tanh(self.b[..., 0, :]))

    def push(self, z: Array, v: Array) -> Array:
        """J(z) v: [n, d]."""
        t = self._bent(z)
        return self.scale * v + self._mix((1 - t * t) * (self.p @ v[..., None])[..., 0])

    def pull(self, z: Array, r: Array) -> Array:
        """J(z)^T r: [n, d]."""
        t = self._bent(z)
        return self.scale * r + (self.p.mT @ ((1 - t * t) * (self.q @ r[..., None])[..., 0])[..., None])[..., 0]

    def second(self, z: Array, v: Array) -> Array:
        """D²G(z)[v, v]: [n, d]."""
        t, along = self._bent(z), (self.p @ v[..., None])[..., 0]
        return self._mix(-2 * t * (1 - t * t) * along * along)

    # --- the problem --------------------------------------------------------------------------------------

    @property
    def zhat(self) -> Array:
        """The inverse point ẑ: [n, d]."""
        return self.inverse[..., 0, :]

    @property
    def z(self) -> Array:
        """A point: [n, d]."""
        return self.points[..., 0, :]

    @property
    def v(self) -> Array:
        """A direction: [n, d]."""
        return self.points[..., 1, :]

    @property
    def x(self) -> Array:
        """x = G(ẑ): [n, d]."""
        return self.image(self.zhat)

    def residual(self, z: Array) -> Array:
        """G(z) - x: [n, d]."""
        return self.image(z) - self.x

    def f(self, z: Array) -> Array:
        """‖G(z) - x‖²/2: [n]."""
        r = self.residual(z)
        return inner(r, r) / 2

    def gradient(self, z: Array) -> Array:
        """∇f(z) = J(z)^T (G(z) - x): [n, d]."""
        return self.pull(z, self.residual(z))

    def curvature(self, z: Array, v: Array) -> Array:
        """v^T ∇²f(z) v: [n]."""
        along = self.push(z, v)
        return inner(along, along) + inner(self.residual(z), self.second(z, v))

    def L(self, z: Array) -> Array:  # noqa: N802 - the paper's letter
        """(3): [n]."""
        return (inner(z, z) + 2 * self.f(z) / (self.beta * self.beta)) / 2

    def towards(self, radius: Array, *, outside: bool = False) -> Array:
        """The point in the direction of z at a distance below `radius` from 0, or above it: [n, d]."""
        reach = radius * (1 + self.more) if outside else radius / (1 + self.more)
        return self.z * (reach / norm(self.z))[..., None]

    def translated(self) -> Inversion:
        """(G - G(0), x - G(0)): the same point ẑ."""
        return replace(self, centred=True)


def inversions_of(
    d: int, terms: int, scales: tuple[float, float, float], *, centred: bool = True, more: float = 1.0, gap: float = 1.0
) -> Instances:
    """One structure: the scales of q, of p, and of all points."""
    bend, slope, far = scales
    drawn = (
        PositiveVectorEnsemble(d, gap), MatrixEnsemble(terms, d, min(terms, d), scale=slope),
        MatrixEnsemble(terms, d, min(terms, d), scale=bend), MatrixEnsemble(1, terms, 1),
        MatrixEnsemble(1, d, 1, scale=far), MatrixEnsemble(3, d, min(3, d), scale=far), PositiveEnsemble(1.0),
        PositiveEnsemble(more),
    )  # fmt: skip
    return Instances(Inversion, (centred,), drawn)


def inversions(*, centred: bool = True) -> SearchStrategy[Instances]:
    """d in 1..4, 1..3 nonlinear terms from negligible to steep; points and constants over decades."""
    kinds = (
        (1, 1, (0.1, 1.0, 1.0), 1.0), (2, 2, (1.0, 1.0, 1.0), 1.0), (1, 2, (1e-2, 30.0, 10.0), 1.0),
        (2, 1, (1.0, 0.3, 30.0), 1e-2), (3, 2, (0.1, 3.0, 0.1), 1e2), (4, 3, (1e-3, 1.0, 1.0), 1.0),
    )  # fmt: skip
    return st.sampled_from([inversions_of(*kind[:3], centred=centred, gap=kind[3]) for kind in kinds])


SCOPE = "d in 1..4; diagonal plus 1..3 tanh terms; points, bends and condition over decades"
#: Nearly linear, all singular values alike: the case of equality of most bounds, in one and in two dimensions.
NEARLY_LINEAR = tuple(inversions_of(d, 1, (1e-3, 1e-3, 1.0), more=1e-3) for d in (1, 2))
#: A steep bend of little height, far points: the curvature term rules.
STEEP = tuple(inversions_of(d, 1, (1e-3, 1e2, 10.0), more=1e-3) for d in (1, 2))
