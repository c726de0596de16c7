"""Proof of Theorem 2, (48)-(53): what truncation costs at one node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, concatenate, constant, greatest
from claims.papers.pareek_risteski_2022.one_node import OneNode, one_nodes
from claims.papers.pareek_risteski_2022.precision import Network, fraction, told, truncate

SOURCE = "Appendix E, proof of Theorem 2"
NODES = "degree 1..4, N up to two more, four activations, L over four decades, errors of the size of the values or less"
ANY_NODE = "all networks E, all E' with |w - w'| <= delta_w, |sigma - sigma'| <= delta_a"
TILDES = "the tildes of E', w', v' are lost in extraction and restored"


# --- what is kept -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Significant:
    """A weight w and a precision delta = 2^-bits. Array: `w` [n]."""

    bits: int
    w: Array

    def lost(self, keep: int) -> Array:
        """What truncation to `keep` significant bits takes off |w|: [n]."""
        unit = np.array([2.0 ** (int(np.floor(np.log2(abs(float(w))))) + 1 - keep) for w in self.w])
        return constant([abs(float(w)) % u for w, u in zip(self.w, unit, strict=True)], self.w)


def _significants() -> Iterator[Significant]:
    for bits in range(1, 9):
        for w in (*range(1, 16), *(k / 16 for k in range(1, 256))):
            yield Significant(bits, np.array([float(w)]))


@claim(
    "pareek-risteski-2022/theorem-2/step-significant-bits",
    statement=r"\text{The edge weights are produced by truncating } w_{i,j} \text{ to } \log(\delta_w)"
    r" \text{ significant bits, s.t. } |w_{i,j} - \tilde w_{i,j}| \le \delta_w",
    source=SOURCE,
    domain="all weights w with |w| <= W, all delta_w = 2^-b, b >= 1",
    readings=[TILDES, "log(delta_w) is log2(1/delta_w): the number of bits is positive"],
    effect="A slip of words, and harmless: the error that the proof uses is absolute, significant bits give a relative"
    " one. Read 'binary places' (b of them do it): that is up to log2(W/delta_w) + 1 significant bits, log W more,"
    " which the theorem can pay.",
    by=[exhaustive(_significants, "b in 1..8, w in 1..15 and k/16 for k in 1..255")],
    worked=lambda case: [
        f"delta_w = 2^-{case.bits}, w = {fraction(float(case.w[0]))}: {case.bits} significant bit(s) of w leave"
        f" {fraction(float(case.w[0] - case.lost(case.bits)[0]))}",
        f"the error is {fraction(float(case.lost(case.bits)[0]))} > 2^-{case.bits}",
    ],
)
def significant_bits_bound_the_error(case: Significant) -> Margin:
    """Truncation to b significant bits changes a weight by at most 2^-b."""
    return Margin.at_most(case.lost(case.bits), constant([2.0**-case.bits], case.w))


@significant_bits_bound_the_error.mutant("twice as many bits")
def _(case: Significant) -> Margin:
    return Margin.at_most(case.lost(2 * case.bits), constant([2.0**-case.bits], case.w))


@significant_bits_bound_the_error.mutant("an error of 2^(1 - b)")
def _(case: Significant) -> Margin:
    return Margin.at_most(case.lost(case.bits), constant([2.0 ** (1 - case.bits)], case.w))


def places_steps() -> Iterator[Step]:
    """With the unit u = 2^-b, |w| = q u + r with an integer q and 0 <= r < u, and truncation keeps q u: the error is r
    <= 2^-b, and |w'| = q u <= |w|. If |w| <= W, q < 2^k for k = floor(log2 W) + 1 + b: so many bits are significant,
    and none if k < 0, for then q = 0 (W = 1/16, b = 1: k = -2, and w is cut to 0).
    """  # noqa: D205 - the proof
    q, r, gap = sympy.symbols("q r g", nonnegative=True)
    yield Step.vanishes("w - q u = r", (q + r) - q - r)
    yield Step.nonnegative("u - r where u = r + gap", (r + gap) - r)


def _places(case: Significant, more: int) -> Margin:
    """Keeping floor(log2 |w|) + 1 + b + `more` significant bits, at least 0: before the binary point and b after it."""
    keep = max(0, int(np.floor(np.log2(abs(float(case.w[0]))))) + 1 + case.bits + more)
    lost = case.lost(keep)
    return Margin.at_most(lost, constant([2.0**-case.bits], case.w)) & Margin.at_least(absolute(case.w), lost)


@claim(
    "pareek-risteski-2022/theorem-2/step-significant-bits/repair",
    statement=r"\text{truncating } w \text{ towards zero to } \log_2(1/\delta_w) \text{ binary places, at most }"
    r" \max(0, \lfloor\log_2 W\rfloor + 1 + \log_2(1/\delta_w)) \text{ significant bits, gives }"
    r" |w - \tilde w| \le \delta_w"
    r" \text{ and } |\tilde w| \le |w|",
    source=SOURCE,
    domain="all weights w with |w| <= W, all delta_w = 2^-b, b >= 1",
    repairs="pareek-risteski-2022/theorem-2/step-significant-bits",
    changes="binary places in place of significant bits; log2 W bits more",
    by=[
        derivation(places_steps, "all w and b (division with remainder)"),
        exhaustive(_significants, "b in 1..8, w in 1..15 and k/16 for k in 1..255"),
    ],
)
def binary_places_bound_the_error(case: Significant) -> Margin:
    """Truncation to b places after the binary point changes a weight by at most 2^-b, and never makes it larger."""
    return _places(case, 0)


@binary_places_bound_the_error.mutant("one bit fewer")
def _(case: Significant) -> Margin:
    return _places(case, -1)


@binary_places_bound_the_error.mutant("two bits fewer")
def _(case: Significant) -> Margin:
    return _places(case, -2)


# --- the outputs of E' are bounded by M -------------------------------------------------------------------


def _copies() -> Iterator[Network]:
    """Two copies of x, and their sum with weights a, -b: all on a grid of quarters, truncated to integers."""
    for a in range(1, 9):
        for b in range(1, a + 1):
            layers: list[list[list[float]]] = [[[1, 0], [1, 0]], [[a / 4, -b / 4], [0, 0]]]
            yield truncate(layers, (1, 0), 1.0)


def _bounded(case: Network, bound: Array) -> Margin:
    return Margin.at_most(greatest(absolute(concatenate(case.outputs()[1], -1))), bound)


@claim(
    "pareek-risteski-2022/theorem-2/step-outputs-bounded",
    statement=r"\text{the outputs } v, \tilde v \text{ are bounded by } M",
    source=SOURCE + ", after (53)",
    domain="all networks whose nodes' outputs are bounded by M, truncated",
    readings=[
        TILDES,
        "Theorem 2 bounds the node outputs of the encoder E by M; no hypothesis is about the outputs of E'",
        "here for every x in {±1} the outputs of E are bounded, so not even exp(-d) of the inputs is lost",
    ],
    effect="Harmless where w' is w truncated towards zero: then |w'| <= W, and with the mixed product w'v in place of"
    " wv' only |v| <= M is needed. With weights merely rounded, W is to be W + delta_w.",
    by=[exhaustive(_copies, "x = 1 copied twice, then a x - b x with a, b multiples of 1/4 up to 2; integers kept")],
    worked=lambda case: [*told(case), f"M = {fraction(case.M[0])} bounds E, at x = -1 too (all is odd); not E'"],
)
def outputs_of_the_copy_are_bounded(case: Network) -> Margin:
    """|v'| <= M for all nodes of E', where M is the least bound of all nodes of E."""
    return _bounded(case, case.M)


@outputs_of_the_copy_are_bounded.mutant("by M/2")
def _(case: Network) -> Margin:
    return _bounded(case, case.M / 2)


@outputs_of_the_copy_are_bounded.mutant("by M plus half of delta_w")
def _(case: Network) -> Margin:
    return _bounded(case, case.M + case.delta_w / 2)


def kept_steps() -> Iterator[Step]:
    """|w| = |w'| + r with r >= 0 where w' is w truncated towards zero; so |w'| <= |w| <= W. |v| <= M is the theorem's
    own hypothesis. Then |w v - w' v'| <= |w'| |v - v'| + |w - w'| |v| <= W E_t + M delta_w: no bound of v' is used.
    """  # noqa: D205 - the proof
    w, dw, v, dv = sympy.symbols("w dw v dv", real=True)
    yield Step.vanishes("w v - w'v' = w'(v - v') + (w - w')v", w * v - (w - dw) * (v - dv) - (w - dw) * dv - dw * v)
    kept, rest = sympy.symbols("k r", nonnegative=True)
    yield Step.nonnegative("|w| - |w'| = r", (kept + rest) - kept)


def _kept(case: OneNode, *, toward: float = 1.0) -> Margin:
    """w' is w less at most itself; the other numbers as drawn. W and M are bounds of E alone."""
    part = absolute(case.dw) / (1 + absolute(case.dw))
    kept = case.w * (1 - toward * part)
    gap, error = absolute(case.w - kept), case.dv
    W, M = greatest(absolute(case.w)), greatest(absolute(case.v))
    products = absolute(case.w * case.v - kept * (case.v - error))
    bound = W[..., None] * greatest(absolute(error))[..., None] + M[..., None] * greatest(gap)[..., None]
    return Margin.at_most(products, bound + 0 * products) & Margin.at_most(absolute(kept), W[..., None] + 0 * kept)


