"""Proof of Lemma 14, first half: the square-root process as a sum of squares, eqs. (33) and (34)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Constant, Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, derivative_along, exp, sqrt, total, upper_gamma
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.laws import weights

L14 = "pareek-risteski-2022/lemma-14"
PROOF = "Appendix C.2, proof of Lemma 14"


@dataclass(frozen=True)
class Squares:
    """N Ornstein-Uhlenbeck processes at one instant, of these signs. Arrays [n, 1]: w, t; [n, N]: their `sizes`."""

    signs: tuple[int, ...]
    w: Array
    t: Array
    sizes: Array

    @property
    def values(self) -> Array:
        """The values: [n, N]."""
        return constant(list(self.signs), self.sizes) * self.sizes

    @property
    def total(self) -> Array:
        """The sum of their squares: [n, 1]."""
        return total(self.values * self.values)[..., None]


def instants() -> Iterator[Squares]:
    """N = 1..3 with values k/2 of either sign; w and t 1/8, 1 and 8."""
    for w, t, N in itertools.product((0.125, 1.0, 8.0), (0.125, 1.0, 8.0), (1, 2, 3)):
        signs = tuple((-1) ** i for i in range(N))
        yield Squares(signs, np.array([[w]]), np.array([[t]]), np.array([[(i + 1) / 2 for i in range(N)]]))


def coordinates() -> Iterator[Squares]:
    """One coordinate: w and t 1/8, 1 and 8, its value from 2^-6 to 2^6."""
    for w, t, k in itertools.product((0.125, 1.0, 8.0), (0.125, 1.0, 8.0), range(-6, 7)):
        yield Squares((1,), np.array([[w]]), np.array([[t]]), np.array([[2.0**k]]))


SCOPE = "N = 1..3; w and t in 1/8, 1, 8; values of both signs"


def sum_of_squares_steps() -> Iterator[Step]:
    """By Ito's formula d(V²) = 2V dV + dt = (1 - w V²) dt + 2V dB for each coordinate. The sum over N of them has the
    drift N - wY and the martingale part 2 sum V_i dB_i, of quadratic variation 4Y dt: by Levy's theorem it is 2
    sqrt(Y) dB for a Brownian motion B (Y = 0 at a null set of times only). Solutions are unique in law (Yamada and
    Watanabe: the square root is Hoelder 1/2, the drift Lipschitz), so that Y is X in distribution; its start is sum
    (sqrt(Y_0/N))² = Y_0.
    """  # noqa: D205 - the proof
    v, w, y, N = sympy.symbols("v w Y_0 N", positive=True)
    f = v**2
    drift = sympy.diff(f, v) * (-w * v / 2) + sympy.diff(f, v, 2) / 2
    yield Step.vanishes("drift of V²", drift - (1 - w * v**2))
    yield Step.vanishes("quadratic variation of V² is 4 V² dt", sympy.diff(f, v) ** 2 - 4 * v**2)
    yield Step.vanishes("start", N * sympy.sqrt(y / N) ** 2 - y)


@claim(
    f"{L14}/step-33",
    statement=r"Y_t = \sum_{i=1}^N (V_t^{(i)})^2,\ dV^{(i)} = -\tfrac w2 V^{(i)} dt + dB^{(i)}:\ "
    r"dY_t = -wY_t\,dt + N\,dt + 2\sqrt{Y_t}\,dB_t",
    source=f"{PROOF}, eq. (33)",
    domain="all integers N >= 1, all w > 0, all values of the V^(i)",
    by=[derivation(sum_of_squares_steps, "all N, w, V"), exhaustive(instants, SCOPE)],
)
def sum_of_squares_is_square_root(case: Squares) -> Margin:
    """The drift of the sum is N - wY, the rate of its quadratic variation 4Y."""
    return _drift(case, -1) & Margin.equal(total(4 * case.values * case.values)[..., None], 4 * case.total)


def _drift(case: Squares, pull: float, *, second: int = 1) -> Margin:
    """By Ito's formula, with `pull` w Y for the drift and `second` times the second-order term."""
    ito = total(-case.w * case.values * case.values + second)[..., None]
    return Margin.equal(ito, pull * case.w * case.total + len(case.signs))


@sum_of_squares_is_square_root.mutant("-w/2 Y for the drift, as for V")
def _(case: Squares) -> Margin:
    return _drift(case, -0.5)


