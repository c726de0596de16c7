"""The example paper, registered for one test, and the command line run on it in this process."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_project import ROOT, Project, Said, make_project

from claims.cli.app import main
from claims.engine.registry import REGISTRY, load_papers


@pytest.fixture
def lemmata(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command line in this process."""

    def run(*arguments: object) -> Said:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Project]:
    """The example paper, registered for one test only: other tests must not meet its claims."""
    load_papers(ROOT)
    make_project(tmp_path, "example_paper")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEMMATA_LEDGER", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(REGISTRY, "_claims", {})

    def lemmata(*arguments: str) -> Said:
        code = main(arguments)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    yield Project(tmp_path, lemmata)
    for module in [name for name in sys.modules if name.split(".")[0] == "example_paper"]:
        del sys.modules[module]
