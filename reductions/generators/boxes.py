"""`certify_boxes`: the least singular value of the Jacobian over a box, or everywhere: balls, branch and bound."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np
import torch
from torch import nn

from reductions.error import ReductionError
from reductions.generators.constants import ROUNDING, down
from reductions.generators.deep import DeepGenerator
from reductions.generators.generator import Generator
from reductions.generators.smooth import SmoothGenerator, slopes
from reductions.networks import Smooth

#: More sides than this are not branched over: the number of boxes grows like a power of them.
MOST_LATENTS, MOST_HIDDEN = 3, 6

Sides = tuple[tuple[float, float], ...]
#: An array of balls (dtype object).
Balls = Any
Function = Callable[[flint.arb], flint.arb]


def certify_boxes(
    generator: Generator, box: Sequence[tuple[float, float]] | None = None, *, tolerance: float = 0.01, most: int = 4000
) -> float:
    """A proved lower bound of sigma_min(DG) on the box, or on all of R^d where `box` is None (0: nothing proved).

    On a box it bounds the Jacobian *there*: neither pairs that are far apart nor points outside. On all of R^d it is
    an m of Assumption 1, for by Hadamard's theorem a map whose Jacobian's inverse is bounded by 1/m is a bijection
    with an inverse of Lipschitz constant 1/m. There each hidden unit's slope ranges over all its values, freely; a
    deep generator's bound is the product of its blocks'. Refined until it is within `tolerance` of the least value
    seen, relatively, or `most` boxes were examined. Raises `ReductionError` beyond 3 latents (box), 6 hidden units.
    """
    layers = _layers(generator)
    if box is None:
        bounds = []
        for layer in layers:
            if (hidden := len(layer.b)) > MOST_HIDDEN:
                raise ReductionError(f"all of R^d needs at most {MOST_HIDDEN} hidden units, not {hidden}: give a box")
            low, high, *_ = slopes(layer.sigma)
            bounds.append(_least(layer.sandwich, ((low, high),) * hidden, tolerance, most))
        return down(math.prod(bounds))
    if len(box) != generator.latents or len(box) > MOST_LATENTS or not all(low <= high for low, high in box):
        raise ReductionError(f"{list(box)} is no box: give (low, high) for each of {generator.latents} latents, at most"
                             f" {MOST_LATENTS} of them")  # fmt: skip

    def jacobian(z: Balls) -> Balls:
        J = _balls(np.eye(len(box)))
        for layer in layers:
            z, J = layer.value(z), layer.jacobian(z) @ J
        return J

    return _least(jacobian, tuple(box), tolerance, most)


class _Layer:
    """A generator of one hidden layer, in balls."""

    def __init__(self, generator: SmoothGenerator) -> None:
        self.sigma, self.b = generator.sigma, _balls(generator.b.cpu().numpy())
        self.A, self.Q, self.P = (_balls(m.cpu().numpy()) for m in (generator.A, generator.Q, generator.P))
        self.c = _balls(generator.c.cpu().numpy())
        if generator.shifted and len(self.b):
            self.c = self.c - self.Q @ _each(_value, self.sigma, self.b)

    def sandwich(self, diagonal: Balls) -> Balls:
        """A + Q diag(.) P."""
        return self.A + (self.Q * diagonal) @ self.P if len(diagonal) else self.A

    def jacobian(self, z: Balls) -> Balls:
        """DG(z)."""
        return self.sandwich(_each(_slope, self.sigma, self.P @ z + self.b)) if len(self.b) else self.A

    def value(self, z: Balls) -> Balls:
        """G(z)."""
        linear: Balls = self.A @ z + self.c
        return linear + self.Q @ _each(_value, self.sigma, self.P @ z + self.b) if len(self.b) else linear


def _layers(generator: nn.Module) -> list[_Layer]:
    if isinstance(generator, SmoothGenerator):
        return [_Layer(generator)]
    if isinstance(generator, DeepGenerator):
        return [layer for block in generator.blocks for layer in _layers(block)]
    raise ReductionError(f"{type(generator).__name__} cannot be enclosed in balls: use the families of this package")


def _least(enclose: Callable[[Balls], Balls], sides: Sides, tolerance: float, most: int) -> float:
    """The least sigma_min over the sides. Best-first branch and bound: the box of the least lower bound is halved."""
    seen = math.inf
    queue: list[tuple[float, Sides]] = []

    def push(part: Sides) -> None:
        heapq.heappush(queue, (_lower(enclose(_hulls(part))), part))

    push(sides)
    for _ in range(most):
        bound, worst = queue[0]
        seen = min(seen, _lower(enclose(_balls([(a + b) / 2 for a, b in worst]))))
        if not worst or bound >= (1 - tolerance) * seen:
            break
        heapq.heappop(queue)
        widest = max(range(len(worst)), key=lambda k: worst[k][1] - worst[k][0])
        low, high = worst[widest]
        for half in ((low, (low + high) / 2), ((low + high) / 2, high)):
            push((*worst[:widest], half, *worst[widest + 1 :]))
    return max(queue[0][0], 0.0)


def _lower(J: Balls) -> float:
    """sigma_min >= that of the midpoints, less the Frobenius norm of the radii (Weyl), less rounding."""
    middle = np.array([[float(entry.mid()) for entry in row] for row in J])
    radius = np.array([[float(entry.rad()) for entry in row] for row in J])
    values = torch.linalg.svdvals(torch.from_numpy(middle))
    return float(values[-1]) - float(np.linalg.norm(radius)) * (1 + ROUNDING) - ROUNDING * float(values.norm())


def _balls(numbers: Any) -> Balls:
    return np.asarray(np.frompyfunc(flint.arb, 1, 1)(np.asarray(numbers, dtype=object)), dtype=object)


def _hulls(sides: Sides) -> Balls:
    return np.array([flint.arb(low).union(flint.arb(high)) for low, high in sides], dtype=object)


def _each(function: Callable[[str, flint.arb], flint.arb], sigma: Smooth, s: Balls) -> Balls:
    return np.array([function(sigma.base, entry) for entry in s], dtype=object)


def _value(base: str, s: flint.arb) -> flint.arb:
    """sigma on a ball: the hull of both ends where sigma increases."""
    if base == "sin":
        return s.sin()
    at: Function = {
        "tanh": lambda t: t.tanh(),
        "sigmoid": lambda t: 1 / (1 + (-t).exp()),
        "softplus": lambda t: t.exp().log1p(),
        "arctan": lambda t: t.atan(),
    }[base]
    return at(s.lower()).union(at(s.upper()))


def _slope(base: str, s: flint.arb) -> flint.arb:
    """sigma' on a ball. That of softplus is the sigmoid; those of tanh, the sigmoid and arctan fall with |s|."""
    if base == "sin":
        return s.cos()
    if base == "softplus":
        return _value("sigmoid", s)
    at: Function = {
        "tanh": lambda t: 1 / t.cosh() ** 2,
        "sigmoid": lambda t: 1 / (2 * (t / 2).cosh()) ** 2,
        "arctan": lambda t: 1 / (1 + t * t),
    }[base]
    return at(s.abs_lower()).union(at(s.abs_upper()))
