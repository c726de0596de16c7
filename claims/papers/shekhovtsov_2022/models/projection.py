"""The harmonium near a joint distribution: weighted least squares of log-probabilities (Proposition A.1).

Statistics that depend on others over the data's support are left out of the fit first, which changes no fit; what
remains has full rank, so that the same code runs in torch and in balls.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from claims.engine.arithmetic import Array, concatenate, constant, exp, is_tensor, solve, sqrt, total
from claims.papers.shekhovtsov_2022.models.families import FiniteFamily, independent_columns
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE


@cache
def _independent(family: FiniteFamily, states: tuple[int, ...] | None) -> np.ndarray:
    """Selects from (1, statistics) what does not depend, over `states`, on what is before it: [dimension + 1, k]."""
    table = family.extended()
    kept = independent_columns(table if states is None else table[list(states)])
    selection: np.ndarray = np.eye(table.shape[1])[:, list(kept)]
    return selection


def extended(family: FiniteFamily, like: Array) -> Array:
    """The extended statistics in the arithmetic of `like`: [count, dimension + 1]."""
    return constant(family.extended(), like)


def coefficients(design: Array, weights: Array, target: Array) -> Array:
    """[N, k, c] of the least-squares fit of target [N, s, c] by design [s, k] of rank k with weights [N, s] > 0."""
    if is_tensor(target):
        root = weights.sqrt()[..., None]
        q, r = torch.linalg.qr(root * design)
        return torch.linalg.solve_triangular(r, q.mT @ (root * target), upper=True)
    weighted = (weights[..., None] * design).mT
    return solve(weighted @ design, weighted @ target)


def matrix(vae: FiniteVAE, target: Array) -> Array:
    """M with N M = P target [N, X, c], the projection on the span of (1, nu) in l2(p_d): [N, n + 1, c]."""
    selection = constant(_independent(vae.x, vae.support), vae.f)
    design = vae.seen(extended(vae.x, vae.f).mT).mT @ selection
    return selection @ coefficients(design, exp(vae.log_data), vae.seen(target.mT).mT)


def over_data(vae: FiniteVAE, target: Array) -> Array:
    """P target, continued to all of X: [N, X, c]."""
    return extended(vae.x, vae.f) @ matrix(vae, target)


def _coefficients_over_codes(vae: FiniteVAE, rows: Array) -> Array:
    """Coefficients [N, c, m + 1] of the fit of rows [N, c, Z] by (1, psi), each z counting alike."""
    selection = constant(_independent(vae.z, None), vae.f)
    even = total(0 * rows, -2) + 1
    return (selection @ coefficients(extended(vae.z, vae.f) @ selection, even, rows.mT)).mT


def log_bases(vae: FiniteVAE) -> Array:
    """log h(x) h'(z): [X, Z]."""
    return vae.x.log_base(vae.f)[:, None] + vae.z.log_base(vae.f)


def free_code(vae: FiniteVAE) -> Array:
    """G(x) = (log p(x) - b(x) - log h(x), g(x)), eq. (28) as restored: [N, X, m + 1]."""
    free = vae.log_marginal - vae.z.log_partition(vae.g) - vae.x.log_base(vae.f)
    return concatenate([free[..., None], vae.g], -1)


def mean_square(vae: FiniteVAE, of: Array) -> Array:
    """E over the data of the squares of [N, X, Z], for each z: [N, Z]."""
    return total(exp(vae.log_data)[..., None, :] * vae.seen((of * of).mT))


@dataclass(frozen=True)
class Projection:
    """An unnormalised harmonium log p~ = log h h' + <(1, nu), M (1, psi)> near a joint log p.

    `M` [N, n + 1, m + 1] holds the constant, v, u and W of (8); `log_weights` [N, X, Z] is log p~; `mean_square`
    [N, Z] is the mean over the data of (log p - log p~)², the square of (9)'s left side.
    """

    M: Array
    log_weights: Array
    mean_square: Array

    @property
    def rms(self) -> Array:
        """The left side of (9) for each z: [N, Z]."""
        return sqrt(self.mean_square)

    @property
    def W(self) -> Array:  # noqa: N802 - as printed
        """The coupling matrix: [N, n, m]."""
        return self.M[..., 1:, 1:]


def project(vae: FiniteVAE, *, transposed: bool = False) -> Projection:
    """The harmonium of the proof: N M = P G, the same for all z.

    `transposed`: with W^T in the place of its W (for mutants; n = m).
    """
    M = matrix(vae, free_code(vae))
    if transposed:
        M = concatenate([M[..., :1, :], concatenate([M[..., 1:, :1], M[..., 1:, 1:].mT], -1)], -2)
    linear = extended(vae.x, vae.f) @ M @ extended(vae.z, vae.f).T
    return _measured(vae, M, vae.log_joint - log_bases(vae), linear)


def nearest(vae: FiniteVAE, target: Array | None = None) -> Projection:
    """The harmonium that minimises the sum over z of the mean squares, for log p(x, z) - log h h' or another target."""
    wanted = vae.log_joint - log_bases(vae) if target is None else target
    M = _coefficients_over_codes(vae, matrix(vae, wanted))
    return _measured(vae, M, wanted, extended(vae.x, vae.f) @ M @ extended(vae.z, vae.f).T)


def _measured(vae: FiniteVAE, M: Array, wanted: Array, linear: Array) -> Projection:
    return Projection(M, log_bases(vae) + linear, mean_square(vae, wanted - linear))
