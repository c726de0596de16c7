"""Remarks 10 and 11: activations other than sgn, min and max, and how mild exponential bounds are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, constant, greatest, maximum, minimum, pi, sqrt
from claims.papers.pareek_risteski_2022.bits import HalfNormal, half_normals
from claims.papers.pareek_risteski_2022.gate_counts import number

# --- Remark 10 --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slopes:
    """Ramps of slope k = 1, 10, ..., 10^largest for sgn."""

    largest: int

    def errors(self) -> Array:
        """|ramp(k x) - sgn x| at x = 1/(1000 k), for each k: [1, largest + 1]."""
        k = constant([[10**i for i in range(self.largest + 1)]], np.zeros(1, dtype=object))
        x = 1 / (1000 * k * number(1.0)[0])
        ramp = maximum(minimum(k * x, 1), -1)
        return absolute(ramp - 1)


@claim(
    "pareek-risteski-2022/remark-10/step-uniform",
    statement=r"\text{(not printed) } \mathrm{sgn} \text{ is approximated within } \tfrac12 \text{ by a network with"
    r" continuous activations, uniformly on } [-1, 1]",
    source="not printed: what 'see Appendix G' in Section 2.2, Remark 10, would need if Lemma 27 were to cover sgn",
    domain="some continuous function in place of sgn, error below 1/2 on [-1, 1]",
    readings=[
        "a sentence of ours, refuted so that nobody takes Lemma 27 for it; the authors do not claim it",
        "Lemma 27 asks for Lipschitz activations (its L, which it does not define, is that of the steps of its proof),"
        " so it covers min and max, and does not cover sgn, which has no L",
        "tested on ramps; for any continuous f with |f + 1| <= e on x < 0 and |f - 1| <= e on x >= 0, f(0-) ="
        " f(0) gives e >= 1",
    ],
    effect="Harmless: Lemma 27 does not cover sgn, nor does it say so. Uniform approximation is more than is needed: z"
    " falls near 0 seldom, and the remark holds in total variation.",
    by=[exhaustive(lambda: iter([Slopes(12)]), "slopes k = 1, 10, ..., 10^12 at x = 1/(1000 k)")],
    worked=lambda case: [
        "ramp(k x) = max(-1, min(1, k x)) at x = 1/(1000 k) is 1/1000 for every k, and sgn x = 1",
        f"the error is 999/1000 > 1/2 for each of the slopes 1, 10, ..., 10^{case.largest}, and for every other",
    ],
)
def sgn_is_approximated_uniformly(case: Slopes) -> Margin:
    """Some ramp is within 1/2 of sgn."""
    return _some_ramp(case, 0.5)


def _some_ramp(case: Slopes, error: float) -> Margin:
    return Margin.at_most(-greatest(-case.errors()), number(error))


@sgn_is_approximated_uniformly.mutant("within 9/10")
def _(case: Slopes) -> Margin:
    return _some_ramp(case, 0.9)


@sgn_is_approximated_uniformly.mutant("within 1/100")
def _(case: Slopes) -> Margin:
    return _some_ramp(case, 0.01)


def ramp_steps() -> Iterator[Step]:
    """ramp(k z_i) = sgn z_i unless |z_i| < 1/k, so G_k(z) = G(z) unless min_i |z_i| < 1/k. The density of |z_i| is at
    most sqrt(2/pi); the union bound gives d sqrt(2/pi)/k. Couple the two generators by the same z and the same noise:
    the joint laws of (z, x) are within that in total variation.
    """  # noqa: D205 - the proof
    z, gap = sympy.symbols("z g", nonnegative=True)
    k = sympy.Symbol("k", positive=True)
    top = sympy.sqrt(2 / sympy.pi)
    yield Step.nonnegative("the density of |z_i| falls", -sympy.diff(top * sympy.exp(-(z**2) / 2), z))
    yield Step.nonnegative("k z >= 1 at z = 1/k + g", sympy.expand(k * (1 / k + gap) - 1))


@claim(
    "pareek-risteski-2022/remark-10/step-uniform/repair",
    statement=r"\Pr_z[G_k(z) \ne G(z)] \le d\sqrt{2/\pi}/k,\quad G_k(z) = C(\mathrm{ramp}(kz))",
    source="Section 2.2, Remark 10, and Appendix G",
    domain="all d >= 1, all slopes k > 0, all circuits C as networks of min and max",
    repairs="pareek-risteski-2022/remark-10/step-uniform",
    changes="with high probability over z in place of uniformly; k = 100 d T costs 1/(100 T), of joint probability",
    by=[derivation(ramp_steps, "all d, k"), search(half_normals(), "d in 1..16, 64, 256; 1/k from 1e-5 to 10")],
)
def ramps_are_signs_with_high_probability(case: HalfNormal) -> Margin:
    """Pr[min_i |z_i| < 1/k] <= d sqrt(2/pi)/k."""
    return Margin.at_most(case.some_below(), case.d * case.eta * sqrt(2 / pi(case.eta)))


@ramps_are_signs_with_high_probability.mutant("sqrt(d) in place of d")
def _(case: HalfNormal) -> Margin:
    return Margin.at_most(case.some_below(), case.d**0.5 * case.eta * sqrt(2 / pi(case.eta)))


@ramps_are_signs_with_high_probability.mutant("1/(2k) in place of sqrt(2/pi)/k")
def _(case: HalfNormal) -> Margin:
    return Margin.at_most(case.some_below(), case.d * case.eta / 2)


@dataclass(frozen=True, repr=False)
class Pair:
    """Two numbers of any size and sign. Arrays: `a`, `b` [n]."""

    a: Array
    b: Array

    def __repr__(self) -> str:
        return "Pair()"


@dataclass(frozen=True)
class Pairs:
    """Pairs on one scale."""

    scale: float

    @property
    def size(self) -> int:
        """Two numbers."""
        return 2

    def build(self, free: Float[Tensor, "n 2"]) -> Pair:
        """A batch of instances."""
        return Pair(self.scale * free[:, 0], self.scale * free[:, 1])


def relu(x: Array) -> Array:
    """max(x, 0)."""
    return maximum(x, 0)


def relu_steps() -> Iterator[Step]:
    """With c = a - b >= 0: relu(c) = c, so b + relu(a - b) = a = max(a, b) and a - relu(a - b) = b = min(a, b); with
    c <= 0: relu(c) = 0, which leaves b and a. The ramp is max(-1, min(1, s)). So a network of sgn, min and max becomes
    one of ReLUs with two units for each sgn, one for each min or max and two to carry values on; it is the same
    function but for the ramps, whose cost is step-uniform/repair: the joint laws of (z, x) differ by delta = d
    sqrt(2/pi)/k in total variation. So k = 100 d/epsilon moves the probability of any event of (z, x), and of x alone,
    by epsilon/100 at most. About p(z|x) that says nothing yet: remark-10/step-posteriors, with k = 10^5 d/epsilon.
    """  # noqa: D205 - the proof
    b, c = sympy.symbols("b c", real=True)
    yield Step.vanishes("b + (a - b) = a at a = b + c", b + c - (b + c))
    yield Step.vanishes("a - (a - b) = b at a = b + c", (b + c) - c - b)


@claim(
    "pareek-risteski-2022/remark-10",
    statement=r"\text{the choice of } \{\mathrm{sgn}, \min, \max\} \text{ is for convenience: similar results"
    r" can be stated"
    r" with other activation functions}",
    source="Section 2.2, Remark 10",
    domain="the generator with ReLU: all circuits C, all d, its joint law up to d sqrt(2/pi)/k in total variation",
    readings=[
        "made explicit for ReLU: min, max and the ramp exactly; 'similar' is up to d sqrt(2/pi)/k in the total"
        " variation of the joint law of (z, x), so for every probability of events of z and x",
        "of Theorem 2 this covers the generator and the law of x; its conclusion is about p(z|x), for which k is to be"
        " larger and 1/10 becomes 9/100: remark-10/step-posteriors",
        "about the generator's activations; those of the encoder need more than to be Lipschitz, see"
        " theorem-2/step-lipschitz-activations",
    ],
    rests_on=["pareek-risteski-2022/remark-10/step-uniform"],
    carried_by=["pareek-risteski-2022/remark-10/step-uniform/repair"],
    by=[
        derivation(relu_steps, "all circuits, d and k"),
        search(st.sampled_from([0.01, 1.0, 100.0]).map(Pairs), "pairs of numbers on three scales"),
    ],
)
def rectifiers_make_min_max_and_ramp(case: Pair) -> Margin:
    """max(a, b) = b + relu(a - b), min(a, b) = a - relu(a - b), ramp(a) = relu(a + 1) - relu(a - 1) - 1."""
    return _rectified(case, 1)


def _rectified(case: Pair, offset: int) -> Margin:
    a, b = case.a, case.b
    ramp = maximum(minimum(a, 1), -1)
    return (
        Margin.equal(maximum(a, b), b + relu(a - b))
        & Margin.equal(minimum(a, b), a - relu(a - b))
        & Margin.equal(ramp, relu(a + 1) - relu(a - 1) - offset)
    )


@rectifiers_make_min_max_and_ramp.mutant("the ramp's constant left out")
def _(case: Pair) -> Margin:
    return _rectified(case, 0)


@rectifiers_make_min_max_and_ramp.mutant("one rectifier made linear")
def _(case: Pair) -> Margin:
    return Margin.equal(maximum(case.a, case.b), case.b + (case.a - case.b))


# --- Remark 11 --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Natural:
    """A natural number n >= 1."""

    n: int

    def floor_log(self) -> int:
        """floor(log2 n), by comparisons with powers of two."""
        k = 0
        while 2 ** (k + 1) <= self.n:
            k += 1
        return k


def _naturals() -> Iterator[Natural]:
    for n in range(1, 2049):
        yield Natural(n)
    for k in range(12, 201):
        for n in (2**k - 1, 2**k, 2**k + 1):
            yield Natural(n)


def digit_steps() -> Iterator[Step]:
    """n has k digits if and only if 2^(k-1) <= n < 2^k, that is k - 1 = floor(log2 n). W = 2^p has p + 1 digits: bounds
    exponential in poly(d) are numbers of poly(d) digits, which is the sense in which they are mild.
    """  # noqa: D205 - the proof
    k = sympy.Symbol("k", integer=True, positive=True)
    i = sympy.Symbol("i", integer=True)
    yield Step.vanishes("k - 1 digits end at 2^(k-1) - 1", sympy.summation(2**i, (i, 0, k - 2)) - (2 ** (k - 1) - 1))


@claim(
    "pareek-risteski-2022/remark-11",
    statement=r"\text{writing down a natural number } n \text{ in binary requires logarithmic number of digits: }"
    r" \lfloor\log_2 n\rfloor + 1",
    source="Section 2.2, Remark 11",
    domain="all n >= 1",
    readings=[
        "that the restrictions are 'extremely mild' is an opinion; it holds of W and M, and not of 'L-Lipschitz' alone,"
        " which is too mild: see theorem-2/step-lipschitz-activations"
    ],
    by=[derivation(digit_steps, "all n"), exhaustive(_naturals, "n in 1..2048; 2^k - 1, 2^k, 2^k + 1 for k to 200")],
)
def digits_are_logarithmic(case: Natural) -> Margin:
    """The number of binary digits is floor(log2 n) + 1."""
    return Margin.equal(number(len(f"{case.n:b}")), number(case.floor_log() + 1))


@digits_are_logarithmic.mutant("ceil(log2 n)")
def _(case: Natural) -> Margin:
    ceiling = case.floor_log() + (2 ** case.floor_log() < case.n)
    return Margin.equal(number(len(f"{case.n:b}")), number(ceiling))


@digits_are_logarithmic.mutant("floor(log2 n)")
def _(case: Natural) -> Margin:
    return Margin.equal(number(len(f"{case.n:b}")), number(case.floor_log()))
