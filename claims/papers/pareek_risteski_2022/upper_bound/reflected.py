"""Definition 4 (restated as Definition 10): reflected Langevin diffusion, and the projected chain that tends to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, simulation
from claims.engine.arithmetic import Array, exp, log, pi, sqrt, upper_gamma
from claims.papers.pareek_risteski_2022.upper_bound.line import Line, Potential, projected, semigroup, variation

P = "pareek-risteski-2022"
SOURCE = "Section 5.2, Definition 4, equation (7); restated as Definition 10, equation (10)"
BALLS = "d in 1..6, g = a|y|²/2 on a ball of radius R, a in {0, 1/4, 1, 4}, R in {1/2, 1, 2}"
LOCAL_TIME = (
    "'U(y_t) dt' is the increment of a process that grows only while y is on the boundary (a local time), singular"
    " with respect to dt"
)


@dataclass(frozen=True)
class Ball:
    """A ball of radius R around 0 in d dimensions, g = a|y|²/2. Arrays: `a` >= 0, `R` > 0 [n]."""

    d: int
    a: Array
    R: Array

    @property
    def flat(self) -> bool:
        """Whether g = 0."""
        return bool((self.a == 0).all())

    @property
    def scaled(self) -> Array:
        """s = a R²/2: |y|² a/2 has a Gamma(d/2) law cut off at s, [n]."""
        return self.a * self.R * self.R / 2

    def mean_of_radial_drift(self) -> Array:
        """E[y.∇g] = a E|y|² under the law ∝ e^{-g} on the ball: [n]."""
        if self.flat:
            return 0 * self.a
        inner, outer = (1 - upper_gamma(self.d / 2 + k, self.scaled) for k in (0, 1))
        return self.d * outer / inner

    def surface(self) -> Array:
        """The surface integral of e^{-g}/Z: [n]."""
        if self.flat:
            return self.d / self.R
        gamma = sqrt(pi(self.a)) if self.d % 2 else 1  # of d/2, by its recursion
        for k in range(self.d - 2, 0, -2):
            gamma = gamma * k / 2
        mass = (1 - upper_gamma(self.d / 2, self.scaled)) * gamma
        return 2 * exp(self.d / 2 * log(self.scaled) - self.scaled) / (mass * self.R)


def balls() -> Iterator[Ball]:
    """Flat first, in one dimension, R = 1."""
    for d in range(1, 7):
        for a in (0.0, 0.25, 1.0, 4.0):
            for radius in (1.0, 0.5, 2.0):
                yield Ball(d, *(torch.tensor([v], dtype=torch.float64) for v in (a, radius)))


def _worked(case: Ball) -> list[str]:
    a, radius = float(case.a[0]), float(case.R[0])
    moment = float(case.mean_of_radial_drift()[0])
    return [
        f"d = {case.d}, g = {a:g} |y|²/2, D the ball of radius {radius:g}, y stationary, p ∝ e^-g on D",
        "Itô: d(|y|²/2) = (d - y.∇g + y.nu U) dt + sqrt(2) y.dB, and y.nu = R where U acts, nu the outer normal",
        f"the mean of the left side is 0, so E[U] = (E[y.∇g] - d)/R = ({moment:g} - {case.d})/{radius:g}"
        f" = {(moment - case.d) / radius:g} < 0",
    ]


@claim(
    f"{P}/definition-4",
    statement=r"\text{There is a measure } U \text{ on } \partial D \text{ such that } y_t \in D,\ "
    r"dy_t = -\nabla g(y_t)\,dt + \sqrt 2\,dB_t + \nu_t U(y_t)\,dt,\ \nu_t \text{ an outer normal},"
    r" \text{ has as stationary measure } P(y) \propto e^{-g(y)}",
    source=SOURCE,
    domain="balls of any dimension and radius, g = a|y|²/2, a >= 0",
    readings=[LOCAL_TIME, "Definition 10 is the same ('-y g' is -∇g)"],
    effect="A sign: a measure that is not negative pushes y out of D along an outer normal. Definitions 4 and 10 and"
    " equation (14) print it alike; likely a minus was lost (Lions and Sznitman push along the inner normal). Harmless:"
    " nothing else in the paper looks at its direction.",
    by=[exhaustive(balls, BALLS)],
    worked=_worked,
)
def outward_push_keeps_it_inside(case: Ball) -> Margin:
    """At stationarity the mean rate of U along the outer normal, (E[y.∇g] - d)/R, is not negative."""
    return _outward(case, 1)


def _outward(case: Ball, trace: float) -> Margin:
    rate = (case.mean_of_radial_drift() - trace * case.d) / case.R
    return Margin.at_least(rate, 0 * rate)


@outward_push_keeps_it_inside.mutant("half the noise, dB for sqrt(2) dB")
def _(case: Ball) -> Margin:
    return _outward(case, 0.5)


@outward_push_keeps_it_inside.mutant("twice the noise")
def _(case: Ball) -> Margin:
    return _outward(case, 2.0)


def normal_steps() -> Iterator[Step]:
    """Existence of the process is Lions and Sznitman's theorem, pathwise unique for bounded D with smooth boundary and
    Lipschitz ∇g; e^{-g} is integrable, as D is bounded. Its generator is f -> Δf - ∇g.∇f for f with normal derivative 0
    on the boundary: Itô's formula has the pushing term <∇f, nu> U = 0. Now e^{-g} (Δf - ∇g.∇f) = div(e^{-g} ∇f), whose
    integral over D is the surface integral of e^{-g} <∇f, nu> = 0: e^{-g} is stationary. For a general f, at
    stationarity, the mean push is the negative of the integral of e^{-g} (Δf - ∇g.∇f)/Z, so -(surface integral of
    e^{-g} <∇f, n>)/Z with n the outer normal: the push is along -n, the inner normal, at the rate e^{-g}/Z >= 0 per
    unit of surface. With f = |y|²/2 on a ball: (d - E[y.∇g])/R.
    """  # noqa: D205 - the proof
    for d in (1, 2, 3):
        y = sympy.symbols(f"y:{d}", real=True)
        g, f = (sympy.Function(name)(*y) for name in "gf")
        weight = sympy.exp(-g)
        divergence = sum(sympy.diff(weight * sympy.diff(f, x), x) for x in y)
        generator = sum(sympy.diff(f, x, 2) - sympy.diff(g, x) * sympy.diff(f, x) for x in y)
        yield Step.vanishes(f"div(e^-g ∇f) = e^-g (Δf - ∇g.∇f), d = {d}", sympy.expand(divergence - weight * generator))
    r, d = sympy.symbols("r d", positive=True)
    g = sympy.Function("g")(r)
    shell = sympy.diff(r**d * sympy.exp(-g), r) - (d - r * sympy.diff(g, r)) * r ** (d - 1) * sympy.exp(-g)
    yield Step.vanishes("radial g: (r^d e^-g)' = (d - r g') r^{d-1} e^-g", sympy.simplify(shell))


def _inward(case: Ball, rate: Callable[[Ball], Array]) -> Margin:
    push = rate(case)
    return Margin.equal(push, case.surface()) & Margin.at_least(push, 0 * push)


@claim(
    f"{P}/definition-4/repair",
    statement=r"dy_t = -\nabla g(y_t)\,dt + \sqrt 2\,dB_t + n_t\,dU_t,\ n_t \text{ the inner normal},\ dU_t \ge 0"
    r" \text{ on } \{y_t \in \partial D\}, \text{ has as stationary law } P \propto e^{-g}, \text{ and } U \text{ grows"
    r" at the mean rate } \oint_{\partial D} e^{-g}/Z",
    source=SOURCE,
    domain="all bounded D with smooth boundary in any dimension, all g smooth up to it",
    repairs=f"{P}/definition-4",
    changes="the inner normal; a local time in place of U(y_t) dt",
    by=[
        derivation(normal_steps, "all D, g (divergence theorem; coordinate by coordinate, for d = 1, 2, 3)"),
        exhaustive(balls, BALLS, tolerance=1e-30),
    ],
)
def inward_push(case: Ball) -> Margin:
    """(d - E[y.∇g])/R is the surface integral of e^{-g}/Z, so not negative."""
    return _inward(case, lambda ball: (ball.d - ball.mean_of_radial_drift()) / ball.R)


@inward_push.mutant("the outer normal")
def _(case: Ball) -> Margin:
    return _inward(case, lambda ball: (ball.mean_of_radial_drift() - ball.d) / ball.R)


@inward_push.mutant("noise dB for sqrt(2) dB")
def _(case: Ball) -> Margin:
    return _inward(case, lambda ball: (ball.d / 2 - ball.mean_of_radial_drift()) / ball.R)


# --- the projected chain ----------------------------------------------------------------------------------

#: h = t/n for these numbers of steps n = 2^k. Each time h falls by 16, so sqrt(h) by 4.
STEPS = (3, 7, 11)
TIME = 0.5


@dataclass(frozen=True)
class Projected:
    """The chain (8) on a line, from its upper end and from its middle, against the reflected diffusion."""

    line: Line

    def distances(self, *, noise: float = 2.0, to_middle: bool = False) -> Float[Tensor, "laws 3"]:
        """TV at the time 1/2 from both starts, and of the stationary laws, for h = 1/16, 1/256, 1/4096."""
        cells = self.line.cells
        starts, ends = torch.tensor([cells - 1, cells // 2]), torch.tensor([cells + 1, cells // 2])
        later = next(semigroup(self.line.rates(), TIME, 0))[starts]
        exact = torch.cat([later, self.line.law[None]])
        columns = []
        for k in STEPS:
            step = projected(self.line, TIME / 2**k, noise=noise, to_middle=to_middle)
            now = torch.linalg.matrix_power(step, 2**k)
            long = torch.linalg.matrix_power(now, 64)
            laws = torch.cat([now[ends], long[:1]])
            # Reflected, no mass sits on the end points; projected, that is where the last two entries are.
            columns.append(variation(laws, torch.nn.functional.pad(exact, (0, 2))))
        return torch.stack(columns, dim=-1)


@cache
def _lines(cells: int) -> tuple[Projected, ...]:
    shapes = (Potential(), Potential(slope=2.0), Potential(bend=6.0, centre=0.5), Potential(quartic=4.0, bend=-4.0))
    return tuple(Projected(Line(shape, -1.0, 1.0, cells)) for shape in shapes)


def projected_runs(generator: torch.Generator, effort: str) -> Iterator[Projected]:  # noqa: ARG001 - all, every time
    """[-1, 1] with a flat, a linear, a quadratic and a double-well potential."""
    yield from _lines(128)


@claim(
    f"{P}/equation-8",
    statement=r"\text{(7) can be interpreted as the limit as } h \to 0 \text{ of } "
    r"y_{k+1} = \Pi_D(y_k - h\nabla g(y_k) + \sqrt{2h}\,\xi_k),\ \xi_k \sim N(0, I_d)",
    source="Section 5.2, equation (8)",
    domain="attacked for d = 1: the laws at a fixed time from two starts, and the stationary laws, in total variation",
    rests_on=[f"{P}/definition-4"],
    carried_by=[f"{P}/definition-4/repair"],
    by=[
        simulation(
            projected_runs,
            lambda case: Projected(Line(case.line.potential, case.line.low, case.line.high, 2 * case.line.cells)),
            1e-3,
            "[-1, 1]; g flat, linear, quadratic, a double well; t = 1/2 and infinity; h = 1/16, 1/256, 1/4096; kernels"
            " on 128 cells and two atoms",
            "twice as many cells",
        )
    ],
)
def projected_chain_tends_to_it(case: Projected) -> Margin:
    """The distance goes to 0 with h, like sqrt(h): so much mass sits on the boundary."""
    return Margin.tends(case.distances())


@projected_chain_tends_to_it.mutant("noise sqrt(h) xi")
def _(case: Projected) -> Margin:
    return Margin.tends(case.distances(noise=1.0))


@projected_chain_tends_to_it.mutant("what leaves D is sent to its middle")
def _(case: Projected) -> Margin:
    return Margin.tends(case.distances(to_middle=True))
