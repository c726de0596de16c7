"""Lanes packed 64 to a word, and back: Booleans, integers, random lanes and the lanes x = 0, 1, 2, ... themselves.

Everywhere: bit l of word w is lane 64 * w + l.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, UInt64

from circuits.error import CircuitError
from circuits.simulation.compiled import compiled

Words = UInt64[np.ndarray, "rows words"]

#: Input i < 6 over the 64 lanes x = 64 * w .. 64 * w + 63, whatever w is.
LOW_PATTERNS = np.array([sum(1 << x for x in range(64) if x >> i & 1) for i in range(6)], dtype=np.uint64)


def words_of(lanes: int) -> int:
    """How many words hold that many lanes."""
    return -(-lanes // 64)


def empty_words(rows: int, words: int) -> Words:
    """Uninitialised words that begin on a cache line: vector loads that straddle two lines take twice as long."""
    room = np.empty(rows * words + 7, dtype=np.uint64)
    start = -(room.ctypes.data // 8) % 8
    return room[start : start + rows * words].reshape(rows, words)


def pack(bits: Bool[np.ndarray, "rows lanes"]) -> Words:
    """Booleans to words, one row a signal; the lanes beyond the last are 0.

    Raises `CircuitError` unless `bits` is a two-dimensional array of Booleans.
    """
    if bits.ndim != 2 or bits.dtype != np.bool_:
        raise CircuitError(f"pack wants Booleans of shape (rows, lanes), not {bits.dtype} of shape {bits.shape}")
    rows, lanes = bits.shape
    octets = np.zeros((rows, 8 * words_of(lanes)), dtype=np.uint8)
    octets[:, : -(-lanes // 8)] = np.packbits(bits, axis=1, bitorder="little")
    return octets.view("<u8").astype(np.uint64, copy=False)


def unpack(words: Words, lanes: int | None = None) -> Bool[np.ndarray, "rows lanes"]:
    """The first `lanes` lanes (all, if None) as Booleans. Raises `CircuitError` if there are not so many."""
    words = checked_words(words, "unpack")
    most = 64 * words.shape[1]
    if lanes is not None and not 0 <= lanes <= most:
        raise CircuitError(f"{words.shape[1]} words hold {most} lanes, so {lanes} cannot be unpacked")
    octets = words.astype("<u8", copy=False).view(np.uint8)
    bits = np.unpackbits(octets.reshape(words.shape[0], 8 * words.shape[1]), axis=1, bitorder="little")
    return bits[:, :lanes].astype(np.bool_)


def random_inputs(num_inputs: int, words: int, seed: int) -> UInt64[np.ndarray, "inputs words"]:
    """Independent fair bits on 64 * words lanes: the same seed gives the same words."""
    return np.random.default_rng(seed).integers(0, 2**64, size=(num_inputs, words), dtype=np.uint64)


def checked_words(words: Words, what: str, rows: int | None = None) -> Words:
    """`words` with contiguous rows. Raises `CircuitError` unless it is a uint64 array of `rows` rows."""
    if not isinstance(words, np.ndarray) or words.dtype != np.uint64 or words.ndim != 2:
        shape = f"{words.dtype} of shape {words.shape}" if isinstance(words, np.ndarray) else type(words).__name__
        raise CircuitError(f"{what}: the lanes must be a uint64 array of shape (rows, words), not {shape}; see pack()")
    if rows is not None and len(words) != rows:
        raise CircuitError(f"{what}: {rows} inputs, but {len(words)} rows of lanes")
    return np.ascontiguousarray(words)


def integers_to_words(xs: UInt64[np.ndarray, " lanes"], rows: int) -> Words:
    """Row i is bit i of the integers, for i < rows <= 64."""
    padded = np.zeros(64 * words_of(len(xs)), dtype=np.uint64)
    padded[: len(xs)] = xs
    words = np.empty((rows, len(padded) // 64), dtype=np.uint64)
    _integers_to_words(padded, words)
    return words


def words_to_integers(words: Words, lanes: int) -> UInt64[np.ndarray, " lanes"]:
    """Bit i of the integers is row i, for at most 64 rows."""
    xs = np.empty(64 * words.shape[1], dtype=np.uint64)
    _words_to_integers(np.ascontiguousarray(words), xs)
    return xs[:lanes]


@compiled
def transpose(square: UInt64[np.ndarray, " 64"]) -> None:
    """Bit i of word j becomes bit j of word i, in place: swap ever smaller off-diagonal squares."""
    mask = np.uint64(0x00000000FFFFFFFF)
    width = 32
    while width:
        shift = np.uint64(width)
        for start in range(0, 64, 2 * width):
            for k in range(start, start + width):
                swap = (square[k] >> shift ^ square[k + width]) & mask
                square[k + width] ^= swap
                square[k] ^= swap << shift
        width >>= 1
        mask ^= mask << np.uint64(width)


@compiled
def _integers_to_words(xs: Any, words: Any) -> None:
    square = np.empty(64, dtype=np.uint64)
    for w in range(words.shape[1]):
        square[:] = xs[64 * w : 64 * w + 64]
        transpose(square)
        words[:, w] = square[: len(words)]


@compiled
def _words_to_integers(words: Any, xs: Any) -> None:
    square = np.empty(64, dtype=np.uint64)
    for w in range(words.shape[1]):
        square[:] = np.uint64(0)
        square[: len(words)] = words[:, w]
        transpose(square)
        xs[64 * w : 64 * w + 64] = square


@compiled
def count_up(words: Any, first_word: int) -> None:
    """The lanes x = 64 * first_word, 64 * first_word + 1, ...: row i is bit i of x."""
    for i in range(len(words)):
        for k in range(words.shape[1]):
            if i < 6:
                words[i, k] = LOW_PATTERNS[i]
            elif i < 69 and (first_word + k) >> (i - 6) & 1:
                words[i, k] = np.uint64(0xFFFFFFFFFFFFFFFF)
            else:
                words[i, k] = np.uint64(0)
