"""`falsify_invertibility`: two points that a map brings closer than m says, sought by gradient descent."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reductions.error import ReductionError

#: Step of Adam, in the coordinates of the pair: midpoint, direction, logarithm of the length.
STEP = 0.1

#: The shortest pairs: shorter ones say no more than the Jacobian does, and rounding would show in their ratio.
SHORTEST = 1e-4


@dataclass(frozen=True, eq=False)
class Pair:
    """Two points and their ratio |G(z) - G(z')| / |z - z'|: every m of Assumption 1 is at most that."""

    z: Float[Tensor, " d"]
    other: Float[Tensor, " d"]
    ratio: float

    def refutes(self, m: float) -> bool:
        """Whether the pair is closer than m allows, by more than rounding explains."""
        return self.ratio < m * (1 - 1e-6)


def falsify_invertibility(
    generator: nn.Module, latents: int, *, seed: int = 0, starts: int = 64, steps: int = 200, reach: float = 3.0
) -> Pair:
    """The pair of least ratio that was found: midpoints from N(0, reach² I), lengths from 1e-4 to 10 reach.

    Half of the starts point along the least right singular vector of the Jacobian. A copy in float64 is searched, on
    the generator's own device. The pair bounds the best m from above, and proves nothing from below.
    Raises `ReductionError` if the module does not map (n, latents) to (n, d), has no gradient, or for no start.
    """
    if starts < 1 or steps < 0 or reach <= 0:
        raise ReductionError(f"starts = {starts}, steps = {steps}, reach = {reach}: give positive numbers")
    G = copy.deepcopy(generator).double().requires_grad_(False)
    device = next((t.device for t in (*G.parameters(), *G.buffers())), torch.device("cpu"))
    rng = torch.Generator().manual_seed(seed)
    middle, direction = (torch.randn(starts, latents, dtype=torch.float64, generator=rng).to(device) for _ in range(2))
    middle = reach * middle
    if (image := G(middle)).ndim != 2 or len(image) != starts:
        raise ReductionError(f"the module maps {tuple(middle.shape)} to {tuple(image.shape)}: it must keep the batch")
    least = _least_directions(G, middle[: (starts + 1) // 2])
    direction = torch.cat([least, direction[len(least) :]])
    low, high = (torch.tensor(v, dtype=torch.float64).log() for v in (SHORTEST, 10 * reach))
    length = (low + (high - low) * torch.rand(starts, dtype=torch.float64, generator=rng)).to(device)
    free = [value.requires_grad_() for value in (middle, direction, length)]
    optimizer = torch.optim.Adam(free, lr=STEP)
    best = _best(G, *free)
    for _ in range(steps):
        optimizer.zero_grad()
        _ratios(G, *_ends(*free)).log().sum().backward()  # type: ignore[no-untyped-call]
        for value in free:
            # Where two images coincide the logarithm has no gradient: that pair is done.
            value.grad = torch.nan_to_num(value.grad, 0.0, 0.0, 0.0) if value.grad is not None else None
        optimizer.step()
        best = min(best, _best(G, *free), key=lambda pair: pair.ratio)
    return best


def _ends(middle: Tensor, direction: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    half = torch.nn.functional.normalize(direction, dim=1) * length.exp().clamp(min=SHORTEST)[:, None] / 2
    return middle + half, middle - half


def _ratios(G: nn.Module, z: Tensor, other: Tensor) -> Tensor:
    ratios: Tensor = (G(z) - G(other)).norm(dim=1) / (z - other).norm(dim=1)
    return ratios


def _best(G: nn.Module, middle: Tensor, direction: Tensor, length: Tensor) -> Pair:
    with torch.no_grad():
        z, other = _ends(middle, direction, length)
        ratios = torch.nan_to_num(_ratios(G, z, other), nan=torch.inf)
        at = int(ratios.argmin())
    return Pair(z[at].clone(), other[at].clone(), float(ratios[at]))


def _least_directions(G: nn.Module, z: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    """The right singular vector of DG of the least singular value, at each point."""
    points = z.detach().clone().requires_grad_()
    image = G(points)
    if not image.requires_grad:
        raise ReductionError("the module has no gradient in its input: use differentiable layers, and no `no_grad`")
    rows = [torch.autograd.grad(entry.sum(), points, retain_graph=True)[0] for entry in image.unbind(dim=1)]
    right: Tensor = torch.linalg.svd(torch.stack(rows, dim=1)).Vh
    return right[:, -1].clone()
