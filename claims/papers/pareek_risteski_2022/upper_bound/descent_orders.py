"""Appendix B, (20) and the orders in d of the rate and of the number of steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, constant, log, sqrt
from claims.engine.strategies import Instances, PositiveEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import CENTRED, PAPER
from claims.papers.pareek_risteski_2022.upper_bound.descent_region import ANY_CENTRED, L1, SOURCE

CEILING = "S is a number of steps: the least integer from there on"


@dataclass(frozen=True, repr=False)
class Setting:
    """d and constants with 0 < m <= M. Arrays [n], positive: `m`, `above` = M - m, `M2`, `beta`, `delta`, `x` = ‖x‖."""

    d: int
    m: Array
    above: Array
    M2: Array
    beta: Array
    delta: Array
    x: Array

    @property
    def M(self) -> Array:  # noqa: N802 - the paper's letter
        """A Lipschitz constant: [n]."""
        return self.m + self.above

    @property
    def largest_x(self) -> Array:
        """Lemma 24: [n]."""
        return 12 * (self.M + self.beta) * sqrt(constant(self.d, self.m))

    def Q(self, x: Array) -> Array:  # noqa: N802 - the paper's letter
        """(19): [n]."""
        return self.M * self.M + sqrt(constant(self.d, x)) * self.M * self.M2 * 2 * (self.M / self.m + 1) * x / self.m

    def S(self, x: Array, power: int = 4, over: int = 2) -> Array:  # noqa: N802 - the paper's letter
        """(20): [n]."""
        return self.Q(x) * x * x / (self.m**power * self.delta**over)

    @property
    def C(self) -> Array:  # noqa: N802 - a constant
        """The constant of Q = O(d): no d in it, [n]."""
        return self.M * self.M + 24 * (self.M / self.m + 1) * (self.M + self.beta) * self.M * self.M2 / self.m


SETTINGS = st.sampled_from([
    Instances(Setting, (d,), (*(PositiveEnsemble(1.0),) * 2, PositiveEnsemble(bend), *(PositiveEnsemble(s),) * 3))
    for d, bend, s in ((1, 1.0, 1.0), (2, 1.0, 0.1), (16, 1.0, 1.0), (512, 10.0, 0.01), (10**6, 1e-3, 1.0))
])  # fmt: skip
CONSTANTS = "d from 1 to 10^6; all constants over decades"


def distance_steps() -> Iterator[Step]:
    """‖z(S) - ẑ‖ <= ‖G(z(S)) - x‖/m = sqrt(2 f(z(S)))/m <= sqrt(2Q f(0)/S)/m², by Assumption 1 and step-value; 2 f(0) =
    ‖x‖² as G(0) = 0. This is delta at the printed S, and falls as S grows, so the next integer will do.
    """  # noqa: D205 - the proof
    Q, x, m, delta = sympy.symbols("Q x m delta", positive=True)
    S = Q * x**2 / (m**4 * delta**2)
    yield Step.vanishes("sqrt(2Q (x²/2)/S)/m² = delta", sympy.sqrt(2 * Q * (x**2 / 2) / S) / m**2 - delta)


def _distance(case: Setting, power: int, over: int) -> Margin:
    S = case.S(case.x, power, over)
    return Margin.equal(case.Q(case.x) * case.x * case.x / (S * case.m**4), case.delta * case.delta)


@claim(
    f"{L1}/step-20",
    statement=r"\|z^{(S)} - \hat z\| \le \tfrac1m\|G(z^{(S)}) - x\| = \tfrac{\sqrt{2f(z^{(S)})}}{m} \le \tfrac{1}{m^2}"
    r"\sqrt{\tfrac{2Qf(z^{(0)})}{S}} =: \delta,\ f(z^{(0)}) = \tfrac12\|x\|^2:\ S ="
    r" \tfrac{Q\|x\|^2}{m^4}\tfrac{1}{\delta^2}",
    source=SOURCE + ", eq. 20",
    domain=ANY_CENTRED + "; all delta > 0",
    readings=[CEILING, CENTRED],
    rests_on=[f"{L1}/step-value"],
    by=[derivation(distance_steps, "all Q, x, m, delta"), search(SETTINGS, CONSTANTS)],
)
def number_of_steps(case: Setting) -> Margin:
    """2Q f(0)/(m⁴ S) = delta² at the printed S."""
    return _distance(case, 4, 2)


@number_of_steps.mutant("m² in place of m⁴")
def _(case: Setting) -> Margin:
    return _distance(case, 2, 2)


@number_of_steps.mutant("1/delta in place of 1/delta²")
def _(case: Setting) -> Margin:
    return _distance(case, 4, 1)


def order_steps() -> Iterator[Step]:
    """At ‖x‖ <= 12(M + β) sqrt(d), d >= 1: Q <= C d, with C of m, M, M2, β alone, and S <= 144 (M + β)² C d²/(m⁴
    delta²); β is O(1) by (1). The probability is that of Lemma 24, 1 - 2 exp(-4d) >= 1 - exp(-3d).
    """  # noqa: D205 - the proof
    m, M, M2, beta, delta = sympy.symbols("m M M2 beta delta", positive=True)
    more = sympy.Symbol("e", nonnegative=True)
    d = 1 + more
    x = 12 * (M + beta) * sympy.sqrt(d)
    Q = M**2 + sympy.sqrt(d) * M * M2 * 2 * (M / m + 1) * x / m
    C = M**2 + 24 * (M / m + 1) * (M + beta) * M * M2 / m
    yield Step.nonnegative("C d - Q at d = 1 + e", sympy.expand(C * d - Q))
    whole = C * d * x**2 / (m**4 * delta**2)
    yield Step.vanishes("C d ‖x‖²/(m⁴ delta²)", whole - 144 * (M + beta) ** 2 * C * d**2 / (m**4 * delta**2))


def _order(case: Setting, power: float, square: float, over: int = 2) -> Margin:
    x, spread = case.largest_x, 144 * (case.M + case.beta) * (case.M + case.beta)
    steps = spread * case.C * float(case.d) ** square / (case.m**4 * case.delta**over)
    return Margin.at_most(case.Q(x), case.C * float(case.d) ** power) & Margin.at_most(case.S(x), steps)


@claim(
    f"{L1}/step-order",
    statement=r"Q = O(d);\ \text{plugging in } Q \text{ from (19), and using } \|x\| = O(\sqrt d)"
    r" \text{ from Lemma 24, we"
    r" get } S = O(d^2/\delta^2)",
    source=SOURCE + ", last line; Lemma 1",
    domain="all d >= 1, 0 < m <= M, M2, β, delta > 0; x with the bound of Lemma 24",
    readings=["O(d²/δ²): the exponent and the fraction were lost in part", "β <= O(1) by (1)", CEILING],
    rests_on=[f"{L1}/step-19", f"{L1}/step-20", f"{PAPER}/lemma-24"],
    carried_by=[f"{PAPER}/lemma-24/repair"],
    by=[derivation(order_steps, "all d and constants"), search(SETTINGS, CONSTANTS)],
)
def orders_in_the_dimension(case: Setting) -> Margin:
    """Q <= C d and S <= 144 (M + β)² C d²/(m⁴ delta²), C free of d."""
    return _order(case, 1.0, 2.0)


@orders_in_the_dimension.mutant("Q = O(sqrt d)")
def _(case: Setting) -> Margin:
    return _order(case, 0.5, 2.0)


@orders_in_the_dimension.mutant("S = O(d/delta²)")
def _(case: Setting) -> Margin:
    return _order(case, 1.0, 1.0)


@orders_in_the_dimension.mutant("S = O(d²/delta)")
def _(case: Setting) -> Margin:
    return _order(case, 1.0, 2.0, 1)


def overview_steps() -> Iterator[Step]:
    """Lemma 2 starts within delta = β sqrt(d log d): d²/delta² = d/(β² log d) <= d/(β² log 2) for d >= 2."""
    beta = sympy.Symbol("beta", positive=True)
    d = sympy.Symbol("d", positive=True)
    delta = beta * sympy.sqrt(d * sympy.log(d))
    yield Step.vanishes(
        "d²/delta² = d/(β² log d)", sympy.expand_power_base(d**2 / delta**2) - d / (beta**2 * sympy.log(d))
    )


def _overview(case: Setting, power: float, noise: int) -> Margin:
    d = constant(float(max(case.d, 2)), case.beta) + 0 * case.beta
    steps = d * d / (case.beta * case.beta * d * log(d))
    return Margin.at_most(steps, float(max(case.d, 2)) ** power / (case.beta**noise * log(0 * d + 2)))


@claim(
    f"{L1}/step-overview",
    statement=r"\text{gradient descent, run for } O(d/\beta^2) \text{ number of steps, recovers a point } z_{init}"
    r" \text{ close to the mode}",
    source="Section 4, ingredient 1; Section 5.3",
    domain="all d >= 2, β > 0",
    readings=[
        "close to the mode: ‖z_init - ẑ‖ <= β sqrt(d log d), as Lemma 2 asks of its start (for the mode itself see"
        " lemma-1/remark-mode); constants as in step-order; d = 1, where log d = 0, is left out",
    ],
    rests_on=[f"{L1}/step-order"],
    by=[derivation(overview_steps, "all d >= 2, β"), search(SETTINGS, CONSTANTS)],
)
def steps_of_the_overview(case: Setting) -> Margin:
    """d²/delta² <= (1/log 2) d/β² at delta = β sqrt(d log d)."""
    return _overview(case, 1.0, 2)


@steps_of_the_overview.mutant("O(1/β²)")
def _(case: Setting) -> Margin:
    return _overview(case, 0.0, 2)


@steps_of_the_overview.mutant("O(d/β)")
def _(case: Setting) -> Margin:
    return _overview(case, 1.0, 1)
