"""Section 3.1, eq. (15), and Section 4.3: are these VAEs multinomial-Bernoulli RBMs? Not with the uniform prior."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, stack, total
from claims.engine.strategies import Instances
from claims.papers.shekhovtsov_2022.hashing import (
    LINEAR,
    LinearDecoder,
    base_measure,
    bernoulli,
    codes,
    likelihood,
    linear_decoders,
    monomials,
    posterior,
    sizes,
    weights,
)
from claims.papers.shekhovtsov_2022.hashing_claims import SECTION


@dataclass(frozen=True)
class HashingRBM(LinearDecoder):
    """A member of (15) on documents of the given lengths; the law of the length is part of the base measure.

    Arrays, beside exp u and exp W: `tilt` [n, m] = exp v and `law` [n, lengths], any weights.
    """

    tilt: Array
    law: Array

    @property
    def joint(self) -> Array:
        """law(l) h(x) exp(x^T W z + u^T x + v^T z), not normalised: [n, codes, documents]."""
        h = constant(base_measure(self.words, self.lengths), self.rates)
        hidden = monomials(self.tilt, codes(self.m))[..., None]
        return self.law[..., None, self.places] * h * hidden * monomials(self.rates, self.docs)

    @property
    def places(self) -> list[int]:
        """For each document the number of its length."""
        return [self.lengths.index(sum(x)) for x in self.docs]

    def by_length(self, joint: Array) -> Array:
        """The joint summed over the documents of a length: [n, codes, lengths]."""
        places = np.array(self.places)
        return stack([total(joint[..., np.flatnonzero(places == i)]) for i in range(len(self.lengths))])


JOINT = r"p(x,z) \propto h(x)\exp(x^\top W z + u^\top x + v^\top z)"
LOST = "the formula is lost and restored from Theorem 1; the law of the length, p(l), belongs to the base measure"


def smallest_rbm() -> Iterator[HashingRBM]:
    """One bit, two words, exp W = (2, 1), u = v = 0, one length."""
    one = np.array([[1.0]])
    yield HashingRBM(1, 2, (1,), np.array([[1.0, 1.0]]), np.array([[2.0, 1.0]]), one, one)


def hidden_law_is(case: HashingRBM, weight: Array) -> Margin:
    """p(z|l) is proportional to the weight [n, codes, lengths]."""
    return Margin.equal(posterior(case.by_length(case.joint)), posterior(weight))


@claim(
    "shekhovtsov-2022/equation-15",
    statement=r"\text{It follows that the consistent joint family is } " + JOINT,
    source=SECTION + ", eq. (15)",
    domain="all m, K >= 1, all W, u, v, every law of the length",
    readings=[
        LOST,
        "the family is the set of joint laws of consistent VAEs of this setting: uniform prior, l independent",
    ],
    rests_on=["shekhovtsov-2022/equation-13", "shekhovtsov-2022/equation-14"],
    effect="Every consistent VAE has a joint law of this form, and that is all that the text uses: its encoders are"
    " linear in counts. But most members have a code that depends on the length, against the setting.",
    by=[exhaustive(smallest_rbm, "one bit, two words, documents of one word")],
    worked=lambda _: [
        "m = 1, K = 2, documents of l = 1 word (h = 1), u = v = 0, exp W = (2, 1)",
        "weights exp(x^T W z): z = 0: 1 + 1 = 2; z = 1: 2 + 1 = 3; so p(z=1) = 3/5, but the prior is uniform",
        "for documents of l words it is 3^l/(2^l + 3^l): the code and the length depend on each other as well",
    ],
)
def members_have_the_prior_of_the_setting(case: HashingRBM) -> Margin:
    """p(z|l) = 2^-m for every length."""
    return hidden_law_is(case, 1 + 0 * case.rates[..., :1])


@members_have_the_prior_of_the_setting.mutant("p(z|l) proportional to exp(x^T W z) at x = e_1")
def _(case: HashingRBM) -> Margin:
    return hidden_law_is(case, case.rates[..., :1])


@members_have_the_prior_of_the_setting.mutant("z = 1 at least twice as probable as z = 0")
def _(case: HashingRBM) -> Margin:
    summed = case.by_length(case.joint)
    return Margin.at_least(summed[..., 1, :], 2 * summed[..., 0, :])


@st.composite
def rbms(draw: DrawFn) -> Instances:
    """Members of (15)."""
    m, words, lengths = draw(sizes())
    counts = (words, words * m, m, len(lengths))
    return Instances(HashingRBM, (m, words, lengths), tuple(draw(weights(count)) for count in counts))


def rate_power(case: HashingRBM, by: int = 1) -> Array:
    """exp(v^T z + l A(z)) by the sum of the rates, for each length (`by` times it): [n, codes, lengths]."""
    summed = monomials(total(case.rates)[..., None], [(by * length,) for length in case.lengths])
    return monomials(case.tilt, codes(case.m))[..., None] * summed


def family_steps() -> Iterator[Step]:
    """Let a VAE of the setting be consistent, and some length >= 1 occur (for l = 0 alone the joint is 2^-m, and the
    condition v = 0). Its log p_k(z) are affine in z, say w_k^T z + u_k (log odds are linear in x, and the encoder's are
    sums over the bits), so its joint p(l) 2^-m h(x) prod_k p_k(z)^x_k is of the form (15).
    Conversely a member of (15) has p(x|z,l) as in (13) with f = Wz + u and p(z|x) as in (14) with g = W^T x + v; by the
    multinomial theorem p(z,l) is proportional to law(l) exp(v^T z + l A(z)), A(z) = log sum_k exp(w_k^T z + u_k). So z
    is uniform and independent of l if and only if v^T z + l A(z) is constant in z for every l that occurs. Two lengths
    l != l': (l - l') A(z) is constant, so A is, and v = 0. With a single length the counts add up to it, and a c in v
    may as well stand as c/l in each row of W.
    """  # noqa: D205 - the proof
    first, second, A, v = sympy.symbols("l k A v", real=True)
    gap = (v + first * A) - (v + second * A)
    yield Step.vanishes("two lengths", gap - (first - second) * A)
    a, b = sympy.symbols("a b", positive=True)
    texts = sum(sympy.binomial(3, k) * a**k * b ** (3 - k) for k in range(4))
    yield Step.vanishes("the multinomial theorem at l = 3, K = 2", sympy.expand(texts - (a + b) ** 3))


@claim(
    "shekhovtsov-2022/equation-15/repair",
    statement=r"\text{the consistent joint family is } " + JOINT + r"\text{ where } v^\top z + l\log\sum_k"
    r" e^{w_k^\top z+u_k} \text{ is constant in } z \text{ for every length } l \text{ that occurs}"
    r" \text{ (two lengths: } v = 0 \text{ and } \sum_k e^{w_k^\top z+u_k} \text{ is constant)}",
    source=SECTION + ", eq. (15), corrected",
    domain="all m, K >= 1, all W, u, v, every law of the length",
    repairs="shekhovtsov-2022/equation-15",
    changes="adds the condition on W, u, v that the uniform prior and the independence of the length impose",
    rests_on=[
        "shekhovtsov-2022/equation-13",
        "shekhovtsov-2022/equation-14",
        "shekhovtsov-2022/remark-linear-in-counts",
    ],
    by=[derivation(family_steps, "all m, K, W, u, v, lengths"), search(rbms(), LINEAR + "; exp v and p(l), too")],
)
def members_have_a_code_that_follows_the_length(case: HashingRBM) -> Margin:
    """p(z|l) is proportional to exp(v^T z + l A(z)), and p(x|z,l) is (13)."""
    joint = case.joint
    summed = case.by_length(joint)
    decoder = Margin.equal(joint, summed[..., case.places] * likelihood(case))
    return decoder & Margin.equal(posterior(summed), posterior(rate_power(case)))


@members_have_a_code_that_follows_the_length.mutant("whatever the length")
def _(case: HashingRBM) -> Margin:
    return hidden_law_is(case, monomials(case.tilt, codes(case.m))[..., None] + 0 * case.law[..., None, :])


@members_have_a_code_that_follows_the_length.mutant("2l in place of l")
def _(case: HashingRBM) -> Margin:
    return hidden_law_is(case, rate_power(case, by=2))


# --- Section 4.3: linear decoders -------------------------------------------------------------------------


def squares(m: int) -> list[tuple[int, int, int, int]]:
    """The numbers of the codes z, z + e_i, z + e_j, z + e_i + e_j for each two bits i, j that are off in z."""
    bits = combinations([1 << i for i in range(m)], 2)
    return [(z, z | i, z | j, z | i | j) for i, j in bits for z in range(2**m) if not z & (i | j)]


def interactions(values: Array, m: int) -> tuple[Array, Array]:
    """Products over both ends, and over both middles, of each square: [n, squares, ...] for values [n, codes, ...].

    They are equal if and only if the logarithms are affine in the code.
    """
    corners = [[square[place] for square in squares(m)] for place in range(4)]
    off, first, second, both = (values[:, place] for place in corners)
    return off * both, first * second


LINEAR_DECODER = (
    r"\text{When the decoder is linear, the posterior distribution is tractable and is linear as well, i.e., the VAE}"
    r" \text{ model is equivalent to a Multinomial-Bernoulli RBM}"
)


def smallest_linear_decoder() -> Iterator[LinearDecoder]:
    """Two bits, two words, f(z) = ((z_1 + z_2) log 2, 0), documents of one word."""
    yield LinearDecoder(2, 2, (1,), np.array([[1.0, 1.0]]), np.array([[2.0, 2.0, 1.0, 1.0]]))


@claim(
    "shekhovtsov-2022/remark-linear-decoder",
    statement=LINEAR_DECODER,
    source="Section 4.3",
    domain="all m, K >= 1, all linear decoders f(z) = Wz + u, uniform prior, every law of the length",
    readings=["the posterior is linear: it is the encoder (14) with logits that are linear in x, as an RBM's is"],
    rests_on=["shekhovtsov-2022/equation-15"],
    effect="The VAE with a linear decoder and the RBM with the same W, u share p(x|z,l), but not the prior: uniform and"
    " exp(v^T z + l A(z)). No prior that ignores the length mends it once two lengths occur. So Section 4.3 did not"
    " train 'the basic RBM model', and e1 is in general not tight for it. Its measured advantage is untouched.",
    by=[exhaustive(smallest_linear_decoder, "two bits, two words, documents of one word")],
    worked=lambda _: [
        "m = K = 2, f(z) = ((z_1 + z_2) log 2, 0): p(word 1|z) = 1/2, 2/3, 2/3, 4/5 at z = 00, 10, 01, 11",
        "the document x = e_1 has the posterior (1/2, 2/3, 2/3, 4/5)/(79/30)",
        "independent bits would need p(00) p(11) = p(10) p(01), but 1/2 * 4/5 = 2/5 and 2/3 * 2/3 = 4/9",
    ],
)
def posterior_of_a_linear_decoder_is_linear(case: LinearDecoder) -> Margin:
    """The posterior's bits are independent: p(z) p(z + e_i + e_j) = p(z + e_i) p(z + e_j)."""
    return Margin.equal(*interactions(posterior(likelihood(case)), case.m))


