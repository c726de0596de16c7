"""The supplied AES-128 and 32-bit adder, through the readers, the reference evaluator and every format."""

from __future__ import annotations

import numpy as np
import pytest
from aes import VECTORS, adder_circuit, aes_circuit, aes_inputs, aes_output, bristol_path
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import evaluate
from circuits.formats import FORMATS, dumps, loads
from circuits.simulation import pack, simulate, unpack

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


@pytest.mark.parametrize("engine", ["interpreter", "native", "torch"])
def test_every_engine_encrypts(engine: str) -> None:
    """Both vectors at once, a lane each."""
    assignments = [aes_inputs(key, plaintext) for key, plaintext, _ in VECTORS]
    lanes = pack(np.array([[x >> i & 1 for x in assignments] for i in range(256)], dtype=bool))
    outputs = unpack(simulate(aes_circuit(), lanes, engine=engine), len(VECTORS))
    for lane, (_, _, ciphertext) in enumerate(VECTORS):
        assert aes_output(sum(int(bit) << i for i, bit in enumerate(outputs[:, lane]))) == ciphertext


def test_aes_reads_as_two_words_to_one() -> None:
    """Key and plaintext in, ciphertext out; a file lends its name."""
    circuit = loads(bristol_path("aes_128.txt").read_bytes(), "bristol")
    assert (circuit.num_inputs, circuit.num_outputs, circuit.name) == (256, 128, "circuit")
    assert aes_circuit().name == "aes_128"


@settings(max_examples=30)
@given(WORDS, WORDS)
def test_the_adder_adds(a: int, b: int) -> None:
    """The old format's two inputs and its output are little-endian words, the last output bit the carry."""
    assert evaluate(adder_circuit(), a | b << 32) == a + b
