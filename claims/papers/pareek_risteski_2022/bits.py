"""Proof of Theorem 2: the precision that is said to suffice."""

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

from claims import Constant, Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, maximum, pi, sqrt, upper_gamma
from claims.engine.strategies import PositiveEnsemble, positive
from claims.papers.pareek_risteski_2022.closed_form import ALL_NETWORKS, T2
from claims.papers.pareek_risteski_2022.precision import (
    ALIGNED,
    NETWORKS,
    Network,
    fraction,
    networks,
    power,
    told,
    truncate,
)
from claims.papers.pareek_risteski_2022.precision_steps import SOURCE

CONDITION = r"(LNW)^d(LNM\delta_w + \delta_a) < 1"


def printed(case: Network, d: int) -> Array:
    """(LNW)^d (LNM delta_w + delta_a): [n]."""
    return power(case.rate, d) * case.local


# --- signs ------------------------------------------------------------------------------------------------


def _sums() -> Iterator[Network]:
    """Three equal nodes a x1 - b x2 - b x3 at x = (1, 1, 1), truncated; only those that meet the printed condition."""
    for grid, a, b in itertools.product((0.25, 0.125), range(1, 17), range(1, 17)):
        network = truncate([[[a / 16, -b / 16, -b / 16]] * 3], (1, 1, 1), grid)
        # M = 1 over all of {±1}³, not at this x alone; outputs 0 are left out, so that sgn 0 plays no part.
        nonzero = bool(network.outputs()[1][-1].all())
        if nonzero and a + 2 * b <= 16 and float(printed(network, 3)[0]) < 1:
            yield network


def sign(x: Array) -> Array:
    """+1 where x >= 0, else -1, of exact numbers: the sign as circuits.network takes it."""
    return np.array([[1 if entry >= 0 else -1 for entry in row] for row in x], dtype=object)


def _signs(case: Network) -> Margin:
    exact, kept = case.outputs()
    return Margin.equal(sign(exact[-1]), sign(kept[-1]))


@claim(
    f"{T2}/step-precision-suffices",
    statement=r"\text{we can choose } \delta_w, \delta_a \text{ s.t. the values at each output coordinate of } E"
    r" \text{ and } \tilde E \text{ match. It suffices to have } " + CONDITION,
    source=SOURCE + ", after the unfolding",
    domain=ALL_NETWORKS + "; the printed condition",
    readings=[
        "match: the signs agree, as only sgn z is used; the values themselves need not be representable at all",
        "were the outputs of E ±1, an error below 1 would be enough; but E outputs z, a real vector, whose coordinates"
        " are half-normal under the posterior",
        "attacked only where no output of E' is 0: what sgn 0 is plays no part",
        "d = 3, depth 1 <= d, so the exponent d is generous here",
    ],
    rests_on=[f"{T2}/step-unfolding"],
    effect="An error below 1 does not keep the sign of a number below 1, and as sgn jumps no error bound keeps"
    " it for all outputs. Harmless with an error of eta = 1/(100 d): given x, z is half-normal in each coordinate, so"
    " that 'a wrong sign, or |z_i| <= eta for some i' is one event of probability exp(-2d) + 1/100 at most. The"
    " encoder's distance 1/10 is paid once: exp(-2d) + 1/100 + 1/10 < 1/5 for d >= 2, the printed 1/5"
    " (step-precision-suffices/remark-one-fifth).",
    by=[exhaustive(_sums, "d = 3: a x1 - b x2 - b x3, a, b multiples of 1/16, a + 2b <= 1, cut to quarters, eighths")],
    worked=lambda case: [
        *told(case),
        f"(LNW)^3 (LNM delta_w) = {fraction(printed(case, 3)[0])} < 1, and sgn of the output turns from -1 to +1",
    ],
)
def signs_of_the_outputs_agree(case: Network) -> Margin:
    """sgn of every output of E is that of E'."""
    return _signs(case)


@signs_of_the_outputs_agree.mutant("the values agree exactly")
def _(case: Network) -> Margin:
    exact, kept = case.outputs()
    return Margin.equal(exact[-1], kept[-1])


@signs_of_the_outputs_agree.mutant("the signs of the sums of all outputs agree")
def _(case: Network) -> Margin:
    exact, kept = case.outputs()
    return Margin.equal(sign(exact[-1].sum(-1)[..., None]), sign(kept[-1].sum(-1)[..., None]))


