"""The README tells the truth: its table is the ledger's, and its example runs."""

import json
import re
import subprocess
import sys
from pathlib import Path

from claims.book.standing import counted, mutants_refuted
from claims.engine.claim import Claim
from claims.engine.ledger import Ledger
from claims.engine.paper import Paper, load_contents
from claims.engine.registry import REGISTRY, load_papers
from claims.engine.schema import describe
from claims.engine.state import State, by_paper

README = Path(__file__).parent.parent / "README.md"


def test_the_table_of_verdicts_is_the_ledgers() -> None:
    """Each row's verdicts are those recorded for the item and for its repairs."""
    load_papers()
    papers = set()
    for line in README.read_text().splitlines():
        if heading := re.match(r"\| item of (\S+) \|", line):
            papers.add(paper := heading.group(1))
        elif line.startswith("| "):
            label, printed, repaired, _ = (cell.strip() for cell in line.strip("|").split("|"))
            id = f"{paper}/{re.sub('[ .]', '-', label.lower())}"
            records = [Ledger().read(claim) for claim in (REGISTRY[id], *REGISTRY.repairs_of(id))]
            assert [printed, *filter(None, [repaired])] == [record and record["recorded"] for record in records], label
    # What an earlier version of a paper states again is in the later one's table.
    again = {id for id, paper in load_contents(REGISTRY).items() if _restates_another(paper)}
    assert papers == {claim.paper for claim in REGISTRY} - again


def _restates_another(paper: Paper) -> bool:
    """Whether claims of another paper (named by their whole ids) hold items of this one."""
    return any(id in REGISTRY for ids in paper.elsewhere.values() for id in ids)


def test_the_totals_are_the_ledgers() -> None:
    """What `make verify` and `make test` print is what they would print now, but for the seconds."""
    state = State.load(None)
    readme, claims = README.read_text(), list(state.registry)
    total = f"{len(claims)} claims: {_counted(state, claims)}. {len(claims)} run, 0 fresh, in "
    assert total in readme
    for paper, of_it in by_paper(claims).items():
        mutants = [mutant for found in describe(state, of_it) for mutant in found["mutants"]]
        assert f"\n{paper}: {_counted(state, of_it)}, {mutants_refuted(mutants)}\n" in readme


def _counted(state: State, claims: list[Claim]) -> str:
    return counted([state.recorded(claim.id) for claim in claims])


def test_the_ten_lines_run(tmp_path: Path) -> None:
    """The example claim of the README is supported, and its mutants are refuted."""
    example = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert example is not None
    (tmp_path / "my_paper.py").write_text(example.group(1))
    (tmp_path / "pyproject.toml").write_text('[tool.lemmata]\npapers = ["my_paper"]\n')
    command = [sys.executable, "-m", "claims.cli", "verify", "my-paper", "--json", "-j", "1"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    (found,) = json.loads(run.stdout)
    assert found["verdict"] == "supported", run.stderr
    assert [mutant["verdict"] for mutant in found["mutants"]] == ["refuted", "refuted"]
