"""Proof of Lemma 17: its triangle inequalities, the reflected diffusion, and what it should use: Girsanov."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, maximum, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.laws import weights
from claims.papers.pareek_risteski_2022.upper_bound.comparing_chains import (
    GRID,
    REGIONS,
    ROUNDING,
    FourLaws,
    four_laws,
)
from claims.papers.pareek_risteski_2022.upper_bound.effective_region import L13
from claims.papers.pareek_risteski_2022.upper_bound.line import Region, variation
from claims.papers.pareek_risteski_2022.upper_bound.mixing_time import PR

L17 = f"{PR}/lemma-17"
PROOF = "Appendix D.1, proof of Lemma 17"
HALF = "‖z_0 - z^‖ <= rad(D)/2, as in Lemma 13: the text lost the fraction"
LAWS = "2..4 atoms; laws near each other and far apart"

# --- the triangle inequalities ----------------------------------------------------------------------------


def triangle_steps() -> Iterator[Step]:
    """For each event the differences telescope, and each is at most its supremum."""
    a, b, c, d = sympy.symbols("a b c d", real=True)
    yield Step.vanishes("three terms", (a - b) + (b - c) + (c - d) - (a - d))
    yield Step.vanishes("two terms", (a - b) + (b - c) - (a - c))


@claim(
    f"{L17}/step-42",
    statement=r"d_{TV}(\hat P_T, P_T) \le d_{TV}(Q_T, P_T) + d_{TV}(\hat Q_T, Q_T) + d_{TV}(\hat P_T, \hat Q_T)",
    source=PROOF + ", equation (42)",
    domain="all laws on one space",
    by=[derivation(triangle_steps, "all laws"), search(four_laws(), LAWS)],
)
def three_terms(case: FourLaws) -> Margin:
    """From P through Q and Q^ to P^."""
    return Margin.at_most(case.distance(0, 3), case.distance(0, 1) + case.distance(1, 2) + case.distance(2, 3))


@three_terms.mutant("without the first term")
def _(case: FourLaws) -> Margin:
    return Margin.at_most(case.distance(0, 3), case.distance(1, 2) + case.distance(2, 3))


@three_terms.mutant("the largest of the three")
def _(case: FourLaws) -> Margin:
    most = maximum(maximum(case.distance(0, 1), case.distance(1, 2)), case.distance(2, 3))
    return Margin.at_most(case.distance(0, 3), most)


@claim(
    f"{L17}/step-43",
    statement=r"d_{TV}(\hat Q_T, Q_T) \le d_{TV}(Q_T, Q) + d_{TV}(Q, \hat Q_T)",
    source=PROOF + ", equation (43)",
    domain="all laws on one space",
    readings=[
        "then 'Theorem 1 of Bubeck et al.' bounds both terms: it is about the projected chain (13), whose law at grid"
        " times is not that of (14), the Q^ of this proof: definition-14. Cited, not checked; step-46/repair does"
        " without"
    ],
    by=[derivation(triangle_steps, "all laws"), search(four_laws(), LAWS)],
)
def two_terms(case: FourLaws) -> Margin:
    """Through the stationary law."""
    return Margin.at_most(case.distance(0, 2), case.distance(0, 1) + case.distance(1, 2))


@two_terms.mutant("the larger of the two")
def _(case: FourLaws) -> Margin:
    return Margin.at_most(case.distance(0, 2), maximum(case.distance(0, 1), case.distance(1, 2)))


@two_terms.mutant("nine tenths of it")
def _(case: FourLaws) -> Margin:
    return Margin.at_most(case.distance(0, 2), 0.9 * (case.distance(0, 1) + case.distance(1, 2)))


def leaving_steps() -> Iterator[Step]:
    """The two agree until z leaves D (lemma-12/step-23), and y reaches the boundary for the first time when z does: so
    both probabilities are that of z's exit, at most eps/4 each by lemma-13/repair, and one of them would do.
    """  # noqa: D205 - the proof
    eps, more = sympy.symbols("epsilon more", nonnegative=True)
    yield Step.vanishes("eps/4 + eps/4 = eps/2", eps / 4 + eps / 4 - eps / 2)
    yield Step.nonnegative("one is enough", 2 * more - more)


@claim(
    f"{L17}/step-first-term",
    statement=r"d_{TV}(Q_T, P_T) \le \Pr[z \text{ leaves } D] + \Pr[y \text{ leaves } D] \le \epsilon/2",
    source=PROOF,
    domain=REGIONS + "; the second inequality for D, beta, T as in lemma-13/repair",
    readings=[HALF, "y never leaves D: it 'leaves' when it reaches the boundary, where it is reflected"],
    rests_on=[f"{PR}/lemma-12/step-23", L13],
    carried_by=[f"{L13}/repair"],
    by=[derivation(leaving_steps, REGIONS), GRID],
)
def reflection_costs_the_exit(case: Region) -> Margin:
    """TV(Q_t, P_t) <= twice the exit probability of z."""
    return _reflected(case, 2.0)


def _reflected(case: Region, factor: float) -> Margin:
    return Margin.at_most(variation(case.free, case.reflected), factor * case.left + ROUNDING)


@reflection_costs_the_exit.mutant("a quarter of the exit probabilities")
def _(case: Region) -> Margin:
    return _reflected(case, 0.5)


@reflection_costs_the_exit.mutant("z outside D at the time T only")
def _(case: Region) -> Margin:
    now = case.free[..., : case.first].sum(-1) + case.free[..., case.last :].sum(-1)
    return Margin.at_most(variation(case.free, case.reflected), now + ROUNDING)


# --- Girsanov ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chain:
    """A linear G in its eigenbasis: L = sum a_i y_i²/2, y = z - mean, and n steps of h.

    Arrays, positive: `curvature`, `start` [n, d] (a_i and |y_i| at time 0), `h` [n, 1].
    """

    steps: int
    curvature: Array
    start: Array
    h: Array

    def squares(self) -> list[Array]:
        """E ‖∇L‖² at the steps' starts: [n] each."""
        a, h, found = self.curvature, self.h, []
        mean, variance = self.start, 0 * self.start
        for _ in range(self.steps):
            found.append(total(a * a * (mean * mean + variance)))
            mean, variance = (1 - a * h) * mean, (1 - a * h) * (1 - a * h) * variance + 2 * h
        return found

    def divergence(self) -> Array:
        """KL of the chain's path law, interpolated as in (12), from the diffusion's: ¼ E∫|∇L(z^_t) - ∇L(z^_kh)|²dt.

        Within a step z^ moves by -s ∇L + sqrt(2s) xi: ∫ a_i² (s² (a_i y_i)² + 2s) ds.
        """
        a, h = self.curvature, self.h
        kl = 0 * h[..., 0]
        mean, variance = self.start, 0 * self.start
        for _ in range(self.steps):
            kl = kl + total(a * a * (h**3 / 3 * a * a * (mean * mean + variance) + h * h)) / 4
            mean, variance = (1 - a * h) * mean, (1 - a * h) * (1 - a * h) * variance + 2 * h
        return kl

    def bound(self, drift: float = 1 / 3, noise: float = 1.0, share: float = 0.25) -> Array:
        """¼ L2² T (h² L1²/3 + d h), T = steps h."""
        h, d = self.h[..., 0], int(self.curvature.shape[-1])
        first, second = self.squares(), self.curvature[..., 0]
        for i in range(1, d):
            second = maximum(second, self.curvature[..., i])
        most = first[0]
        for square in first[1:]:
            most = maximum(most, square)
        return share * second * second * (self.steps * h) * (drift * h * h * most + noise * d * h)


