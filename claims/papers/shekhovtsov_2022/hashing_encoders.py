"""Section 3.1, semantic hashing: encoders of consistent VAEs are linear in counts, and trivial on frequencies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, stack, total
from claims.engine.strategies import Instances
from claims.papers.shekhovtsov_2022.hashing import (
    LISTENING,
    Counts,
    Decoder,
    ListeningDecoder,
    bernoulli,
    likelihood,
    listening_decoders,
    monomials,
    posterior,
    weights,
    without_base,
    word_odds,
)
from claims.papers.shekhovtsov_2022.hashing_claims import SECTION

CONSISTENT = "all consistent VAEs of (13), (14) with a uniform prior: all m, K >= 1, every law of the length"


def encoder_is(case: ListeningDecoder, odds: Array) -> Margin:
    """The posterior is the encoder (14) with these odds exp g_i(x), [n, documents, m]."""
    return Margin.equal(posterior(likelihood(case)), bernoulli(odds, case.m))


def linear_odds(case: ListeningDecoder, docs: list[Counts] | None = None) -> Array:
    """exp(W^T x): [n, documents, m]."""
    return monomials(case.bits.swapaxes(-1, -2), case.docs if docs is None else docs).swapaxes(-1, -2)


def encoder_steps() -> Iterator[Step]:
    """If the VAE is consistent, g_i(x) is the log odds of the codes e_i and 0, which are sum_k x_k W_ki with
    W_ki = log(p_k(e_i)/p_k(0)) whatever the decoder is (`remark-linear-in-counts`): linear, and v = 0.
    """  # noqa: D205 - the proof
    g, h = sympy.symbols("g_i g_j", real=True)
    joint = sympy.exp(g + h) / ((1 + sympy.exp(g)) * (1 + sympy.exp(h)))
    alone = sympy.exp(h) / ((1 + sympy.exp(g)) * (1 + sympy.exp(h)))
    yield Step.vanishes("the log odds of bit i, the others fixed", sympy.log(sympy.simplify(joint / alone)) - g)


@claim(
    "shekhovtsov-2022/remark-encoder-linear",
    statement=r"\text{This however implies that } g(x) = W^\top x + v, \text{ i.e.\ the encoder network must be linear}"
    r" \text{ in } x",
    source=SECTION + ", after eq. (15)",
    domain=CONSISTENT,
    readings=["linear on the documents that occur: elsewhere g is not determined"],
    rests_on=["shekhovtsov-2022/equation-15", "shekhovtsov-2022/remark-linear-in-counts"],
    carried_by=["shekhovtsov-2022/equation-15/repair"],
    by=[derivation(encoder_steps, "all consistent VAEs"), search(listening_decoders(), LISTENING)],
)
def consistent_encoder_is_linear_in_counts(case: ListeningDecoder) -> Margin:
    """The posterior is the encoder with g(x) = W^T x, W_ki = log p_k(e_i) - log p_k(0)."""
    return encoder_is(case, linear_odds(case))


@consistent_encoder_is_linear_in_counts.mutant("v_i = log 2")
def _(case: ListeningDecoder) -> Margin:
    return encoder_is(case, 2 * linear_odds(case))


@consistent_encoder_is_linear_in_counts.mutant("which words occur, not how often")
def _(case: ListeningDecoder) -> Margin:
    return encoder_is(case, linear_odds(case, [tuple(min(count, 1) for count in x) for x in case.docs]))


def listening(m: int, lengths: tuple[int, ...]) -> ListeningDecoder:
    """Two words a bit, with the chances (1/3, 2/3) and (2/3, 1/3) within their share 1/m."""
    words = tuple(i for i in range(m) for _ in range(2))
    return ListeningDecoder(m, words, lengths, np.ones((1, 2 * m)), *(np.array([pair * m]) for pair in OFF_ON))


OFF_ON = ([1.0, 2.0], [2.0, 1.0])


def listening_cases() -> Iterator[ListeningDecoder]:
    """1..3 bits, lengths up to 3."""
    return (listening(m, (0, 1, 2, 3)) for m in (1, 2, 3))


def listening_steps() -> Iterator[Step]:
    """For any m let a word fall on bit i with probability 1/m, and then be one of two words with (1/3, 2/3) if z_i = 0
    and (2/3, 1/3) if z_i = 1. The log chances are affine in z, and the chances sum to 1 for every z; so for all lengths
    the posterior is exp <z, W^T x>, normalised, with W_ki = +-log 2 for the two words of bit i: the encoder (14), and
    W != 0.
    """  # noqa: D205 - the proof
    third = sympy.Rational(1, 3)
    z = sympy.Symbol("z", integer=True)
    chances = [third * 2**z, 2 * third * sympy.Rational(1, 2) ** z]
    for bit in (0, 1):
        yield Step.vanishes(f"they sum to 1 at z_i = {bit}", sum(chance.subs(z, bit) for chance in chances) - 1)
    slope = sympy.expand_log(sympy.log(chances[0]), force=True)
    yield Step.vanishes("log chance = log(1/3) + z log 2", slope - z * sympy.log(2) + sympy.log(3))


@claim(
    "shekhovtsov-2022/remark-counts",
    statement=r"\text{If instead, we let the encoder network to access word counts directly, we obtain that } W^\top x"
    r" + v \text{ can form a consistent VAE}",
    source=SECTION,
    domain="some decoder that depends on z, for every m >= 1",
    readings=["with the uniform prior of the setting not every W can; the proof shows one that does, for every m"],
    rests_on=["shekhovtsov-2022/remark-encoder-linear"],
    by=[
        derivation(listening_steps, "all m, all lengths"),
        exhaustive(listening_cases, "m = 1..3, lengths 0..3", tolerance=1e-60),
    ],
)
def counts_can_form_a_consistent_vae(case: ListeningDecoder) -> Margin:
    """The posterior is the encoder with the logits W^T x, where W_ki = +-log 2 for the two words of bit i, else 0."""
    return encoder_is(case, two_words_a_bit(case, 2))


def two_words_a_bit(case: ListeningDecoder, factor: int) -> Array:
    """exp g_i(x) = factor^(x_2i - x_2i+1): [1, documents, m]."""
    base = case.rates[..., 0, 0] * 0 + factor
    exponents = [[(x[2 * i] - x[2 * i + 1],) for i in range(case.m)] for x in case.docs]
    return stack([monomials(base[..., None], row) for row in exponents], -2)


@counts_can_form_a_consistent_vae.mutant("W_ki = +-log 3")
def _(case: ListeningDecoder) -> Margin:
    return encoder_is(case, two_words_a_bit(case, 3))


@counts_can_form_a_consistent_vae.mutant("the trivial encoder")
def _(case: ListeningDecoder) -> Margin:
    return encoder_is(case, two_words_a_bit(case, 1))


# --- encoders on frequencies ------------------------------------------------------------------------------

FREQUENCIES = r"\text{Consequently, it cannot match a function of word frequencies unless } W = 0"


def disagreement(case: Decoder) -> Array:
    """Sum of |p(z|x) - p(z|y)| over codes z and documents x, y of the same frequencies: [n]."""
    p = posterior(likelihood(case))
    pairs = [(i, j) for (i, x), (j, y) in combinations(enumerate(case.docs), 2) if same_frequencies(x, y)]
    return sum((total(absolute(p[..., i] - p[..., j])) for i, j in pairs), 0 * p[..., 0, 0])


def same_frequencies(x: Counts, y: Counts) -> bool:
    """x/|x| = y/|y|, for documents that have words."""
    return any(x) and any(y) and all(sum(y) * a == sum(x) * b for a, b in zip(x, y, strict=True))


def fixed_length() -> Iterator[Decoder]:
    """One bit, two words with (1/3, 2/3) or (2/3, 1/3), documents of two words."""
    yield Decoder(1, 2, (2,), np.array([[1.0, 2.0, 2.0, 1.0]]))


@claim(
    "shekhovtsov-2022/remark-frequencies",
    statement=FREQUENCIES + r", \text{ i.e.\ a completely trivial model with an encoder not depending on } x",
    source=SECTION + "; also: we show that it can be tight only in a full posterior collapse",
    domain="all consistent VAEs of (13), (14) with a uniform prior whose decoder depends on z, every law of the length",
    readings=[
        "'every law of the length' is our domain: the setting lets l have a law p(l) of which nothing is used; the"
        " paper's example of one, log-normal, has many lengths, and for it the sentence holds (the repair)",
    ],
    rests_on=["shekhovtsov-2022/remark-encoder-linear"],
    effect="Where all documents have the same length, counts are l times frequencies, and nothing collapses. Harmless:"
    " two lengths suffice for the sentence, and every corpus has them.",
    by=[exhaustive(fixed_length, "one bit, two words, all documents of length 2")],
    worked=lambda _: [
        "p(word 1) = 1/3 at z = 0 and 2/3 at z = 1; all documents have l = 2 words, p(z) = 1/2",
        "p(x|z,l): x = (2,0): 1/9 and 4/9; (1,1): 4/9 and 4/9; (0,2): 4/9 and 1/9; so p(z=1|x) = 4/5, 1/2, 1/5",
        "its log odds are (x_1 - x_2) log 2 = 2 (x_1/l - x_2/l) log 2: linear in the frequencies, not constant",
    ],
)
def frequencies_do_not_suffice(case: Decoder) -> Margin:
    """Two documents have the same frequencies and different posteriors."""
    return Margin.positive(disagreement(case))


@frequencies_do_not_suffice.mutant("for documents that are three times as long")
def _(case: Decoder) -> Margin:
    return Margin.positive(disagreement(Decoder(case.m, case.words, (3 * case.lengths[0],), case.values)))


@frequencies_do_not_suffice.mutant("for collapsed decoders of two lengths")
def _(case: Decoder) -> Margin:
    return Margin.positive(disagreement(Decoder(case.m, case.words, (1, 2), 0 * case.values + 1)))


@st.composite
def two_lengths(draw: DrawFn) -> Instances:
    """Decoders with 1..3 bits, 1..3 words, and documents of two lengths from 1 to 5."""
    m, words = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    lengths = tuple(sorted(draw(st.sets(st.integers(1, 5), min_size=2, max_size=2))))
    return Instances(Decoder, (m, words, lengths), (draw(weights(2**m * words)),))


@st.composite
def one_length(draw: DrawFn) -> Instances:
    """Decoders with 1..3 bits, 1..3 words, and documents of one length from 1 to 4."""
    m, words = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return Instances(Decoder, (m, words, (draw(st.integers(1, 4)),)), (draw(weights(2**m * words)),))


def odds_of_one_word(case: Decoder, length: int) -> Array:
    """p(z|x)/p(0|x) for the documents x = length e_k: [n, codes, K]."""
    docs = [tuple(length * int(j == k) for j in range(case.words)) for k in range(case.words)]
    p = without_base(case, docs)
    return p / p[..., :1, :]


def odds_differ(case: Decoder, exponent: int) -> Margin:
    """Between l e_k and l' e_k, which have the same frequencies, the odds grow by (p_k(z)/p_k(0))^exponent."""
    short, long = (odds_of_one_word(case, length) for length in case.lengths)
    return Margin.equal(long, short * word_odds(case) ** exponent)


