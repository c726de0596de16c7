"""Section 2, Remark 1, first bullet: why d_l = d_o, and space-filling curves."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, exp, log, sqrt
from claims.engine.strategies import Instances, PositiveEnsemble

SOURCE = "Section 2, Remark 1, first bullet"
R1 = "pareek-risteski-2022/remark-1"


@dataclass(frozen=True)
class Packing:
    """A map R^a -> R^b, a > b, with m‖x - y‖ <= ‖G(x) - G(y)‖ <= M‖x - y‖. Array: `more` = M/m - 1 > 0, [n]."""

    a: int
    b: int
    more: Array

    @property
    def ratio(self) -> Array:
        """M/m: [n]."""
        return 1 + self.more


def packings() -> SearchStrategy[Instances]:
    """b in 0..4, a in b+1..b+3, M/m - 1 small and large."""
    dims = [(b + k, b) for b in range(5) for k in (1, 3)]
    return st.sampled_from([Instances(Packing, pair, (PositiveEnsemble(s),)) for pair in dims for s in (1e-6, 1e3)])


def packing_steps() -> Iterator[Step]:
    """The (k + 1)^a points of the grid of mesh 1/k in the unit cube go to points m/k apart, within M sqrt(a) of the
    first image: the balls of radius m/(2k) around them are disjoint and lie in one of radius M sqrt(a) + m/(2k), so
    (k + 1)^a <= (1 + 2k R sqrt(a))^b, R = M/m >= 1, for all k. If a > b take k >= (3R sqrt(a))^b: the right side is at
    most (3R sqrt(a) k)^b <= k k^b <= k^a < (k + 1)^a. So d_l <= d_o. The inverse, defined on all of R^{d_o} because G
    is onto, has the constants 1/M and 1/m and gives d_o <= d_l; without "onto" z -> (z, 0) has all the rest.
    """  # noqa: D205 - the proof
    k, R, root = (1 + sympy.Symbol(name, nonnegative=True) for name in ("k", "R", "s"))
    yield Step.nonnegative("1 + 2kR sqrt(a) <= 3kR sqrt(a)", sympy.expand(3 * k * R * root - (1 + 2 * k * R * root)))
    m, M = sympy.symbols("m M", positive=True)
    radius = M * root + m / (2 * k)
    yield Step.vanishes("ratio of the radii", radius / (m / (2 * k)) - (1 + 2 * k * (M / m) * root))


@claim(
    f"{R1}-dimensions",
    statement=r"G : \mathbb R^{d_l} \to \mathbb R^{d_o} \text{ can be bijective, Lipschitz and strongly invertible only"
    r" if } d_l = d_o",
    source=SOURCE,
    domain="all d_l, d_o, m, M",
    readings=["strongly invertible: the inequality of Assumption 1, which itself asks for one dimension d"],
    by=[
        derivation(packing_steps, "all dimensions and constants"),
        search(packings(), "b <= 4, a - b = 1, 3; all M/m"),
    ],
)
def grids_do_not_fit(case: Packing) -> Margin:
    """With k = (3R sqrt(a))^b the (k + 1)^a images no longer fit: more of them than (1 + 2k R sqrt(a))^b."""
    return _overfull(case, case.a, case.b)


def _overfull(case: Packing, a: int, power: int) -> Margin:
    side = case.ratio * sqrt(constant(a, case.more))
    log_k = power * log(3 * side)
    fitting = case.b * log(1 + 2 * exp(log_k) * side)
    return Margin.positive(a * log(1 + exp(log_k)) - fitting)


@grids_do_not_fit.mutant("a = b would be excluded as well")
def _(case: Packing) -> Margin:
    return _overfull(case, case.b, case.b)


@grids_do_not_fit.mutant("k = 1 is enough")
def _(case: Packing) -> Margin:
    return _overfull(case, case.a, 0)


# --- space-filling curves ---------------------------------------------------------------------------------

#: A time in [0, 1] by its digits in base 4: some digits, then one digit for ever.
Digits = tuple[tuple[int, ...], int]


def time_of(digits: Digits) -> Fraction:
    """The time that the digits name."""
    first, rest = digits
    tail = Fraction(rest, 3)
    for digit in reversed(first):
        tail = (digit + tail) / 4
    return tail


def _quadrant(digit: int, x: Fraction, y: Fraction) -> tuple[Fraction, Fraction]:
    """The whole curve in one quarter of the square: turned in the first and in the last, as it is in the others."""
    half = Fraction(1, 2)
    return [(y / 2, x / 2), (x / 2, y / 2 + half), (x / 2 + half, y / 2 + half), (1 - y / 2, half - x / 2)][digit]


def hilbert(digits: Digits) -> tuple[Fraction, Fraction]:
    """The point of Hilbert's curve at that time, exactly."""
    first, rest = digits
    x, y = _fixed(rest)
    for digit in reversed(first):
        x, y = _quadrant(digit, x, y)
    return x, y


