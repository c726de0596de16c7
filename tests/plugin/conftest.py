"""A third party's project: a package with a paper, and an environment in which lemmata is installed."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

BY_PYPROJECT = '[tool.lemmata]\npapers = ["lattice_paper"]\n'
WITHOUT = shutil.ignore_patterns("__pycache__", "site", ".hypothesis")
SWITCHED_ON = '[tool.pytest.ini_options]\nclaims = "*"\n'


def install(site: Path, distribution: str, entry_points: str) -> None:
    """Put the metadata of an installed distribution into `site`."""
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)


def environment(site: Path) -> dict[str, str]:
    """Variables for a process that sees `site` first: this lemmata without the papers that ship with it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "LEMMATA_"))}
    return {**kept, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}", "COLUMNS": "100"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Give a folder of installed packages that holds lemmata."""
    install(tmp_path / "site", "lemmata", "[pytest11]\nlemmata = claims.pytest_plugin\n")
    return tmp_path / "site"


@dataclass(frozen=True)
class Project:
    """A folder with a paper in it, and the programs that run there."""

    folder: Path
    site: Path

    @property
    def lattice(self) -> Path:
        """The file in which the paper's claims are written."""
        return self.folder / "lattice_paper" / "lattice.py"

    def record(self, claim: str) -> Path:
        """Where the record of a claim is kept."""
        return self.folder / "lattice_paper" / "ledger" / f"{claim}.json"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a Python module in this project."""
        call = [sys.executable, "-m", *command]
        return subprocess.run(
            call, cwd=self.folder, env=environment(self.site), capture_output=True, text=True, check=False
        )

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run pytest in this project, where a warning is an error."""
        return self.run("pytest", "-W", "error", "-p", "no:cacheprovider", *arguments)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project whose ledger has been recorded, once; tests copy it."""
    folder = tmp_path_factory.mktemp("recorded")
    install(folder / "site", "lemmata", "[pytest11]\nlemmata = claims.pytest_plugin\n")
    (folder / "pyproject.toml").write_text(BY_PYPROJECT + SWITCHED_ON)
    shutil.copytree(HERE / "lattice_paper", folder / "lattice_paper", ignore=WITHOUT)
    done = Project(folder, folder / "site").run("claims.cli", "verify", "-j", "1", "--record")
    assert done.returncode == 0, done.stderr + done.stdout
    return folder


@pytest.fixture
def project(recorded: Path, site: Path, tmp_path: Path) -> Project:
    """Give a project whose paper is named in pyproject.toml, with its ledger recorded and one plain test."""
    folder = tmp_path / "project"
    shutil.copytree(recorded, folder, ignore=WITHOUT)
    (folder / "test_plain.py").write_text("def test_plain(): pass\n")
    return Project(folder, site)


@pytest.fixture
def installed(recorded: Path, site: Path, tmp_path: Path) -> Project:
    """Give an unrelated project, in an environment where a distribution with a paper is installed."""
    shutil.copytree(recorded / "lattice_paper", site / "lattice_paper")
    install(site, "lattice-paper", "[lemmata.papers]\nlattice = lattice_paper\n")
    folder = tmp_path / "unrelated"
    folder.mkdir()
    (folder / "test_plain.py").write_text("def test_plain(): pass\n")
    return Project(folder, site)
