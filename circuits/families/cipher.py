"""From a block cipher, two families: the permutation under a constant key, and key recovery from known pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.families.family import OneWayFunction, Permutation, generator, random_integer
from circuits.word import Word, concat

#: What every permutation under a constant key must say of itself.
CONSTANT_KEY = (
    "Keys are constants of the circuit, so a pre-image falls to unit propagation backwards, without a conflict:"
    " a control, not a hard instance. Hard, if anything, is to learn the map from samples."
)

#: Known plaintexts: two, so that as a rule only the planted key fits (one pair leaves about one false key).
PAIRS = 2


@dataclass(frozen=True)
class Cipher:
    """A block cipher on words of a builder.

    Attributes: `encrypt` and `decrypt` ((block, round keys) -> block), `schedule` ((key, rounds) -> round keys).
    """

    encrypt: Callable[[Word, Sequence[Word]], Word]
    decrypt: Callable[[Word, Sequence[Word]], Word]
    schedule: Callable[[Word, int], list[Word]]


def keyed(cipher: Cipher, bits: int, rounds: int, key: int, key_bits: int) -> Permutation:
    """Encryption and decryption of `bits`-bit blocks under the constant `key`."""

    def circuit(run: Callable[[Word, Sequence[Word]], Word]) -> Circuit:
        builder = Builder()
        block = builder.inputs(bits)
        builder.outputs(run(block, cipher.schedule(builder.constant(key, key_bits), rounds)))
        return builder.build()

    return Permutation(circuit(cipher.encrypt), circuit(cipher.decrypt))


def plaintexts(bits: int, seed: int, pairs: int = PAIRS) -> list[int]:
    """Different known plaintexts of `bits` bits, as many as `pairs`, or all where there are fewer."""
    rng = generator(seed, "plaintexts")
    drawn: dict[int, None] = {}
    while len(drawn) < min(pairs, 1 << bits):
        drawn[random_integer(rng, bits)] = None
    return list(drawn)


def key_recovery(cipher: Cipher, bits: int, rounds: int, seed: int, *, pairs: int = PAIRS) -> OneWayFunction:
    """Key -> ciphertexts of `pairs` known plaintexts, side by side: to invert it is to find the key.

    Key and block have `bits` bits each; the circuit has pairs * bits outputs, the first plaintext's lowest.
    """
    builder = Builder()
    round_keys = cipher.schedule(builder.inputs(bits), rounds)
    blocks = [builder.constant(value, bits) for value in plaintexts(bits, seed, pairs)]
    builder.outputs(concat(*(cipher.encrypt(block, round_keys) for block in blocks)))
    return OneWayFunction(builder.build())