def frequency_steps() -> Iterator[Step]:
    """Let l < l' occur, both >= 1. The documents l e_k and l' e_k have the same frequencies, and log odds of z against
    0 that differ by (l' - l) log(p_k(z)/p_k(0)). If the posterior is a function of frequencies this is 0 for all k and
    z, so p_k(z) = p_k(0): W = 0, and the decoder does not depend on z.
    """  # noqa: D205 - the proof
    short, more, word = sympy.symbols("l d w", positive=True)
    yield Step.vanishes("(l + d) w - l w = d w", (short + more) * word - short * word - more * word)


@claim(
    "shekhovtsov-2022/remark-frequencies/repair",
    statement=FREQUENCIES + r"\text{, if two lengths of at least 1 occur}",
    source=SECTION + ", corrected",
    domain="all m, K >= 1, every decoder, uniform prior, every law of the length with two lengths of at least 1",
    repairs="shekhovtsov-2022/remark-frequencies",
    changes="two lengths of at least 1 have positive probability",
    rests_on=["shekhovtsov-2022/remark-linear-in-counts"],
    by=[derivation(frequency_steps, "all decoders and lengths"), search(two_lengths(), "two lengths of 1..5")],
)
def frequencies_do_not_suffice_for_two_lengths(case: Decoder) -> Margin:
    """From l e_k to l' e_k the odds of z against 0 change by (p_k(z)/p_k(0))^(l' - l): not at all only if W = 0."""
    return odds_differ(case, case.lengths[1] - case.lengths[0])


