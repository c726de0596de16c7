"""Section 3.1, semantic hashing: the model (13), (14), its base measure, and the inputs of its encoder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, constant, log, total
from claims.engine.strategies import Instances, MatrixEnsemble
from claims.papers.shekhovtsov_2022.hashing import (
    ANY,
    Decoder,
    base_measure,
    bernoulli,
    by_texts,
    codes,
    decoders,
    likelihood,
    monomials,
    posterior,
    weights,
    without_base,
)

SECTION = "Section 3.1, semantic hashing"
EVERY = "all m >= 1, K >= 1, every decoder f: {0,1}^m -> R^K, uniform prior, every law of the length"


def thirteen_steps() -> Iterator[Step]:
    """l words are drawn independently, word k with probability p_k = exp(f_k - A). A text with the counts x has the
    probability prod_k p_k^x_k = exp(<x, f> - l A), as the counts add up to l, and l!/prod_k x_k! texts have these
    counts. The sum over x is (p_1 + ... + p_K)^l = 1 by the multinomial theorem.
    """  # noqa: D205 - the proof
    f, count, log_partition = sympy.symbols("f_k x_k A", real=True)
    one_word = sympy.expand_log(sympy.log(sympy.exp(f - log_partition) ** count), force=True)
    yield Step.vanishes("a word's part of the logarithm", one_word - count * f + count * log_partition)


@claim(
    "shekhovtsov-2022/equation-13",
    statement=r"p(x\,|\,z,l) = h(x)\exp\big(\langle x, f(z)\rangle - l\log\sum_k e^{f_k(z)}\big),\quad"
    r" h(x) = l!/\prod_k x_k!",
    source=SECTION + ", eq. (13)",
    domain=EVERY,
    readings=["the formula is lost and restored from the words around it"],
    by=[derivation(thirteen_steps, "all K, l, f"), search(decoders(), ANY)],
)
def multinomial_decoder(case: Decoder) -> Margin:
    """It is the law of the counts of l words that are drawn from one categorical distribution."""
    return Margin.equal(likelihood(case), by_texts(case.rates, case.docs))


@multinomial_decoder.mutant("without the base measure")
def _(case: Decoder) -> Margin:
    return Margin.equal(without_base(case), by_texts(case.rates, case.docs))


@multinomial_decoder.mutant("without l A(z)")
def _(case: Decoder) -> Margin:
    h = constant(base_measure(case.words, case.lengths), case.rates)
    return Margin.equal(h * monomials(case.rates, case.docs), by_texts(case.rates, case.docs))


@dataclass(frozen=True)
class Encoder:
    """Logits of m bits. Array `odds` [n, m] = exp g_i(x)."""

    m: int
    odds: Array


@st.composite
def encoders(draw: DrawFn) -> Instances:
    """1..5 bits."""
    m = draw(st.integers(1, 5))
    return Instances(Encoder, (m,), (draw(weights(m)),))


def fourteen_steps() -> Iterator[Step]:
    """The sum over z of exp <z, g> factorises: prod_i (1 + exp g_i) = exp b. So q(z|x) is the product over the bits of
    exp(z_i g_i)/(1 + exp g_i), which is the sigmoid of g_i at z_i = 1 and one minus it at z_i = 0.
    """  # noqa: D205 - the proof
    g = sympy.Symbol("g", real=True)
    yield Step.vanishes("z_i = 1", sympy.exp(g) / (1 + sympy.exp(g)) - 1 / (1 + sympy.exp(-g)))
    yield Step.vanishes("z_i = 0", 1 / (1 + sympy.exp(g)) - (1 - 1 / (1 + sympy.exp(-g))))


@claim(
    "shekhovtsov-2022/equation-14",
    statement=r"q(z\,|\,x) = \exp\big(\langle z, g(x)\rangle - b(x)\big),\quad b(x) = \sum_i\log(1+e^{g_i(x)})",
    source=SECTION + ", eq. (14): the encoder is the conditionally independent Bernoulli model",
    domain="all m >= 1, every g(x) in R^m",
    readings=["the formula is lost and restored from the words around it"],
    by=[derivation(fourteen_steps, "all m, g"), search(encoders(), "1..5 bits, odds over eight decades")],
)
def bernoulli_encoder(case: Encoder) -> Margin:
    """exp <z, g>, normalised over all codes, is the product of Bernoullis with the logits g_i."""
    return factorises(case, monomials(case.odds, codes(case.m)))


def factorises(case: Encoder, weight: Array) -> Margin:
    """The weights [n, codes], normalised, are the independent bits of eq. (14)."""
    return Margin.equal(weight / total(weight)[..., None], bernoulli(case.odds[..., None, :], case.m)[..., 0])


@bernoulli_encoder.mutant("codes in {-1, 1}^m")
def _(case: Encoder) -> Margin:
    return factorises(case, monomials(case.odds, [tuple(2 * bit - 1 for bit in z) for z in codes(case.m)]))


@bernoulli_encoder.mutant("the first bit counts twice")
def _(case: Encoder) -> Margin:
    return factorises(case, monomials(case.odds, [(2 * z[0], *z[1:]) for z in codes(case.m)]))


def base_steps() -> Iterator[Step]:
    """h(x) does not depend on z, so it cancels from the posterior; and E_q log p(x|z) contains it as E_q log h(x) =
    log h(x), which no parameter changes. The ELBO and the log-likelihood lose the same constant at every parameter, and
    keep their maximisers.
    """  # noqa: D205 - the proof
    h, first, second, q = sympy.symbols("h p_0 p_1 q", positive=True)
    yield Step.vanishes("posterior of two codes", h * first / (h * first + h * second) - first / (first + second))
    gap = q * sympy.log(h * first) + (1 - q) * sympy.log(h * second)
    bare = q * sympy.log(first) + (1 - q) * sympy.log(second)
    yield Step.vanishes("E_q of two codes", gap - bare - sympy.log(h))


@claim(
    "shekhovtsov-2022/remark-base-measure",
    statement=r"\text{Prior work omits the base measure as it has no trainable parameters}",
    source=SECTION + ", footnote 2",
    domain=EVERY + ", every encoder",
    readings=["the reason holds if the omission changes neither the posterior nor which parameters are best"],
    by=[derivation(base_steps, "all decoders and encoders"), search(decoders(), ANY)],
)
def base_measure_may_be_omitted(case: Decoder) -> Margin:
    """The posterior stays, and the ELBO changes by log h(x), whatever f and q are."""
    h = log(constant(base_measure(case.words, case.lengths), case.rates) + 0 * case.rates[..., :1, 0])
    return changes_the_elbo_by(case, h) & Margin.equal(posterior(likelihood(case)), posterior(without_base(case)))


def changes_the_elbo_by(case: Decoder, constants: Array) -> Margin:
    """E_q log p(x|z) with h is that without h plus the constants. The law q of z: the rates of the first word."""
    q = case.rates[..., :1] / total(case.rates[..., :1], -2)[..., None, :]
    expected = [total(q * log(values), -2) for values in (likelihood(case), without_base(case))]
    return Margin.equal(expected[0], expected[1] + constants)


@base_measure_may_be_omitted.mutant("the value of the ELBO stays")
def _(case: Decoder) -> Margin:
    return changes_the_elbo_by(case, 0 * case.rates[..., :1, 0])


@base_measure_may_be_omitted.mutant("so may be the log-partition")
def _(case: Decoder) -> Margin:
    return Margin.equal(posterior(likelihood(case)), posterior(monomials(case.rates, case.docs)))


@dataclass(frozen=True)
class FirstLayer:
    """A first linear layer on TFIDF. Arrays `V` [n, H, K], `tf` = x/l as a column [n, K, 1], `idf` [n, K, 1]."""

    V: Array
    tf: Array
    idf: Array


@st.composite
def first_layers(draw: DrawFn) -> Instances:
    """1..4 units, 1..5 words, of which some may occur in every document: idf = 0."""
    units, words = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    present = [k if draw(st.booleans()) else None for k in range(words)]
    seen = [k for k in present if k is not None]
    pattern = tuple(seen.index(k) if k is not None else None for k in present)
    idf = MatrixEnsemble(pattern, 1, min(1, len(seen)))
    return Instances(
        FirstLayer, (), (MatrixEnsemble(units, words, min(units, words)), MatrixEnsemble(words, 1, 1), idf)
    )


def idf_steps() -> Iterator[Step]:
    """V (idf * x/l) = (V diag idf)(x/l): the encoder on frequencies with the first layer V diag(idf) is the encoder on
    TFIDF with the first layer V, biases and later layers alike. The converse needs idf_k != 0, for a word that occurs
    in every document is invisible to TFIDF, but not to TF: TF loses nothing, and may gain.
    """  # noqa: D205 - the proof
    v, idf, tf = sympy.symbols("V_jk idf_k t_k", real=True)
    yield Step.vanishes("a word's part of a unit", v * (idf * tf) - (v * idf) * tf)


@claim(
    "shekhovtsov-2022/remark-idf",
    statement=r"\text{the inverse document frequency (IDF) is not relevant, since it can be learned by the first}"
    r" \text{ linear transform in the encoder}",
    source=SECTION,
    domain="all K, every idf (zeros included), every encoder that begins with a linear layer",
    readings=["not relevant: what an encoder does with TFIDF, one with TF does as well"],
    by=[derivation(idf_steps, "all K, idf, V"), search(first_layers(), "1..4 units, 1..5 words, some idf = 0")],
)
def idf_is_learned(case: FirstLayer) -> Margin:
    """V on TFIDF and V diag(idf) on TF give the same."""
    return Margin.equal(case.V @ (case.idf * case.tf), (case.V * case.idf.mT) @ case.tf)


@idf_is_learned.mutant("V itself on TF")
def _(case: FirstLayer) -> Margin:
    return Margin.equal(case.V @ (case.idf * case.tf), case.V @ case.tf)


@idf_is_learned.mutant("idf twice")
def _(case: FirstLayer) -> Margin:
    return Margin.equal(case.V @ (case.idf * case.tf), (case.V * case.idf.mT * case.idf.mT) @ case.tf)