@dataclass(frozen=True, repr=False)
class HalfNormal:
    """d independent coordinates of standard half-normal magnitude. Array: `eta` > 0 [n]."""

    d: int
    eta: Array

    def __repr__(self) -> str:
        return f"HalfNormal(d={self.d})"

    def some_below(self) -> Array:
        """Pr[min_i |z_i| <= eta] = 1 - Pr[|z_1| > eta]^d, exactly: [n]."""
        beyond = upper_gamma(0.5, self.eta * self.eta / 2)
        return 1 - power(beyond, self.d)


@dataclass(frozen=True)
class HalfNormals:
    """One dimension, one scale of eta."""

    d: int
    eta: PositiveEnsemble

    @property
    def size(self) -> int:
        """One number."""
        return 1

    def build(self, free: Float[Tensor, "n 1"]) -> HalfNormal:
        """A batch of instances."""
        return HalfNormal(self.d, self.eta.build(free))


@st.composite
def half_normals(draw: DrawFn) -> HalfNormals:
    """d in 1..16, 64 and 256; eta from about 1e-4 to above 1."""
    d = draw(st.one_of(st.integers(1, 16), st.sampled_from([64, 256])))
    return HalfNormals(d, draw(positive(scales=(1e-4, 1.0))))


def small_coordinate_steps() -> Iterator[Step]:
    """sgn z_i != sgn z'_i with |z_i - z'_i| <= eta needs |z_i| <= eta. The density of |z_i| is at most sqrt(2/pi), so
    Pr[|z_i| <= eta] <= eta sqrt(2/pi), and the union bound over i gives d eta sqrt(2/pi), below 1/100 at eta = 1/(100
    d). The event is one of z alone: an encoder within total variation 1/10 of the posterior gives it 1/10 more at most.
    (Given x, |z_i| is half-normal and independent of sgn z, for G depends on sgn z only).
    """  # noqa: D205 - the proof
    z = sympy.Symbol("z", nonnegative=True)
    top = sympy.sqrt(2 / sympy.pi)
    density = top * sympy.exp(-(z**2) / 2)
    yield Step.nonnegative("the density of |z_i| falls: -f'(z)", -sympy.diff(density, z))
    yield Step.vanishes("f(0) = sqrt(2/pi)", density.subs(z, 0) - top)
    yield Step.nonnegative("1/100 - sqrt(2/pi)/100", (1 - top) / 100)


@claim(
    f"{T2}/step-precision-suffices/repair",
    statement=r"\text{an error} \le \eta \text{ changes } \mathrm{sgn}(z) \text{ only where } \min_i |z_i| \le \eta:"
    r"\ \Pr_{z\sim p(z|x)} \le d\eta\sqrt{2/\pi},\text{ and } \le \tfrac{1}{10} + d\eta\sqrt{2/\pi}"
    r" \text{ for an encoder within } \tfrac{1}{10}",
    source=SOURCE + ", after the unfolding",
    domain="all d >= 1, all eta > 0, all generators G(z) = C(sgn z), all x",
    repairs=f"{T2}/step-precision-suffices",
    changes="eta = 1/(100 d) in place of 1, and an exceptional event, |z_i| <= eta, of probability 1/100. Together with"
    " the wrong signs it is one event, so that the encoder's 1/10 is not paid twice",
    by=[derivation(small_coordinate_steps, "all d, eta"), search(half_normals(), "d in 1..16, 64, 256; eta 1e-5..10")],
    constants={"c": Constant(float(np.sqrt(2 / np.pi)), 0.99)},
)
def few_coordinates_are_near_zero(case: HalfNormal, c: float | None = None) -> Margin:
    """Pr[min_i |z_i| <= eta] <= d eta sqrt(2/pi), for independent standard half-normal |z_i|."""
    factor = sqrt(2 / pi(case.eta)) if c is None else constant(c, case.eta)
    return Margin.at_most(case.some_below(), case.d * case.eta * factor)


@few_coordinates_are_near_zero.mutant("without d")
def _(case: HalfNormal) -> Margin:
    return Margin.at_most(case.some_below(), case.eta * sqrt(2 / pi(case.eta)))


@few_coordinates_are_near_zero.mutant("sqrt(1/pi)")
def _(case: HalfNormal) -> Margin:
    return Margin.at_most(case.some_below(), case.d * case.eta * sqrt(1 / pi(case.eta)))


