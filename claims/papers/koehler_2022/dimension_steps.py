"""Section 5: the steps of Theorem 5's proof that handle the singular value decomposition A = U S V^T."""

from __future__ import annotations

from claims import Margin, claim, search
from claims.engine.arithmetic import Array, squared_norm, total
from claims.papers.koehler_2022.decompositions import (
    ALL,
    CARRY,
    PLANE,
    SCOPE,
    SQUARE,
    SQUARE_SCOPE,
    Decomposition,
    decompositions,
    listed,
    worked,
)
from claims.papers.koehler_2022.linear_vae import column_energies

# --- a basis of W -----------------------------------------------------------------------------------------


def spans_rows(A: Array, basis: Array) -> Margin:
    """The rows of A lie in the span of the orthonormal columns of `basis`: A B B^T = A."""
    return Margin.equal(A @ basis @ basis.mT, A)


@claim(
    "koehler-2022/theorem-5/step-basis",
    statement=r"\text{the first } \dim(W) \text{ rows of } U \text{ are an orthonormal basis for } W",
    source="Section 5, proof of Theorem 5",
    domain=SQUARE,
    effect=CARRY,
    by=[search(decompositions(square=True), SQUARE_SCOPE, corners=(PLANE,))],
    worked=lambda case: [
        *worked(case),
        f"The row of A is a multiple of {listed(case.V[..., :1].mT)[0]}, the first row of U is {listed(case.U)[0]}.",
    ],
)
def rows_of_u_span_the_row_span(case: Decomposition) -> Margin:
    """The rows of A lie in the span of the first k rows of U."""
    return spans_rows(case.A, case.U.mT[..., : case.k])


@rows_of_u_span_the_row_span.mutant("the last rows of U")
def _(case: Decomposition) -> Margin:
    return spans_rows(case.A, case.U.mT[..., case.k :])


@rows_of_u_span_the_row_span.mutant("rows of V")
def _(case: Decomposition) -> Margin:
    return spans_rows(case.A, case.V.mT[..., : case.k])


@claim(
    "koehler-2022/theorem-5/step-basis/repair",
    statement=r"\text{the first } \dim(W) \text{ columns of } U \text{ are an orthonormal basis for }"
    r" W=\operatorname{span}(A)",
    source="Section 5, proof of Theorem 5, corrected",
    domain=ALL,
    repairs="koehler-2022/theorem-5/step-basis",
    changes="columns of U, and W the column span of A",
    by=[search(decompositions(), SCOPE, corners=(PLANE,))],
)
def columns_of_u_span_the_column_span(case: Decomposition) -> Margin:
    """The columns of A lie in the span of the first k columns of U, and A has rank k: A V_k S_k^-1 = U_k."""
    basis = case.U[..., : case.k]
    back = case.A @ case.V[..., : case.k] / case.values[..., None, :]
    return spans_rows(case.A.mT, basis) & Margin.equal(back, basis)


@columns_of_u_span_the_column_span.mutant("rows of U")
def _(case: Decomposition) -> Margin:
    return spans_rows(case.A.mT, case.U.mT[..., : case.k])


@columns_of_u_span_the_column_span.mutant("one column fewer")
def _(case: Decomposition) -> Margin:
    return spans_rows(case.A.mT, case.U[..., : case.k - 1])


# --- the norm off W ---------------------------------------------------------------------------------------


@claim(
    "koehler-2022/theorem-5/step-projected-norm",
    statement=r"\|P_{W^\perp}\tilde A^T(t)\|_F^2=\sum_{i=\dim(W)+1}^d\|(U\tilde A(t)^T)_i\|^2 \text{ because the rows }"
    r"(U_{\dim(W)+1},\ldots,U_d) \text{ are an orthonormal basis for } W^\perp",
    source="Section 5, proof of Theorem 5",
    domain=ALL + ", all A~; Q in place of U: any orthogonal Q whose first dim W rows span W",
    rests_on=["koehler-2022/theorem-5/step-basis"],
    carried_by=["koehler-2022/theorem-5/step-basis/repair"],
    readings=[
        "the subscript i means row i, as in 'the rows (U_{dim(W)+1}, ..., U_d)' of the same sentence",
        "the display is read with its reason: for an orthogonal matrix whose last rows span W^perp (that U is one is"
        " step-basis)",
    ],
    by=[search(decompositions(), SCOPE, corners=(PLANE,))],
)
def norm_off_the_span(case: Decomposition) -> Margin:
    """With Q = U^T and W the column span: ‖A~ - P_W A~‖² is the energy of the rows of Q A~ beyond dim W."""
    return _off_span(case, case.U.mT @ case.A_tilde, case.k)


def _off_span(case: Decomposition, turned: Array, first: int) -> Margin:
    """P_W is computed from A alone: A (A^T A)^+ A^T = A V_k S_k^-2 V_k^T A^T."""
    onto = case.A @ case.V[..., : case.k] / case.values[..., None, :]
    outside = case.A_tilde - onto @ (onto.mT @ case.A_tilde)
    return Margin.equal(squared_norm(outside), total(column_energies(turned.mT)[..., first:]))


@norm_off_the_span.mutant("U in place of U^T")
def _(case: Decomposition) -> Margin:
    return _off_span(case, case.U @ case.A_tilde, case.k)


@norm_off_the_span.mutant("from dim W on")
def _(case: Decomposition) -> Margin:
    return _off_span(case, case.U.mT @ case.A_tilde, case.k - 1)


# --- transposition, and K ---------------------------------------------------------------------------------


@claim(
    "koehler-2022/theorem-5/step-transpose",
    statement=r"\text{the rows of } U^T\tilde A(t), \text{ i.e. the columns of } U\tilde A(t)^T",
    source="Section 5, proof of Theorem 5",
    domain=SQUARE,
    effect=CARRY,
    by=[search(decompositions(square=True), SQUARE_SCOPE, corners=(PLANE,))],
    worked=lambda case: [
        *worked(case),
        f"(U^T A~)^T = {listed((case.U.mT @ case.A_tilde).mT)}, but U A~^T = {listed(case.U @ case.A_tilde.mT)}.",
    ],
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
    by=[search(decompositions(square=True), SQUARE_SCOPE, corners=(PLANE,))],
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
    statement=r"\text{the definition of } K \text{ is invariant to left-multiplication of } \tilde A"
    r" \text{ by an orthogonal"
    r" matrix}",
    source="Section 5, proof of Theorem 5",
    domain="all orthogonal U, all A~",
    by=[search(decompositions(square=True), SQUARE_SCOPE, corners=(PLANE,))],
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
