"""The ledger: all evidence, one JSON file a claim, in the folder of the claim's own paper.

A file holds the verdict that was accepted (`recorded`, changed only on request), the last result, and beside it
how it was run. Writing is atomic; a file whose content would not change, durations aside, is left alone.
"""

from __future__ import annotations

import inspect
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.engine.registry import ClaimError
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Claim

SCHEMA = 1


@dataclass(frozen=True)
class Ledger:
    """Reads and writes records.

    With `folder`, records are written there, over those of the papers' packages, which are then only read.
    """

    folder: Path | None = None

    def path(self, claim: Claim) -> Path:
        """Where the record is written: `<ledger folder>/<id>.json`."""
        return (self.folder or _own_folder(claim)) / f"{claim.id}.json"

    def read(self, claim: Claim) -> dict[str, Any] | None:
        """The record of a claim, or None if there is none yet.

        Raises:
            ClaimError: if the file is not a record; it names the file and the remedy.
        """
        for path in (self.path(claim), _own_folder(claim) / f"{claim.id}.json"):
            record = self._read(claim, path)
            if record is not None:
                return record
        return None

    def _read(self, claim: Claim, path: Path) -> dict[str, Any] | None:
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            if record["schema"] != SCHEMA or record["id"] != claim.id:
                raise ValueError(f"schema {record['schema']}, id {record['id']!r}")
            for verdict in (record["recorded"], record["result"]["verdict"]):
                if verdict is not None:
                    Verdict(verdict)
            _ = record["run"]["digest"], record["result"]["mutants"], record["result"]["evidence"]
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise ClaimError(
                f"{path}: not a ledger record of this version ({type(error).__name__}: {error});"
                f" restore it (git checkout) or delete it and run `lemmata verify {claim.id} --record`"
            ) from error
        return dict(record)

    def write(self, claim: Claim, result: Mapping[str, Any], run: Mapping[str, Any], *, record: bool) -> None:
        """Store a result; `record` makes its verdict the accepted one, as does a claim's first record.

        Raises:
            ClaimError: if the folder cannot be written.
        """
        known = self.read(claim)
        accepted = result["verdict"] if record or known is None else known["recorded"]
        content = {"schema": SCHEMA, "id": claim.id, "recorded": accepted, "result": result, "run": run}
        if known is not None and _without_durations(known) == _without_durations(content):
            return
        path = self.path(claim)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
                os.chmod(temporary, 0o644)
                os.replace(temporary, path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._unwritable(path.parent, error) from error

    def check_writable(self, claims: list[Claim]) -> None:
        """Fail before any work is done if some record could not be stored.

        Raises:
            ClaimError: naming the folder and the remedy.
        """
        for folder in {self.folder or _own_folder(claim) for claim in claims}:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    pass
            except OSError as error:
                raise self._unwritable(folder, error) from error

    @staticmethod
    def _unwritable(folder: Path, error: OSError) -> ClaimError:
        return ClaimError(
            f"{folder}: the ledger cannot be written ({error.strerror or error});"
            " give another folder with --ledger DIR (or LEMMATA_LEDGER), or make this one writable"
        )


def _own_folder(claim: Claim) -> Path:
    """Beside the claim's file; if that lies in a package named after the paper, in the package's own folder."""
    folder = Path(inspect.getsourcefile(inspect.unwrap(claim.body)) or ".").parent
    packages = takewhile(lambda parent: (parent / "__init__.py").exists(), (folder, *folder.parents))
    name = claim.paper.replace("-", "_")
    return next((package for package in packages if package.name == name), folder) / "ledger"


def _without_durations(content: Mapping[str, Any]) -> dict[str, Any]:
    run = {key: value for key, value in content["run"].items() if key != "seconds"}
    # Through JSON, so that tuples and lists compare equal.
    return dict(json.loads(json.dumps({**content, "run": run})))
