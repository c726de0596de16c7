"""Proof of Theorem 2, from the posterior to the encoder: total variation, the bound 1/5, and the sign of the sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Constant, Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, absolute, constant, exp, greatest, sqrt, total
from claims.engine.strategies import Instances, PositiveEnsemble
from claims.papers.pareek_risteski_2022.events import PROOF
from claims.papers.pareek_risteski_2022.generator import number
from claims.papers.pareek_risteski_2022.hypercube import NearVertex, SmallNoise, SmallNoises, small_noises
from claims.papers.pareek_risteski_2022.laws import TwoLaws, two_laws
from claims.papers.pareek_risteski_2022.lemma_22_steps import BOUNDED, NOISE

LOST = "the sign 'not equal' between sgn(z) and C^{-1}(sgn x) is restored"


def variation_steps() -> Iterator[Step]:
    """Let t = q - p at an atom. The sum of t over S is at most that of its positive part (|t| + t)/2 over all atoms,
    and as t adds up to 0 that is half the sum of |t|: the total variation distance. For densities, integrals for sums.
    """  # noqa: D205 - the proof
    size = sympy.Symbol("a", nonnegative=True)
    for sign in (1, -1):
        t = sign * size
        yield Step.nonnegative(f"(|t| + t)/2 >= t and >= 0 at t = {t}", sympy.expand((size + t) / 2 - t))
        yield Step.nonnegative(f"(|t| + t)/2 >= 0 at t = {t}", sympy.expand((size + t) / 2))


@claim(
    "pareek-risteski-2022/theorem-2/step-total-variation",
    statement=r"\Pr_{z\sim E(z\mid x)}[\mathrm{sgn}(z) \ne C^{-1}(\mathrm{sgn}(x))]"
    r" \le \Pr_{z\sim p(z\mid x)}[\mathrm{sgn}(z) \ne C^{-1}(\mathrm{sgn}(x))] + \frac{1}{10}",
    source=PROOF,
    domain="all laws E(.|x), p(.|x) with d_TV <= 1/10, all events; more generally q(S) <= p(S) + d_TV(p, q)",
    readings=[LOST, "checked with d_TV itself in place of its bound 1/10"],
    by=[
        derivation(variation_steps, "all laws and events (symbolic)"),
        search(two_laws(), "laws on 2..6 atoms over twelve decades, every event"),
    ],
    constants={"factor": Constant(1.0, 0.99)},
)
def encoder_is_near_the_posterior(case: TwoLaws, factor: float = 1.0) -> Margin:
    """Under laws at total variation distance t no event's probability differs by more than t."""
    p, q, inside = case.p, case.q, constant(list(case.event), case.first)
    distance = total(absolute(p - q)) / 2
    return Margin.at_most(total(q * inside), total(p * inside) + constant(factor, distance) * distance)


@encoder_is_near_the_posterior.mutant("half of the distance")
def _(case: TwoLaws) -> Margin:
    return encoder_is_near_the_posterior.margin(case, factor=0.5)


@encoder_is_near_the_posterior.mutant("the largest difference of one atom")
def _(case: TwoLaws) -> Margin:
    p, q, inside = case.p, case.q, constant(list(case.event), case.first)
    return Margin.at_most(total(q * inside), total(p * inside) + greatest(absolute(p - q)))


@encoder_is_near_the_posterior.mutant("d_TV times p(S)")
def _(case: TwoLaws) -> Margin:
    p, q, inside = case.p, case.q, constant(list(case.event), case.first)
    distance = total(absolute(p - q)) / 2
    return Margin.at_most(total(q * inside), total(p * inside) * (1 + distance))


@dataclass(frozen=True)
class Width:
    """A dimension d."""

    d: int


def widths_from(least: int) -> Iterator[Width]:
    """d from `least` to 64."""
    return map(Width, range(least, 65))


def _fifth(d: int, bound: float, rate: int = 2) -> Margin:
    limit = Fraction(bound).limit_denominator(10**6)
    parts = number(limit.denominator) * (exp(number(-rate * d)) + number(1) / 10)
    return Margin.at_most(parts, number(limit.numerator))


@claim(
    "pareek-risteski-2022/theorem-2/step-one-fifth",
    statement=r"\exp(-2d) + \frac{1}{10} \le \frac{1}{5}",
    source=PROOF,
    domain="all d >= 1",
    readings=["for all d >= 1, as Lemma 22 is stated; the paragraph itself says 'for a large enough d', of E2"],
    effect="Harmless where it stands: the same paragraph says 'for a large enough d', and the sum holds from d = 2 on."
    " It matters only to a reader who takes Lemma 22's 'all d' along. Even at d = 1 only the sum fails: for"
    " beta <= 1/7 the posterior's own error is at most exp(-14), so that the encoder's is below 1/5.",
    by=[exhaustive(lambda: widths_from(1), "d = 1..64")],
    worked=lambda case: [
        f"d = {case.d}: exp(-2) + 1/10 = 0.1353... + 0.1 = 0.2353... > 1/5",
        "d = 2: exp(-4) + 1/10 = 0.0183... + 0.1 = 0.1183... <= 1/5, and less for every larger d",
    ],
)
def error_is_at_most_a_fifth(case: Width) -> Margin:
    """exp(-2d) + 1/10 <= 1/5."""
    return _fifth(case.d, 0.2)


