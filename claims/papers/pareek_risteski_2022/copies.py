"""Proof of Theorem 2, the repetitions: M noisy inputs, M' noise strings of the encoder, and the union bound over x."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Constant, Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, concatenate, constant, exp, greatest, log
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.events import PROOF
from claims.papers.pareek_risteski_2022.generator import number
from claims.papers.pareek_risteski_2022.laws import weights

#: Constants in M' = c log d that are tried. What fails for each of them fails for every c: see the worked witnesses.
CONSTANTS = (1, 10, 100, 1000, 10**6)

READ_M = (
    "M is unreadable, so it may be of any size, even infinite: the encoder of the witness fails by its own noise alone"
)
READ_LOG = (
    "M' = Omega(log d) is read as M' = ceil(c log d) for a constant c, as 'taking the constants sufficiently large'"
    " says; taken literally Omega also admits the M' = d of the repair"
)
WITNESS = (
    "the encoder of the witness draws from the posterior, so is small only where C is easy to invert; but these"
    " sentences do not use the encoder's size"
)
SHARED = "the strings of the encoder's noise are indexed by j alone: all M noisy inputs share them"


def copies(c: int, d: int) -> int:
    """M' = ceil(c log d)."""
    return math.ceil(c * math.log(d))


def first_failure(c: int, scale: float) -> int:
    """The least d >= 2 with d > scale * ceil(c log d): the least fixed point of a monotone map, from below."""
    d = 2
    while d <= (reached := scale * copies(c, d)):
        d = math.floor(reached) + 1
    return d


@dataclass(frozen=True)
class Repetitions:
    """For each pair of constants the dimension where the promise fails: (c, slowness of the rate, d)."""

    rows: tuple[tuple[int, int, int], ...]


def chernoff_cases() -> Iterator[Repetitions]:
    """One case, for the statement says "for some constants": c as above, and rates 1, 1/10, 1/100, 1/1000."""
    slowness = (1, 10, 100, 1000)
    yield Repetitions(tuple((c, k, first_failure(c, k * math.log(10))) for c in CONSTANTS for k in slowness))


def _chernoff(case: Repetitions, ways: int, count: Callable[[int, int], int] = copies) -> Margin:
    rows = [(count(c, d), k, d) for c, k, d in case.rows]
    margins = [k * m * log(number(ways)) - number(d) for m, k, d in rows]
    best = greatest(concatenate([m[:, None] for m in margins], -1))
    return Margin.at_least(best, 0 * best)


def _worked_chernoff(case: Repetitions) -> list[str]:
    lines = [
        f"c = {c}, promised exp(-d/{k}): at d = {d} all M' = ceil({c} log {d}) = {copies(c, d)} strings fail with"
        f" probability 10^-{copies(c, d)} = exp(-{copies(c, d) * math.log(10):.9g}) > exp(-{d / k:.9g})"
        for c, k, d in case.rows
        if c <= 100 and k in (1, 100)
    ]
    return [
        "E draws from the posterior with probability 9/10 and answers wrongly with probability 1/10, decided by its"
        " own noise: d_TV <= 1/10 for every x, as the theorem asks",
        *lines,
        "in general 10^-M' >= d^(-c log 10)/10, a power of d, and no power of d is exp(-Omega(d))",
    ]


@claim(
    "pareek-risteski-2022/theorem-2/step-chernoff",
    statement=r"M' = \Omega(\log d).\ \text{By Chernoff bounds, with probability } 1 - \exp(-\Omega(d)),"
    r" \text{ at least one pair of indices } (i,j) \text{ is such that } C(\mathrm{sgn}(z)) = x",
    source=PROOF,
    domain="all encoders with d_TV <= 1/10; some c, k > 0 such that for all d >= 2, M' = ceil(c log d): exp(-k d)",
    readings=[READ_M, READ_LOG, SHARED, WITNESS],
    rests_on=["pareek-risteski-2022/theorem-2/step-good-inputs"],
    effect="Too few strings: log d of them fail together with probability 1/poly(d), for every constant. Harmless for"
    " the theorem: d strings suffice and are still poly(d) many.",
    by=[exhaustive(chernoff_cases, "c = 1..10^6, k = 1..1/1000; each at the least d where it fails")],
    worked=_worked_chernoff,
)
def few_strings_suffice(case: Repetitions) -> Margin:
    """For some c and k, 10^-M' <= exp(-k d) at every d."""
    return _chernoff(case, 10)


@few_strings_suffice.mutant("each string fails with probability 1/5, as the step before has it")
def _(case: Repetitions) -> Margin:
    return _chernoff(case, 5)


