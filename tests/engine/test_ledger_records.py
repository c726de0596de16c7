"""The ledger keeps what was accepted, loses nothing, and says what is wrong."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from claims import Claim, ClaimError, claim, exhaustive
from claims.engine.ledger import Ledger

RUN = {"digest": "d", "seed": 0, "seconds": 1.0}


def result(verdict: str) -> dict[str, Any]:
    """Return a result of that verdict."""
    return {"verdict": verdict, "mutants": [], "evidence": [], "scope": "≤ all"}


@pytest.fixture
def declared(tmp_path: Path) -> Claim:
    """Give a claim whose paper lies in a folder of its own."""
    source = tmp_path / "paper" / "theorem.py"
    source.parent.mkdir()
    source.write_text("def check(case):\n    return None\n")
    names: dict[str, Any] = {}
    exec(compile(source.read_text(), str(source), "exec"), names)
    method = exhaustive(list, "nothing")
    return claim("paper/lemma-1", statement="x", source="s", domain="d", by=[method])(names["check"])


class TestRecords:
    """What is written, and when."""

    def test_a_paper_of_several_folders_has_one_ledger(self, declared: Claim, tmp_path: Path) -> None:
        """A claim in a package below the one named after its paper is recorded in the latter's folder."""
        for package in (tmp_path / "paper", tmp_path / "paper" / "proofs"):
            package.mkdir(exist_ok=True)
            (package / "__init__.py").touch()
        below = tmp_path / "paper" / "proofs" / "lemmas.py"
        below.write_text("def check(case):\n    return None\n")
        names: dict[str, Any] = {}
        exec(compile(below.read_text(), str(below), "exec"), names)
        method = exhaustive(list, "nothing")
        other = claim("paper/lemma-2", statement="x", source="s", domain="d", by=[method])(names["check"])
        assert Ledger().path(other) == tmp_path / "paper" / "ledger" / "paper" / "lemma-2.json"
        assert Ledger().path(declared).parent == Ledger().path(other).parent

    def test_a_record_lies_in_the_papers_own_folder(self, declared: Claim, tmp_path: Path) -> None:
        """The first result is the accepted one; the file is JSON that a person can read."""
        ledger = Ledger()
        assert ledger.read(declared) is None
        ledger.write(declared, result("supported"), RUN, record=False)
        path = tmp_path / "paper" / "ledger" / "paper" / "lemma-1.json"
        assert ledger.path(declared) == path
        assert json.loads(path.read_text()) == ledger.read(declared)
        assert "≤ all" in path.read_text()
        record = ledger.read(declared)
        assert record is not None
        assert record["recorded"] == "supported"

    def test_the_accepted_verdict_changes_on_request_only(self, declared: Claim) -> None:
        """A new result stands beside it until it is recorded."""
        ledger = Ledger()
        seen = []
        for verdict, record in (("supported", False), ("refuted", False), ("refuted", True)):
            ledger.write(declared, result(verdict), RUN, record=record)
            stored = ledger.read(declared)
            assert stored is not None
            seen.append((stored["recorded"], stored["result"]["verdict"]))
        assert seen == [("supported", "supported"), ("supported", "refuted"), ("refuted", "refuted")]

    def test_unchanged_content_leaves_the_file_alone(self, declared: Claim) -> None:
        """A run that differs in its duration alone does not touch the file."""
        ledger = Ledger()
        ledger.write(declared, result("supported"), RUN, record=False)
        path = ledger.path(declared)
        os.utime(path, (1, 1))
        ledger.write(declared, result("supported"), {**RUN, "seconds": 9.0}, record=False)
        assert path.stat().st_mtime == 1
        ledger.write(declared, result("supported"), {**RUN, "seed": 1}, record=False)
        assert path.stat().st_mtime > 1

    def test_another_folder_lies_over_the_papers_own(self, declared: Claim, tmp_path: Path) -> None:
        """Records are read from both and written to the one; what was accepted carries over."""
        own, over = Ledger(), Ledger(tmp_path / "over")
        own.write(declared, result("supported"), RUN, record=False)
        before = own.path(declared).read_bytes()
        assert over.read(declared) == own.read(declared)
        over.write(declared, result("refuted"), RUN, record=False)
        stored = over.read(declared)
        assert stored is not None
        assert (stored["recorded"], stored["result"]["verdict"]) == ("supported", "refuted")
        assert own.path(declared).read_bytes() == before


class TestAccidents:
    """Nothing is lost, and there is one message."""

    @pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
    def test_a_write_that_fails_leaves_the_old_file(
        self, error: BaseException, declared: Claim, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full disk is one message, Ctrl-C stays what it is; no half-written file remains."""
        ledger = Ledger()
        ledger.write(declared, result("supported"), RUN, record=False)
        path = ledger.path(declared)
        before = path.read_bytes()

        def fail(*arguments: Any) -> None:
            raise error

        monkeypatch.setattr(os, "replace", fail)
        expected = ClaimError if isinstance(error, OSError) else KeyboardInterrupt
        with pytest.raises(expected) as raised:
            ledger.write(declared, result("refuted"), RUN, record=True)
        assert path.read_bytes() == before
        assert os.listdir(path.parent) == [path.name]
        if expected is ClaimError:
            assert "cannot be written (No space left on device); give another folder" in str(raised.value)

    @pytest.mark.parametrize(
        "content",
        [
            b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}",
            b'{"schema": 99, "id": "paper/lemma-1"}',
            b'{"schema": 1, "id": "paper/lemma-2"}',
            b'{"schema": 1, "id": "paper/lemma-1", "recorded": "true", "result": {"verdict": "proved"}}',
            b'{"schema": 1, "id": "paper/lemma-1", "recorded": "proved", "result": {"verdict": "proved"}}',
            b'{"schema": 1, "id": "paper/lemma-1", "recorded": "proved", "result": "proved"}',
        ],
    )  # fmt: skip
    def test_a_corrupt_file_is_one_error(self, content: bytes, declared: Claim) -> None:
        """The message names the file and the remedy; the file is left as it is."""
        ledger = Ledger()
        path = ledger.path(declared)
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        with pytest.raises(ClaimError, match="not a ledger record of this version") as raised:
            ledger.read(declared)
        assert str(path) in str(raised.value)
        assert "lemmata verify paper/lemma-1 --record" in str(raised.value)
        assert "\n" not in str(raised.value)
        assert path.read_bytes() == content

    def test_an_unwritable_folder_is_told_before_work_is_done(self, declared: Claim, tmp_path: Path) -> None:
        """A file where the folder should be; the message gives the option."""
        (tmp_path / "file").write_text("")
        with pytest.raises(ClaimError, match=r"the ledger cannot be written .* --ledger DIR"):
            Ledger(tmp_path / "file").check_writable([declared])
        Ledger(tmp_path / "new").check_writable([declared])
