"""The supplied AES-128 and 32-bit adder, and the FIPS-197 vectors, for the tests of every layer.

Found by trying all orders on FIPS-197: input word 0 is the key and word 1 the plaintext (output word 0 the ciphertext),
and bit i of a word is bit i of the sixteen bytes read as a big-endian number.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from circuits import Circuit
from circuits.formats import read

#: (key, plaintext, ciphertext) of FIPS-197, appendices B and C.1.
VECTORS: tuple[tuple[bytes, bytes, bytes], ...] = tuple(
    (bytes.fromhex(key), bytes.fromhex(plaintext), bytes.fromhex(ciphertext))
    for key, plaintext, ciphertext in (
        ("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734", "3925841d02dc09fbdc118597196a0b32"),
        ("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a"),
    )
)


def aes_inputs(key: bytes, plaintext: bytes) -> int:
    """The assignment (bit i is input i) of a key and a plaintext of 16 bytes each."""
    return int.from_bytes(key, "big") | int.from_bytes(plaintext, "big") << 128


def aes_output(y: int) -> bytes:
    """The ciphertext in an output (bit i is output i)."""
    return y.to_bytes(16, "big")


def bristol_path(name: str) -> Path:
    """A file of the shared folder `data/bristol`; skips the test where the folder is absent."""
    data = os.environ.get("LEMMATA_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
    path = Path(data) / "bristol" / name
    if not path.is_file():
        pytest.skip(f"no {path}: set LEMMATA_DATA to the folder of shared data")
    return path


def aes_circuit() -> Circuit:
    """The supplied AES-128; skips the test where the data are absent."""
    return read(bristol_path("aes_128.txt"))


def adder_circuit() -> Circuit:
    """The supplied 32-bit adder (output bit 32 is the carry); skips the test where the data are absent."""
    return read(bristol_path("adder_32bit.txt"))