def _fixed(digit: int) -> tuple[Fraction, Fraction]:
    """The point that the quadrant of a digit maps to itself."""
    zero, one = Fraction(0), Fraction(1)
    (cx, cy), (ax, ay), (bx, by) = (_quadrant(digit, *p) for p in ((zero, zero), (one, zero), (zero, one)))
    a, b, c, d = 1 - (ax - cx), -(bx - cx), -(ay - cy), 1 - (by - cy)
    det = a * d - b * c
    return (d * cx - b * cy) / det, (a * cy - c * cx) / det


@dataclass(frozen=True)
class TwoTimes:
    """Two different times of Hilbert's curve."""

    first: Digits
    second: Digits

    @property
    def apart(self) -> Fraction:
        """The squared distance of the two points."""
        (x, y), (u, v) = hilbert(self.first), hilbert(self.second)
        return (x - u) ** 2 + (y - v) ** 2


def two_times() -> Iterator[TwoTimes]:
    """All pairs of different times of at most one digit and a repeated one."""
    times = [(first, rest) for first in ((0,), (1,), (2,), (3,)) for rest in range(4)]
    for one, other in itertools.combinations(times, 2):
        if time_of(one) != time_of(other):
            yield TwoTimes(one, other)


def exact(value: Fraction | int) -> Array:
    """A rational number as a batch of one ball."""
    return np.array([flint.arb(flint.fmpq(*Fraction(value).as_integer_ratio()))], dtype=object)


def _met(case: TwoTimes) -> list[str]:
    lines = []
    for digits in (case.first, case.second):
        x, y = hilbert(digits)
        shown = "".join(map(str, digits[0])) + 3 * str(digits[1])
        lines.append(f"t = {time_of(digits)} = 0.{shown}... in base 4: H(t) = ({x}, {y})")
    return [
        "H runs through the quarters 0, 1, 2, 3: H(t) = T_q(H(4t - q)), q the first digit of t in base 4, with"
        " T_0(x, y) = (y/2, x/2), T_1 = (x/2, y/2 + 1/2), T_2 = (x/2 + 1/2, y/2 + 1/2), T_3 = (1 - y/2, 1/2 - x/2)",
        *lines,
        "no continuous map of R onto R² is injective: see the repair",
    ]


@claim(
    f"{R1}-space-filling",
    statement=r"\text{there are bijective maps between } \mathbb R \text{ and } \mathbb R^2,"
    r" \text{ e.g. space-filling curves}",
    source=SOURCE,
    domain="all space-filling curves; attacked at Hilbert's, H : [0, 1] -> [0, 1]²",
    effect="Harmless: such bijections exist, but space-filling curves are not among them; an aside.",
    by=[exhaustive(two_times, "Hilbert's curve at times of one digit in base 4 and a repeated one, all pairs")],
    worked=_met,
)
def hilbert_is_injective(case: TwoTimes) -> Margin:
    """Different times have different points."""
    return Margin.positive(exact(case.apart))


