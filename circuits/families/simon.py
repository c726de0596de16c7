"""Simon at any even word count: rotations, one AND and XORs a round; and recovery of its keys."""

from __future__ import annotations

from collections.abc import Sequence

from circuits.families.cipher import CONSTANT_KEY, PAIRS, Cipher, key_recovery, keyed
from circuits.families.family import Family, Kind, OneWayFunction, Permutation, Widths, generator, random_integer
from circuits.word import Word, concat

SOURCE = "R. Beaulieu et al., The SIMON and SPECK families of lightweight block ciphers, ePrint 2013/404"

#: The constant sequences z0 (used with four key words) and z2 (with two): bit i of the period of 62, first bit first.
Z0 = "11111010001001010110000111001101111101000100101011000011100110"
Z2 = "10101111011100000011010010011000101000010001111110010110110011"


def simon_cipher(bits: int) -> Cipher:
    """Simon: (x, y) -> (y ^ f(x) ^ k_i, x), f(x) = (x<<<1 & x<<<8) ^ x<<<2, on words of bits/2; x is the high word.

    The key has two words or four (the lowest is k_0), and is expanded by Simon's own schedule with z2 or z0; at 32
    bits with four words this is Simon32/64. On narrower words the rotations are modulo their width.
    """
    half = bits // 2

    def f(x: Word) -> Word:
        return (x.rotate_left(1) & x.rotate_left(8)) ^ x.rotate_left(2)

    def encrypt(block: Word, keys: Sequence[Word]) -> Word:
        y, x = block[:half], block[half:]
        for key in keys:
            x, y = y ^ f(x) ^ key, x
        return concat(y, x)

    def decrypt(block: Word, keys: Sequence[Word]) -> Word:
        y, x = block[:half], block[half:]
        for key in keys[::-1]:
            x, y = y, x ^ f(y) ^ key
        return concat(y, x)

    def schedule(key: Word, rounds: int) -> list[Word]:
        keys = [key[i : i + half] for i in range(0, len(key), half)]
        words, builder = len(keys), key[0].builder
        z = {2: Z2, 4: Z0}[words]
        for i in range(rounds - words):
            mixed = keys[-1].rotate_left(-3)
            if words == 4:
                mixed = mixed ^ keys[-3]
            mixed = mixed ^ mixed.rotate_left(-1)
            keys.append(~keys[-words] ^ mixed ^ builder.constant(int(z[i % 62]) ^ 3, half))
        return keys[:rounds]

    return Cipher(encrypt, decrypt, schedule)


def simon(bits: int, rounds: int, seed: int) -> Permutation:
    """Simon under a key of four words drawn from the seed."""
    key = random_integer(generator(seed, "simon key"), 2 * bits)
    return keyed(simon_cipher(bits), bits, rounds, key, 2 * bits)


def simon_key(bits: int, rounds: int, seed: int, *, pairs: int = PAIRS) -> OneWayFunction:
    """Key of two words -> the ciphertexts of `pairs` known plaintexts."""
    return key_recovery(simon_cipher(bits), bits, rounds, seed, pairs=pairs)


SIMON = Family(
    name="simon",
    kind=Kind.EASY,
    summary="Simon at toy and real widths, a key of four words; Simon32/64 at 32 bits and 32 rounds.",
    inverse="The same rounds backwards.",
    hardness=CONSTANT_KEY,
    source=SOURCE,
    bits=Widths(4, 128, 4),
    round="one Simon round: half of the bits change",
    default_rounds=lambda _: 32,
    builder=simon,
)

SIMON_KEY = Family(
    name="simon-key",
    kind=Kind.FUNCTION,
    summary=f"Key -> ciphertexts of {PAIRS} known plaintexts under Simon; block and key have `bits` bits each.",
    inverse="None known short of solving for the key; the key need not be unique.",
    hardness="Recovering the key. Five rounds or fewer are easy.",
    source=SOURCE,
    bits=Widths(4, 128, 4),
    round="one Simon round",
    default_rounds=lambda _: 7,
    builder=simon_key,
)
