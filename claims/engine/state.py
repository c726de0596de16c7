"""What the registry and the ledger say together. Commands read from here and run nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from claims.engine.digest import code_digest
from claims.engine.doubt import in_doubt
from claims.engine.ledger import Ledger
from claims.engine.registry import Registry, load_papers
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from claims.engine.claim import Claim

Record = dict[str, Any]


@dataclass
class State:
    """Every claim, its record in the ledger, and the checks that ended in an error in this run."""

    registry: Registry
    ledger: Ledger
    records: dict[str, Record | None]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path | None) -> State:
        """Import the papers and read the ledger.

        Raises:
            ClaimError: if a paper cannot be imported or a record is corrupt.
        """
        registry, ledger = load_papers(), Ledger(folder)
        return cls(registry, ledger, {claim.id: ledger.read(claim) for claim in registry})

    def verdict(self, id: str) -> Verdict | None:
        """What the last run found; None if the claim was not run, or its check ended in an error."""
        record = self.records[id]
        return None if record is None or id in self.errors else Verdict(record["result"]["verdict"])

    def recorded(self, id: str) -> Verdict | None:
        """The verdict that was accepted."""
        record = self.records[id]
        return None if record is None or record["recorded"] is None else Verdict(record["recorded"])

    def differs(self, id: str) -> bool:
        """Whether the verdict is not the accepted one."""
        return self.verdict(id) is not self.recorded(id)

    def fresh(self, claim: Claim) -> bool:
        """Whether the verdict was made by the code as it stands."""
        record = self.records[claim.id]
        if record is None or claim.id in self.errors:
            return False
        return bool(record["run"]["digest"] == code_digest(claim.body.__module__))

    def doubts(self) -> dict[str, list[str]]:
        """For each claim in doubt, the refuted claims because of which it is."""
        return in_doubt(self.registry, self.verdict)

    def carried_past(self, refuted: str) -> list[str]:
        """The claims that use this refuted one directly and that a repair frees from the doubt about it."""
        doubts = self.doubts()
        return [c.id for c in self.registry if refuted in c.rests_on and refuted not in doubts.get(c.id, [])]


def by_paper(claims: Sequence[Claim]) -> dict[str, list[Claim]]:
    """The claims of each paper, both in the order given."""
    papers: dict[str, list[Claim]] = {}
    for claim in claims:
        papers.setdefault(claim.paper, []).append(claim)
    return papers
