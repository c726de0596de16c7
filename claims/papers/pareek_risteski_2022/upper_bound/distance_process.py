"""Proof of Lemma 13: the squared distance from the inverse, as a process to be compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, minimum
from claims.engine.strategies import Instances
from claims.papers.pareek_risteski_2022.laws import weights
from claims.papers.pareek_risteski_2022.upper_bound.comparison import L16
from claims.papers.pareek_risteski_2022.upper_bound.effective_region import L13, PROOF

#: What the printed proof of Lemma 13 uses.
STEPS = [f"{L13}/step-{k}" for k in ("ceiling", "radius", "instantiation")]


@dataclass(frozen=True)
class Sides:
    """d = 1, G(z) = z, so z^ = x; the two points at distance r from it. Arrays [1, 1]: x, r; beta = 1/1000."""

    x: Array
    r: Array

    def drift(self, side: int) -> Array:
        """The drift of eta(z_t) at z = x + side r: -(z - x)(z + (z - x)/beta²) + 1."""
        away = side * self.r
        return -away * (self.x + away + 10**6 * away) + 1


def sides() -> Iterator[Sides]:
    """x = 0, 1 and r = 1/1000, 1/100."""
    for x, r in itertools.product((0.0, 1.0), (0.001, 0.01)):
        yield Sides(np.array([[x]]), np.array([[r]]))


@claim(
    f"{L13}/step-instantiation",
    statement=r"\text{Instantiate Lemma 16 with } U_t := \eta(z_t): dU = f(U)dt + h(U)dB \text{ for some } f",
    source=PROOF,
    domain="all G, x",
    readings=[
        "'for some f' is ours: 'Instantiate Lemma 16 with U_t := eta(z_t)' is printed, and Lemma 16 has such an f"
    ],
    rests_on=[L16],
    effect="Harmless: eta(z_t) is no diffusion of its own, its drift depends on z_t. Ikeda and Watanabe's theorem"
    " allows an adapted drift b_t <= g(U_t), which Lemma 3 gives.",
    by=[exhaustive(sides, "d = 1, G(z) = z, beta = 1/1000; x = 0, 1; r = 1/1000, 1/100")],
    worked=lambda _: [
        "d = 1, G(z) = z, x = 1 (so z^ = 1), beta = 1/1000: drift of eta = -(z - 1)(z + 10^6 (z - 1)) + 1",
        "z = 1.001: -0.001 (1.001 + 1000) + 1 = -0.001001; z = 0.999: 0.001 (0.999 - 1000) + 1 = 0.000999",
        "both have eta = 5 10^-7, so the drift is no function of eta",
    ],
)
def distance_has_a_drift_of_its_own(case: Sides) -> Margin:
    """Points at the same distance have the same drift."""
    return Margin.equal(case.drift(1), case.drift(-1))


@distance_has_a_drift_of_its_own.mutant("opposite drifts")
def _(case: Sides) -> Margin:
    return Margin.equal(case.drift(1), -case.drift(-1))


@distance_has_a_drift_of_its_own.mutant("the drift is 0")
def _(case: Sides) -> Margin:
    return Margin.equal(case.drift(1), 0 * case.r)


@dataclass(frozen=True)
class Linear:
    """G(z) = S z, S diagonal. Arrays, all positive: `s`, `size` of z^ (with `signs`), `away` = z - z^; `beta`."""

    signs: tuple[int, ...]
    s: Array
    size: Array
    away: Array
    beta: Array

    def drifts(self, prior: float = 1.0) -> tuple[Array, Array]:
        """The drift of eta at z, and -w eta + ‖z^‖² + d with w = m²/beta²: [n]."""
        hat, v = constant(list(self.signs), self.size) * self.size, self.away
        strength = self.s * self.s / (self.beta * self.beta)
        drift = -(v * (prior * (hat + v) + strength * v)).sum(-1) + len(self.signs)
        least = minimum(*(strength[..., k] for k in (0, -1)))
        return drift, -least * (v * v).sum(-1) / 2 + (hat * hat).sum(-1) + len(self.signs)


@st.composite
def linears(draw: DrawFn) -> Instances:
    """d = 1, 2; z^ and z - z^ of any signs; all numbers over six decades."""
    signs = tuple(draw(st.lists(st.sampled_from((1, -1)), min_size=1, max_size=2)))
    d = len(signs)
    return Instances(Linear, (signs,), (*(draw(weights(d, 1e3)) for _ in range(3)), draw(weights(1, 1e3))))


def adapted_steps() -> Iterator[Step]:
    """By eq. (28) eta(z_t) has the adapted drift b_t = -<z - z^, grad L> + d and the noise 2 sqrt(eta) dB; by Lemma 3
    b_t <= -w eta + ‖z^‖² + d <= g(eta) := -w eta + N while z is in D, that is eta <= alpha_0 = rad²/2. That is the
    hypothesis of lemma-16/repair with h = 2 sqrt(x), g Lipschitz. For linear G, v = z - z^: -<v, z^> <= ‖v‖² + ‖z^‖²
    (indeed ‖v‖² + ‖z^‖²/4 would do).
    """  # noqa: D205 - the proof
    a, b = sympy.symbols("a b", real=True)
    yield Step.vanishes(
        "‖v‖² + ‖z^‖² + <v, z^> is a sum of squares", (a + b) ** 2 / 2 + (a**2 + b**2) / 2 - a**2 - b**2 - a * b
    )


@claim(
    f"{L13}/step-instantiation/repair",
    statement=r"d\eta(z_t) = b_t\,dt + 2\sqrt{\eta}\,dB_t,\quad b_t \le -\frac{m^2}{\beta^2}\eta + N"
    r" \text{ while } z_t \in D",
    source=PROOF,
    domain="all G, x, beta for which Lemma 3 holds",
    repairs=f"{L13}/step-instantiation",
    changes="an adapted drift b_t, bounded by a function of eta",
    readings=["attacked for linear G, where no Taylor remainder enters; for the others it is Lemma 3"],
    rests_on=[f"{L13}/step-ceiling", "pareek-risteski-2022/lemma-3"],
    by=[
        derivation(adapted_steps, "all G for which Lemma 3 holds"),
        search(linears(), "linear G; d = 1, 2; all numbers over six decades"),
    ],
)
def distance_has_an_adapted_drift(case: Linear) -> Margin:
    """The drift of eta at z is at most -w eta + ‖z^‖² + d."""
    return Margin.at_most(*case.drifts())


@distance_has_an_adapted_drift.mutant("without ‖z^‖²")
def _(case: Linear) -> Margin:
    drift, bound = case.drifts()
    return Margin.at_most(drift, bound - (case.size * case.size).sum(-1))


@distance_has_an_adapted_drift.mutant("five times the prior term")
def _(case: Linear) -> Margin:
    return Margin.at_most(*case.drifts(prior=5.0))
