"""Ensembles: one structure, and a distribution over the instances that have it.

Hypothesis draws the structure, torch builds thousands of its instances at once from standard normal
coordinates, and gradient ascent moves those coordinates.
"""

import math
from collections.abc import Sequence
from dataclasses import MISSING, fields
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

T_co = TypeVar("T_co", covariant=True)


@runtime_checkable
class Ensemble(Protocol[T_co]):
    """A distribution over instances of one structure: standard normal coordinates in, instances out.

    An ensemble is hashable, and its `repr` is the structure that evidence prints. One whose instances satisfy an
    equation that rounding would break (a rank, a norm) may say so by a property `closed_under_rounding`; better
    still, an instance keeps the free parameters and computes the rest, so that it is exact in balls as well.
    """

    @property
    def size(self) -> int:
        """How many free coordinates one instance has; 0 where the structure leaves no freedom."""
        ...

    def build(self, free: Float[Tensor, "n size"]) -> T_co:
        """Return a batch of n instances, differentiable in `free`, of its dtype and on its device."""
        ...


def draw(
    ensemble: Ensemble[T_co],
    count: int,
    generator: torch.Generator,
    *,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str | None = None,
) -> T_co:
    """Return `count` instances of `ensemble` at random.

    The coordinates are drawn on the generator's own device and then moved to `device` (the generator's when
    None), so that a CPU generator gives the same coordinates whatever device the instances live on.
    """
    free = torch.randn(count, ensemble.size, generator=generator, dtype=dtype, device=generator.device)
    return ensemble.build(free if device is None else free.to(device))


def split(free: Float[Tensor, "n total"], ensembles: Sequence[Ensemble[Any]]) -> tuple[Float[Tensor, "n _"], ...]:
    """Hand each ensemble its slice of the free coordinates, in order: how one ensemble composes others.

    Raises ValueError where the sizes do not add up to the width of `free`.
    """
    sizes = [ensemble.size for ensemble in ensembles]
    if sum(sizes) != free.shape[-1]:
        raise ValueError(f"free: {free.shape[-1]} coordinates, but the ensembles take {sizes} = {sum(sizes)}")
    return torch.split(free, sizes, dim=-1)


def shaped(free: Float[Tensor, "n total"], shapes: Sequence[tuple[int, ...]]) -> list[Tensor]:
    """Cut the free coordinates into arrays [n, *shape], in order: how an ensemble of tables builds."""
    pieces = torch.split(free, [math.prod(shape) for shape in shapes], dim=-1)
    return [piece.reshape(len(free), *shape) for piece, shape in zip(pieces, shapes, strict=True)]


def telling_repr(self: Any) -> str:
    """Print a dataclass by the fields that differ from their defaults: short, and it evaluates back."""
    told = [
        f"{field.name}={getattr(self, field.name)!r}"
        for field in fields(self)
        if field.default is MISSING or getattr(self, field.name) != field.default
    ]
    return f"{type(self).__name__}({', '.join(told)})"
