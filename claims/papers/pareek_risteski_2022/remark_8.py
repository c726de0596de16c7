"""Remark 8: the square, by another smooth activation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, constant, exp, greatest, log, sin, tanh
from claims.engine.strategies import PositiveEnsemble, positive

SMOOTH = ("affine", "tanh", "sigmoid", "softplus", "sin", "exp")


def smooth(name: str, x: Array) -> Array:
    """A smooth activation."""
    shapes = {
        "affine": lambda: 2 * x + 1,
        "tanh": lambda: tanh(x),
        "sigmoid": lambda: 1 / (1 + exp(-x)),
        "softplus": lambda: log(1 + exp(x)),
        "sin": lambda: sin(x),
        "exp": lambda: exp(x),
    }
    return shapes[name]()


def second(name: str, x: Array) -> Array:
    """Its second derivative."""
    s = 1 / (1 + exp(-x))
    shapes = {
        "affine": lambda: 0 * x,
        "tanh": lambda: -2 * tanh(x) * (1 - tanh(x) * tanh(x)),
        "sigmoid": lambda: s * (1 - s) * (1 - 2 * s),
        "softplus": lambda: s * (1 - s),
        "sin": lambda: -sin(x),
        "exp": lambda: exp(x),
    }
    return shapes[name]()


#: Bounds of the fourth derivative on all of R; exp is bounded by its value at the right end of the range.
FOURTH = {"tanh": 4.086, "sigmoid": 0.1277, "softplus": 0.125, "sin": 1.0}


@dataclass(frozen=True)
class Smooth:
    """A smooth activation, looked at around `points` many a in [-4, 4] with steps h = 1/8..2."""

    name: str
    points: int

    def curvature(self) -> Array:
        """max |sigma(a + h) + sigma(a - h) - 2 sigma(a)|: [1]."""
        a = constant([[k / 8 for k in range(-32, 33)][: self.points]], np.zeros(1, dtype=object))
        bends = [
            greatest(absolute(smooth(self.name, a + h) + smooth(self.name, a - h) - 2 * smooth(self.name, a)))
            for h in (0.125, 0.5, 2.0)
        ]
        return greatest(np.stack(bends, axis=-1))


def _smooth_activations() -> Iterator[Smooth]:
    for name in ("tanh", "sigmoid", "softplus", "sin", "exp", "affine"):
        yield Smooth(name, 65)


@claim(
    "pareek-risteski-2022/remark-8",
    statement=r"\rho(x) = x^2 \text{ can be simulated using any other smooth activation}",
    source="Section 2.1, Remark 8",
    domain="all smooth activations",
    readings=[
        "simulated: some network with this activation is within 1/4 of x² on [-1, 1]",
        "needed for that: some second difference of sigma is not zero. If all vanish, sigma is affine, so is"
        " every network"
        " with it, and an affine f has f(1) - 2 f(0) + f(-1) = 0, where x² has 2",
        "printed: 'any other smooth activation'. Appendix G, to which the remark points, has 'under very mild"
        " conditions on the nonlinearities', which may be read to exclude affine ones; which they are is not said",
    ],
    effect="A matter of words, and harmless: 'any' lacks 'that is not affine', which Appendix G's 'very mild"
    " conditions on the nonlinearities' may well mean. With sigma''(a) != 0 at some a, three units do it.",
    by=[exhaustive(_smooth_activations, "tanh, sigmoid, softplus, sin, exp and 2x + 1; 65 points a, three steps h")],
    worked=lambda case: [
        f"sigma(x) = 2x + 1 ({case.name}) is smooth; networks of it are affine, f(x) = p x + q",
        "f(1) - 2 f(0) + f(-1) = 0, but 1 - 0 + 1 = 2 for x²: the errors e at 1, 0, -1 have e(1) - 2 e(0) + e(-1) = -2",
        "so one of them is at least 1/2 in size, whatever the network",
    ],
)
def smooth_activations_bend(case: Smooth) -> Margin:
    """Some second difference of the activation is not zero."""
    bend = case.curvature()
    return Margin.positive(bend)


@smooth_activations_bend.mutant("a second difference above 1, of every activation")
def _(case: Smooth) -> Margin:
    return Margin.positive(case.curvature() - 1)


@smooth_activations_bend.mutant("none bends")
def _(case: Smooth) -> Margin:
    return Margin.positive(-case.curvature())


@dataclass(frozen=True, repr=False)
class Difference:
    """The second difference of an activation at `a`, step `h` > 0, for x = 1. Arrays: `a`, `h` [n]; h is h x."""

    name: str
    a: Array
    h: Array

    def __repr__(self) -> str:
        return f"Difference({self.name})"

    def error(self) -> Array:
        """|sigma(a + h) + sigma(a - h) - 2 sigma(a) - h² sigma''(a)|: [n]."""
        middle = smooth(self.name, self.a)
        change = smooth(self.name, self.a + self.h) + smooth(self.name, self.a - self.h) - 2 * middle
        return absolute(change - self.h * self.h * second(self.name, self.a))

    def bound(self, part: float) -> Array:
        """h^4 B/12, B a bound of the fourth derivative on [a - h, a + h]: [n]."""
        B = exp(self.a + self.h) if self.name == "exp" else FOURTH[self.name] + 0 * self.a
        return part * self.h**4 * B / 12


@dataclass(frozen=True)
class Differences:
    """One activation, one scale of steps."""

    name: str
    h: PositiveEnsemble

    @property
    def size(self) -> int:
        """The point and the step."""
        return 2

    def build(self, free: Float[Tensor, "n 2"]) -> Difference:
        """A batch of instances."""
        return Difference(self.name, free[:, 0], self.h.build(free[:, 1:].clamp(-3, 3)))


@st.composite
def differences(draw: DrawFn) -> Differences:
    """Five activations; a around 0, steps from about 1e-2 to 1."""
    return Differences(draw(st.sampled_from(SMOOTH[1:])), draw(positive(scales=(1e-2, 1.0))))


def taylor_steps() -> Iterator[Step]:
    """Taylor with Lagrange's remainder at a + t and a - t, t = h x: the odd terms cancel, the even ones double, and the
    two remainders are at most B t^4/24 each. Divide by h² sigma''(a), which is not 0: three units give x² with an
    error of at most h² x^4 B/(12 |sigma''(a)|), which tends to 0 with h on every bounded range of x. A sigma that is
    not affine has sigma''(a) != 0 somewhere.
    """  # noqa: D205 - the proof
    t, s0, s1, s2, s3 = sympy.symbols("t s0 s1 s2 s3", real=True)

    def cubic(u: sympy.Expr) -> sympy.Expr:
        return s0 + s1 * u + s2 * u**2 / 2 + s3 * u**3 / 6

    yield Step.vanishes("terms below the fourth", sympy.expand(cubic(t) + cubic(-t) - 2 * s0 - s2 * t**2))
    h, x, B, c = sympy.symbols("h x B c", positive=True)
    yield Step.vanishes("2 B t^4/24 over h² c", 2 * B * (h * x) ** 4 / 24 / (h**2 * c) - h**2 * x**4 * B / (12 * c))


@claim(
    "pareek-risteski-2022/remark-8/repair",
    statement=r"\left|\frac{\sigma(a+hx) + \sigma(a-hx) - 2\sigma(a)}{h^2\sigma''(a)} - x^2\right| \le"
    r" \frac{h^2 x^4}{12\,|\sigma''(a)|}\sup_{|t|\le h|x|}|\sigma''''(a+t)|, \text{ if } \sigma''(a) \ne 0",
    source="Section 2.1, Remark 8",
    domain="all four times differentiable sigma, all a with sigma''(a) != 0, all h > 0, all x",
    repairs="pareek-risteski-2022/remark-8",
    changes="sigma is not affine (and four times differentiable, for the rate h²)",
    by=[
        derivation(taylor_steps, "all sigma, a, h, x (Taylor)"),
        search(differences(), "tanh, sigmoid, softplus, sin, exp; a over the reals, h x from 1e-3 to about 20"),
    ],
)
def three_units_square(case: Difference) -> Margin:
    """Multiplied out: |second difference - t² sigma''(a)| <= t^4 B/12, t = h x."""
    return Margin.at_most(case.error(), case.bound(1))


@three_units_square.mutant("a third of the bound")
def _(case: Difference) -> Margin:
    return Margin.at_most(case.error(), case.bound(1 / 3))


@three_units_square.mutant("half of sigma''")
def _(case: Difference) -> Margin:
    missing = case.h * case.h * second(case.name, case.a) / 2
    return Margin.at_most(absolute(missing), case.bound(1))
