"""Timing and records for the benchmarks: every figure stands beside its peers' of the same run, with versions."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def best_of(run: Callable[[], object], repeat: int = 3) -> float:
    """Seconds of the fastest of `repeat` runs, after one that is not counted."""
    run()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def machine() -> dict[str, Any]:
    """The processor and the number of cores that this process may use."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "python": platform.python_version()}


def record(name: str, rows: Sequence[Mapping[str, Any]], packages: Sequence[str]) -> Path:
    """Write `results/<name>.json`: the rows as measured, this machine, and the versions of the named packages."""
    versions = {package: metadata.version(package) for package in packages}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    text = json.dumps({"machine": machine(), "versions": versions, "rows": list(rows)}, indent=2) + "\n"
    partial = path.with_suffix(".part")
    partial.write_text(text)
    partial.replace(path)
    return path
