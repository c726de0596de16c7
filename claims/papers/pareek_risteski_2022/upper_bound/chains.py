"""Models of Markov processes with known laws: finite reversible chains, and reflected Brownian motion on an interval.

Both run on floats and in balls. The chain has its semigroup by the matrix exponential and its gap by singular values;
the diffusion has both in closed form.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import flint
import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims.engine.arithmetic import Array, constant, exp, is_tensor, pi, singular_energies, sqrt, total
from claims.engine.strategies import Instances, PositiveEnsemble, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.distances import chi_square

CHAINS = "reversible chains on 2..4 states, with rare states, slow edges and bottlenecks; times over four decades"
REFLECTED = "reflected Brownian motion on intervals of length 1e-3..1e3, up to three modes, times from 1e-6 to 1e3"

Scales = tuple[float, ...]


def exponential(matrix: Array) -> Array:
    """e^A for a batch of square matrices, floats or balls: [n, k, k]."""
    if is_tensor(matrix):
        return torch.linalg.matrix_exp(matrix)
    powers = [flint.arb_mat(one.tolist()).exp() for one in matrix]
    size = range(matrix.shape[-1])
    return np.array([[[power[i, j] for j in size] for i in size] for power in powers], dtype=object)


def incidence(states: int) -> np.ndarray:
    """The complete graph: one row an edge i < j, -1 at i and +1 at j: [edges, states]."""
    edges = list(itertools.combinations(range(states), 2))
    rows = np.zeros((len(edges), states), dtype=int)
    for row, (i, j) in zip(rows, edges, strict=True):
        row[i], row[j] = -1, 1
    return rows


@dataclass(frozen=True, repr=False)
class Chain:
    """A reversible chain in continuous time: it jumps from i to j at the rate conductance_ij / p_i.

    Arrays: `weight` [n, states] of the stationary law p, `conductance` [n, edges], a `start` law by its weights
    [n, states], a function `g` [n, states], and `t` [n], a time in units of 1/gap.
    """

    weight: Array
    conductance: Array
    start: Array
    g: Array
    t: Array

    def __repr__(self) -> str:
        return f"Chain({self.weight.shape[-1]} states)"

    @property
    def p(self) -> Array:
        """The stationary law: [n, states]."""
        return self.weight / total(self.weight)[..., None]

    @property
    def initial(self) -> Array:
        """The law at time 0: [n, states]."""
        return self.start / total(self.start)[..., None]

    @property
    def generator(self) -> Array:
        """L, with rows that add up to 0: [n, states, states]."""
        edges = constant(incidence(self.weight.shape[-1]), self.weight)
        laplacian = (edges.T[None] * self.conductance[..., None, :]) @ edges
        return -laplacian / self.p[..., :, None]

    @property
    def gap(self) -> Array:
        """The least positive eigenvalue of -L, as a squared singular value of C^{1/2} B p^{-1/2}: [n]."""
        edges = constant(incidence(self.weight.shape[-1]), self.weight)
        root = sqrt(self.conductance)[..., :, None] * edges / sqrt(self.p)[..., None, :]
        return singular_energies(root)[..., max(self.weight.shape[-1] - 2, 0)]

    @property
    def time(self) -> Array:
        """The time t/gap: [n]."""
        return self.t / self.gap

    def kernel(self, time: Array) -> Array:
        """P_t = e^{tL}: [n, states, states]."""
        return exponential(time[..., None, None] * self.generator)

    def mean(self, g: Array) -> Array:
        """E_p g: [n]."""
        return total(self.p * g)

    def variance(self) -> Array:
        """Var_p(g), as a sum of squares over pairs: [n]."""
        i, j = np.triu_indices(self.g.shape[-1], 1)
        return total(self.p[..., i] * self.p[..., j] * (self.g[..., i] - self.g[..., j]) ** 2)

    def form(self) -> Array:
        """The Dirichlet form as a sum of squares over edges: [n]."""
        i, j = np.triu_indices(self.g.shape[-1], 1)
        return total(self.conductance * (self.g[..., i] - self.g[..., j]) ** 2)

    def divergence(self, time: Array) -> Array:
        """chi²(P_t, P): [n]."""
        law = (self.initial[..., None, :] @ self.kernel(time))[..., 0, :]
        return chi_square(law, self.p)

    @property
    def first(self) -> Array:
        """chi²(P_0, P): [n]."""
        return chi_square(self.initial, self.p)


@dataclass(frozen=True, repr=False)
class Reflected:
    """dy = sqrt(2) dB on D = [0, length], reflected at both ends: g = 0 in Definition 4, so P is uniform.

    L = d²/dy² with Neumann's condition has the eigenfunctions cos(k pi y/length) to the eigenvalues k² gap, gap =
    (pi/length)². The start has the density (1 + sum_k c_k cos(k pi y/length))/length; the c_k > 0 add up to less than
    1, so it is positive. Arrays: `length`, `t` [n], and `amount` [n, modes], of which c = amount/(1 + sum).
    """

    length: Array
    amount: Array
    t: Array

    def __repr__(self) -> str:
        return f"Reflected({self.amount.shape[-1]} modes)"

    @property
    def gap(self) -> Array:
        """(pi/length)²: [n]."""
        return (pi(self.length) / self.length) ** 2

    @property
    def time(self) -> Array:
        """The time, t itself: [n]."""
        return self.t

    @property
    def modes(self) -> Array:
        """The coefficients c_k: [n, modes]."""
        return self.amount / (1 + total(self.amount))[..., None]

    def divergence(self, time: Array) -> Array:
        """chi²(P_t, P) = sum_k c_k² exp(-2 k² gap t)/2: [n]."""
        squares = constant([k * k for k in range(1, self.amount.shape[-1] + 1)], self.amount)
        return total(self.modes**2 * exp(-2 * squares * (self.gap * time)[..., None])) / 2

    @property
    def first(self) -> Array:
        """chi²(P_0, P): [n]."""
        return total(self.modes**2) / 2


def _chain(weight: Scales, conductance: Scales, time: float = 1.0) -> Instances:
    states = len(weight)
    free = (PositiveVectorEnsemble(states, 1.0), PositiveVectorEnsemble(states, 1.0), PositiveEnsemble(time))
    given = (PositiveVectorEnsemble(states, weight), PositiveVectorEnsemble(len(conductance), conductance))
    return Instances(Chain, (), (*given, *free))


def chains() -> SearchStrategy[Instances]:
    """Two to four states: all alike at short, middle and long times; a rare state; a slow edge; a bottleneck."""
    alike = [_chain((1.0,) * k, (1.0,) * (k * (k - 1) // 2), t) for k in (2, 3, 4) for t in (1e-3, 1.0, 10.0)]
    rare = _chain((1.0, 1.0, 1e-3), (1.0, 1.0, 1.0))
    slow = _chain((1.0, 1.0, 1.0), (1.0, 1e-3, 1e-3), 1e-2)
    bottleneck = _chain((1.0, 1.0, 1e-3, 1.0), (1.0, 1.0, 1e-3, 1e-3, 1e-3, 1.0))
    return st.sampled_from([*alike, rare, slow, bottleneck])


def reflected() -> SearchStrategy[Instances]:
    """One mode or three; intervals short, middle and long; times short and long for each."""
    kinds = ((1, 1.0, 1.0), (3, 1.0, 1e-2), (1, 1e3, 1e3), (3, 1e3, 1.0), (1, 1e-3, 1e-6), (3, 1e-3, 1.0))
    given = [(PositiveEnsemble(ell), PositiveVectorEnsemble(modes), PositiveEnsemble(t)) for modes, ell, t in kinds]
    return st.sampled_from([Instances(Reflected, (), drawn) for drawn in given])
