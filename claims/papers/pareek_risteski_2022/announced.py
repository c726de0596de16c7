"""Proof of Theorem 2: what the proof announces of C'', the 1/5 with precision counted in, and bounded outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Constant, Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, exp, greatest, maximum, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.averaging import EVEN, Strings, strings
from claims.papers.pareek_risteski_2022.bits import HalfNormal
from claims.papers.pareek_risteski_2022.closed_form import T2
from claims.papers.pareek_risteski_2022.copies import Sizes
from claims.papers.pareek_risteski_2022.events import PROOF
from claims.papers.pareek_risteski_2022.generator import number
from claims.papers.pareek_risteski_2022.laws import JUST_BELOW, CutLaw, cut_laws, weights
from claims.papers.pareek_risteski_2022.one_fifth import Width, widths_from
from claims.papers.pareek_risteski_2022.one_string import STRING

# --- the property that is announced -----------------------------------------------------------------------


@dataclass(frozen=True)
class Announced:
    """A law of A with mean at least eps/2, and what M and M' have beyond 4(d+1)/eps and d.

    Nested: `law`. Arrays [n, 1]: `more`, `further`.
    """

    d: int
    law: CutLaw
    more: Array
    further: Array

    def missed(self, second: float = 1.0) -> Array:
        """Probability that no pair works on an input with A = eps/4: [n]. For eps = 1/(1 + s), 4/eps = 4 + 4s."""
        return Sizes(self.d, 3 + 4 * self.law.share, self.more, self.further).missed(second=second)

    def rarely(self, missed: Array, fraction: float = 0.25) -> Margin:
        """Missed with probability at most exp(-d), on a fraction of the inputs."""
        eps = self.law.eps
        often = Margin.at_least(1 - self.law.chance(eps / 4, eps / 2), constant(fraction, eps) * eps)
        return often & Margin.at_most(missed, exp(constant(-float(self.d), missed) + 0 * missed))


@st.composite
def announced(draw: DrawFn) -> Instances:
    """d in 1..16, 32, 64; every law of A; M and M' from their least values on."""
    d = draw(st.one_of(st.integers(1, 16), st.sampled_from([32, 64])))
    return Instances(Announced, (d,), (draw(cut_laws()), draw(weights(1)), draw(weights(1))))


#: Nothing to spare in M and M'.
LEAST = tuple(Instances(Announced, (d,), (JUST_BELOW, *(PositiveVectorEnsemble(1, 1e-9),) * 2)) for d in (1, 4, 64))


def announced_steps() -> Iterator[Step]:
    """A >= eps/4 on a fraction eps/4 of the z (step-good-inputs/repair), and z -> C(sgn z) = x makes that a fraction of
    the x. For each of them some pair works with probability 1 - exp(-d) by step-chernoff/repair at a = eps/4. What
    passes the check C(sgn z) = x is right, for C is injective; so C'' never outputs a wrong z that passed it.
    """  # noqa: D205 - the proof
    d, s = sympy.symbols("d s", positive=True)
    yield Step.vanishes("(d+1)/a at a = eps/4", (d + 1) * 4 * (1 + s) - (d + 1) * (1 + (3 + 4 * s)))


@claim(
    f"{T2}/step-announced",
    statement=r"\text{for a } 1/\mathrm{poly}(d) \text{ fraction of inputs } x \in \{\pm1\}^d, \text{ with"
    r" probability } 1 - \exp(-d), \text{ it outputs the } z \text{ s.t. } x = C(z)",
    source=f"{PROOF}, announced twice: 'an average sense', and 'We will show that'",
    domain="all d >= 2, all eps in (0, 1), all encoders, M >= 4(d+1)/eps, M' >= d",
    readings=[
        "the fraction made explicit: eps/4 of all x",
        "M and M' are those of step-chernoff/repair; with the printed M' = Omega(log d) the probability is not"
        " 1 - exp(-d), see step-chernoff",
        "A is any random variable in [0, 1] with mean at least eps/2, and success given A >= a as in step-chernoff",
    ],
    rests_on=[f"{T2}/step-good-inputs", f"{T2}/step-chernoff"],
    carried_by=[f"{T2}/step-good-inputs/repair", f"{T2}/step-chernoff/repair"],
    by=[
        derivation(announced_steps, "all d, eps, laws of A"),
        search(announced(), "d in 1..16, 32, 64; laws of A of 1..4 atoms and one at 1; M, M' from their least values"),
    ],
)
def most_runs_invert(case: Announced) -> Margin:
    """On a fraction eps/4 of the inputs no pair works with probability at most exp(-d)."""
    return case.rarely(case.missed())


