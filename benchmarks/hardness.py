"""How hard the presets of `lemmata instance` are, and the controls that must not be: writes results/hardness.json.

    python benchmarks/hardness.py [FOLDER]

takes several minutes of one core. Rows are kept in FOLDER (a temporary one by default), so it may be interrupted.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from measure import record

from circuits.instances import PRESETS, Campaign, measure, summarise

#: Seeds by preset; the hard ones are stopped by the clock (wall seconds).
COUNTS = {"easy": 3, "medium": 3, "hard": 1}
LIMIT = 100.0


def campaigns() -> Iterator[Campaign]:
    """Controls first (keys as constants; few rounds; much stretch), then the presets."""
    for name, bits, rounds in (("feistel", 32, 16), ("spn", 32, 8), ("speck", 32, 22), ("toffoli", 32, 8)):
        yield Campaign(name, (bits,), (rounds,), count=3)
    yield Campaign("feistel-key", (24,), (2, 3, 4, 5, 6), count=3)
    yield Campaign("goldreich", (128,), (2,), count=3)
    for level, count in COUNTS.items():
        for name, presets in PRESETS.items():
            bits, rounds = presets[level]
            limit = LIMIT if level == "hard" else None
            yield Campaign(name, (bits,), (rounds,), count=count, conflicts=None, seconds=limit)


def main() -> None:
    """Measure all campaigns and write the results."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir()) / "lemmata-hardness"
    rows = []
    for campaign in campaigns():
        rows += measure(campaign, folder)
        for cell in summarise(rows[-campaign.count * max(1, len(campaign.rounds)) :]).cells:
            print(cell.family, cell.bits, cell.rounds, f"{cell.solved}/{cell.runs}", cell.conflicts, cell.seconds)  # noqa: T201
    print(record("hardness", [asdict(row) for row in rows], ["python-sat"]))  # noqa: T201


if __name__ == "__main__":
    main()
