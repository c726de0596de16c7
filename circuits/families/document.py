"""The page `docs/families.md`: what each family says of itself, with gate counts computed from its circuits.

`python -m circuits.families.document` prints it.
"""

from __future__ import annotations

from circuits.circuit import Circuit
from circuits.families import FAMILIES
from circuits.families.family import Family, Kind, Permutation

#: The width of the members whose gates are counted: every family accepts it, and the page takes under a second.
BITS = 16

_HEADER = f"""# Families of circuits

`circuits.families.family(name).build(bits, rounds, seed)` gives a `Permutation` (a circuit and, where one is known, a
circuit of its inverse) or a `OneWayFunction`. Gates are those of the member of {BITS} bits with the default rounds and
seed 0, ANDs + XORs. This page is printed by `python -m circuits.families.document`.
"""


def _size(circuit: Circuit | None) -> str:
    return "none" if circuit is None else f"{circuit.num_ands} + {circuit.num_xors}"


def _row(member: Family) -> str:
    built = member.build(BITS)
    inverse = _size(built.inverse) if isinstance(built, Permutation) else "no permutation"
    cells = [f"`{member.name}`", member.bits, member.default_rounds(BITS), _size(built.circuit), inverse]
    return " | ".join(["", *map(str, cells), str(built.circuit.depth), ""]).strip()


def _entry(member: Family) -> str:
    return "\n".join(
        [
            f"### `{member.name}`",
            member.summary,
            f"- A round: {member.round}.",
            f"- Inverse: {member.inverse}",
            f"- Hardness: {member.hardness}",
            f"- Source: {member.source}.",
        ]
    )


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_HEADER]
    for kind in Kind:
        members = [member for member in FAMILIES.values() if member.kind is kind]
        table = ["| family | bits | rounds | gates | inverse's gates | depth |", "|---|---|---|---|---|---|"]
        parts += [f"## {kind.value.capitalize()}\n{kind.sentence}\n", "\n".join([*table, *map(_row, members)]), ""]
        parts += ["\n\n".join(map(_entry, members)), ""]
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - printing it is the point
