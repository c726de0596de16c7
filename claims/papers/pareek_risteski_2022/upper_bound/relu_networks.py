"""Appendix G, proof of Lemma 27: how the errors of the nodes add up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, greatest, maximum, tanh, total
from claims.papers.pareek_risteski_2022.precision import fraction, power

L27 = "pareek-risteski-2022/lemma-27"
SOURCE = "Appendix G, proof of Lemma 27"
LIPSCHITZ = "L is not introduced: the activations are L-Lipschitz"
BOUNDED = "'sup sigma < M' bounds sigma from above only, the proof uses |sigma| < M on [-BM, BM]: read so"
BUDGET = "'e0 = e/l' is read as e0 = e/((LB)^l l), as the count has it"


# --- one node ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """sigma = L tanh at w·h, sigma + slip e0 at w·(h + dh). Arrays: `w`, `h`, `dh` [n, N]; `L`, `e0`, `slip` [n]."""

    w: Array
    h: Array
    dh: Array
    L: Array
    e0: Array
    slip: Array

    def off(self) -> Array:
        """How far the two nodes are apart: [n]."""
        exact, near = (self.L * tanh(total(self.w * v)) for v in (self.h, self.h + self.dh))
        return absolute(near + self.slip * self.e0 - exact)

    def bound(self) -> Array:
        """L B ‖dh‖_∞ + e0 with B = ‖w‖_1: [n]."""
        return self.L * total(absolute(self.w)) * greatest(absolute(self.dh)) + self.e0


def _nodes() -> Iterator[Node]:
    """One or two weights; near 0, where tanh is steepest, and in its tail; errors that add up and that cancel."""
    small = (2.0**-10, 0.25, -4.0)
    for w, h, dh, slip in itertools.product((1.0, -2.0), (0.0, 3.0), small, (1.0, 0.0, -1.0)):
        for L, e0 in ((1.0, 0.125), (0.25, 2.0**-10), (8.0, 1.0)):
            one = [np.array([number]) for number in (L, e0, slip)]
            yield Node(np.array([[w]]), np.array([[h]]), np.array([[dh]]), *one)
            yield Node(np.array([[w, 1.0]]), np.array([[h, 0.5]]), np.array([[dh, abs(dh)]]), *one)


def recursion_steps() -> Iterator[Step]:
    """|sigma(a) - R(b)| <= |sigma(a) - sigma(b)| + |sigma(b) - R(b)| <= L |a - b| + e0 with a = w·h, b = w·h_R, both in
    the interval where R is within e0; and |a - b| <= sum |w_k| |h_k - h_Rk| <= B E_i by Hölder's inequality.
    """  # noqa: D205 - the proof
    B, less, E, gap = sympy.symbols("B s E g", nonnegative=True)  # ‖w‖_1 = B - less, one error = E - gap
    yield Step.vanishes("one term: |w| E - |w| (E - g) = |w| g >= 0", sympy.expand(B * E - B * (E - gap) - B * gap))
    yield Step.nonnegative("B E - (B - s) E = s E >= 0", sympy.expand((B + less) * E - B * E))


@claim(
    f"{L27}/step-recursion",
    statement=r"|\sigma_1(W_j^T H(x)) - R(W_j^T H_R(x))| \le L\|W_j\|_1 \|H(x) - H_R(x)\|_\infty + \epsilon_0",
    source=SOURCE + ", the display",
    domain="all L-Lipschitz sigma, R within e0 of it where both sums are, all weights",
    readings=[LIPSCHITZ],
    by=[
        derivation(recursion_steps, "all nodes"),
        exhaustive(_nodes, "one or two weights, L tanh with L = 1/4, 1, 8; errors of 2^-10, 1/4, 4; e0 of 2^-10 to 1"),
    ],
)
def one_node_adds_e0(case: Node) -> Margin:
    """E_{i+1} <= L B E_i + e0."""
    return Margin.at_most(case.off(), case.bound())


@one_node_adds_e0.mutant("without e0")
def _(case: Node) -> Margin:
    return Margin.at_most(case.off(), case.bound() - case.e0)


@one_node_adds_e0.mutant("half of the first term")
def _(case: Node) -> Margin:
    return Margin.at_most(case.off(), (case.bound() + case.e0) / 2)


# --- all layers -------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Layers:
    """A chain of i nodes w = B, sigma(s) = L s near 0, R = sigma + e0, at x = 0. Arrays: `q` = LB and `e0` [n]."""

    i: int
    q: Array
    e0: Array

    def __repr__(self) -> str:
        return f"Layers(i={self.i})"

    def error(self) -> Array:
        """E_i of E_1 = e0, E_{k+1} = q E_k + e0, the largest that the recursion admits: [n]."""
        error = self.e0
        for _ in range(self.i - 1):
            error = self.q * error + self.e0
        return error


@dataclass(frozen=True)
class Chains:
    """Chains of one length."""

    i: int

    @property
    def size(self) -> int:
        """Two numbers."""
        return 2

    def build(self, free: Float[Tensor, "n size"]) -> Layers:
        """LB and e0 over decades on both sides of 1."""
        return Layers(self.i, (1.5 * free[:, 0]).exp(), (3 * free[:, 1]).exp())


def _small_layers() -> Iterator[Layers]:
    for i, q in itertools.product(range(1, 5), (1.0, 2.0, 0.5, 0.25)):
        yield Layers(i, np.array([q]), np.array([1.0]))


@claim(
    f"{L27}/step-induction",
    statement=r"\text{for each node at layer } i, \text{ the network } G_2 \text{ calculates a function that is }"
    r" (LB)^i i\epsilon_0 \text{ away in } l_\infty \text{ norm from the corresponding node in } G_1",
    source=SOURCE + ", by induction on l",
    domain="all i >= 1, all L, B, e0 > 0",
    readings=[LIPSCHITZ],
    rests_on=[f"{L27}/step-recursion"],
    effect="False for LB < 1, at i = 1 already: the base has error e0, and only LB e0 is claimed for it; the last step"
    " also needs (LB)^{i+1} >= 1. Harmless where LB >= 1, which one may assume, as L and B are bounds.",
    by=[exhaustive(_small_layers, "i in 1..4, LB among 1, 2, 1/2, 1/4, e0 = 1")],
    worked=lambda case: [
        f"i = {case.i}, LB = {fraction(case.q[0])}, e0 = {fraction(case.e0[0])}: sigma = L s, R = L s + e0, x = 0",
        f"error {fraction(case.error()[0])} > (LB)^i i e0 = {fraction((case.i * power(case.q, case.i) * case.e0)[0])}",
    ],
)
def printed_induction(case: Layers) -> Margin:
    """E_i <= (LB)^i i e0."""
    return Margin.at_most(case.error(), case.i * power(case.q, case.i) * case.e0)


@printed_induction.mutant("(LB)^i e0")
def _(case: Layers) -> Margin:
    return Margin.at_most(case.error(), power(case.q, case.i) * case.e0)


@printed_induction.mutant("(LB)^{i-1} i e0")
def _(case: Layers) -> Margin:
    return Margin.at_most(case.error(), case.i * power(case.q, case.i - 1) * case.e0)


def induction_steps() -> Iterator[Step]:
    """Let m = max(1, LB). E_1 <= e0 = m^0 1 e0. If E_i <= m^{i-1} i e0, then E_{i+1} <= LB E_i + e0 <= m^i i e0 + e0 <=
    m^i (i + 1) e0, as m^i >= 1. For LB >= 1 that is at most the printed (LB)^i i e0.
    """  # noqa: D205 - the proof
    i = sympy.Symbol("i", integer=True, positive=True)
    surplus, e0 = sympy.symbols("s e_0", nonnegative=True)  # m^i = 1 + s
    mi = 1 + surplus
    yield Step.nonnegative("m^i (i + 1) e0 - (m^i i e0 + e0)", sympy.expand(mi * (i + 1) * e0 - (mi * i * e0 + e0)))


@claim(
    f"{L27}/step-induction/repair",
    statement=r"\max(1, LB)^{i-1} i\epsilon_0 \text{ away}",
    source=SOURCE + ", by induction on l",
    domain="all i >= 1, all L, B, e0 > 0",
    repairs=f"{L27}/step-induction",
    changes="max(1, LB)^{i-1} in place of (LB)^i",
    rests_on=[f"{L27}/step-recursion"],
    by=[
        derivation(induction_steps, "all i, L, B, e0"),
        search(st.integers(1, 9).map(Chains), "i in 1..9, LB and e0 over decades", corners=(Chains(1), Chains(2))),
    ],
)
def repaired_induction(case: Layers) -> Margin:
    """E_i <= i max(1, LB)^{i-1} e0, with equality at LB = 1."""
    return Margin.at_most(case.error(), case.i * power(maximum(case.q, 1), case.i - 1) * case.e0)


@repaired_induction.mutant("i - 1 in place of i")
def _(case: Layers) -> Margin:
    return Margin.at_most(case.error(), (case.i - 1) * power(maximum(case.q, 1), case.i - 1) * case.e0)


@repaired_induction.mutant("the exponent i - 2")
def _(case: Layers) -> Margin:
    return Margin.at_most(case.error(), case.i * power(maximum(case.q, 1), max(case.i - 2, 0)) * case.e0)
