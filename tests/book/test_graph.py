"""The graph of claims: what is drawn, where it stands, where its links lead, and what the script adds."""

import random
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from claims.book import homes
from claims.book.drawings.graph import claims_svg, pages
from claims.book.drawings.layers import Box, Point, arranged, layered, levels
from claims.book.drawings.marks import DOUBT, INK, LINE, LOOKS, PAGE, look, verdict_colours
from claims.book.drawings.nodes import items
from claims.book.known import Known
from claims.engine.state import State

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "claims" / "book" / "static"
SVG = "{http://www.w3.org/2000/svg}"
KOEHLER = "koehler-2022"


@pytest.fixture(scope="module")
def state() -> State:
    return State.load(None)


def drawn(svg: str) -> dict[str, ET.Element]:
    """The nodes of a picture by id."""
    return {e.attrib["data-id"]: e for e in ET.fromstring(svg).iter() if "data-id" in e.attrib}


def edges(svg: str) -> set[tuple[str, str]]:
    """The edges of a picture."""
    found = ET.fromstring(svg).iter(f"{SVG}path")
    return {(e.attrib["data-from"], e.attrib["data-to"]) for e in found if "data-from" in e.attrib}


def kinds(svg: str) -> dict[tuple[str, str], str]:
    """The kind of each edge of a picture."""
    found = [e.attrib for e in ET.fromstring(svg).iter(f"{SVG}path") if "data-from" in e.attrib]
    return {(e["data-from"], e["data-to"]): e["class"].removeprefix("edge ") for e in found}


