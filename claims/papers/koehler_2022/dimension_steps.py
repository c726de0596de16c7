"""Section 5: the steps of Theorem 5's proof that handle the singular value decomposition A = U S V^T."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims import Margin, claim, search
from claims.engine.arithmetic import Array, squared_norm, total
from claims.engine.strategies import MatrixEnsemble, Orthogonal, OrthogonalEnsemble, matrices, orthogonals, split
from claims.papers.koehler_2022.linear_vae import column_energies

SCOPE = "d = r = r* in 2..4 (so that every product in the printed steps exists), every rank 1..d-1, all kinds of U, V"
SQUARE = "all A with singular value decomposition U S V^T, all A~; d = r = r*, where every printed product exists"
CARRY = "The proof of Theorem 5 as printed; with columns in place of rows its argument is right."


@dataclass(frozen=True, repr=False)
class Decomposition:
    """A = U S V^T of rank k with d = r = r*, and a decoder A~. S enters the steps only through its rank."""

    left: Orthogonal
    right: Orthogonal
    A_tilde: Array
    k: int

    def __repr__(self) -> str:
        return f"Decomposition(d={self.A_tilde.shape[-1]}, rank={self.k})"

    @cached_property
    def U(self) -> Array:  # noqa: N802 - the paper's name
        """Left singular vectors, as columns: [n, d, d]."""
        return self.left.matrix

    @cached_property
    def V(self) -> Array:  # noqa: N802 - the paper's name
        """Right singular vectors, as columns: [n, d, d]."""
        return self.right.matrix

    def onto_rows(self) -> Array:
        """Projection onto the row span of A: V_k V_k^T, [n, d, d]."""
        basis = self.V[..., : self.k]
        return basis @ basis.mT

    def onto_columns(self) -> Array:
        """Projection onto the column span of A: U_k U_k^T, [n, d, d]."""
        basis = self.U[..., : self.k]
        return basis @ basis.mT


@dataclass(frozen=True)
class Decompositions:
    """Decompositions of one structure."""

    left: OrthogonalEnsemble
    right: OrthogonalEnsemble
    A_tilde: MatrixEnsemble
    k: int

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return self.left.size + self.right.size + self.A_tilde.size

    def build(self, free: Float[Tensor, "n size"]) -> Decomposition:
        """A batch of instances."""
        parts = (self.left, self.right, self.A_tilde)
        left, right, decoder = (part.build(x) for part, x in zip(parts, split(free, parts), strict=True))
        return Decomposition(left, right, decoder, self.k)


@st.composite
def decompositions(draw: DrawFn) -> Decompositions:
    """All ranks below full, rotations and reflections."""
    d = draw(st.integers(2, 4))
    return Decompositions(
        draw(orthogonals(d)), draw(orthogonals(d)), draw(matrices(d, d, scales=(1e-2, 1e2))), draw(st.integers(1, d - 1))
    )


def _worked(case: Decomposition) -> list[str]:
    return [
        f"rank A = {case.k}; U = {_listed(case.U)},",
        f"V = {_listed(case.V)}; A~ = {_listed(case.A_tilde)}.",
    ]


def _listed(x: Array) -> list[list[float]]:
    return [[round(float(entry), 6) for entry in row] for row in x[0]]


# --- a basis of W -----------------------------------------------------------------------------------------


def spans(basis: Array, projection: Array) -> Margin:
    """The columns of `basis` [n, d, k] lie in the range of the projection."""
    return Margin.equal(projection @ basis, basis)


@claim(
    "koehler-2022/theorem-5/step-basis",
    statement=r"\text{the first } \dim(W) \text{ rows of } U \text{ are an orthonormal basis for } W",
    source="Section 5, proof of Theorem 5",
    domain=SQUARE,
    effect=CARRY,
    by=[search(decompositions(), SCOPE)],
    worked=_worked,
)
def rows_of_u_span_the_row_span(case: Decomposition) -> Margin:
    """The first k rows of U lie in W, the span of the rows of A."""
    return spans(case.U.mT[..., : case.k], case.onto_rows())


@rows_of_u_span_the_row_span.mutant("the last rows of U")
def _(case: Decomposition) -> Margin:
    return spans(case.U.mT[..., case.k :], case.onto_rows())


@rows_of_u_span_the_row_span.mutant("rows of V")
def _(case: Decomposition) -> Margin:
    return spans(case.V.mT[..., : case.k], case.onto_rows())


@claim(
    "koehler-2022/theorem-5/step-basis/repair",
    statement=r"\text{the first } \dim(W) \text{ columns of } U \text{ are an orthonormal basis for } W=\operatorname{span}(A)",
    source="Section 5, proof of Theorem 5, corrected",
    domain=SQUARE,
    repairs="koehler-2022/theorem-5/step-basis",
    changes="columns of U, and W the column span of A",
    by=[search(decompositions(), SCOPE)],
)
def columns_of_u_span_the_column_span(case: Decomposition) -> Margin:
    """The first k columns of U lie in the span of the columns of A."""
    return spans(case.U[..., : case.k], case.onto_columns())


@columns_of_u_span_the_column_span.mutant("rows of U")
def _(case: Decomposition) -> Margin:
    return spans(case.U.mT[..., : case.k], case.onto_columns())


@columns_of_u_span_the_column_span.mutant("the first dim(W) + 1 columns")
def _(case: Decomposition) -> Margin:
    return spans(case.U[..., : case.k + 1], case.onto_columns())


# --- the norm off W ---------------------------------------------------------------------------------------


@claim(
    "koehler-2022/theorem-5/step-projected-norm",
    statement=r"\|P_{W^\perp}\tilde A^T(t)\|_F^2=\sum_{i=\dim(W)+1}^d\|(U\tilde A(t)^T)_i\|^2",
    source="Section 5, proof of Theorem 5",
    domain=SQUARE,
    rests_on=["koehler-2022/theorem-5/step-basis"],
    effect=CARRY,
    by=[search(decompositions(), SCOPE)],
    worked=_worked,
)
def norm_off_the_row_span(case: Decomposition) -> Margin:
    """The columns of U A~^T beyond dim W carry the energy of A~^T off the row span."""
    outside = case.A_tilde.mT - case.onto_rows() @ case.A_tilde.mT
    return Margin.equal(squared_norm(outside), total(column_energies(case.U @ case.A_tilde.mT)[..., case.k :]))


@norm_off_the_row_span.mutant("columns up to dim W")
def _(case: Decomposition) -> Margin:
    outside = case.A_tilde.mT - case.onto_rows() @ case.A_tilde.mT
    return Margin.equal(squared_norm(outside), total(column_energies(case.U @ case.A_tilde.mT)[..., : case.k]))


@norm_off_the_row_span.mutant("inside W")
def _(case: Decomposition) -> Margin:
    inside = case.onto_rows() @ case.A_tilde.mT
    return Margin.equal(squared_norm(inside), total(column_energies(case.U @ case.A_tilde.mT)[..., case.k :]))


@claim(
    "koehler-2022/theorem-5/step-projected-norm/repair",
    statement=r"\|P_{W^\perp}\tilde A(t)\|_F^2=\sum_{i=\dim(W)+1}^d\|(U^T\tilde A(t))^{(i)}\|^2",
    source="Section 5, proof of Theorem 5, corrected",
    domain=SQUARE,
    rests_on=["koehler-2022/theorem-5/step-basis/repair"],
    repairs="koehler-2022/theorem-5/step-projected-norm",
    changes="W the column span, P acts on A~, and rows of U^T A~",
    by=[search(decompositions(), SCOPE)],
)
def norm_off_the_column_span(case: Decomposition) -> Margin:
    """The rows of U^T A~ beyond dim W carry the energy of A~ off the column span."""
    return _off_columns(case, case.U.mT @ case.A_tilde, case.k)


def _off_columns(case: Decomposition, turned: Array, first: int) -> Margin:
    outside = case.A_tilde - case.onto_columns() @ case.A_tilde
    return Margin.equal(squared_norm(outside), total(column_energies(turned.mT)[..., first:]))


@norm_off_the_column_span.mutant("U in place of U^T")
def _(case: Decomposition) -> Margin:
    return _off_columns(case, case.U @ case.A_tilde, case.k)


@norm_off_the_column_span.mutant("from dim W on")
def _(case: Decomposition) -> Margin:
    return _off_columns(case, case.U.mT @ case.A_tilde, case.k - 1)


# --- transposition, and K ---------------------------------------------------------------------------------


@claim(
    "koehler-2022/theorem-5/step-transpose",
    statement=r"\text{the rows of } U^T\tilde A(t), \text{ i.e. the columns of } U\tilde A(t)^T",
    source="Section 5, proof of Theorem 5",
    domain=SQUARE,
    effect=CARRY,
    by=[search(decompositions(), SCOPE)],
    worked=_worked,
)
def rows_are_columns_of_the_transpose(case: Decomposition) -> Margin:
    """(U^T A~)^T = U A~^T, as printed."""
    return Margin.equal((case.U.mT @ case.A_tilde).mT, case.U @ case.A_tilde.mT)


@rows_are_columns_of_the_transpose.mutant("columns of U^T A~^T")
def _(case: Decomposition) -> Margin:
    return Margin.equal((case.U.mT @ case.A_tilde).mT, case.U.mT @ case.A_tilde.mT)


@rows_are_columns_of_the_transpose.mutant("columns of U A~")
def _(case: Decomposition) -> Margin:
    return Margin.equal((case.U.mT @ case.A_tilde).mT, case.U @ case.A_tilde)


@claim(
    "koehler-2022/theorem-5/step-transpose/repair",
    statement=r"\text{the rows of } U^T\tilde A(t), \text{ i.e. the columns of } \tilde A(t)^TU",
    source="Section 5, proof of Theorem 5, corrected",
    domain=SQUARE,
    repairs="koehler-2022/theorem-5/step-transpose",
    changes="A~^T U in place of U A~^T",
    by=[search(decompositions(), SCOPE)],
)
def rows_are_columns_of_the_right_transpose(case: Decomposition) -> Margin:
    """(U^T A~)^T = A~^T U."""
    return Margin.equal((case.U.mT @ case.A_tilde).mT, case.A_tilde.mT @ case.U)


@rows_are_columns_of_the_right_transpose.mutant("A~^T U^T")
def _(case: Decomposition) -> Margin:
    return Margin.equal((case.U.mT @ case.A_tilde).mT, case.A_tilde.mT @ case.U.mT)


@rows_are_columns_of_the_right_transpose.mutant("A~ U")
def _(case: Decomposition) -> Margin:
    return Margin.equal((case.U.mT @ case.A_tilde).mT, case.A_tilde @ case.U)


@claim(
    "koehler-2022/theorem-5/step-invariant-k",
    statement=r"\text{the definition of } K \text{ is invariant to left-multiplication of } \tilde A \text{ by an orthogonal"
    r" matrix}",
    source="Section 5, proof of Theorem 5",
    domain="all orthogonal U, all A~",
    by=[search(decompositions(), SCOPE)],
)
def column_norms_are_invariant(case: Decomposition) -> Margin:
    """‖(U^T A~)_j‖ = ‖A~_j‖ for every column j."""
    return Margin.equal(column_energies(case.U.mT @ case.A_tilde), column_energies(case.A_tilde))


@column_norms_are_invariant.mutant("right multiplication")
def _(case: Decomposition) -> Margin:
    return Margin.equal(column_energies(case.A_tilde @ case.U), column_energies(case.A_tilde))


@column_norms_are_invariant.mutant("rows in place of columns")
def _(case: Decomposition) -> Margin:
    return Margin.equal(column_energies((case.U.mT @ case.A_tilde).mT), column_energies(case.A_tilde.mT))
