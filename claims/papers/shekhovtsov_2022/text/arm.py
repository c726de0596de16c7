"""Gradients of E_q f(z) in the logits of factorised Bernoulli q: exact, ARM (Yin & Zhou 2019), REINFORCE.

A row of `logits` is one distribution of m bits. f takes z of shape (..., batch, m) and gives one value a row,
(..., batch): row i of the batch may have a function of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import logsigmoid

from claims.papers.shekhovtsov_2022.models.error import ModelError

Function = Callable[[Tensor], Tensor]

#: Above, 2^m states are too many to list.
MOST_BITS = 20


def states(bits: int, like: Tensor) -> Float[Tensor, "2**m m"]:
    """All codes of so many bits, as numbers 0 and 1 in `like`'s dtype and on its device; the first bit changes last.

    Raises `ModelError` for more than `MOST_BITS` bits, or less than one.
    """
    if not 1 <= bits <= MOST_BITS:
        raise ModelError(f"bits = {bits}: all codes can be listed for 1 to {MOST_BITS} bits")
    places = torch.arange(bits - 1, -1, -1, device=like.device)
    return (torch.arange(2**bits, device=like.device)[:, None] >> places & 1).to(like.dtype)


def state_log_probabilities(logits: Float[Tensor, "batch m"], z: Float[Tensor, "S m"]) -> Float[Tensor, "batch S"]:
    """log q(z) of each code under each row's distribution."""
    return logsigmoid(logits) @ z.mT + logsigmoid(-logits) @ (1 - z).mT


def exact(f: Function, logits: Float[Tensor, "batch m"]) -> Float[Tensor, "batch m"]:
    """d/d logits of E_q f = sum_z q(z) f(z) (z - sigmoid(logits)), over all 2^m codes."""
    z = states(logits.shape[1], logits)
    values = f(z[:, None].expand(-1, len(logits), -1))
    weights = state_log_probabilities(logits, z).exp() * values.mT
    return weights @ z - weights.sum(1, keepdim=True) * logits.sigmoid()


def antithetic(
    logits: Float[Tensor, "*batch m"], u: Float[Tensor, "*batch m"]
) -> tuple[Float[Tensor, "*batch m"], Float[Tensor, "*batch m"]]:
    """The two codes of ARM, 1[u > sigmoid(-logits)] and 1[u < sigmoid(logits)]: each of them is a sample of q."""
    return (u > (-logits).sigmoid()).to(logits.dtype), (u < logits.sigmoid()).to(logits.dtype)


def arm_from_values(
    first: Float[Tensor, "*batch"], second: Float[Tensor, "*batch"], u: Float[Tensor, "*batch m"]
) -> Float[Tensor, "*batch m"]:
    """(f(1[u > sigmoid(-logits)]) - f(1[u < sigmoid(logits)])) (u - 1/2), of f's two values."""
    return (first - second)[..., None] * (u - 0.5)


def arm(f: Function, logits: Float[Tensor, "*batch m"], u: Float[Tensor, "*batch m"]) -> Float[Tensor, "*batch m"]:
    """One ARM estimate a row, of u uniform on [0, 1]^m: unbiased for the gradient of E_q f."""
    first, second = antithetic(logits, u)
    return arm_from_values(f(first), f(second), u)


def reinforce(
    f: Function, logits: Float[Tensor, "*batch m"], u: Float[Tensor, "*batch m"]
) -> Float[Tensor, "*batch m"]:
    """One estimate f(z) (z - sigmoid(logits)) a row, at z = 1[u < sigmoid(logits)]: unbiased too."""
    q = logits.sigmoid()
    z = (u < q).to(logits.dtype)
    return f(z)[..., None] * (z - q)
