"""Each entry, taken apart and compared with the ledger: every row, badge, worked line, repair and mutant.

The text is parsed here without the code that writes it. That code has changed for every third claim, so to say, so
that `stale` is seen where it must be, and nowhere else.
"""

import inspect
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

import pytest

from claims.book.code import MODELS
from claims.book.homes import page
from claims.book.known import Known
from claims.book.pages import front, papers
from claims.book.pages.entries import entry as pages_entry
from claims.book.pages.entries import named
from claims.book.standing import is_printed, mutants_refuted, number, slack_sentence, witness_lines
from claims.book.symbols import REPOSITORY
from claims.book.text.markdown import escaped, statement, typeset
from claims.engine.claim import Claim
from claims.engine.ledger import Ledger
from claims.engine.registry import Registry
from claims.engine.state import State

Found = Mapping[str, Any]
#: A link to a claim, with its badges.
NAMED = re.compile(r"\[([^\]]+)\]\(#([^)]+)\)((?: \[[a-z ]+\]\{\.verdict \.[a-z-]+\})*)")
BADGE = re.compile(r"\[([a-z ]+)\]\{\.verdict \.([a-z-]+)\}")
ORDER = ("proved", "supported", "refuted", "inconclusive", None)


@pytest.fixture(scope="module")
def known() -> Known:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(State, "fresh", lambda _, claim: len(claim.id) % 3 != 0)
        known = Known(State.load(None))
        assert known.found
    return known


@pytest.fixture(scope="module")
def written(known: Known) -> dict[str, str]:
    return papers.pages(known)


@dataclass(frozen=True)
class Entry:
    """An entry of a page, in its parts: paragraphs by their bold lead, rows, the list of worked lines, the rest."""

    heading: str
    verdict: str
    printed: str
    summary: str
    paragraphs: Mapping[str, list[str]]
    rows: Mapping[str, str]
    worked: Sequence[str]
    details: str


def entries(text: str) -> Iterator[tuple[str, Entry]]:
    """The entries of a page, with their labels."""
    for part in re.split(r"^(?=\([^\s()]+\)=$)", text, flags=re.MULTILINE)[1:]:
        label = part[1 : part.index(")")]
        if label.count("/") and not label.endswith("/parts"):
            yield label, entry(part)


def entry(part: str) -> Entry:
    """One entry, taken apart."""
    body, _, rest = part.partition("<details>")
    head = re.match(r"\(.*\)=\n#+ (.*)\n\n\{#verdict-\S+ \.verdict-line\}\n(.*)\n\n", body)
    assert head, part[:200]
    frame = re.match(r":::\{container\} (.*?)\n:::\n\n([^\n]*)", body[head.end() :], re.DOTALL)
    assert frame, part[:400]
    told = body[head.end() + frame.end() :]
    rows = dict(re.findall(r"^([A-Z][\w ]+)\n: (.*)$", told, re.MULTILINE))
    paragraphs: dict[str, list[str]] = {}
    for lead, said in re.findall(r"^\*\*([\w ]+?)[.:]?\*\*,?(.*?)(?=\n\n(?!- )|\Z)", told, re.MULTILINE | re.DOTALL):
        paragraphs.setdefault(lead, []).append(said.strip())
    _, _, worked = told.partition("{.worked}\n")
    lines = re.match(r"(?:1\. .*\n?)*", worked)
    return Entry(
        head[1], head[2], frame[1], frame[2], paragraphs, rows,
        re.findall(r"^1\. (.*)$", lines[0] if lines else "", re.MULTILINE), rest.partition("</details>")[0],
    )  # fmt: skip


def words(found: Found) -> list[str]:
    """What the badges of a claim must say."""
    stale = found["verdict"] and not found["fresh"]
    return [found["verdict"] or "not run", *(["in doubt"] if found["in_doubt"] else []), *(["stale"] if stale else [])]


def badges(text: str) -> list[str]:
    """The words of badges; each has the colour of its word."""
    for word, name in BADGE.findall(text):
        assert name == ("doubt" if word in ("in doubt", "stale") else word.replace(" ", "-"))
    return [word for word, _ in BADGE.findall(text)]


def names(text: str) -> list[tuple[str, str, list[str]]]:
    """The claims that a text names: label, id, words of the badges."""
    return [(label, id, badges(after)) for label, id, after in NAMED.findall(text)]


