"""Projects in a temporary folder that register a paper of this folder, and the command line run in them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def make_project(folder: Path, paper: str) -> Path:
    """A project that registers a copy of one of this folder's papers."""
    shutil.copytree(HERE / paper, folder / paper, ignore=shutil.ignore_patterns("__pycache__", "ledger"))
    (folder / "pyproject.toml").write_text(f'[tool.lemmata]\npapers = ["{paper}"]\n')
    return folder


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """The example paper's project; `lemmata` runs a command in this process, fast."""

    folder: Path
    lemmata: Callable[..., Said]

    def record(self, name: str) -> Path:
        """The ledger file of a claim of the example paper."""
        return self.folder / "example_paper" / "ledger" / "example-paper" / f"{name}.json"

    def edit_record(self, name: str, **changes: Any) -> None:
        """Change a record's top-level keys."""
        path = self.record(name)
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`lemmata` as a process of its own, in a process group of its own as in a terminal."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("LEMMATA_LEDGER", None)
    return subprocess.Popen(
        [sys.executable, "-m", "claims.cli", *arguments],
        cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