@posterior_of_a_linear_decoder_is_linear.mutant("with the logits W^T x")
def _(case: LinearDecoder) -> Margin:
    odds = monomials(case.bits.swapaxes(-1, -2), case.docs).swapaxes(-1, -2)
    return Margin.equal(posterior(likelihood(case)), bernoulli(odds, case.m))


@posterior_of_a_linear_decoder_is_linear.mutant("its bits attract each other")
def _(case: LinearDecoder) -> Margin:
    return Margin.at_least(*interactions(posterior(likelihood(case)), case.m))


def linear_decoder_steps() -> Iterator[Step]:
    """log p(z|x) = const(x) + x^T (Wz + u) - l A(z), A(z) = log sum_k exp(w_k^T z + u_k). The middle term is affine in
    z, so for a document with words the posterior is affine in z if and only if A is, say A(z) = c^T z + a; the RBM with
    the rows w_k - c in place of w_k, and u_k - a, v = 0, is then the same model. A function on {0,1}^m is affine if and
    only if all second differences over two bits vanish; for m = 1 there are none, and every decoder will do.
    """  # noqa: D205 - the proof
    x, l, slope, partition = sympy.symbols("x l w A", real=True)  # noqa: E741 - the paper's letter
    second = [sympy.symbols(f"A_{corner}", real=True) for corner in ("00", "10", "01", "11")]
    logs = [x * slope * bits - l * A for bits, A in zip((0, 1, 1, 2), second, strict=True)]
    interaction = logs[0] + logs[3] - logs[1] - logs[2]
    yield Step.vanishes("interaction = -l times A's", interaction + l * (second[0] + second[3] - second[1] - second[2]))
    affine = x * slope - (x * slope - l * partition) - l * partition
    yield Step.vanishes("the rest is linear", affine)


