"""Lemma 2: how long Langevin diffusion must run, and what the posterior has outside D."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive, search, simulation
from claims.engine.arithmetic import Array, exp, greatest, log, minimum, sqrt, upper_gamma
from claims.papers.pareek_risteski_2022.upper_bound.effective_region import L11, L13, RADIUS
from claims.papers.pareek_risteski_2022.upper_bound.narrow import (
    BENT,
    LINEAR,
    NARROW,
    SMALL,
    Bent,
    Narrow,
    bent,
    places,
)

PR = "pareek-risteski-2022"
L2, L12 = f"{PR}/lemma-2", f"{PR}/lemma-12"
PROOF = "Appendix C.4, proof of Lemma 2"
ATTACK = search(places(Narrow), LINEAR)
RUNS = simulation(bent, Bent.second_route, 1e-3, BENT, "a finer grid")

# --- the posterior outside D ------------------------------------------------------------------------------


def outside_steps() -> Iterator[Step]:
    """q = 16A/eps, l = log q, rho = rad(D) = 4 (beta/m) sqrt(Al) <= 1, J the Jacobian at z^, u = M/m. By Assumption 2
    the singular values of the Jacobian at z are those of J up to M2 |z - z^| (Weyl). So its determinant is
    - at most (7/6)^d |det J| in D, as M2 rho <= m/(6d) by Lemma 11,
    - at least 2^-d |det J| where |z - z^| <= r := m/(2 M2), and r > rho,
    - at least m^d everywhere, while |det J| <= M^d.
    Substitute y = G(z), a bijection with |y - x| >= m |z - z^|, so that the ball |y - x| <= m rho lies in G(D); then
    |y - x|/beta becomes a chi variable X of d degrees. The prior e^{-|z|²/2} is at most 1, and in D at least
    e^{-|z^|² - rho²} >= e^{-A}, as |z^|² <= |x|²/m² <= A - 2 by Lemma 23. Outside the ball of radius r, |y - x|/beta
    >= m r/beta = m²/(2 M2 beta) >= 12 d u sqrt(Al), as beta <= beta_0. So P(D^c) is at most
    e^A (7/6)^d [2^d Pr[X > 4 sqrt(Al)] + u^d Pr[X > 12 d u sqrt(Al)]] / Pr[X <= 4 sqrt(Al)].
    Pr[X² > t] <= 2^{d/2} e^{-t/4} (Chernoff), so the brackets hold at most 2^{d/2} (2^d + 1) q^{-4A}, for u^d <=
    e^{du} <= q^{32 d² u² A}; the denominator is at least 1/2. With d <= A/2 the whole is at most
    4 (sqrt(7/6 2^{3/2}) e)^A q^{-4A} <= 4 q^{-3A} <= 4 q^{-6} <= eps/8, since q >= 32/eps >= 32.
    """  # noqa: D205 - the proof
    m, M, M2, d, root = sympy.symbols("m M M_2 d R", positive=True)
    beta_0 = m**3 / (6 * M * M2) / (4 * d * root)
    yield Step.vanishes("m r/beta_0 = 12 d u R", m * m / (2 * M2) / beta_0 - 12 * d * (M / m) * root)
    yield Step.vanishes("M2 rho <= m/(6 d u)", M2 * (4 * beta_0 / m * root) - m / (6 * d * (M / m)))
    gap = sympy.Symbol("g", nonnegative=True)
    yield Step.nonnegative("r > rho: m/(2 M2) - m²/(6 d M M2), M = m + g", m / (2 * M2) - m**2 / (6 * (m + gap) * M2))
    t = sympy.Symbol("t", positive=True)
    yield Step.vanishes("E e^{X²/4} = 2^{d/2}", (1 - 2 * sympy.Rational(1, 4)) ** (-d / 2) - 2 ** (d / 2))
    yield Step.vanishes("t = 16 Al: e^{-t/4} = q^{-4A}", sympy.exp(-16 * t / 4) - sympy.exp(-4 * t))
    yield Step.vanishes("t = 144 d² u² Al: q^{-36 d² u² A}", sympy.exp(-144 * t / 4) - sympy.exp(-36 * t))
    base = sympy.sqrt(sympy.Rational(7, 6) * 2 * sympy.sqrt(2)) * sympy.E
    yield Step.nonnegative("32 - sqrt(7/6 2^{3/2}) e", 32 - base)
    yield Step.nonnegative("1/2 - 2^{A/4} q^{-4A} at A = 2, q = 32", sympy.Rational(1, 2) - sympy.sqrt(2) * 32**-8)
    last = sympy.Rational(1, 8) - 4 * sympy.Integer(32) ** -6
    yield Step.nonnegative("1/8 - 4 eps^5/32^6 at eps = 1", last)


@claim(
    f"{L2}/remark-outside",
    statement=r"P(D^c) \le 4\left(\frac{16A}{\epsilon}\right)^{-3A} \le \frac\epsilon8",
    source="not printed: what (25) and (26) were to show; Lemma 2 needs it",
    domain=NARROW,
    readings=[RADIUS, SMALL],
    rests_on=[L11, f"{PR}/lemma-23"],
    carried_by=[f"{PR}/lemma-23/repair"],
    by=[derivation(outside_steps, NARROW), ATTACK],
)
def posterior_stays_inside(case: Narrow) -> Margin:
    """P(D^c) <= eps/8, and much less."""
    return Margin.at_most(case.beyond(), case.eps / 8)


@posterior_stays_inside.mutant("an eighth of the radius")
def _(case: Narrow) -> Margin:
    return Margin.at_most(case.beyond(1 / 8), case.eps / 8)


@posterior_stays_inside.mutant("a radius without the logarithm, and half of it")
def _(case: Narrow) -> Margin:
    square = 4 * case.spread() * (1 + case.ratio)
    return Margin.at_most(upper_gamma(case.d / 2, square / 2), case.eps / 8)


# --- Lemma 2 ----------------------------------------------------------------------------------------------

#: 1/beta of the witness: below beta_0 for eps >= 1/2 at m = M = M2 = M3 = 1, d = 1, x = 0.
INVERSE = 100
POWERS = range(1, 25)
CONSTANTS = tuple(10.0**k for k in range(0, 13, 3))


@dataclass(frozen=True)
class Family:
    """d = 1, G(z) = z, x = 0, beta = 1/100, z_0 = 0: all eps = 1 - gap at once. Array `gap` [1, k]."""

    gap: Array

    def apart(self, constant: float, power: int = 1) -> Array:
        """At most TV(P_T, P) at T = constant log(1/eps)^power: [1, k]."""
        T = constant * (-log(1 - self.gap)) ** power
        v = 1 - exp(-2 * (1 + INVERSE**2) * T)
        square = sqrt(v)
        return upper_gamma(0.5, square / 2) - upper_gamma(0.5, square / (2 * v))

    def some(self, power: int = 1, share: float = 0.5) -> Margin:
        """For some constant, TV <= share eps for all eps of the family."""
        excess = [greatest(self.apart(C, power) - share * (1 - self.gap)) for C in CONSTANTS]
        best = excess[0]
        for value in excess[1:]:
            best = minimum(best, value)
        return Margin.at_most(best, 0 * best)


def families() -> Iterator[Family]:
    """One case: eps = 1 - 10^-1, ..., 1 - 10^-24."""
    yield Family(np.array([[10.0**-k for k in POWERS]]))


def _worked(_: Family) -> list[str]:
    a, C, gap = 1 + INVERSE**2, 1000.0, 1e-12
    v = -math.expm1(2 * a * C * math.log1p(-gap))
    inside = math.erf(math.sqrt(math.sqrt(v) / 2))
    return [
        f"d = 1, G(z) = z, x = 0, beta = 1/{INVERSE} (below beta_0 = 0.0156 for eps >= 0.9; (1) asks nothing of it as"
        " eps -> 1, for log(d/eps) -> 0), z_0 = z^ = 0",
        f"dz = -a z dt + sqrt(2) dB, a = {a}: P = N(0, 1/a), P_T = N(0, v/a), v = 1 - e^(-2aT) <= 2aT",
        f"T <= C log(1/eps), say C = {C:g}: at eps = 1 - {gap:g} that is {C * gap:.3g}, so v <= {v:.4g}",
        f"the interval |z| <= v^(1/4)/sqrt(a) has P_T >= 1 - 1e-20 and P = erf(v^(1/4)/sqrt 2) = {inside:.4f}:"
        f" TV >= {1 - inside:.4f} > eps/2 = 0.5",
        "another C shifts the eps by a factor: v -> 0 and TV -> 1 as eps -> 1, whatever C is",
    ]


@claim(
    L2,
    statement=r"\beta = O\left(\frac1{d^{1.5}\sqrt{\log(d/\epsilon)}}\right),\ \|z_0 - \hat z\| \le"
    r" \Omega(\beta\sqrt{d\log d}):\ \text{for some } T = O\left(\frac1{d^2}\log\frac1\epsilon\right),"
    r" d_{TV}(P_T, p(z|x)) \le \epsilon/2",
    source="Section 5.2, Lemma 2; Appendix C.4",
    domain="all d >= 1, all G of Assumptions 1 to 3, x of a set of probability 1 - exp(-Omega(d)), 0 < eps < 1",
    readings=[
        "‖z_0 - z^‖ <= rad(D)/2, as in the proof: this is Omega(beta sqrt(d)), and at d = 1 log d = 0",
        "O: some constant for all d, eps, beta; constants 1, 10³, ..., 10^12 are tried; x = 0, and other x and starts"
        " make it worse (Anderson's inequality)",
    ],
    rests_on=[L12, L13, L11],
    carried_by=[f"{L12}/repair", f"{L13}/repair"],
    effect="Harmless: as eps -> 1 the time T = O(log(1/eps)) goes to 0 while the chain still sits at its start. With"
    " log(2/eps) it holds (repair), and one knows more: T = O((beta²/m²) log(d/eps)) is enough (remark-sharper).",
    by=[exhaustive(families, "d = 1, G(z) = z, x = 0, beta = 1/100; eps = 1 - 10^-1..10^-24; C = 10^0..10^12")],
    worked=_worked,
)
def diffusion_mixes_in_the_printed_time(case: Family) -> Margin:
    """For some C, TV(P_T, P) <= eps/2 at T = C log(1/eps), the largest allowed: TV falls in T."""
    return case.some()


@diffusion_mixes_in_the_printed_time.mutant("T = O(log²(1/eps))")
def _(case: Family) -> Margin:
    return case.some(power=2)


@diffusion_mixes_in_the_printed_time.mutant("eps/4 in place of eps/2")
def _(case: Family) -> Margin:
    return case.some(share=0.25)


def repair_steps() -> Iterator[Step]:
    """lemma-12/repair at T = 2 rad² log(12/eps): the exit has probability at most eps/4 by lemma-13/repair, P(D^c) <=
    eps/8 by remark-outside, and e^{1/3} e^{-T/(2 rad²)} = e^{1/3} eps/12 <= eps/8. lemma-13/repair asks for T <=
    (beta²/m²) q^A, q = 16A/eps >= 32: T = 32 (beta²/m²) A l log(12/eps) with l = log q, 12/eps <= q, and 32 A l² <=
    q^A, since A/2 <= 32^{A-2} <= q^{A-2} for A >= 2 and 8 l <= q for q >= 32. The order: log(12/eps) <= 4 log(2/eps)
    for eps <= 1, and rad <= m²/(6 d M M2) by Lemma 11.
    """  # noqa: D205 - the proof
    eps = sympy.Symbol("epsilon", positive=True)
    decay = sympy.exp(sympy.Rational(1, 3)) / 12
    yield Step.nonnegative("1/8 - e^{1/3}/12", sympy.Rational(1, 8) - decay)
    yield Step.vanishes("eps/4 + eps/8 + eps/8 = eps/2", eps / 4 + eps / 8 + eps / 8 - eps / 2)
    yield Step.nonnegative("16A - 12 at A = 2", sympy.Integer(32 - 12))
    yield Step.nonnegative("32 - 8 log 32", 32 - 8 * sympy.log(32))
    more = sympy.Symbol("s", nonnegative=True)
    yield Step.nonnegative("d/dq (q - 8 log q) at q = 32 + s", sympy.factor(1 - 8 / (32 + more)))
    slope = sympy.log(32) - sympy.Rational(1, 2)
    yield Step.nonnegative("32^s >= 1 + s/2: equal at s = 0, and 32^s log 32 >= 1/2", slope)
    yield Step.nonnegative("4 log 2 - log 12", 4 * sympy.log(2) - sympy.log(12))


MIXED = (f"{L12}/repair", f"{L13}/repair", f"{L2}/remark-outside", L11)


@claim(
    f"{L2}/repair",
    statement=r"T = 2\,\mathrm{rad}^2(D)\log\frac{12}\epsilon = O\left(\frac1{d^2}\log\frac2\epsilon\right):"
    r"\ d_{TV}(P_T, p(z|x)) \le \epsilon/2",
    source="Section 5.2, Lemma 2; Appendix C.4",
    domain=NARROW,
    repairs=L2,
    changes="log(2/eps) in place of log(1/eps), the constant made explicit",
    readings=[RADIUS, SMALL, "for all x; the probability over x enters by ‖x‖ = O(sqrt d) in A"],
    rests_on=MIXED,
    by=[derivation(repair_steps, NARROW), ATTACK, RUNS],
)
def diffusion_mixes(case: Narrow | Bent) -> Margin:
    """TV(P_T, P) <= eps/2 at T = 32 (beta²/m²) A log(16A/eps) log(12/eps)."""
    return Margin.at_most(case.apart(32 * case.root() ** 2 * log(12 / case.eps)), case.eps / 2)


@diffusion_mixes.mutant("log(1/eps): as eps -> 1")
def _(case: Narrow | Bent) -> Margin:
    return Margin.at_most(case.apart(32 * case.root() ** 2 * log(1 + case.odds[..., 0])), case.eps / 2)


@diffusion_mixes.mutant("noise of half the variance")
def _(case: Narrow | Bent) -> Margin:
    return Margin.at_most(case.apart(32 * case.root() ** 2 * log(12 / case.eps), noise=0.5), case.eps / 2)


@diffusion_mixes.mutant("T = beta²/m²")
def _(case: Narrow | Bent) -> Margin:
    return Margin.at_most(case.apart(1 + 0 * case.eps), case.eps / 2)


def sharper_steps() -> Iterator[Step]:
    """On D, L is k-convex, k = 5m²/(6 beta²) (lemma-4/remark-sharper). Two reflected diffusions in D with the same
    noise come nearer by e^{-kt} (their pushes point inwards, and D is convex), from at most 2 rad. Then for a time
    s = 1/k mirror the noise, as in theorem-3: from r apart they fail to meet with probability at most
    erf(r/(4 sqrt s)) <= r/(2 sqrt(pi s)). So at T the reflected law is within e^{1-kT} rad sqrt(k/pi) of P~, and
    rad² k = (40/3) Al. With q = 16A/eps, l = log q, T >= (5/2) (beta²/m²) l gives kT >= 2l, and
    e^{1-2l} sqrt(40Al/(3 pi)) <= (6/q²) sqrt(Al) <= 2A/q = eps/8, as 3 sqrt(l) <= q sqrt(A). Add eps/4 for the exit up
    to T (lemma-13/repair) and eps/8 for P(D^c) (remark-outside), as lemma-12/repair does.
    """  # noqa: D205 - the proof
    k, A, ell, q = sympy.symbols("k A l q", positive=True)
    m, beta = sympy.symbols("m beta", positive=True)
    rate = sympy.Rational(5, 6) * m**2 / beta**2
    yield Step.vanishes("rad² k", 16 * beta**2 / m**2 * A * ell * rate - sympy.Rational(40, 3) * A * ell)
    meeting = 2 / (2 * sympy.sqrt(sympy.pi / k)) - sympy.sqrt(k / sympy.pi)
    yield Step.vanishes("2 rad/(2 sqrt(pi s)) = rad sqrt(k/pi)", meeting)
    yield Step.nonnegative("kT - 2l", rate * sympy.Rational(5, 2) * beta**2 / m**2 * ell - 2 * ell)
    yield Step.nonnegative("6 - e sqrt(40/(3 pi))", 6 - sympy.E * sympy.sqrt(sympy.Rational(40, 3) / sympy.pi))
    yield Step.vanishes("eps/8 = 2A/q", (16 * A / q) / 8 - 2 * A / q)
    more = sympy.Symbol("s", nonnegative=True)
    yield Step.nonnegative("2 q² - 9 log q at q = 32", 2 * 32**2 - 9 * sympy.log(32))
    yield Step.nonnegative("its slope 4q - 9/q at q = 32 + s", sympy.factor(4 * (32 + more) - 9 / (32 + more)))


@claim(
    f"{L2}/remark-sharper",
    statement=r"\frac52\,\frac{\beta^2}{m^2}\log\frac{16A}\epsilon \le T \le"
    r" \frac{\beta^2}{m^2}\Big(\frac{16A}\epsilon\Big)^A \implies d_{TV}(P_T, p(z|x)) \le \epsilon/2",
    source="not printed: Lemma 2, with the strong convexity that the proof of Lemma 4 gives",
    domain=NARROW,
    readings=[RADIUS, SMALL, "T = O((beta²/m²) log(d/eps)) in place of rad² log(1/eps), which is 6A times as long"],
    rests_on=[*MIXED, f"{PR}/lemma-4/remark-sharper", f"{PR}/theorem-3"],
    by=[derivation(sharper_steps, NARROW), ATTACK, RUNS],
)
def diffusion_mixes_faster(case: Narrow | Bent) -> Margin:
    """TV(P_T, P) <= eps/2 at T = (5/2) (beta²/m²) log(16A/eps). For G(z) = m z, 0.97 in place of 5/2 held, 0.87 not."""
    return Margin.at_most(case.apart(2.5 * case.needed), case.eps / 2)


@diffusion_mixes_faster.mutant("a fifth of the time")
def _(case: Narrow | Bent) -> Margin:
    return Margin.at_most(case.apart(0.5 * case.needed), case.eps / 2)


@diffusion_mixes_faster.mutant("without the logarithm")
def _(case: Narrow | Bent) -> Margin:
    return Margin.at_most(case.apart(1 + 0 * case.eps), case.eps / 2)


@diffusion_mixes_faster.mutant("noise of half the variance")
def _(case: Narrow | Bent) -> Margin:
    return Margin.at_most(case.apart(2.5 * case.needed, noise=0.5), case.eps / 2)
