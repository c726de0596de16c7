"""Every family against its own promises and against an implementation on Python integers that shares no gate."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from families_on_integers import REFERENCES
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import Circuit, CircuitError, cone, evaluate, evaluate_lanes
from circuits.families import FAMILIES, Cipher, Family, Kind, OneWayFunction, Permutation, family, keyed, padded
from circuits.families.affine import inverse_matrix
from circuits.families.cipher import plaintexts
from circuits.families.document import page
from circuits.families.feistel import feistel_key
from circuits.families.sbox import PRESENT_SBOX, sbox_circuit
from circuits.families.simon import simon_cipher
from circuits.families.speck import speck_cipher
from circuits.families.spn import spn_cipher


def lanes_of(circuit: Circuit, inputs: list[int]) -> list[int]:
    """The circuit's value on each of the inputs, by one pass of the reference evaluator."""
    columns = [sum((x >> i & 1) << lane for lane, x in enumerate(inputs)) for i in range(circuit.num_inputs)]
    rows = evaluate_lanes(circuit, columns, len(inputs))
    return [sum((row >> lane & 1) << i for i, row in enumerate(rows)) for lane in range(len(inputs))]


def members(member: Family, widths: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """(bits, rounds, seed) that the family accepts, one, three and the default number of rounds."""
    accepted = sorted({member.bits.minimum} | {bits for bits in widths if bits in member.bits})
    return [
        (bits, rounds, seed)
        for bits in accepted
        for rounds in sorted({1, 3, min(member.default_rounds(bits), 9)})
        if member.max_rounds is None or rounds <= member.max_rounds
        for seed in (0, 1)
    ]


@pytest.mark.parametrize("member", FAMILIES.values(), ids=lambda member: member.name)
def test_a_member_computes_its_function_and_is_a_permutation_if_it_says_so(member: Family) -> None:
    """On all inputs the circuit agrees with integers; a permutation hits each value once and its inverse undoes it."""
    for bits, rounds, seed in members(member, (5, 7, 8)):
        built, everything = member.build(bits, rounds, seed), list(range(1 << bits))
        values = lanes_of(built.circuit, everything)
        expected = REFERENCES[member.name](bits, rounds, seed)
        assert values == [expected(x) for x in everything], (bits, rounds, seed)
        if isinstance(built, Permutation):
            assert sorted(values) == everything
            assert built.inverse is None or lanes_of(built.inverse, values) == everything


@pytest.mark.parametrize("member", FAMILIES.values(), ids=lambda member: member.name)
def test_a_wide_member_agrees_on_random_inputs(member: Family) -> None:
    """At 10 to 128 bits too; the toy moduli up to 16 bits, where integers can still list the residues."""
    toy = member.kind is Kind.CANDIDATE or member.name == "multiplication"
    rng = random.Random(0)
    rounds = min(2, member.max_rounds or 2)
    for bits in (10, 16) if toy else (12, 32, 64, 128):
        built = member.build(bits, rounds, seed=2)
        inputs = [rng.getrandbits(bits) for _ in range(50)]
        values = lanes_of(built.circuit, inputs)
        expected = REFERENCES[member.name](bits, rounds, 2)
        assert values == [expected(x) for x in inputs]
        if isinstance(built, Permutation) and built.inverse:
            assert lanes_of(built.inverse, values) == inputs


@dataclass(frozen=True)
class Vector:
    cipher: Cipher
    bits: int
    rounds: int
    key: int
    key_bits: int
    plaintext: int
    ciphertext: int


ONES, COUNTING = (1 << 80) - 1, 0x0F0E0D0C0B0A09080706050403020100

VECTORS = {
    "PRESENT-80, zeros": Vector(spn_cipher(64, PRESENT_SBOX), 64, 31, 0, 80, 0, 0x5579C1387B228445),
    "PRESENT-80, key of ones": Vector(spn_cipher(64, PRESENT_SBOX), 64, 31, ONES, 80, 0, 0xE72C46C0F5945049),
    "PRESENT-80, text of ones": Vector(spn_cipher(64, PRESENT_SBOX), 64, 31, 0, 80, ONES >> 16, 0xA112FFC72F68417B),
    "PRESENT-80, ones": Vector(spn_cipher(64, PRESENT_SBOX), 64, 31, ONES, 80, ONES >> 16, 0x3333DCD3213210D2),
    "Simon32/64": Vector(simon_cipher(32), 32, 32, 0x1918111009080100, 64, 0x65656877, 0xC69BE9BB),
    "Simon128/128": Vector(
        simon_cipher(128),
        *(128, 68, COUNTING, 128),
        0x63736564207372656C6C657661727420,
        0x49681B1E1E54FE3F65AA832AF84E0BBC,
    ),
    "Speck32/64": Vector(speck_cipher(32), 32, 22, 0x1918111009080100, 64, 0x6574694C, 0xA86842F2),
    "Speck64/128": Vector(
        speck_cipher(64), 64, 27, 0x1B1A1918131211100B0A090803020100, 128, 0x3B7265747475432D, 0x8C6FA548454E028B
    ),
    "Speck128/128": Vector(
        speck_cipher(128),
        *(128, 32, COUNTING, 128),
        0x6C617669757165207469206564616D20,
        0xA65D9851797832657860FEDF5C570D18,
    ),
}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_published_vectors(vector: Vector) -> None:
    """PRESENT-80, two Simons and three Specks encrypt as their papers say, and decrypt back."""
    built = keyed(vector.cipher, vector.bits, vector.rounds, vector.key, vector.key_bits)
    assert evaluate(built.circuit, vector.plaintext) == vector.ciphertext
    assert built.inverse is not None
    assert evaluate(built.inverse, vector.ciphertext) == vector.plaintext


@pytest.mark.parametrize("member", FAMILIES.values(), ids=lambda member: member.name)
def test_a_family_says_what_it_is(member: Family) -> None:
    """No field is empty; the type follows the kind; the name encodes the arguments; no gate is idle."""
    assert all([member.summary, member.inverse, member.hardness, member.source, member.round, member.kind.sentence])
    assert "\n" not in member.summary
    assert FAMILIES[member.name] is member
    assert Kind(member.kind.value) is member.kind
    bits = member.bits.minimum
    built = member.build(bits, seed=3)
    assert isinstance(built, OneWayFunction) == (member.kind is Kind.FUNCTION)
    assert built.circuit.name == f"{member.name}-{bits}-{member.default_rounds(bits)}-3"
    assert built.circuit.num_inputs == bits
    wide = member.build(12).circuit
    assert cone(wide).num_gates == wide.num_gates
    if isinstance(built, Permutation):
        assert (built.inverse is None) == (member.name == "modexp")
        assert built.inverse is None or built.inverse.name == f"{built.circuit.name}-inverse"
    if member.kind is Kind.EASY:
        assert "constants of the circuit" in member.hardness


def test_one_way_functions_and_permutations_are_different_types() -> None:
    """Neither is a subclass of the other, and a circuit that changes the width is no `Permutation`."""
    function = family("goldreich").build(8, 2)
    assert not isinstance(function, Permutation)
    assert not isinstance(family("feistel").build(8), OneWayFunction)
    with pytest.raises(CircuitError, match="8 inputs and 16 outputs: no permutation"):
        Permutation(function.circuit, None)


@pytest.mark.parametrize("member", FAMILIES.values(), ids=lambda member: member.name)
def test_a_family_accepts_the_widths_it_names_and_no_others(member: Family) -> None:
    """Widths, rounds and seeds outside the limits are refused with the limits in the message."""
    limits = member.bits
    for bits in (limits.minimum - 1, limits.maximum + limits.multiple_of, 0, -4):
        with pytest.raises(CircuitError, match=f"'{member.name}' has no member of {bits} bits: choose {limits}"):
            member.build(bits)
    if limits.multiple_of > 1:
        with pytest.raises(CircuitError, match=f"multiples of {limits.multiple_of} only"):
            member.build(limits.minimum + 1)
    with pytest.raises(CircuitError, match="cannot have 0 rounds: choose 1"):
        member.build(limits.minimum, 0)
    with pytest.raises(CircuitError, match="seed -1 is negative"):
        member.build(limits.minimum, seed=-1)
    if member.max_rounds is not None:
        with pytest.raises(CircuitError, match=f"choose 1 to {member.max_rounds}"):
            member.build(limits.minimum, member.max_rounds + 1)


def test_an_unknown_family_is_answered_with_the_list() -> None:
    """The error names every family."""
    with pytest.raises(CircuitError, match=r"no family 'rot13': choose one of identity, affine, .*product"):
        family("rot13")


def test_the_same_seed_gives_the_same_circuit_in_another_process() -> None:
    """Digests agree with those of a fresh interpreter, with other hash seeds; other seeds give other circuits."""
    script = (
        "from circuits.families import FAMILIES\n"
        "for m in FAMILIES.values(): print(m.build(12 if 12 in m.bits else 16, 1, 5).circuit.digest)"
    )
    there = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    here = [member.build(12, 1, 5).circuit.digest for member in FAMILIES.values()]
    assert there.stdout.split() == here
    for member in FAMILIES.values():
        others = {member.build(12, 2, seed).circuit.digest for seed in range(4) if member.max_rounds is None}
        assert member.max_rounds or len(others) > 1, member.name


def test_key_recovery_takes_any_number_of_pairs() -> None:
    """More pairs only append ciphertexts; plaintexts differ while there are enough of them."""
    two, three = (feistel_key(8, 4, 1, pairs=pairs).circuit for pairs in (2, 3))
    assert three.num_outputs == 24
    for key in range(0, 256, 7):
        assert evaluate(two, key) == evaluate(three, key) & 0xFFFF
    assert sorted(plaintexts(4, 0, pairs=99)) == list(range(16))


def test_padding_appends_constant_ones_and_keeps_injectivity() -> None:
    """Remark 1: the permutation becomes an injection into more bits; fewer bits are refused."""
    circuit = family("feistel").build(6).circuit
    wide = padded(circuit, 9)
    values = lanes_of(wide, list(range(64)))
    assert values == [y | 0b111000000 for y in lanes_of(circuit, list(range(64)))]
    assert wide.output_names[6:] == ("pad[0]", "pad[1]", "pad[2]")
    assert padded(circuit, 6) == circuit
    with pytest.raises(CircuitError, match="6 outputs already"):
        padded(circuit, 5)


@settings(max_examples=60)
@given(st.permutations(range(16)))
def test_any_s_box_takes_at_most_eight_ands(values: list[int]) -> None:
    """The circuit of a random S-box is right on all sixteen inputs and small."""
    circuit = sbox_circuit(tuple(values))
    assert lanes_of(circuit, list(range(16))) == values
    assert circuit.num_ands <= 8


@settings(max_examples=60)
@given(st.integers(1, 9), st.randoms(use_true_random=False))
def test_elimination_inverts_a_matrix_or_shows_that_it_cannot(size: int, rng: random.Random) -> None:
    """A matrix with an inverse gives the identity; one without has a vector that it sends to zero."""
    matrix = np.array([[rng.getrandbits(1) for _ in range(size)] for _ in range(size)], dtype=np.uint8)
    inverse = inverse_matrix(matrix)
    if inverse is not None:
        assert np.array_equal(matrix @ inverse % 2, np.eye(size))
    else:
        vectors = (np.array(v) for v in product((0, 1), repeat=size) if any(v))
        assert any(not np.any(matrix @ v % 2) for v in vectors)


def test_the_page_of_families_is_current() -> None:
    """`docs/families.md` is what `python -m circuits.families.document` prints: no number in it is typed by hand."""
    assert (Path(__file__).parents[2] / "docs" / "families.md").read_text(encoding="utf-8") == page()
