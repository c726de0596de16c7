"""A package that is not ours registers its own claims."""

import json
from typing import Any

IDS = ["lattice/lemma-1", "lattice/lemma-2", "lattice/lemma-2/repair", "lattice/theorem-1"]
VERDICTS = ["supported", "refuted", "proved", "supported"]


def test_a_project_registers_its_paper_in_pyproject(project: Any) -> None:
    """`[tool.lemmata] papers` suffices for `lemmata verify`, whatever the seed."""
    done = project.run("claims.cli", "verify", "lattice", "-j", "1", "--json", "--seed", "5")
    assert done.returncode == 0, done.stderr
    checked = json.loads(done.stdout)
    assert [row["id"] for row in checked] == IDS
    assert [row["verdict"] for row in checked] == VERDICTS
    assert all(mutant["verdict"] == "refuted" for row in checked for mutant in row["mutants"])


def test_a_distribution_registers_its_paper_by_an_entry_point(installed: Any) -> None:
    """Its claims are listed in any folder, with the verdicts that ship in the package."""
    listed = json.loads(installed.run("claims.cli", "list", "--json").stdout)
    assert [row["id"] for row in listed] == IDS
    assert [row["recorded"] for row in listed] == VERDICTS


def test_pytest_is_silent_in_an_unrelated_project(installed: Any) -> None:
    """That some package has claims changes nothing for a project that does not ask for them."""
    done = installed.pytest()
    assert "1 passed" in done.stdout
    assert "lattice" not in done.stdout


def test_pytest_checks_an_installed_paper_on_request(installed: Any) -> None:
    """`--claims PAPER` works in any project; refuted mutants included, all is as recorded."""
    done = installed.pytest("--claims", "lattice")
    assert "13 passed" in done.stdout
    assert "refuted: lattice/lemma-2" in done.stdout
