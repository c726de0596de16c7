"""Appendix C.2, Lemmas 15 and 16: comparison of stochastic differential equations."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, simulation
from claims.engine.arithmetic import Array, is_below, stack

L15, L16 = "pareek-risteski-2022/lemma-15", "pareek-risteski-2022/lemma-16"
CONDITIONS = "(h(x) - h(y))² <= C|x - y|, as for h = 2 sqrt(x), and g Lipschitz"


@dataclass(frozen=True)
class Planar:
    """d = 2, h = 0, f(u) = (-c u_2, 0), g = f + (p, q) with p, q >= 0; U_0 = X_0 = 0. Arrays [1, 1]: c, p, q, t."""

    c: Array
    p: Array
    q: Array
    t: Array

    def at_the_time(self) -> tuple[Array, Array]:
        """U_t and X_t: [1, 1, 2]."""
        x = stack([self.p * self.t - self.c * self.q * self.t * self.t / 2, self.q * self.t])
        return 0 * x, x


def planar() -> Iterator[Planar]:
    """c = 0, -1, 1; p, q = 0, 1; t = 1/2, 1, 2."""
    for numbers in itertools.product((0.0, -1.0, 1.0), (0.0, 1.0), (0.0, 1.0), (1.0, 0.5, 2.0)):
        yield Planar(*(np.array([[number]]) for number in numbers))


def _worked_15(case: Planar) -> list[str]:
    c, p, q, t = (float(a[0, 0]) for a in (case.c, case.p, case.q, case.t))
    return [
        f"d = 2, h = 0, f(u) = (-{c:g} u_2, 0), g(x) = (-{c:g} x_2 + {p:g}, {q:g}): f <= g everywhere, both Lipschitz",
        f"U = 0; X_2(t) = {q:g} t, so X_1' = {p:g} - {c * q:g} t and X_1(t) = {p:g} t - {c * q / 2:g} t²",
        f"at t = {t:g}: X_1 = {p * t - c * q * t * t / 2:g} < 0 = U_1",
    ]


@claim(
    L15,
    statement=r"dU = f(U)dt + h(U)dB,\ dX = g(X)dt + h(X)dB,\ \forall x \in \mathbb R^d\ f(x) \le g(x),\ U_0 = X_0"
    r" \implies \text{with probability 1},\ U_t \le X_t\ \forall t \ge 0",
    source="Appendix C.2, Lemma 15",
    domain="all d >= 1, f, g, h such that one equation has a pathwise unique solution",
    readings=["<= of vectors entry by entry"],
    effect="Harmless: it is used for the scalar eta only, where it is right (repair). For d >= 2 each f_i must not"
    " fall as the other coordinates grow, and row i of h must depend on x_i alone. The condition on h is not printed;"
    " h = 2 sqrt(x) meets it.",
    by=[exhaustive(planar, "d = 2, h = 0, linear f and g: c = 0, ±1; p, q = 0, 1; t = 1/2, 1, 2")],
    worked=_worked_15,
)
def smaller_drift_stays_below(case: Planar) -> Margin:
    """U_t <= X_t in both coordinates."""
    return Margin.at_most(*case.at_the_time())


@smaller_drift_stays_below.mutant("U_t = X_t")
def _(case: Planar) -> Margin:
    return Margin.equal(*case.at_the_time())


@smaller_drift_stays_below.mutant("U_t >= X_t")
def _(case: Planar) -> Margin:
    return Margin.at_least(*case.at_the_time())


@dataclass(frozen=True)
class Coupled:
    """Two square-root processes of the same Brownian motion, by the drift-implicit scheme for their roots.

    X has the drift N - wX; U that less `gap` (1 + sin B_t)/2 >= 0 below `ceiling`, and `jump` more above: an adapted
    drift, no function of U. `increments` [paths, fine steps]; `stride` of them make one step of length `step`.
    """

    N: float
    w: float
    gap: float
    ceiling: float
    jump: float
    increments: Tensor
    step: float
    stride: int

    def paths(self, sign: float = 1.0) -> tuple[Float[Tensor, "paths n"], Float[Tensor, "paths n"]]:
        """U and X on the grid, from 1; sign -1 puts the gap onto the other side."""
        noise = self.increments.reshape(len(self.increments), -1, self.stride).sum(2)
        u, x, b = (torch.full_like(noise[:, 0], start) for start in (1.0, 1.0, 0.0))
        lower, upper = [], []
        for db in noise.T:
            drift = self.N - sign * self.gap * (1 + torch.sin(b)) / 2
            drift = torch.where(u * u > self.ceiling, self.N + self.jump, drift)
            u, x, b = self._step(u, drift, db), self._step(x, torch.full_like(x, self.N), db), b + db
            lower.append(u * u)
            upper.append(x * x)
        return torch.stack(lower, 1), torch.stack(upper, 1)

    def _step(self, root: Tensor, N: Tensor, db: Tensor) -> Tensor:
        """The positive y with y = root + db + ((N - 1)/(2y) - w y/2) step, for N > 1."""
        ahead, factor = root + db, 1 + self.w * self.step / 2
        return (ahead + (ahead * ahead + 2 * factor * (N - 1) * self.step).sqrt()) / (2 * factor)


def coupled(ceiling: float, jump: float) -> Callable[[torch.Generator, str], Iterator[Coupled]]:
    """Sixty-four paths each for N = 2, 4 and w = 1/4, 4 over one unit of time."""

    def runs(generator: torch.Generator, effort: str) -> Iterator[Coupled]:  # noqa: ARG001 - small at any effort
        for N, w in itertools.product((2.0, 4.0), (0.25, 4.0)):
            increments = torch.randn(64, 256, generator=generator, dtype=torch.float64) / 16
            yield Coupled(N, w, (N - 1) / 2, ceiling, jump, increments, 2 / 256, 2)

    return runs


def finer(case: Coupled) -> Coupled:
    """The same Brownian path at half the step."""
    return replace(case, step=case.step / 2, stride=1)


def comparison_steps() -> Iterator[Step]:
    """Yamada and Watanabe's functions. Let a_n = e^{-n(n+1)/2} and psi_n >= 0 be continuous, psi_n(u) <= 2/(nu),
    carried by (a_n, a_{n-1}), of integral 1 (1/(nu) has the integral 1 there). phi_n(z), for z > 0 the double integral
    of psi_n from 0 and for z <= 0 zero, rises to z+ and 0 <= phi_n' <= 1. For Z = U - X, stopped where |U| or |X|
    reaches R, Ito's formula gives E phi_n(Z_t) = E int phi_n'(Z)(b - g(X)) ds + 1/2 E int psi_n(Z)(h(U) - h(X))² ds.
    The last term is at most Ct/n. Where Z > 0, b - g(X) <= g(U) - g(X) <= L Z. With n -> infinity, E Z+_t <= L int E
    Z+ ds: by Gronwall E Z+ = 0. Let R -> infinity; Z is continuous. If f is Lipschitz instead, f(U) - g(X) <= f(U) -
    f(X) does the same.
    """  # noqa: D205 - the proof
    n, z, C, y, gap = sympy.symbols("n z C y g", positive=True)
    yield Step.vanishes("log(a_{n-1}/a_n) = n", sympy.expand(n * (n + 1) / 2 - (n - 1) * n / 2 - n))
    yield Step.vanishes("1/2 psi_n(z) C z <= C/n", 2 / (n * z) * C * z / 2 - C / n)
    surplus = gap - (sympy.sqrt(y + gap) - sympy.sqrt(y)) ** 2
    factored = 2 * sympy.sqrt(y) * gap / (sympy.sqrt(y + gap) + sympy.sqrt(y))
    yield Step.vanishes("|x - y| - (sqrt x - sqrt y)²", sympy.radsimp(sympy.expand(surplus) - sympy.radsimp(factored)))
    yield Step.nonnegative("which is nonnegative: h = 2 sqrt x has C = 4", factored)


@claim(
    f"{L15}/repair",
    statement=r"d = 1,\ dU = b_t\,dt + h(U)dB,\ b_t \le g(U_t) \text{ adapted},\ U_0 \le X_0"
    r" \implies U_t \le X_t\ \forall t",
    source="Appendix C.2, Lemma 15",
    domain=f"all adapted b, all g, h with {CONDITIONS}; continuous solutions",
    repairs=L15,
    changes=f"d = 1; {CONDITIONS} (or f Lipschitz, if b_t = f(U_t)); the smaller drift need not be a function of U, and"
    " is none for eta(z_t)",
    by=[
        derivation(comparison_steps, "all adapted b, g, h"),
        simulation(
            coupled(math.inf, 0.0), finer, 1e-9,
            "h = 2 sqrt(x), g = N - wx, N = 2, 4, w = 1/4, 4; an adapted drift below it; drift-implicit scheme",
            "the same Brownian path at half the step",
        ),
    ],
)  # fmt: skip
def smaller_scalar_drift_stays_below(case: Coupled) -> Margin:
    """U <= X on the grid, on every path."""
    return Margin.at_most(*case.paths())


@smaller_scalar_drift_stays_below.mutant("b_t >= g(U_t)")
def _(case: Coupled) -> Margin:
    return Margin.at_most(*case.paths(-1.0))


@smaller_scalar_drift_stays_below.mutant("U_t = X_t")
def _(case: Coupled) -> Margin:
    return Margin.equal(*case.paths())


@smaller_scalar_drift_stays_below.mutant("U_t <= 0.9 X_t")
def _(case: Coupled) -> Margin:
    lower, upper = case.paths()
    return Margin.at_most(lower, 0.9 * upper)


@dataclass(frozen=True)
class Touching:
    """h = 0, g = 0, alpha_0 = 1, f(u) = 0 up to 1 and 2 sqrt(u - 1) beyond. Arrays [1, 1]: `start` and `level` <= 1, t.

    X stays at its start. So does U if that is below 1; from 1, U_t = 1 + t² solves U' = f(U).
    """

    start: Array
    level: Array
    t: Array

    def stay(self) -> tuple[Array, Array]:
        """Pr[U_s <= level, s <= t] and Pr[X_s <= level, s <= t], 0 or 1."""
        leaves = 1 - is_below(self.start, 1)
        u = self.start + leaves * self.t * self.t
        return 1 - is_below(self.level - u, 0), 1 - is_below(self.level - self.start, 0)


def touching() -> Iterator[Touching]:
    """Start and level 1/2 or 1, t = 1, 2."""
    for numbers in itertools.product((0.5, 1.0), (0.5, 1.0), (1.0, 2.0)):
        yield Touching(*(np.array([[number]]) for number in numbers))


@claim(
    L16,
    statement=r"f(\alpha) \le g(\alpha)\ \forall \alpha \le \alpha_0,\ U_0 = X_0 \le \alpha_0 \implies \forall T > 0,"
    r" \forall X \le \alpha_0\ \Pr[\forall t \in [0,T], U_t \le X] \ge \Pr[\forall t \in [0,T], X_t \le X]",
    source="Appendix C.2, Lemma 16",
    domain="all alpha_0, X <= alpha_0, T > 0, scalar f, g, h such that one equation has a pathwise unique solution",
    readings=["scalar, as alpha <= alpha_0 says"],
    rests_on=[L15],
    effect="Harmless: only X = alpha_0 fails, and only where X_t may touch alpha_0 without passing it. 'U cannot cross"
    " over X in the f <= g region' is right below alpha_0; at the edge it may leave the region and X together. Lemma 13"
    " has room: its level is below alpha_0.",
    by=[exhaustive(touching, "h = 0, g = 0, f = 2 sqrt((u - 1)+), alpha_0 = 1; start and level 1/2, 1; t = 1, 2")],
    worked=lambda case: [
        "h = 0, g = 0 (unique: X_t = X_0), alpha_0 = 1",
        "f(u) = 0 for u <= 1 and 2 sqrt(u - 1) for u > 1: f <= g up to alpha_0",
        f"U_0 = X_0 = {float(case.start[0, 0]):g}: U_t = 1 + t² solves the equation, U' = 2t = 2 sqrt(U - 1)",
        f"at the level X = {float(case.level[0, 0]):g} = alpha_0: X_t = 1 stays with probability 1,"
        f" U_{float(case.t[0, 0]):g} = {1 + float(case.t[0, 0]) ** 2:g} does not",
    ],
)
def comparison_up_to_a_level(case: Touching) -> Margin:
    """Pr[U stays] >= Pr[X stays]."""
    return Margin.at_least(*case.stay())


@comparison_up_to_a_level.mutant("U stays with probability 1")
def _(case: Touching) -> Margin:
    u, x = case.stay()
    return Margin.at_least(u, 0 * x + 1)


@comparison_up_to_a_level.mutant("U stays with probability 0")
def _(case: Touching) -> Margin:
    u, _ = case.stay()
    return Margin.equal(u, 0 * u)


def level_steps() -> Iterator[Step]:
    """Let sigma be the first time at which U reaches alpha_0. Up to sigma the drift of U is at most g(U), so U <= X
    there by lemma-15/repair (for the processes stopped at sigma). If X_t <= X < alpha_0 for all t <= T then sigma > T,
    for otherwise alpha_0 = U_sigma <= X_sigma <= X. So U <= X_t <= X on [0, T]: the second event contains the first.
    With X rising to alpha_0: Pr[U < alpha_0 on [0, T]] >= Pr[X < alpha_0 on [0, T]].
    """  # noqa: D205 - the proof
    gap = sympy.Symbol("gap", positive=True)
    level = sympy.Symbol("X", real=True)
    yield Step.nonnegative("alpha_0 - X = gap > 0 contradicts alpha_0 <= X", (level + gap) - level)


@claim(
    f"{L16}/repair",
    statement=r"d = 1,\ b_t \le g(U_t) \text{ while } U \le \alpha_0,\ U_0 \le X_0 < \alpha_0 \implies"
    r" \forall X < \alpha_0"
    r"\ \Pr[\forall t \in [0,T], U_t \le X] \ge \Pr[\forall t \in [0,T], X_t \le X]",
    source="Appendix C.2, Lemma 16",
    domain=f"all alpha_0, X < alpha_0, T > 0, all adapted b, all g, h with {CONDITIONS}",
    repairs=L16,
    changes="X < alpha_0; the conditions of lemma-15/repair; any adapted drift b_t in place of f(U_t)",
    rests_on=[L15],
    carried_by=[f"{L15}/repair"],
    by=[
        derivation(level_steps, "all alpha_0, X, T, b, g, h"),
        simulation(
            coupled(3.0, 20.0), finer, 1e-9,
            "as lemma-15/repair, and a drift far above g beyond alpha_0 = 3", "the same Brownian path at half the step",
        ),
    ],
)  # fmt: skip
def comparison_below_a_level(case: Coupled) -> Margin:
    """On every path on which X stays below alpha_0: the largest U is at most the largest X."""
    return _below(case, 1.0)


def _below(case: Coupled, share: float, sign: float = 1.0) -> Margin:
    lower, upper = (path.amax(1) for path in case.paths(sign))
    inside = (upper < share * case.ceiling).to(lower.dtype)
    return Margin.at_most(inside * lower, inside * upper).report(inside=inside.mean()[None])


@comparison_below_a_level.mutant("on all paths")
def _(case: Coupled) -> Margin:
    return _below(case, math.inf)


@comparison_below_a_level.mutant("b_t >= g(U_t) up to alpha_0")
def _(case: Coupled) -> Margin:
    return _below(case, 1.0, -1.0)
