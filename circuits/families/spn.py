"""Substitution-permutation networks with four-bit S-boxes: PRESENT at any width, and with S-boxes from a seed."""

from __future__ import annotations

from collections.abc import Sequence

from circuits.families.cipher import PAIRS, Cipher, key_recovery, keyed
from circuits.families.family import Family, Kind, OneWayFunction, Permutation, Widths, generator, random_integer
from circuits.families.sbox import PRESENT_SBOX, inverted, substitute
from circuits.word import Word

SOURCE = "A. Bogdanov et al., PRESENT: an ultra-lightweight block cipher, CHES 2007"


def bit_permutation(bits: int) -> list[int]:
    """Where each bit goes: i -> i * bits/4 modulo bits - 1, the last bit stays. PRESENT's at 64 bits."""
    return [*(i * (bits // 4) % (bits - 1) for i in range(bits - 1)), bits - 1]


def key_bits(bits: int) -> int:
    """The width of the key register of the permutations: PRESENT-80's, or the block's if that is wider."""
    return max(80, bits)


def spn_cipher(bits: int, sbox: tuple[int, ...]) -> Cipher:
    """Each round: xor a round key, S-box layer, bit permutation; a last round key after the last round.

    Round keys are the highest `bits` bits of a register that starts as the key. After each, the register is rotated
    left by 61, the S-box is applied to its highest four bits, and the round's number (from 1, modulo 32) is added to
    bits 15 to 19 by XOR. At 64 bits with an 80-bit key and `PRESENT_SBOX` that is PRESENT-80. In narrower registers
    all positions are modulo their width.
    """
    goes_to = bit_permutation(bits)
    comes_from = [goes_to.index(i) for i in range(bits)]
    back = inverted(sbox)

    def encrypt(block: Word, keys: Sequence[Word]) -> Word:
        for key in keys[:-1]:
            block = substitute(block ^ key, sbox).permuted(comes_from)
        return block ^ keys[-1]

    def decrypt(block: Word, keys: Sequence[Word]) -> Word:
        block = block ^ keys[-1]
        for key in keys[-2::-1]:
            block = substitute(block.permuted(goes_to), back) ^ key
        return block

    def schedule(key: Word, rounds: int) -> list[Word]:
        keys, register = [key[-bits:]], key
        for number in range(1, rounds + 1):
            bits_now = list(register.rotate_left(61))
            bits_now[-4:] = substitute(Word(bits_now[-4:]), sbox)
            for i in range(5):
                if number >> i & 1:
                    bits_now[(15 + i) % len(key)] = ~bits_now[(15 + i) % len(key)]
            register = Word(bits_now)
            keys.append(register[-bits:])
        return keys

    return Cipher(encrypt, decrypt, schedule)


def seeded_sbox(seed: int) -> tuple[int, ...]:
    """A uniformly random permutation of 0..15."""
    return tuple(map(int, generator(seed, "spn s-box").permutation(16)))


def present(bits: int, rounds: int, seed: int) -> Permutation:
    """PRESENT generalised to `bits` bits, under a key drawn from the seed."""
    key = random_integer(generator(seed, "present key"), key_bits(bits))
    return keyed(spn_cipher(bits, PRESENT_SBOX), bits, rounds, key, key_bits(bits))


def spn(bits: int, rounds: int, seed: int) -> Permutation:
    """The same network with an S-box drawn from the seed, the key too."""
    key = random_integer(generator(seed, "spn key"), key_bits(bits))
    return keyed(spn_cipher(bits, seeded_sbox(seed)), bits, rounds, key, key_bits(bits))


def present_key(bits: int, rounds: int, seed: int, *, pairs: int = PAIRS) -> OneWayFunction:
    """Key -> the ciphertexts of `pairs` known plaintexts under PRESENT; the key has `bits` bits."""
    return key_recovery(spn_cipher(bits, PRESENT_SBOX), bits, rounds, seed, pairs=pairs)


def spn_key(bits: int, rounds: int, seed: int, *, pairs: int = PAIRS) -> OneWayFunction:
    """Key -> the ciphertexts of `pairs` known plaintexts, with an S-box drawn from the seed."""
    return key_recovery(spn_cipher(bits, seeded_sbox(seed)), bits, rounds, seed, pairs=pairs)


_INVERSE = "The inverse S-boxes and bit permutation, round keys in reverse order."
_HARDNESS = (
    "Keys are constants of the circuit, so a pre-image falls from the outputs backwards, one S-box at a time: a"
    " control, not a hard instance. Unit propagation alone does not invert an S-box of so few gates; a solver spends"
    " some ten conflicts on each, and no search across them. Hard, if anything, is to learn the map from samples."
)
_KEY_INVERSE = "None known short of solving for the key; the key need not be unique."
_ROUND = "a round key, an S-box layer and a bit permutation; one more key after the last"
_WIDTHS = Widths(4, 128, 4)

PRESENT = Family(
    name="present",
    kind=Kind.EASY,
    summary="PRESENT (S-box, bit permutation, key schedule) generalised to multiples of four bits; PRESENT-80 at 64.",
    inverse=_INVERSE,
    hardness=_HARDNESS,
    source=SOURCE,
    bits=_WIDTHS,
    round=_ROUND,
    default_rounds=lambda _: 31,
    builder=present,
)

SPN = Family(
    name="spn",
    kind=Kind.EASY,
    summary="Substitution-permutation network like PRESENT's, with one random four-bit S-box from the seed.",
    inverse=_INVERSE,
    hardness=_HARDNESS,
    source=SOURCE,
    bits=_WIDTHS,
    round=_ROUND,
    default_rounds=lambda _: 8,
    builder=spn,
)

PRESENT_KEY = Family(
    name="present-key",
    kind=Kind.FUNCTION,
    summary=f"Key -> ciphertexts of {PAIRS} known plaintexts under `present`; block and key have `bits` bits each.",
    inverse=_KEY_INVERSE,
    hardness="Recovering the key. Two rounds or fewer are easy.",
    source=SOURCE,
    bits=_WIDTHS,
    round=_ROUND,
    default_rounds=lambda _: 4,
    builder=present_key,
)

SPN_KEY = Family(
    name="spn-key",
    kind=Kind.FUNCTION,
    summary=f"Key -> ciphertexts of {PAIRS} known plaintexts under `spn`; block and key have `bits` bits each.",
    inverse=_KEY_INVERSE,
    hardness="Recovering the key. Two rounds or fewer are easy; a random S-box may be a weak one.",
    source=SOURCE,
    bits=_WIDTHS,
    round=_ROUND,
    default_rounds=lambda _: 4,
    builder=spn_key,
)
