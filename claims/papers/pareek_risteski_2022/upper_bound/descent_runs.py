"""Lemma 1 executed: gradient descent on generators of 1 to 16 dimensions, with the planned rate and number of steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reductions.descent import Descent, iterate

#: Beyond this a distance counts as this: an iterate that runs away must still compare.
FAR = 1e6


@dataclass(frozen=True, eq=False)
class Run:
    """G(z) = A z + Q (tanh(P z + b) - tanh b) + c, A not symmetric; x = G(ẑ), ẑ = `inverse`; a tolerance delta.

    m = σ_min(A) - l, M = σ_max(A) + l, l = |Q||P|; M2 = |Q||P| max_i ‖P_i‖ sup|tanh''|, since ‖tanh''(.)(P v)²‖ <=
    max_i ‖P_i‖ ‖P v‖ ‖v‖ sup|tanh''|. `explicit`: the second route, in numpy with the Jacobian written out.
    """

    delta: float
    A: Float[Tensor, "d d"]
    P: Float[Tensor, "d d"]
    Q: Float[Tensor, "d d"]
    b: Float[Tensor, " d"]
    c: Float[Tensor, " d"]
    inverse: Float[Tensor, "1 d"]
    explicit: bool = False

    def __repr__(self) -> str:
        return f"Run(d={self.d}, delta={self.delta})"

    @property
    def d(self) -> int:
        """The dimension."""
        return len(self.b)

    @property
    def bend(self) -> float:
        """l: a Lipschitz constant of the nonlinear part."""
        return float(torch.linalg.norm(self.Q, 2) * torch.linalg.norm(self.P, 2))

    @property
    def m(self) -> float:
        """Assumption 1."""
        return float(torch.linalg.svdvals(self.A)[-1]) - self.bend

    @property
    def M(self) -> float:  # noqa: N802 - the paper's letter
        """Assumption 2."""
        return float(torch.linalg.svdvals(self.A)[0]) + self.bend

    @property
    def M2(self) -> float:  # noqa: N802 - the paper's letter
        """Assumption 2."""
        return 0.77 * self.bend * float(self.P.norm(dim=1).max())

    def image(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """G."""
        return z @ self.A.mT + (torch.tanh(z @ self.P.mT + self.b) - torch.tanh(self.b)) @ self.Q.mT + self.c

    @property
    def x(self) -> Float[Tensor, "1 d"]:
        """G(ẑ)."""
        return self.image(self.inverse)

    @property
    def x_norm(self) -> float:
        """‖x - G(0)‖."""
        return float((self.x - self.c).norm())

    def distance(self, descent: Descent, *, transposed: bool = True) -> Float[Tensor, " 1"]:
        """‖z(S) - ẑ‖, for the direction J^T (G - x) or, wrongly, J (G - x)."""
        explicit = self.explicit or not transposed
        z = self._walk(descent, transposed) if explicit else iterate(self.image, self.x, descent).z
        away: Tensor = (z - self.inverse).square().sum(-1).sqrt()
        return away.nan_to_num(FAR, FAR).clamp(max=FAR)

    def _walk(self, descent: Descent, transposed: bool) -> Float[Tensor, "1 d"]:
        A, P, Q, b, c = (t.numpy() for t in (self.A, self.P, self.Q, self.b, self.c))
        x, z = self.x[0].numpy(), np.zeros(self.d)
        for _ in range(descent.steps):
            t = np.tanh(P @ z + b)
            jacobian = A + Q @ ((1 - t * t)[:, None] * P)
            residual = A @ z + Q @ (t - np.tanh(b)) + c - x
            step = descent.rate * (jacobian.T if transposed else jacobian) @ residual
            if not np.abs(z - step).max() < FAR:
                return torch.full_like(self.inverse, FAR)
            z = z - step
        return torch.from_numpy(z)[None]

    def second_route(self) -> Run:
        """The same run with the Jacobian written out."""
        return replace(self, explicit=True)


def _draw(draw: torch.Generator, kind: tuple[int, float, float, float, float]) -> Run:
    d, delta, least, greatest, bend = kind

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    left, right = torch.linalg.qr(normal(d, d)).Q, torch.linalg.qr(normal(d, d)).Q
    P, Q = normal(d, d), normal(d, d)
    return Run(
        delta, left @ torch.diag(torch.linspace(least, greatest, d, dtype=torch.float64)) @ right,
        P / torch.linalg.norm(P, 2), bend * Q / torch.linalg.norm(Q, 2), normal(d), normal(d), normal(1, d),
    )  # fmt: skip


#: d, delta, least and greatest singular value of A, l: such that the printed S stays in the thousands.
PRINTED = (
    (1, 0.05, 1.1, 1.1, 0.1), (2, 0.05, 1.0, 1.0, 1e-3), (2, 0.2, 1.2, 1.5, 0.2), (4, 0.2, 1.1, 1.2, 0.1),
    (8, 0.5, 1.1, 1.2, 0.1), (16, 1.0, 1.1, 1.2, 0.1),
)  # fmt: skip
#: Any delta, any bend: the steps grow as log(1/delta).
FAST = (
    (1, 1e-8, 1.1, 1.1, 0.6), (2, 1e-10, 1.0, 3.0, 1e-3), (3, 1e-4, 1.0, 1.0, 1e-3), (4, 1e-6, 2.0, 2.5, 1.0),
    (16, 1e-10, 1.1, 1.2, 0.5), (64, 0.1, 1.1, 1.2, 0.1),
)  # fmt: skip


def printed_runs(generator: torch.Generator, effort: str) -> Iterator[Run]:
    """One run of each kind, three if thorough."""
    for kind in PRINTED * (3 if effort == "thorough" else 1):
        yield _draw(generator, kind)


def fast_runs(generator: torch.Generator, effort: str) -> Iterator[Run]:
    """One run of each kind, three if thorough."""
    for kind in FAST * (3 if effort == "thorough" else 1):
        yield _draw(generator, kind)
