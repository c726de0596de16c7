"""Hypothesis strategies for the generators of `reductions.generators`: every family, centred and not, up to d = 64."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from reductions.generators import (
    DeepGenerator,
    Generator,
    LinearGenerator,
    SeparableGenerator,
    SmoothGenerator,
    random_orthogonal,
)
from reductions.networks import ARCTAN, SIGMOID, SIN, SOFTPLUS, TANH

#: Activations whose first three derivatives are bounded.
ACTIVATIONS = (TANH, SIN, SIGMOID, SOFTPLUS, ARCTAN)

FAMILIES = ("linear", "separable", "smooth", "deep")


def generators(max_d: int = 64, families: tuple[str, ...] = FAMILIES) -> SearchStrategy[Generator]:
    """Generators with certified constants. Shrinks towards small, linear, centred."""
    sizes = st.one_of(st.integers(1, min(4, max_d)), st.sampled_from([d for d in (8, 17, 64) if d <= max_d] or [1]))
    return st.tuples(st.sampled_from(families), sizes).flatmap(lambda chosen: _generators(*chosen))


@st.composite
def _generators(draw: DrawFn, family: str, d: int) -> Generator:
    if family == "deep":
        parts = draw(st.lists(st.sampled_from(FAMILIES[:3]), min_size=1, max_size=3))
        return DeepGenerator([draw(_generators(part, d)) for part in parts])
    rng = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    c = None if draw(st.booleans()) else torch.randn(d, dtype=torch.float64, generator=rng)
    gain = draw(st.sampled_from((1.0, 1e-3, 30.0)))
    scale = gain * (1 + draw(st.sampled_from((0, 1, 9))) * torch.rand(d, dtype=torch.float64, generator=rng))
    U, V = (random_orthogonal(d, rng) for _ in range(2))
    if family == "linear":
        return LinearGenerator(U * scale @ V, c)
    if family == "separable":
        bend = draw(st.sampled_from((0.5, 0.0, 0.99))) * gain
        return SeparableGenerator(U, scale, bend, V if draw(st.booleans()) else None, c)
    return _smooth(draw, U * scale @ V, gain, rng)


def _smooth(draw: DrawFn, A: torch.Tensor, gain: float, rng: torch.Generator) -> SmoothGenerator:
    """A + Q sigma(P .) with |Q| |P| sup|sigma'| a share of sigma_min(A) >= gain; rows of P short and long."""
    d, sigma = len(A), draw(st.sampled_from(ACTIVATIONS))
    k = draw(st.sampled_from((1, d, 2 * d + 1)))
    Q, P = (torch.randn(shape, dtype=torch.float64, generator=rng) for shape in ((d, k), (k, d)))
    P = P * draw(st.sampled_from((1.0, 0.1, 10.0)))
    norms = torch.linalg.matrix_norm(Q, 2) * torch.linalg.matrix_norm(P, 2) * sigma.lipschitz
    Q = Q * (draw(st.sampled_from((0.5, 0.05, 0.95))) * gain / norms)
    b = torch.randn(k, dtype=torch.float64, generator=rng)
    return SmoothGenerator(A, Q, P, b, sigma, centred=draw(st.booleans()))