def as_named(known: Known, ids: Sequence[str]) -> list[tuple[str, str, list[str]]]:
    """What `names` must find."""
    return [(escaped(known.found[id]["label"]), id, words(known.found[id])) for id in ids]


def in_one_line(text: str) -> str:
    return typeset(" ".join(text.split()))


def counted(verdicts: Sequence[str | None]) -> str:
    counts = Counter(verdicts)
    return ", ".join(f"{counts[verdict]} {verdict or 'not run'}" for verdict in ORDER if counts[verdict])


def killed(mutants: Sequence[Found]) -> str:
    return f"{[mutant['verdict'] for mutant in mutants].count('refuted')} of {len(mutants)} mutants refuted"


def test_every_entry_says_what_the_ledger_says(known: Known, written: dict[str, str]) -> None:
    """Heading, badges, statement, failure, repairs, rows, evidence and mutants, of every claim, once."""
    seen = []
    for path, text in written.items():
        for id, told in entries(text):
            seen.append(id)
            assert path == f"{page(id)}.md"
            found = known.found[id]
            check_head(found, told)
            check_failure(known, found, told)
            check_rows(known, found, told)
            check_evidence(found, told)
    assert sorted(seen) == sorted(known.found)
    assert {word for found in known.found.values() for word in words(found)} >= {"in doubt", "stale", "refuted"}


def check_head(found: Found, told: Entry) -> None:
    assert told.heading == escaped(found["label"])
    assert badges(told.verdict) == words(found), found["id"]
    said = re.sub(rf"^(?:{BADGE.pattern} )+", "", told.verdict)
    assert said == f"by {found['method']} · {in_one_line(found['scope'])} · {killed(found['mutants'])}", found["id"]
    assert told.printed == f"statement {found['verdict']}\n{statement(found['statement'])}", found["id"]
    assert told.summary == in_one_line(found["summary"]), found["id"]


def check_failure(known: Known, found: Found, told: Entry) -> None:
    said, witness = told.paragraphs, found["witness"]
    readings = [in_one_line(reading) for reading in found["readings"]]
    listed = [f"- {reading}" for reading in readings] if len(readings) > 1 else readings
    expected = {"Read as": ["\n".join(listed)] if listed else []}
    why = f"Why {found['verdict']}"
    expected[why] = [f"{in_one_line(found['reason'])}."] if found["reason"] else []
    expected["What it touches"] = [in_one_line(found["effect"])] if found["verdict"] == "refuted" else []
    repairs = [(id, known.registry[id].changes) for id in found["repairs"]]
    what = found["repairs_what"]
    repaired = [(what["claim"], what["changes"])] if what else []
    for lead, told_of in (("What holds instead", repairs), ("Repairs", repaired)):
        assert [names(line) for line in said.get(lead, [])] == [as_named(known, [id]) for id, _ in told_of], found["id"]
        expected[lead] = [in_one_line(changes) for _, changes in told_of]
    plain = {lead: [NAMED.sub("", line, count=1).removeprefix(": ") for line in lines] for lead, lines in said.items()}
    for lead, lines in expected.items():
        assert plain.get(lead, []) == lines, (found["id"], lead)
    assert names(" ".join(said.get("In doubt", []))) == as_named(known, found["in_doubt"]), found["id"]
    assert (witness is None) == ("Why it fails" not in said)
    if witness:
        assert said["Why it fails"] == [
            f"A witness, confirmed by {escaped(witness['route'])} (margin {escaped(witness['violation'])}):"
        ]
    assert list(told.worked) == [in_one_line(line) for line in (witness["worked"] if witness else [])], found["id"]


def check_rows(known: Known, found: Found, told: Entry) -> None:
    id, rows = found["id"], dict(told.rows)
    plain = {"Source": in_one_line(found["source"]), "Domain": in_one_line(found["domain"]), "Id": f"`{id}`"}
    assert {name: rows.pop(name, "") for name in plain} == plain
    users = [other for other, each in known.found.items() if id in each["rests_on"]]
    lists = {
        "Rests on": found["rests_on"], "Carried by": found["carried_by"],
        "What rests on it": users, "In doubt because of it": found["casts_doubt_on"],
    }  # fmt: skip
    for name, ids in lists.items():
        assert names(rows.pop(name, "")) == as_named(known, ids), (id, name)
    links = code_links(rows.pop("Code"))
    assert [f"{file}:{line}" for file, line, _ in links] == [found["code"]], id
    used = {name.partition(".")[2] for *_, name in code_links(rows.pop("It uses", ""))}
    assert {name.rpartition(".")[2] for name in called_by_name(known.registry[id]) if "<" not in name} <= {
        name.rpartition(".")[2] for name in used
    }, id
    assert rows == {}