@claim(
    "shekhovtsov-2022/remark-linear-decoder/repair",
    statement=r"\text{When the decoder is linear, the posterior is linear, and the VAE equivalent to a}"
    r" \text{ Multinomial-Bernoulli RBM, if and only if } \log\sum_k e^{w_k^\top z+u_k} \text{ is affine in }"
    r" z\in\{0,1\}^m",
    source="Section 4.3, corrected",
    domain="all m, K >= 1, all linear decoders, uniform prior, every law of the length but that of empty documents",
    repairs="shekhovtsov-2022/remark-linear-decoder",
    changes="adds the condition that the log-partition function is affine in the code",
    rests_on=["shekhovtsov-2022/equation-13"],
    by=[
        derivation(linear_decoder_steps, "all m, K, W, u"),
        search(linear_decoders(least_bits=2), LINEAR + "; two bits at least, as one bit has no interaction"),
    ],
)
def posterior_interacts_as_the_partition_does(case: LinearDecoder) -> Margin:
    """Second differences over two bits: log p(z|x) has -l times those of A(z)."""
    return interaction_is(case, 1)


def interaction_is(case: LinearDecoder, power: int) -> Margin:
    """Second differences of the log posterior are -l `power` times those of A."""
    exponents = [(power * sum(x),) for x in case.docs]
    ends, middles = interactions(posterior(likelihood(case)), case.m)
    partition = interactions(total(case.rates), case.m)
    raised = [monomials(side[..., None], exponents) for side in partition]
    return Margin.equal(ends * raised[0], middles * raised[1])


@posterior_interacts_as_the_partition_does.mutant("always linear")
def _(case: LinearDecoder) -> Margin:
    return interaction_is(case, 0)


@posterior_interacts_as_the_partition_does.mutant("twice as strong")
def _(case: LinearDecoder) -> Margin:
    return interaction_is(case, 2)