class TestClaims:
    def test_each_claim_is_a_node_with_its_verdict_in_words(self, state: State) -> None:
        """Class, mark and spoken words of every claim are those of its verdict, and tell doubt."""
        doubts = state.doubts()
        nodes = drawn(claims_svg(state, list(state.registry)))
        assert list(nodes) == [claim.id for claim in state.registry]
        for claim in state.registry:
            node, name = nodes[claim.id], look(state.verdict(claim.id))
            classes = node.attrib["class"].split()
            assert classes[:2] == ["node", name]
            assert classes[-1] == f"kind-{claim.kind}"
            assert ("doubt" in classes) == (claim.id in doubts) == ("in doubt" in node.attrib["aria-label"])
            assert node.attrib["aria-label"].startswith(f"{claim.label}: {LOOKS[name].word}")
            assert node.find(f"{SVG}path").attrib["d"] == LOOKS[name].mark
            assert claim.summary in node.findtext(f"{SVG}title")

    def test_edges_are_those_of_the_registry(self, state: State) -> None:
        """Every edge of the registry is drawn, and no other."""
        assert edges(claims_svg(state, list(state.registry))) == set(state.registry.graph().edges())

    def test_edges_are_of_the_kind_that_is_declared(self, state: State) -> None:
        """A line says whether its end is used, carries, or is repaired; the last of these that is declared."""
        declared: dict[tuple[str, str], str] = {}
        for claim in state.registry:
            declared |= dict.fromkeys(((claim.id, id) for id in claim.rests_on), "rests_on")
            declared |= dict.fromkeys(((claim.id, id) for id in claim.carried_by), "carried_by")
            declared |= {(claim.id, claim.repairs): "repairs"} if claim.repairs else {}
        assert kinds(claims_svg(state, list(state.registry))) == declared
        assert set(declared.values()) == {"rests_on", "carried_by", "repairs"}

    def test_stale_is_said(self, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
        """Title and spoken words say where the code has changed since, and only there."""
        claims = state.registry.select([KOEHLER])
        monkeypatch.setattr(State, "fresh", lambda _, claim: claim is not claims[0])
        for fold in (False, True):
            nodes = drawn(claims_svg(state, claims, fold=fold))
            assert [id for id, node in nodes.items() if ", stale" in node.attrib["aria-label"]] == [claims[0].id]
            assert [id for id, node in nodes.items() if ", stale" in node.findtext(f"{SVG}title")] == [claims[0].id]

    def test_links_lead_home(self, state: State) -> None:
        """With addresses a node is a link to its claim's home; without, the picture has no links."""
        claims = state.registry.select([KOEHLER])
        place = partial(homes.address, from_page="graphs/all")
        for id, node in drawn(claims_svg(state, claims, address=place)).items():
            assert (node.tag, node.attrib["href"]) == (f"{SVG}a", place(id))
        assert "href" not in claims_svg(state, claims)

    def test_equal_states_give_equal_text(self, state: State) -> None:
        """The picture is the same each time, so that it can be kept and compared."""
        claims = state.registry.select([KOEHLER])
        assert claims_svg(state, claims) == claims_svg(state, claims)

    def test_no_claims(self, state: State) -> None:
        """An empty picture is a picture."""
        assert drawn(claims_svg(state, [])) == {}


class TestItems:
    def test_steps_are_folded_into_their_item(self, state: State) -> None:
        """An item has its own verdict, and counts the parts that are refuted or in doubt, and its repairs."""
        folded = {node.id: node for node in items(state, list(state.registry))[0]}
        assert set(folded) == {homes.item(claim.id) for claim in state.registry}
        theorem = folded[f"{KOEHLER}/theorem-4"]
        steps = [c.id for c in state.registry if c.id.startswith(f"{theorem.id}/step") and c.kind == "step"]
        refuted = [id for id in steps if look(state.verdict(id)) == "refuted"]
        assert theorem.look == look(state.verdict(theorem.id))
        repair = look(state.verdict(f"{theorem.id}/repair"))
        assert theorem.notes == (f"repair {repair}", f"{len(refuted)} of {len(steps)} parts refuted")

    def test_doubt_is_not_lost_in_the_folding(self, state: State) -> None:
        """An item in doubt has the dashed border and the words; parts that are refuted or in doubt are counted."""
        doubts, doubtful = state.doubts(), 0
        nodes = drawn(claims_svg(state, list(state.registry), fold=True))
        for id, node in nodes.items():
            of_item = [claim for claim in state.registry if homes.item(claim.id) == id]
            parts = [claim for claim in of_item if claim.id.count("/") > 1 and claim.kind != "repair"]
            own = id in doubts
            assert ("doubt" in node.attrib["class"].split()) == own == (", in doubt" in node.attrib["aria-label"])
            assert ("In doubt: " in node.findtext(f"{SVG}title")) == own
            found = {
                "refuted": sum(look(state.verdict(claim.id)) == "refuted" for claim in parts),
                "in doubt": sum(claim.id in doubts for claim in parts),
            }
            written = " ".join(text.text for text in node.iter(f"{SVG}text"))
            for word, number in found.items():
                said = re.findall(rf"(\d+)(?: of {len(parts)} parts?)? {word}", written)
                assert said == ([str(number)] if number else []), id
            doubtful += own + found["in doubt"]
        assert doubtful == sum(claim.kind != "repair" for claim in map(state.registry.__getitem__, doubts))

    def test_kinds_survive_the_folding(self, state: State) -> None:
        """A line between items is solid where any part of the one rests on any of the other."""
        order = ["rests_on", "carried_by", "repairs"]
        between: dict[tuple[str, str], list[str]] = {}
        for (start, end), kind in kinds(claims_svg(state, list(state.registry))).items():
            between.setdefault((homes.item(start), homes.item(end)), []).append(kind)
        expected = {edge: min(found, key=order.index) for edge, found in between.items() if edge[0] != edge[1]}
        assert kinds(claims_svg(state, list(state.registry), fold=True)) == expected

    def test_an_item_without_statement_of_its_own_is_never_not_run(self, state: State) -> None:
        """A table that is several claims counts their verdicts; its link leads to the first of them."""
        folded = {node.id: node for node in items(state, list(state.registry))[0]}
        without = [id for id in folded if id not in state.registry]
        assert without
        for id in without:
            members = [claim for claim in state.registry if homes.item(claim.id) == id]
            assert (folded[id].look, folded[id].home) == ("parts", members[0].id)
            parts = [claim for claim in members if claim.kind != "repair"]
            counted = sum(int(note.split()[0]) for note in folded[id].notes if "doubt" not in note)
            assert counted == len(parts)

    def test_edges_are_contracted(self, state: State) -> None:
        """Items are joined where claims of theirs are, and two that use parts of each other are joined both ways."""
        whole = state.registry.graph()
        contracted = {(homes.item(start), homes.item(end)) for start, end in whole.edges()}
        found = edges(claims_svg(state, list(state.registry), fold=True))
        assert found == {(start, end) for start, end in contracted if start != end}
        assert any((end, start) in found for start, end in found)


class TestLayout:
    def test_boxes_do_not_overlap(self) -> None:
        """However many claims there are, no two boxes meet, and all are on the sheet."""
        tree = nx.gn_graph(80, seed=1)
        graph = nx.relabel_nodes(tree, {node: f"p/theorem-{node}" for node in tree})
        graph.add_nodes_from(["alone", "alone too"])
        sheet = arranged(
            graph, {node: (40.0 + 3 * (len(node) % 7), 20.0 + number % 9) for number, node in enumerate(graph)}
        )
        boxes = list(sheet.boxes.values())
        assert len(boxes) == 82
        for number, one in enumerate(boxes):
            assert one.x >= 0
            assert one.y >= one.height / 2
            assert one.x + one.width <= sheet.width + 1e-6
            assert one.y + one.height / 2 <= sheet.height + 1e-6
            assert not any(meet(one, other) for other in boxes[:number])

    def test_no_edge_runs_through_a_box(self, state: State) -> None:
        """Where an edge passes a column, it has a place of its own there."""
        nodes, graph = items(state, state.registry.select(["pareek-risteski-2022"]))
        graph.remove_edges_from([edge for edge in graph.edges() if edge[::-1] in graph.edges()])
        sheet = arranged(graph, {node.id: node.size for node in nodes})
        lanes = [lane for points in sheet.routes.values() for lane in straight(points)]
        assert len(lanes) > 20
        for lane in lanes:
            assert not any(meet(lane, box) for box in sheet.boxes.values())

    def test_edges_point_left(self, state: State) -> None:
        """What a claim rests on stands to the left of it."""
        graph = state.registry.graph()
        sheet = layered(graph, dict.fromkeys(graph, (50.0, 20.0)), levels(graph))
        assert all(sheet.boxes[end].x < sheet.boxes[start].x for start, end in graph.edges())

    def test_the_order_of_edges_does_not_matter(self) -> None:
        """The same boxes and edges, given in another order, stand at the same places."""
        tree = nx.gn_graph(40, seed=2)
        graph = nx.relabel_nodes(tree, {node: str(node) for node in tree})
        sizes = dict.fromkeys(sorted(graph), (30.0, 20.0))
        shuffled = nx.DiGraph()
        shuffled.add_edges_from(random.Random(3).sample(list(graph.edges()), graph.number_of_edges()))
        assert arranged(shuffled, sizes) == arranged(graph, sizes)

    def test_a_cycle_is_drawn(self) -> None:
        """Items that use parts of each other stand beside each other, with both edges."""
        graph = nx.DiGraph([("a", "b"), ("b", "a"), ("b", "c")])
        assert set(arranged(graph, dict.fromkeys("abc", (30.0, 20.0))).routes) == set(graph.edges())


def meet(one: Box, other: Box) -> bool:
    """Whether two boxes overlap."""
    beside = one.x >= other.x + other.width or other.x >= one.x + one.width
    return not beside and abs(one.y - other.y) < (one.height + other.height) / 2


def straight(points: tuple[Point, ...]) -> Iterator[Box]:
    """The straight stretches of an edge, through the columns that it passes."""
    for (right, y), (left, _) in zip(points[1:-1:2], points[2::2], strict=True):
        yield Box(left, y, right - left, 0.0)


class TestReadable:
    @pytest.mark.parametrize("page", [0, 1], ids=["light", "dark"])
    def test_contrast(self, page: int) -> None:
        """Text and marks stand out from what they lie on as WCAG AA asks: 4.5 for text, 3 for marks and borders."""
        assert contrast(INK[page], PAGE[page]) >= 4.5
        assert contrast(LINE[page], PAGE[page]) >= 3
        assert contrast(DOUBT[page], PAGE[page]) >= 3
        for each in LOOKS.values():
            fill, line = each.dark if page else each.light
            assert contrast(INK[page], fill) >= 4.5
            assert min(contrast(line, fill), contrast(line, PAGE[page]), contrast(DOUBT[page], fill)) >= 3

    @pytest.mark.parametrize("page", [0, 1], ids=["light", "dark"])
    def test_the_words_on_the_pages_have_the_colours_of_the_pictures(self, page: int) -> None:
        """One palette: the style sheet's inks and papers are those of `LOOKS`, and can be read."""
        sheet = verdict_colours()
        light, *dark = re.findall(r"body\S* \{\n(.*?)\}", sheet, re.DOTALL)
        assert len(dark) == 2
        for block in dark if page else [light]:
            found = dict(re.findall(r"--([a-z-]+): (#\w+);", block))
            assert contrast(found["doubt-ink"], found["doubt-paper"]) >= 4.5
            for name, each in LOOKS.items():
                assert (found[f"{name}-paper"], found[f"{name}-ink"]) == (each.dark if page else each.light)
                assert contrast(found[f"{name}-ink"], found[f"{name}-paper"]) >= 4.5
        used = set(re.findall(r"var\(--([a-z-]+-(?:ink|paper))\)", (STATIC / "book.css").read_text(encoding="utf-8")))
        assert {f"{name}-ink" for name in (*LOOKS, "doubt") if name != "parts"} <= used <= set(found)

    def test_colour_is_never_alone(self) -> None:
        """Every look has a mark and a word of its own."""
        assert len({each.mark for each in LOOKS.values()}) == len({each.word for each in LOOKS.values()}) == len(LOOKS)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.fixture(scope="module")
def written(state: State) -> dict[str, str]:
    """The pages and pictures of the book."""
    return pages(Known(state))


class TestPages:
    def test_pages_and_files(self, state: State, written: dict[str, str]) -> None:
        """Each paper has a page with two graphs, both as files beside it; all papers together have one."""
        papers = dict.fromkeys(claim.paper for claim in state.registry)
        expected = {f"graphs/{paper}{end}" for paper in papers for end in (".md", ".svg", "-claims.svg")}
        assert set(written) == expected | {"graphs/index.md", "graphs/index.svg"}
        for paper in papers:
            page = written[f"graphs/{paper}.md"]
            assert page.count("<svg ") == 2
            assert all(f"graphs/{file}" in written for file in re.findall(r'<figcaption.*?<a href="([^"]+)"', page))
            ids = list(drawn(written[f"graphs/{paper}-claims.svg"]))
            assert ids == [claim.id for claim in state.registry if claim.paper == paper]

    def test_a_raw_block_is_not_cut_short(self, written: dict[str, str]) -> None:
        """No statement holds the fence that would end the block of the picture."""
        page = written[f"graphs/{KOEHLER}.md"]
        assert page.count("```") == 6

    def test_every_page_is_in_the_contents(self, state: State, written: dict[str, str]) -> None:
        """The page of all papers lists those of each."""
        index = written["graphs/index.md"]
        for paper in dict.fromkeys(claim.paper for claim in state.registry):
            assert f"]({paper}.md)" in index
            assert f"\n{paper}\n" in index


@pytest.fixture
def page(written: dict[str, str], browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page of a paper's graphs, which must not say anything on the console."""
    shutil.copytree(STATIC, tmp_path / "_static")
    (tmp_path / "graphs").mkdir()
    blocks = re.findall(r"```\{raw\} html\n(.*?)\n```", written[f"graphs/{KOEHLER}.md"], re.DOTALL)
    html = "<!doctype html><html lang=en><meta charset=utf-8><title>Graph</title>" + "\n".join(blocks)
    (tmp_path / "graphs" / "page.html").write_text(html, encoding="utf-8")
    shown = browser.new_page(viewport={"width": 1200, "height": 900})
    said: list[str] = []
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.goto(f"file://{tmp_path}/graphs/page.html")
    yield shown
    assert said == []
    shown.close()


class TestScript:
    def test_paths(self, state: State, page: Any) -> None:
        """A node in focus shows all that it rests on and all that rests on it; the key o hides all else."""
        whole, id = state.registry.graph(), f"{KOEHLER}/lemma-5"
        concerned = {id} | nx.descendants(whole, id) | nx.ancestors(whole, id)
        graph = page.locator("figure[data-name=claims]")
        page.keyboard.press("Tab")
        graph.locator(f'[data-id="{id}"]').focus()
        assert set(graph.locator(".node.on").evaluate_all("all => all.map(n => n.dataset.id)")) == concerned
        page.keyboard.press("o")
        shown = graph.locator(".node:not(.away)").evaluate_all("all => all.map(n => n.dataset.id)")
        assert set(shown) == concerned
        assert page.url.endswith("#graph=claims&node=lemma-5&only=1")

    def test_an_address_brings_the_view_back(self, state: State, page: Any) -> None:
        """Filters and search stand in the address, and a page that is opened with them shows the same."""
        claims = state.registry.select([KOEHLER])
        page.goto(f"{page.url}#graph=claims&hide=proved.step&find=theorem+5")
        page.reload()
        graph = page.locator("figure[data-name=claims]")
        hidden = [c.id for c in claims if look(state.verdict(c.id)) == "proved" or c.kind == "step"]
        assert graph.locator(".node.away").evaluate_all("all => all.map(n => n.dataset.id)") == hidden
        assert f"{KOEHLER}/theorem-5" in graph.locator(".found").evaluate_all("all => all.map(n => n.dataset.id)")
        assert not graph.locator("input[value=step]").is_checked()
        graph.get_by_role("button", name="Reset").click()
        assert (graph.locator(".away").count(), "#" in page.url) == (0, False)

    def test_the_name_of_a_claim_is_an_address(self, page: Any) -> None:
        """`#lemma-5` chooses the lemma in the first graph that has it."""
        page.goto(f"{page.url}#lemma-5")
        assert page.locator("figure[data-name=items] .node.on").count() > 1
        assert page.locator("figure[data-name=claims] .node.on").count() == 0

    def test_zoom(self, page: Any) -> None:
        """Buttons zoom the picture, which scrolls in its frame; the page itself does not grow."""
        graph = page.locator("figure[data-name=items]")
        before = graph.locator("svg").bounding_box()["width"]
        graph.get_by_title("Zoom in").click()
        assert graph.locator("svg").bounding_box()["width"] == pytest.approx(1.25 * before, abs=1)
        page.set_viewport_size({"width": 360, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
