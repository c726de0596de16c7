"""Appendix A, Poincare's inequality and mixing in chi²: Definition 12 and Lemma 8."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
import torch
from hypothesis import strategies as st

from claims import Constant, Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, exp, greatest, minimum, total
from claims.papers.pareek_risteski_2022.upper_bound.chains import CHAINS, REFLECTED, Chain, Reflected, chains, reflected
from claims.papers.pareek_risteski_2022.upper_bound.distances import PAIRS, PAPER, SOURCE, Pair, chi_square, pairs

UNUSED = "the proof goes through Theorem 3 (TV, Dirac start) and uses neither Lemma 7 nor Lemma 8"
STAYS = "(1) is part of the definition of reflection, and is not attacked"
MONOTONE = "C_pc as printed: every C <= gap satisfies the inequality, and the printed rate is slowest at C = gap"
UPSIDE_DOWN = (
    "the inequality and the word 'smallest' do not fit together: with E >= C Var it must be the largest C, and then"
    " Lemma 8 must read e^{-2 C t}; with Var <= C E it is the smallest, and Lemma 8 may be as printed"
)
ONE_SLIP = "One slip, the C on the wrong side, makes two refutations, this and that of"


@dataclass(frozen=True)
class Candidates:
    """The chain on two states that jumps either way at rate 1, and the numbers C > 0 that are tried for C_pc."""

    largest: int
    chain: Chain

    @property
    def tried(self) -> list[float]:
        """The powers of two from 2^-largest to 2^largest."""
        return [2.0**k for k in range(-self.largest, self.largest + 1)]


def candidates() -> Iterator[Candidates]:
    """One case, for the statement says "the smallest": C from 2^-40 to 2^40, and the gap 2 among them."""
    rows = ([1.0, 1.0], [0.5], [1.0, 1.0], [0.0, 1.0], 1.0)
    chain = Chain(*(torch.tensor([row], dtype=torch.float64) for row in rows))
    yield Candidates(40, chain)


def is_smallest(case: Candidates, smaller: float) -> Margin:
    """Some tried C has E >= C Var for all g, and `smaller` C has not.

    p = (1/2, 1/2), E(g) = (g_1 - g_2)²/2 and Var(g) = (g_1 - g_2)²/4 for every g: E >= C Var exactly where C <= 2.
    """
    ratio = (case.chain.form() / case.chain.variance())[..., None]
    tried = constant([case.tried], ratio)
    both = minimum(ratio - tried, constant(smaller, ratio) * tried - ratio)
    return Margin.at_least(greatest(both), 0 * ratio[..., 0])


@claim(
    f"{PAPER}/definition-12",
    statement=r"\mathcal E_M(g) \ge C \cdot \mathrm{Var}_P(g) \text{ for all } g.\ "
    r"C_{pc}(P) \text{ is the smallest } C \text{ such that the above inequality is satisfied}",
    source=f"{SOURCE}, Definition 12",
    domain="all Markov processes with a stationary law; C_pc > 0, for Lemma 8 divides by it",
    readings=[
        "a definition holds if what it defines exists: some C > 0 satisfies the inequality and no smaller C > 0 does",
        "C = 0 admitted, the smallest is 0 for every process (no C at all without C >= 0), and Lemma 8 divides by 0",
    ],
    rests_on=[f"{PAPER}/definition-11"],
    effect=f"Harmless: {UPSIDE_DOWN}. {ONE_SLIP} Lemma 8: 'C E >= Var' mends both. Only Lemma 8 uses it, and nothing"
    " uses Lemma 8.",
    by=[exhaustive(candidates, "two states, rates 1; C = 2^-40 .. 2^40, each against C/2")],
    worked=lambda _: [
        "two states, jumps either way at rate 1: P = (1/2, 1/2), L g = (g2 - g1, g1 - g2)",
        "g = (0, 1): E(g) = -(0 * 1 + 1 * (-1))/2 = 1/2, Var(g) = 1/4; every g is a multiple of it plus a constant",
        "so E(g) >= C Var(g) for all g exactly where C <= 2: C = 2, 1, 1/2, 1/4, ... all satisfy it, none is smallest",
        "in general: what C satisfies every smaller C satisfies",
    ],
)
def smallest_constant_exists(case: Candidates) -> Margin:
    """Some C > 0 satisfies the inequality, and C/2 does not."""
    return is_smallest(case, 0.5)


@smallest_constant_exists.mutant("even 99/100 of C does not")
def _(case: Candidates) -> Margin:
    return is_smallest(case, 0.99)


@smallest_constant_exists.mutant("a thousandth of C does not")
def _(case: Candidates) -> Margin:
    return is_smallest(case, 0.001)


def spectral_steps() -> Iterator[Step]:
    """If any C > 0 has Var <= C E for all g, the set of such C is the intersection of the closed half lines C >=
    Var(g)/E(g), so has a least element, sup Var/E (E(g) = 0 then forces Var(g) = 0, and those g do not matter). Where
    -L has eigenfunctions (reversible chains; a bounded convex D with reflection; Ornstein-Uhlenbeck), Var(g) = sum c_k²
    and E(g) = sum u_k c_k² over the eigenvalues u_k >= gap > 0: the least C is 1/gap, attained where u_k = gap.
    """  # noqa: D205 - the proof
    gap, more, c = sympy.symbols("lambda m c", positive=True)
    yield Step.nonnegative("E/gap - Var, mode by mode", sympy.expand((gap + more) * c**2 / gap - c**2))
    yield Step.vanishes("equality at the gap", gap * c**2 / gap - c**2)
    x, ell = sympy.symbols("x ell", positive=True)
    mode = sympy.cos(sympy.pi * x / ell)
    form, variance = (sympy.integrate(f**2, (x, 0, ell)) / ell for f in (mode.diff(x), mode))
    yield Step.vanishes("reflected on [0, ell]: E = (pi/ell)² Var", form - (sympy.pi / ell) ** 2 * variance)


@claim(
    f"{PAPER}/definition-12/repair",
    statement=r"\mathrm{Var}_P(g) \le C \cdot \mathcal E_M(g) \text{ for all } g;\ C_{pc}(P) \text{ is the smallest"
    r" such } C,\ \text{which exists if any does, and is } 1/\text{gap}",
    source=f"{SOURCE}, Definition 12",
    domain="all Markov processes for which some C > 0 will do; C = 1/gap where -L is self-adjoint with a gap",
    repairs=f"{PAPER}/definition-12",
    changes="Var <= C E in place of E >= C Var",
    rests_on=[f"{PAPER}/definition-11"],
    by=[derivation(spectral_steps, "all processes that satisfy one such inequality"), search(chains(), CHAINS)],
    constants={"share": Constant(1.0, 0.98)},
)
def variance_is_at_most_form_over_gap(case: Chain, share: float = 1.0) -> Margin:
    """Var(g) <= E(g)/gap; two states attain it for every g."""
    return Margin.at_most(case.gap * case.variance(), constant(share, case.p) * case.form())


@variance_is_at_most_form_over_gap.mutant("half of it")
def _(case: Chain) -> Margin:
    return variance_is_at_most_form_over_gap.margin(case, share=0.5)


@variance_is_at_most_form_over_gap.mutant("C = gap in place of 1/gap")
def _(case: Chain) -> Margin:
    return Margin.at_most(case.variance(), case.gap * case.form())


# --- Lemma 8 ----------------------------------------------------------------------------------------------


def mixes(case: Reflected | Chain, exponent: Array) -> Margin:
    """chi²(P_t, P) <= exp(-exponent) chi²(P_0, P)."""
    return Margin.at_most(case.divergence(case.time), exp(-exponent) * case.first)


def _told(case: Reflected) -> list[str]:
    length, gap, t = (float(x[0]) for x in (case.length, case.gap, case.time))
    modes = [f"{float(c):.6g} cos({k} pi y/{length:g})" for k, c in enumerate(case.modes[0], 1)]
    first, later = float(case.first[0]), float(case.divergence(case.time)[0])
    return [
        f"D = [0, {length:g}], g = 0: dy = sqrt(2) dB reflected at both ends, P uniform, L = d²/dy²",
        f"E(f) >= C Var(f) for all f exactly where C <= gap = (pi/{length:g})² = {gap:.6g}",
        f"P_0 has the density (1 + {' + '.join(modes)})/{length:g}; at t = {t:g} mode k has shrunk by e^(-k² gap t)",
        f"chi²(P_0, P) = sum of squares/2 = {first:.6g}; chi²(P_t, P) = {later:.6g}, that is {later / first:.6g} of it",
        f"printed with the largest C: at most e^(-t/C) = {float(exp(-case.time / case.gap)[0]):.6g} of it;"
        f" with C/2: {float(exp(-2 * case.time / case.gap)[0]):.6g}, and so on to 0 as C -> 0, the smallest",
    ]


@claim(
    f"{PAPER}/lemma-8",
    statement=r"\text{Let } P_t \text{ follow reflected Langevin diffusion with stationary } P.\ (1)\ \text{If }"
    r" P_0 \text{ is supported on } D, \text{ so is } P_t.\ (2)\ \chi^2(P_t, P) \le e^{-t/C_{pc}} \chi^2(P_0, P)",
    source=f"{SOURCE}, Lemma 8",
    domain="all D, g, all t > 0, all P_0 << P; attacked at D = [0, ell], g = 0",
    readings=[
        MONOTONE + ": what fails there fails for every smaller C, too",
        STAYS,
    ],
    rests_on=[f"{PAPER}/definition-6", f"{PAPER}/definition-12"],
    effect=f"Harmless: {UPSIDE_DOWN}. {ONE_SLIP} Definition 12: 'C E >= Var' mends both."
    f" {UNUSED[0].upper() + UNUSED[1:]}.",
    by=[search(reflected(), REFLECTED)],
    worked=_told,
)
def chi_square_decays_as_printed(case: Reflected) -> Margin:
    """chi²(P_t, P) <= e^{-t/C} chi²(P_0, P) with C = gap, the largest that Definition 12's inequality admits."""
    return mixes(case, case.time / case.gap)


