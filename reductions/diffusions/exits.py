"""When a square-root process first exceeds a level: the mean time, bounds of the probability, and the probability.

For OrnsteinUhlenbeck processes and symmetric intervals pass `process.squared()`.

With g(x) = (x/N) sum_k c_k (wx/2)^k, the solution of 2x g'' + (N - wx) g' = 1 that is regular at 0, g(X_t) - t is a
martingale. So the mean time to reach K from x is g(K) - g(x); stopped at that time or at T,
    Pr[some X_t >= K, t <= T] <= (g(x) + T)/g(K)        (optional stopping; g >= 0),
and by Markov's inequality, repeated every e g(K) time units from wherever X then is,
    Pr[some X_t >= K, t <= T] >= 1 - exp(-floor(T/(e g(K)))).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline
from scipy.linalg import eigh_tridiagonal
from scipy.special import hyp1f1

from reductions.diffusions.square_root import SquareRoot, check_positive
from reductions.error import ReductionError

#: wx/2 beyond which the mean time is no float64.
LARGEST = 700.0

#: Logarithm of the least relative mass of a cell: a process of large N that starts below leaves at once, and the rates
#: there would drown the others.
LIGHTEST = -80.0

#: Nodes of Gauss's quadrature within a cell.
NODES = 8

#: Error by rounding beyond which no probability is returned.
ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Exit:
    """A probability, and an estimate of its error (no bound): what two resolutions and rounding may have changed."""

    probability: float
    error: float


def mean_exit_time(process: SquareRoot, start: float, level: float) -> float:
    """E[first time at which X reaches `level`], X_0 = start <= level.

    Raises `ReductionError` for other arguments, and where the time exceeds float64.
    """
    _check(process, start, level)
    return _potential(process, level) - _potential(process, start)


def exit_at_most(process: SquareRoot, start: float, level: float, horizon: float) -> float:
    """An upper bound of Pr[some X_t >= level, t <= horizon], of the right order in the horizon.

    Raises `ReductionError` as `exit_probability` does for its arguments.
    """
    _check(process, start, level)
    _check_horizon(horizon)
    return min(1.0, (_potential(process, start) + horizon) / _potential(process, level))


def exit_at_least(process: SquareRoot, level: float, horizon: float) -> float:
    """A lower bound of Pr[some X_t >= level, t <= horizon] from wherever X starts: it tends to 1 with the horizon.

    Raises `ReductionError` as `exit_probability` does for its arguments.
    """
    _check(process, 0.0, level)
    _check_horizon(horizon)
    spans = horizon / (math.e * _potential(process, level))
    return 1.0 if spans == math.inf else -math.expm1(-math.floor(spans))


def exit_probability(process: SquareRoot, start: float, level: float, horizon: float, *, points: int = 200) -> Exit:
    """Pr[some X_t >= level, t <= horizon] by the spectrum of the generator of sqrt(X), killed at sqrt(level).

    Finite volumes on `points` and twice as many cells, extrapolated (error of order points^-2). Probabilities below
    about 1e-10 drown in rounding: use the two bounds there. The horizon may be infinite. Raises `ReductionError` as
    `mean_exit_time` does, unless the horizon is positive, for less than two points, and for a start so near to 0 that a
    process of large N leaves it at once.
    """
    _check(process, start, level)
    _check_horizon(horizon)
    if points < 2:
        raise ReductionError(f"points = {points}: give at least 2")
    if horizon == math.inf:
        return Exit(1.0, 0.0)
    (coarse, _), (fine, rounding) = (_survival(process, start, level, horizon, n) for n in (points, 2 * points))
    if rounding > ROUNDING:
        raise ReductionError(
            f"start = {start}, level = {level}, horizon = {horizon}: rounding may change it by {rounding:.1g}; use"
            " exit_at_least and exit_at_most"
        )
    probability = 1 - (4 * fine - coarse) / 3
    # The two may agree by chance; the second term stands for what they then hide.
    error = abs(fine - coarse) + 0.1 * min(abs(probability), abs(1 - probability)) / points**2 + rounding
    return Exit(min(1.0, max(0.0, probability)), error)


def _check(process: SquareRoot, start: float, level: float) -> None:
    check_positive(level=level)
    if not 0 <= start <= level:
        raise ReductionError(f"start = {start}: give a start between 0 and the level {level}")
    if process.w * level / 2 > LARGEST:
        raise ReductionError(f"level = {level}: w level/2 may be at most {LARGEST:g}, or the mean time overflows")


def _check_horizon(horizon: float) -> None:
    if horizon != math.inf:
        check_positive(horizon=horizon)


def _potential(process: SquareRoot, x: float) -> float:
    """The function g: the ratio of its terms k and k - 1 is (wx/2) k/((k + 1)(N/2 + k))."""
    y = process.w * x / 2
    term = total = x / process.N
    k = 1
    while term > 1e-17 * total or k < y:
        term *= y * k / ((k + 1) * (process.N / 2 + k))
        total += term
        k += 1
    return total


def _survival(process: SquareRoot, start: float, level: float, horizon: float, cells: int) -> tuple[float, float]:
    """Return Pr[sqrt(X) stays below r = sqrt(level)], and its rounding: cells with reflection at 0, killed at r.

    With the speed density m(r) = r^{N-1} e^{-w r²/2}, the generator is (m u')'/(2m). Cell j has the mass M_j, the
    integral of m over it, and midpoints r < s exchange 1/(2 int_r^s dt/m(t)), so M^{-1/2} S M^{-1/2} is symmetric and
    tridiagonal. Midpoint values of m would do for N >= 1; for N < 1, m is infinite at 0, and they lose half the order.
    """
    h = math.sqrt(level) / cells
    middle, face = (np.arange(cells) + 0.5) * h, np.arange(1, cells + 1) * h

    def log_speed(r: Float[np.ndarray, ...]) -> Float[np.ndarray, ...]:
        return np.asarray((process.N - 1) * np.log(r) - process.w * r * r / 2)

    def log_integral(low: Float[np.ndarray, " n"], high: Float[np.ndarray, " n"], power: int) -> np.ndarray:
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        exponents = power * log_speed(((high + low) + (high - low) * nodes[:, None]) / 2)
        largest = exponents.max(0)
        return np.asarray(largest + np.log((weights[:, None] * np.exp(exponents - largest)).sum(0) * (high - low) / 2))

    inner = (
        process.N * math.log(h)
        - math.log(process.N)
        + math.log(hyp1f1(process.N / 2, process.N / 2 + 1, -process.w * h * h / 2))
    )
    log_mass = np.concatenate([[inner], log_integral(face[:-1], face[1:], 1)])
    log_flux = -math.log(2) - log_integral(middle, np.append(middle[1:], face[-1]), -1)
    first = int(np.argmax(log_mass > log_mass.max() + LIGHTEST))
    if first and start < middle[first] ** 2:
        raise ReductionError(f"start = {start}: N = {process.N:g} asks for a start above {middle[first] ** 2:.3g} here")
    middle, log_mass, log_flux = middle[first:], log_mass[first:], log_flux[first:]
    out, back = np.exp(log_flux - log_mass), np.exp(log_flux[:-1] - log_mass[1:])
    diagonal = out + np.concatenate([[0.0], back])
    beside = -np.exp(log_flux[:-1] - (log_mass[:-1] + log_mass[1:]) / 2)
    rates, modes = eigh_tridiagonal(diagonal, beside)
    root = np.exp((log_mass - log_mass.max()) / 2)
    alive = (modes * np.exp(-rates * horizon)) @ (modes.T @ root) / root
    place = math.sqrt(start)
    # Modes are accurate to rounding of their largest entry, rates to that of the largest rate.
    rounding = 1e-15 * (cells / float(np.interp(place, middle, root)) + float(rates[-1]) * horizon)
    points, values = np.append(middle, math.sqrt(level)), np.append(alive, 0.0)
    if not first:  # even in r
        points, values = np.concatenate([-middle[1::-1], points]), np.concatenate([alive[1::-1], values])
    return float(CubicSpline(points, values)(place)), rounding
