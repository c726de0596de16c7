"""How long a square-root process stays below a level: what the proof of Lemma 14 needs in place of eq. (35).

Nothing here is printed; all that repairs Lemmas 13 and 14 rests on `step-supermartingale`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy
import torch
from torch import Tensor

from claims import Margin, Step, claim, derivation, simulation
from claims.papers.pareek_risteski_2022.upper_bound.square_root_process import L14, PROOF
from reductions.diffusions import SquareRoot, exit_at_least, exit_probability, mean_exit_time


@dataclass(frozen=True)
class Path:
    """A square-root process from `start` over [0, horizon], and the grid on which its exits are computed."""

    N: float
    w: float
    start: float
    horizon: float
    level: float
    cells: int = 100

    @property
    def process(self) -> SquareRoot:
        """The process."""
        return SquareRoot(self.N, self.w)

    def exits(self, level: float | None = None) -> Tensor:
        """Pr[some X_t >= level (or the path's own), t <= horizon], by the spectrum of the killed generator: [1]."""
        level = self.level if level is None else level
        if level <= self.start:
            return tensor(1.0)
        return tensor(exit_probability(self.process, self.start, level, self.horizon, points=self.cells).probability)


def tensor(number: float) -> Tensor:
    """A batch of one."""
    return torch.tensor([number], dtype=torch.float64)


def finer(path: Path) -> Path:
    """The same path, to be computed on a grid of its own."""
    return replace(path, cells=150)


#: Relative error that the coarser grid may have. Measured against Laplace transforms and finer grids: at most 8.2e-4 of
#: a probability above 1e-6, 1.2e-4 above 1e-4; smaller ones have an absolute error of 1e-7, and no tight bound.
ERROR = 1e-3
SECOND_ROUTE = "the spectrum on a finer grid"


def paths(generator: torch.Generator, effort: str) -> Iterator[Path]:  # noqa: ARG001 - a grid
    """N in 1/2..8, horizons from 1/10 to 1000 time constants, levels from near the start to far in the tail."""
    grid = itertools.product(((0.5, 1.0), (1.0, 4.0), (8.0, 0.25)), (0.0, 1.0), (0.1, 3.0, 1000.0), (1.5, 4.0))
    for (N, w), start, horizon, level in grid:
        yield Path(N, w, start * N / w, horizon / w, level * (N + 2) / w)


PATHS = "N = 1/2, 1, 8; from 0 and from N/w; horizons .1, 3, 1000 time constants, two levels each; exact exits"


def supermartingale_steps() -> Iterator[Step]:
    """Let h(x) = e^{wx/4}. The generator L = (N - wx) d/dx + 2x d²/dx² gives Lh = (w/4)(N - wx/2) h. This rises up to
    wx = 2N - 4 and falls beyond, so that Lh <= r = (w/2) e^{N/2-1} for all real x. So h(X_t) - r t, stopped where X
    first reaches K (where h is bounded) or at T, is a supermartingale, and Pr[reached] h(K) <= E h(stopped X) <=
    h(X_0) + r T. No union over coordinates is made, and N may be any positive number.
    """  # noqa: D205 - the proof
    x = sympy.Symbol("x", real=True)
    w, N = sympy.symbols("w N", positive=True)
    h = sympy.exp(w * x / 4)
    generated = (N - w * x) * sympy.diff(h, x) + 2 * x * sympy.diff(h, x, 2)
    yield Step.vanishes("Lh", generated - w / 4 * (N - w * x / 2) * h)
    top = (2 * N - 4) / w
    slope = w**2 / 16 * (2 * N - 4 - w * x) / 2 * h
    yield Step.vanishes("(Lh)' has the sign of 2N - 4 - wx", sympy.diff(w / 4 * (N - w * x / 2) * h, x) - slope)
    at_top = (generated / h).subs(x, top) * sympy.exp(N / 2 - 1)
    yield Step.vanishes("Lh at its top", at_top - w / 2 * sympy.exp(N / 2 - 1))


@claim(
    f"{L14}/step-supermartingale",
    statement=r"\Pr[\exists t \in [0,T]: X_t \ge K] \le e^{-wK/4}\left(e^{wX_0/4} + \tfrac{wT}2 e^{N/2-1}\right)",
    source=f"{PROOF}: not printed; in place of eqs. (35) to (37)",
    domain="all real N > 0, all w, T > 0, X_0 >= 0, K > 0",
    by=[
        derivation(supermartingale_steps, "all N, w, T, X_0, K"),
        simulation(paths, finer, ERROR, PATHS, SECOND_ROUTE),
    ],
)
def growth_is_bounded(case: Path) -> Margin:
    """The exit probability against e^{-wK/4} (e^{wX_0/4} + (wT/2) e^{N/2-1})."""
    return _growth(case, 0.25, 0.5)


def _growth(case: Path, rate: float, factor: float) -> Margin:
    w, N = case.w, case.N
    inside = math.exp(rate * w * case.start) + factor * w * case.horizon * math.exp(N / 2 - 1)
    return Margin.at_most(case.exits(), tensor(math.exp(-rate * w * case.level) * inside))


@growth_is_bounded.mutant("rate w/2, that of the stationary law")
def _(case: Path) -> Margin:
    return _growth(case, 0.5, 0.5)


@growth_is_bounded.mutant("without the horizon")
def _(case: Path) -> Margin:
    return _growth(case, 0.25, 0.0)


def mean_time_steps() -> Iterator[Step]:
    """g(x) = (1/N) sum_k c_k x^{k+1}, c_0 = 1, c_k = c_{k-1} (w/2) k/((k+1)(N/2+k)) solves Lg = 1 by comparison of
    coefficients, and is smooth and increasing from g(0) = 0. So g(X_t) - t is a martingale up to the time S at which X
    reaches K. Stopped at T: Pr[S <= T] g(K) <= g(X_0) + T. And E[S] = g(K) - g(X_0) <= g(K) from wherever X is, so S >
    e g(K) has at most probability 1/e from there, and S > n e g(K) at most e^{-n}.
    """  # noqa: D205 - the proof
    w, N, c = sympy.symbols("w N c", positive=True)
    k = sympy.Symbol("k", integer=True, positive=True)
    after = c * (w / 2) * k / ((k + 1) * (N / 2 + k))
    # The coefficient of x^k in 2x g'' + (N - wx) g', times N, where c stands for c_{k-1}.
    coefficient = after * (2 * (k + 1) * k + N * (k + 1)) - w * k * c
    yield Step.vanishes("coefficient of x^k in Lg", sympy.simplify(coefficient))
    yield Step.vanishes("constant term: N c_0/N = 1", N * (1 / N) - 1)


@claim(
    f"{L14}/remark-mean-exit",
    statement=r"1 - e^{-\lfloor T/(e\,g(K))\rfloor} \le \Pr[\exists t \in [0,T]: X_t \ge K]"
    r" \le \frac{g(X_0) + T}{g(K)}"
    r",\quad g(x) = \frac xN\,{}_2F_2\!\left(1,1;2,\tfrac N2+1;\tfrac{wx}2\right)",
    source=f"{PROOF}: not printed; both bounds are of the right order in T",
    domain="all real N > 0, all w, T > 0, K > 0, 0 <= X_0 <= K",
    by=[derivation(mean_time_steps, "all N, w, T, X_0, K"), simulation(paths, finer, ERROR, PATHS, SECOND_ROUTE)],
)
def mean_exit_time_bounds_both_sides(case: Path) -> Margin:
    """The exit probability between the two."""
    return _between(case, 1.0)


def _between(case: Path, factor: float, least: float = 1.0) -> Margin:
    found, whole = case.exits(), mean_exit_time(case.process, 0.0, case.level)
    passed = whole - mean_exit_time(case.process, case.start, case.level)
    upper = Margin.at_most(found, tensor(factor * (passed + case.horizon) / whole))
    return upper & Margin.at_least(found, tensor(exit_at_least(case.process, case.level, least * case.horizon)))


@mean_exit_time_bounds_both_sides.mutant("half of the upper bound")
def _(case: Path) -> Margin:
    return _between(case, 0.5)


@mean_exit_time_bounds_both_sides.mutant("the upper bound without g(X_0)")
def _(case: Path) -> Margin:
    whole = mean_exit_time(case.process, 0.0, case.level)
    return Margin.at_most(case.exits(), tensor(case.horizon / whole))


@mean_exit_time_bounds_both_sides.mutant("the lower bound at a hundred times the horizon")
def _(case: Path) -> Margin:
    return _between(case, 1.0, 100.0)
