"""Speck at any even word count: addition, rotation, XOR (ARX); and recovery of its keys."""

from __future__ import annotations

from collections.abc import Sequence

from circuits.families.cipher import CONSTANT_KEY, PAIRS, Cipher, key_recovery, keyed
from circuits.families.family import Family, Kind, OneWayFunction, Permutation, Widths, generator, random_integer
from circuits.word import Word, concat

SOURCE = "R. Beaulieu et al., The SIMON and SPECK families of lightweight block ciphers, ePrint 2013/404"


def speck_cipher(bits: int) -> Cipher:
    """Speck: x <- (x>>>a) + y ^ k_i, then y <- (y<<<b) ^ x, on words of bits/2; x is the high word.

    (a, b) is (7, 2) up to words of 16 bits and (8, 3) above, modulo the width. The key's words, the lowest first, are
    k_0, l_0, l_1, ...; the round itself, with i for the key, makes the next ones: Speck's own schedule. At 32 bits
    with four words this is Speck32/64.
    """
    half = bits // 2
    a, b = (7, 2) if half <= 16 else (8, 3)

    def forward(x: Word, y: Word, key: Word) -> tuple[Word, Word]:
        x = (x.rotate_left(-a) + y) ^ key
        return x, y.rotate_left(b) ^ x

    def encrypt(block: Word, keys: Sequence[Word]) -> Word:
        y, x = block[:half], block[half:]
        for key in keys:
            x, y = forward(x, y, key)
        return concat(y, x)

    def decrypt(block: Word, keys: Sequence[Word]) -> Word:
        y, x = block[:half], block[half:]
        for key in keys[::-1]:
            y = (y ^ x).rotate_left(-b)
            x = ((x ^ key) - y).rotate_left(a)
        return concat(y, x)

    def schedule(key: Word, rounds: int) -> list[Word]:
        k, *left = (key[i : i + half] for i in range(0, len(key), half))
        keys = [k]
        for i in range(rounds - 1):
            made, k = forward(left[i], k, k[0].builder.constant(i, half))
            left.append(made)
            keys.append(k)
        return keys

    return Cipher(encrypt, decrypt, schedule)


def speck(bits: int, rounds: int, seed: int) -> Permutation:
    """Speck under a key of four words drawn from the seed."""
    key = random_integer(generator(seed, "speck key"), 2 * bits)
    return keyed(speck_cipher(bits), bits, rounds, key, 2 * bits)


def speck_key(bits: int, rounds: int, seed: int, *, pairs: int = PAIRS) -> OneWayFunction:
    """Key of two words -> the ciphertexts of `pairs` known plaintexts."""
    return key_recovery(speck_cipher(bits), bits, rounds, seed, pairs=pairs)


SPECK = Family(
    name="speck",
    kind=Kind.EASY,
    summary="Speck (addition, rotation, XOR) at toy and real widths, a key of four words; Speck32/64 at 32 bits.",
    inverse="The same rounds backwards, by subtraction.",
    hardness=CONSTANT_KEY,
    source=SOURCE,
    bits=Widths(4, 128, 4),
    round="one Speck round: all bits change",
    default_rounds=lambda _: 22,
    builder=speck,
)

SPECK_KEY = Family(
    name="speck-key",
    kind=Kind.FUNCTION,
    summary=f"Key -> ciphertexts of {PAIRS} known plaintexts under Speck; block and key have `bits` bits each.",
    inverse="None known short of solving for the key; the key need not be unique.",
    hardness=(
        "Recovering the key through the carries of the additions, those of the key schedule too. Four rounds or fewer"
        " are easy."
    ),
    source=SOURCE,
    bits=Widths(4, 128, 4),
    round="one Speck round",
    default_rounds=lambda _: 5,
    builder=speck_key,
)
