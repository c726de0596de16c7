"""Section 3.1, semantic hashing: word counts x of a document, a code z in {0,1}^m with a uniform prior, eq. (13), (14).

Everything is kept in odds, so that a small case is rational: exp f_k(z) > 0 is the rate of word k under the code z,
exp W_ki the factor by which bit i changes it. A document is a vector of counts, and all documents of the given lengths
are enumerated. The law of the length does not depend on z and cancels from the posterior.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims.engine.arithmetic import Array, constant, stack, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble, positives
from claims.papers.shekhovtsov_2022.models.families import Bits, Multinomial

Counts = tuple[int, ...]
Code = tuple[int, ...]


@cache
def codes(m: int) -> tuple[Code, ...]:
    """{0,1}^m, the zero code first."""
    return _rows(Bits(m).statistics_of(np.arange(2**m)))


@cache
def documents(words: int, lengths: tuple[int, ...]) -> tuple[Counts, ...]:
    """All vectors of counts over `words` words whose sum is one of the lengths, by length."""
    families = [Multinomial(words, length) for length in lengths]
    return tuple(x for family in families for x in _rows(family.statistics_of(np.arange(family.count))))


@cache
def base_measure(words: int, lengths: tuple[int, ...]) -> tuple[int, ...]:
    """h(x) = l!/prod_k x_k! of eq. (13) for each of the documents: in how many orders the words can stand."""
    families = [Multinomial(words, length) for length in lengths]
    return tuple(int(h) for family in families for h in family.base_of(np.arange(family.count)))


def _rows(table: np.ndarray) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(map(int, row)) for row in table)


def monomials(factors: Array, exponents: Sequence[Counts]) -> Array:
    """prod_k factors_k^x_k for each x: [..., K] to [..., D]."""
    return (factors[..., None, :] ** constant(exponents, factors)).prod(-1)


def probabilities(rates: Array) -> Array:
    """p_k(z) = exp(f_k(z) - A(z)), A the log of the sum of the rates: [n, codes, K]."""
    return rates / total(rates)[..., None]


def word_odds(case: HasRates) -> Array:
    """p_k(z)/p_k(0): [n, codes, K]."""
    p = probabilities(case.rates)
    return p / p[..., :1, :]


def without_base(case: HasRates, docs: Sequence[Counts] | None = None) -> Array:
    """exp(<x, f(z)> - l A(z)) for the case's documents, or for others: [n, codes, documents]."""
    docs = case.docs if docs is None else docs
    rates = case.rates
    return monomials(rates, docs) / monomials(total(rates)[..., None], [(sum(x),) for x in docs])


def likelihood(case: HasRates) -> Array:
    """Eq. (13), p(x|z,l) = h(x) exp(<x, f(z)> - l A(z)): [n, codes, documents]."""
    terms = without_base(case)
    return constant(base_measure(case.words, case.lengths), terms) * terms


def posterior(joint: Array) -> Array:
    """Bayes: p(z|x) from any multiple of p(x, z) that does not depend on z: [n, codes, documents]."""
    return joint / total(joint, -2)[..., None, :]


def bernoulli(odds: Array, m: int) -> Array:
    """Eq. (14), q(z|x) = prod_i q(z_i|x), from the odds exp g_i(x) [n, documents, m]: [n, codes, documents]."""
    return (monomials(odds, codes(m)) / (1 + odds).prod(-1)[..., None]).swapaxes(-1, -2)


