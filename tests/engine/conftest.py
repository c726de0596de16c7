"""A registry of its own for every test."""

import pytest

from claims.engine import claim as declaration
from claims.engine.registry import Registry
from claims.engine.statistics import Budget


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Let `claim` register elsewhere, and spend from a budget of its own."""
    fresh = Registry()
    monkeypatch.setattr(declaration, "REGISTRY", fresh)
    monkeypatch.setattr(declaration, "SUITE", Budget())
    return fresh