@chi_square_decays_as_printed.mutant("C = gap/2, which satisfies the inequality, too")
def _(case: Reflected) -> Margin:
    return mixes(case, 2 * case.time / case.gap)


@chi_square_decays_as_printed.mutant("the smallest C: nothing is left at any t > 0")
def _(case: Reflected) -> Margin:
    return Margin.at_most(case.divergence(case.time), 0 * case.first)


def decay_steps() -> Iterator[Step]:
    """h_t = P_t/P - 1 = e^{tL} h_0, for L is self-adjoint in L²(P) (reversible). By the spectral theorem chi²(P_t, P)
    is the integral of e^{-2ut} over the spectral measure of h_0, which lives on u >= gap = 1/C because E_P h_0 = 0; its
    whole mass is chi²(P_0, P). Mode by mode e^{-2ut} <= e^{-2t/C} <= e^{-t/C}. Where chi²(P_0, P) is infinite nothing
    is said. (1): the reflected diffusion stays in D by definition.
    """  # noqa: D205 - the proof
    C, more, t, c = sympy.symbols("C m t c", positive=True)
    kept = sympy.exp(-2 * t / C) * c**2
    shrunk = 1 - sympy.exp(-2 * more * t)
    mode = sympy.exp(-2 * (1 / C + more) * t) * c**2
    yield Step.vanishes("the mode u = 1/C + m is below the bound by 1 - e^{-2mt} of it", kept - mode - kept * shrunk)
    decay = sympy.Symbol("w", positive=True)
    slope = sympy.diff(1 - sympy.exp(-decay), decay)
    yield Step("1 - e^{-w}, 0 at w = 0, grows with w", bool(slope.is_positive))