@hilbert_is_injective.mutant("points at least 1/2 apart")
def _(case: TwoTimes) -> Margin:
    return Margin.at_least(exact(case.apart), exact(Fraction(1, 4)))


@hilbert_is_injective.mutant("points at least as far apart as the times")
def _(case: TwoTimes) -> Margin:
    return Margin.at_least(exact(case.apart), exact((time_of(case.first) - time_of(case.second)) ** 2))


@dataclass(frozen=True)
class Interleaved:
    """All pairs of numbers of so many binary digits."""

    digits: int

    def code(self, x: int, y: int) -> int:
        """The digits of x and y in turn: x_1 y_1 x_2 y_2 ..."""
        return sum((x >> k & 1) << (2 * k + 1) | (y >> k & 1) << 2 * k for k in range(self.digits))

    def point(self, code: int) -> tuple[int, int]:
        """The pair whose code it is."""
        x = sum((code >> (2 * k + 1) & 1) << k for k in range(self.digits))
        return x, sum((code >> 2 * k & 1) << k for k in range(self.digits))


def bijection_steps() -> Iterator[Step]:
    """x -> (x, 0) is injective. (0, 1)² -> (0, 1), interleaving the binary digits of the expansions that do not end in
    1s for ever, is injective, for x and y can be read off (its own expansion does not end in 1s either). R and (0, 1)
    are in bijection, so Cantor and Bernstein give a bijection of R and R². None, f, is continuous: R² is the union of
    the compact f([-n, n]), so by Baire one of them contains a disc; on [-n, n] f would be a homeomorphism to its image,
    so the disc homeomorphic to a connected subset of R, an interval; but an interval falls apart without an inner
    point, a disc does not.
    """  # noqa: D205 - the proof
    for digits in (1, 2, 3, 4):
        case = Interleaved(digits)
        pairs = list(itertools.product(range(1 << digits), repeat=2))
        yield Step(f"{digits} digits can be read off", all(case.point(case.code(x, y)) == (x, y) for x, y in pairs))


@claim(
    f"{R1}-space-filling/repair",
    statement=r"\text{there are bijective maps between } \mathbb R \text{ and } \mathbb R^2;\ "
    r"\text{none from } \mathbb R \text{ is continuous}",
    source=SOURCE,
    domain="all maps from R to R²",
    repairs=f"{R1}-space-filling",
    changes="not space-filling curves, which are continuous and onto, so never injective",
    by=[
        derivation(bijection_steps, "all maps (Cantor and Bernstein; Baire)"),
        exhaustive(lambda: map(Interleaved, range(1, 6)), "interleaving 1..5 binary digits"),
    ],
)
def interleaving_is_a_bijection(case: Interleaved) -> Margin:
    """The codes of all pairs are 0 .. 4^k - 1, each once; and it jumps: neighbours in the middle are far apart."""
    return _jumps(case, case.code)


def _jumps(case: Interleaved, code: Callable[[int, int], int], jump: int = 1) -> Margin:
    side, whole = 1 << case.digits, 1 << 2 * case.digits
    codes = {code(x, y) for x, y in itertools.product(range(side), repeat=2)}
    (_, before), (_, after) = case.point(whole // 2 - 1), case.point(whole // 2)
    far = Margin.at_least(exact(before - after), exact(jump * (side - 1)))
    return Margin.equal(exact(len(codes & set(range(whole)))), exact(whole)) & far


@interleaving_is_a_bijection.mutant("the sum of x and y")
def _(case: Interleaved) -> Margin:
    return _jumps(case, lambda x, y: x + y)


@interleaving_is_a_bijection.mutant("a jump of twice the square's side")
def _(case: Interleaved) -> Margin:
    return _jumps(case, case.code, 2)
