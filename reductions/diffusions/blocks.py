"""Euler and Maruyama's scheme as native code: a block of paths takes all its steps while it stays in cache.

Each function follows the paths `first`, `first` + 1, ... from `start` to `final`. Nothing is kept of the way, so memory
does not grow with the steps; which block or thread a path falls to makes no difference to it (see `noise`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reductions.diffusions.noise import LANES, Array, fill_exponentials, fill_pairs, fused, start_streams

#: What is recorded of the way: nothing, the largest value on the grid, or between its points as well.
NOTHING, GRID, BRIDGE = 0, 1, 2


@fused
def _affine_step(x: Array, push: Any, pull: Any, scale: Any, z: Array) -> None:
    # The increment is rounded, not 1 - pull: in float32 that would lose the digits of a small step.
    for i in range(LANES):
        x[i] += push - pull * x[i] + scale * z[i]


@fused
def _square_root_step(x: Array, push: Any, pull: Any, scale: Any, z: Array) -> None:
    for i in range(LANES):
        positive = max(x[i], x.dtype.type(0))
        x[i] += push - pull * positive + scale * math.sqrt(positive) * z[i]


@fused
def _raise(highest: Array, x: Array) -> None:
    for i in range(LANES):
        highest[i] = max(highest[i], x[i])


@fused
def _raise_between(  # noqa: PLR0917 - compiled code takes no keywords
    highest: Array, before: Array, x: Array, variance: Any, square_root: bool, e: Array
) -> None:
    """The largest value m of a Brownian bridge from a to b: 2 (m - a) (m - b) = variance * e, e exponential."""
    half, two, zero = x.dtype.type(0.5), x.dtype.type(2), x.dtype.type(0)
    for i in range(LANES):
        a, b = before[i], x[i]
        spread = variance * max(a, zero) if square_root else variance
        highest[i] = max(highest[i], half * (a + b + math.sqrt((b - a) * (b - a) + two * spread * e[i])))


@fused
def scalar_paths(  # noqa: PLR0917 - the same
    start: Array,
    final: Array,
    highest: Array,
    record: int,
    numbers: Any,
    square_root: bool,
    words: Array,
    first: int,
    steps: int,
) -> None:
    """X += push - pull X + scale Z, or with X^+ for X and scale sqrt(X^+); numbers are push, pull, scale."""
    push, pull, scale = numbers
    z, e = np.empty(2 * LANES, start.dtype), np.empty(LANES, start.dtype)
    x, before, top = np.zeros(LANES, start.dtype), np.zeros(LANES, start.dtype), np.zeros(LANES, start.dtype)
    for block in range(0, len(start), LANES):
        count = min(LANES, len(start) - block)
        x[:count] = start[block : block + count]
        top[:] = x
        drivers, bridges = start_streams(words[0], first + block), start_streams(words[1], first + block)
        for step in range(steps):
            if step % 2 == 0:
                fill_pairs(drivers, z)
            now = z[:LANES] if step % 2 == 0 else z[LANES:]
            if record == BRIDGE:
                before[:] = x
            if square_root:
                _square_root_step(x, push, pull, scale, now)
            else:
                _affine_step(x, push, pull, scale, now)
            if record == GRID:
                _raise(top, x)
            if record == BRIDGE:
                fill_exponentials(bridges, e)
                _raise_between(top, before, x, scale * scale, square_root, e)
        final[block : block + count] = x[:count]
        if record != NOTHING:
            highest[block : block + count] = top[:count]


@fused
def _expm1_single(y: Any) -> Any:
    """e^y - 1 in float32, |y| < 80: 2^k (p + 1) - 1 with p = e^r - 1, |r| <= log(2) / 2, by its series."""
    k = np.floor(y * np.float32(1 / math.log(2)) + np.float32(0.5))
    r = y - k * np.float32(0.693359375) + k * np.float32(0.693359375 - math.log(2))
    p = np.float32(1 / 24) + r * (np.float32(1 / 120) + r * (np.float32(1 / 720) + r * np.float32(1 / 5040)))
    p = r + r * r * (np.float32(1 / 2) + r * (np.float32(1 / 6) + r * p))
    power = np.int32((np.int32(k) + np.int32(127)) << np.int32(23)).view(np.float32)
    return power * p + (power - np.float32(1))


@fused
def _expm1_double(y: Any) -> Any:
    """e^y - 1 in float64, |y| < 700; log(2) in two parts, the first with so few bits that k times it is exact."""
    k = np.floor(y * (1 / math.log(2)) + 0.5)
    r = y - k * 0.693145751953125 - k * 1.42860682030941723212e-6
    p = 1 / 3628800 + r * (1 / 39916800 + r * (1 / 479001600 + r * (1 / 6227020800 + r / 87178291200)))
    p = 1 / 720 + r * (1 / 5040 + r * (1 / 40320 + r * (1 / 362880 + r * p)))
    p = r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * p))))
    power = np.int64((np.int64(k) + 1023) << 52).view(np.float64)
    return power * p + (power - 1.0)


@fused
def bend(values: Array) -> None:
    """tanh of each entry, in place; beyond 20 it is 1 in either dtype."""
    if values.itemsize == 4:
        for i in range(len(values)):
            m = _expm1_single(max(min(np.float32(2) * values[i], np.float32(40)), np.float32(-40)))
            values[i] = m / (m + np.float32(2))
    else:
        for i in range(len(values)):
            m = _expm1_double(max(min(2.0 * values[i], 40.0), -40.0))
            values[i] = m / (m + 2.0)


@fused
def _add(target: Array, weight: Any, source: Array) -> None:
    for i in range(LANES):
        target[i] += weight * source[i]


@fused
def _multiply(target: Array, matrix: Array, source: Array) -> None:
    """target += matrix source, lane by lane."""
    for row in range(matrix.shape[0]):
        for column in range(matrix.shape[1]):
            _add(target[row], matrix[row, column], source[column])


@fused
def _force(  # noqa: PLR0917 - the same
    z: Array, hidden: Array, slope: Array, image: Array, force: Array, model: Any
) -> None:
    """force = z + J(z)^T (G(z) - x) / beta^2, the gradient of the negative log posterior."""
    A, Q, P, A_t, Q_t, P_t, b, x, precision = model
    for row in range(len(hidden)):
        hidden[row] = b[row]
        slope[row] = 0
    for row in range(len(image)):
        image[row] = -x[row]
    _multiply(hidden, P, z)
    for row in range(len(hidden)):
        bend(hidden[row])
    _multiply(image, A, z)
    _multiply(image, Q, hidden)
    _multiply(slope, Q_t, image)
    for row in range(len(hidden)):
        for i in range(LANES):
            slope[row, i] *= z.dtype.type(1) - hidden[row, i] * hidden[row, i]
    force[:] = 0
    _multiply(force, A_t, image)
    _multiply(force, P_t, slope)
    for row in range(len(z)):
        for i in range(LANES):
            force[row, i] = z[row, i] + precision * force[row, i]


@fused
def _raise_distance(highest: Array, z: Array, centre: Array) -> None:
    for i in range(LANES):
        square = z.dtype.type(0)
        for row in range(len(z)):
            square += (z[row, i] - centre[row]) * (z[row, i] - centre[row])
        highest[i] = max(highest[i], square)


@fused
def langevin_paths(  # noqa: PLR0917 - the same
    start: Array,
    final: Array,
    highest: Array,
    record: int,
    model: Any,
    centre: Array,
    numbers: Any,
    words: Array,
    first: int,
    steps: int,
) -> None:
    """Z += - h force(Z) + scale xi for start (paths, d); numbers are h and scale."""
    h, scale = numbers
    (n, d), k = model[0].shape, model[1].shape[1]
    z, force, image = (
        np.zeros((d, LANES), start.dtype),
        np.zeros((d, LANES), start.dtype),
        np.zeros((n, LANES), start.dtype),
    )
    hidden, slope = np.zeros((k, LANES), start.dtype), np.zeros((k, LANES), start.dtype)
    xi, top = np.empty((2, LANES), start.dtype), np.zeros(LANES, start.dtype)
    for block in range(0, len(start), LANES):
        count = min(LANES, len(start) - block)
        z[:, :count] = start[block : block + count].T
        top[:] = 0
        _raise_distance(top, z, centre)
        drivers = start_streams(words[0], first + block)
        for step in range(steps):
            _force(z, hidden, slope, image, force, model)
            for row in range(d):
                if (step * d + row) % 2 == 0:
                    fill_pairs(drivers, xi.reshape(2 * LANES))
                _add(z[row], -h, force[row])
                _add(z[row], scale, xi[(step * d + row) % 2])
            if record == GRID:
                _raise_distance(top, z, centre)
        final[block : block + count] = z[:, :count].T
        if record != NOTHING:
            highest[block : block + count] = np.sqrt(top[:count])
