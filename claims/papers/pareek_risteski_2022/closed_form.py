"""Proof of Theorem 2: the claim that the induction is to show, at depth 1 and at all depths."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array
from claims.papers.pareek_risteski_2022.precision import (
    ALIGNED,
    NETWORKS,
    Network,
    fraction,
    geometric,
    networks,
    power,
    told,
    truncate,
)
from claims.papers.pareek_risteski_2022.precision_steps import SOURCE, TILDES

T2 = "pareek-risteski-2022/theorem-2"
ALL_NETWORKS = "all networks E of L-Lipschitz activations, weights truncated within delta_w, activations within delta_a"
RECURSION = [f"{T2}/step-equation-{k}" for k in (50, 51, 52, 53)]


# --- depth 1 ----------------------------------------------------------------------------------------------


def _single_nodes() -> Iterator[Network]:
    """One node with one input x = 1: L a power of two, the weight k/8 truncated to a multiple of 1/2."""
    for L, k in itertools.product((1.0, 2.0, 0.5, 0.25), range(1, 9)):
        network = truncate([[[k / 8]]], (1,), 0.5, L)
        yield network
        rounded = replace(network, slip=np.array([[[1.0]]]), delta_a=np.array([0.125]))
        yield rounded


def _first(case: Network, factor: Array | float) -> Margin:
    return Margin.at_most(case.errors()[0], factor * case.local)


@claim(
    f"{T2}/step-precision-base",
    statement=r"|v(x) - \tilde v(x)| \le L(LNM\delta_w + \delta_a) \text{ for nodes at depth } t = 1",
    source=SOURCE + ", the claim before (48) at t = 1",
    domain=ALL_NETWORKS + "; depth 1, all L > 0",
    readings=[
        TILDES,
        "depth t from the input: the inputs are at depth 0 and have no error",
        "L is a bound, so it may be taken >= 1: then the printed factor L only adds; here it may be any L > 0",
    ],
    effect="Harmless: L is a bound of the Lipschitz constants and may be taken >= 1; then it holds, for it follows from"
    " the repair. The base of the induction, which is not printed, has one factor L too many, false for L < 1.",
    by=[exhaustive(_single_nodes, "one input 1; L in 1/4..2; weight k/8, k in 1..8, cut to halves; delta_a 0 or 1/8")],
    worked=lambda case: [
        *told(case),
        f"delta_a = {fraction(case.delta_a[0])}, the activation loses {fraction(case.delta_a[0] * case.slip[0, 0, 0])}",
        f"error {fraction(case.errors()[0][0])} > L (LNM delta_w + delta_a) = {fraction((case.L * case.local)[0])}",
    ],
)
def first_layer_with_the_printed_factor(case: Network) -> Margin:
    """E_1 <= L (LNM delta_w + delta_a)."""
    return _first(case, case.L)


@first_layer_with_the_printed_factor.mutant("L² in place of L")
def _(case: Network) -> Margin:
    return _first(case, case.L * case.L)


@first_layer_with_the_printed_factor.mutant("half of it")
def _(case: Network) -> Margin:
    return _first(case, case.L / 2)


def base_steps() -> Iterator[Step]:
    """(53) at t = 0, where E_0 = 0."""
    L, N, W, M, dw, da = sympy.symbols("L N W M d_w d_a", positive=True)
    yield Step.vanishes("(53) at E_0 = 0", L * N * W * 0 + L * N * M * dw + da - (L * N * M * dw + da))


@claim(
    f"{T2}/step-precision-base/repair",
    statement=r"|v(x) - \tilde v(x)| \le LNM\delta_w + \delta_a \text{ for nodes at depth } 1",
    source=SOURCE + ", the claim before (48) at t = 1",
    domain=ALL_NETWORKS + "; depth 1, all L > 0",
    repairs=f"{T2}/step-precision-base",
    changes="without the factor L",
    rests_on=RECURSION,
    by=[derivation(base_steps, "all networks"), search(networks(), NETWORKS, corners=(ALIGNED,))],
)
def first_layer(case: Network) -> Margin:
    """E_1 <= LNM delta_w + delta_a."""
    return _first(case, 1)


@first_layer.mutant("nine tenths of it")
def _(case: Network) -> Margin:
    return _first(case, 0.9)


@first_layer.mutant("with the printed factor L")
def _(case: Network) -> Margin:
    return _first(case, case.L)


# --- all depths -------------------------------------------------------------------------------------------


def _chains() -> Iterator[Network]:
    """Chains of one to three nodes, all with the same weight k/8, truncated to a multiple of 1/2 or 1/4; L = 1."""
    for depth, grid, k in itertools.product((1, 2, 3), (0.5, 0.25), range(1, 17)):
        yield truncate([[[k / 8]]] * depth, (1,), grid)


def _at_each_depth(case: Network, bound: list[Array]) -> Margin:
    parts = [Margin.at_most(error, most) for error, most in zip(case.errors(), bound, strict=True)]
    return reduce(Margin.__and__, parts)


def _powers(case: Network, shift: int) -> list[Array]:
    return [case.L * power(case.rate, max(t + shift, 0)) * case.local for t in range(case.depth)]


@claim(
    f"{T2}/step-precision-induction",
    statement=r"|v(x) - \tilde v(x)| \le L(LNW)^{t-1}(LNM\delta_w + \delta_a) \text{ for nodes at depth } t,"
    r" \text{ by induction}",
    source=SOURCE + ", the claim before (48)",
    domain=ALL_NETWORKS + "; all depths t >= 1",
    readings=[
        TILDES,
        "attacked at L = 1 (identity, ReLU): for L < 1 it fails at t = 1 already, see step-precision-base",
        "E_0 = 0, though 'our inputs are close to binary, but not exactly binary': hard-coded, their noise is a bias:"
        " step-hard-coded-bias (and step-precision-induction/remark-inexact-inputs for E_0 > 0)",
    ],
    rests_on=[*RECURSION, f"{T2}/step-precision-base"],
    effect="The recursion (53) is right and the closed form is not: it drops all terms of the sum but the last."
    " With the"
    " sum, at most t max(1, LNW)^{t-1} in place of (LNW)^{t-1}, the number of bits grows by log t only.",
    by=[exhaustive(_chains, "L = 1; chains of 1..3 nodes of weight k/8, k in 1..16, cut to halves or quarters; x = 1")],
    worked=lambda case: [
        *told(case),
        f"W = {fraction(case.W[0])}, M = {fraction(case.M[0])}, LNM delta_w + delta_a = {fraction(case.local[0])}",
        f"errors by depth {', '.join(fraction(e[0]) for e in case.errors())};"
        f" printed bounds {', '.join(fraction(b[0]) for b in _powers(case, 0))}",
    ],
)
def printed_closed_form(case: Network) -> Margin:
    """E_t <= L (LNW)^{t-1} (LNM delta_w + delta_a) for all t >= 1."""
    return _at_each_depth(case, _powers(case, 0))


@printed_closed_form.mutant("(LNW)^{t-2}")
def _(case: Network) -> Margin:
    return _at_each_depth(case, _powers(case, -1))


@printed_closed_form.mutant("four fifths of it")
def _(case: Network) -> Margin:
    return _at_each_depth(case, [0.8 * bound for bound in _powers(case, 0)])


def sum_steps() -> Iterator[Step]:
    """Induction on t with q = LNW, c = LNM delta_w + delta_a: E_0 = 0, an empty sum. If E_t <= c S_t with S_t = 1 + q +
    ... + q^{t-1}, then by (53) E_{t+1} <= q E_t + c <= c (q S_t + 1) = c S_{t+1}.
    """  # noqa: D205 - the proof
    q = sympy.Symbol("q", positive=True)
    t = sympy.Symbol("t", integer=True, nonnegative=True)
    closed = (q**t - 1) / (q - 1)
    yield Step.vanishes("q S_t + 1 = S_{t+1}", q * closed + 1 - closed.subs(t, t + 1))
    yield Step.vanishes("S_0 = 0", closed.subs(t, 0))


@claim(
    f"{T2}/step-precision-induction/repair",
    statement=r"|v(x) - \tilde v(x)| \le \sum_{i=0}^{t-1} (LNW)^i\,(LNM\delta_w + \delta_a) \text{ at depth } t",
    source=SOURCE + ", the claim before (48)",
    domain=ALL_NETWORKS + "; all depths t >= 1",
    repairs=f"{T2}/step-precision-induction",
    changes="the whole geometric sum in place of L times its last term",
    rests_on=RECURSION,
    by=[derivation(sum_steps, "all networks and depths"), search(networks(), NETWORKS, corners=(ALIGNED,))],
)
def geometric_closed_form(case: Network) -> Margin:
    """E_t <= c (1 + q + ... + q^{t-1}), q = LNW, c = LNM delta_w + delta_a. Equality is met in the limit."""
    bounds = [geometric(case.rate, t + 1) * case.local for t in range(case.depth)]
    return _at_each_depth(case, bounds).report(attained=case.errors()[-1] / bounds[-1])


@geometric_closed_form.mutant("nine tenths of it")
def _(case: Network) -> Margin:
    return _at_each_depth(case, [0.9 * geometric(case.rate, t + 1) * case.local for t in range(case.depth)])


@geometric_closed_form.mutant("the last term only")
def _(case: Network) -> Margin:
    return _at_each_depth(case, [power(case.rate, t) * case.local for t in range(case.depth)])
