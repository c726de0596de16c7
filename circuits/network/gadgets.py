"""The gadgets: sgn, complement, AND, OR and XOR as linear maps, min and max, with +1 for true and -1 for false.

Exactness. On {-1,1}, min is the smaller and max the larger of two truth values, so min = AND and max = OR, and a XOR b
= (a AND NOT b) OR (NOT a AND b) is two mins and a max. No weight other than -1 and 1 is needed.

Between the vertices. min and max select one of their arguments, so on all of R^2
    min(a, b), max(a, b) = AND and OR of Kleene's fuzzy logic,
    xor(a, b) = -sgn(a) sgn(b) min(|a|, |b|)          (if a, b >= 0: max(min(a,-b), min(-a,b)) = max(-b,-a); and so on)
(the check-node rule of min-sum decoders). Hence each gadget maps [-1,1]^2 onto [-1,1], is 1-Lipschitz in the maximum
norm, and commutes with sgn wherever no argument is 0. All of this passes to compositions: for a network N of gadgets
and x without zeros, sgn N(x) = N(sgn x), and |N_j(x)| >= min_i |x_i| unless it is a constant. With a zero argument the
identity fails: xor(0, 1) = 0, so sgn of it is +1, but xor(sgn 0, 1) = xor(1, 1) = -1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

#: A gadget of two arguments, applied entry by entry.
Gadget = Callable[[Tensor, Tensor], Tensor]


def sgn(z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """+1 where z >= 0 (0 and -0.0 included), -1 where z < 0, NaN where z is NaN.

    sgn(0) = +1 so that G maps all of R^d into {-1,1}^d; `torch.sign(0)` is 0. No gradient passes: it would be zero.
    """
    one = torch.ones_like(z)
    return torch.where(z >= 0, one, torch.where(z < 0, -one, z.detach()))


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:  # noqa: ARG004
        return sgn(z)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:  # noqa: ARG004
        return gradients[0]


def straight_through_sgn(z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """sgn with the gradient of the identity, for every z: a lie on purpose, so that gradient descent has a slope.

    The slope is not cut off outside |z| <= 1: a coordinate that starts there, as a third of N(0, 1) does, must be able
    to turn.
    """
    result: Tensor = _StraightThrough.apply(z)  # type: ignore[no-untyped-call]
    return result


def complement(a: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """NOT a: a linear map of weight -1."""
    return -a


def conjunction(a: Float[Tensor, "*shape"], b: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """a AND b = min(a, b)."""
    return torch.minimum(a, b)


def disjunction(a: Float[Tensor, "*shape"], b: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """a OR b = max(a, b) = -min(-a, -b): a network gets it from a min and complements, which cost nothing."""
    return torch.maximum(a, b)


def exclusive_or(a: Float[Tensor, "*shape"], b: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """a XOR b = max(min(a, -b), min(-a, b)) = -sgn(a) sgn(b) min(|a|, |b|)."""
    return torch.maximum(torch.minimum(a, -b), torch.minimum(-a, b))


def truth_table(gadget: Gadget, dtype: torch.dtype = torch.float32) -> int:
    """The gadget's table from its own arithmetic: bit 2 * [b] + [a] is its value at (a, b).

    Raises `ValueError` if it leaves {-1,1}.
    """
    a = torch.tensor([-1, 1, -1, 1], dtype=dtype)
    b = torch.tensor([-1, -1, 1, 1], dtype=dtype)
    values = gadget(a, b).tolist()
    if any(abs(value) != 1 for value in values):
        raise ValueError(f"the gadget is not Boolean: {values} on (-1,-1), (1,-1), (-1,1), (1,1)")
    return sum((value > 0) << i for i, value in enumerate(values))
