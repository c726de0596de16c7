from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge
from sphinx.util.docutils import docutils_namespace, patch_docutils

from claims import ClaimError
from claims.book.code import FOLDERS
from claims.book.sphinx import sources
from claims.book.symbols import REPOSITORY, locate, source_page

#: MyST uses what the next Sphinx but one removes; it says so when a link does not resolve.
pytestmark = pytest.mark.filterwarnings("ignore:'myst_parser")

CONFIGURATION = """
from claims.book.sphinx import roles, sources
extensions = ["myst_parser"]
html_theme = "basic"
def setup(app):
    sources.register(app)
    roles.register(app)
"""


def build(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A book of one page and one source page: its HTML and the warnings."""
    monkeypatch.setattr(sources, "files", lambda: {"circuits/error.py": REPOSITORY / "circuits/error.py"})
    (folder / "conf.py").write_text(CONFIGURATION, encoding="utf-8")
    (folder / "index.md").write_text(f"# Book\n\n{text}\n", encoding="utf-8")
    warnings = StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(folder, folder, folder / "html", folder / "trees", "html", status=None, warning=warnings)
        app.build()
    return (folder / "html" / "index.html").read_text(encoding="utf-8"), warnings.getvalue()


def line_of(path: str, start: str) -> int:
    lines = (REPOSITORY / path).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(start))


@pytest.mark.parametrize(
    ("symbol", "path", "start"),
    [
        ("circuits.formats.access.read", "circuits/formats/access.py", "def read("),
        ("circuits.formats.read", "circuits/formats/access.py", "def read("),
        ("circuits.sat.solve", "circuits/sat/solve.py", "def solve("),
        ("circuits.sat.solve.Answer.holds", "circuits/sat/solve.py", "    def holds("),
        ("circuits.sat.SOLVERS", "circuits/sat/solve.py", "SOLVERS ="),
        ("claims.Verdict", "claims/engine/verdict.py", "class Verdict"),
        ("circuits.sat.Answer", "circuits/sat/solve.py", "@dataclass"),
    ],
)
def test_a_symbol_is_found_where_it_is_defined(symbol: str, path: str, start: str) -> None:
    """Re-exports are followed, a function comes before the module of its name, a decorator begins what it decorates."""
    place = locate(symbol)
    assert (place.path, place.line) == (path, line_of(path, start))


@pytest.mark.parametrize("symbol", ["circuits.sat.resolve", "circuits.sat.solve.solve.more", "torch.Tensor", "1", ""])
def test_a_symbol_that_is_not_there_is_an_error(symbol: str) -> None:
    """A name that names nothing in the three packages is one clear error."""
    with pytest.raises(ClaimError, match="no symbol"):
        locate(symbol)


def test_links_lead_to_source_pages_and_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to Python leads to its page and line, one to another file to a copy, a symbol to its line."""
    text = "[e](../circuits/error.py#L3) [c](../constraints.txt) {symbol}`circuits.error.CircuitError`"
    page, warnings = build(tmp_path, text, monkeypatch)
    line = locate("circuits.error.CircuitError").line
    assert warnings == ""
    assert 'href="source/circuits/error.html#L3"' in page
    assert f'href="source/circuits/error.html#L{line}"' in page
    (copy,) = tmp_path.glob("html/_downloads/*/constraints.txt")
    assert copy.read_bytes() == (REPOSITORY / "constraints.txt").read_bytes()


def test_a_source_page_holds_the_file_with_an_anchor_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line has its anchor, and what one reads without the numbers is the file."""
    build(tmp_path, "Text.", monkeypatch)
    html = (tmp_path / "html" / source_page("circuits/error.py")).read_text(encoding="utf-8")
    text = (REPOSITORY / "circuits/error.py").read_text(encoding="utf-8")

    class Code(HTMLParser):
        code, depth, number = "", 0, False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.depth += tag == "pre"
            self.number = ("class", "linenos") in attrs

        def handle_endtag(self, tag: str) -> None:
            self.depth -= tag == "pre"
            self.number = False

        def handle_data(self, data: str) -> None:
            self.code += data if self.depth and not self.number else ""

    parser = Code()
    parser.feed(html)
    assert parser.code.strip() == text.strip()
    assert all(f'id="L{number}"' in html for number in range(1, len(text.splitlines()) + 1))


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("{symbol}`circuits.sat.resolve`", "no symbol 'circuits.sat.resolve'"),
        ("[gone](../circuits/gone.py)", "'../circuits/gone.py'"),
    ],
)
def test_what_does_not_exist_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, warning: str) -> None:
    """A symbol or a file that does not exist is a warning, which fails the build of the book."""
    assert warning in build(tmp_path, text, monkeypatch)[1]


def test_every_python_file_has_a_page() -> None:
    """The pages are those of the four folders, each by its path in the repository."""
    files = sources.files()
    assert {path.split("/")[0] for path in files} == set(FOLDERS)
    assert all(file == REPOSITORY / path for path, file in files.items())
    assert source_page("circuits/sat.py", 42) == "source/circuits/sat.html#L42"


def test_processes_colour_as_one_does() -> None:
    """Shared out among two processes, the pages are the same and in the same order."""
    chosen = [REPOSITORY / "circuits" / name for name in ("error.py", "__init__.py")] * 9
    found = [list(sources.coloured(number, PygmentsBridge("html"), chosen)) for number in (1, 2)]
    assert found[0] == found[1]
    assert len(found[0]) == 18
