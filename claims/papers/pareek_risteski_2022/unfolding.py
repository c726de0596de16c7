"""Proof of Theorem 2: the recursion (53) unfolded."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, maximum
from claims.engine.strategies import PositiveEnsemble, positive, split
from claims.papers.pareek_risteski_2022.closed_form import T2, sum_steps
from claims.papers.pareek_risteski_2022.precision import fraction, geometric, power
from claims.papers.pareek_risteski_2022.precision_steps import SOURCE


@dataclass(frozen=True, repr=False)
class Recursion:
    """E_0 = 0, E_{s+1} = q E_s + c - slack_s, s = 0..t. Arrays: `q` = LNW, `c` [n] positive."""

    t: int
    q: Array
    c: Array

    def __repr__(self) -> str:
        return f"Recursion(t={self.t})"


@dataclass(frozen=True)
class Recursions:
    """Recursions of one length."""

    t: int
    q: PositiveEnsemble
    c: PositiveEnsemble

    @property
    def size(self) -> int:
        """Two numbers."""
        return 2

    def build(self, free: Float[Tensor, "n size"]) -> Recursion:
        """A batch of instances."""
        q, c = split(free, (self.q, self.c))
        return Recursion(self.t, self.q.build(q), self.c.build(c))


@st.composite
def recursions(draw: DrawFn) -> Recursions:
    """t in 0..12; q over four decades, c over six."""
    return Recursions(draw(st.integers(0, 12)), draw(positive(scales=(1e-2, 1e2))), draw(positive(scales=(1e-3, 1e3))))


def _small_recursions() -> Iterator[Recursion]:
    for t, q in itertools.product(range(4), (2.0, 1.0, 4.0, 0.5)):
        yield Recursion(t, np.array([q]), np.array([1.0]))


SMALL = "t in 0..3, LNW in 1/2, 1, 2, 4, LNM delta_w + delta_a = 1"
UNFOLDED = "all t >= 0, all LNW > 0, all LNM delta_w + delta_a > 0"


def _unrolled(case: Recursion) -> Array:
    error = 0 * case.q
    for _ in range(case.t + 1):
        error = case.q * error + case.c
    return error


@claim(
    f"{T2}/step-unfolding-sum",
    statement=r"E_{t+1} \le \sum_{i=0}^{t} (LNW)^i (LNM\delta_w + \delta_a)",
    source=SOURCE + ", 'unfolding the recursion', first inequality",
    domain=UNFOLDED + ", all E_t with (53) and E_0 = 0",
    by=[derivation(sum_steps, "all t, LNW and c"), search(recursions(), "t in 0..12, LNW over four decades")],
    rests_on=[f"{T2}/step-equation-53"],
)
def recursion_unfolds_to_a_sum(case: Recursion) -> Margin:
    """The largest E_{t+1} that (53) admits is the geometric sum with t + 1 terms."""
    return Margin.at_most(_unrolled(case), geometric(case.q, case.t + 1) * case.c)


@recursion_unfolds_to_a_sum.mutant("one term fewer")
def _(case: Recursion) -> Margin:
    return Margin.at_most(_unrolled(case), geometric(case.q, case.t) * case.c)


@recursion_unfolds_to_a_sum.mutant("0.99 of it")
def _(case: Recursion) -> Margin:
    return Margin.at_most(_unrolled(case), 0.99 * geometric(case.q, case.t + 1) * case.c)


@claim(
    f"{T2}/step-unfolding",
    statement=r"\sum_{i=0}^{t} (LNW)^i (LNM\delta_w + \delta_a) \le (LNW)^t (LNM\delta_w + \delta_a)",
    source=SOURCE + ", 'unfolding the recursion', second inequality",
    domain=UNFOLDED,
    effect="False at every t >= 1, for a sum of positive terms exceeds its last one. For LNW >= 2 it is less than twice"
    " the last term, so one factor 2 mends it there; for LNW near 1 a factor t + 1 is needed.",
    by=[exhaustive(_small_recursions, SMALL)],
    worked=lambda case: [
        f"t = {case.t}, LNW = {fraction(case.q[0])}, LNM delta_w + delta_a = 1",
        f"{' + '.join(fraction(case.q[0] ** i) for i in range(case.t + 1))} > {fraction(case.q[0] ** case.t)}",
    ],
)
def sum_is_at_most_its_last_term(case: Recursion) -> Margin:
    """1 + q + ... + q^t <= q^t."""
    return Margin.at_most(geometric(case.q, case.t + 1), power(case.q, case.t))


@sum_is_at_most_its_last_term.mutant("the first term")
def _(case: Recursion) -> Margin:
    return Margin.at_most(geometric(case.q, case.t + 1), power(case.q, 0))


@sum_is_at_most_its_last_term.mutant("3/2 of the last term")
def _(case: Recursion) -> Margin:
    return Margin.at_most(geometric(case.q, case.t + 1), 1.5 * power(case.q, case.t))


def unfolding_steps() -> Iterator[Step]:
    """For q >= 1 each of the t + 1 terms q^i, i <= t, is at most q^t; for q <= 1 each is at most 1. For q >= 2 the sum
    is (q^{t+1} - 1)/(q - 1) < q^{t+1}/(q - 1) <= 2 q^t, as q <= 2 (q - 1).
    """  # noqa: D205 - the proof
    more, gap = sympy.symbols("m g", nonnegative=True)
    i = sympy.Symbol("i", integer=True, nonnegative=True)
    q = 1 + more
    yield Step.nonnegative("q^{i+1} - q^i at q = 1 + m", q**i * more)
    yield Step.vanishes("q^{i+1} - q^i = q^i m", sympy.expand(q ** (i + 1) - q**i - q**i * more))
    yield Step.nonnegative("2 (q - 1) - q at q = 2 + g", sympy.expand(2 * (1 + gap) - (2 + gap)))


@claim(
    f"{T2}/step-unfolding/repair",
    statement=r"\sum_{i=0}^{t} (LNW)^i (LNM\delta_w + \delta_a) \le (t+1)\max(1, LNW)^t (LNM\delta_w + \delta_a)",
    source=SOURCE + ", 'unfolding the recursion', second inequality",
    domain=UNFOLDED,
    repairs=f"{T2}/step-unfolding",
    changes="t + 1 terms in place of one, and max(1, LNW) in place of LNW",
    by=[derivation(unfolding_steps, "all t and LNW"), search(recursions(), "t in 0..12, LNW over four decades")],
)
def sum_is_at_most_its_length_times_the_largest(case: Recursion) -> Margin:
    """1 + q + ... + q^t <= (t + 1) max(1, q)^t, with equality at q = 1."""
    return Margin.at_most(geometric(case.q, case.t + 1), (case.t + 1) * power(maximum(case.q, 1), case.t))


@sum_is_at_most_its_length_times_the_largest.mutant("t in place of t + 1")
def _(case: Recursion) -> Margin:
    return Margin.at_most(geometric(case.q, case.t + 1), case.t * power(maximum(case.q, 1), case.t))


@sum_is_at_most_its_length_times_the_largest.mutant("max(1, LNW)^{t/2}")
def _(case: Recursion) -> Margin:
    return Margin.at_most(geometric(case.q, case.t + 1), (case.t + 1) * power(maximum(case.q, 1), case.t // 2))
