"""The tutorials tell the truth: their files are written, their commands run, and what they print is printed.

In these guides a block whose first line is `# FILE` is (a further part of) that file, a block `diff` that begins with
`--- FILE` edits it, and a block `console` runs. The blocks are `py`, not `python`: they declare claims, which must
not reach the registry of the process that runs the tests.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from claims.engine.ledger import Ledger
from claims.engine.registry import REGISTRY, load_papers

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: What differs from run to run: seconds, in the last column of a table and in sentences.
SECONDS = re.compile(r"(?<=\d/\d)\s+\d+\.\d+|\d+\.\d+(?= ?s\b)")

#: Runs several commands in one process, for most of the time goes into importing the papers.
DRIVER = """
import json, sys
from claims.cli.app import main
for arguments in json.loads(sys.argv[1]):
    code = main([*arguments, "-j", "1"] if arguments[0] == "verify" else arguments)
    print("code", code, end="\\f", flush=True)
"""


def run(commands: list[list[str]], folder: Path) -> list[str]:
    """What each command printed: calls of lemmata, pytest and python, and `echo $?` after one of lemmata."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LEMMATA", "PYTEST"))}

    def python(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        print(done.stderr)  # noqa: T201 - pytest shows it where the test fails
        return done.stdout

    called = [arguments for name, *arguments in commands if name == "lemmata"]
    said = iter(python("-c", DRIVER, json.dumps(called)).split("\f") if called else ())
    printed, code = [], ""
    for name, *arguments in commands:
        if name == "lemmata":
            out, _, code = next(said).rpartition("code ")
            printed.append(out)
        else:
            printed.append(code if name == "echo" else python(*["-m", "pytest"] * (name == "pytest"), *arguments))
    return printed


def plain(text: str) -> str:
    """The text with single spaces, whatever the width of the console; without seconds, and without `(stale)`.

    Whether a paper's code was edited since its last `make verify` is not the guides' business.
    """
    return " ".join(SECONDS.sub(" _", text).replace("(stale)", "").split())


def agree(shown: list[str], printed: str) -> None:
    """Each line shown, up to its `...`, is printed, in that order."""
    printed, at = plain(printed), 0
    for line in filter(None, (plain(line.removesuffix("...")) for line in shown)):
        found = printed.find(line, at)
        assert found >= 0, f"the guide shows {line!r}, which is not printed (any more, or at that place)"
        at = found + len(line)


def calls(block: str) -> list[tuple[list[str], list[str]]]:
    """The commands of a console block that a test can run, each with the lines shown below it."""
    parts = [part.splitlines() for part in re.split(r"^\$ ", block, flags=re.MULTILINE) if part.strip()]
    called = [(shlex.split(first, comments=True), shown) for first, *shown in parts]
    return [(command, shown) for command, shown in called if command[0] in {"lemmata", "echo", "pytest", "python"}]


def follow(consoles: list[tuple[list[str], list[str]]], folder: Path) -> None:
    """Run the commands and compare what they print with what is shown."""
    for (_, shown), printed in zip(consoles, run([command for command, _ in consoles], folder), strict=True):
        agree(shown, printed)


def edit(block: str, folder: Path) -> None:
    """Replace the lines that a diff takes out by those that it puts in."""
    name, *lines = block.splitlines()
    file = folder / name.removeprefix("--- ")
    # The mark of a line is its first character; a space marks what stays.
    old, new = ("".join(f"{line[1:]}\n" for line in lines if line[:1] != other) for other in "+-")
    text = file.read_text()
    assert text.count(old) == 1, f"{file.name} has not exactly one {old!r}"
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize("guide", ["tutorial", "your-paper"])
def test_a_reader_who_follows_the_guide_sees_what_it_shows(guide: str, tmp_path: Path) -> None:
    """Files written, edits made and commands run in the order of the guide print the lines that it shows."""
    consoles: list[tuple[list[str], list[str]]] = []
    for kind, block in BLOCK.findall((DOCS / f"{guide}.md").read_text()):
        name = re.match(r"# (\S+\.(?:py|toml))\b", block)
        if kind == "console":
            consoles += calls(block)
        elif kind == "diff" or name:
            # Nothing changes between two consoles without a file between them: they share a process.
            follow(consoles, tmp_path)
            consoles = []
        if kind == "diff":
            edit(block, tmp_path)
        elif name:
            (file := tmp_path / name.group(1)).parent.mkdir(exist_ok=True)
            with file.open("a") as text:
                text.write(block + "\n\n")
    assert consoles, "the guide ends without a console"
    follow(consoles, tmp_path)


def test_the_table_that_make_verify_prints_is_the_ledgers() -> None:
    """Each row of the tutorial's table has the verdict and the method that the ledger has."""
    load_papers()
    (table,) = re.findall(r"\$ make verify.*?\n(.*?)```", (DOCS / "tutorial.md").read_text(), re.DOTALL)
    paper, *rows = [line for line in table.splitlines() if line != "..."]
    found = [re.match(r"(\S+) +([a-z]+)(?: \?)? +same +(\w+)", row) for row in rows[1:]]
    for row in found:
        assert row is not None
        id, verdict, method = row.groups()
        record = Ledger().read(REGISTRY[f"{paper}/{id}"])
        assert record is not None
        assert (record["recorded"], record["result"]["method"]) == (verdict, method), id
    assert {row.group(2) for row in found if row} == {"proved", "supported", "refuted"}
