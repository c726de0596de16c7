"""Proof of Theorem 2, one string for all inputs: what the union bound gives is an array of strings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive
from claims.papers.pareek_risteski_2022.events import PROOF
from claims.papers.pareek_risteski_2022.generator import number

STRING = "a pair (i, j) is a noise of the input and a string of noise of the encoder: one string of random numbers"


@dataclass(frozen=True)
class Failures:
    """Equally likely strings, and for each input the set of those that fail on it."""

    strings: int
    fails: tuple[frozenset[int], ...]

    def served(self, string: int) -> frozenset[int]:
        """The inputs on which the string works."""
        return frozenset(x for x, failing in enumerate(self.fails) if string not in failing)

    def greedy(self, count: int) -> frozenset[int]:
        """The inputs on which one of `count` strings works, each chosen to serve most of those that are left."""
        found: frozenset[int] = frozenset()
        for _ in range(count):
            found |= max((self.served(string) for string in range(self.strings)), key=lambda s: len(s - found))
        return found


def small_failures() -> Iterator[Failures]:
    """Five strings, 1..5 inputs, at most one string failing on each: all of them, up to the order of the inputs."""
    sets = [frozenset(), *(frozenset({string}) for string in range(5))]
    for inputs in range(1, 6):
        for fails in itertools.combinations_with_replacement(sets, inputs):
            yield Failures(5, fails)


def _worked_pair(case: Failures) -> list[str]:
    rows = [
        f"string {string}: " + " ".join("fails" if string in failing else "works" for failing in case.fails)
        for string in range(case.strings)
    ]
    return [
        f"{case.strings} equally likely strings (rows), inputs 0..{len(case.fails) - 1} (columns; d = 3, and all"
        " strings work on the other 3 inputs)",
        *rows,
        "for each input 4 of 5 strings work; none works for all inputs; any two together do",
        "fewer inputs will not do: each string must fail somewhere, each input excuses at most 1/5 of them",
    ]


@claim(
    "pareek-risteski-2022/theorem-2/step-one-pair",
    statement=r"\text{by union bound, there is a pair } (i,j), \text{ s.t. the corresponding vectors work for all } x",
    source=PROOF,
    domain="all finite laws of strings and all sets of inputs such that on each input a string works with probability"
    " at least 4/5",
    readings=["all x: all good x, for on others nothing is promised", STRING],
    rests_on=["pareek-risteski-2022/theorem-2/step-union-bound"],
    effect="Quantifiers exchanged: the union bound gives an array of strings in which each good x finds one that works"
    " for it. So the network must hold the whole array (first repair: size poly(d) (|C| + T(d)), not O(|C| + T(d))), or"
    " one string that works for an average fraction of the inputs (step-averaging, which restores the printed size).",
    by=[exhaustive(small_failures, "5 strings, 1..5 inputs, every pattern with at most one failing string an input")],
    worked=_worked_pair,
)
def one_string_serves_all(case: Failures) -> Margin:
    """Some string works on every input."""
    best = max(len(case.served(string)) for string in range(case.strings))
    return Margin.at_least(number(best), number(len(case.fails)))


@one_string_serves_all.mutant("every string works on four fifths of the inputs")
def _(case: Failures) -> Margin:
    worst = min(len(case.served(string)) for string in range(case.strings))
    return Margin.at_least(number(5 * worst), number(4 * len(case.fails)))


@one_string_serves_all.mutant("four of the five strings work on every input")
def _(case: Failures) -> Margin:
    perfect = sum(len(case.served(string)) == len(case.fails) for string in range(case.strings))
    return Margin.at_least(number(perfect), number(4))


def tenths() -> Iterator[Failures]:
    """d = 4: ten equally likely strings, string k fails on input k alone; no string fails on inputs 10..15."""
    yield Failures(10, tuple(frozenset({x} if x < 10 else ()) for x in range(16)))


@claim(
    "pareek-risteski-2022/theorem-2/step-one-pair/remark-within-the-hypothesis",
    statement=r"\text{for } d = 4 \text{ there is an encoder with } d_{TV}(E(\cdot\mid x), p(\cdot\mid x))"
    r" \le \tfrac{1}{10} \text{ for every } x, \text{ no string of which works for all } x",
    source="ours: step-one-pair fails within the hypothesis of Theorem 2, too",
    domain="the one encoder: with string k of ten it draws from another law if sgn(x) is vertex k, else the posterior",
    readings=[
        "d_TV(9/10 p + 1/10 r, p) = d_TV(r, p)/10 <= 1/10 for any laws p, r; here p is a point in the limit beta -> 0",
        STRING,
    ],
    by=[exhaustive(tenths, "ten strings, all sixteen inputs", complete=True)],
)
def no_string_serves_all_within_the_hypothesis(case: Failures) -> Margin:
    """On each input at most a tenth of the strings fails, and each string fails on some input."""
    return _tenth(case, 10, 15)


def _tenth(case: Failures, share: int, most: int) -> Margin:
    failing = max(len(strings) for strings in case.fails)
    best = max(len(case.served(string)) for string in range(case.strings))
    return Margin.at_most(number(share * failing), number(case.strings)) & Margin.at_most(number(best), number(most))


@no_string_serves_all_within_the_hypothesis.mutant("at most an eleventh of the strings fails")
def _(case: Failures) -> Margin:
    return _tenth(case, 11, 15)


@no_string_serves_all_within_the_hypothesis.mutant("each string fails on two inputs")
def _(case: Failures) -> Margin:
    return _tenth(case, 10, 14)


@dataclass(frozen=True)
class GoodPairs:
    """All 2^d inputs, on each of which at least the fraction p of equally likely pairs works."""

    d: int
    p: Fraction
    table: Failures

    @property
    def pairs(self) -> int:
        """ceil(d/p)."""
        return ceil(self.d / self.p)


def good_pairs() -> Iterator[GoodPairs]:
    """p = 4/5, 1/2, 1/5, 1/10: failures in a cycle, in the same block for all, and thirty tables drawn at random."""
    generator = np.random.default_rng(0)
    for p, d in itertools.product((Fraction(4, 5), Fraction(1, 2), Fraction(1, 5), Fraction(1, 10)), range(1, 7)):
        pairs = 20
        failing = int((1 - p) * pairs)
        cycle = [frozenset((x * failing + k) % pairs for k in range(failing)) for x in range(1 << d)]
        yield GoodPairs(d, p, Failures(pairs, tuple(cycle)))
        yield GoodPairs(d, p, Failures(pairs, (frozenset(range(failing)),) * (1 << d)))
        for _ in range(30):
            drawn = [frozenset(generator.permutation(pairs)[:failing].tolist()) for _ in range(1 << d)]
            yield GoodPairs(d, p, Failures(pairs, tuple(drawn)))


def array_steps() -> Iterator[Step]:
    """Among the inputs that are left, each is served by a fraction p of the pairs, so some pair serves at least p of
    them. After t such choices at most 2^d (1-p)^t <= exp(d log 2 - p t) are left: fewer than 1, so none, for
    t >= d/p. What each input finds is right: a pair passes only if C(sgn z) = x, and C is injective.
    """  # noqa: D205 - the proof
    d, p = sympy.symbols("d p", positive=True)
    yield Step.vanishes("d log 2 - p t at t = d/p", d * sympy.log(2) - p * (d / p) - d * (sympy.log(2) - 1))
    yield Step.nonnegative("1 > log 2", 1 - sympy.log(2))


@claim(
    "pareek-risteski-2022/theorem-2/step-one-pair/repair",
    statement=r"\text{there are } \lceil d/p \rceil \text{ pairs } (i,j) \text{ such that for each good } x"
    r" \text{ one of them works, with } p = \tfrac45 \cdot \tfrac{\epsilon}{4}:\ \lceil 5d/\epsilon \rceil"
    r" \text{ pairs in all}",
    source=PROOF,
    domain="all d >= 1, all laws of pairs, all sets of at most 2^d inputs on each of which a pair works with"
    " probability at least p",
    repairs="pareek-risteski-2022/theorem-2/step-one-pair",
    changes="an array of pairs in place of one; the network tries all and outputs the first z with C(sgn z) = x",
    readings=[
        STRING,
        "the array of M M' pairs from the union bound will do as well; this one is smaller",
    ],
    rests_on=["pareek-risteski-2022/theorem-2/step-good-inputs", "pareek-risteski-2022/theorem-2/step-sign"],
    carried_by=[
        "pareek-risteski-2022/theorem-2/step-good-inputs/repair",
        "pareek-risteski-2022/theorem-2/step-sign/repair",
    ],
    by=[
        derivation(array_steps, "all laws of pairs and all inputs"),
        exhaustive(good_pairs, "d = 1..6, p = 4/5, 1/2, 1/5, 1/10; 20 pairs; cycles, blocks, 30 tables at random each"),
    ],
)
def an_array_serves_all(case: GoodPairs) -> Margin:
    """ceil(d/p) pairs, chosen greedily, leave no input without one that works."""
    return _all_served(case, case.table.greedy(case.pairs))


def _all_served(case: GoodPairs, found: frozenset[int]) -> Margin:
    return Margin.equal(number(len(found)), number(len(case.table.fails)))


@an_array_serves_all.mutant("one pair, as printed")
def _(case: GoodPairs) -> Margin:
    return _all_served(case, case.table.greedy(1))


@an_array_serves_all.mutant("an eighth as many pairs")
def _(case: GoodPairs) -> Margin:
    return _all_served(case, case.table.greedy(ceil(case.pairs / 8)))


@an_array_serves_all.mutant("the first pairs, whichever they are")
def _(case: GoodPairs) -> Margin:
    served = [case.table.served(string) for string in range(min(case.pairs, case.table.strings))]
    return _all_served(case, frozenset().union(*served))
