"""The README tells the truth: its table is the ledger's, and its example runs."""

import json
import re
import subprocess
import sys
from pathlib import Path

from claims.engine.ledger import Ledger
from claims.engine.registry import REGISTRY, load_papers

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
    assert papers == {"koehler-2022", "pareek-risteski-2022", "shekhovtsov-2022"}


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