def code_links(text: str) -> list[tuple[str, int, str]]:
    """File, line and name of each link to code. The line must be where the name is defined."""
    found = []
    for path, at, shown in re.findall(r'href="[./]*source/(.+?)\.html#L(\d+)"><code>(.*?)</code>', text):
        name = shown.replace("&#95;<wbr>", "_")
        lines = source(f"{path}.py")[int(at) - 1 :]
        begun = next(line for line in lines if not line.startswith(("@", " ", ")")))
        last = name.rpartition(".")[2]
        assert lines[0].startswith(("@", "def ", "class ", "    @", "    def ", "lambda")), (path, at)
        assert re.match(rf"(?:def|class) {last}\b", begun) or lines[0].startswith(" "), (path, at, name)
        found.append((f"{path}.py", int(at), name))
    return found


def source(path: str, read: dict[str, list[str]] = {}) -> list[str]:  # noqa: B006 - kept between calls on purpose
    if path not in read:
        read[path] = (REPOSITORY / path).read_text(encoding="utf-8").splitlines()
    return read[path]


def called_by_name(claim: Claim) -> set[str]:
    """The functions and classes of circuits, reductions and the papers that the check itself names."""
    body = inspect.unwrap(claim.body)
    values = [body.__globals__[name] for name in body.__code__.co_names if name in body.__globals__]
    return {
        value.__qualname__
        for value in values
        if isinstance(value, FunctionType | type) and value.__module__.startswith(MODELS)
    }


def check_evidence(found: Found, told: Entry) -> None:
    details, id = told.details, found["id"]
    mutants = [f"- {escaped(mutant['name'])}: {mutant['verdict'] or 'not run'}" for mutant in found["mutants"]]
    listed = details.partition("**Mutants** (false on purpose: the check must refute each)\n\n")[2].partition("\n\n")[0]
    assert listed.splitlines() == mutants, id
    told_methods = re.findall(r"^\*\*By (.*?): (.*?)\.\*\* Scope: (.*)$", details, re.MULTILINE)
    assert [told_of[:2] for told_of in told_methods] == [(e["method"], e["verdict"]) for e in found["evidence"]], id
    for (*_, said), evidence in zip(told_methods, found["evidence"], strict=True):
        numbers = " ".join(said.removeprefix(f"{escaped(evidence['scope'])}.").split())
        assert numbers.count(";") >= len(evidence["numbers"]) - 1
        assert all(escaped(name.replace("_", " ")) in numbers for name in evidence["numbers"]), id
    steps = [escaped(step) for e in found["evidence"] for step in e["steps"] if not step.startswith("argument: ")]
    assert [step for step in steps if step not in details] == [], id
    for name, slack in found["resolution"].items():
        assert f"- {escaped(name)}: printed {slack['printed']:.6g}, still held at {slack['held_at']:.6g}" in details, id
    assert f"seed {found['run']['seed']}, {found['run']['effort']} effort, on {found['run']['device']}" in details


def rows_of(text: str) -> list[list[str]]:
    """The cells of a list-table, row by row, without its head."""
    rows: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("* -"):
            rows.append([line[4:]])
        elif line.startswith("  -") and rows:
            rows[-1].append(line[4:])
        elif line.startswith("    ") and rows:
            rows[-1][-1] += f"\n{line[4:]}"
    return rows[1:]


def test_a_proof_is_told_step_by_step_in_its_order(known: Known, written: dict[str, str]) -> None:
    """One row a step: its name and verdict, where it is printed, its statement, its code."""
    proofs = {path: text for path, text in written.items() if path.count("/") == 2}
    steps: dict[str, list[str]] = {path: [] for path in proofs}
    for claim in known.registry:
        if f"{page(claim.id)}.md" in proofs:
            steps[f"{page(claim.id)}.md"].append(claim.id)
    for path, text in proofs.items():
        rows = rows_of(re.findall(r"^```\{list-table\}\n.*?\n```$", text, re.MULTILINE | re.DOTALL)[0])
        assert [names(row[0])[0][1:] for row in rows] == [(id, words(known.found[id])) for id in steps[path]]
        for (_, place, says, code), id in zip(rows, steps[path], strict=True):
            found = known.found[id]
            assert (place, says) == (in_one_line(found["source"]), statement(found["statement"])), id
            assert [f"{file}:{line}" for file, line, _ in code_links(code)] == [found["code"]]