@claim(
    f"{PAPER}/lemma-8/repair",
    statement=r"(1)\ \text{If } P_0 \text{ is supported on } D, \text{ so is } P_t.\ (2)\ \chi^2(P_t, P) \le"
    r" e^{-2t/C_{pc}} \chi^2(P_0, P),\quad C_{pc} \text{ the smallest } C \text{ with } \mathrm{Var}_P \le C \cdot"
    r" \mathcal E",
    source=f"{SOURCE}, Lemma 8",
    domain="(1) reflected Langevin diffusion; (2) all reversible processes with a Poincare inequality, it among them;"
    " all t > 0",
    repairs=f"{PAPER}/lemma-8",
    changes="C_pc as in definition-12/repair; the exponent may then be doubled",
    readings=[STAYS],
    rests_on=[f"{PAPER}/definition-6", f"{PAPER}/definition-12/repair"],
    by=[
        derivation(decay_steps, "all reversible processes with a gap"),
        search(st.one_of(chains(), reflected()), f"{CHAINS}; {REFLECTED}"),
    ],
    constants={"rate": Constant(2.0, 1.01)},
)
def chi_square_decays_at_twice_the_gap(case: Reflected | Chain, rate: float = 2.0) -> Margin:
    """chi²(P_t, P) <= e^{-2 gap t} chi²(P_0, P); the printed e^{-t/C} keeps a factor 2 in the exponent to spare."""
    return mixes(case, constant(rate, case.time) * case.time * case.gap)


