"""The guides tell the truth: their Python runs, and what they name, call and link to is there."""

import importlib
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import typer

from claims.cli.app import app, main
from claims.engine.registry import REGISTRY, load_papers

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
GUIDES = [path for path in PAGES[1:] if "```python" in path.read_text()]
SESSIONS = ("circuits", "instances")

#: Pages that only the book has: they are made when it is built, and it checks the links to them itself.
GENERATED = ("papers/*", "graphs/*", "api/*", "errata.md", "coverage.md", "reproductions.md")

#: A block of code; a block that opens with {a directive} is text.
FENCE = re.compile(r"^(`{3,})(\w+)?\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAME = re.compile(r"`((?:claims|circuits|reductions)(?:\.\w+)+)[(`]")
LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
CLAIM_ROLE = re.compile(r"\{claim\}`(?:[^`<]*<)?([^`>]+)>?`")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
LABEL = re.compile(r"^\(([^)\s]+)\)=|\{#([\w/-]+)", re.MULTILINE)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_the_python_of_a_guide_runs(guide: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a guide, one after the other, are one program that ends without an error."""
    monkeypatch.chdir(tmp_path)
    program = "\n".join(PYTHON.findall(guide.read_text()))
    exec(compile(program, guide.name, "exec"), {"__name__": guide.stem})


@pytest.mark.parametrize("guide", SESSIONS)
def test_the_sessions_of_a_cookbook_print_what_they_show(
    guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its commands run in order in an empty folder; a ```text block behind some is their output, `...` anything."""
    monkeypatch.chdir(tmp_path)
    shown = 0
    blocks = [(block[2], block[3]) for block in FENCE.finditer((DOCS / f"{guide}.md").read_text())]
    for (kind, code), (next_kind, expected) in zip(blocks, [*blocks[1:], (None, "")], strict=True):
        if kind != "console":
            continue
        for command in _lines(code):
            if command.startswith("lemmata ") and "|" not in command:
                assert main(shlex.split(command, comments=True)[1:]) in (0, 1), (command, capsys.readouterr().err)
        printed = capsys.readouterr().out
        if next_kind == "text":
            assert _matches(printed, expected), f"{code}\nprints\n{printed}"
            shown += 1
    assert shown >= 3


@each_page
def test_the_names_in_a_page_exist(page: Path) -> None:
    """A dotted name of the three packages, in backticks, is a module or what a module holds."""
    missing = [name for name in NAME.findall(_text(page)) if not _exists(name)]
    assert not missing


@each_page
def test_the_commands_in_a_page_exist(page: Path) -> None:
    """Every `lemmata COMMAND ... --option`, in a console block or in backticks, names what there is."""
    wrong = [(command, problem) for command in _commands(page) if (problem := _problem(command))]
    assert not wrong


@each_page
def test_the_links_of_a_page_resolve(page: Path) -> None:
    """A relative link leads to a file of the repository, its anchor to a heading, a label or a claim."""
    load_papers()
    text = INLINE.sub("", _text(page))
    broken = [target for target in LINK.findall(text) if not target.startswith("http") and not _leads(page, target)]
    assert not broken
    assert [id for id in CLAIM_ROLE.findall(_text(page)) if id not in REGISTRY] == []


def _text(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", page.read_text())


def _lines(code: str) -> Iterator[str]:
    """The commands of a console block: the lines behind a prompt, or all if there is no prompt."""
    lines = code.replace("\\\n", " ").splitlines()
    prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    yield from prompted or lines


def _commands(page: Path) -> Iterator[str]:
    """What a page tells the reader to type that begins with `lemmata`, in a pipe or by itself."""
    typed = [
        line
        for block in FENCE.finditer(page.read_text())
        if block[2] in {"console", "bash"}
        for line in _lines(block[3])
    ]
    for line in [*typed, *INLINE.findall(_text(page))]:
        # What a shell puts in the place of $(...) has options of its own.
        for part in re.split(r" \| | && ", re.sub(r"\$\([^)]*\)", "X", line)):
            if part.strip().startswith("lemmata "):
                yield part.strip()


def _problem(command: str) -> str:
    """What of the call does not exist; empty if all does."""
    found: Any = typer.main.get_command(app)
    words = shlex.split(command, comments=True)[1:]
    while hasattr(found, "commands") and words and not words[0].startswith("-"):
        if words[0] not in found.commands:
            return f"no command {words[0]}"
        found = found.commands[words.pop(0)]
    options = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    given = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    return ", ".join(sorted(given - options - {"-h", "--help"}))


def _exists(name: str) -> bool:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            # A field without a default is no attribute of its class.
            if part in getattr(thing, "__dataclass_fields__", {}):
                return True
            if not hasattr(thing, part):
                return False
            thing = getattr(thing, part)
        return True
    return False


def _leads(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    if not path:
        return anchor in REGISTRY or anchor in _anchors(page) or any(anchor in _labels(other) for other in PAGES)
    there = (page.parent / path).resolve()
    if there.is_relative_to(DOCS) and any(fnmatch(str(there.relative_to(DOCS)), one) for one in GENERATED):
        return True
    if not (there.is_relative_to(ROOT) and there.exists()):
        return False
    return not anchor or there.suffix != ".md" or anchor in _anchors(there) | _labels(there)


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub and the book give to headings."""
    titles = [re.sub(r"[`*]|\]\([^)]*\)", "", title).strip().lower() for title in HEADING.findall(_text(page))]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def _labels(page: Path) -> set[str]:
    return {first or second for first, second in LABEL.findall(_text(page))}


def _matches(printed: str, expected: str) -> bool:
    """Whether the lines are alike, however wide the blanks in them; `...` stands for anything."""
    given, wanted = (
        "\n".join(" ".join(line.split()) for line in text.strip().splitlines()) for text in (printed, expected)
    )
    return re.fullmatch(re.escape(wanted).replace(re.escape("..."), ".*"), given, re.DOTALL) is not None
