"""Circuit families, one file a family: functions of bits, rounds and seed.

Each documents its inverse, what is hard about it, and its source. `FAMILIES` lists them, `family(name).build(bits)`
builds a member; permutations and one-way functions are kept apart by type.
"""

from circuits.error import CircuitError
from circuits.families.affine import AFFINE, IDENTITY
from circuits.families.cascade import CNOT, FREDKIN, TOFFOLI
from circuits.families.cipher import Cipher, key_recovery, keyed
from circuits.families.family import Family, Kind, OneWayFunction, Permutation, Widths
from circuits.families.feistel import FEISTEL, FEISTEL_KEY
from circuits.families.goldreich import GOLDREICH, GOLDREICH_MAJORITY
from circuits.families.padding import padded
from circuits.families.powers import MODEXP, RABIN, RSA
from circuits.families.products import MULTIPLICATION, PRODUCT
from circuits.families.simon import SIMON, SIMON_KEY
from circuits.families.speck import SPECK, SPECK_KEY
from circuits.families.spn import PRESENT, PRESENT_KEY, SPN, SPN_KEY

#: Every family by name, the trivial ones first, then the easy ones, the candidates and the functions.
FAMILIES: dict[str, Family] = {
    member.name: member
    for member in (
        IDENTITY,
        AFFINE,
        CNOT,
        TOFFOLI,
        FREDKIN,
        FEISTEL,
        SPN,
        PRESENT,
        SIMON,
        SPECK,
        MULTIPLICATION,
        MODEXP,
        RSA,
        RABIN,
        FEISTEL_KEY,
        SPN_KEY,
        PRESENT_KEY,
        SIMON_KEY,
        SPECK_KEY,
        GOLDREICH,
        GOLDREICH_MAJORITY,
        PRODUCT,
    )
}


def family(name: str) -> Family:
    """The family of that name. Raises `CircuitError`, listing all names, for an unknown one."""
    try:
        return FAMILIES[name]
    except KeyError:
        raise CircuitError(f"no family {name!r}: choose one of {', '.join(FAMILIES)}") from None


__all__ = [
    "FAMILIES",
    "Cipher",
    "Family",
    "Kind",
    "OneWayFunction",
    "Permutation",
    "Widths",
    "family",
    "key_recovery",
    "keyed",
    "padded",
]
