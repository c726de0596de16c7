"""Section 3.1, semantic hashing: how many bits can matter in a consistent VAE."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, total
from claims.engine.strategies import Instances
from claims.papers.shekhovtsov_2022.hashing import LinearDecoder, probabilities, weights
from claims.papers.shekhovtsov_2022.hashing_encoders import CONSISTENT


@st.composite
def several_words(draw: DrawFn) -> Instances:
    """Linear decoders of 2..3 words; the length does not enter."""
    m, words = draw(st.integers(1, 3)), draw(st.integers(2, 3))
    return Instances(LinearDecoder, (m, words, (1,)), (draw(weights(words)), draw(weights(words * m))))


def correlations(case: LinearDecoder, *, centred: bool = True) -> Array:
    """Of the vectors (exp W_ki - 1)_k under p(0), or if not `centred` their cosines: [n, m, m]."""
    law = probabilities(case.rates)[..., 0, :, None]
    vectors = case.bits - 1
    if centred:
        vectors = vectors - total(law * vectors, -2)[..., None, :]
    lengths = total(law * vectors**2, -2) ** 0.5
    unit = vectors / lengths[..., None, :]
    return unit.mT @ (law * unit)


def fits(case: LinearDecoder, dimension: int, *, centred: bool = True) -> Margin:
    """m unit vectors in a space of that dimension have dimension * (sum of their squared correlations) >= m²."""
    squares = total(correlations(case, centred=centred) ** 2, (-2, -1))
    return Margin.at_least(dimension * squares, case.m**2 + 0 * squares)


def bits_steps() -> Iterator[Step]:
    """Let the VAE be consistent and some length >= 1 occur: log p_k(z) is affine in z (equation-15/repair), so p_k(z) =
    p_k(0) prod_i (1 + a_ki)^{z_i} with a_ki = exp(W_ki) - 1. The sums over k are 1 at z = 0, e_i, e_j and e_i + e_j; so
    a_i has mean 0 under p(0), and so has a_i a_j for i != j. Hence the a_i of the bits that matter (a_i != 0) are
    orthogonal under p(0) > 0 and lie among the functions of mean 0 on K words, a space of dimension K - 1.
    The search attacks the count alone: m centred vectors that do not vanish have correlations C of rank <= K - 1 and
    trace m, so m² = (tr C)² <= (K - 1) ‖C‖² (Cauchy-Schwarz for the eigenvalues), for every linear decoder. Where it is
    consistent ‖C‖² = m, so that m <= K - 1.
    """  # noqa: D205 - the proof
    a, b = sympy.symbols("a_ki a_kj", real=True)
    product = (1 + a) * (1 + b) - (1 + a) - (1 + b) + 1
    yield Step.vanishes("the sums at e_i + e_j, e_i, e_j, 0 give the mean of a_i a_j", product - a * b)
    first, second = sympy.symbols("c_1 c_2", real=True)
    slack = 2 * (first**2 + second**2) - (first + second) ** 2
    yield Step.vanishes("Cauchy-Schwarz for two eigenvalues", slack - (first - second) ** 2)


@claim(
    "shekhovtsov-2022/equation-15/remark-bits",
    statement=r"\text{In a consistent VAE at most } K - 1 \text{ bits matter: their vectors }"
    r" (e^{W_{ki}} - 1)_k \text{ have mean 0 under } p(\cdot\,|\,0) \text{ and are orthogonal there}",
    source="Section 3.1, semantic hashing, eq. (15) with the uniform prior",
    domain=CONSISTENT + " but that of empty documents; a bit matters if p(x|z) depends on it",
    readings=["not printed: what the condition of equation-15/repair leaves; with 10 000 words it binds no one"],
    rests_on=["shekhovtsov-2022/equation-15/repair"],
    by=[
        derivation(bits_steps, "all m, K, W, u"),
        search(several_words(), "1..3 bits, 2..3 words, any linear decoder over eight decades: the bound on the count"),
    ],
)
def bits_fit_into_the_words(case: LinearDecoder) -> Margin:
    """(K - 1) sum_ij rho_ij² >= m² for the correlations under p(0): if they vanish for i != j, then m <= K - 1."""
    return fits(case, case.words - 1)


@bits_fit_into_the_words.mutant("K - 2 bits")
def _(case: LinearDecoder) -> Margin:
    return fits(case, case.words - 2)


@bits_fit_into_the_words.mutant("whatever their mean")
def _(case: LinearDecoder) -> Margin:
    return fits(case, case.words - 1, centred=False)