@most_runs_invert.mutant("on a fraction eps/2")
def _(case: Announced) -> Margin:
    return case.rarely(case.missed(), 0.5)


@most_runs_invert.mutant("M' >= d/4")
def _(case: Announced) -> Margin:
    return case.rarely(case.missed(second=0.25))


# --- one fifth, with precision ----------------------------------------------------------------------------


def _one_fifth(case: Width, *, parts: int = 100, paid: int = 1) -> Margin:
    one = exp(number(0))
    small = HalfNormal(case.d, one / (parts * case.d)).some_below()
    wrong = exp(number(-2 * case.d))
    either = wrong + small - wrong * small
    return Margin.at_most(10 * either + paid, 2 + 0 * either)


def fifth_steps() -> Iterator[Step]:
    """Let B be 'sgn z is wrong, or |z_i| <= eta for some i', one event of z. Under the posterior it has probability
    exp(-2d) + d eta sqrt(2/pi) at most (lemma-22/repair, step-precision-suffices/repair), under the encoder 1/10 more
    (step-total-variation). Off B the sign of z is right and no error of eta at most changes it. At d = 2: exp(-4) <=
    1/20, as e² >= 5 and 5² >= 20; less beyond.
    """  # noqa: D205 - the proof
    yield Step.nonnegative("1/5 - 1/10 - 1/20 - 1/100", sympy.Rational(1, 5) - sympy.Rational(16, 100))
    yield Step.nonnegative("e^4 - 20", sympy.exp(4) - 20)
    yield Step.nonnegative("1 - sqrt(2/pi)", 1 - sympy.sqrt(2 / sympy.pi))


@claim(
    f"{T2}/step-precision-suffices/remark-one-fifth",
    statement=r"\Pr_{z\sim E(z|x)}\left[\mathrm{sgn}(z) \ne C^{-1}(x) \text{ or } \min_i |z_i| \le \eta\right] \le"
    r" e^{-2d} + \tfrac{1}{100} + \tfrac{1}{10} \le \tfrac15 \text{ for } d \ge 2,\ \eta \le \tfrac{1}{100 d}",
    source="ours: the printed 1/5 survives the truncation of step-precision-suffices/repair",
    domain="all d >= 2, all x near C(z), all encoders within 1/10 of the posterior, eta <= 1/(100 d)",
    readings=[
        "given x, |z_1|, ..., |z_d| are half-normal, independent, and independent of sgn z",
        "outside this event a truncated encoder within eta of E has the sign of C^{-1}(x): all later steps keep 4/5",
    ],
    rests_on=[
        "pareek-risteski-2022/lemma-22",
        f"{T2}/step-total-variation",
        f"{T2}/step-precision-suffices",
    ],
    carried_by=["pareek-risteski-2022/lemma-22/repair", f"{T2}/step-precision-suffices/repair"],
    by=[derivation(fifth_steps, "all d >= 2"), exhaustive(lambda: widths_from(2), "d = 2..64, the exact law")],
)
def the_fifth_survives(case: Width) -> Margin:
    """Pr[wrong sign or a coordinate below 1/(100 d)] + 1/10 <= 1/5."""
    return _one_fifth(case)


@the_fifth_survives.mutant("the encoder's 1/10 paid twice")
def _(case: Width) -> Margin:
    return _one_fifth(case, paid=2)


@the_fifth_survives.mutant("eta = 1/(8 d)")
def _(case: Width) -> Margin:
    return _one_fifth(case, parts=8)


@the_fifth_survives.mutant("from d = 1 on")
def _(case: Width) -> Margin:
    return _one_fifth(Width(case.d - 1))


# --- bounded outputs --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bounded:
    """Strings, and for each triple (i, x, j) the chance that some output exceeds M. Nested: `strings`.

    Array `odds` [n, i * x * j]: the chance is odds/(1 + odds).
    """

    strings: Strings
    odds: Array

    def both(self) -> tuple[Array, Array]:
        """Least chance of 'inverts, with bounded outputs' for each string, mean over x; Pr[not B]: [n, i, j], [n]."""
        success = self.strings.success(0.8)
        unbounded = (self.odds / (1 + self.odds)).reshape(success.shape)
        left = maximum(success - unbounded, 0 * success)
        noise = (self.strings.noise / total(self.strings.noise)[..., None])[:, :, None, None]
        string = (self.strings.string / total(self.strings.string)[..., None])[:, None, None, :]
        return total(left, -2) / left.shape[-2], total(unbounded * noise * string, (-3, -2, -1)) / left.shape[-2]


