"""All that the pages are written from, read once: claims, verdicts, doubts, contents of the papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from claims.engine.claim import Claim
from claims.engine.paper import Paper, load_contents
from claims.engine.registry import Registry
from claims.engine.schema import describe
from claims.engine.state import State
from claims.engine.verdict import Verdict


@dataclass(frozen=True)
class Known:
    """The state of registry and ledger, with what every page asks of it."""

    state: State

    @property
    def registry(self) -> Registry:
        """Every claim."""
        return self.state.registry

    @cached_property
    def papers(self) -> Mapping[str, Paper]:
        """The contents of each paper, by id."""
        return load_contents(self.registry)

    @cached_property
    def found(self) -> Mapping[str, Mapping[str, Any]]:
        """The JSON object of each claim (docs/json-schema.md), by id."""
        return {found["id"]: found for found in describe(self.state, list(self.registry))}

    @cached_property
    def users(self) -> Mapping[str, list[str]]:
        """The ids of the claims that rest on each claim directly."""
        users: dict[str, list[str]] = {claim.id: [] for claim in self.registry}
        for claim in self.registry:
            for id in claim.rests_on:
                users[id].append(claim.id)
        return users

    def doubtful(self, id: str) -> list[str]:
        """What a reader must know beside the claim's verdict: `in doubt`, `stale`, both or neither."""
        found = self.found[id]
        stale = found["verdict"] is not None and not found["fresh"]
        return [*(["in doubt"] if found["in_doubt"] else []), *(["stale"] if stale else [])]

    @property
    def failing(self) -> set[str]:
        """The ids of the papers of which something is refuted."""
        return {claim.paper for claim in self.registry if self.state.verdict(claim.id) is Verdict.REFUTED}

    def of(self, paper: str) -> list[Claim]:
        """The claims of a paper, in order of declaration."""
        return [claim for claim in self.registry if claim.paper == paper]
