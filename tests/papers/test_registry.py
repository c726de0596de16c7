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

#: Every numbered item of a paper that is wholly registered; of the others, what is there so far.
NUMBERED = {
    "koehler-2022": [
        *(f"theorem-{k}" for k in range(1, 6)),
        *(f"lemma-{k}" for k in range(1, 9)),
        *(f"equation-{k}" for k in range(3, 8)),
        "example-1",
    ],
    # The workshop version: only where it differs.
    "pareek-risteski-2021": ["definition-2", "theorem-1"],
    "pareek-risteski-2022": [
        *(f"theorem-{k}" for k in range(1, 4)),
        *(f"lemma-{k}" for k in range(1, 28)),
        # Definitions 9 and 10 restate 3 and 4.
        *(f"definition-{k}" for k in (1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14)),
        *(f"assumption-{k}" for k in range(1, 4)),
        *("remark-1-dimensions", "remark-1-padding", "remark-3-layerwise", "conjecture-1"),
        *(f"remark-{k}" for k in (2, 3, 4, 5, 6, 8, 9, 10, 11)),
        # Those not here are definitions (5, 7, 9, 10, 12, 14, 18, 19, 44, 45), or steps of a proof by another name.
        *(f"equation-{k}" for k in (1, 2, 3, 4, 6, 8, 27, 28, 29, 30, 31, 32, 39, *range(54, 61))),
        *(f"lemma-9/step-{k}" for k in (15, 16, 17)),
        *(f"lemma-1/step-{k}" for k in (18, 19, 20)),
        *(f"lemma-12/step-{k}" for k in range(21, 27)),
        *(f"lemma-14/step-{k}" for k in (33, 34, 35, 36, 37)),
        *(f"lemma-17/step-{k}" for k in (42, 43, 44, 45, 46)),
        *(f"theorem-2/step-equation-{k}" for k in range(50, 54)),
    ],
    "shekhovtsov-2022": [
        *(f"theorem-{k}" for k in ("1", "2", "a-1")),
        *("corollary-1", "corollary-2", "definition-1", "proposition-a-1", "proposition-a-2", "example-a-1"),
        # (4) is Assumption 1, the models themselves; (8), (9) are Theorem 2, (16), (17) Theorem A.1, (18) Example A.1.
        *(f"equation-{k}" for k in (1, 2, 3, 5, 6, 7, 10, 11, 12, 13, 14, 15)),
        *(f"proposition-a-1/step-equation-{k}" for k in (23, 26, 31, 35, 36)),
        *(f"proposition-a-2/step-equation-{k}" for k in (43, 44, 46, 49, 52, 56, 57)),
        # Figure 1 is a sketch; Tables 1 and 2, Figure 2: what the text says of them, and reproductions.
        *("table-1/remark-fid", "table-1/remark-effect", "table-2/remark-depth", "table-2/remark-counts"),
        "figure-2/remark-pulled",
    ],
}


@pytest.mark.parametrize("paper", PAPERS)
class TestPaper:
    """What each paper declares and records."""

    def test_every_numbered_item_is_there(self, paper: str) -> None:
        """The items listed above are claims."""
        assert {f"{paper}/{id}" for id in NUMBERED[paper]} <= {claim.id for claim in REGISTRY if claim.paper == paper}

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