@st.composite
def bounded(draw: DrawFn) -> Instances:
    """The strings of step-averaging, and any chance of large outputs for each triple."""
    drawn = draw(strings())
    failing = drawn.drawn[2]  # one entry for each triple
    assert isinstance(failing, PositiveVectorEnsemble)
    return Instances(Bounded, (), (drawn, draw(weights(failing.count))))


#: One triple, success with probability 4/5, outputs large with probability 1/5 or so.
ALONE = Instances(Bounded, (), (EVEN, PositiveVectorEnsemble(1, 0.25)))


def bounded_steps() -> Iterator[Step]:
    """Let S be 'the string inverts x' and B 'all outputs are at most M', over x, xi and the encoder's noise. As in
    step-averaging Pr[S] >= (4/5) Pr[E1 and E2] >= (4/5)(eps - e^-d), and Pr[S and B] >= Pr[S] - Pr[not B]. This is a
    mean over strings of the fraction of x that a string inverts with bounded outputs; some string is not below it.
    """  # noqa: D205 - the proof
    inside, outside, rest = sympy.symbols("a b r", nonnegative=True)
    yield Step.nonnegative("Pr[S and B] - (Pr[S] - Pr[not B])", inside - ((inside + outside) - (outside + rest)))
    first, missing = sympy.symbols("f m", nonnegative=True)  # Pr[E1] and the part of E1 that E2 misses
    yield Step.nonnegative("Pr[E1 and E2] - (Pr[E1] - Pr[not E2])", (first - missing) - (first - (missing + rest)))


@claim(
    f"{T2}/step-averaging/remark-bounded-outputs",
    statement=r"\text{if } \Pr[B] \ge 1 - \delta,\ B = \{\text{all node outputs are at most } M\}, \text{ one string"
    r" inverts, with bounded outputs, a fraction } \ge \tfrac45 \Pr[E_1 \wedge E_2] - \delta \ge \tfrac45(\epsilon -"
    r" e^{-d}) - \delta \text{ of all } x",
    source="not printed: Theorem 2 bounds the outputs 'with probability 1 - exp(-d) over a sample x from G', and (52)"
    " uses the bound for the string that is hard-coded, surely",
    domain="all finite laws of xi and of the encoder's noise, x uniform, success with probability at least 4/5 on E1"
    " and E2, all events B",
    readings=[
        STRING,
        "over a sample x from G, that is x + xi with x uniform, and over the encoder's noise: delta = e^-d, so that"
        " (4/5)(eps - e^-d) - e^-d is left. With the bound of step-hard-coded-noise in B, too, delta = 2 e^-d",
        "on the other x nothing is asked of the truncated network, so its errors there do no harm",
        "the gap is harmless: delta is exponentially small, and eps is not",
    ],
    rests_on=[f"{T2}/step-averaging", f"{T2}/step-intersection"],
    by=[
        derivation(bounded_steps, "all laws and events"),
        search(bounded(), "1..3 noises, 1, 2, 4 inputs, 1..4 strings, chances over twelve decades", corners=(ALONE,)),
    ],
    constants={"share": Constant(0.8, 1.01)},
)
def a_string_keeps_the_bounds(case: Bounded, share: float = 0.8) -> Margin:
    """Some string inverts, with bounded outputs, (4/5) Pr[E1 and E2] - Pr[not B] of the inputs."""
    inverted, unbounded = case.both()
    best = greatest(inverted.reshape(inverted.shape[0], -1))
    both = case.strings.both
    return Margin.at_least(best, constant(share, both) * both - unbounded)


@a_string_keeps_the_bounds.mutant("nothing lost to large outputs")
def _(case: Bounded) -> Margin:
    inverted, _ = case.both()
    return Margin.at_least(greatest(inverted.reshape(inverted.shape[0], -1)), 4 * case.strings.both / 5)


@a_string_keeps_the_bounds.mutant("every string")
def _(case: Bounded) -> Margin:
    inverted, unbounded = case.both()
    worst = -greatest(-inverted.reshape(inverted.shape[0], -1))
    return Margin.at_least(worst, 4 * case.strings.both / 5 - unbounded)