class HasRates(Protocol):
    """A decoder: bits of the code, words, lengths of its documents, all of them, and the rate of each word."""

    @property
    def m(self) -> int: ...  # noqa: D102
    @property
    def words(self) -> int: ...  # noqa: D102
    @property
    def lengths(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def docs(self) -> tuple[Counts, ...]: ...  # noqa: D102
    @property
    def rates(self) -> Array: ...  # noqa: D102


@dataclass(frozen=True)
class Decoder:
    """Any decoder f, by its values at the codes. Array `values` [n, 2^m K]: exp f_k(z)."""

    m: int
    words: int
    lengths: tuple[int, ...]
    values: Array

    @property
    def docs(self) -> tuple[Counts, ...]:
        """All documents."""
        return documents(self.words, self.lengths)

    @property
    def rates(self) -> Array:
        """exp f_k(z): [n, codes, K]."""
        return self.values.reshape(self.values.shape[0], 2**self.m, self.words)


@dataclass(frozen=True)
class LinearDecoder:
    """f(z) = Wz + u. Arrays `base` [n, K] = exp u and `factors` [n, K m] = exp W."""

    m: int
    words: int
    lengths: tuple[int, ...]
    base: Array
    factors: Array

    @property
    def docs(self) -> tuple[Counts, ...]:
        """All documents."""
        return documents(self.words, self.lengths)

    @property
    def bits(self) -> Array:
        """exp W: [n, K, m]."""
        return self.factors.reshape(self.factors.shape[0], self.words, self.m)

    @property
    def rates(self) -> Array:
        """exp f_k(z) = exp u_k prod_i exp(W_ki z_i): [n, codes, K]."""
        return self.base[..., None, :] * monomials(self.bits, codes(self.m)).swapaxes(-1, -2)


@dataclass(frozen=True)
class ListeningDecoder:
    """Each word listens to one bit, or to none (-1): a consistent decoder for every number of bits.

    A block of words (those of the same bit) has a share that is fixed; within it the word is drawn from one of two
    laws, as the bit says. So log p_k(z) is affine in z. Arrays `share` [n, K], of which a block uses its first word's,
    and `off`, `on` [n, K]: the weights within the block.
    """

    m: int
    listens: tuple[int, ...]
    lengths: tuple[int, ...]
    share: Array
    off: Array
    on: Array

    @property
    def words(self) -> int:
        """How many words."""
        return len(self.listens)

    @property
    def docs(self) -> tuple[Counts, ...]:
        """All documents."""
        return documents(self.words, self.lengths)

    @property
    def rates(self) -> Array:
        """p_k(z), which sum to 1: [n, codes, K]."""
        chosen = constant([[int(bit >= 0 and z[bit]) for bit in self.listens] for z in codes(self.m)], self.off)
        off, on = (self._within_blocks(array)[..., None, :] for array in (self.off, self.on))
        return self._shares[..., None, :] * (off * (1 - chosen) + on * chosen)

    @property
    def _shares(self) -> Array:
        firsts = [self.listens.index(bit) for bit in self.listens]
        return self.share[..., firsts] / total(self.share[..., sorted(set(firsts))])[..., None]

    def _within_blocks(self, array: Array) -> Array:
        same = [[int(mine == other) for mine in self.listens] for other in self.listens]
        return array / (array @ constant(same, array))

    @property
    def bits(self) -> Array:
        """exp W = p(e_i)/p(0): [n, K, m]."""
        rates = self.rates
        alone = [code for code in range(2**self.m) if sum(codes(self.m)[code]) == 1]  # e_m first
        return stack([rates[..., code, :] / rates[..., 0, :] for code in reversed(alone)])


def weights(count: int) -> st.SearchStrategy[PositiveVectorEnsemble]:
    """Positive vectors over eight decades."""
    return positives(count, scales=(1e-4, 1e4))


@st.composite
def sizes(draw: DrawFn, least_bits: int = 1) -> tuple[int, int, tuple[int, ...]]:
    """1..3 bits, 1..3 words, one or two lengths of 0..3."""
    lengths = draw(st.sets(st.integers(0, 3), min_size=1, max_size=2))
    return draw(st.integers(least_bits, 3)), draw(st.integers(1, 3)), tuple(sorted(lengths))


@st.composite
def decoders(draw: DrawFn) -> Instances:
    """Decoders of every kind."""
    m, words, lengths = draw(sizes())
    return Instances(Decoder, (m, words, lengths), (draw(weights(2**m * words)),))


@st.composite
def linear_decoders(draw: DrawFn, least_bits: int = 1) -> Instances:
    """Linear decoders."""
    m, words, lengths = draw(sizes(least_bits))
    return Instances(LinearDecoder, (m, words, lengths), (draw(weights(words)), draw(weights(words * m))))


@st.composite
def listening_decoders(draw: DrawFn) -> Instances:
    """Consistent decoders in which each of 1..5 words listens to one bit or to none."""
    m, _, lengths = draw(sizes())
    listens = draw(st.lists(st.integers(-1, m - 1), min_size=1, max_size=5).map(tuple))
    return Instances(ListeningDecoder, (m, listens, lengths), tuple(draw(weights(len(listens))) for _ in range(3)))


ANY = "1..3 bits, 1..3 words, lengths of 0..3; any positive rates over eight decades"
LINEAR = "1..3 bits, 1..3 words, lengths of 0..3; any exp u and exp W over eight decades"
LISTENING = "1..3 bits, 1..5 words that listen to one bit or none, lengths of 0..3; weights over eight decades"


@cache
def texts(document: Counts) -> tuple[tuple[int, ...], ...]:
    """All sequences of words with these counts."""
    every = itertools.product(range(len(document)), repeat=sum(document))
    return tuple(text for text in every if tuple(map(text.count, range(len(document)))) == document)


def by_texts(rates: Array, docs: Sequence[Counts]) -> Array:
    """p(x|z,l) by drawing l words one after the other, summed over the texts with the counts x."""
    p = probabilities(rates)
    return stack([p[..., np.array(texts(x), dtype=int)].prod(-1).sum(-1) for x in docs])