@error_is_at_most_a_fifth.mutant("at most 1/10")
def _(case: Width) -> Margin:
    return _fifth(case.d, 0.1)


@error_is_at_most_a_fifth.mutant("exp(-d)")
def _(case: Width) -> Margin:
    return _fifth(case.d, 0.2, rate=1)


def fifth_steps() -> Iterator[Step]:
    """exp(-2d) falls in d, and at d = 2 it is exp(-4) <= 1/10, as 4 >= log 10."""
    yield Step.nonnegative("4 >= log 10", 4 - sympy.log(10))


@claim(
    "pareek-risteski-2022/theorem-2/step-one-fifth/repair",
    statement=r"\exp(-2d) + \frac{1}{10} \le \frac{1}{5} \text{ for } d \ge 2",
    source=PROOF,
    domain="all d >= 2",
    repairs="pareek-risteski-2022/theorem-2/step-one-fifth",
    changes="d >= 2",
    by=[derivation(fifth_steps, "all d >= 2"), exhaustive(lambda: widths_from(2), "d = 2..64")],
    constants={"bound": Constant(0.2, 0.95)},
)
def error_is_at_most_a_fifth_from_two_on(case: Width, bound: float = 0.2) -> Margin:
    """exp(-2d) + 1/10 <= 1/5."""
    return _fifth(case.d, bound)


@error_is_at_most_a_fifth_from_two_on.mutant("at most 1/9")
def _(case: Width) -> Margin:
    return _fifth(case.d, 1 / 9)


@error_is_at_most_a_fifth_from_two_on.mutant("exp(-d)")
def _(case: Width) -> Margin:
    return _fifth(case.d, 0.2, rate=1)


@dataclass(frozen=True)
class Received:
    """x~ near the vertex (1, ..., 1), and any vertex x that the invertor was given: xi = x~ - x. Nested: `small`."""

    given: tuple[int, ...]
    small: SmallNoise

    def near(self, c: float) -> NearVertex:
        """x~ and beta, with beta <= c/sqrt(d) and ‖x~ - sgn x~‖ <= 6 beta sqrt(d)."""
        return self.small.at(c)


@st.composite
def received(draw: DrawFn) -> Instances:
    """d in 1..8, every vertex for x, and x~ near (1, ..., 1), which costs no generality."""
    d = draw(st.integers(1, 8))
    given = draw(st.tuples(*[st.sampled_from((1, -1))] * d))
    slack = PositiveEnsemble(draw(st.sampled_from((1.0, 1e-8, 1e2))))
    return Instances(Received, (given,), (SmallNoises(d, slack, slack, draw(st.booleans())),))


#: x = -1 was given and x~ = -1 + xi lies near +1.
WRONG_SIDE = Instances(Received, ((-1,),), (SmallNoises(1, PositiveEnsemble(1e-8), PositiveEnsemble(1e2)),))


def _keeps_sign(x_tilde: Array, given: Array) -> Margin:
    return Margin.positive(-greatest(-x_tilde * given))


def _worked_sign(case: Received) -> list[str]:
    near = case.near(NOISE)
    noisy, beta = float(near.x[0][0]), float(near.beta[0])
    return [
        f"d = {near.d}, x = {list(case.given)}, beta = {beta:g}, x~ = {[float(v) for v in near.x[0]]}, xi = x~ - x",
        f"‖x~ - sgn x~‖ = {abs(noisy - 1):g} <= 6 beta sqrt(d) = {6 * beta * near.d**0.5:g}: the event E2 holds",
        "but sgn x~ = (1, ..., 1) is not x: C^-1(sgn x~) is not the pre-image that C'' looks for, and its check"
        " x = C(sgn z) rejects it",
        "by hand: d = 1, beta = 1/7, x = 1, xi = -2, x~ = -1 = sgn x~: ‖x~ - sgn x~‖ = 0 <= 6/7, and sgn x~ = -x",
    ]


