"""Proof of Lemma 14: the reflection principle for F and what is made of it, eqs. (35) to (37).

F returns towards 0 at the rate w/2, so it is no martingale and the principle does not hold: (35) to (37) bound the
supremum over [0, T] by the law at T alone, which does not grow with T beyond its stationary limit. The witnesses look
at the times k tau only, which bounds the supremum from below: whatever F was, |F| is below b after tau with at most
2 Phi(b/s) - 1, s² = (1 - e^{-w tau})/w (a normal variable falls into an interval around 0 most often if its mean is 0),
so that n looks find it there each time with at most the n-th power.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from claims import Margin, claim, exhaustive
from claims.engine.arithmetic import Array, constant, exp, log, upper_gamma
from claims.papers.pareek_risteski_2022.upper_bound.square_root_process import L14, PROOF

#: w tau: the looks are five time constants apart.
APART = 5
SKELETON = "bounded at the times k tau, w tau = 5: from below only, which suffices against an upper bound"


@dataclass(frozen=True)
class Looks:
    """N independent copies of F, looked at n times, tau apart, T = n tau. Array `value` [1, 1]: a sqrt(w), r or eps."""

    N: int
    n: int
    value: Array

    def variance(self) -> Array:
        """1 - e^{-wT}: w times the variance of F(T)."""
        return 1 - exp(constant([[-APART * self.n]], self.value))

    def leaves(self, square: Array) -> Array:
        """A lower bound of Pr[some w F_i(t)² > square, t <= T]."""
        once = upper_gamma(0.5, square / (2 * (1 - exp(constant([[-APART]], square)))))
        return 1 - exp(self.N * self.n * log(1 - once))

    def told(self, square: float) -> list[str]:
        """The numbers of that bound."""
        s = math.sqrt(-math.expm1(-APART))
        b = math.sqrt(square)
        once = float(2 * norm.cdf(b / s) - 1)
        copies = f" and {self.N} copies" if self.N > 1 else ""
        return [
            f"w = 1, T = {APART * self.n}, looks at t = 5, 10, ..., {APART * self.n}: s = sqrt(1 - e^-5) = {s:.6f}",
            f"|F(t)| < {b:.6g} at one look: at most 2 Phi({b / s:.5g}) - 1 = {once:.6g}, whatever was before",
            f"at all {self.n} looks{copies}: at most {once:.6g}^{self.n * self.N} = {once ** (self.n * self.N):.4g}",
        ]


def looks(values: tuple[float, ...], copies: tuple[int, ...] = (1,)) -> Iterator[Looks]:
    """Each value at 1, 10, 100, ..., 10^7 looks."""
    for value, N, k in itertools.product(values, copies, range(8)):
        yield Looks(N, 10**k, np.array([[value]]))


def _worked_reflection(case: Looks) -> list[str]:
    a = float(case.value[0, 0])
    right = float(2 * norm.sf(a / math.sqrt(-math.expm1(-APART * case.n))))
    return [
        *case.told(a * a),
        "by symmetry F itself exceeds a with at least half the probability with which |F| does",
        f"so the left side is at least {float((case.leaves(case.value * case.value) / 2)[0, 0]):.4g}; the right is"
        f" 2 Pr[F(T) >= {a:g}] = {right:.4g}",
    ]


@claim(
    f"{L14}/step-35",
    statement=r"\forall T > 0, \forall a > 0\ \Pr[\exists t \in [0,T], F(t) \ge a] = 2\Pr[F(T) \ge a]",
    source=f"{PROOF}, eq. (35): applying the reflection principle to F(t)",
    domain="all T, a, w > 0",
    rests_on=[f"{L14}/step-34"],
    effect="(36), (37), Lemma 14 and Lemma 13 inherit it: each says 'for all T' what holds up to some T only. Theorem 1"
    " needs wT <= 64 A log(16A/eps) log(1/eps) only, a polynomial in d and log(1/eps), for which lemma-13/repair keeps"
    " the printed radius.",
    by=[exhaustive(lambda: looks((1.0, 2.0, 4.0)), f"a sqrt(w) = 1, 2, 4; wT = 5..5 10^7; {SKELETON}")],
    worked=_worked_reflection,
)
def reflection_as_printed(case: Looks) -> Margin:
    """A lower bound of the left side is at most the right side."""
    return _reflects(case, 1.0)


def _reflects(case: Looks, factor: float) -> Margin:
    square = case.value * case.value
    # 2 Pr[F(T) >= a] is Pr[|F(T)| >= a].
    right = constant(factor, square) * upper_gamma(0.5, square / (2 * case.variance()))
    return Margin.at_most(case.leaves(square) / 2, right)


@reflection_as_printed.mutant("Pr[F(T) >= a]")
def _(case: Looks) -> Margin:
    return _reflects(case, 0.5)


@reflection_as_printed.mutant("3/2 Pr[F(T) >= a]")
def _(case: Looks) -> Margin:
    return _reflects(case, 0.75)


def _worked_36(case: Looks) -> list[str]:
    r = float(case.value[0, 0])
    square = 2 * r * r * -math.expm1(-APART * case.n)
    return [
        *case.told(square),
        f"so |F| exceeds r sqrt(2 (1 - e^-T)) with at least {float(_left_36(case)[0, 0]):.4g} > 4 e^(-r²) ="
        f" {4 * math.exp(-r * r):.4g} at r = {r:g}",
    ]


def _left_36(case: Looks) -> Array:
    return case.leaves(2 * case.value * case.value * case.variance())


@claim(
    f"{L14}/step-36",
    statement=r"\forall T > 0, \forall r > 0\ \Pr\left[\exists t \in [0,T], |F(t)| \ge r\sqrt{\tfrac2w(1 - e^{-wT})}"
    r"\right] \le 4e^{-r^2}",
    source=f"{PROOF}, eq. (36)",
    domain="all T, r, w > 0",
    readings=["a = r sqrt((2/w)(1 - e^{-wT})), for which the Gaussian tail is e^{-r²}: the root is lost in the text"],
    rests_on=[f"{L14}/step-35", f"{L14}/step-tail"],
    effect="As (35): right for small T, false for large T.",
    by=[exhaustive(lambda: looks((2.0, 3.0)), f"r = 2, 3; wT = 5..5 10^7; {SKELETON}")],
    worked=_worked_36,
)
def two_sided_bound(case: Looks) -> Margin:
    """A lower bound of the left side is at most 4 e^{-r²}."""
    return Margin.at_most(_left_36(case), 4 * exp(-case.value * case.value))


@two_sided_bound.mutant("2 e^{-r²}")
def _(case: Looks) -> Margin:
    return Margin.at_most(_left_36(case), 2 * exp(-case.value * case.value))


@two_sided_bound.mutant("8 e^{-r²}")
def _(case: Looks) -> Margin:
    return Margin.at_most(_left_36(case), 8 * exp(-case.value * case.value))


def _left_37(case: Looks) -> Array:
    return case.leaves(2 * log(4 * case.N / case.value) * case.variance())


def _worked_37(case: Looks) -> list[str]:
    eps = float(case.value[0, 0])
    return [
        *case.told(2 * math.log(4 * case.N / eps) * -math.expm1(-APART * case.n)),
        f"so the event has probability at most {1 - float(_left_37(case)[0, 0]):.4g} < 1 - eps = {1 - eps:g}",
    ]


EPSILONS = (0.5, 0.1, 1e-3)


@claim(
    f"{L14}/step-37",
    statement=r"\forall T > 0 \text{ w.p. } 1 - \epsilon: \forall t \in [0,T], \forall i \in [N],\ "
    r"(V_t^{(i)} - V_0^{(i)}e^{-wt/2})^2 \le \frac2w\log\left(\frac{4N}\epsilon\right)(1 - e^{-wT})",
    source=f"{PROOF}, eq. (37): a union bound over the indices",
    domain="all T, w > 0, all N >= 1, 0 < eps < 1",
    rests_on=[f"{L14}/step-36"],
    effect="As (35). The union bound itself is right.",
    by=[exhaustive(lambda: looks(EPSILONS, (1, 4)), f"eps = 1/2, 1/10, 1/1000; N = 1, 4; wT = 5..5 10^7; {SKELETON}")],
    worked=_worked_37,
)
def all_coordinates_stay(case: Looks) -> Margin:
    """A lower bound of the probability that some coordinate leaves is at most eps."""
    return Margin.at_most(_left_37(case), case.value)


@all_coordinates_stay.mutant("with probability 1 - eps/2")
def _(case: Looks) -> Margin:
    return Margin.at_most(_left_37(case), case.value / 2)


@all_coordinates_stay.mutant("log(8N/eps)")
def _(case: Looks) -> Margin:
    return Margin.at_most(case.leaves(2 * log(8 * case.N / case.value) * case.variance()), case.value)