@frequencies_do_not_suffice_for_two_lengths.mutant("they do suffice")
def _(case: Decoder) -> Margin:
    return odds_differ(case, 0)


@frequencies_do_not_suffice_for_two_lengths.mutant("the odds change by the longer length")
def _(case: Decoder) -> Margin:
    return odds_differ(case, case.lengths[1])


def trivial_encoder_means_collapse(case: Decoder, exponent: int) -> Margin:
    """The odds at l e_k over those at l e_1 are those of the words, to that power; if collapsed, codes are alike."""
    odds, words = odds_of_one_word(case, case.lengths[0]), word_odds(case)
    constant_rates = (0 * case.rates + case.rates[..., :1, :]).reshape(-1, 2**case.m * case.words)
    uniform = posterior(likelihood(Decoder(case.m, case.words, case.lengths, constant_rates)))
    as_words = Margin.equal(odds * words[..., :1] ** exponent, odds[..., :1] * words**exponent)
    return as_words & Margin.equal(2**case.m * uniform, 1 + 0 * uniform)


def collapse_steps() -> Iterator[Step]:
    """If the posterior does not depend on x, then for one length l >= 1 that occurs the odds at l e_k, which are
    (p_k(z)/p_k(0))^l, are the same c(z)^l for all k. So p_k(z) = c(z) p_k(0), and the sums over k say c(z) = 1: the
    decoder does not depend on z. Conversely, if it does not, then p(x|z,l) cancels from Bayes' theorem and the
    posterior is the uniform prior, the encoder with g = 0: all collapsed decoders are consistent with trivial encoders.
    """  # noqa: D205 - the proof
    c, first = sympy.symbols("c p", positive=True)
    solution = sympy.solve(sympy.Eq(c * first + c * (1 - first), 1), c)
    yield Step("sum_k c p_k(0) = 1 only for c = 1", solution == [1])


