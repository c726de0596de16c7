"""The book in a real browser: it loads, reads, searches and prints, without a network, a mouse or a large screen.

`LEMMATA_BOOK=build/book/html` tests a book that is there; `LEMMATA_BROWSER=required` fails where no browser is.
"""

import contextlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from claims.cli.app import main

pytest.importorskip("playwright", reason="the browser tests need playwright: pip install 'lemmata[test]'")
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect

#: One process visits the pages; the others do something else meanwhile (`pytest --dist loadgroup`).
pytestmark = pytest.mark.xdist_group("book")

PAPER = "papers/koehler-2022.html"
GRAPH = "graphs/koehler-2022.html"
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 900}
VERDICTS = ("proved", "supported", "refuted", "inconclusive", "not-run", "doubt")

ABORTED = "net::ERR_ABORTED"

#: What a page says of itself once it has been laid out.
READ = r"""() => {
    const shown = (one) => one.checkVisibility({ contentVisibilityAuto: true });
    const flat = (one) => { const box = one.getBoundingClientRect(); return box.width < 1 || box.height < 1; };
    const maths = [...document.querySelectorAll("math")];
    const raw = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const { parentElement, data } = walk.currentNode;
        if (/\\[a-zA-Z]{2,}|\$\$/.test(data) && !parentElement.closest("code, pre, script, style, annotation"))
            raw.push(data.trim().slice(0, 80));
    }
    return {
        maths: maths.length,
        flat: maths.filter((one) => one.textContent.trim() && shown(one) && flat(one)).length,
        raw,
        mute: [...document.images].filter((one) => !one.alt.trim()).map((one) => one.src),
    };
}"""

#: By how much the page, or the part of it that scrolls, is wider than the screen.
EXCESS = """() => Math.max(...[document.documentElement, document.body, document.querySelector(".content")]
    .map((one) => one.scrollWidth - Math.min(one.clientWidth, innerWidth)))"""

#: The verdicts beside each claim's heading, on the pages at these addresses.
BADGES = """async (addresses) => {
    const found = {}, reader = new DOMParser();
    for (const address of addresses) {
        const page = reader.parseFromString(await (await fetch(address)).text(), "text/html");
        for (const line of page.querySelectorAll("[id^=verdict-]")) {
            const words = [...line.querySelectorAll(".verdict")].map((one) => one.textContent);
            (found[line.id] ??= []).push(words);
        }
    }
    return found;
}"""

#: The contrast of each verdict's word with its ground, by WCAG 2.
CONTRAST = """(kinds) => {
    const article = document.querySelector("article");
    const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
    const light = (colour) => numbers(colour).slice(0, 3)
        .map((one) => one / 255).map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (one) => {
        for (; one; one = one.parentElement) {
            const colour = getComputedStyle(one).backgroundColor, [, , , alpha = 1] = numbers(colour);
            if (alpha === 1) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    return Object.fromEntries(kinds.map((kind) => {
        const badge = document.createElement("span");
        badge.className = `verdict ${kind}`;
        article.append(badge);
        const [a, b] = [light(getComputedStyle(badge).color), light(ground(badge))];
        return [kind, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    }));
}"""


@dataclass
class Visit:
    """What came of loading a page."""

    said: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def visits(book: Path, address: str, browser: Browser) -> dict[str, Visit]:
    """Each page of the front, of papers, proofs, coverage, errata, reproductions, graphs and guides, loaded once."""
    kinds = ("*.html", "papers/*.html", "papers/*/*.html", "coverage/*.html", "graphs/*.html")
    found = [path for kind in kinds for path in sorted(book.glob(kind))]
    visits: dict[str, Visit] = {}
    with contextlib.closing(browser.new_page()) as page:
        listen(page, address, visits)
        for number, path in enumerate(one.relative_to(book).as_posix() for one in found):
            visits[path] = Visit()
            page.set_viewport_size(DESK)
            page.goto(f"{address}/{path}")
            visits[path].said = page.evaluate(READ)
            if path.count("/") < 2 or number % 10 == 0:  # every tenth proof: they are made alike
                page.set_viewport_size(PHONE)
                visits[path].said["wide"] = page.evaluate(EXCESS)
    return visits


def listen(page: Page, address: str, visits: dict[str, Visit]) -> None:
    """Write down what the page complains of, at the visit that was begun last."""

    def now() -> Visit:
        return visits[next(reversed(visits))]

    page.on("console", lambda said: said.type in ("error", "warning") and now().errors.append(told(said)))
    page.on("pageerror", lambda error: now().errors.append(str(error)))
    # To go to the next page aborts what was still asked for.
    page.on("requestfailed", lambda request: request.failure == ABORTED or now().failed.append(request.url))
    page.on("response", lambda answer: answer.status >= 400 and now().failed.append(answer.url))
    page.on("request", lambda request: local(request.url, address) or now().foreign.append(request.url))