@claim(
    "pareek-risteski-2022/theorem-2/step-outputs-bounded/repair",
    statement=r"|\tilde w_i| \le |w_i| \le W,\ |v_i| \le M,\text{ so } |w_i v_i - \tilde w_i \tilde v_i| \le"
    r" |\tilde w_i|"
    r"\,|v_i - \tilde v_i| + |w_i - \tilde w_i|\,|v_i| \le W E_t + M\delta_w",
    source=SOURCE + ", after (53)",
    domain="all weights |w| <= W truncated towards zero, all inputs |v| <= M, all v' with |v - v'| <= E_t",
    repairs="pareek-risteski-2022/theorem-2/step-outputs-bounded",
    changes="truncation towards zero bounds w', and the mixed product is w'v: nothing is asked of v'",
    by=[derivation(kept_steps, "all weights and inputs"), search(one_nodes(), NODES)],
)
def truncated_weights_are_bounded(case: OneNode) -> Margin:
    """With weights truncated towards zero, the bounds of E alone give W E_t + M delta_w."""
    return _kept(case)


@truncated_weights_are_bounded.mutant("weights rounded away from zero")
def _(case: OneNode) -> Margin:
    return _kept(case, toward=-1.0)


@truncated_weights_are_bounded.mutant("weights truncated past zero, to three times the error")
def _(case: OneNode) -> Margin:
    return _kept(case, toward=3.0)
