"""Appendix A, the two distances between laws: Definitions 5 and 6, Lemma 7."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims import Constant, Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, absolute, constant, greatest, maximum, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble

PAPER = "pareek-risteski-2022"
SOURCE = "Appendix A"
PAIRS = "laws on 2, 3 and 5 atoms; P zero on none, one or all but one; Q down to 1e-6 at an atom"


@dataclass(frozen=True)
class Pair:
    """A law P that lives on the atoms marked 1 in `kept`, and a law Q that lives on all: P << Q.

    Arrays: the weights `first` and `second` [n, atoms], which need not add up to 1.
    """

    kept: tuple[int, ...]
    first: Array
    second: Array

    @property
    def p(self) -> Array:
        """The law P: [n, atoms]."""
        alive = self.first * constant(list(self.kept), self.first)
        return alive / total(alive)[..., None]

    @property
    def q(self) -> Array:
        """The law Q: [n, atoms]."""
        return self.second / total(self.second)[..., None]


def total_variation(p: Array, q: Array) -> Array:
    """Half the L1 distance of two finite laws: [n]."""
    return total(absolute(p - q)) / 2


def chi_square(p: Array, q: Array) -> Array:
    """E_Q (P/Q - 1)² of two finite laws [n, atoms], q > 0: [n]."""
    return total((p - q) * (p - q) / q)


def over_events(p: Array, q: Array) -> Array:
    """|P(A) - Q(A)| for each of the 2^atoms events A: [n, events]."""
    events = np.array(list(itertools.product((0, 1), repeat=p.shape[-1])))
    return absolute((p - q) @ constant(events, p).T)


#: Q a fair coin: Lemma 7 is an equality there.
COIN = Instances(Pair, ((1, 1),), (PositiveVectorEnsemble(2), PositiveVectorEnsemble((0, 0))))


def _pair(kept: tuple[int, ...], last: float = 1.0) -> Instances:
    count = len(kept)
    scales = (1.0,) * (count - 1) + (last,)
    return Instances(Pair, (kept,), (PositiveVectorEnsemble(count, last), PositiveVectorEnsemble(count, scales)))


def pairs() -> SearchStrategy[Instances]:
    """Laws on 2, 3 and 5 atoms: P everywhere, or on one atom, or on all but the first; Q thin at the last or not."""
    shapes = [((1,) * k, (0,) * (k - 1) + (1,), (0,) + (1,) * (k - 1)) for k in (2, 3, 5)]
    return st.sampled_from([_pair(kept, last) for shape in shapes for kept in shape for last in (1.0, 1e-6)])


def variation_steps() -> Iterator[Step]:
    """P(A) - Q(A) is the integral of p - q over A (densities for a measure that dominates both, such as P + Q), so at
    most that of (p - q)^+, with equality at A = {p > q}. The whole integral of p - q is 0, so (p - q)^+ and (p - q)^-
    have the same integral, half of that of |p - q|. The complement of A gives Q(A) - P(A) the same bound.
    """  # noqa: D205 - the proof
    above, below, missed, caught = sympy.symbols("u v b c", nonnegative=True)
    yield Step.vanishes("u = v gives u = (u + v)/2", (above - (above + below) / 2).subs(below, above))
    yield Step.nonnegative("u - (u - b - c): A misses b of (p - q)^+ and catches c of (q - p)^+", missed + caught)


@claim(
    f"{PAPER}/definition-5",
    statement=r"d_{TV}(P, Q) := \sup_A |P(A) - Q(A)|\ "
    r"\left(= \tfrac12 \|P - Q\|_1, \text{ attained at } \{P > Q\}\right)",
    source=f"{SOURCE}, Definition 5",
    domain="all laws P, Q",
    readings=["in brackets what is not printed, and what the proof of Lemma 12, (24), uses"],
    by=[derivation(variation_steps, "all laws"), search(pairs(), PAIRS + "; all events", corners=(COIN,))],
)
def variation_is_half_the_l1_distance(case: Pair) -> Margin:
    """The largest |P(A) - Q(A)| over all events is half the L1 distance, and {P > Q} attains it."""
    p, q = case.p, case.q
    above = total(maximum(p - q, 0 * p))
    return Margin.equal(greatest(over_events(p, q)), total_variation(p, q)) & Margin.equal(above, total_variation(p, q))


@variation_is_half_the_l1_distance.mutant("the whole L1 distance")
def _(case: Pair) -> Margin:
    return Margin.equal(greatest(over_events(case.p, case.q)), 2 * total_variation(case.p, case.q))


@variation_is_half_the_l1_distance.mutant("events of one atom only")
def _(case: Pair) -> Margin:
    return Margin.equal(greatest(absolute(case.p - case.q)), total_variation(case.p, case.q))


def chi_square_steps() -> Iterator[Step]:
    """With r = dP/dQ, E_Q r = 1 because P << Q; expand the square. It is 0 only if r = 1 Q-almost surely: P = Q."""
    r, mean, second = sympy.symbols("r m s", real=True)
    expanded = sympy.Poly((r - 1) ** 2, r)
    expectation = sum(c * {2: second, 1: mean, 0: 1}[power[0]] for power, c in expanded.terms())
    yield Step.vanishes("E_Q (r - 1)² = E_Q r² - 1", expectation.subs(mean, 1) - (second - 1))
    yield Step.vanishes("without the square: E_Q (r - 1) = 0, whatever P", (mean - 1).subs(mean, 1))


@claim(
    f"{PAPER}/definition-6",
    statement=r"\chi^2(P, Q) := E_Q\left(\frac{P}{Q} - 1\right)^2\ "
    r"\left(= E_Q (P/Q)^2 - 1 \ge 0,\ \text{and } 0 \text{ only for } P = Q\right)",
    source=f"{SOURCE}, Definition 6",
    domain="all laws P << Q",
    readings=[
        "the square was lost in extraction: without it the expectation is 0 for all P",
        "in brackets: not printed",
    ],
    by=[derivation(chi_square_steps, "all laws P << Q"), search(pairs(), PAIRS, corners=(COIN,))],
)
def chi_square_is_a_second_moment(case: Pair) -> Margin:
    """1 + chi² = E_Q (P/Q)² >= 1; and chi² >= 4 d_TV², so it is 0 for P = Q only.

    Absolute continuity is needed: what P puts where Q is 0 is not seen (P a fair coin, Q = (1, 0): 1/4).
    """
    p, q, chi2 = case.p, case.q, chi_square(case.p, case.q)
    variation = total_variation(p, q)
    return Margin.equal(1 + chi2, total(p * p / q)) & Margin.at_least(chi2, 4 * variation * variation)


@chi_square_is_a_second_moment.mutant("without the square")
def _(case: Pair) -> Margin:
    return Margin.equal(1 + total(case.p - case.q), total(case.p * case.p / case.q))


@chi_square_is_a_second_moment.mutant("under P in place of Q")
def _(case: Pair) -> Margin:
    return Margin.equal(1 + chi_square(case.p, case.q), total(case.p * (case.p / case.q) * (case.p / case.q)))


# --- Lemma 7 ----------------------------------------------------------------------------------------------


def jensen_steps() -> Iterator[Step]:
    """With u = |dP/dQ - 1|: d_TV = E_Q u / 2 (definition-5; needs P << Q), chi² = E_Q u², and the variance of u is
    E u² - (E u)² >= 0. Equality holds where u is constant.
    """  # noqa: D205 - the proof
    mean, second = sympy.symbols("m s", nonnegative=True)
    u = sympy.Symbol("u")
    terms = sympy.Poly((u - mean) ** 2, u).terms()
    variance = sum(c * {2: second, 1: mean, 0: 1}[power[0]] for power, c in terms)
    yield Step.vanishes("E (u - E u)² = 4 (chi²/4 - d_TV²)", variance - 4 * (second / 4 - (mean / 2) ** 2))


@claim(
    f"{PAPER}/lemma-7",
    statement=r"P \ll Q:\quad d_{TV}(P, Q) \le \tfrac12 \sqrt{\chi^2(P, Q)}",
    source=f"{SOURCE}, Lemma 7",
    domain="all laws P << Q",
    readings=["the constant is unreadable, 1/2 or 2; read as 1/2, which is sharp, so 2 holds as well"],
    rests_on=[f"{PAPER}/definition-5", f"{PAPER}/definition-6"],
    by=[derivation(jensen_steps, "all laws P << Q"), search(pairs(), PAIRS, corners=(COIN,))],
    constants={"factor": Constant(0.5, 0.98)},
)
def variation_is_at_most_half_the_root_of_chi_square(case: Pair, factor: float = 0.5) -> Margin:
    """d_TV² <= chi²/4 (both sides squared).

    No other lemma uses it: Lemmas 7 and 8 stand in the appendix, and the proof goes through Theorem 3 instead.
    """
    variation = total_variation(case.p, case.q)
    return Margin.at_most(variation * variation, constant(factor, case.p) ** 2 * chi_square(case.p, case.q))


@variation_is_at_most_half_the_root_of_chi_square.mutant("0.4 in place of 1/2")
def _(case: Pair) -> Margin:
    return variation_is_at_most_half_the_root_of_chi_square.margin(case, factor=0.4)


@variation_is_at_most_half_the_root_of_chi_square.mutant("not absolutely continuous: Q dies on the first atom")
def _(case: Pair) -> Margin:
    p, rest = case.p, case.q[..., 1:]
    q = rest / total(rest)[..., None]
    seen = chi_square(p[..., 1:], q)
    variation = (p[..., 0] + total(absolute(p[..., 1:] - q))) / 2
    return Margin.at_most(variation * variation, seen / 4)


def coin_steps() -> Iterator[Step]:
    """P = ((1 + c)/2, (1 - c)/2), Q = (1/2, 1/2): |P/Q - 1| = |c| on both sides of the coin."""
    c = sympy.Symbol("c", nonnegative=True)
    p, q = [(1 + c) / 2, (1 - c) / 2], sympy.Rational(1, 2)
    chi2 = sum((x - q) ** 2 / q for x in p)
    variation = ((p[0] - q) + (q - p[1])) / 2
    yield Step.vanishes("d_TV² = chi²/4", variation**2 - chi2 / 4)


@claim(
    f"{PAPER}/lemma-7/remark-sharper",
    statement=r"Q \text{ a fair coin}:\quad d_{TV}(P, Q) = \tfrac12 \sqrt{\chi^2(P, Q)} \text{ for every } P",
    source=f"{SOURCE}, Lemma 7 (not printed)",
    domain="Q = (1/2, 1/2), all P",
    by=[derivation(coin_steps, "all P"), search(st.just(COIN), "all P on two atoms")],
)
def coin_attains_the_bound(case: Pair) -> Margin:
    """No constant below 1/2 will do."""
    variation = total_variation(case.p, case.q)
    return Margin.equal(variation * variation, chi_square(case.p, case.q) / 4)


@coin_attains_the_bound.mutant("chi²/5")
def _(case: Pair) -> Margin:
    return Margin.equal(total_variation(case.p, case.q) ** 2, chi_square(case.p, case.q) / 5)


@coin_attains_the_bound.mutant("P and Q exchanged")
def _(case: Pair) -> Margin:
    return Margin.equal(total_variation(case.p, case.q) ** 2, chi_square(case.q, case.p) / 4)
