"""Feistel networks with seeded quadratic round functions (Luby-Rackoff), and recovery of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from circuits.families.cipher import CONSTANT_KEY, PAIRS, Cipher, key_recovery, keyed
from circuits.families.family import Family, Kind, OneWayFunction, Permutation, Widths, generator, random_integer
from circuits.word import Word, concat

SOURCE = (
    "M. Luby and C. Rackoff, How to construct pseudorandom permutations from pseudorandom functions,"
    " SIAM Journal on Computing 17(2), 1988"
)


@dataclass(frozen=True)
class RoundFunction:
    """F(x)_j = x[linear_j] ^ (x[left_j] & x[right_j]), one AND a bit; `linear` is a permutation, left_j != right_j."""

    linear: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]

    def __call__(self, x: Word) -> Word:
        """F(x), of the width of x."""
        return x.permuted(self.linear) ^ (x.permuted(self.left) & x.permuted(self.right))


def round_functions(half: int, rounds: int, seed: int) -> list[RoundFunction]:
    """One round function a round, on `half` bits; fewer rounds under the same seed give a prefix."""
    rng = generator(seed, "feistel round functions")
    functions = []
    for _ in range(rounds):
        linear, left = rng.permutation(half), rng.permutation(half)
        right = (left + rng.integers(1, half, half)) % half
        functions.append(RoundFunction(*(tuple(map(int, order)) for order in (linear, left, right))))
    return functions


def round_constants(half: int, rounds: int, seed: int) -> list[int]:
    """The constants of the key schedule, `half` bits each."""
    rng = generator(seed, "feistel constants")
    return [random_integer(rng, half) for _ in range(rounds)]


def feistel_cipher(bits: int, rounds: int, seed: int) -> Cipher:
    """The cipher: (L, R) -> (R, L ^ F_i(R ^ k_i)) in round i, L the low half of the block, and no swap at the end.

    The round key k_i is half i mod 2 of the key (0 the low one), rotated left by i, xor a constant of the seed.
    """
    half = bits // 2
    functions = round_functions(half, rounds, seed)

    def encrypt(block: Word, keys: Sequence[Word]) -> Word:
        left, right = block[:half], block[half:]
        for function, key in zip(functions, keys, strict=True):
            left, right = right, left ^ function(right ^ key)
        return concat(left, right)

    def decrypt(block: Word, keys: Sequence[Word]) -> Word:
        left, right = block[:half], block[half:]
        for function, key in zip(functions[::-1], keys[::-1], strict=True):
            left, right = right ^ function(left ^ key), left
        return concat(left, right)

    def schedule(key: Word, rounds: int) -> list[Word]:
        halves, builder = (key[:half], key[half:]), key[0].builder
        constants = round_constants(half, rounds, seed)
        return [halves[i % 2].rotate_left(i) ^ builder.constant(c, half) for i, c in enumerate(constants)]

    return Cipher(encrypt, decrypt, schedule)


def feistel(bits: int, rounds: int, seed: int) -> Permutation:
    """The cipher under a key of `bits` bits drawn from the seed."""
    key = random_integer(generator(seed, "feistel key"), bits)
    return keyed(feistel_cipher(bits, rounds, seed), bits, rounds, key, bits)


def feistel_key(bits: int, rounds: int, seed: int, *, pairs: int = PAIRS) -> OneWayFunction:
    """Key -> the ciphertexts of `pairs` known plaintexts."""
    return key_recovery(feistel_cipher(bits, rounds, seed), bits, rounds, seed, pairs=pairs)


FEISTEL = Family(
    name="feistel",
    kind=Kind.EASY,
    summary="Feistel network; each round function is random and quadratic: x[a] ^ (x[b] & x[c]) a bit, xor a key.",
    inverse="The same network with its rounds in reverse order.",
    hardness=CONSTANT_KEY,
    source=SOURCE,
    bits=Widths(4, 128, 2),
    round="one Feistel round: half of the bits change",
    default_rounds=lambda _: 8,
    builder=feistel,
)

FEISTEL_KEY = Family(
    name="feistel-key",
    kind=Kind.FUNCTION,
    summary=f"Key -> ciphertexts of {PAIRS} known plaintexts under `feistel`; block and key have `bits` bits each.",
    inverse="None known short of solving for the key; the key need not be unique.",
    hardness=(
        "Recovering the key. Four rounds or fewer are easy; more rounds cost a SAT solver more, until it does about as"
        " much work as trying all keys."
    ),
    source=SOURCE,
    bits=Widths(4, 128, 2),
    round="one Feistel round",
    default_rounds=lambda _: 8,
    builder=feistel_key,
)