@sum_of_squares_is_square_root.mutant("2 for the second-order term of Ito's formula")
def _(case: Squares) -> Margin:
    return _drift(case, -1, second=2)


@sum_of_squares_is_square_root.mutant("noise sqrt(Y)")
def _(case: Squares) -> Margin:
    return _drift(case, -1) & Margin.equal(total(4 * case.values * case.values)[..., None], case.total)


def solution_steps() -> Iterator[Step]:
    """e^{wt/2} V_t has the differential e^{wt/2} dB_t, so V_t = e^{-wt/2} V_0 + F(t). F(t) is a Wiener integral:
    normal of mean 0, and by Ito's isometry its variance is the integral of e^{-w(t-s)} over s in [0, t].
    """  # noqa: D205 - the proof
    t, s, w = sympy.symbols("t s w", positive=True)
    variance = sympy.integrate(sympy.exp(-w * (t - s)), (s, 0, t))
    growth = sympy.exp(w * t / 2)
    yield Step.vanishes("variance of F(t)", variance - (1 - sympy.exp(-w * t)) / w)
    yield Step.vanishes("d/dt e^{wt/2} = (w/2) e^{wt/2}", sympy.diff(growth, t) - growth * w / 2)


@claim(
    f"{L14}/step-34",
    statement=r"V_t = V_0 e^{-wt/2} + F(t),\quad F(t) = e^{-wt/2}\int_0^t e^{ws/2}\,dB_s"
    r" \sim \mathcal N\!\left(0, \tfrac1w(1 - e^{-wt})\right)",
    source=f"{PROOF}, eq. (34) and the display after (35)",
    domain="all w, t > 0, all V_0",
    by=[derivation(solution_steps, "all w, t"), exhaustive(instants, SCOPE, tolerance=1e-30)],
)
def solution_is_gaussian(case: Squares) -> Margin:
    """Mean and variance as printed solve m' = -w m/2, v' = 1 - w v."""
    return _solves(case, 0.5, 1.0)


def _solves(case: Squares, mean: float, variance: float, level: float = 1.0) -> Margin:
    w, along = case.w, (1 + 0 * case.t,)

    def m(t: Array) -> Array:
        return exp(-mean * w * t)

    def v(t: Array) -> Array:
        return level * (1 - exp(-variance * w * t)) / w

    first = Margin.equal(derivative_along(m, (case.t,), along), -0.5 * w * m(case.t))
    return first & Margin.equal(derivative_along(v, (case.t,), along), 1 - w * v(case.t))


@solution_is_gaussian.mutant("mean e^{-wt} V_0")
def _(case: Squares) -> Margin:
    return _solves(case, 1.0, 1.0)


@solution_is_gaussian.mutant("variance (1 - e^{-wt/2})/w")
def _(case: Squares) -> Margin:
    return _solves(case, 0.5, 0.5)


@solution_is_gaussian.mutant("variance 2(1 - e^{-wt})/w")
def _(case: Squares) -> Margin:
    return _solves(case, 0.5, 1.0, 2.0)


def tail_steps() -> Iterator[Step]:
    """Markov's inequality for e^{cZ}, Z ~ N(0, v), a > 0: Pr[Z >= a] <= e^{c² v/2 - ca}, at c = a/v e^{-a²/2v}."""
    a, v = sympy.symbols("a v", positive=True)
    z, c = sympy.symbols("z c", real=True)
    moment = sympy.integrate(sympy.exp(c * z - z**2 / (2 * v)) / sympy.sqrt(2 * sympy.pi * v), (z, -sympy.oo, sympy.oo))
    yield Step.vanishes("E e^{cZ}", moment - sympy.exp(c**2 * v / 2))
    yield Step.vanishes("exponent at c = a/v", (a / v) ** 2 * v / 2 - a / v * a + a**2 / (2 * v))


@claim(
    f"{L14}/step-tail",
    statement=r"\Pr[F(T) \ge a] \le \exp\left(-\frac{a^2}{2\cdot\frac1w(1 - e^{-wT})}\right)",
    source=f"{PROOF}, before eq. (36)",
    domain="all w, T, a > 0",
    readings=["the 1/w before (1 - e^{-wT}) is lost in print; the variance displayed just before has it"],
    rests_on=[f"{L14}/step-34"],
    by=[derivation(tail_steps, "all w, T, a"), exhaustive(coordinates, "w, T = 1/8, 1, 8; a = 2^-6..2^6")],
)
def gaussian_tail(case: Squares, rate: float = 0.5) -> Margin:
    """Pr[N(0, v) >= a] <= exp(-a²/(2v)), v = (1 - e^{-wT})/w, a = |V_1|."""
    return _tail(case, rate, 1 - exp(-case.w * case.t))


