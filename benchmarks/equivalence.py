"""Equivalence checking: our SAT sweeping beside a flat miter, ABC's `cec` and `&cec`, and aigverse, in the same run.

Run `python benchmarks/equivalence.py` (minutes, one thread); the rows go to `results/equivalence.json`. Every second
circuit is the first one rewritten by ABC, or another architecture of the same function. The flat miter is our own
encoding of "some output differs", given to CaDiCaL through python-sat; where it takes more than `CONFLICTS`, its row
has the time until then and `finished` false, so that its ratio is a lower bound; so has ABC's after `SECONDS`. ABC's
times include its start, some 10 ms, and the reading of the files; aigverse has the same budget of conflicts. The
program `berkeley-abc` must be on PATH; LEMMATA_DATA names the shared data.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from measure import best_of, record

from circuits import Builder, Circuit
from circuits.families import family
from circuits.formats import read, write
from circuits.formats.aigverse import to_aigverse
from circuits.sat import Status, encode, equivalent, solve

CONFLICTS = 500_000
SECONDS = 180
REWRITE = "strash; dc2; dc2; balance; rewrite; refactor; balance; rewrite -z; balance; refactor -z; rewrite -z; balance"
DATA = Path(os.environ.get("LEMMATA_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def abc(folder: Path, commands: str) -> str:
    """What ABC prints."""
    run = ["berkeley-abc", "-q", commands]
    try:
        return subprocess.run(run, cwd=folder, check=True, capture_output=True, text=True, timeout=SECONDS).stdout
    except subprocess.TimeoutExpired:
        return "no answer"


def rewritten(circuit: Circuit, folder: Path) -> Circuit:
    """The circuit as ABC's rewriting leaves it."""
    write(circuit, folder / "a.aig")
    abc(folder, f"read a.aig; {REWRITE}; write_aiger b.aig")
    return read(folder / "b.aig")


def multiplier(bits: int, *, swapped: bool) -> Circuit:
    """The array multiplier; swapped: rows and columns of the array exchanged."""
    builder = Builder(f"{bits}x{bits} multiplier")
    x, y = builder.inputs(bits, "x"), builder.inputs(bits, "y")
    builder.outputs(y.times(x) if swapped else x.times(y), "product")  # ABC refuses an output named like an input
    return builder.build()


def flat_miter(a: Circuit, b: Circuit) -> bool:
    """Whether one question to the solver was answered within the budget; the answer must be "equivalent"."""
    builder = Builder("miter")
    x = builder.inputs(a.num_inputs)
    builder.output((builder.apply(a, x) ^ builder.apply(b, x)).any())
    encoding = encode(builder.build())
    answer = solve(encoding, encoding.fix_outputs(1), solver="cadical195", conflicts=CONFLICTS)
    if answer.status is Status.SAT:
        raise AssertionError(f"{a.name} differs from its other form")
    return answer.status is Status.UNSAT


def by_abc(folder: Path, commands: str) -> bool:
    """Whether ABC says "equivalent" (it says "undecided" if its own budget ends)."""
    return "are equivalent" in abc(folder, commands)


def by_aigverse(left: Any, right: Any) -> bool:
    """Whether aigverse answered within the budget; the answer must be "equivalent"."""
    from aigverse.algorithms import equivalence_checking  # noqa: PLC0415

    answer = equivalence_checking(left, right, conflict_limit=CONFLICTS)
    if answer is False:
        raise AssertionError("aigverse says that the circuits differ")
    return answer is True


def compare(a: Circuit, b: Circuit, folder: Path, slow: frozenset[str]) -> list[dict[str, Any]]:
    """One row a tool; those in `slow` run once, the others at their best of three."""
    write(a, folder / "a.aig")
    write(b, folder / "b.aig")
    tools: dict[str, Callable[[], bool]] = {
        "lemmata sweeping": lambda: equivalent(a, b).equivalent,
        "flat miter, cadical195": partial(flat_miter, a, b),
        "ABC cec": partial(by_abc, folder, "cec -n a.aig b.aig"),
        "ABC &cec": partial(by_abc, folder, "&read a.aig; &cec b.aig"),
        "aigverse": partial(by_aigverse, to_aigverse(a), to_aigverse(b)),
    }
    rows: list[dict[str, Any]] = []
    for tool, run in tools.items():
        finished: list[bool] = []

        def once(run: Callable[[], bool] = run, finished: list[bool] = finished) -> None:
            finished.append(run())

        seconds = best_of(once, 3) if tool not in slow else timed(once)
        ours = rows[0]["seconds"] if rows else seconds
        row = {"circuit": a.name, "gates": [a.num_gates, b.num_gates], "tool": tool, "seconds": round(seconds, 4)}
        rows.append(row | {"finished": all(finished), "times_ours": round(seconds / ours, 2)})
        sys.stderr.write(f"{rows[-1]}\n")
    return rows


def timed(run: Callable[[], object]) -> float:
    """Seconds of one run: for what takes minutes."""
    from time import perf_counter  # noqa: PLC0415

    start = perf_counter()
    run()
    return perf_counter() - start


def main() -> None:
    """Measure, and write the rows."""
    rows = []
    miter = frozenset({"flat miter, cadical195"})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for bits in (24, 32):
            feistel = family("feistel").build(bits, rounds=8, seed=0).circuit
            feistel = feistel.renamed(f"feistel, {bits} bits, 8 rounds")
            rows += compare(feistel, rewritten(feistel, folder), folder, miter)
        for bits in (6, 7):
            rows += compare(multiplier(bits, swapped=False), multiplier(bits, swapped=True), folder, miter)
        aes = DATA / "bristol" / "aes_128.txt"
        if aes.is_file():
            circuit = read(aes)
            every = frozenset({"lemmata sweeping", *miter, "ABC cec", "ABC &cec", "aigverse"})
            rows += compare(circuit, rewritten(circuit, folder), folder, every)
    banner = abc(Path.cwd(), "version").strip().splitlines()
    record("equivalence", [*rows, {"tool": "ABC", "version": banner[-1] if banner else "unknown"}], PACKAGES)


PACKAGES = ("lemmata", "python-sat", "aigverse", "numpy")

if __name__ == "__main__":
    main()
