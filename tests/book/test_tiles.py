"""The picture of the verdicts: one tile a claim, and the file that the README shows."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from claims.book import homes
from claims.book.drawings.marks import look
from claims.book.drawings.tiles import block, in_order, in_words, verdicts_svg
from claims.book.known import Known
from claims.cli.app import main
from claims.engine.paper import Paper, load_contents
from claims.engine.state import State, by_paper

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def state() -> State:
    return State.load(None)


@pytest.fixture(scope="module")
def papers(state: State) -> dict[str, Paper]:
    return load_contents(state.registry)


def tiles(svg: str) -> list[ET.Element]:
    """The tiles of a picture, in order."""
    return [e for e in ET.fromstring(svg).iter() if e.attrib.get("class", "").startswith("tile ")]


def test_one_tile_a_claim(state: State, papers: dict[str, Paper]) -> None:
    """Tiles stand in the papers' order, each with the look of its verdict, round for a repair, dashed in doubt."""
    doubts, found = state.doubts(), tiles(verdicts_svg(state, list(state.registry), papers))
    ordered = [
        claim
        for id, group in sorted(by_paper(list(state.registry)).items())
        for members in in_order(papers[id], group)
        for claim in members
    ]
    assert len(found) == len(ordered) == len(state.registry)
    for tile, claim in zip(found, ordered, strict=True):
        assert tile.findtext(f"{SVG}title").startswith(f"{claim.paper}, {claim.label}: ")
        doubt = " doubt" if claim.id in doubts else ""
        assert tile.attrib["class"] == f"tile {look(state.verdict(claim.id))}{doubt}"
        assert (float(tile.find(f"{SVG}rect").attrib["rx"]) > 5) == (claim.kind == "repair")


def test_items_stand_in_the_papers_order(state: State, papers: dict[str, Paper]) -> None:
    """Theorem 1 stands before the lemmas of the appendix, whatever order they are declared in."""
    claims = state.registry.select(["koehler-2022"])
    order = [members[0].id.split("/")[1] for members in in_order(papers["koehler-2022"], claims)]
    assert order == [item for section in papers["koehler-2022"].sections for item in section.items]


def test_links(state: State, papers: dict[str, Paper]) -> None:
    """Within the book a tile leads to its claim; it is no stop for the keyboard, for there are hundreds."""
    claims = state.registry.select(["pareek-risteski-2021"])
    found = tiles(verdicts_svg(state, claims, papers, address=lambda id: f"x.html#{id}", inlined=True))
    assert [(t.tag, t.attrib["tabindex"]) for t in found] == [(f"{SVG}a", "-1")] * len(claims)
    assert {t.attrib["href"] for t in found} == {f"x.html#{claim.id}" for claim in claims}


def test_the_block_of_a_page(state: State) -> None:
    """The front page has the picture with links to every claim's home, as seen from there."""
    known = Known(state)
    text = block(known, "index")
    assert (text[:15], text[-4:]) == ("```{raw} html\n<", "\n```")
    svg = text[text.index("<svg") : text.index("</svg>") + 6]
    assert {t.attrib["href"] for t in tiles(svg)} == {homes.address(c.id, "index") for c in known.registry}


def test_counts_are_in_words(state: State, papers: dict[str, Paper]) -> None:
    """The counts stand below each title and in the picture's name, for those who do not see it."""
    claims, doubts = state.registry.select(["koehler-2022"]), state.doubts()
    root = ET.fromstring(verdicts_svg(state, claims, papers))
    words = in_words(state, claims, doubts)
    assert root.attrib["role"] == "img"
    assert words in root.attrib["aria-label"]
    assert f"koehler-2022, {len(claims)} claims: {words}" in [text.text for text in root.iter(f"{SVG}text")]
    assert words.endswith(f"; {sum(claim.id in doubts for claim in claims)} in doubt")


def test_stale_is_said(state: State, papers: dict[str, Paper], monkeypatch: pytest.MonkeyPatch) -> None:
    """The title of a tile says where the code has changed since, in the book; a picture that is kept does not."""
    claims = state.registry.select(["pareek-risteski-2021"])
    monkeypatch.setattr(State, "fresh", lambda _, claim: claim is not claims[0])
    assert ", stale" not in verdicts_svg(state, claims, papers)
    drawn = verdicts_svg(state, claims, papers, address=lambda id: f"#{id}")
    titles = [tile.findtext(f"{SVG}title") for tile in tiles(drawn)]
    assert [f"{claims[0].label}: " in title for title in titles] == [", stale" in title for title in titles]
    assert sum(", stale" in title for title in titles) == 1


def test_the_readme_shows_the_verdicts_of_today(
    state: State, papers: dict[str, Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/verdicts.svg is what the code draws from the ledger, were it fresh: to see to that is another's matter."""
    monkeypatch.setattr(State, "fresh", lambda *_: True)
    drawn = verdicts_svg(state, list(state.registry), papers) + "\n"
    kept = (ROOT / "docs" / "verdicts.svg").read_text(encoding="utf-8")
    assert kept == drawn, "draw it again: lemmata list --picture docs/verdicts.svg"


def test_list_draws_what_it_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`lemmata list --picture` draws the selected claims beside the list; a folder that is not there is refused."""
    picture = tmp_path / "verdicts.svg"
    assert main(["list", "koehler-2022/lemma-*", "--picture", str(picture)]) == 0
    listed = capsys.readouterr().out
    assert f"{len(tiles(picture.read_text(encoding='utf-8')))} claims." in listed
    assert main(["list", "--picture", str(tmp_path / "no" / "verdicts.svg")]) == 2
    assert "cannot be written" in capsys.readouterr().err
