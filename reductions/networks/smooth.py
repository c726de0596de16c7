"""Smooth activations with proved bounds on their first derivatives, as Theorem 1 needs: sigma, sigma', sigma'', rho."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reductions.error import ReductionError

#: A function of one variable, entry by entry.
Function = Callable[[Tensor], Tensor]


def _tanh(order: int, s: Tensor) -> Tensor:
    t = torch.tanh(s)
    slope = 1 - t * t
    return (t, slope, -2 * t * slope, (6 * t * t - 2) * slope)[order]


def _sigmoid(order: int, s: Tensor) -> Tensor:
    p = torch.sigmoid(s)
    slope = p * (1 - p)
    return (p, slope, (1 - 2 * p) * slope, (1 - 6 * slope) * slope)[order]


def _softplus(order: int, s: Tensor) -> Tensor:
    return torch.logaddexp(s, torch.zeros_like(s)) if order == 0 else _sigmoid(order - 1, s)


def _sin(order: int, s: Tensor) -> Tensor:
    return torch.sin(s + order * math.pi / 2) if order else torch.sin(s)


def _arctan(order: int, s: Tensor) -> Tensor:
    r = 1 / (1 + s * s)
    return torch.arctan(s) if order == 0 else (r, -2 * s * r**2, (6 * s * s - 2) * r**3)[order - 1]


def _square(order: int, s: Tensor) -> Tensor:
    return (s * s, 2 * s, 2 * torch.ones_like(s), torch.zeros_like(s))[order]


_FUNCTIONS: dict[str, Callable[[int, Tensor], Tensor]] = {
    "tanh": _tanh, "sigmoid": _sigmoid, "softplus": _softplus, "sin": _sin, "arctan": _arctan, "square": _square,
}  # fmt: skip

#: sup |sigma^(k)| for k = 0, 1, 2, 3, by elementary calculus; the tests enclose each in balls.
_BOUNDS: dict[str, tuple[float, float, float, float]] = {
    "tanh": (1.0, 1.0, 4 / math.sqrt(27), 2.0),
    "sigmoid": (1.0, 0.25, 1 / math.sqrt(108), 0.125),
    "softplus": (math.inf, 1.0, 0.25, 1 / math.sqrt(108)),
    "sin": (1.0, 1.0, 1.0, 1.0),
    "arctan": (math.pi / 2, 1.0, math.sqrt(27) / 8, 2.0),
    "square": (math.inf, math.inf, 2.0, 0.0),
}


@dataclass(frozen=True)
class Smooth:
    """The derivative of order `order` (0 to 3) of the activation called `name`; order 0 is the activation itself.

    Raises `ReductionError` for a name or an order that is not known.
    """

    base: str
    order: int = 0

    def __post_init__(self) -> None:
        if self.base not in _FUNCTIONS or self.order not in range(4):
            known = ", ".join(_FUNCTIONS)
            raise ReductionError(f"no activation {self.base!r} with derivative {self.order}: {known}, orders 0 to 3")

    @property
    def name(self) -> str:
        """The name, with a prime for each derivative."""
        return self.base + "'" * self.order

    @property
    def derivative(self) -> Smooth:
        """sigma', if this is sigma. Raises `ReductionError` at order 3."""
        return Smooth(self.base, self.order + 1)

    @property
    def bound(self) -> float:
        """sup |sigma|; infinite where it is not bounded."""
        return _BOUNDS[self.base][self.order]

    @property
    def lipschitz(self) -> float:
        """sup |sigma'|. Raises `ReductionError` at order 3, whose derivative is not known."""
        return self.derivative.bound

    def __call__(self, s: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The function at each entry."""
        return _FUNCTIONS[self.base](self.order, s)


TANH, SIGMOID, SOFTPLUS, SIN, ARCTAN = (Smooth(name) for name in ("tanh", "sigmoid", "softplus", "sin", "arctan"))
SQUARE = Smooth("square")
"""rho(s) = s², with which Theorem 1 multiplies."""