@claim(
    "pareek-risteski-2022/theorem-2/step-sign",
    statement=r"\text{on } E_2 = \{\|\tilde x - \mathrm{sgn}(\tilde x)\| \le 6\beta\sqrt d\}:\ "
    r"\mathrm{sgn}(\tilde x) = x",
    source=f"{PROOF}: implicit where A(z), on C^{{-1}}(sgn(x~)), bounds how often C'' finds a z with x = C(sgn(z))",
    domain="all d >= 1, beta <= 1/(7 sqrt d), x in {±1}^d, xi in R^d that satisfy E2",
    readings=["not printed; beta = o(1/sqrt d) is taken as small as Lemma 22 needs"],
    effect="Harmless: x~ may lie near another vertex than x, but Lemma 21 bounds the probability of more than that,"
    " ‖xi‖ > 6 beta sqrt(d). With the event of the repair in place of E2 all later sentences can speak of x.",
    by=[search(received(), "d in 1..8, every x; x~ within 6 beta sqrt(d) of (1, ..., 1)", corners=(WRONG_SIDE,))],
    worked=_worked_sign,
)
def sample_keeps_its_sign(case: Received) -> Margin:
    """If x~ is near the vertex sgn(x~), that vertex is x."""
    x = case.near(NOISE).x
    return _keeps_sign(x, constant(list(case.given), x))


@sample_keeps_its_sign.mutant("sgn(x~) = -x")
def _(case: Received) -> Margin:
    x = case.near(NOISE).x
    return _keeps_sign(-x, constant(list(case.given), x))


@sample_keeps_its_sign.mutant("a noise ten times smaller")
def _(case: Received) -> Margin:
    x = case.near(NOISE / 10).x
    return _keeps_sign(x, constant(list(case.given), x))


def sign_steps() -> Iterator[Step]:
    """|xi_i| <= ‖xi‖ <= 6 beta sqrt(d) <= 6/7 < 1, so x_i + xi_i has the sign of x_i = ±1. So x~ - sgn(x~) = xi, and
    E2 holds as well. By Lemma 21 (c -> 1), Pr[‖xi‖ > 6 beta sqrt(d)] <= exp(-d), the bound that E2 had.
    """  # noqa: D205 - the proof
    d = sympy.Symbol("d", positive=True)
    yield Step.vanishes(
        "6 beta sqrt(d) at beta = 1/(7 sqrt d)", 6 * sympy.sqrt(d) / (7 * sympy.sqrt(d)) - sympy.S(6) / 7
    )
    yield Step.nonnegative("1 - 6/7", 1 - sympy.S(6) / 7)


@claim(
    "pareek-risteski-2022/theorem-2/step-sign/repair",
    statement=r"\text{if } \|\xi\| \le 6\beta\sqrt d \text{ and } \beta \le \frac{1}{7\sqrt d},\text{ then }"
    r" \mathrm{sgn}(\tilde x) = x \text{ and } \|\tilde x - \mathrm{sgn}(\tilde x)\| \le 6\beta\sqrt d",
    source=PROOF,
    domain="all d >= 1, all 0 < beta <= 1/(7 sqrt d), all x in {±1}^d, all xi with ‖xi‖ <= 6 beta sqrt(d)",
    repairs="pareek-risteski-2022/theorem-2/step-sign",
    changes="the event ‖xi‖ <= 6 beta sqrt(d), which Lemma 21 bounds, in place of E2; and beta <= 1/(7 sqrt d)",
    rests_on=["pareek-risteski-2022/lemma-21"],
    by=[
        derivation(sign_steps, "all d, x, xi, beta <= 1/(7 sqrt d)"),
        search(
            small_noises(), f"{BOUNDED}; x = (1, ..., 1), which costs no generality",
            corners=(SmallNoises(1, PositiveEnsemble(1e-8), PositiveEnsemble(1e-8), one_sided=True),),
        ),
    ],
    constants={"c": Constant(NOISE, 1.02)},
)  # fmt: skip
def small_noise_keeps_the_sign(case: SmallNoise, c: float = NOISE) -> Margin:
    """x~ = x + xi has the signs of x, and is as near to sgn(x~) as E2 asks."""
    # At x = (1, ..., 1): the vertex to which `at` adds xi. Its own u, p, q give ‖xi‖ = 6 beta sqrt(d)/(1 + q).
    near = case.at(c)
    away = near.x - 1
    radius = 6 * near.beta * sqrt(constant(near.d, near.beta))
    return _keeps_sign(near.x, 1 + 0 * near.x) & Margin.at_most(total(away * away), radius * radius)


@small_noise_keeps_the_sign.mutant("beta <= 1/(5.9 sqrt d)")
def _(case: SmallNoise) -> Margin:
    return small_noise_keeps_the_sign.margin(case, c=1 / 5.9)


@small_noise_keeps_the_sign.mutant("within 5.9 beta sqrt(d)")
def _(case: SmallNoise) -> Margin:
    near = case.at(NOISE)
    away = near.x - 1
    radius = constant(5.9, near.beta) * near.beta * sqrt(constant(near.d, near.beta))
    return Margin.at_most(total(away * away), radius * radius)
