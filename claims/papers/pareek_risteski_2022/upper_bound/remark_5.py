"""Section 2.1, Remark 5: which activations make a network smooth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, greatest, pi, sin, sqrt
from claims.papers.pareek_risteski_2022.upper_bound.assumptions import PR, smooth_steps
from claims.papers.pareek_risteski_2022.upper_bound.layers import CORNERS, LAYERED, Layered, layered
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import SMOOTH, norm

ACTIVATIONS = ("tanh", "sin", "softplus", "fresnel")


@dataclass(frozen=True)
class Attempts:
    """The network G(z) = sigma(z), d = 1, and candidates for M3. Array `M3` [1, T].

    "fresnel" is sigma(a) = int_0^a int_0^t cos(s²) ds dt: sigma'' = cos(a²), sigma''' = -2 a sin(a²).
    """

    activation: str
    M3: Array

    def point(self) -> Array:
        """For each M3 the a with a² = pi/2 + k pi, k the first with 2 a > M3: [1, T]."""
        k = np.vectorize(lambda most: math.ceil(float(most) ** 2 / (4 * math.pi)), otypes=[object])(self.M3)
        return sqrt(k * pi(self.M3) + pi(self.M3) / 2)

    def third(self, a: Array) -> Array:
        """sigma'''."""
        return -2 * a * sin(a * a) if self.activation == "fresnel" else SMOOTH[self.activation].derivatives[3](a)


def _attempts() -> Iterator[Attempts]:
    for name in ACTIVATIONS:
        yield Attempts(name, np.array([[1.0, 1e3, 1e6]], dtype=object))


@claim(
    f"{PR}/remark-5",
    statement=r"\text{A neural network with activation function } \sigma \text{ will satisfy this assumption when }"
    r" \sigma:\mathbb R\to\mathbb R \text{ is Lipschitz, and } \max_a|\sigma'(a)| \ \&\ \max_a|\sigma''(a)| \text{ are"
    r" finite}",
    source="Section 2.1, Remark 5",
    domain="all such activations, all networks with them; this assumption is Assumption 2",
    readings=[
        "the primes are as in the workshop version, which prints sigma' and sigma''. 'Lipschitz' and 'max |sigma'| is"
        " finite' say the same, so sigma'' and sigma''' may have been meant",
        "a finite M3 exists: of the candidates told, one is at least |sigma'''| at the point that belongs to it",
    ],
    effect="Harmless: tanh, sigmoid, softplus, sin and all other smooth activations in use have bounded third"
    " derivatives. What is printed does not bound M3, on which the admitted beta of Lemma 13 depends, and does not even"
    " give a third derivative; one more prime on each maximum mends it.",
    by=[exhaustive(_attempts, "G(z) = sigma(z), d = 1; tanh, sin, softplus, and sigma'' = cos(a²); M3 = 1, 10³, 10⁶")],
    worked=lambda case: [
        f"sigma(a) = int_0^a int_0^t cos(s²) ds dt ({case.activation}), G(z) = sigma(z), d = 1",
        "|sigma''(a)| = |cos(a²)| <= 1; |sigma'(a)| = |int_0^a cos(s²) ds| <= sqrt(pi/2) = 1.2533, for the humps of"
        " cos(s²) alternate and shrink: so sigma is Lipschitz",
        "G'''(a) = -2 a sin(a²), and |G'''(a)| = 2 a where a² = pi/2 + k pi:",
        *(f"k = {k}: a = {math.sqrt(math.pi / 2 + k * math.pi):.6g}, |G'''(a)| = "
          f"{2 * math.sqrt(math.pi / 2 + k * math.pi):.6g}" for k in (0, 100, 10**6)),
        "whatever M3 is, k > M3²/(4 pi) exceeds it; G(z) = 2 z + sigma(z) is strongly invertible besides, G' >= 0.74",
    ],
)  # fmt: skip
def bounded_slopes_make_a_network_smooth(case: Attempts) -> Margin:
    """Some M3 of the list is at least |sigma'''(a)| at its own a."""
    return Margin.at_least(greatest(case.M3 - absolute(case.third(case.point()))), _zero(case))


def _zero(case: Attempts) -> Array:
    return 0 * case.M3[..., 0]


@bounded_slopes_make_a_network_smooth.mutant("every M3 of the list does")
def _(case: Attempts) -> Margin:
    return Margin.at_least(-greatest(absolute(case.third(case.point())) - case.M3), _zero(case))


@bounded_slopes_make_a_network_smooth.mutant("M3 = 1 does, at 0")
def _(case: Attempts) -> Margin:
    return Margin.at_most(absolute(case.third(_zero(case))), _zero(case))


def network_steps() -> Iterator[Step]:
    """Let |sigma^(k)| <= s_k, k = 1, 2, 3, and sigma''' be continuous. Along any line each node is sigma(s(t)), s an
    affine sum of earlier nodes. By the three formulas a node's first three derivatives are sums of products of s_1,
    s_2, s_3 and those of s, so they are bounded if the earlier nodes' are; inputs have 1, 0, 0 on lines of unit speed.
    By induction over the finitely many nodes they are bounded by numbers that depend on the weights only, and
    continuous; M follows along the segment from z to z', and the norms of D² and D³ are met on lines (Banach). For
    layers, `then` gives the numbers.
    """  # noqa: D205 - the proof
    yield from smooth_steps()


@claim(
    f"{PR}/remark-5/repair",
    statement=r"\text{A neural network with activation } \sigma \text{ satisfies Assumption 2 when } \sigma \text{ is"
    r" three times continuously differentiable, and } \sup|\sigma'|, \sup|\sigma''|, \sup|\sigma'''| \text{ are"
    r" finite}",
    source="Section 2.1, Remark 5",
    domain="all such activations, all networks with them",
    repairs=f"{PR}/remark-5",
    changes="sigma''' exists, is continuous, and is bounded as well",
    readings=["searched with M, M2, M3 of plain layers: Q sigma(P z + b), one or two of them"],
    rests_on=[f"{PR}/assumption-2"],
    by=[derivation(network_steps, "all networks"), search(layered(), LAYERED + "; A = 0", corners=CORNERS)],
)
def three_bounded_derivatives_make_a_network_smooth(case: Layered) -> Margin:
    """M, M2 and M3 of the chain rule bound the moves and the derivatives along lines."""
    return _bounded(case, 1.0, 1.0)


def _bounded(case: Layered, second: float, third: float) -> Margin:
    plain = case.without_skip()
    bounds, length = plain.bounds(), norm(case.v)
    _, _, bend, twist = plain.jet(case.z, case.v)
    return (
        Margin.at_most(plain.move(), bounds.M * norm(case.step))
        & Margin.at_most(norm(bend), second * bounds.M2 * length**2)
        & Margin.at_most(norm(twist), third * bounds.M3 * length**3)
    )


@three_bounded_derivatives_make_a_network_smooth.mutant("0.9 M3")
def _(case: Layered) -> Margin:
    return _bounded(case, 1.0, 0.9)


@three_bounded_derivatives_make_a_network_smooth.mutant("0.9 M2")
def _(case: Layered) -> Margin:
    return _bounded(case, 0.9, 1.0)


@three_bounded_derivatives_make_a_network_smooth.mutant("M3 = M2: sigma''' not asked")
def _(case: Layered) -> Margin:
    plain = case.without_skip()
    return Margin.at_most(norm(plain.jet(case.z, case.v)[3]), plain.bounds().M2 * norm(case.v) ** 3)
