"""The told guides: their pictures and tables are of the run that the page shows, and stand well in a page."""

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("sphinx")

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from claims.book.sphinx.execute import called, inlined, register
from claims.book.told import draw, encoder, graphs, reduction
from claims.engine.registry import ClaimError

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = {"reduction-told": reduction, "encoder-told": encoder}
SVG = "{http://www.w3.org/2000/svg}"


def named(directive: str) -> list[str]:
    """The functions that the guides name in a directive."""
    text = "".join((DOCS / f"{guide}.md").read_text() for guide in GUIDES)
    return re.findall(rf"```\{{{directive}\}} (\S+)", text)


def program(guide: str) -> dict[str, Any]:
    """What the guide's Python leaves behind."""
    text = (DOCS / f"{guide}.md").read_text()
    left: dict[str, Any] = {"__name__": guide}
    exec(compile("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)), guide, "exec"), left)
    return left


@pytest.mark.parametrize("target", named("picture"))
def test_a_picture_is_well_formed_and_has_a_title(target: str) -> None:
    """Inlined, it is XML with a role, a name and ids of its own, without a style or an address for the whole page."""
    svg = inlined(called(target), 'what "it" shows', "here")
    root = ET.fromstring(svg)
    assert (root.tag, root.get("role"), root.get("aria-label")) == (f"{SVG}svg", "img", 'what "it" shows')
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == 'what "it" shows'
    assert root.get("viewBox")
    ids = [element.get("id", "") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(id.startswith("here-") for id in ids)
    assert {id[1:] for id in re.findall(r'href="(#[^"]+)"', svg)} <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(ids)
    assert "<style" not in svg
    assert set(re.findall(r'"(https?://[^"]*)"', svg)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert draw.INK not in svg


@pytest.mark.parametrize("target", named("computed"))
def test_a_table_is_one_with_rows(target: str) -> None:
    """What the guides insert is a list-table with a header and at least one row, all of the same length."""
    rows = re.split(r"^\* -", called(target), flags=re.MULTILINE)[1:]
    assert len(rows) >= 2
    assert len({row.count("\n  -") for row in rows}) == 1


def test_the_pictures_of_the_reduction_are_of_the_guide_s_own_run() -> None:
    """The guide's program, stage by stage, ends with the circuit and the numbers that its pictures and tables have."""
    left, told = program("reduction-told"), reduction.run()
    done = told.done
    assert left["inversion"].successes.equal(done.inversion.successes)
    assert left["hypothesis"] == done.hypothesis
    assert left["found"].chosen == done.derandomised.chosen
    assert left["verdict"].inverted.equal(done.verdict.inverted)
    assert left["plan"] == reduction.PLAN
    gates = left["invertor"]
    for array in ("fanin0", "fanin1", "outputs"):
        assert (getattr(gates, array) == getattr(done.invertor, array)).all()
    assert f"{gates.num_ands} ANDs, {gates.num_xors} XORs" in reduction.sizes()
    assert f"{left['encoder'].parameter_count} parameters" in reduction.sizes()


def test_the_pictures_of_the_encoder_are_of_the_guide_s_own_run() -> None:
    """The guide's program makes the generator, the plan, the samples and the distance that its page shows."""
    left, told = program("encoder-told"), encoder.run()
    assert left["G"].constants == told.generator.constants
    assert left["x"].equal(told.x)
    assert left["encoder"].plan == told.encoder.plan
    assert left["z"].equal(encoder.chain_after(told.encoder.plan.langevin_steps))
    assert f"{left['distance'].low:.4f} to {left['distance'].high:.4f}" in encoder.encoder_table()
    assert f"{left['encoder'].parameter_count:,}" in encoder.encoder_table()


def test_the_run_is_deterministic() -> None:
    """A second run from nothing draws the same bytes."""
    before = [reduction.pairs(), reduction.deviations(), encoder.chain()]
    reduction.run.cache_clear()
    encoder.run.cache_clear()
    assert [reduction.pairs(), reduction.deviations(), encoder.chain()] == before


def test_a_picture_shows_what_the_run_found() -> None:
    """The graph of the invertor has a node for each gate; that of the encoder one for each node, and for each noise."""
    told = reduction.run()
    styles = graphs.circuit_graph(told.done.invertor, labelled=False).style
    assert styles.count(graphs.KINDS["and"]) == told.done.invertor.num_ands
    assert styles.count(graphs.KINDS["xor"]) == told.done.invertor.num_xors
    graph = graphs.encoder_graph(told.encoder)
    assert graph.style.count(graphs.NOISE) == told.encoder.noise_size
    assert [label for label in graph.label if label] == ["x0", "x1", "x2", "x3", "z0", "z1", "z2", "z3"]


def luminance(colour: str) -> float:
    """The relative luminance of #rrggbb, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", draw.COLOURS)
def test_a_colour_is_seen_on_a_light_page_and_on_a_dark_one(colour: str) -> None:
    """Its contrast is 3 at least with white and with the dark page's ground, as WCAG asks of graphics."""
    assert 1.05 / (luminance(colour) + 0.05) >= 3
    assert (luminance(colour) + 0.05) / (luminance("#131416") + 0.05) >= 3


@pytest.mark.parametrize("target", ["claims.book", "claims.book:nothing", "claims.nowhere:f", ":f"])
def test_a_function_that_is_not_there_is_one_clear_error(target: str) -> None:
    """The error names what was asked for, and how to write it."""
    with pytest.raises(ClaimError, match=r"write module:function"):
        called(target)


def test_what_is_no_picture_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text without an SVG is refused, and so is what is no text."""
    with pytest.raises(ClaimError, match="is no SVG"):
        inlined("a table", "alt", "here")
    monkeypatch.setattr(encoder, "sizes", lambda: 3)
    with pytest.raises(ClaimError, match="returned int"):
        called("claims.book.told.encoder:sizes")


def build(folder: Path, page: str) -> tuple[str, str]:
    """The page as HTML, and the warnings."""
    (folder / "conf.py").write_text("extensions = ['myst_parser']\n")
    (folder / "index.md").write_text(page)
    (folder / "drawn_for_a_test.py").write_text(
        'def svg():\n    return \'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><g id="a"/></svg>\'\n'
        "def lines():\n    return '| a | b |\\n|---|---|\\n| 1 | **2** |'\n"
    )
    warnings = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(folder, folder, folder / "out", folder / "trees", "html", status=None, warning=warnings)
        register(app)
        app.build()
    return (folder / "out" / "index.html").read_text(), warnings.getvalue()


def test_the_directives_make_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture is inlined with its caption, twice with different ids; what is computed is Markdown."""
    monkeypatch.syspath_prepend(str(tmp_path))
    picture = "```{picture} drawn_for_a_test:svg\n:alt: a picture\n\nA *caption*.\n```\n\n"
    html, warnings = build(tmp_path, f"# Page\n\n{picture}{picture}```{{computed}} drawn_for_a_test:lines\n```\n")
    assert not warnings
    assert html.count('role="img" aria-label="a picture"') == 2
    ids = re.findall(r'<g id="([^"]+)"', html)
    assert len(set(ids)) == len(ids) == 2
    assert "A <em>caption</em>." in html
    assert "<strong>2</strong>" in html


def test_a_picture_without_words_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing :alt: names the page and the line, and is a warning, which ends the book's build."""
    monkeypatch.syspath_prepend(str(tmp_path))
    _, warnings = build(tmp_path, "# Page\n\n```{picture} drawn_for_a_test:svg\n```\n")
    assert re.search(r"index\.md:3.*wants :alt:", warnings)
