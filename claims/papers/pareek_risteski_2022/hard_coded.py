"""Proof of Theorem 2, 'hard-coding these into the weights': the frozen network's bound W, and its inputs' error."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, exp, greatest, log, sqrt, total, upper_gamma
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.closed_form import ALL_NETWORKS, RECURSION, T2
from claims.papers.pareek_risteski_2022.generator import number
from claims.papers.pareek_risteski_2022.laws import weights
from claims.papers.pareek_risteski_2022.one_node import OneNode, one_nodes
from claims.papers.pareek_risteski_2022.precision import ALIGNED, NETWORKS, Network, geometric, networks, power
from claims.papers.pareek_risteski_2022.precision_steps import NODES, SOURCE

# --- how large the strings are ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Gaussians:
    """n = odd 2^doublings independent standard normals, and a dimension d."""

    d: int
    odd: int
    doublings: int

    def some_beyond(self, t: Array) -> Array:
        """Pr[max_i |xi_i| > t], exactly: 1 - (1 - q)^n for q = Pr[|xi_1| > t], without cancellation."""
        q = upper_gamma(0.5, t * t / 2)
        q = q * geometric(1 - q, self.odd)
        for _ in range(self.doublings):
            q = q * (2 - q)
        return q


def gaussians() -> Iterator[Gaussians]:
    """n = 1, 3, 5, 7 times seven powers of two to 2^20; d in 1..8 and powers of two to 512."""
    for d in (*range(1, 9), *(1 << i for i in range(4, 10))):
        for odd, doublings in itertools.product((1, 3, 5, 7), (0, 1, 2, 3, 5, 10, 20)):
            yield Gaussians(d, odd, doublings)


def tail_steps() -> Iterator[Step]:
    """With f(t) = exp(-t²/2) - Pr[|xi| > t]: f(0) = 0, f(t) -> 0, and f'(t) = exp(-t²/2)(sqrt(2/pi) - t), so f rises
    and then falls to 0: f >= 0. The union bound over n normals gives n exp(-t²/2), exp(-d) at t² = 2 (d + log n).
    """  # noqa: D205 - the proof
    t = sympy.Symbol("t", nonnegative=True)
    d, n = sympy.symbols("d n", positive=True)
    f = sympy.exp(-(t**2) / 2) - sympy.erfc(t / sympy.sqrt(2))
    slope = sympy.exp(-(t**2) / 2) * (sympy.sqrt(2 / sympy.pi) - t)
    yield Step.vanishes("f(0) = 0", f.subs(t, 0))
    yield Step.limit("f(t) at infinity", f, t, sympy.oo, 0)
    yield Step.vanishes("f'(t) = exp(-t²/2)(sqrt(2/pi) - t)", sympy.simplify(sympy.diff(f, t) - slope))
    yield Step.vanishes("n exp(-t²/2) = exp(-d)", sympy.simplify(n * sympy.exp(-(d + sympy.log(n))) - sympy.exp(-d)))


def _rarely_beyond(case: Gaussians, t_squared: Array) -> Margin:
    return Margin.at_most(case.some_beyond(sqrt(t_squared)), exp(-number(case.d)))


def _log_count(case: Gaussians) -> Array:
    return log(number(case.odd << case.doublings))


@claim(
    f"{T2}/step-hard-coded-noise",
    statement=r"\text{of } n \text{ independent standard normals all are at most } \sqrt{2(d + \ln n)} \text{ in"
    r" modulus, with probability } \ge 1 - e^{-d}",
    source="not printed: what 'hard-coding these into the weights' in " + SOURCE + " needs of the bound W",
    domain="all n >= 1, all d >= 1",
    readings=[
        "a string has n <= d + T(d) numbers (the noise of the input, and one for each output of each layer of E), so"
        " the bound is polynomial in d and log W stays polynomial",
        "hard-coded, noise of a layer becomes a bias: the parameters beta_i of E are read as bounded by W, as weights",
        "one string is chosen: see step-averaging/remark-bounded-outputs, where this event is part of B",
    ],
    by=[
        derivation(tail_steps, "all n, d"),
        exhaustive(gaussians, "n = 1, 3, 5, 7 times 2^0..2^20; d in 1..8 and powers of two to 512; the exact tail"),
    ],
)
def strings_are_bounded(case: Gaussians) -> Margin:
    """Pr[max_i |xi_i| > sqrt(2 (d + ln n))] <= exp(-d)."""
    return _rarely_beyond(case, 2 * (case.d + _log_count(case)))


@strings_are_bounded.mutant("sqrt(2 ln n), as for a bound with constant probability")
def _(case: Gaussians) -> Margin:
    return _rarely_beyond(case, 2 * _log_count(case))


@strings_are_bounded.mutant("sqrt(d + ln n)")
def _(case: Gaussians) -> Margin:
    return _rarely_beyond(case, case.d + _log_count(case))


# --- the noise of the input is a bias ---------------------------------------------------------------------


def bias_steps() -> Iterator[Step]:
    """sum_i w_i (x_i + xi_i) + b = sum_i w_i x_i + (b + sum_i w_i xi_i), and each of the n <= N terms w_i xi_i is at
    most W r. So E at x + xi is, number for number, the network with these biases at x itself: its inputs are exact.
    """  # noqa: D205 - the proof
    w, x, xi, b = sympy.symbols("w x xi b", real=True)
    yield Step.vanishes("w (x + xi) + b = w x + (b + w xi)", sympy.expand(w * (x + xi) + b - (w * x + (b + w * xi))))
    n, spare, W, r = sympy.symbols("n m W r", nonnegative=True)
    yield Step.nonnegative("N W r - n W r at N = n + m", sympy.expand((n + spare) * W * r - n * W * r))


def _bias(case: OneNode, factor: int, *, moved: bool = True) -> Margin:
    b, xi = case.delta_a * case.slip, -case.dv
    shift = total(case.w * xi)
    frozen = total(case.w * case.v) + b + (shift if moved else 0 * shift)
    bound = absolute(b) + factor * greatest(absolute(case.w)) * greatest(absolute(xi))
    return Margin.equal(total(case.w * (case.v + xi)) + b, frozen) & Margin.at_most(absolute(b + shift), bound)


@claim(
    f"{T2}/step-hard-coded-bias",
    statement=r"\text{a first node at } x + \xi \text{ is the node with bias } b + \sum_i w_i \xi_i \text{ at } x;"
    r"\ \Big|b + \sum_i w_i\xi_i\Big| \le |b| + NWr \text{ if } |\xi_i| \le r",
    source=SOURCE + ": 'our inputs are close to binary, but not exactly binary'",
    domain="all nodes of degree at most N, weights bounded by W, all x and xi",
    readings=[
        "so the hard-coded network has exactly binary inputs x, and E_0 = 0, as (53) is unfolded: only its first"
        " nodes have other biases, truncated to delta_w like all weights (a bias is the weight of an input 1)",
        "W of the frozen network is W (1 + N r), r = beta sqrt(2(d + ln n)) by step-hard-coded-noise; the noise of"
        " E's layers becomes biases of the layer after in the same way, that of the last one a bias of the outputs",
    ],
    by=[derivation(bias_steps, "all nodes"), search(one_nodes(), NODES)],
)
def noise_is_a_bias(case: OneNode) -> Margin:
    """The same number, and a bias of at most |b| + N W r."""
    return _bias(case, case.inputs + case.spare)


@noise_is_a_bias.mutant("a bias of at most |b| + W r")
def _(case: OneNode) -> Margin:
    return _bias(case, 1)


@noise_is_a_bias.mutant("the bias left as it is")
def _(case: OneNode) -> Margin:
    return _bias(case, case.inputs + case.spare, moved=False)


# --- inexact inputs ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inexact:
    """A network and its truncated copy, which gets x - dx for x. Nested: `network`; array: `dx` [n, N]."""

    network: Network
    dx: Array

    def errors(self) -> list[Array]:
        """E_1, E_2, ...: [n] each."""
        return self.network.errors(self.network.x - self.dx)

    def bounds(self, *, grown: bool = True, part: float = 1.0) -> list[Array]:
        """part q^t E_0 + c (1 + ... + q^{t-1}) for t = 1, 2, ...: [n] each."""
        q, first = self.network.rate, part * greatest(absolute(self.dx))
        depths = range(1, self.network.depth + 1)
        return [(power(q, t) if grown else 1) * first + geometric(q, t) * self.network.local for t in depths]

    def within(self, bounds: list[Array]) -> Margin:
        """Each error is at most its bound."""
        return reduce(Margin.__and__, [Margin.at_most(*pair) for pair in zip(self.errors(), bounds, strict=True)])


@st.composite
def inexacts(draw: DrawFn) -> Instances:
    """Networks as for step-precision-induction, and errors of their inputs over twelve decades."""
    ensemble = draw(networks())
    return Instances(Inexact, (), (ensemble, draw(weights(ensemble.N))))


#: All errors aligned, that of the input large.
FAR = Instances(Inexact, (), (ALIGNED, PositiveVectorEnsemble(1, 1e3)))


def inexact_steps() -> Iterator[Step]:
    """The induction of step-precision-induction/repair from E_0 on: with q = LNW, c = LNM delta_w + delta_a and S_t = 1
    + ... + q^{t-1}, E_t <= q^t E_0 + c S_t and (53) give E_{t+1} <= q^{t+1} E_0 + c (q S_t + 1), where q S_t + 1 =
    S_{t+1}.
    """  # noqa: D205 - the proof
    q, c, first = sympy.symbols("q c E_0", positive=True)
    t = sympy.Symbol("t", integer=True, nonnegative=True)
    closed = q**t * first + c * (q**t - 1) / (q - 1)
    yield Step.vanishes("q E_t + c = E_{t+1}", sympy.simplify(q * closed + c - closed.subs(t, t + 1)))
    yield Step.vanishes("at t = 0 it is E_0", closed.subs(t, 0) - first)


@claim(
    f"{T2}/step-precision-induction/remark-inexact-inputs",
    statement=r"|v(x) - \tilde v(x)| \le (LNW)^t E_0 + \sum_{i=0}^{t-1} (LNW)^i (LNM\delta_w + \delta_a)"
    r" \text{ at depth } t, \text{ if } \tilde E \text{ gets inputs within } E_0 \text{ of those of } E",
    source="ours: what 'our inputs are close to binary, but not exactly binary' in " + SOURCE + " would cost",
    domain=ALL_NETWORKS + "; all depths t >= 1, all E_0 >= 0",
    readings=["for a reader who rounds x + xi itself; hard-coded as biases xi costs nothing: step-hard-coded-bias"],
    rests_on=RECURSION,
    by=[derivation(inexact_steps, "all networks and depths"), search(inexacts(), NETWORKS, corners=(FAR,))],
)
def inexact_inputs_add_their_error(case: Inexact) -> Margin:
    """E_t <= q^t E_0 + c (1 + q + ... + q^{t-1})."""
    return case.within(case.bounds())


@inexact_inputs_add_their_error.mutant("as if E_0 = 0")
def _(case: Inexact) -> Margin:
    return case.within(case.bounds(part=0.0))


@inexact_inputs_add_their_error.mutant("E_0 in place of (LNW)^t E_0")
def _(case: Inexact) -> Margin:
    return case.within(case.bounds(grown=False))


@inexact_inputs_add_their_error.mutant("nine tenths of E_0")
def _(case: Inexact) -> Margin:
    return case.within(case.bounds(part=0.9))
