"""Orthogonal matrices of both determinants, in a form that exact arithmetic can follow."""

import math
from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, eye, solve
from claims.engine.strategies.ensemble import telling_repr
from claims.engine.strategies.sizes import Draw, Size, sizes


@dataclass(frozen=True, eq=False)
class Orthogonal:
    """Orthogonal matrices P (I - S)^-1 (I + S), with S = `skew` and the signed permutation P = `signs`.

    Both are batches [n, k, k], though all instances of an ensemble share P. This is Cayley's transform. It is
    rational, so that exact entries of S (floats are) give an exactly orthogonal matrix of rationals. It
    misses the matrices with an eigenvalue -1, but a diagonal of signs times a transform reaches every
    orthogonal matrix (Liebeck and Osborne, Amer. Math. Monthly 98, 1991), so P loses nothing.
    """

    skew: Array
    signs: Array

    @property
    def matrix(self) -> Array:
        """The matrices, in the arithmetic of `skew`; I - S is regular: S has imaginary eigenvalues."""
        k = self.skew.shape[-1]
        unit = eye(k, k, self.skew)
        return self.signs @ solve(unit - self.skew, unit + self.skew)


@dataclass(frozen=True, repr=False)
class OrthogonalEnsemble:
    """Orthogonal matrices of one signed permutation: row i of P holds `signs[i]` in column `permutation[i]`.

    Without `rotates` S is zero and the matrix is P itself: permutations, reflections, the identity.
    Raises ValueError where `permutation` is none of 0..k-1, or `signs` are not as many of 1 and -1.
    """

    permutation: tuple[int, ...]
    signs: tuple[int, ...]
    rotates: bool = True

    __repr__ = telling_repr

    def __post_init__(self) -> None:
        if sorted(self.permutation) != list(range(self.dimension)):
            raise ValueError(f"permutation: {self.permutation} does not permute 0..{self.dimension - 1}")
        if len(self.signs) != self.dimension or not {*self.signs} <= {1, -1}:
            raise ValueError(f"signs: expected {self.dimension} of 1 and -1, got {self.signs}")

    @property
    def dimension(self) -> int:
        """k, for k by k matrices."""
        return len(self.permutation)

    @property
    def size(self) -> int:
        """The entries of S above its diagonal: k (k - 1) / 2, or none where nothing rotates."""
        return self.dimension * (self.dimension - 1) // 2 if self.rotates else 0

    def build(self, free: Float[Tensor, "n size"]) -> Orthogonal:
        """Return the batch; entries of S have variance 1 / k, so that its eigenvalues are of order 1."""
        k = self.dimension
        upper = free.new_zeros(len(free), k, k)
        if self.rotates:
            above = torch.triu_indices(k, k, 1, device=free.device)
            upper[:, above[0], above[1]] = free / math.sqrt(k)
        signs = free.new_zeros(k, k)
        for row, (column, sign) in enumerate(zip(self.permutation, self.signs, strict=True)):
            signs[row, column] = sign
        return Orthogonal(upper - upper.mT, signs.expand_as(upper))


@st.composite
def _orthogonals(draw: Draw, dimensions: SearchStrategy[int]) -> OrthogonalEnsemble:
    k = draw(dimensions)
    in_order = tuple(range(k))
    permutation = draw(st.one_of(st.just(in_order), st.permutations(in_order).map(tuple)))
    signs = draw(st.one_of(st.just((1,) * k), st.tuples(*[st.sampled_from((1, -1))] * k), st.just((-1,) * k)))
    return OrthogonalEnsemble(permutation, signs, draw(st.booleans()))


def orthogonals(dimension: Size) -> SearchStrategy[OrthogonalEnsemble]:
    """Return a strategy for ensembles of orthogonal `dimension` by `dimension` matrices.

    Rotations and reflections, permutations with and without signs, and the identity, towards which it
    shrinks.
    Raises ValueError, naming `dimension`, unless that is a size of at least 1.
    """
    return _orthogonals(sizes("dimension", dimension))
