"""Is a circuit a permutation? By running through all inputs, with one bit of memory an output."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice
from threading import Event
from typing import Any

import numpy as np
from jaxtyping import UInt64

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.reference import evaluate
from circuits.simulation.compiled import compiled
from circuits.simulation.engine import Engine, Kernel, kernel, spread
from circuits.simulation.exhaustive import chunks
from circuits.simulation.lanes import transpose, words_of

#: The widest circuit: each thread keeps 2^28 bits, 32 MB, and 2^28 lanes take seconds.
MOST_INPUTS = 28


def find_collision(
    circuit: Circuit, *, engine: Engine | str = "auto", threads: int | None = None
) -> tuple[int, int] | None:
    """Two inputs x < x' with C(x) = C(x'), or None: the circuit is a permutation of {0,1}^inputs.

    Every thread marks the outputs of its share of the inputs in a bitmap of its own. An output marked twice, or in two
    bitmaps, has two preimages, and a second run finds them; the reference evaluator confirms them. Takes 2^inputs / 8
    bytes a thread. Raises `CircuitError` for unequal numbers of inputs and outputs, and beyond 28 inputs.
    """
    width = circuit.num_inputs
    if width != circuit.num_outputs:
        raise CircuitError(f"{circuit.name!r} maps {width} bits to {circuit.num_outputs}: it cannot be a permutation")
    if width > MOST_INPUTS:
        raise CircuitError(
            f"{circuit.name!r} has {width} inputs: exhaustive search for a collision ends at {MOST_INPUTS}; ask SAT"
        )
    words = words_of(1 << width)
    run = kernel(circuit, engine, words)
    repeated = _repeated_output(circuit, run, words, threads)
    if repeated is None:
        return None
    x, other = islice(_preimages(circuit, run, words, repeated), 2)
    if evaluate(circuit, x) != evaluate(circuit, other):
        raise AssertionError(f"simulation of {circuit.name!r} disagrees with the reference at {x} or {other}")
    return x, other


def is_permutation(circuit: Circuit, *, engine: Engine | str = "auto", threads: int | None = None) -> bool:
    """Whether the circuit maps {0,1}^inputs one to one onto itself. Raises as `find_collision` does."""
    return find_collision(circuit, engine=engine, threads=threads) is None


def _repeated_output(circuit: Circuit, run: Kernel, words: int, threads: int | None) -> int | None:
    lanes = min(1 << circuit.num_inputs, 64)
    found = Event()

    def mark(first: int, last: int) -> tuple[UInt64[np.ndarray, " words"], int]:
        bitmap = np.zeros(words, dtype=np.uint64)
        for _, outputs in chunks(circuit, run, first, last):
            repeated: int = _mark(outputs, lanes, bitmap)
            if repeated >= 0:
                found.set()
                return bitmap, repeated
            if found.is_set():
                break
        return bitmap, -1

    marks = spread(mark, circuit, words, threads)
    for _, repeated in marks:
        if repeated >= 0:
            return repeated
    for (one, _), (two, _) in combinations(marks, 2):
        shared = one & two
        if shared.any():
            word = int(np.argmax(shared != 0))
            bits = int(shared[word])
            return 64 * word + (bits & -bits).bit_length() - 1
    return None


def _preimages(circuit: Circuit, run: Kernel, words: int, y: int) -> Iterator[int]:
    """Every x with C(x) = y, in increasing order."""
    lanes = np.uint64((1 << min(1 << circuit.num_inputs, 64)) - 1)
    wrong = np.array([0 if y >> i & 1 else 2**64 - 1 for i in range(circuit.num_outputs)], dtype=np.uint64)
    for first, outputs in chunks(circuit, run, 0, words):
        match = np.bitwise_and.reduce(outputs ^ wrong[:, None], axis=0) & lanes
        for word in np.flatnonzero(match).tolist():
            bits = int(match[word])
            yield from (64 * (first + word) + lane for lane in range(64) if bits >> lane & 1)


@compiled
def _mark(outputs: Any, lanes: int, bitmap: Any) -> Any:
    """Set the bit of every output of these lanes. The first output whose bit was set already, or -1."""
    square = np.zeros(64, dtype=np.uint64)
    for w in range(outputs.shape[1]):
        square[:] = np.uint64(0)
        square[: len(outputs)] = outputs[:, w]
        transpose(square)
        for lane in range(lanes):
            y = square[lane]
            bit = np.uint64(1) << (y & np.uint64(63))
            marked = bitmap[y >> np.uint64(6)]
            if marked & bit:
                return np.int64(y)  # numba makes a float of an unsigned and a signed result
            bitmap[y >> np.uint64(6)] = marked | bit
    return -1
