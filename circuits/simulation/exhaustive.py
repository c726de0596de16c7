"""Exhaustive mode: the lanes x = 0, 1, 2, ... made where they are used, never all at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt64

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.simulation.engine import Engine, Kernel, kernel, spread
from circuits.simulation.lanes import Words, count_up, empty_words, words_of, words_to_integers

#: Words of input lanes made at a time: a few dozen rows of 4 KB stay in the second level of cache.
CHUNK = 512

#: The widest truth table: 2^24 integers are 128 MB.
TABLE_INPUTS = 24


def outputs_of_range(
    circuit: Circuit, first: int, count: int, *, engine: Engine | str = "auto", threads: int | None = None
) -> UInt64[np.ndarray, "outputs words"]:
    """Every output on the lanes x = first, ..., first + count - 1; bits beyond the last lane are 0.

    Raises `CircuitError` unless `first` is a multiple of 64 and the range lies within [0, 2^inputs) and below 2^62.
    """
    if first % 64 or first < 0 or count < 0 or first + count > min(1 << circuit.num_inputs, 1 << 62):
        raise CircuitError(
            f"{circuit.name!r}: lanes {first} to {first + count} are no range of its 2^{circuit.num_inputs} inputs"
            " that begins at a multiple of 64 and ends below 2^62"
        )
    return _outputs(circuit, kernel(circuit, engine, words_of(count)), first, count, threads)


def exhaustive(
    circuit: Circuit, *, engine: Engine | str = "auto", block_words: int = 1 << 14, threads: int | None = None
) -> Iterator[tuple[int, UInt64[np.ndarray, "outputs words"]]]:
    """(first x, every output on the lanes from there) over all 2^inputs, at most 64 * block_words lanes at a time.

    Raises `CircuitError` for more than 62 inputs, or a block of no words.
    """
    if circuit.num_inputs > 62 or block_words < 1:
        raise CircuitError(f"cannot run {circuit.name!r} on all 2^{circuit.num_inputs} inputs by {block_words} words")
    total, step = 1 << circuit.num_inputs, 64 * block_words
    run = kernel(circuit, engine, words_of(total))
    return (
        (first, _outputs(circuit, run, first, min(step, total - first), threads)) for first in range(0, total, step)
    )


def truth_table(
    circuit: Circuit, *, engine: Engine | str = "auto", threads: int | None = None
) -> UInt64[np.ndarray, " 2**inputs"]:
    """C(x) for each x = 0, 1, ..., 2^inputs - 1. Raises `CircuitError` beyond 24 inputs or 64 outputs."""
    if circuit.num_inputs > TABLE_INPUTS or circuit.num_outputs > 64:
        raise CircuitError(
            f"{circuit.name!r} has {circuit.num_inputs} inputs and {circuit.num_outputs} outputs: a truth table holds"
            f" at most {TABLE_INPUTS} and 64; use exhaustive()"
        )
    table = np.empty(1 << circuit.num_inputs, dtype=np.uint64)
    for first, outputs in exhaustive(circuit, engine=engine, threads=threads):
        part = table[first : first + 64 * outputs.shape[1]]
        part[:] = words_to_integers(outputs, len(part))
    return table


def chunks(circuit: Circuit, run: Kernel, first_word: int, last_word: int) -> Iterator[tuple[int, Words]]:
    """(word, the outputs on the words from there), in one buffer that the next chunk overwrites."""
    inputs, outputs = empty_words(circuit.num_inputs, CHUNK), empty_words(circuit.num_outputs, CHUNK)
    for word in range(first_word, last_word, CHUNK):
        words = min(CHUNK, last_word - word)
        count_up(inputs, word)
        run(inputs, 0, outputs, 0, words + -words % 8)
        yield word, outputs[:, :words]


def _outputs(circuit: Circuit, run: Kernel, first: int, count: int, threads: int | None) -> Words:
    words = words_of(count)
    outputs = empty_words(circuit.num_outputs, words + -words % 8)

    def part(begin: int, end: int) -> None:
        inputs = empty_words(circuit.num_inputs, CHUNK)
        for word in range(begin, end, CHUNK):
            count_up(inputs, first // 64 + word)
            run(inputs, 0, outputs, word, min(CHUNK, end - word))

    spread(part, circuit, outputs.shape[1], threads)
    outputs = np.ascontiguousarray(outputs[:, :words])
    if count % 64:
        outputs[:, -1] &= np.uint64((1 << count % 64) - 1)
    return outputs
