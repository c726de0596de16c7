"""Quadruples of centres for the search: rectangles, parallelograms and general ones, each with a prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, concatenate, constant, stack, total

Shape = Literal["rectangle", "no width", "parallelogram", "general"]
Prior = Literal["uniform", "own", "other"]


@dataclass(frozen=True)
class Quadruple:
    """Centres c + z1 a + z2 b + z1 z2 d in the plane, s, a prior, and a point x.

    Arrays, [n, 2]: `c`, `free` (coordinates without a constraint), `v` (the prior's logits), `x`; [n, 3]: `positive`
    (lengths that must not vanish); [n, 1]: `s` > 0, `k` > 0 (how far the prior "other" is from the harmonium's own).
    A rectangle has b = t a', a' being a turned by a right angle; a parallelogram b = t a' + w a with w != 0, and in
    general d != 0.
    """

    shape: Shape
    prior: Prior
    sign: int
    c: Array
    free: Array
    positive: Array
    v: Array
    x: Array
    s: Array
    k: Array

    @property
    def sides(self) -> tuple[Array, Array, Array]:
        """a, b and d: [n, 2] each."""
        p, q, t = self.positive[..., 0], self.free[..., 0], self.free[..., 1]
        w, u = self.sign * self.positive[..., 1], self.sign * self.positive[..., 2]
        a, turned, nothing = stack([p, q]), stack([-q, p]), stack([0 * p, 0 * p])
        if self.shape == "no width":
            return nothing, a, nothing
        slanted = t[..., None] * turned + w[..., None] * a
        if self.shape == "rectangle":
            return a, t[..., None] * turned, nothing
        return a, slanted, stack([u, q]) if self.shape == "general" else nothing

    @property
    def points(self) -> Array:
        """x, and three points on no line: what is affine and vanishes at these vanishes everywhere. [n, 4, 2]."""
        frame = constant([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], self.c) * self.s[..., None]
        return self.c[..., None, :] + concatenate([(self.x - self.c)[..., None, :], frame], -2)

    @property
    def log_joint(self) -> Array:
        """log p(x, z) at the points, up to what does not depend on z, codes 00, 01, 10, 11: [n, 4, 4]."""
        a, b, d = (side[..., None, :] for side in self.sides)
        square = self.s * self.s
        offset = self.points - self.c[..., None, :]
        fits = stack([-total(y * y) for y in (offset, offset - b, offset - a, offset - a - b - d)])
        fits = fits / (2 * square[..., None])
        if self.prior == "uniform":
            return fits
        first, second = self.v[..., :1], self.v[..., 1:]
        both = total(a * b) / square + (self.sign * self.k if self.prior == "other" else 0 * square)
        return fits + stack([0 * first, second, first, first + second + both])


@dataclass(frozen=True)
class QuadrupleEnsemble:
    """Quadruples of one shape and prior; lengths over a few decades around `scale`."""

    shape: Shape
    prior: Prior
    sign: int
    scale: float
    size = 14

    def build(self, free: Float[Tensor, "n 14"]) -> Quadruple:
        """A batch of them."""
        lengths = self.scale * (1.5 * free[:, 8:11]).exp()
        return Quadruple(
            self.shape, self.prior, self.sign, self.scale * free[:, 0:2], self.scale * free[:, 2:4], lengths,
            free[:, 4:6], self.scale * free[:, 6:8], free[:, 11:12].exp(), free[:, 12:13].exp(),
        )  # fmt: skip


SHAPES: tuple[Shape, ...] = ("rectangle", "no width", "parallelogram", "general")


@st.composite
def quadruples(draw: DrawFn, *priors: Prior) -> QuadrupleEnsemble:
    """Every shape, every one of the priors, scales 1e-2 to 1e2."""
    scale = draw(st.sampled_from((1.0, 0.01, 0.1, 10.0, 100.0)))
    return QuadrupleEnsemble(
        draw(st.sampled_from(SHAPES)), draw(st.sampled_from(priors)), draw(st.sampled_from((1, -1))), scale
    )