def _tail(case: Squares, rate: float, share: Array) -> Margin:
    a = case.sizes[..., :1]
    z = a * a * case.w / (1 - exp(-case.w * case.t))
    return Margin.at_most(upper_gamma(0.5, z / 2) / 2, exp(-constant(rate, a) * a * a * case.w / share))


@gaussian_tail.mutant("exp(-a²/v)")
def _(case: Squares) -> Margin:
    return gaussian_tail.margin(case, rate=1.0)


@gaussian_tail.mutant("(1 - e^{-wT})²")
def _(case: Squares) -> Margin:
    return _tail(case, 0.5, (1 - exp(-case.w * case.t)) ** 2)


@dataclass(frozen=True)
class Summands:
    """Coordinates within a of e^{-wt/2} sqrt(Y_0/N), on these sides of it. Arrays: `squares` [n, 2] = Y_0, a²; `decay`
    [n, 1], e^{-wt/2} = 1/(1 + decay); `short` [n, N], the deviations are a/(1 + short).
    """  # noqa: D205

    signs: tuple[int, ...]
    squares: Array
    decay: Array
    short: Array

    def sum(self) -> Array:
        """The sum of the squares of all coordinates: [n]."""
        N = constant(len(self.signs), self.squares)
        mean = sqrt(self.squares[..., :1] / N) / (1 + self.decay)
        V = mean + constant(list(self.signs), self.short) * sqrt(self.squares[..., 1:]) / (1 + self.short)
        return total(V * V)


@st.composite
def summands(draw: DrawFn) -> Instances:
    """N in 1..8, every choice of sides; all numbers over twelve decades."""
    signs = tuple(draw(st.lists(st.sampled_from((1, -1)), min_size=1, max_size=8)))
    return Instances(Summands, (signs,), (draw(weights(2)), draw(weights(1)), draw(weights(len(signs)))))


#: All coordinates a above a mean that has not decayed, and a = sqrt(Y_0/N) nearly.
EQUAL = Instances(Summands, ((1,),), (PositiveVectorEnsemble((0, 0)), *(PositiveVectorEnsemble(1, 1e-6),) * 2))


def squares_steps() -> Iterator[Step]:
    """|V_i| <= e + a with e = e^{-wt/2} sqrt(Y_0/N) <= sqrt(Y_0/N), so V_i² <= 2e² + 2a² <= 2Y_0/N + 2a²; add up."""
    e, a = sympy.symbols("e a", real=True)
    yield Step.nonnegative("2(e² + a²) - (e + a)²", sympy.factor(2 * (e**2 + a**2) - (e + a) ** 2))


@claim(
    f"{L14}/step-squares",
    statement=r"\forall i\ |V_t^{(i)} - V_0^{(i)} e^{-wt/2}| \le a \implies"
    r" \sum_{i=1}^N (V_t^{(i)})^2 \le 2Y_0 + 2Na^2",
    source=f"{PROOF}, after eq. (37): using (a+b)² <= 2(a²+b²) and summing over all indices",
    domain="all N >= 1, Y_0 >= 0, a >= 0, t >= 0",
    by=[
        derivation(squares_steps, "all N, Y_0, a, t"),
        search(summands(), "N in 1..8; Y_0, a² and the slacks over twelve decades", corners=(EQUAL,)),
    ],
    constants={"factor": Constant(2.0, 0.99)},
)
def squares_add_up(case: Summands, factor: float = 2.0) -> Margin:
    """Sum V_i² <= 2 Y_0 + 2 N a². Equality is met in the limit."""
    return _adds_up(case, factor, factor)


def _adds_up(case: Summands, first: float, second: float) -> Margin:
    Y, a2 = case.squares[..., 0], case.squares[..., 1]
    return Margin.at_most(case.sum(), constant(first, Y) * Y + constant(second, Y) * len(case.signs) * a2)


@squares_add_up.mutant("(a + b)² <= a² + b²")
def _(case: Summands) -> Margin:
    return _adds_up(case, 1.0, 1.0)


@squares_add_up.mutant("Y_0 in place of 2Y_0")
def _(case: Summands) -> Margin:
    return _adds_up(case, 1.0, 2.0)
