"""Lemma 12: what it needs from its three terms: the triangle, the coupling, and the two stationary laws."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import sympy
import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from claims import Margin, Step, claim, derivation, exhaustive, search, simulation
from claims.engine.arithmetic import Array, absolute, constant, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.laws import flags, weights
from claims.papers.pareek_risteski_2022.upper_bound.line import Line, Potential, Region, variation

L12 = "pareek-risteski-2022/lemma-12"
SOURCE = "Appendix C.1, proof of Lemma 12"
SHARPER = "pareek-risteski-2022/theorem-3/remark-sharper"
#: sup over t of TV(P~_t, P~) e^{t/(2 rad²)} is at most this.
MIXING = math.exp(1 / 3)
#: What float64 may get wrong in a probability of these small chains.
ROUNDING = 1e-12

REGIONS = (
    "all closed bounded convex D with smooth boundary in any dimension, all smooth L convex on D with e^{-L}"
    " integrable, all z_0 in D, all t"
)
#: L, the line's ends, and the cells of D. The wells at ±1 have minima that are deep enough to hold z for long.
WELLS = Potential(quartic=40.0, bend=-160.0)
SHAPES = (
    (Potential(bend=1.0), -8.0, 8.0, (24, 72)),
    (Potential(bend=25.0), -1.5, 1.5, (30, 60)),
    (Potential(bend=1.0, slope=2.0), -6.0, 4.0, (40, 60)),
    (WELLS, -1.5, 1.5, (68, 92)),
    (Potential(slope=5.0), 0.0, 3.0, (0, 30)),
    (Potential(), 0.0, 1.0, (10, 90)),
    (Potential(), 0.0, 1.0, (0, 96)),
)


@cache
def _region(shape: int, cells: int) -> Region:
    potential, low, high, (first, last) = SHAPES[shape]
    return Region(Line(potential, low, high, cells), first * cells // 96, last * cells // 96)


def regions(generator: torch.Generator, effort: str) -> Iterator[Region]:  # noqa: ARG001 - all cases, every time
    """Wide and narrow regions of a Gaussian, in its middle and beside it; one of two deep wells; flat and tilted L."""
    for shape in range(len(SHAPES)):
        yield _region(shape, 96)


def finer(case: Region) -> Region:
    """The same region on a grid twice as fine."""
    line = case.line
    fine = Line(line.potential, line.low, line.high, 2 * line.cells)
    return Region(fine, 2 * case.first, 2 * case.last)


GRID = simulation(
    regions, finer, 1e-3,
    "7 regions on a line: in and beside Gaussians, one of two wells, flat and tilted L; every z_0 in D on a grid of 96"
    " cells; t from rad²/128 to 32 rad² by doubling; laws and exit probabilities exact for the chain. The last D is the"
    " whole line, the only kind that meets Lemma 12's hypothesis (for all t, alpha < 1)",
    "a grid twice as fine",
)  # fmt: skip


@dataclass(frozen=True)
class FourLaws:
    """Laws P_t, P~_t, P~, P on the same atoms. Array: `weight` [n, 4 atoms]."""

    atoms: int
    weight: Array

    def distance(self, i: int, j: int) -> Array:
        """TV of the i-th and the j-th: [n]."""
        p, q = (self._law(k) for k in (i, j))
        return total(absolute(p - q)) / 2

    def _law(self, k: int) -> Array:
        part = self.weight[..., k * self.atoms : (k + 1) * self.atoms]
        return part / total(part)[..., None]


def four_laws() -> SearchStrategy[Instances]:
    """2..4 atoms; laws near each other and far from each other."""

    def structure(atoms: int, apart: float) -> Instances:
        scales = tuple(apart if (k % atoms) == (k // atoms) % 2 else 1.0 for k in range(4 * atoms))
        return Instances(FourLaws, (atoms,), (PositiveVectorEnsemble(4 * atoms, scales),))

    return st.sampled_from([structure(*shape) for shape in itertools.product((2, 3, 4), (1.0, 1e3, 1e-3))])


def triangle_steps() -> Iterator[Step]:
    """For every event A, P_t(A) - P(A) is the sum of three differences, each at most the supremum of its modulus."""
    a, b, c, d = sympy.symbols("a b c d", real=True)
    yield Step.vanishes("the sum telescopes", (a - b) + (b - c) + (c - d) - (a - d))


@claim(
    f"{L12}/step-21",
    statement=r"d_{TV}(P_t, P) \le d_{TV}(P_t, \tilde P_t) + d_{TV}(\tilde P_t, \tilde P) + d_{TV}(\tilde P, P)",
    source=SOURCE + ", equation (21)",
    domain="all laws on one space",
    by=[derivation(triangle_steps, "all laws"), search(four_laws(), "2..4 atoms; laws near each other and far apart")],
)
def triangle(case: FourLaws) -> Margin:
    """The triangle inequality, twice."""
    return Margin.at_most(case.distance(0, 3), case.distance(0, 1) + case.distance(1, 2) + case.distance(2, 3))


@triangle.mutant("the middle term left out")
def _(case: FourLaws) -> Margin:
    return Margin.at_most(case.distance(0, 3), case.distance(0, 1) + case.distance(2, 3))


@triangle.mutant("nine tenths of it")
def _(case: FourLaws) -> Margin:
    return Margin.at_most(case.distance(0, 3), 0.9 * sum(case.distance(k, k + 1) for k in range(3)))


def _decay(case: Region, rate: float) -> torch.Tensor:
    return MIXING * torch.exp(-rate * case.times)[:, None]


def rate_steps() -> Iterator[Step]:
    """theorem-3/remark-sharper with R = 2 rad(D): e^{1/3} e^{-3t/(4 rad²)}, and 3/4 >= 1/2."""
    t, r = sympy.symbols("t r", positive=True)
    yield Step.nonnegative("3t/R² - t/(2 rad²) at R = 2 rad", 3 * t / (2 * r) ** 2 - t / (2 * r**2))


@claim(
    f"{L12}/step-22",
    statement=r"d_{TV}(\tilde P_t, \tilde P) \lesssim e^{-t/(2\,\mathrm{rad}^2(D))}",
    source=SOURCE + ", equation (22)",
    domain=REGIONS,
    readings=["'by Theorem 3' does not carry it, see step-22-citation; the inequality itself is true"],
    rests_on=[SHARPER],
    by=[derivation(rate_steps, REGIONS), GRID],
)
def reflected_chain_mixes(case: Region) -> Margin:
    """The reflected diffusion on a ball of radius rad mixes at rate 1/(2 rad²), up to e^{1/3}."""
    return Margin.at_most(variation(case.reflected, case.law_in_region), _decay(case, 0.5))


@reflected_chain_mixes.mutant("six times the rate: 3/rad² > pi²/(4 rad²)")
def _(case: Region) -> Margin:
    return Margin.at_most(variation(case.reflected, case.law_in_region), _decay(case, 3.0))


@reflected_chain_mixes.mutant("the diffusion that is not reflected")
def _(case: Region) -> Margin:
    return Margin.at_most(variation(case.free, case.line.law), _decay(case, 0.5))


@dataclass(frozen=True)
class Bounds:
    """Times t = 8 k rad²/3, at which the two exponents differ by k. Array: `times` [1, n], in units of rad²."""

    times: Array

    def excess(self, cited: float, asked: float) -> Array:
        """Least over constants 10^0..10^12 of the largest ratio e^{-cited t} / (10^j e^{-asked t}), over t: [1, 1]."""
        gaps = (asked - cited) * self.times
        most = max(float(gap) for gap in gaps.flat)
        return constant([[most]], self.times) - 12 * constant([[math.log(10)]], self.times)


def two_bounds() -> Iterator[Bounds]:
    """Times up to 80 rad²: enough for constants up to 10^12."""
    yield Bounds(torch.tensor([[1.0, 8.0, 80.0]], dtype=torch.float64))


def _cited(case: Bounds, diameter: float, asked: float = 0.5) -> Margin:
    gap = case.excess(1 / (2 * diameter**2), asked)
    return Margin.at_most(gap, 0 * gap)


@claim(
    f"{L12}/step-22-citation",
    statement=r"\text{Since } D \text{ is convex and } L \text{ is convex over } D,\ \text{Theorem 3 gives}\ "
    r"e^{-t/(2R^2)} \lesssim e^{-t/(2\,\mathrm{rad}^2(D))} \text{ with } R = 2\,\mathrm{rad}(D) \text{ its diameter}",
    source=SOURCE + ", equation (22)",
    domain="balls D; some constant for all t >= 0; constants 10^0..10^12",
    readings=["in Bubeck et al. R is the radius of a ball that holds the set; Theorem 3 as printed here says diameter"],
    rests_on=["pareek-risteski-2022/theorem-3"],
    effect="Radius and diameter were mixed up: Theorem 3 as quoted gives e^{-t/(8 rad²)} only. Harmless: four times the"
    " time suffices, T in Lemma 2 has a constant to choose, and a sharper form of Theorem 3 gives (22) as printed.",
    by=[exhaustive(two_bounds, "t = rad², 8 rad², 80 rad²")],
    worked=lambda _: [
        "D is a ball of radius rad, so R = 2 rad, and Theorem 3 says e^{-t/(2 R²)} = e^{-t/(8 rad²)}",
        "at t = rad²: 0.8825, where (22) has 0.6065; at t = 80 rad²: e^-10 = 4.5e-5, where (22) has e^-40 = 4.2e-18",
        "the ratio e^{3t/(8 rad²)} passes every constant",
    ],
)
def theorem_3_gives_the_radius(case: Bounds) -> Margin:
    """e^{-t/(2 (2 rad)²)} <= C e^{-t/(2 rad²)} at all t, for some C."""
    return _cited(case, 2.0)


@theorem_3_gives_the_radius.mutant("rate 1/rad²")
def _(case: Bounds) -> Margin:
    return _cited(case, 2.0, asked=1.0)


@theorem_3_gives_the_radius.mutant("R = 4 rad")
def _(case: Bounds) -> Margin:
    return _cited(case, 4.0)


def coupling_steps() -> Iterator[Step]:
    """Both diffusions start in D with the same Brownian motion, and up to the exit time S of z from D the pushing term
    of z~ is 0: L is smooth on D, so by pathwise uniqueness z~ = z up to S. So for every event A, P_t(A) = q + r and
    P~_t(A) = q + r' with q = Pr[z_t in A, S > t] and r, r' in [0, Pr[S <= t]], whatever the two do after S.
    """  # noqa: D205 - the proof
    alpha, u, v, q = sympy.symbols("alpha u v q", nonnegative=True)
    r, other = alpha / (1 + u), alpha / (1 + v)
    yield Step.nonnegative("alpha - (P_t(A) - P~_t(A))", sympy.factor(alpha - ((q + r) - (q + other))))
    yield Step.vanishes("only r - r' is left", (q + r) - (q + other) - (r - other))


@claim(
    f"{L12}/step-23",
    statement=r"d_{TV}(P_t, \tilde P_t) \le \Pr[z_t \ne \tilde z_t]"
    r" \le \Pr[\exists s \in [0,t],\ z_s \notin D] \le \alpha",
    source=SOURCE + ", equation (23)",
    domain=REGIONS + "; L need not be convex",
    readings=["printed 'z_t outside D' under the quantifier over s: z_s"],
    by=[derivation(coupling_steps, REGIONS), GRID],
)
def coupling_by_the_same_noise(case: Region) -> Margin:
    """TV(P_t, P~_t) <= Pr[z leaves D by the time t]."""
    return Margin.at_most(variation(case.free, case.reflected), case.left + ROUNDING)


@coupling_by_the_same_noise.mutant("z_t outside D at the time t alone")
def _(case: Region) -> Margin:
    now = case.free[..., : case.first].sum(-1) + case.free[..., case.last :].sum(-1)
    return Margin.at_most(variation(case.free, case.reflected), now + ROUNDING)


@coupling_by_the_same_noise.mutant("half of it")
def _(case: Region) -> Margin:
    return Margin.at_most(variation(case.free, case.reflected), case.left / 2 + ROUNDING)


@dataclass(frozen=True)
class Restricted:
    """A law P and a region D as 1 and 0, not empty: its last atom is of D. Array: `weight` [n, atoms]."""

    region: tuple[int, ...]
    weight: Array

    @property
    def inside(self) -> Array:
        """1 on D, 0 outside: [atoms]."""
        return constant([*self.region, 1], self.weight)

    @property
    def law(self) -> Array:
        """P: [n, atoms]."""
        return self.weight / total(self.weight)[..., None]

    @property
    def outside(self) -> Array:
        """P(D^c): [n]."""
        return total(self.law * (1 - self.inside))

    def distance(self) -> Array:
        """TV of P and P~, the law ∝ P on D: [n]."""
        part = self.weight * self.inside
        return total(absolute(part / total(part)[..., None] - self.law)) / 2


@st.composite
def restricted(draw: DrawFn) -> Instances:
    """2..6 atoms, any region that is not empty."""
    count = draw(st.integers(1, 5))
    return Instances(Restricted, (draw(flags(count)),), (draw(weights(count + 1)),))


def restriction_steps() -> Iterator[Step]:
    """P~ = P/P(D) on D and 0 outside. So P~ >= P on D and P~ <= P outside, and half the L1 distance is
    ½ (P(D) (1/P(D) - 1) + P(D^c)) = P(D^c).
    """  # noqa: D205 - the proof
    odds = sympy.Symbol("o", nonnegative=True)
    inside = 1 / (1 + odds)
    half = (inside * (1 / inside - 1) + (1 - inside)) / 2
    yield Step.vanishes("half the L1 distance is P(D^c)", half - (1 - inside))
    yield Step.nonnegative("1/P(D) >= 1", 1 / inside - 1)


@claim(
    f"{L12}/step-24",
    statement=r"\tilde P \propto e^{-L} \text{ on } D,\ P \propto e^{-L}:\ "
    r"d_{TV}(\tilde P, P) = \Pr[z_\infty \notin D],\ z_\infty \sim P",
    source=SOURCE + ", equation (24)",
    domain="all laws P, all D with P(D) > 0",
    readings=["'P(z) > P(z)' with the tildes lost: P~ >= P on D, P~ <= P outside"],
    by=[derivation(restriction_steps, "all P, D"), search(restricted(), "2..6 atoms, weights over twelve decades")],
)
def restriction_is_as_far_as_what_it_drops(case: Restricted) -> Margin:
    """TV(P~, P) = P(D^c)."""
    return Margin.equal(case.distance(), case.outside)


@restriction_is_as_far_as_what_it_drops.mutant("twice that, the L1 distance")
def _(case: Restricted) -> Margin:
    return Margin.equal(case.distance(), 2 * case.outside)


@restriction_is_as_far_as_what_it_drops.mutant("the odds P(D^c)/P(D)")
def _(case: Restricted) -> Margin:
    return Margin.equal(case.distance(), case.outside / (1 - case.outside))
