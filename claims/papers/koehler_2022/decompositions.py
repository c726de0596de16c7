"""Singular value decompositions A = U S V^T as cases, exactly also in balls; and the zero rows of U^T A."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims import Margin, claim, search
from claims.engine.arithmetic import Array
from claims.engine.strategies import (
    MatrixEnsemble,
    Orthogonal,
    OrthogonalEnsemble,
    PositiveVectorEnsemble,
    matrices,
    orthogonals,
    positives,
    split,
)
from claims.papers.koehler_2022.linear_vae import column_energies

SCOPE = "d, r* in 2..4, r in 1..3, every rank k with 1 <= k < d (square, tall, wide), all kinds of U, V"
SQUARE_SCOPE = (
    "d = r = r* in 2..4, so that every product in the printed step exists; every rank below d, all kinds of U, V"
)
ALL = "all A with singular value decomposition U S V^T"
SQUARE = ALL + ", all A~; d = r = r*, where every printed product exists"
CARRY = "The proof of Theorem 5 as printed; with columns in place of rows its argument is right."


@dataclass(frozen=True, repr=False)
class Decomposition:
    """A = U S V^T of rank k, and a decoder A~. Shapes: U [n, d, d], V [n, r*, r*], values [n, k], A~ [n, d, r]."""

    left: Orthogonal
    right: Orthogonal
    values: Array
    A_tilde: Array

    def __repr__(self) -> str:
        return f"Decomposition(d={self.A_tilde.shape[-2]}, r*={self.right.skew.shape[-1]}, rank={self.k})"

    @property
    def k(self) -> int:
        """Rank of A."""
        return int(self.values.shape[-1])

    @cached_property
    def U(self) -> Array:  # noqa: N802 - the paper's name
        """Left singular vectors, as columns: [n, d, d]."""
        return self.left.matrix

    @cached_property
    def V(self) -> Array:  # noqa: N802 - the paper's name
        """Right singular vectors, as columns: [n, r*, r*]."""
        return self.right.matrix

    @property
    def A(self) -> Array:  # noqa: N802 - the paper's name
        """U S V^T: [n, d, r*]."""
        return (self.U[..., : self.k] * self.values[..., None, :]) @ self.V[..., : self.k].mT


@dataclass(frozen=True)
class Decompositions:
    """Decompositions of one structure."""

    left: OrthogonalEnsemble
    right: OrthogonalEnsemble
    values: PositiveVectorEnsemble
    A_tilde: MatrixEnsemble

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return self.left.size + self.right.size + self.values.size + self.A_tilde.size

    def build(self, free: Float[Tensor, "n size"]) -> Decomposition:
        """A batch of instances."""
        left, right, values, decoder = split(free, (self.left, self.right, self.values, self.A_tilde))
        return Decomposition(
            self.left.build(left), self.right.build(right), self.values.build(values), self.A_tilde.build(decoder)
        )


@st.composite
def decompositions(draw: DrawFn, *, square: bool = False) -> Decompositions:
    """All shapes and ranks below d, rotations and reflections; `square` has d = r = r*."""
    d = draw(st.integers(2, 4))
    r_star, r = (d, d) if square else (draw(st.integers(2, 4)), draw(st.integers(1, 3)))
    k = draw(st.integers(1, min(d - 1, r_star)))
    scales = (1e-2, 1e2)
    return Decompositions(
        draw(orthogonals(d)),
        draw(orthogonals(r_star)),
        draw(positives(k, scales=scales)),
        draw(matrices(d, r, scales=scales)),
    )


#: Attacked at every run: in the plane, with rotations, which are the simplest U and V that are not symmetric.
PLANE = Decompositions(
    OrthogonalEnsemble((0, 1), (1, 1)),
    OrthogonalEnsemble((0, 1), (1, 1)),
    PositiveVectorEnsemble(1),
    MatrixEnsemble(2, 2, 2),
)


def worked(case: Decomposition) -> list[str]:
    """The decomposition in numbers."""
    return [
        f"U = {listed(case.U)}, V = {listed(case.V)}, singular values {case.values[0].tolist()}:",
        f"A = U S V^T = {listed(case.A)}; A~ = {listed(case.A_tilde)}.",
    ]


def listed(x: Array) -> list[list[float]]:
    """A matrix (a batch of one) to six decimals, for print."""
    return [[round(float(entry), 6) for entry in row] for row in x[0]]


@claim(
    "koehler-2022/observation-zero-rows",
    statement=r"A=SV^T \text{ has a zero row for every zero singular value}; \text{ so } A"
    r" \text{ is reduced to a matrix with }"
    r"d-\dim(\operatorname{rowspan}(A)) \text{ rows that are all-zero}",
    source="Section 5, before Lemma 4",
    domain=ALL,
    by=[search(decompositions(), SCOPE, corners=(PLANE,))],
)
def rotated_data_has_zero_rows(case: Decomposition) -> Margin:
    """Rows of U^T A beyond the rank vanish, the others have the singular values as norms."""
    return row_norms(case, case.U.mT @ case.A)


def row_norms(case: Decomposition, turned: Array) -> Margin:
    """Row i of the turned A has squared norm s_i² for i <= k, and vanishes beyond."""
    energies = column_energies(turned.mT)
    return Margin.equal(energies[..., : case.k], case.values * case.values) & Margin.equal(
        case.A + case.U[..., case.k :] @ turned[..., case.k :, :], case.A
    )


@rotated_data_has_zero_rows.mutant("U A in place of U^T A")
def _(case: Decomposition) -> Margin:
    return row_norms(case, case.U @ case.A)


@rotated_data_has_zero_rows.mutant("without the rotation")
def _(case: Decomposition) -> Margin:
    return row_norms(case, case.A)
