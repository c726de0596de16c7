"""The registry and the ledgers of every paper: complete, with mutants, effects, witnesses and repairs."""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from claims.engine.claim import LEAST_MUTANTS
from claims.engine.ledger import Ledger
from claims.engine.registry import REGISTRY, load_papers

load_papers()
PAPERS = ("koehler-2022", "pareek-risteski-2021", "pareek-risteski-2022", "shekhovtsov-2022")

#: What the text says of tables and figures. Other items are counted, and the steps that are equations are named,
#: where the contents are tested (tests/engine/test_contents.py).
SAID = (
    *("table-1/remark-fid", "table-1/remark-effect", "table-2/remark-depth", "table-2/remark-counts"),
    "figure-2/remark-pulled",
)


def test_what_the_text_says_of_pictures_is_there() -> None:
    """A table is held while one of its remarks is: each must be named, lest one be lost."""
    assert {f"shekhovtsov-2022/{id}" for id in SAID} <= {claim.id for claim in REGISTRY}


@pytest.mark.parametrize("paper", PAPERS)
class TestPaper:
    """What each paper declares and records."""

    def test_every_claim_has_mutants_and_says_what_it_checks(self, paper: str) -> None:
        """At least two mutants each, and a docstring in words."""
        for claim in REGISTRY:
            if claim.paper == paper:
                assert len(claim.mutants) >= LEAST_MUTANTS, claim.id
                assert claim.summary, claim.id

    def test_every_refuted_claim_tells_its_effect_and_how_to_check_it(self, paper: str) -> None:
        """A refutation without a witness that a reader can check, or without its effect, helps nobody."""
        for claim in REGISTRY:
            record = Ledger().read(claim) if claim.paper == paper else None
            if record and record["recorded"] == "refuted":
                assert claim.effect, claim.id
                assert claim.worked, claim.id

    def test_the_ledger_holds_the_claims_and_no_others(self, paper: str) -> None:
        """Each claim has a record, and what was renamed or dropped leaves nothing behind."""
        (entry,) = entry_points(group="lemmata.papers", name=paper)
        ledger = Path(inspect.getfile(import_module(entry.value))).parent / "ledger"
        recorded = {str(file.relative_to(ledger).with_suffix("")) for file in ledger.rglob("*.json")}
        assert recorded == {claim.id for claim in REGISTRY if claim.paper == paper}

    def test_no_refuted_claim_is_missing_its_repair(self, paper: str) -> None:
        """Each refuted theorem, lemma and equation has a repair that holds."""
        for claim in REGISTRY:
            record = Ledger().read(claim) if claim.paper == paper else None
            if record and record["recorded"] == "refuted" and claim.kind in ("theorem", "lemma", "equation"):
                repairs = [Ledger().read(repair) for repair in REGISTRY.repairs_of(claim.id)]
                assert any(found and found["recorded"] in ("proved", "supported") for found in repairs), claim.id