def test_the_counts_of_a_paper_are_those_of_the_ledger(known: Known, written: dict[str, str]) -> None:
    """Claims, verdicts and mutants of the paper, and of each of its proofs."""
    for id, paper in known.papers.items():
        text, of_paper = written[f"papers/{id}.md"], [each for each in known.found.values() if each["paper"] == id]
        mutants = [mutant for each in of_paper for mutant in each["mutants"]]
        verdicts = counted([each["verdict"] for each in of_paper])
        assert f"**{len(of_paper)} claims: {verdicts}.** {killed(mutants)}. See " in text
        step_by_step = r"^\[Step by step: (\d+) claims of (.*) \((.*)\)\]\(#(.*)/parts\)"
        for total, label, verdicts, whole in re.findall(step_by_step, text, re.MULTILINE):
            steps = [each for each in of_paper if page(each["id"]) == f"papers/{whole}"]
            assert (int(total), verdicts) == (len(steps), counted([each["verdict"] for each in steps]))
            assert label in written[f"papers/{whole}.md"]
        overview = text.partition("## What fails as printed\n")[2].partition("\n```\n")[0]
        failing = {each["id"] for each in of_paper if each["verdict"] == "refuted" and each["id"].count("/") == 1}
        assert {names(row[0])[0][1] for row in rows_of(overview)} == failing
        for item, _, repairs in rows_of(overview):
            ids = known.found[names(item)[0][1]]["repairs"]
            assert badges(repairs) == [word for one in ids for word in words(known.found[one])]
        assert paper.title in text.replace("\\", "")


def test_the_front_page_counts(known: Known) -> None:
    """How many claims have which verdict, of all and of each paper; what the refuted are, and which are mended."""
    text = front.pages(known)["index.md"]
    found = list(known.found.values())
    assert f"**{len(found)} claims: {counted([each['verdict'] for each in found])}.**" in text
    refuted = [each for each in found if each["verdict"] == "refuted"]
    printed = [each for each in refuted if is_printed(known.registry[each["id"]])]
    items = [each for each in printed if each["id"].count("/") == 1]
    best = [
        next(verdict for verdict in ORDER if verdict in had)
        for each in refuted
        if (had := {known.found[id]["verdict"] for id in each["repairs"]} & {"proved", "supported"})
    ]
    kinds = f"{len(items)} numbered items or remarks of their own, {len(printed) - len(items)} steps of proofs"
    assert kinds in text
    assert f" {len(refuted) - len(printed)} variants of ours" in text
    assert f"{len(best)} of these {len(refuted)} have a repair that holds ({counted(best)})" in text
    rows = {row[0].partition("#")[2].rstrip(")"): row for row in rows_of(text)}
    for id in known.papers:
        of_paper = [each for each in found if each["paper"] == id]
        assert rows[id][1] == counted([each["verdict"] for each in of_paper])
        theorems = [each["id"] for each in of_paper if each["kind"] == "theorem" and each["id"].count("/") == 1]
        assert sorted(names(rows[id][2])) == sorted(as_named(known, theorems))


def test_what_is_printed(known: Known) -> None:
    """A claim is ours where its source, or a part of it, begins with that; a word in passing does not make it so."""
    claim = next(iter(known.registry))
    ours = ("ours: the end of Lemma 2's domain", "Appendix B, eq. 18; ours", "the toy. Ours", "Lemma 7 (not printed)")
    sources = dict.fromkeys(ours, False) | {"Section 4.1; abstract. The generality is ours": True, "Lemma 1": True}
    assert {source: is_printed(replace(claim, source=source)) for source in sources} == sources


def invented(known: Known, *claims: Claim) -> Known:
    """A registry of these claims, none of which has been run."""
    registry = Registry()
    for claim in claims:
        registry.add(claim)
    return Known(State(registry, Ledger(None), dict.fromkeys((claim.id for claim in claims), None)))


