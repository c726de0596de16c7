"""The supplied AES-128 and 32-bit adder, through the readers, the reference evaluator and every format."""

from __future__ import annotations

import time

import pytest
from aes import VECTORS, adder_circuit, aes_circuit, aes_inputs, aes_output, bristol_path
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import evaluate
from circuits.formats import FORMATS, dumps, loads

READABLE = sorted(key for key, entry in FORMATS.items() if entry.reader)
WORDS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("key", READABLE)
def test_aes_gives_the_fips_197_vectors_after_a_round_trip(key: str) -> None:
    """Read, written in each format and read again, the circuit still encrypts; no XOR is lost on the way."""
    circuit = aes_circuit()
    again = loads(dumps(circuit, key), key)
    assert (again.num_ands, again.num_xors) == (circuit.num_ands, circuit.num_xors)
    assert (again.input_names, again.output_names) == (circuit.input_names, circuit.output_names)
    for secret, plaintext, ciphertext in VECTORS:
        assert aes_output(evaluate(again, aes_inputs(secret, plaintext))) == ciphertext


def test_aes_is_read_in_less_than_a_second() -> None:
    """36 663 gates, the time of the best of three runs."""
    data = bristol_path("aes_128.txt").read_bytes()
    times = []
    for _ in range(3):
        start = time.process_time()
        circuit = loads(data, "bristol")
        times.append(time.process_time() - start)
    assert min(times) < 1
    assert (circuit.num_inputs, circuit.num_outputs, circuit.name) == (256, 128, "circuit")
    assert aes_circuit().name == "aes_128"


@settings(max_examples=30, deadline=None)
@given(WORDS, WORDS)
def test_the_adder_adds(a: int, b: int) -> None:
    """The old format's two inputs and its output are little-endian words, the last output bit the carry."""
    assert evaluate(adder_circuit(), a | b << 32) == a + b
