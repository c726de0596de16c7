"""The Langevin diffusion of a posterior p(z|x), and diffusions in general: processes that `euler_maruyama` follows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reductions.diffusions.square_root import check_positive
from reductions.error import ReductionError


@dataclass(frozen=True, slots=True, eq=False)
class Diffusion:
    """dZ = drift(Z) dt + noise(Z) dB, in any number of dimensions, the noise entry by entry.

    Drift and noise take a batch of states, paths first, and return as much (noise may be a number). They are called
    from several threads. Suprema of a vector are of |Z - centre|.
    """

    drift: Callable[[Tensor], Tensor]
    noise: Callable[[Tensor], Tensor] | float
    centre: Tensor | float = 0.0

    def size(self, z: Float[Tensor, "paths ..."]) -> Float[Tensor, " paths"]:
        """What a supremum is taken of: a scalar itself, a vector's distance from the centre."""
        if z.ndim == 1:
            return z
        distance: Tensor = torch.linalg.vector_norm(z - torch.as_tensor(self.centre).to(z), dim=-1)
        return distance


@dataclass(frozen=True, slots=True, eq=False)
class Langevin:
    """dZ = -grad L(Z) dt + sqrt(2) dB with L(z) = |z|²/2 + |G(z) - x|²/(2 beta²): stationary under p(z|x).

    G(z) = A z + Q tanh(P z + b), z ~ N(0, I), x|z ~ N(G(z), beta² I): Definition 3, for the posterior of Theorem 1.
    Suprema are of |Z - centre|, by default the origin. Raises `ReductionError` for shapes that do not fit, entries that
    are not finite, and beta that is not positive.
    """

    A: Float[Tensor, "n d"]
    Q: Float[Tensor, "n k"]
    P: Float[Tensor, "k d"]
    b: Float[Tensor, " k"]
    x: Float[Tensor, " n"]
    beta: float
    centre: Float[Tensor, " d"] | None = None

    def __post_init__(self) -> None:
        check_positive(beta=self.beta)
        if self.A.ndim != 2 or self.b.ndim != 1:
            raise ReductionError(f"A {tuple(self.A.shape)}, b {tuple(self.b.shape)}: give a matrix and a vector")
        (n, d), k = self.A.shape, len(self.b)
        wanted = {"Q": (n, k), "P": (k, d), "x": (n,)} | ({} if self.centre is None else {"centre": (d,)})
        for name, shape in wanted.items():
            if tuple(getattr(self, name).shape) != shape:
                found = tuple(getattr(self, name).shape)
                raise ReductionError(f"{name}: {found} does not fit A {n, d} and b ({k},); give {shape}")
        if not all(np.isfinite(array).all() for array in self.arrays()):
            raise ReductionError("A, Q, P, b, x, centre: give finite entries")

    def arrays(self) -> tuple[Float[np.ndarray, ...], ...]:
        """A, Q, P, b, x and the centre in float64."""
        centre = self.A.new_zeros(self.A.shape[1]) if self.centre is None else self.centre
        tensors = (self.A, self.Q, self.P, self.b, self.x, centre)
        return tuple(tensor.detach().cpu().double().numpy() for tensor in tensors)

    def drift(self, z: Float[Tensor, "paths d"]) -> Float[Tensor, "paths d"]:
        """-grad L(z), in z's dtype and on its device."""
        A, Q, P, b, x = (tensor.to(z) for tensor in (self.A, self.Q, self.P, self.b, self.x))
        hidden = torch.tanh(z @ P.T + b)
        residual = z @ A.T + hidden @ Q.T - x
        pull: Tensor = residual @ A + ((1 - hidden**2) * (residual @ Q)) @ P
        return -z - pull / self.beta**2

    def as_diffusion(self) -> Diffusion:
        """The same process by its drift and noise."""
        return Diffusion(self.drift, math.sqrt(2), 0.0 if self.centre is None else self.centre)
