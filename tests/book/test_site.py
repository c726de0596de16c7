"""The folder of the book: what `lemmata book` replaces and leaves alone, and where claims and their code go."""

import importlib
import re
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the book needs Sphinx: pip install 'lemmata[book]'")

from docutils.nodes import make_id

from claims import ClaimError, Verdict, exhaustive
from claims.book import code, homes, site
from claims.book.sphinx.roles import badges
from claims.cli.app import main
from claims.engine.claim import Claim
from claims.engine.registry import REGISTRY, Registry, load_papers
from claims.engine.state import State


def a(id: str, rests_on: tuple[str, ...] = (), body: Callable[[object], object] = lambda case: case) -> Claim:
    return Claim(id, "s", "s", "d", (exhaustive(list, "nothing"),), body, rests_on)


def registry_of(*claims: Claim) -> Registry:
    registry = Registry()
    for claim in claims:
        registry.add(claim)
    return registry


@pytest.fixture
def sphinx(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """In place of Sphinx: a site of one page, then whatever the test says."""
    fake = SimpleNamespace(calls=[], then=lambda: None)

    def run(source: Path, made: Path, trees: Path) -> None:
        fake.calls.append((source, trees))
        made.joinpath("graphs").mkdir(parents=True)
        made.joinpath("index.html").write_text("new")
        fake.then()

    monkeypatch.setattr(site, "run_sphinx", run)
    monkeypatch.setattr(site, "gather", lambda source, _known: source.mkdir(exist_ok=True))
    return fake


def stop() -> None:
    raise KeyboardInterrupt


def warn() -> None:
    raise ClaimError("a link leads nowhere")


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(
    tmp_path: Path, sphinx: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """A call that names such a folder, or a file, ends with code 2 and one line, and nothing is written or deleted."""
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "mine.html").write_text("mine")
    for given in (tmp_path, tmp_path / "html" / "mine.html"):
        assert main(["book", "--out", str(given)]) == 2
        assert f"--out {given}" in capsys.readouterr().err.replace("\n", "")
    assert [path.name for path in tmp_path.rglob("*")] == ["html", "mine.html"]
    assert sphinx.calls == []


def test_a_book_is_built_whole_and_replaces_the_one_before(tmp_path: Path, sphinx: SimpleNamespace) -> None:
    """In a folder that is new, empty or of a book; no page comes from an earlier build, whose verdicts may be old."""
    out = tmp_path / "new" / "book"
    assert site.build(out).read_text() == "new"
    (out / "html" / "gone.html").write_text("of the build before")
    (out / "making-left").mkdir()
    site.build(out)
    assert sorted(path.name for path in out.iterdir()) == [site.MARKER, "html", "source"]
    assert not (out / "html" / "gone.html").exists()
    assert len({trees for _, trees in sphinx.calls}) == 2
    assert not any(trees.exists() for _, trees in sphinx.calls)


@pytest.mark.parametrize(("then", "error"), [(warn, ClaimError), (stop, KeyboardInterrupt)])
def test_a_build_that_fails_leaves_the_old_site(
    tmp_path: Path, sphinx: SimpleNamespace, then: Callable[[], None], error: type[BaseException]
) -> None:
    """Whether Sphinx has a warning or the user an interrupt: the old pages stay, and nothing half made does."""
    site.build(tmp_path)
    (tmp_path / "html" / "index.html").write_text("old")
    sphinx.then = then
    with pytest.raises(error):
        site.build(tmp_path)
    assert (tmp_path / "html" / "index.html").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [site.MARKER, "html", "source"]


def test_an_interrupt_is_told_as_one(
    tmp_path: Path, sphinx: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends with code 130 and says that the old book stays."""
    sphinx.then = stop
    assert main(["book", "--out", str(tmp_path)]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_port_is_taken_before_the_book_is_built(
    tmp_path: Path, sphinx: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who names one that is taken, or none at all, need not wait for the build to learn it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for port in (taken.getsockname()[1], 99999):
            assert main(["book", "--out", str(tmp_path), "--open", "--port", str(port)]) == 2
            assert "port" in capsys.readouterr().err
    assert sphinx.calls == []


@pytest.mark.filterwarnings("ignore:'myst_parser")  # it uses what a later Sphinx removes, and says so at such a link
def test_a_warning_names_the_guide_to_mend_and_ends_the_build(tmp_path: Path) -> None:
    """Not its copy; what is made by a program is said to be so."""
    (tmp_path / "conf.py").write_text("extensions = ['myst_parser']\nroot_doc = 'tutorial'\n")
    (tmp_path / "tutorial.md").write_text("# A guide\n\n[nowhere](nowhere.md)\n")
    with pytest.raises(ClaimError, match=r"not been built:\ndocs/tutorial\.md:3: WARNING.*nowhere"):
        site.run_sphinx(tmp_path, tmp_path / "html", tmp_path / "trees")
    assert site.told_of(tmp_path, f"{tmp_path}/papers/a.md:7: no") == "papers/a.md (made by claims.book):7: no"


def test_sources_are_gathered_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of sources holds the guides and what is made, and nothing of a build before."""
    monkeypatch.setattr(site, "generated", lambda _known: {"graphs/a.svg": "<svg/>"})
    (tmp_path / "source" / "papers").mkdir(parents=True)
    (tmp_path / "source" / "papers" / "dropped.md").write_text("# A paper that is no longer registered")
    site.gather(tmp_path / "source", SimpleNamespace(registry=Registry()))
    found = {path.relative_to(tmp_path / "source").as_posix() for path in (tmp_path / "source").rglob("*.*")}
    assert {"conf.py", "tutorial.md", "graphs/a.svg", "static/scorer.js"} <= found
    assert "papers/dropped.md" not in found


def test_anchors_are_those_of_docutils() -> None:
    """Each claim's anchor is the id that docutils makes of its label."""
    for id in ("a/lemma-1/step-x", "2022-smith/lemma-1", "a/lemma--1-", *(claim.id for claim in load_papers())):
        assert homes.anchor(id) == make_id(id)
    homes.refuse_shared_anchors(REGISTRY)


@pytest.mark.parametrize("pair", [("a/lemma-1", "a/lemma--1"), ("a/l/x/y", "a/l/x-y"), ("1a/lemma", "1a/lemma-")])
def test_two_claims_at_one_anchor_are_refused(pair: tuple[str, str]) -> None:
    """The error names both."""
    with pytest.raises(ClaimError, match=f"{pair[0]} and {pair[1]} would both"):
        homes.refuse_shared_anchors(registry_of(*map(a, pair)))


def test_a_claim_s_link_says_doubt_and_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the verdict stands `in doubt` where a refuted claim is used, and `stale` where the code has changed."""
    registry = registry_of(a("a/lemma-1"), a("a/lemma-2", ("a/lemma-1",)), a("a/lemma-3"))
    verdicts = {"a/lemma-1": Verdict.REFUTED, "a/lemma-2": Verdict.PROVED, "a/lemma-3": None}
    monkeypatch.setattr(State, "verdict", lambda _self, id: verdicts[id])
    monkeypatch.setattr(State, "fresh", lambda _self, claim: claim.id == "a/lemma-1")
    state = State(registry, SimpleNamespace(), {})
    assert badges(state, "a/lemma-1") == [("refuted", "refuted")]
    assert badges(state, "a/lemma-2") == [("proved", "proved"), ("in doubt", "doubt"), ("stale", "doubt")]
    assert badges(state, "a/lemma-3") == [("not run", "not-run")]


def test_the_code_of_a_reader_s_own_paper_has_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check's link leads to a page that is made, whether its paper is a package, a module or one of ours."""
    (tmp_path / "coin_paper" / "models").mkdir(parents=True)
    for name in ("coin_paper/__init__.py", "coin_paper/models/__init__.py", "coin_paper/models/coin.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "coin_paper" / "claims.py").write_text("def check(case):\n    return case\n")
    (tmp_path / "coin_alone.py").write_text("\n\ndef check(case):\n    return case\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    mine = [importlib.import_module(name).check for name in ("coin_paper.claims", "coin_alone")]
    checks = [*(a(f"coins/lemma-{n}", body=body) for n, body in enumerate(mine)), *load_papers()]
    pages = code.files(checks)
    for claim in checks:
        path, line = re.findall(r'href="[./]*source/(.+)\.html#L(\d+)"', code.code_link(claim))[0]
        assert "def " in "".join(pages[f"{path}.py"].read_text().splitlines()[int(line) - 1 : int(line) + 200])
    assert pages["coin_paper/models/coin.py"] == tmp_path / "coin_paper" / "models" / "coin.py"
    assert "coin_alone.py" in pages
    assert not [path for path in pages if path.startswith(("tests/", "/", ".."))]