@chi_square_decays_at_twice_the_gap.mutant("e^{-2.5 gap t}")
def _(case: Reflected | Chain) -> Margin:
    return chi_square_decays_at_twice_the_gap.margin(case, rate=2.5)


@chi_square_decays_at_twice_the_gap.mutant("the gap without its rate: e^{-2t/gap}")
def _(case: Reflected | Chain) -> Margin:
    return mixes(case, 2 * case.time / case.gap)


def dirac_steps() -> Iterator[Step]:
    """P_0 = P(. | A) has dP_0/dP = 1/a on A and 0 elsewhere, a = P(A). For balls A around z_0 that shrink, a -> 0 where
    P has a density, and P_0 -> the Dirac law at z_0, which is not << P at all. A density alone is not enough, either:
    x^{-1/2}/2 on [0, 1] against the uniform law has the second moment int dx/(4x), infinite.
    """  # noqa: D205 - the proof
    a = sympy.Symbol("a", positive=True)
    yield Step.vanishes("chi² = 1/a - 1", a * (1 / a - 1) ** 2 + (1 - a) * 1 - (1 / a - 1))
    yield Step.limit("it grows without bound", 1 / a - 1, a, 0, sympy.oo)
    x = sympy.Symbol("x", positive=True)
    second = sympy.integrate((x ** sympy.Rational(-1, 2) / 2) ** 2, (x, a, 1))
    yield Step.limit("the density x^{-1/2}/2", second, a, 0, sympy.oo)


@claim(
    f"{PAPER}/lemma-8/remark-dirac",
    statement=r"\chi^2(P(\cdot \mid A), P) = \frac{1}{P(A)} - 1 \to \infty \text{ as } A \text{ shrinks to a point:}"
    r"\ \text{Lemma 8 says nothing of a start at a point } z_0",
    source=f"{SOURCE}, Lemma 8 (not printed; Lemmas 2, 13 and 17 start at a point)",
    domain="all laws P with a density, all events A of positive probability",
    readings=["'P_0 absolutely continuous' is not enough for a finite chi², see the derivation"],
    rests_on=[f"{PAPER}/definition-6"],
    by=[derivation(dirac_steps, "all laws and events"), search(pairs(), PAIRS)],
)
def chi_square_of_a_sharp_start(case: Pair) -> Margin:
    """chi² + 1 of P restricted to an event is one over its probability.

    Harmless: Theorem 3, which the proof uses in place of Lemma 8, bounds the total variation from a Dirac start.
    """
    return _restricted(case, 1)


def _restricted(case: Pair, power: int) -> Margin:
    inside = case.q * constant(list(case.kept), case.q)
    chance = total(inside)
    return Margin.equal(1 + chi_square(inside / chance[..., None], case.q), 1 / chance**power)


@chi_square_of_a_sharp_start.mutant("one over its square")
def _(case: Pair) -> Margin:
    return _restricted(case, 2)


@chi_square_of_a_sharp_start.mutant("1 in place of 1/P(A)")
def _(case: Pair) -> Margin:
    return _restricted(case, 0)