def told(said: ConsoleMessage) -> str:
    """A line of the console, and where it comes from."""
    return f"{said.text} ({said.location['url']})"


def local(url: str, address: str) -> bool:
    """Whether the address is of this book, or no request to any host."""
    return url.startswith((f"{address}/", "data:", "blob:"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on a desk."""
    with contextlib.closing(browser.new_page(viewport=DESK)) as opened:
        opened.set_default_timeout(10_000)
        yield opened


def test_there_are_pages(visits: dict[str, Visit]) -> None:
    """Front, errata, reproductions, graphs and a page for each paper are there."""
    assert {"index.html", "errata.html", "reproductions.html", PAPER, GRAPH, "graphs/index.html"} <= visits.keys()


def test_pages_load_without_errors(visits: dict[str, Visit]) -> None:
    """Nothing is written to the console, and every request is answered."""
    assert {path: visit.errors + visit.failed for path, visit in visits.items() if visit.errors or visit.failed} == {}


def test_nothing_is_asked_of_another_host(visits: dict[str, Visit]) -> None:
    """Fonts, scripts and pictures are the book's own: it works offline."""
    assert {path: visit.foreign for path, visit in visits.items() if visit.foreign} == {}


def test_maths_is_rendered(visits: dict[str, Visit]) -> None:
    """Papers' pages hold formulas, every formula that is shown takes room, and no LaTeX is left in the text."""
    assert all(visit.said["maths"] for path, visit in visits.items() if re.fullmatch("papers/[^/]+", path))
    assert {path: visit.said["flat"] for path, visit in visits.items() if visit.said["flat"]} == {}
    assert {path: visit.said["raw"] for path, visit in visits.items() if visit.said["raw"]} == {}


def test_pictures_are_told(visits: dict[str, Visit]) -> None:
    """Every picture has an alternative text."""
    assert {path: visit.said["mute"] for path, visit in visits.items() if visit.said["mute"]} == {}


def test_badges_are_what_the_command_lists(book: Path, address: str, page: Page) -> None:
    """Every claim has one home, whose badge says the verdict, and the doubt, that `lemmata list --json` says."""
    with contextlib.redirect_stdout(io.StringIO()) as written:
        assert main(["list", "--json"]) == 0
    claims = json.loads(written.getvalue())
    page.goto(f"{address}/{PAPER}")
    pages = [f"{address}/{path.relative_to(book).as_posix()}" for path in (book / "papers").rglob("*.html")]
    found = page.evaluate(BADGES, pages)
    assert found == {f"verdict-{claim['id'].replace('/', '-')}": [expected(claim)] for claim in claims}


def expected(claim: dict[str, Any]) -> list[str]:
    """The words that stand beside a claim's heading."""
    said = [claim["verdict"] or "not run"]
    said += ["in doubt"] if claim["in_doubt"] else []
    return said + (["stale"] if claim["verdict"] and not claim["fresh"] else [])


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_node_of_the_graph_leads_to_its_claim(address: str, browser: Browser, scripts: bool) -> None:
    """A click on a box opens the claim's home at the claim, with JavaScript and without."""
    with contextlib.closing(browser.new_page(java_script_enabled=scripts)) as page:
        page.set_default_timeout(10_000)
        page.goto(f"{address}/{GRAPH}")
        page.locator('figure[data-name="items"] a.node[data-id="koehler-2022/lemma-5"]').click()
        page.wait_for_url(f"**/{PAPER}#koehler-2022-lemma-5")
        expect(page.locator("#koehler-2022-lemma-5").first).to_be_in_viewport()


def test_the_graph_is_filtered_searched_and_zoomed(address: str, page: Page) -> None:
    """A verdict that is unticked goes, what is sought is marked, and + makes the picture larger."""
    page.goto(f"{address}/{GRAPH}")
    figure = page.locator('figure[data-name="items"]')
    figure.get_by_text("Filter", exact=True).click()
    proved = figure.locator('a.node[data-verdict="proved"]')
    expect(proved.first).to_be_visible()
    figure.get_by_label("proved", exact=True).uncheck()
    expect(proved.first).to_be_hidden()
    expect(figure.locator('a.node[data-verdict="refuted"]').first).to_be_visible()
    figure.get_by_label("proved", exact=True).check()
    figure.get_by_label("Find a claim").fill("Lemma 5")
    expect(figure.locator('a.node.found[data-id="koehler-2022/lemma-5"]')).to_have_count(1)
    expect(figure.locator('a.node.found[data-id="koehler-2022/theorem-1"]')).to_have_count(0)
    width = figure.locator("svg").evaluate("(one) => one.getBoundingClientRect().width")
    figure.get_by_role("button", name="+", exact=True).click()
    assert figure.locator("svg").evaluate("(one) => one.getBoundingClientRect().width") > 1.1 * width


EQUATION = ("coverage/pareek-risteski-2022.html", r"Equation \(33\)")
LEMMA = ("papers/pareek-risteski-2022.html", r"Lemma 22\b")
SOUGHT = {
    "equation 33": EQUATION, "Equation (33)": EQUATION, "eq. 33": EQUATION, "(33)": EQUATION, "33": EQUATION,
    "Lemma 22": LEMMA, "theorem 2": ("papers/[a-z0-9-]+.html", r"Theorem 2\b"),
}  # fmt: skip


@pytest.mark.parametrize("sought", SOUGHT)
def test_search_finds_a_numbered_item(address: str, page: Page, sought: str) -> None:
    """The search, which needs no network, leads to the item by its first result, and shows there what it is."""
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: said.type in ("error", "warning") and errors.append(told(said)))
    home, name = SOUGHT[sought]
    page.goto(f"{address}/search.html?q={quote_plus(sought)}")
    page.locator("#search-results .search-summary", has_text="found").wait_for()
    first = page.locator("#search-results li").first
    expect(first.locator(".context")).to_contain_text(re.compile(name))
    first.locator("a").click()
    page.wait_for_url(re.compile(f"/{home}#"))
    there = page.locator(":target").evaluate("(one) => one.closest('tr, li, section').innerText")
    assert re.match(name, there), there[:200]
    assert [url for url in asked if not local(url, address)] == errors == []


def test_a_paper_s_items_come_before_what_is_said_of_them(address: str, page: Page) -> None:
    """Three papers have a Theorem 2: their own come first, before the errata and the guides."""
    page.goto(f"{address}/search.html?q=theorem+2")
    page.locator("#search-results .search-summary", has_text="found").wait_for()
    found = page.locator("#search-results li a").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert all(re.fullmatch(r"papers/[^/]+#[a-z0-9-]+-theorem-2", one) for one in found[:3]), found[:3]


def test_a_phone_scrolls_in_one_direction(visits: dict[str, Visit]) -> None:
    """At 360 pixels nothing is wider than the page: wide tables, formulas and graphs scroll by themselves."""
    assert {path: visit.said["wide"] for path, visit in visits.items() if visit.said.get("wide", 0) > 0} == {}


def test_the_keyboard_reaches_everything(address: str, page: Page) -> None:
    """Tab goes to the skip link first, to the search and to the contents; the skip link leads to the page's claims."""
    page.goto(f"{address}/{PAPER}")
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(focused(page))
    assert "skip" in reached[0]
    assert any("sidebar-search" in one for one in reached), reached
    assert any("sidebar-tree" in one for one in reached), reached
    page.goto(f"{address}/{PAPER}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert "article" in focused(page)


def focused(page: Page) -> str:
    """Classes of what has the focus, and of what it stands in."""
    script = """() => {
        const names = [];
        for (let one = document.activeElement; one; one = one.parentElement)
            names.push(one.localName, one.className?.baseVal ?? one.className);
        return names.join(" ");
    }"""
    return str(page.evaluate(script))


THEMES = [("light", "auto"), ("dark", "auto"), ("light", "dark"), ("dark", "light")]


@pytest.mark.parametrize(("system", "theme"), THEMES)
def test_badges_have_contrast(address: str, browser: Browser, system: Any, theme: str) -> None:
    """Verdicts are legible by WCAG AA (4.5) in light and in dark, chosen by the system or by the reader."""
    with contextlib.closing(browser.new_page(color_scheme=system)) as page:
        page.goto(f"{address}/{PAPER}")
        page.evaluate("(theme) => { document.body.dataset.theme = theme; }", theme)
        found = page.evaluate(CONTRAST, list(VERDICTS))
        assert {kind: ratio for kind, ratio in found.items() if ratio < 4.5} == {}
        dark = (system if theme == "auto" else theme) == "dark"
        brightness = page.evaluate("Number(getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0])")
        assert (brightness < 128) == dark


def test_print_has_the_claims_only(address: str, page: Page) -> None:
    """On paper there is no navigation, and what is folded away on a screen is there."""
    page.goto(f"{address}/{PAPER}")
    folded = page.locator("article details > :not(summary)").first
    expect(folded).to_be_hidden()
    page.emulate_media(media="print")
    for place in (".sidebar-drawer", ".toc-drawer", ".mobile-header"):
        expect(page.locator(place)).to_be_hidden()
    expect(page.locator(".verdict").first).to_be_visible()
    expect(folded).to_be_visible()
