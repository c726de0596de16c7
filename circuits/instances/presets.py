"""Widths and rounds by how long a solver needs, as measured by benchmarks/hardness.py (docs/instances.md)."""

from __future__ import annotations

from circuits.error import CircuitError
from circuits.families import Kind, family

#: (bits, rounds) by family: CaDiCaL takes well below a second for `easy`, seconds for `medium`, most of a minute to
#: many minutes for `hard`; single seeds scatter by a factor of ten. For Goldreich's function rounds are the stretch.
PRESETS: dict[str, dict[str, tuple[int, int]]] = {
    "feistel-key": {"easy": (16, 8), "medium": (24, 8), "hard": (32, 8)},
    "spn-key": {"easy": (16, 4), "medium": (24, 4), "hard": (40, 4)},
    "present-key": {"easy": (16, 4), "medium": (24, 4), "hard": (48, 4)},
    "simon-key": {"easy": (16, 7), "medium": (24, 7), "hard": (32, 7)},
    "speck-key": {"easy": (16, 5), "medium": (24, 5), "hard": (40, 5)},
    "goldreich": {"easy": (80, 1), "medium": (128, 1), "hard": (160, 1)},
}

LEVELS = ("easy", "medium", "hard")


def preset(family_name: str, level: str) -> tuple[int, int]:
    """(bits, rounds) of a preset. Raises `CircuitError` for a family without, saying why, or an unknown level."""
    chosen = family(family_name)
    if level not in LEVELS:
        raise CircuitError(f"no preset {level!r}: choose one of {', '.join(LEVELS)}")
    if family_name in PRESETS:
        return PRESETS[family_name][level]
    if chosen.kind in (Kind.TRIVIAL, Kind.EASY):
        why = f"is of kind {chosen.kind.value}, so no width makes it hard"
    else:
        why = "has none that was measured"
    raise CircuitError(f"family {family_name!r} {why}: give --bits, or a preset of {', '.join(PRESETS)}")