@claim(
    "shekhovtsov-2022/remark-collapse",
    statement=r"\text{Such an encoder would imply full posterior collapse. The corresponding consistent set coincides}"
    r" \text{ with the set of collapsed VAEs where the decoder does not depend on the latent variable}",
    source=SECTION,
    domain="all m, K >= 1, every decoder, uniform prior, every law of the length but that of empty documents",
    readings=["such an encoder: one that does not depend on x; the corresponding set: decoders consistent with one"],
    rests_on=["shekhovtsov-2022/remark-linear-in-counts"],
    by=[derivation(collapse_steps, "all decoders and lengths"), search(one_length(), "one length of 1..4")],
)
def trivial_encoders_are_those_of_collapsed_decoders(case: Decoder) -> Margin:
    """p(z|l e_k) is the same for all k only if p_k(z)/p_k(0) is; and a collapsed decoder has the prior as posterior."""
    return trivial_encoder_means_collapse(case, case.lengths[0])


@trivial_encoders_are_those_of_collapsed_decoders.mutant("for decoders that depend on z, too")
def _(case: Decoder) -> Margin:
    return trivial_encoder_means_collapse(case, 0)


@trivial_encoders_are_those_of_collapsed_decoders.mutant("one word more")
def _(case: Decoder) -> Margin:
    return trivial_encoder_means_collapse(case, case.lengths[0] + 1)
