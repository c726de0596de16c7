"""The posterior of the signs in closed form, for G(z) = C(sgn z) where C is a bijection."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import logsigmoid

from circuits import Circuit
from circuits.simulation import evaluate_batch, is_permutation
from reductions.error import ReductionError
from reductions.patterns import Logarithms, Patterns, checked_beta, checked_patterns, checked_x, signs_of


def closed_form(circuit: Circuit, beta: float, x: Float[Tensor, "n outputs"], patterns: Patterns) -> Logarithms:
    """log p(sgn z = b | x) = sum_i log sigmoid(2 x_i C(b)_i / beta²), for a circuit that is a bijection.

    Then C(sgn z) is uniform on the cube, so its bits are independent given x. Takes O(outputs) a pattern, after one
    run over all inputs. Raises `ReductionError` for a circuit that is no bijection of at most 28 bits, and else as
    `SignPosterior` does.
    """
    return logsigmoid(_margins(circuit, beta, x, patterns)).sum(-1)


def closed_form_miss(circuit: Circuit, beta: float, x: Float[Tensor, "n outputs"], patterns: Patterns) -> Logarithms:
    """log p(sgn z ≠ b | x) for a bijection, to full relative precision. Raises as `closed_form` does.

    The first wrong bit is i with probability sigmoid(-a_i) prod_{j < i} sigmoid(a_j): where p(b|x) > 1/2, a sum in
    which nothing cancels.
    """
    margins = _margins(circuit, beta, x, patterns)
    right = logsigmoid(margins)
    log_p = right.sum(-1)
    first_wrong = logsigmoid(-margins) + right.cumsum(-1) - right
    return torch.where(log_p < -math.log(2), torch.log1p(-log_p.exp()), first_wrong.logsumexp(-1))


def _margins(circuit: Circuit, beta: float, x: Tensor, patterns: Tensor) -> Float[Tensor, "n ... outputs"]:
    """2 x_i C(b)_i / beta²."""
    x = checked_x(x, circuit, checked_beta(beta))
    if not _is_bijection(circuit):
        raise ReductionError(
            f"{circuit.name!r} is not a bijection, so the posterior has no closed form: use SignPosterior"
        )
    wanted = checked_patterns(patterns, len(x), 1 << circuit.num_inputs)
    vertices = evaluate_batch(circuit, wanted.cpu().numpy().ravel()).astype(np.int64)
    signs = signs_of(torch.from_numpy(vertices), circuit.num_outputs, dtype=x.dtype).to(x.device)
    margins = signs.reshape(*wanted.shape, -1) * (x * (2 / beta**2)).unsqueeze(1)
    return margins.reshape(*patterns.shape, -1)


@lru_cache(maxsize=64)
def _is_bijection(circuit: Circuit) -> bool:
    return circuit.num_inputs == circuit.num_outputs and is_permutation(circuit)