# --- the exponent -----------------------------------------------------------------------------------------


def _amplifiers() -> Iterator[Network]:
    """A weight 2^-k, then weights 2, truncated to a grid; only those that meet the printed condition at d = 1."""
    for depth, k, j in itertools.product(range(1, 8), range(1, 6), range(1, 6)):
        network = truncate([[[2.0**-k]], *[[[2.0]]] * (depth - 1)], (1,), 2.0**-j)
        if float(printed(network, 1)[0]) < 1:
            yield network


@claim(
    f"{T2}/step-depth",
    statement=CONDITION + r"\text{ makes the error at the outputs less than } 1",
    source=SOURCE + ", after the unfolding: the exponent d",
    domain=ALL_NETWORKS + "; all depths up to T(d), the printed condition",
    readings=["d is the dimension, as everywhere in the paper; E may have any depth, up to its size T(d)"],
    rests_on=[f"{T2}/step-unfolding"],
    effect="The exponent must be the depth D of E, not the dimension d. As D <= T(d) = poly(d) the number of bits stays"
    " polynomial: D log(LNW) in place of d log(LNW).",
    by=[exhaustive(_amplifiers, "d = 1: chains of 1..7 nodes, first weight 2^-k, then 2; cut to multiples of 2^-j")],
    worked=lambda case: [
        *told(case),
        f"d = 1, W = {fraction(case.W[0])}, M = {fraction(case.M[0])}: (LNW)^1 (LNM delta_w) ="
        f" {fraction(printed(case, 1)[0])} < 1, but the error is {fraction(case.errors()[-1][0])}",
    ],
)
def printed_condition_bounds_the_error(case: Network) -> Margin:
    """Under the printed condition |v - v'| < 1 at the last layer."""
    return Margin.positive(1 - case.errors()[-1])


@printed_condition_bounds_the_error.mutant("less than 1/4")
def _(case: Network) -> Margin:
    return Margin.positive(0.25 - case.errors()[-1])


@printed_condition_bounds_the_error.mutant("no error at all")
def _(case: Network) -> Margin:
    return Margin.equal(case.errors()[-1], 0 * case.errors()[-1])


def depth_steps() -> Iterator[Step]:
    """By step-precision-induction/repair the error at depth D is at most c (1 + q + ... + q^{D-1}) with q = LNW and c =
    LNM delta_w + delta_a; each of the D terms is at most max(1, q)^{D-1}.
    """  # noqa: D205 - the proof
    more = sympy.Symbol("m", nonnegative=True)
    i = sympy.Symbol("i", integer=True, nonnegative=True)
    q = 1 + more
    yield Step.vanishes("q^{i+1} - q^i = q^i m at q = 1 + m", sympy.expand(q ** (i + 1) - q**i - q**i * more))
    yield Step.nonnegative("q^i m", q**i * more)


def _deep(case: Network, less: int) -> Margin:
    q = maximum(case.rate, 1)
    bound = case.depth * power(q, max(case.depth - 1 - less, 0)) * case.local
    return Margin.at_most(case.errors()[-1], bound)


@claim(
    f"{T2}/step-depth/repair",
    statement=r"|v(x) - \tilde v(x)| \le D\max(1, LNW)^{D-1}(LNM\delta_w + \delta_a) \text{ at depth } D",
    source=SOURCE + ", after the unfolding: the exponent d",
    domain=ALL_NETWORKS + "; all depths D >= 1",
    repairs=f"{T2}/step-depth",
    changes="the depth D in place of the dimension d, D terms, and max(1, LNW)",
    rests_on=[f"{T2}/step-precision-induction"],
    carried_by=[f"{T2}/step-precision-induction/repair"],
    by=[derivation(depth_steps, "all networks and depths"), search(networks(), NETWORKS, corners=(ALIGNED,))],
)
def depth_bounds_the_error(case: Network) -> Margin:
    """E_D <= D max(1, LNW)^{D-1} (LNM delta_w + delta_a)."""
    return _deep(case, 0)


@depth_bounds_the_error.mutant("D - 2 in the exponent")
def _(case: Network) -> Margin:
    return _deep(case, 1)


@depth_bounds_the_error.mutant("without the activations' error")
def _(case: Network) -> Margin:
    bound = case.depth * power(maximum(case.rate, 1), case.depth - 1) * (case.local - case.delta_a)
    return Margin.at_most(case.errors()[-1], bound)
