"""Three facts about norms that the proofs of Lemmas 4, 17 and 25 and equation (19) use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, absolute, greatest, singular_energies, squared_norm, total
from claims.engine.strategies import Instances, MatrixEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import dot, norm

L25 = "pareek-risteski-2022/lemma-25"
USES = "Appendix F.3.2, proof of Lemma 25; also in the proofs of Lemmas 1, 4 and 17"


# --- slices of a tensor -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slices:
    """A tensor of d x d x d entries at two vectors. Arrays `tensor` [n, d * d, d], `vectors` [n, 2, d]."""

    tensor: Array
    vectors: Array

    @property
    def entries(self) -> Array:
        """T_i[v, w] for all i: [n, d]."""
        first = (self.tensor @ self.vectors[..., 0, :, None])[..., 0]
        d = self.vectors.shape[-1]
        return (first.reshape(len(first), d, d) @ self.vectors[..., 1, :, None])[..., 0]


def _slices(d: int) -> Instances:
    return Instances(Slices, (), (MatrixEnsemble(d * d, d, d), MatrixEnsemble(2, d, min(2, d))))


def slice_steps() -> Iterator[Step]:
    """T_i[v, w, ...] = T[e_i, v, w, ...] is the i-th coordinate of the vector T[., v, w, ...], whose length is at most
    ‖T‖ ‖v‖ ‖w‖ ... by the definition of the norm as a supremum over unit vectors; a coordinate is at most the length.
    """  # noqa: D205 - the proof
    one, rest = sympy.symbols("T_i other", real=True)
    yield Step.nonnegative("T_i² <= T_i² + the others' squares", (one**2 + rest**2) - one**2)


@claim(
    f"{L25}/step-slices",
    statement=r"\forall i\in[d],\ \|T^{(i)}\|_{op} \le \|T\|_{op} \text{ for any tensor } T"
    r" \text{ (where } T^{(i)} \text{ denotes a sub-tensor)}",
    source=USES + " as ‖Hess G_i‖ <= ‖Hess G‖",
    domain="all tensors, all vectors v, w",
    by=[
        derivation(slice_steps, "all orders and dimensions"),
        search(st.sampled_from([_slices(d) for d in (1, 2, 3)]), "order 3, d in 1..3"),
    ],
)
def slice_is_no_larger(case: Slices) -> Margin:
    """|T_i[v, w]| <= ‖T[., v, w]‖ for all i, v, w, of which the norms are the suprema."""
    return _slice(case, 1.0)


def _slice(case: Slices, factor: float) -> Margin:
    return Margin.at_most(greatest(absolute(case.entries)), factor * norm(case.entries))


@slice_is_no_larger.mutant("0.9 ‖T‖")
def _(case: Slices) -> Margin:
    return _slice(case, 0.9)


@slice_is_no_larger.mutant("the slices' mean of squares in place of their greatest")
def _(case: Slices) -> Margin:
    return Margin.at_most(norm(case.entries), greatest(absolute(case.entries)))


# --- vectors and matrices ---------------------------------------------------------------------------------


def _matrices(*shapes: tuple[int, int]) -> st.SearchStrategy[MatrixEnsemble]:
    return st.sampled_from([MatrixEnsemble(rows, columns, min(rows, columns)) for rows, columns in shapes])


ROWS = _matrices((1, 1), (1, 2), (1, 5), (1, 64))
SQUARES = _matrices((1, 1), (2, 2), (3, 3), (8, 8))


def one_norm_steps() -> Iterator[Step]:
    """By Cauchy and Schwarz, sum_i |a_i| = <|a|, (1, ..., 1)> <= ‖a‖ sqrt(k); the gap is a sum of squares: k ‖a‖² -
    (sum_i |a_i|)² = sum_{i < j} (|a_i| - |a_j|)². Each unordered pair gives |a_i|² + |a_j|² - 2 |a_i| |a_j|, and each
    |a_i|² stands in k - 1 pairs.
    """  # noqa: D205 - the proof
    k = sympy.Symbol("k", integer=True, positive=True)
    squares, products = sympy.symbols("Q P", real=True)  # sum a_i², and the sum over i < j of |a_i| |a_j|
    gap = (k - 1) * squares - 2 * products
    yield Step.vanishes("k Q - (Q + 2P) = (k - 1) Q - 2P", k * squares - (squares + 2 * products) - gap)


@claim(
    f"{L25}/step-one-norm",
    statement=r"\sum_{i\in[k]}|a_i| \le \sqrt{k}\,\sqrt{\textstyle\sum_{i\in[k]} a_i^2}",
    source=USES,
    domain="all k >= 1, all a in R^k",
    by=[derivation(one_norm_steps, "all k"), search(ROWS, "k = 1, 2, 5, 64")],
)
def one_norm_is_bounded(case: Array) -> Margin:
    """‖a‖_1 <= sqrt(k) ‖a‖; with equality where all |a_i| are equal."""
    return _one_norm(case, case.shape[-1])


def _one_norm(case: Array, k: float) -> Margin:
    a = case[..., 0, :]
    return Margin.at_most(total(absolute(a)) ** 2, k * dot(a, a))


@one_norm_is_bounded.mutant("no sqrt(k)")
def _(case: Array) -> Margin:
    return _one_norm(case, 1)


@one_norm_is_bounded.mutant("sqrt(0.9 k)")
def _(case: Array) -> Margin:
    return _one_norm(case, 0.9 * case.shape[-1])


def frobenius_steps() -> Iterator[Step]:
    """‖A‖_F² is the sum over the columns of ‖A e_j‖² <= ‖A‖_op², and there are a columns."""
    a, top, gap = sympy.symbols("a op gap", nonnegative=True)
    yield Step.nonnegative("a times the largest is at least the sum", a * (top + gap) - a * top)


@claim(
    f"{L25}/step-frobenius",
    statement=r"\|A\|_F \le \sqrt{a}\,\|A\|_{op} \text{ for } A \text{ an } a\times a \text{ matrix}",
    source="Appendix F.3.2, proof of Lemma 25",
    domain="all square matrices",
    by=[derivation(frobenius_steps, "all a"), search(SQUARES, "a = 1, 2, 3, 8")],
)
def frobenius_norm_is_bounded(case: Array) -> Margin:
    """‖A‖_F² <= a ‖A‖_op²; with equality for orthogonal matrices."""
    return _frobenius(case, case.shape[-1])


def _frobenius(case: Array, a: float) -> Margin:
    return Margin.at_most(squared_norm(case), a * singular_energies(case)[..., 0])


@frobenius_norm_is_bounded.mutant("no sqrt(a)")
def _(case: Array) -> Margin:
    return _frobenius(case, 1)


@frobenius_norm_is_bounded.mutant("the fourth root of a")
def _(case: Array) -> Margin:
    return _frobenius(case, case.shape[-1] ** 0.5)
