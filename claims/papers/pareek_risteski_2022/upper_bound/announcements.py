"""Section 4's announcements and equation (1): what the noise level must satisfy, and how long everything runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, greatest, log, minimum, sqrt
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.effective_region import L11, RADIUS, Region
from claims.papers.pareek_risteski_2022.upper_bound.mixing_time import L2, PR
from claims.papers.pareek_risteski_2022.upper_bound.narrow import NARROW, SMALL, Narrow, places
from claims.papers.pareek_risteski_2022.upper_bound.whole_budget import T1

E1 = f"{PR}/equation-1"

# --- equation (1) -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NearOne:
    """d = 1, m = M = M2 = M3 = 1, x = 0; all eps = 1 - gap at once. Array `gap` [1, k]."""

    gap: Array

    def allowed(self) -> Array:
        """beta_0 of Lemma 13: [1, k]."""
        return 1 / (24 * sqrt(2 * log(32 / (1 - self.gap))))

    def some(self, power: float = 0.5, share: float = 1.0) -> Margin:
        """For some constant c, c/log(1/eps)^power <= share beta_0 for all eps of the family."""
        best = None
        for k in range(0, 13, 3):
            bound = constant([[10.0**-k]], self.gap) / (-log(1 - self.gap)) ** power
            worst = greatest(bound - share * self.allowed())
            best = worst if best is None else minimum(best, worst)
        assert best is not None
        return Margin.at_most(best, 0 * best)


def near_one() -> Iterator[NearOne]:
    """One case: eps = 1 - 10^-1, ..., 1 - 10^-30."""
    yield NearOne(np.array([[10.0**-k for k in range(1, 31)]]))


@claim(
    E1,
    statement=r"\beta \le O\left(\frac1{d^{1.5}\sqrt{\log(d/\epsilon)}}\right) \implies \beta \le \beta_0 \text{ of"
    r" Lemma 13}",
    source="Section 2.1, equation (1)",
    domain="all d >= 1, 0 < eps < 1, all m, M, M2, M3, ‖x‖ = O(sqrt d); some constant in O",
    readings=[RADIUS, "what (1) is for: Lemmas 2, 4, 11, 13 and 17 are about beta <= beta_0"],
    rests_on=[L11],
    effect="Harmless: at d = 1 and eps -> 1, log(d/eps) -> 0 and (1) asks nothing of beta. log(2d/eps), or eps <="
    " 1/2, or d >= 2 does.",
    by=[exhaustive(near_one, "d = 1, all constants 1, x = 0; eps = 1 - 10^-1..10^-30; c = 1, 10^-3, ..., 10^-12")],
    worked=lambda _: [
        "d = 1, m = M = M2 = M3 = 1, x = 0: A = 2, beta_0 = (1/6)/(4 sqrt(2 log(32/eps))) <= 1/(24 sqrt(2 log 32)) ="
        f" {1 / (24 * math.sqrt(2 * math.log(32))):.5f}",
        "eps = 1 - 10^-30: log(d/eps) = 10^-30, so (1) reads beta <= c 10^15: with c = 10^-12, beta = 1000 is allowed",
        "whatever c > 0 is, c/sqrt(log(1/eps)) -> infinity as eps -> 1",
    ],
)
def noise_is_small_enough(case: NearOne) -> Margin:
    """For some c, c/sqrt(log(1/eps)) <= beta_0 at d = 1, for all eps."""
    return case.some()


@noise_is_small_enough.mutant("log(d/eps) in place of its root")
def _(case: NearOne) -> Margin:
    return case.some(1.0)


@noise_is_small_enough.mutant("beta <= beta_0/2")
def _(case: NearOne) -> Margin:
    return case.some(share=0.5)


@dataclass(frozen=True)
class Typical:
    """Constants, and ‖x‖ = `size` sqrt(d). Arrays, positive: `maps` [n, 4] as of a Region, `size`, `odds` [n, 1]."""

    d: int
    maps: Array
    size: Array
    odds: Array

    def region(self) -> Region:
        """With beta = beta_0."""
        return Region(self.d, self.maps, self.size * math.sqrt(self.d), self.odds, 0 * self.maps)

    def bound(self, power: float = 1.5, shift: float = 2.0) -> Array:
        """c/(d^power sqrt(log(shift d/eps))), c of equation-1/repair: [n]."""
        region = self.region()
        B = 2 + (self.size[..., 0] / region.m) ** 2
        m, M = region.m, region.m * (1 + self.maps[..., 1])
        first, second = m**3 / (6 * M * self.maps[..., 2]), m * m / sqrt(2 * M * self.maps[..., 3])
        c = minimum(first, second) / (4 * sqrt(B * (1 + log(8 * B) / math.log(2))))
        return c / (float(self.d) ** power * sqrt(log(shift * self.d * (1 + self.odds[..., 0]))))


TYPICAL = st.sampled_from([
    Instances(Typical, (d,), tuple(PositiveVectorEnsemble(*s) for s in ((4, 1.0), (1, size), (1, odds))))
    for d, size, odds in ((1, 1e-3, 1e-6), (1, 1.0, 1e6), (2, 10.0, 1.0), (64, 1.0, 1e-3), (10**6, 1e-3, 1e3))
])  # fmt: skip


def order_steps() -> Iterator[Step]:
    """A = 2d + ‖x‖²/m² <= B d with B = 2 + K²/m², if ‖x‖ <= K sqrt(d). log(16A/eps) <= log(8B) + log(2d/eps) <= (1 +
    log(8B)/log 2) log(2d/eps), as 2d/eps >= 2. And d^{3/4} >= 1. So beta_0 >= c/(d^{3/2} sqrt(log(2d/eps))) with
    c = min{m³/(6MM2), m²/sqrt(2MM3)} / (4 sqrt(B (1 + log(8B)/log 2))), which has no d in it.
    """  # noqa: D205 - the proof
    B, more = sympy.Symbol("b", nonnegative=True) + 2, sympy.Symbol("l", nonnegative=True)
    ell = sympy.log(2) + more  # log(2d/eps)
    gap = (1 + sympy.log(8 * B) / sympy.log(2)) * ell - (sympy.log(8 * B) + ell)
    yield Step.vanishes("the gap is l log(8B)/log 2", gap - more * sympy.log(8 * B) / sympy.log(2))
    d, eps = sympy.symbols("d epsilon", positive=True)
    yield Step.vanishes("16 B d/eps = 8B 2d/eps", 16 * B * d / eps - 8 * B * (2 * d / eps))
    yield Step.vanishes("d sqrt(d) = d^{3/2}", d * sympy.sqrt(d) - d ** sympy.Rational(3, 2))


@claim(
    f"{E1}/repair",
    statement=r"\beta \le \frac c{d^{1.5}\sqrt{\log(2d/\epsilon)}} \implies \beta \le \beta_0,\ c = c(m, M, M_2, M_3,"
    r" K),\ \|x\| \le K\sqrt d",
    source="Section 2.1, equation (1)",
    domain="all d >= 1, 0 < eps < 1, all m, M, M2, M3, K",
    repairs=E1,
    changes="log(2d/eps) in place of log(d/eps), and the constant; K = 12(M + beta) by Lemma 24",
    readings=[RADIUS],
    by=[
        derivation(order_steps, "all d, eps and constants"),
        search(TYPICAL, "d from 1 to 10^6; constants over decades"),
    ],
)
def noise_is_small(case: Typical) -> Margin:
    """c/(d^{3/2} sqrt(log(2d/eps))) <= beta_0."""
    return Margin.at_most(case.bound(), case.region().beta())


@noise_is_small.mutant("d in place of d^{3/2}")
def _(case: Typical) -> Margin:
    return Margin.at_most(case.bound(power=1.0), case.region().beta())


@noise_is_small.mutant("log(d/eps), as printed")
def _(case: Typical) -> Margin:
    return Margin.at_most(case.bound(shift=1.0), case.region().beta())


# --- how long everything runs -----------------------------------------------------------------------------


def descent_steps() -> Iterator[Step]:
    """Lemma 1's S is C d²/delta²; delta = rad/4, and rad² = 16 (beta²/m²) A log(16A/eps) >= 32 log(32) d beta²/m² by A
    >= 2d (Lemma 11). So d²/delta² <= 16 d² m²/(32 log(32) d beta²) = m²/(2 log 32) d/beta².
    """  # noqa: D205 - the proof
    d, beta, m = sympy.symbols("d beta m", positive=True)
    least = 32 * sympy.log(32) * d * beta**2 / m**2
    yield Step.vanishes("d²/delta²", d**2 * 16 / least - m**2 / (2 * sympy.log(32)) * d / beta**2)


def _descent(case: Region, power: float, noise: int) -> Margin:
    beta = case.beta()
    delta = beta / case.m * case.root()  # rad/4
    most = case.m**2 / (2 * math.log(32)) * float(case.d) ** power / beta**noise
    return Margin.at_most(case.d**2 / delta**2, most * (1 + 1e-12))


@claim(
    f"{T1}/step-descent",
    statement=r"\delta := \tfrac14\mathrm{rad}(D):\ S = O\left(\frac{d^2}{\mathrm{rad}(D)^2}\right) ="
    r" O\left(\frac d{\beta^2}\right),\ \text{using } \mathrm{rad}(D) = \Omega(\beta\sqrt d)",
    source="Appendix D.3",
    domain="all d >= 1, all constants, x, 0 < eps < 1, beta <= beta_0",
    readings=[RADIUS, "delta = rad/4 gives ‖z_init - z^‖ <= rad/4, within the rad/2 that Lemmas 13 and 17 ask for"],
    rests_on=[f"{PR}/lemma-1/step-order", L11],
    by=[
        derivation(descent_steps, "all d, constants, x, eps, beta"),
        search(places(Region), "d = 1, 2, 3, 4, 8, 64; eps from 1e-6 to 1 - 1e-6; constants over decades"),
    ],
)
def descent_is_short(case: Region) -> Margin:
    """d²/(rad/4)² <= m²/(2 log 32) d/beta²."""
    return _descent(case, 1.0, 2)


@descent_is_short.mutant("O(1/beta²)")
def _(case: Region) -> Margin:
    return _descent(case, -1.0, 2)


@descent_is_short.mutant("O(d/beta)")
def _(case: Region) -> Margin:
    return _descent(case, 1.0, 1)


def time_steps() -> Iterator[Step]:
    """lemma-2/remark-sharper: T = (5/2)(beta²/m²) l with l = log(16A/eps) does. rad(D) <= 1 is beta²/m² <= 1/(16 A l),
    so T <= 5/(32A) <= 5/(64d), which is at most (1/8) log(2d/eps), since log 2 >= 5/8.
    """  # noqa: D205 - the proof
    A, ell = sympy.symbols("A l", positive=True)
    yield Step.vanishes("(5/2) l/(16 A l)", sympy.Rational(5, 2) * ell / (16 * A * ell) - 5 / (32 * A))
    yield Step.nonnegative("(log 2)/8 - 5/64", sympy.log(2) / 8 - sympy.Rational(5, 64))


def _time(case: Narrow, most: float) -> Margin:
    T = 2.5 * case.ratio * case.needed
    return Margin.at_most(T, most + 0 * T) & Margin.at_most(T, log(2 * case.d * (1 + case.odds[..., 0])) / 8)


@claim(
    f"{PR}/remark-announced-time",
    statement=r"\text{Langevin diffusion, started close to the mode, run for } O(\log(d/\epsilon)) \text{ amount of"
    r" time, returns a sample from a distribution close to } p(z|x)",
    source="Section 4, ingredient 2; Section 5.2 before Lemma 2",
    domain=NARROW,
    readings=[
        RADIUS,
        SMALL,
        "Section 5.2 says 'number of steps' for the same: time is meant, as in Lemma 2. The steps of (6) are T/h, a"
        " polynomial in 1/eps by Lemma 17: were they O(log(d/eps)), h would not go to 0 with eps",
        "log(2d/eps): at d = 1, eps -> 1 see lemma-2",
        "much less is needed: 5/(64d)",
    ],
    rests_on=[f"{L2}/remark-sharper"],
    by=[
        derivation(time_steps, NARROW),
        search(places(Narrow), "d = 1, 2, 3, 4, 8, 64; eps from 1e-6 to 1 - 1e-6; constants over decades"),
    ],
)
def time_is_logarithmic(case: Narrow) -> Margin:
    """(5/2)(beta²/m²) log(16A/eps) <= 5/(64d) <= (1/8) log(2d/eps)."""
    return _time(case, 5 / (64 * case.d))


@time_is_logarithmic.mutant("5/(128d)")
def _(case: Narrow) -> Margin:
    return _time(case, 5 / (128 * case.d))


@time_is_logarithmic.mutant("5/(64d²)")
def _(case: Narrow) -> Margin:
    return _time(case, 4 / (64 * case.d**2))
