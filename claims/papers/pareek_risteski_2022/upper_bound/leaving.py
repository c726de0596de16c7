"""Appendix C.2, Lemma 13: how long Langevin diffusion stays in D."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import sympy
import torch

from claims import Margin, Step, claim, derivation, exhaustive, simulation
from claims.engine.arithmetic import Array, constant, exp, log, upper_gamma
from claims.papers.pareek_risteski_2022.upper_bound.comparison import L16
from claims.papers.pareek_risteski_2022.upper_bound.distance_process import STEPS
from claims.papers.pareek_risteski_2022.upper_bound.effective_region import L11, L13, RADIUS
from claims.papers.pareek_risteski_2022.upper_bound.reflection import APART
from claims.papers.pareek_risteski_2022.upper_bound.square_root_bound import LOST
from claims.papers.pareek_risteski_2022.upper_bound.square_root_process import L14
from claims.papers.pareek_risteski_2022.upper_bound.suprema import ERROR, SECOND_ROUTE, Path, tensor

SOURCE = "Appendix C.2, Lemma 13"
#: What lets the comparison process stand for eta(z_t), and what carries it.
COMPARED = (L16, f"{L13}/step-ceiling", f"{L13}/step-instantiation")
CARRIERS = (f"{L16}/repair", f"{L13}/step-instantiation/repair")
#: 1/beta of the witness: below beta_0 for eps >= 10^-6 at m = M = M2 = M3 = 1, d = 1, x = 0.
INVERSE = 1000


@dataclass(frozen=True)
class Escape:
    """d = 1, G(z) = z, x = 0: dz = -(1 + 1/beta²) z dt + sqrt(2) dB, looked at n times. Array `eps` [1, 1]."""

    n: int
    eps: Array

    def square(self) -> Array:
        """The square of rad/s, with s² = beta²/(1 + beta²) the stationary variance: 32 (1 + beta²) log(32/eps)."""
        return 32 * log(32 / self.eps) * (INVERSE**2 + 1) / INVERSE**2

    def leaves(self, square: Array) -> Array:
        """A lower bound of Pr[some |z_t| > rad]: the looks are e^{-5/2} of correlation apart."""
        once = upper_gamma(0.5, square / (2 * (1 - exp(constant([[-APART]], square)))))
        return 1 - exp(self.n * log(1 - once))


def escapes() -> Iterator[Escape]:
    """eps = 1/2, 1/10 at 10^0, 10^4, ..., 10^60 looks."""
    for eps, k in itertools.product((0.5, 0.1), range(0, 61, 4)):
        yield Escape(10**k, np.array([[eps]]))


def _worked(case: Escape) -> list[str]:
    eps = float(case.eps[0, 0])
    A = 2.0
    root = math.sqrt(A * math.log(16 * A / eps))
    b = math.sqrt(float(case.square()[0, 0]) / -math.expm1(-APART))
    tail = math.sqrt(2 / math.pi) * math.exp(-b * b / 2) / b * (1 - 1 / (b * b))
    return [
        f"d = 1, G(z) = z, x = 0, m = M = M2 = M3 = 1, eps = {eps:g}: A = 2, rad = 4 beta {root:.5g}",
        f"beta = 1/{INVERSE} <= beta_0 = min(1/6, 1/sqrt 2)/(4 {root:.5g}) = {1 / (24 * root):.4g}",
        "dz = -a z dt + sqrt(2) dB with a = 1 + 1/beta², stationary variance 1/a; looks 5/(2a) apart",
        f"|z| > rad at a look has at least 2 Phi(-{b:.6g}) >= sqrt(2/pi) e^(-b²/2)/b (1 - 1/b²) = {tail:.3g}, whatever"
        f" was before",
        f"n = {case.n:.0e} looks, T = {case.n * APART / 2 / (INVERSE**2 + 1):.3g}: all miss it with at most"
        f" exp(-{case.n * tail:.3g}), so it leaves D with more than eps/4 = {eps / 4:g}",
    ]


@claim(
    L13,
    statement=r"\beta \le \beta_0,\ \|z_0 - \hat z\| \le \tfrac12\mathrm{rad}(D):\ \forall T > 0,\ "
    r"\Pr[\exists t \in [0,T], z_t \notin D] \le \epsilon/4",
    source=SOURCE,
    domain="all d >= 1, all G of Assumptions 1 to 3, x, 0 < eps < 1, beta <= beta_0, T > 0",
    readings=[RADIUS, LOST],
    rests_on=[*STEPS, L14, L11, "pareek-risteski-2022/lemma-3"],
    effect="Harmless up to T = (beta²/m²)(16A/eps)^A, for which the printed radius is enough (repair). That covers"
    " Lemma 17, T <= (2 rad)² log(1/eps), and Lemma 2 with 2 rad² log(2/eps), which is longer for eps > 1/2. Beyond"
    " that T it is not shown, and for T large enough it fails (witness). Harmful in (25), where Lemma 12 lets"
    " t -> infinity: that is never met.",
    by=[exhaustive(escapes, "d = 1, G(z) = z, x = 0, beta = 1/1000, eps = 1/2, 1/10; up to 10^60 looks")],
    worked=_worked,
)
def stays_in_the_region_for_ever(case: Escape) -> Margin:
    """A lower bound of the exit probability is at most eps/4."""
    return Margin.at_most(case.leaves(case.square()), case.eps / 4)


@stays_in_the_region_for_ever.mutant("sqrt(2) times the radius")
def _(case: Escape) -> Margin:
    return Margin.at_most(case.leaves(2 * case.square()), case.eps / 4)


@stays_in_the_region_for_ever.mutant("half the radius")
def _(case: Escape) -> Margin:
    return Margin.at_most(case.leaves(case.square() / 4), case.eps / 4)


@dataclass(frozen=True)
class Stay:
    """The comparison process with N = A in units of w = 1, from rad²/8; `horizon` is wT."""

    A: float
    eps: float
    horizon: float
    cells: int = 100

    @property
    def ell(self) -> float:
        """log(16A/eps)."""
        return math.log(16 * self.A / self.eps)

    def leaves(self, square: float, part: float = 8.0) -> torch.Tensor:
        """Pr[some X_t >= square/2, t <= horizon] from X_0 = square/part, for square = w rad²."""
        path = Path(self.A, 1.0, square / part, self.horizon, square / 2, self.cells)
        return path.exits()


def stays(generator: torch.Generator, effort: str) -> Iterator[Stay]:  # noqa: ARG001 - a grid
    """A = 2, 4 and eps = .99, .5, .1, .01; A = 9.5 and eps = .99; wT that of Lemma 17, and (16A/eps)^A up to 10^6."""
    for A, eps in (*itertools.product((2.0, 4.0), (0.99, 0.5, 0.1, 0.01)), (9.5, 0.99)):
        ell = math.log(16 * A / eps)
        yield Stay(A, eps, 64 * A * ell * math.log(1 / eps))
        if A * ell < math.log(1e6):
            yield Stay(A, eps, math.exp(A * ell))


def finer_stay(case: Stay) -> Stay:
    """The same on a grid of its own."""
    return replace(case, cells=150)


STAYS = (
    "A = N = 2, 4, eps = .99, .5, .1, .01, and A = 9.5, eps = .99; w = m²/beta²; exact exits of the comparison process"
)


def stay_steps() -> Iterator[Step]:
    """Write q = 16A/eps >= 32, l = log q: w rad² = 16Al. By lemma-16/repair and step-instantiation/repair the exit is
    at most that of X from X_0 <= rad²/8 over alpha_0 = rad²/2 (a little less, and let it rise to alpha_0), so by
    step-supermartingale with N <= A at most e^{-w(alpha_0 - X_0)/4} + (wT/2) e^{A/2-1} e^{-w alpha_0/4}, that is at
    most q^{-3A/2} + (wT/2) e^{A/2-1} q^{-2A}. With wT <= q^A the second is at most (sqrt(e)/q)^A/(2e) <=
    (sqrt(e)/q)²/(2e) = 1/(2q²), as sqrt(e) < q and A >= 2; the first is at most q^{-3}. Each is at most eps/8 = 2A/q.

    T = (2 rad)² log(1/eps) has wT = 64 A l log(1/eps) = 4 q l eps log(1/eps) <= 4 q l/e <= q² <= q^A, as eps
    log(1/eps) <= 1/e and l = log q <= q/e, 4/e² <= 1.
    """  # noqa: D205 - the proof
    A, ell, beta, m = sympy.symbols("A l beta m", positive=True)
    rad2 = (4 * beta / m) ** 2 * A * ell
    yield Step.vanishes("w rad² = 16Al", (rad2 * m**2 / beta**2) - 16 * A * ell)
    yield Step.vanishes(
        "w(alpha_0 - X_0)/4 = 3Al/2", 16 * A * ell * (sympy.Rational(1, 2) - sympy.Rational(1, 8)) / 4 - 3 * A * ell / 2
    )
    yield Step.vanishes("w alpha_0/4 = 2Al", 16 * A * ell / 2 / 4 - 2 * A * ell)
    a, more = sympy.symbols("a s", nonnegative=True)
    q = 32 + more
    yield Step.nonnegative("2A/q - q^{-3} at A = 2 + a", sympy.factor(2 * (2 + a) / q - q**-3))
    yield Step.nonnegative("2A/q - 1/(2q²)", sympy.factor(2 * (2 + a) / q - 1 / (2 * q**2)))
    yield Step.nonnegative("1 - 4/e²", 1 - 4 / sympy.E**2)


@claim(
    f"{L13}/repair",
    statement=r"\forall T \le \frac{\beta^2}{m^2}\left(\frac{16A}\epsilon\right)^A, \text{ in particular for }"
    r" T = (2\,\mathrm{rad}(D))^2\log\tfrac1\epsilon:\ \Pr[\exists t \in [0,T], z_t \notin D] \le \epsilon/4",
    source=SOURCE,
    domain="all d >= 1, all G, x, beta for which Lemma 3 holds on D, 0 < eps < 1; A = 2d + ‖x‖²/m²; the printed radius",
    repairs=L13,
    changes="T up to (beta²/m²)(16A/eps)^A, which covers the T of Lemmas 2 and 17; the radius stays as printed",
    readings=[RADIUS, "Lemma 3 is what the proof asks of G: it needs Lemmas 11 and 26, which hold for beta <= beta_0"],
    rests_on=[*COMPARED, f"{L14}/step-supermartingale", "pareek-risteski-2022/lemma-3"],
    carried_by=CARRIERS,
    by=[derivation(stay_steps, "all A >= 2, eps, T"), simulation(stays, finer_stay, ERROR, STAYS, SECOND_ROUTE)],
)
def stays_in_the_region_for_long(case: Stay) -> Margin:
    """The exit probability of the comparison process at rad²/2 from rad²/8 is at most eps/4."""
    return _long(case, 16 * case.A * case.ell)


def _long(case: Stay, square: float) -> Margin:
    left = case.leaves(square)
    return Margin.at_most(left, tensor(case.eps / 4)).report(ratio=4 * left / case.eps)


@stays_in_the_region_for_long.mutant("three fifths of the radius")
def _(case: Stay) -> Margin:
    return _long(case, 0.36 * 16 * case.A * case.ell)


@stays_in_the_region_for_long.mutant("half the radius")
def _(case: Stay) -> Margin:
    return _long(case, 4 * case.A * case.ell)


@stays_in_the_region_for_long.mutant("z_0 anywhere in D")
def _(case: Stay) -> Margin:
    return Margin.at_most(case.leaves(16 * case.A * case.ell, 2.001), tensor(case.eps / 4))


@stays_in_the_region_for_long.mutant("a radius without the logarithm")
def _(case: Stay) -> Margin:
    return _long(case, 16 * case.A)


def sharper_steps() -> Iterator[Step]:
    """lemma-14/repair for eps/4 and N <= A asks for alpha_0 >= X_0 + (2A + 4 log(4(1 + wT)/eps))/w; with X_0 <= rad²/8
    and alpha_0 = rad²/2 that is (3/8) w rad² >= 2A + 4 log(4(1 + wT)/eps), an equality at this radius.
    """  # noqa: D205 - the proof
    A, ell = sympy.symbols("A l", positive=True)  # l = log(4(1 + wT)/eps)
    yield Step.vanishes("(3/8) 16 (A + 2l)/3", sympy.Rational(3, 8) * 16 * (A + 2 * ell) / 3 - 2 * A - 4 * ell)


@claim(
    f"{L13}/remark-sharper",
    statement=r"\mathrm{rad} = \frac{4\beta}m\sqrt{\frac13\left(A + 2\log\frac{4(1 + wT)}\epsilon\right)},\quad"
    r" w = m^2/\beta^2,\ \text{ does for } T:\ \Pr[\exists t \in [0,T], z_t \notin D] \le \epsilon/4",
    source=f"{SOURCE}: not printed; A + log in place of A log, as no union over coordinates is made",
    domain="all d >= 1, all G, x, beta for which Lemma 3 holds on that D, 0 < eps < 1, T > 0",
    rests_on=[*COMPARED, f"{L14}/repair", "pareek-risteski-2022/lemma-3"],
    carried_by=CARRIERS,
    by=[
        derivation(sharper_steps, "all A, eps, T"),
        simulation(stays, finer_stay, ERROR, STAYS, SECOND_ROUTE),
    ],
)
def smaller_region_will_do(case: Stay) -> Margin:
    """The same with w rad² = 16 (A + 2 log(4(1 + wT)/eps))/3."""
    return _smaller(case, 1.0)


def _smaller(case: Stay, share: float, rate: float = 2.0) -> Margin:
    square = share * 16 * (case.A + rate * math.log(4 * (1 + case.horizon) / case.eps)) / 3
    return Margin.at_most(case.leaves(square), tensor(case.eps / 4)).report(
        ratio=tensor(square / (16 * case.A * case.ell))
    )


@smaller_region_will_do.mutant("a quarter of its square")
def _(case: Stay) -> Margin:
    return _smaller(case, 0.25)


@smaller_region_will_do.mutant("without the logarithm")
def _(case: Stay) -> Margin:
    return _smaller(case, 1.0, 0.0)
