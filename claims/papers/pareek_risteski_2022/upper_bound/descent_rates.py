"""Appendix B, 'the standard argument': gradients and values after S steps of descent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, absolute, greatest
from claims.engine.strategies import Instances, PositiveEnsemble, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import (
    NEARLY_LINEAR,
    PAPER,
    SCOPE,
    Inversion,
    inversions,
    norm,
)
from claims.papers.pareek_risteski_2022.upper_bound.descent_region import L1, SOURCE

ANY_G = "all d, x, z, all G with Assumptions 1 and 2"


@dataclass(frozen=True, repr=False)
class Falls:
    """Values f_s and slopes g_s, s = 0..S, with f_{s+1} = f_s - g_s²/(2Q) - slack_s and f_S > 0.

    m² = min_s g_s²/(2 f_s) up to `more`, so that g_s >= m sqrt(2 f_s). Arrays: `g` [n, S + 1], `slack` [n, S],
    `last`, `Q`, `more` [n], all positive.
    """

    g: Array
    slack: Array
    last: Array
    Q: Array
    more: Array

    @property
    def S(self) -> int:  # noqa: N802 - the paper's letter
        """The number of steps."""
        return int(self.slack.shape[-1])

    def values(self) -> list[Array]:
        """f_0, ..., f_S: [n] each."""
        found = [self.last]
        for s in reversed(range(self.S)):
            found.append(found[-1] + self.g[..., s] * self.g[..., s] / (2 * self.Q) + self.slack[..., s])
        return found[::-1]

    @property
    def least_slope(self) -> Array:
        """The least of ‖∇f‖² over s in [0, S]: [n]."""
        return -greatest(-self.g * self.g)

    @property
    def m_squared(self) -> Array:
        """m²: [n]."""
        ratios = [self.g[..., s] * self.g[..., s] / (2 * f) for s, f in enumerate(self.values())]
        least = ratios[0]
        for ratio in ratios[1:]:
            least = (least + ratio - absolute(least - ratio)) / 2
        return least / (1 + self.more)


def _falls(steps: int, small: float) -> Instances:
    drawn = (
        PositiveVectorEnsemble(steps + 1), PositiveVectorEnsemble(steps, small), PositiveEnsemble(small),
        PositiveEnsemble(1.0), PositiveEnsemble(small),
    )  # fmt: skip
    return Instances(Falls, (), drawn)


FALLS = st.sampled_from([_falls(steps, small) for steps in (1, 2, 5, 20) for small in (1e-6, 1.0)])
SEQUENCES = "1, 2, 5, 20 steps; values and slopes that meet the descent, with and without slack"


def sum_steps() -> Iterator[Step]:
    """f_S <= f_0 - sum_{s < S} g_s²/(2Q) <= f_0 - S α²/(2Q) with α the least g_s; and f_S >= 0, so α² <= 2Q f_0/S."""
    f0, Q, S = sympy.symbols("f0 Q S", positive=True)
    yield Step.vanishes("f_0 - S α²/(2Q) = 0 at α² = 2Q f_0/S", f0 - S * (2 * Q * f0 / S) / (2 * Q))


def _minimum(case: Falls, least: Array, factor: float) -> Margin:
    first, *_, last = case.values()
    return Margin.at_most(last, first - case.S * least / (2 * case.Q)) & (
        Margin.at_most(least, factor * case.Q * first / case.S)
    )


@claim(
    f"{L1}/step-minimum",
    statement=r"\forall s \in [0,S]\ \|\nabla f(z^{(s)})\| \ge \alpha \implies f(z^{(S)}) \le"
    r" f(z^{(0)}) - S\tfrac{1}{2Q}"
    r"\alpha^2;\ \min_{s\in[0,S]}\|\nabla f(z^{(s)})\| \le \sqrt{2Qf(z^{(0)})/S}",
    source=SOURCE + ", 'the standard argument'",
    domain="all f >= 0 and iterates with the descent of Lemma 9, all S >= 1",
    rests_on=[f"{PAPER}/lemma-9"],
    by=[derivation(sum_steps, "all sequences"), search(FALLS, SEQUENCES)],
)
def least_gradient(case: Falls) -> Margin:
    """Both, squared, for any sequence of values and slopes that the descent admits."""
    return _minimum(case, case.least_slope, 2.0)


@least_gradient.mutant("without the factor 2")
def _(case: Falls) -> Margin:
    return _minimum(case, case.least_slope, 1.0)


@least_gradient.mutant("the largest gradient")
def _(case: Falls) -> Margin:
    return _minimum(case, greatest(case.g * case.g), 2.0)


def gradient_steps() -> Iterator[Step]:
    """∇f = J^T (G - x); ‖J^T r‖ >= σ_min(J)‖r‖ for a square J, σ_min(J) >= m by Remark 2, and ‖G - x‖ = sqrt(2f)."""
    sigma, r, slack = sympy.symbols("sigma r slack", nonnegative=True)
    yield Step.vanishes("sqrt(2 (r²/2)) = r", sympy.sqrt(2 * (r**2 / 2)) - r)
    yield Step.nonnegative("(σ + slack) r - σ r", sympy.expand((sigma + slack) * r - sigma * r))


def _gradient(case: Inversion, factor: float | Array, constant: Array) -> Margin:
    return Margin.at_least(norm(case.gradient(case.z)), constant * factor * norm(case.residual(case.z)))


@claim(
    f"{L1}/step-gradient",
    statement=r"\|\nabla f(z)\| = \|J_G(z)^T(G(z) - x)\| \ge \min_i|\sigma_i(J_G(z))|\,\|G(z) - x\| \ge m\sqrt{2f(z)}",
    source=SOURCE,
    domain=ANY_G,
    by=[derivation(gradient_steps, "all d, G, x, z"), search(inversions(centred=False), SCOPE, corners=NEARLY_LINEAR)],
)
def gradient_bounds_the_value(case: Inversion) -> Margin:
    """‖∇f‖ >= m sqrt(2f), with equality for G(z) = m z."""
    return _gradient(case, 1, case.m)


@gradient_bounds_the_value.mutant("m 2 sqrt(f)")
def _(case: Inversion) -> Margin:
    return _gradient(case, 2**0.5, case.m)


@gradient_bounds_the_value.mutant("M in place of m")
def _(case: Inversion) -> Margin:
    return _gradient(case, 1.01, case.M)


def stationary_steps() -> Iterator[Step]:
    """‖∇f(z)‖ >= m‖G(z) - x‖ >= m²‖z - ẑ‖: it vanishes at ẑ, where G - x does, and nowhere else."""
    m, away, slack = sympy.symbols("m away slack", nonnegative=True)
    yield Step.nonnegative("m (m a + slack) - m² a", sympy.expand(m * (m * away + slack) - m**2 * away))


@claim(
    f"{L1}/step-stationary",
    statement=r"\nabla f(z) = J_G(z)^T(G(z) - x).\ \text{By Assumption 1 } J_G(z) \text{ is invertible; therefore any"
    r" stationary points will necessarily be the (unique) point with } G(z) = x",
    source="Sections 4 and 5.1",
    domain=ANY_G,
    rests_on=[f"{PAPER}/equation-4"],
    by=[
        derivation(stationary_steps, "all d, G, x, z"),
        search(inversions(centred=False), SCOPE, corners=NEARLY_LINEAR),
    ],
)
def only_stationary_point(case: Inversion) -> Margin:
    """‖∇f(z)‖ >= m²‖z - ẑ‖, and ∇f(ẑ) = 0."""
    return _stationary(case, case.m * case.m)


def _stationary(case: Inversion, rate: Array) -> Margin:
    at_inverse = case.gradient(case.zhat)
    return Margin.at_least(norm(case.gradient(case.z)), rate * norm(case.z - case.zhat)) & (
        Margin.equal(at_inverse, 0 * at_inverse)
    )


@only_stationary_point.mutant("2m²")
def _(case: Inversion) -> Margin:
    return _stationary(case, 2 * case.m * case.m)


@only_stationary_point.mutant("M²")
def _(case: Inversion) -> Margin:
    return _stationary(case, 1.01 * case.M * case.M)


def value_steps() -> Iterator[Step]:
    """f falls, so f(z(S)) <= f(z(s)) <= (‖∇f(z(s))‖/m)²/2 for every s <= S, thus for the s of the least gradient; then
    step-minimum.
    """  # noqa: D205 - the proof
    Q, f0, S, m = sympy.symbols("Q f0 S m", positive=True)
    yield Step.vanishes("(2Q f_0/S)/(2m²)", (2 * Q * f0 / S) / (2 * m**2) - Q * f0 / (m**2 * S))


def _value(case: Falls, first: float, second: float) -> Margin:
    start, *_, last = case.values()
    middle = case.least_slope / (2 * case.m_squared)
    return Margin.at_most(last, first * middle) & (
        Margin.at_most(middle, second * case.Q * start / (case.m_squared * case.S))
    )


@claim(
    f"{L1}/step-value",
    statement=r"f(z^{(S)}) \le \tfrac12\left(\tfrac1m\min_{s\in[0,S]}\|\nabla f(z^{(s)})\|\right)^2 \le \tfrac{1}{m^2}"
    r"\tfrac{Qf(z^{(0)})}{S}",
    source=SOURCE + ", 'By Lemma 9 we then have'",
    domain="all f >= 0 and iterates with the descent of Lemma 9 and ‖∇f‖ >= m sqrt(2f), all S >= 1",
    rests_on=[f"{PAPER}/lemma-9", f"{L1}/step-minimum", f"{L1}/step-gradient"],
    by=[derivation(value_steps, "all sequences"), search(FALLS, SEQUENCES)],
)
def value_after_all_steps(case: Falls) -> Margin:
    """Both inequalities, for any sequence that the hypotheses admit."""
    return _value(case, 1.0, 1.0)


@value_after_all_steps.mutant("half of the middle")
def _(case: Falls) -> Margin:
    return _value(case, 0.5, 1.0)


@value_after_all_steps.mutant("half of the right side")
def _(case: Falls) -> Margin:
    return _value(case, 1.0, 0.5)
