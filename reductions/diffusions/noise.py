"""Standard normals for many paths at once, each path with a stream of its own.

Path k of seed s draws from xoshiro256++ (Blackman and Vigna 2021), started at splitmix64's mixture of k with four words
of numpy's SeedSequence(s). Its noise therefore depends on s and k alone: not on the block, the thread or the shard that
computes it. No two paths of a seed start from the same state.

A pair of normals is Box and Muller's: radius sqrt(-2 log u) and a uniform angle. In float32 one word makes a pair (40
bits of u, 24 of angle), in float64 two do (63 and 55). The largest normal that can be drawn is 7.5 in float32, beyond
which a normal falls with probability 5e-14, and 9.4 in float64 (5e-21). u is rounded to its dtype: near 1, where the
radius is 0, float32 resolves 2^-24 of probability, so that is what the law drawn from may differ from the normal.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from jaxtyping import Float, UInt64
from numba import njit

F = TypeVar("F", bound=Callable[..., object])

#: Paths a block: the streams, 16 KB, and the values of a block stay in the first levels of cache. Measured: 256 to 1024
#: differ by less than a tenth.
LANES = 512

Array = Any  # of numba's making: compiled for the dtype that it meets

_GOLDEN = 0x9E3779B97F4A7C15
_LN2 = math.log(2)
# A float's bits less those of sqrt(1/2), shifted down to the exponent, are the e with sqrt(1/2) <= u 2^-e < sqrt(2).
_SQRT_HALF_SINGLE = int(np.float32(math.sqrt(0.5)).view(np.int32))
_SQRT_HALF_DOUBLE = int(np.float64(math.sqrt(0.5)).view(np.int64))


def fused(function: F) -> F:
    """The function as native code that holds no lock, compiled on this machine once; a * b + c is rounded once.

    Where numba finds no folder for its cache, it is compiled in every process.
    """
    try:
        return cast("F", njit(nogil=True, fastmath={"contract"}, error_model="numpy", cache=True)(function))
    except RuntimeError:
        return cast("F", njit(nogil=True, fastmath={"contract"}, error_model="numpy")(function))


def stream_words(seed: int, purpose: int) -> UInt64[np.ndarray, " 4"]:
    """The four words that all paths of one seed and purpose share; purposes are independent of each other."""
    return np.random.SeedSequence(seed, spawn_key=(purpose,)).generate_state(4, np.uint64)


@fused
def start_streams(words: Array, first: int) -> Array:
    """The states (4 LANES) of the paths first, first + 1, ...: splitmix64's mixture of words[j] + path * golden."""
    state = np.empty(4 * LANES, np.uint64)
    for j in range(4):
        for i in range(LANES):
            v = words[j] + np.uint64(first + i) * np.uint64(_GOLDEN)
            v = (v ^ (v >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            v = (v ^ (v >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state[j * LANES + i] = v ^ (v >> np.uint64(31))
    return state


@fused
def draw(state: Array, i: int) -> Any:
    """The next word of lane i, by xoshiro256++."""
    a, b, c, d = state[i], state[LANES + i], state[2 * LANES + i], state[3 * LANES + i]
    sum_ = a + d
    word = ((sum_ << np.uint64(23)) | (sum_ >> np.uint64(41))) + a
    shifted = b << np.uint64(17)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    state[i], state[LANES + i], state[2 * LANES + i] = a, b, c ^ shifted
    state[3 * LANES + i] = (d << np.uint64(45)) | (d >> np.uint64(19))
    return word


@fused
def exponential_single(word: Any) -> Any:
    """-log u in float32 for u = (k + 1/2) 2^-40, k the upper 40 bits; log m = 2 artanh((m - 1) / (m + 1))."""
    u = (np.float32(np.int64(word >> np.uint64(24))) + np.float32(0.5)) * np.float32(2.0**-40)
    bits = np.float32(u).view(np.int32)
    e = np.int32(np.int32(bits - np.int32(_SQRT_HALF_SINGLE)) >> np.int32(23))
    m = np.int32(bits - np.int32(e << np.int32(23))).view(np.float32)
    q = (m - np.float32(1)) / (m + np.float32(1))
    s = q * q
    p = np.float32(2 / 5) + s * (np.float32(2 / 7) + s * np.float32(2 / 9))
    return -(np.float32(e) * np.float32(_LN2) + q * (np.float32(2) + s * (np.float32(2 / 3) + s * p)))


@fused
def exponential_double(word: Any) -> Any:
    """-log u in float64 for u = (k + 1/2) 2^-63, k the upper 63 bits."""
    u = (np.float64(np.int64(word >> np.uint64(1))) + 0.5) * 2.0**-63
    bits = np.float64(u).view(np.int64)
    e = (bits - _SQRT_HALF_DOUBLE) >> 52
    m = np.int64(bits - (e << 52)).view(np.float64)
    q = (m - 1.0) / (m + 1.0)
    s = q * q
    p = 2 / 15 + s * (2 / 17 + s * (2 / 19 + s * (2 / 21)))
    p = 2 / 7 + s * (2 / 9 + s * (2 / 11 + s * (2 / 13 + s * p)))
    return -(np.float64(e) * _LN2 + q * (2 + s * (2 / 3 + s * (2 / 5 + s * p))))


@fused
def _pairs_single(state: Array, z: Array) -> None:
    for i in range(LANES):
        word = draw(state, i)
        r = math.sqrt(np.float32(2) * exponential_single(word))
        low = np.int32(np.uint32(word & np.uint64(0xFFFFFFFF)))
        # The lower 24 bits: two choose the quarter of the circle, 22 the angle t in it, between -pi/4 and pi/4.
        t = np.float32(np.int32(np.int32(low << np.int32(8)) >> np.int32(10))) * np.float32(math.pi / 2**23)
        s = t * t
        p = np.float32(1 / 120) + s * (np.float32(-1 / 5040) + s * np.float32(1 / 362880))
        sine = t * (np.float32(1) + s * (np.float32(-1 / 6) + s * p))
        p = np.float32(1 / 24) + s * (np.float32(-1 / 720) + s * np.float32(1 / 40320))
        cosine = np.float32(1) + s * (np.float32(-1 / 2) + s * p)
        x, y = (r if low & np.int32(1) else -r) * cosine, r * sine
        swap = (low & np.int32(2)) != 0
        z[i], z[LANES + i] = (y if swap else x), (x if swap else y)


@fused
def _pairs_double(state: Array, z: Array) -> None:
    for i in range(LANES):
        r = math.sqrt(2 * exponential_double(draw(state, i)))
        low = np.int64(draw(state, i))
        # The upper 53 bits are the angle t in its quarter, the lowest two choose the quarter.
        t = np.float64(low >> 11) * (math.pi / 2**54)
        s = t * t
        p = -1 / 5040 + s * (1 / 362880 + s * (-1 / 39916800 + s * (1 / 6227020800 + s * (-1 / 1307674368000))))
        sine = t * (1 + s * (-1 / 6 + s * (1 / 120 + s * p)))
        p = 1 / 40320 + s * (-1 / 3628800 + s * (1 / 479001600 + s * (-1 / 87178291200 + s * (1 / 20922789888000))))
        cosine = 1 + s * (-1 / 2 + s * (1 / 24 + s * (-1 / 720 + s * p)))
        x, y = (r if low & 1 else -r) * cosine, r * sine
        swap = (low & 2) != 0
        z[i], z[LANES + i] = (y if swap else x), (x if swap else y)


@fused
def fill_pairs(state: Array, z: Array) -> None:
    """Two standard normals a lane, z (2 LANES), in z's dtype; the streams move on."""
    if z.itemsize == 4:
        _pairs_single(state, z)
    else:
        _pairs_double(state, z)


@fused
def fill_exponentials(state: Array, e: Array) -> None:
    """One standard exponential a lane, e (LANES), in e's dtype; the streams move on."""
    if e.itemsize == 4:
        for i in range(LANES):
            e[i] = exponential_single(draw(state, i))
    else:
        for i in range(LANES):
            e[i] = exponential_double(draw(state, i))


def standard_normals(
    seed: int, paths: int, steps: int, *, first: int = 0, single: bool = False
) -> Float[np.ndarray, "steps paths"]:
    """The normals that drive the paths first .. first + paths - 1: what a simulation uses without keeping it."""
    dtype, words = np.float32 if single else np.float64, stream_words(seed, 0)
    made = np.empty((steps + steps % 2, -(-paths // LANES) * LANES), dtype)
    z = np.empty(2 * LANES, dtype)
    for start in range(0, made.shape[1], LANES):
        state = start_streams(words, first + start)
        for step in range(0, steps, 2):
            fill_pairs(state, z)
            made[step : step + 2, start : start + LANES] = z.reshape(2, LANES)
    return made[:steps, :paths]