@few_strings_suffice.mutant("half as many strings")
def _(case: Repetitions) -> Margin:
    return _chernoff(case, 10, lambda c, d: copies(c, d) // 2)


def union_cases() -> Iterator[Repetitions]:
    """One case: each c at the least d where 2^d 10^-M' >= 1."""
    yield Repetitions(tuple((c, 1, first_failure(c, math.log2(10))) for c in CONSTANTS))


def _union(case: Repetitions, ways: int, words: int = 2, count: Callable[[int, int], int] = copies) -> Margin:
    margins = [count(c, d) * log(number(ways)) - d * log(number(words)) for c, _, d in case.rows]
    return Margin.positive(greatest(concatenate([m[:, None] for m in margins], -1)))


def _worked_union(case: Repetitions) -> list[str]:
    lines = [
        f"c = {c}: at d = {d}, M' = {copies(c, d)}: 2^{d} 10^-{copies(c, d)} = exp("
        f"{d * math.log(2) - copies(c, d) * math.log(10):.3g}) > 1; with 1/5 in place of 1/10 already at"
        f" d = {first_failure(c, math.log2(5))}"
        for c, _, d in case.rows
    ]
    general = "for every c >= 1 and d >= 12 c²: (c log d + 1) log 10 < d log 2, as log d <= (2/e) sqrt(d)"
    return [*lines, general]


@claim(
    "pareek-risteski-2022/theorem-2/step-union-bound",
    statement=r"\text{Since the total number of possible strings } x \text{ is } 2^d, \text{ taking the constants in }"
    r" M, M' \text{ sufficiently large, by union bound: } 2^d \Pr[\text{no pair works for } x] < 1",
    source=PROOF,
    domain="all encoders with d_TV <= 1/10; some c such that for all d >= 2, M' = ceil(c log d)",
    readings=[READ_M, READ_LOG, SHARED, WITNESS],
    rests_on=["pareek-risteski-2022/theorem-2/step-chernoff"],
    effect="The constants cannot be taken large enough. Harmless for the theorem: M >= 4(d+1)/eps and M' >= d do.",
    by=[exhaustive(union_cases, "c = 1..10^6, each at the least d where it fails")],
    worked=_worked_union,
)
def union_bound_with_few_strings(case: Repetitions) -> Margin:
    """For some c, 2^d 10^-M' < 1 at every d."""
    return _union(case, 10)


@union_bound_with_few_strings.mutant("each string fails with probability 1/5, as the step before has it")
def _(case: Repetitions) -> Margin:
    return _union(case, 5)


@union_bound_with_few_strings.mutant("3^d strings x")
def _(case: Repetitions) -> Margin:
    return _union(case, 10, words=3)


@dataclass(frozen=True)
class Sizes:
    """M and M' from their least values on, and the chance a of a good noisy input.

    Arrays [n, 1]: `share` (a = 1/(1 + share)), `more`, `further` (what M and M' have beyond the least).
    """

    d: int
    share: Array
    more: Array
    further: Array

    def missed(self, *, first: float = 1.0, second: float = 1.0) -> Array:
        """Probability that no pair works: no good x~ among M >= first (d+1)/a, or M' >= second d strings failing."""
        share = self.share[..., 0]
        m = constant(first * (self.d + 1), share) * (1 + share) + self.more[..., 0]
        strings = constant(second * self.d, share) + self.further[..., 0]
        no_input = exp(m * log(share / (1 + share)))
        no_string = exp(-strings * log(constant(5.0, share)))
        return no_input + no_string - no_input * no_string


@st.composite
def sizes(draw: DrawFn) -> Instances:
    """d in 1..16, 32, 64, 128; a = eps/4 over the whole of (0, 1); M, M' from their least values up."""
    d = draw(st.one_of(st.integers(1, 16), st.sampled_from([32, 64, 128])))
    return Instances(Sizes, (d,), (draw(weights(1)), draw(weights(1)), draw(weights(1))))


#: a nearly 0, M and M' at their least.
TIGHT = tuple(
    Instances(Sizes, (d,), (PositiveVectorEnsemble(1, 1e6), *(PositiveVectorEnsemble(1, 1e-9),) * 2))
    for d in (1, 2, 16, 128)
)
SCOPE = "d in 1..16, 32, 64, 128; a over twelve decades of odds; M, M' from their least values on"
NOISES = "all d >= 1, all a in (0, 1], all M >= (d+1)/a, M' >= d, independent xi_i and independent strings"


def chernoff_steps() -> Iterator[Step]:
    """Let x be good: a noisy input is good with probability at least a. None of M is, with probability at most (1-a)^M
    <= exp(-a M) <= exp(-(d+1)). Given a good one, the strings are independent of it and of each other, and each fails
    with probability at most 1/5: all with at most 5^-d. So some pair works, with probability at least
    (1 - (1-a)^M)(1 - 5^-M'), and the rest is at most exp(-d-1) + 5^-d = exp(-d) (1/e + (e/5)^d) <= exp(-d), for
    e/5 < 1 and 1/e + e/5 <= 1.
    """  # noqa: D205 - the proof
    odds = sympy.Symbol("s", positive=True)  # a = 1/(1 + s), and -log(1 - a) = log(1 + 1/s) >= 1/(1 + s)
    gap = sympy.log(1 + 1 / odds) - 1 / (1 + odds)
    slope = sympy.together(sympy.diff(gap, odds))
    yield Step.vanishes("d/ds (log(1 + 1/s) - 1/(1+s)) = -1/(s (1+s)²) < 0", slope + 1 / (odds * (1 + odds) ** 2))
    yield Step.limit("log(1 + s) falls to 0 with s = 1/t: log(1 + t) - t/(1+t)", gap.subs(odds, 1 / odds), odds, 0, 0)
    yield Step.nonnegative("1 - 1/e - e/5", 1 - sympy.exp(-1) - sympy.E / 5)
    yield Step.nonnegative("5 - e", 5 - sympy.E)


@claim(
    "pareek-risteski-2022/theorem-2/step-chernoff/repair",
    statement=r"M \ge (d+1)/a,\ M' \ge d:\ \text{with probability at least } 1 - \exp(-d) \text{ at least one pair}"
    r" (i,j) \text{ is such that } C(\mathrm{sgn}(z)) = x, \text{ for each } x \text{ with } A \ge a",
    source=PROOF,
    domain=NOISES,
    repairs="pareek-risteski-2022/theorem-2/step-chernoff",
    changes="M' >= d in place of Omega(log d), and M >= (d+1)/a for the unreadable M: 4(d+1)/eps with a = eps/4",
    readings=["the exponent is that which the proof announces for C'': with probability 1 - exp(-d)"],
    rests_on=[
        "pareek-risteski-2022/theorem-2/step-good-inputs",
        "pareek-risteski-2022/theorem-2/step-one-fifth",
        "pareek-risteski-2022/theorem-2/step-sign",
    ],
    carried_by=[
        "pareek-risteski-2022/theorem-2/step-good-inputs/repair",
        "pareek-risteski-2022/theorem-2/step-one-fifth/repair",
        "pareek-risteski-2022/theorem-2/step-sign/repair",
    ],
    by=[derivation(chernoff_steps, "all d, a, M, M'"), search(sizes(), SCOPE, corners=TIGHT)],
    constants={"rate": Constant(1.0, 1.01)},
)
def enough_strings_suffice(case: Sizes, rate: float = 1.0) -> Margin:
    """The probability that no pair works is at most exp(-d)."""
    return _rarely_missed(case, case.missed(), rate)


def _rarely_missed(case: Sizes, missed: Array, rate: float = 1.0) -> Margin:
    return Margin.at_most(missed, exp(constant(-rate * case.d, missed) + 0 * missed))


@enough_strings_suffice.mutant("M' >= d/4")
def _(case: Sizes) -> Margin:
    return _rarely_missed(case, case.missed(second=0.25))


@enough_strings_suffice.mutant("M >= (d+1)/(2a)")
def _(case: Sizes) -> Margin:
    return _rarely_missed(case, case.missed(first=0.5))


def union_steps() -> Iterator[Step]:
    """2^d exp(-d) = (2/e)^d < 1."""
    yield Step.nonnegative("1 > log 2", 1 - sympy.log(2))


@claim(
    "pareek-risteski-2022/theorem-2/step-union-bound/repair",
    statement=r"M \ge (d+1)/a,\ M' \ge d:\ 2^d \Pr[\text{no pair works for } x] < 1",
    source=PROOF,
    domain=NOISES,
    repairs="pareek-risteski-2022/theorem-2/step-union-bound",
    changes="M' >= d and M >= (d+1)/a",
    rests_on=["pareek-risteski-2022/theorem-2/step-chernoff"],
    carried_by=["pareek-risteski-2022/theorem-2/step-chernoff/repair"],
    by=[derivation(union_steps, "all d, a, M, M'"), search(sizes(), SCOPE, corners=TIGHT)],
)
def union_bound_with_enough_strings(case: Sizes) -> Margin:
    """The expected number of inputs for which no pair works is below 1, so some array leaves none."""
    return _few_missed(case, 2, case.missed())


def _few_missed(case: Sizes, words: int, missed: Array) -> Margin:
    return Margin.positive(1 - exp(case.d * log(constant(float(words), missed) + 0 * missed)) * missed)


@union_bound_with_enough_strings.mutant("3^d strings x")
def _(case: Sizes) -> Margin:
    return _few_missed(case, 3, case.missed())


@union_bound_with_enough_strings.mutant("M >= (d+1)/(2a)")
def _(case: Sizes) -> Margin:
    return _few_missed(case, 2, case.missed(first=0.5))