@st.composite
def chains(draw: DrawFn) -> Instances:
    """1..4 steps in d = 1..3; curvatures, starts and h over decades."""
    steps, d = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    return Instances(Chain, (steps,), (draw(weights(d)), draw(weights(d)), draw(weights(1))))


#: Both terms are felt: a long step from far away, and short ones.
FAR = Instances(Chain, (1,), (*(PositiveVectorEnsemble(1),) * 2, PositiveVectorEnsemble(1, 10.0)))
NEAR = Instances(Chain, (2,), (*(PositiveVectorEnsemble(2),) * 2, PositiveVectorEnsemble(1, 1e-3)))


def girsanov_steps() -> Iterator[Step]:
    """Stop both processes when they leave D; up to then all drifts are bounded. By Girsanov's theorem, with noise
    sqrt(2) dB, KL(stopped z^ | stopped z) = ¼ E ∫ |∇L(z^_t) - ∇L(z^_kh)|² dt, over the times t before z^ leaves, kh the
    last grid time. There both points are in D, which is convex, so the integrand is at most L2² |z^_t - z^_kh|². With
    s = t - kh, z^_t - z^_kh = -s ∇L(z^_kh) + sqrt(2) (B_t - B_kh), and E of its square on {z^ in D up to kh} is at most
    s² L1² + 2 d s, as the noise has mean 0 given the past. Over a step that is h³ L1²/3 + d h²; there are T/h steps.
    """  # noqa: D205 - the proof
    s, h, d, L1, T = sympy.symbols("s h d L_1 T", positive=True)
    step = sympy.integrate(s**2 * L1**2 + 2 * d * s, (s, 0, h))
    yield Step.vanishes("a step", step - h**3 * L1**2 / 3 - d * h**2)
    yield Step.vanishes("T/h steps", T / h * step - T * (h**2 * L1**2 / 3 + d * h))
    mu = sympy.Symbol("mu", real=True)
    yield Step.vanishes("½ |drift|²/(noise)² = ¼ |drift|²", (mu / sympy.sqrt(2)) ** 2 / 2 - mu**2 / 4)


@claim(
    f"{L17}/remark-girsanov",
    statement=r"KL(\hat z_{\cdot\wedge\tau} \,\|\, z_{\cdot\wedge\tau}) \le \frac{L_2^2T}{4}\Big(\frac{h^2L_1^2}{3}"
    r" + dh\Big),\quad \tau \text{ the exit from } D",
    source="not printed: Girsanov's theorem, as used by Dalalyan (2017), which the paper cites",
    domain="all d, L, h, T = n h, convex D with ‖∇L‖ <= L1, ‖∇²L‖ <= L2 on D; or D = R^d and E‖∇L(z^_kh)‖² <= L1²",
    by=[
        derivation(girsanov_steps, "all d, L, D, h, T"),
        search(chains(), "linear G, D = R^d: d = 1..3, 1..4 steps, exact divergence", corners=(FAR, NEAR)),
    ],
)
def paths_diverge_slowly(case: Chain) -> Margin:
    """KL <= ¼ L2² T (h² L1²/3 + d h); equal for one step of an isotropic G."""
    return Margin.at_most(case.divergence(), case.bound())


@paths_diverge_slowly.mutant("1/8 in place of 1/4")
def _(case: Chain) -> Margin:
    return Margin.at_most(case.divergence(), case.bound(share=0.125))


@paths_diverge_slowly.mutant("h²L1²/4")
def _(case: Chain) -> Margin:
    return Margin.at_most(case.divergence(), case.bound(drift=0.25))


@paths_diverge_slowly.mutant("without d")
def _(case: Chain) -> Margin:
    return Margin.at_most(case.divergence(), case.bound(noise=0.5))