@pytest.fixture
def plain(known: Known) -> Claim:
    """A claim of no paper's, to be varied."""
    return replace(
        next(iter(known.registry)), rests_on=(), carried_by=(), repairs=None, changes="", readings=(), body=entry
    )


def test_a_repair_stands_where_its_id_puts_it(known: Known, plain: Claim) -> None:
    """A theorem that repairs another one has one entry, its own; the repair below an item stands below it."""
    told = invented(
        known,
        replace(plain, id="p/theorem-1"),
        replace(plain, id="p/theorem-2", repairs="p/theorem-1", changes="all"),
        replace(plain, id="p/theorem-1/repair", repairs="p/theorem-1", changes="some"),
        replace(plain, id="p/lemma-3/repair", repairs="p/theorem-1", changes="more"),
    )
    text = papers.pages(told)["papers/p.md"]
    order = [label for label, _ in entries(text)]
    assert order == ["p/theorem-1", "p/theorem-1/repair", "p/theorem-2", "p/lemma-3/repair"]
    assert text.count("**What holds instead.**") == 3


def test_a_blank_line_does_not_end_a_list(known: Known, plain: Claim) -> None:
    """What an author wrote in several paragraphs is one line of the list that it stands in."""
    claim = replace(plain, id="p/lemma-1", domain="all x\n\nand y", readings=("x is\n\ny", "z"), source="here\n\nthere")
    told = dict(entries(papers.pages(invented(known, claim))["papers/p.md"]))["p/lemma-1"]
    assert (told.rows["Domain"], told.rows["Source"]) == ("all x and y", "here there")
    assert told.paragraphs["Read as"] == ["- x is y\n- z"]


def test_words_that_pages_and_commands_share() -> None:
    """Mutants that live are not counted as refuted; a slack without end, a range, and a witness without arithmetic."""
    mutants = [{"verdict": verdict} for verdict in ("refuted", "supported", None)]
    assert (mutants_refuted(mutants), mutants_refuted([])) == ("1 of 3 mutants refuted", "")
    slack = {"printed": 2.0, "held_at": 1.5, "refuted_at": None}
    assert slack_sentence("c", slack) == "c: printed 2, still held at 1.5, never refuted"
    assert slack_sentence("c", slack | {"refuted_at": 1.25}).endswith("held at 1.5, refuted at 1.25")
    assert [number([1, 2]), number([1, 2, 3]), number({"a": [0, 1]})] == ["1 to 2", "1, 2, 3", "a 0 to 1"]
    assert witness_lines({"worked": [" x = 1,"], "values": {"x": [1]}}) == ["x = 1,"]
    assert witness_lines({"worked": [], "values": {"x": [1]}}) == ["x = [1]"]


def test_why_a_check_could_not_decide(known: Known) -> None:
    """The reason that the ledger gives stands in the entry, in one paragraph."""
    claim = next(iter(known.registry))
    told = Known(known.state)
    told.__dict__["found"] = {**known.found, claim.id: {**known.found[claim.id], "reason": "no power\n\nwithin budget"}}
    text = dict(entries(pages_entry(told, claim, 3)))[claim.id]
    assert text.paragraphs[f"Why {known.found[claim.id]['verdict']}"] == ["no power within budget."]


def test_a_claim_that_was_not_run(known: Known, plain: Claim) -> None:
    """It has a badge that says so, no method, and no evidence."""
    told = dict(entries(papers.pages(invented(known, replace(plain, id="p/lemma-1")))["papers/p.md"]))["p/lemma-1"]
    assert told.verdict == "[not run]{.verdict .not-run} no record in the ledger"
    assert (told.printed.splitlines()[0], told.details) == ("statement not-run", "")


def test_a_paper_that_nobody_signs(known: Known, plain: Claim) -> None:
    """Without authors, venue and year there is no line of them, and no lone stop."""
    assert "\n.\n" not in papers.pages(invented(known, replace(plain, id="p/lemma-1")))["papers/p.md"]


def test_another_paper_is_named(known: Known) -> None:
    """A claim of another paper is linked with that paper's name."""
    id = "koehler-2022/theorem-4"
    short = known.papers["koehler-2022"].short
    assert names(named(known, id, "shekhovtsov-2022"))[0][0] == f"{short}, Theorem 4"
    assert names(named(known, id, "koehler-2022")) == names(named(known, id)) == as_named(known, [id])
