"""Model for (48)-(53): one node of a network E and its truncated copy in E'."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, absolute, greatest, maximum, total
from claims.engine.strategies import PositiveEnsemble, positive
from claims.papers.pareek_risteski_2022.precision import ACTIVATIONS, activate


@dataclass(frozen=True, repr=False)
class OneNode:
    """A node of E with inputs v, weights w, and its copy in E' with v - dv, w - dw: (48)-(53).

    Arrays: `w`, `dw`, `v`, `dv` [n, inputs]; `L`, `delta_a` [n] positive; `slip` [n] in [-1, 1]. The degree is at most
    N = `inputs + spare`; all other bounds are the least that hold.
    """

    activation: str
    spare: int
    w: Array
    dw: Array
    v: Array
    dv: Array
    L: Array
    delta_a: Array
    slip: Array

    def __repr__(self) -> str:
        return f"OneNode({self.activation}, inputs={self.inputs})"

    @property
    def inputs(self) -> int:
        """The node's degree, at most N."""
        return int(self.w.shape[-1])

    @property
    def W(self) -> Array:  # noqa: N802 - the paper's letter
        """A bound of the weights of E and of E': [n]."""
        return greatest(maximum(absolute(self.w), absolute(self.w - self.dw)))

    @property
    def M(self) -> Array:  # noqa: N802 - the paper's letter
        """A bound of the outputs of E and of E': [n]."""
        return greatest(maximum(absolute(self.v), absolute(self.v - self.dv)))

    @property
    def E(self) -> Array:  # noqa: N802 - the paper's letter
        """The largest error of an input: [n]."""
        return greatest(absolute(self.dv))

    @property
    def delta_w(self) -> Array:
        """The largest error of a weight: [n]."""
        return greatest(absolute(self.dw))

    def error(self) -> Array:
        """|sigma(sum w v) - sigma'(sum w' v')|: [n]."""
        exact = activate(self.activation, total(self.w * self.v), self.L)
        kept = activate(self.activation, total((self.w - self.dw) * (self.v - self.dv)), self.L)
        return absolute(exact - kept - self.delta_a * self.slip)

    def products(self) -> Array:
        """sum_i |w_i v_i - w'_i v'_i|: [n]."""
        return total(absolute(self.w * self.v - (self.w - self.dw) * (self.v - self.dv)))

    def splits(self) -> tuple[Array, Array]:
        """Both ways to put a mixed product between: through w v' (E's weight) and through w' v: [n] each."""
        through_w = absolute(self.w * self.dv) + absolute(self.dw * (self.v - self.dv))
        through_v = absolute((self.w - self.dw) * self.dv) + absolute(self.dw * self.v)
        return total(through_w), total(through_v)


@dataclass(frozen=True)
class OneNodes:
    """Nodes of one degree; the weights' and the errors' scales."""

    activation: str
    inputs: int
    spare: int
    L: PositiveEnsemble
    delta_a: PositiveEnsemble
    scale: float

    @property
    def size(self) -> int:
        """Four vectors and three numbers."""
        return 4 * self.inputs + 3

    def build(self, free: Float[Tensor, "n size"]) -> OneNode:
        """A batch of instances."""
        k = self.inputs
        w, dw, v, dv = (free[:, i * k : (i + 1) * k] for i in range(4))
        L, delta, slip = free[:, -3:-2], free[:, -2:-1], free[:, -1]
        build = (self.L.build(L), self.delta_a.build(delta), torch.tanh(slip))
        return OneNode(self.activation, self.spare, w, self.scale * dw, v, self.scale * dv, *build)


@st.composite
def one_nodes(draw: DrawFn) -> OneNodes:
    """Degree 1..4, N up to two more, all activations, errors from a hundredth of the values to as large."""
    return OneNodes(
        draw(st.sampled_from(ACTIVATIONS)), draw(st.integers(1, 4)), draw(st.integers(0, 2)),
        draw(positive(scales=(1e-2, 1e2))), draw(positive(scales=(1e-3, 1.0))), draw(st.sampled_from((0.01, 0.1, 1.0))),
    )  # fmt: skip
