"""Random generators: the streams of the experiment `hardness`, which committed results depend on."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from reductions.generators.separable import SeparableGenerator
from reductions.generators.smooth import SmoothGenerator


def random_orthogonal(d: int, generator: torch.Generator) -> Float[Tensor, "d d"]:
    """An orthogonal matrix in float64, from the QR decomposition of a Gaussian one."""
    q: Tensor = torch.linalg.qr(torch.randn(d, d, dtype=torch.float64, generator=generator)).Q
    return q


def random_smooth(d: int, hidden: int, generator: torch.Generator) -> SmoothGenerator:
    """A orthogonal, Q and P random with |Q| |P| = 1/2: certified m close to 1/2."""
    A = random_orthogonal(d, generator)
    Q = torch.randn(d, hidden, dtype=torch.float64, generator=generator)
    P = torch.randn(hidden, d, dtype=torch.float64, generator=generator)
    b = torch.randn(hidden, dtype=torch.float64, generator=generator)
    # P keeps rows of the length sqrt(d), so that tanh bends; Q pays for its norm.
    Q = Q / (2 * torch.linalg.svdvals(Q)[0] * torch.linalg.svdvals(P)[0])
    return SmoothGenerator(A, Q, P, b)


def random_separable(d: int, bend: float, generator: torch.Generator) -> SeparableGenerator:
    """U random, scales uniform in [1, 2]: linear where `bend` is 0. Needs 0 <= bend < 1."""
    scale = 1 + torch.rand(d, dtype=torch.float64, generator=generator)
    return SeparableGenerator(random_orthogonal(d, generator), scale, bend)
