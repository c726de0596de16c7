"""Section 3.1, semantic hashing: the true posterior is linear in word counts."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array
from claims.papers.shekhovtsov_2022.hashing import (
    ANY,
    Decoder,
    decoders,
    likelihood,
    monomials,
    posterior,
    without_base,
    word_odds,
)
from claims.papers.shekhovtsov_2022.hashing_claims import EVERY, SECTION

POSTERIOR = r"p(z\,|\,x) = p(x\,|\,z,l)\,p(z)\,p(l)/p(x)"


def odds_are(case: Decoder, odds: Array) -> Margin:
    """p(z|x) = p(0|x) odds: for all codes z and documents x."""
    p = posterior(likelihood(case))
    return Margin.equal(p, p[..., :1, :] * odds)


def counts_steps() -> Iterator[Step]:
    """By Bayes log p(z|x) - log p(0|x) = log p(x|z,l) - log p(x|0,l), for p(z) and p(l) are constant in z; h(x)
    cancels, and log p(x|z,l) = log h(x) + sum_k x_k log p_k(z). What is left is sum_k x_k log(p_k(z)/p_k(0)): linear
    in x, for every decoder, linear or not.
    """  # noqa: D205 - the proof
    h, x, p, p0 = sympy.symbols("h x_k p_k q_k", positive=True)
    gap = sympy.log(h) + x * sympy.log(p) - sympy.log(h) - x * sympy.log(p0)
    yield Step.vanishes("a word's part of the log odds", gap - x * (sympy.log(p) - sympy.log(p0)))


@claim(
    "shekhovtsov-2022/remark-linear-in-counts",
    statement=POSTERIOR + r". \text{ The prior is constant by design, } p(l) \text{ does not vary with } z \text{ and }"
    r" p(x\,|\,z,l) \text{ factors over all word instances: the coupling between } x \text{ and } z \text{ in }"
    r" \log p(z\,|\,x) \text{ is linear in } x",
    source=SECTION,
    domain=EVERY,
    rests_on=["shekhovtsov-2022/equation-13"],
    by=[derivation(counts_steps, "all decoders"), search(decoders(), ANY)],
)
def coupling_is_linear_in_counts(case: Decoder) -> Margin:
    """log p(z|x) - log p(0|x) = sum_k x_k (log p_k(z) - log p_k(0)) for all codes z and documents x."""
    return odds_are(case, monomials(word_odds(case), case.docs))


@coupling_is_linear_in_counts.mutant("f(z) in place of log p(z)")
def _(case: Decoder) -> Margin:
    return odds_are(case, monomials(case.rates / case.rates[..., :1, :], case.docs))


@coupling_is_linear_in_counts.mutant("which words occur, not how often")
def _(case: Decoder) -> Margin:
    return odds_are(case, monomials(word_odds(case), [tuple(min(count, 1) for count in x) for x in case.docs]))


def repeated(case: Decoder, times: int) -> Array:
    """p(z | x repeated): [n, codes, documents]."""
    return posterior(without_base(case, [tuple(times * count for count in x) for x in case.docs]))


def confidence(case: Decoder, times: int, power: int) -> Margin:
    """The odds of every code against 0 at the document repeated are those at the document, to that power."""
    once, more = posterior(without_base(case)), repeated(case, times)
    exponent = [(power,)]
    raised = monomials(once[..., None], exponent)[..., 0]
    return Margin.equal(more * raised[..., :1, :], more[..., :1, :] * raised)


def evidence_steps() -> Iterator[Step]:
    """The log odds are sum_k x_k log(p_k(z)/p_k(0)), so those of c x are c times those of x, and 0 without words: the
    prior is uniform. A linear encoder W^T x + v does the same from v on; a consistent one has v = 0.
    """  # noqa: D205 - the proof
    x, c, odds = sympy.symbols("x c o", positive=True)
    yield Step.vanishes("a word's part of the log odds", c * x * sympy.log(odds) - c * (x * sympy.log(odds)))


@claim(
    "shekhovtsov-2022/remark-evidence",
    statement=r"\text{it builds up topic confidence in proportion to the evidence (total word counts), as the true}"
    r" \text{ posterior would}",
    source=SECTION,
    domain=EVERY,
    readings=[
        "the confidence in a topic is its log odds against another; those of a linear encoder W^T x + v start at v,"
        " which is 0 where it is consistent",
    ],
    rests_on=["shekhovtsov-2022/remark-linear-in-counts"],
    by=[derivation(evidence_steps, "all decoders, all c"), search(decoders(), ANY + "; each document twice")],
)
def confidence_is_proportional_to_evidence(case: Decoder) -> Margin:
    """The log odds at a document repeated c times are c times those at the document."""
    return confidence(case, 2, 2)


@confidence_is_proportional_to_evidence.mutant("as for frequencies: the repetition changes nothing")
def _(case: Decoder) -> Margin:
    return confidence(case, 2, 1)


@confidence_is_proportional_to_evidence.mutant("grows like the square of the length")
def _(case: Decoder) -> Margin:
    return confidence(case, 2, 4)
