"""What papers say, and whether it holds: everything that the author of a claim needs.

`claims.engine` runs it, `claims.papers` holds the papers, `claims.cli` is the command line.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claims.engine.claim import Claim as Claim
    from claims.engine.claim import Constant as Constant
    from claims.engine.claim import Context as Context
    from claims.engine.claim import claim as claim
    from claims.engine.evidence import Evidence as Evidence
    from claims.engine.evidence import Witness as Witness
    from claims.engine.margin import Margin as Margin
    from claims.engine.methods.exhaustive import exhaustive as exhaustive
    from claims.engine.methods.interval import Box as Box
    from claims.engine.methods.interval import interval as interval
    from claims.engine.methods.sat import Question as Question
    from claims.engine.methods.sat import sat as sat
    from claims.engine.methods.search import search as search
    from claims.engine.methods.simulation import simulation as simulation
    from claims.engine.methods.statistical import Mean as Mean
    from claims.engine.methods.statistical import statistical as statistical
    from claims.engine.methods.symbolic import Step as Step
    from claims.engine.methods.symbolic import derivation as derivation
    from claims.engine.methods.symbolic import symbolic as symbolic
    from claims.engine.registry import ClaimError as ClaimError
    from claims.engine.verdict import Verdict as Verdict

# Loaded when first asked for: pytest imports this package in every project in which lemmata is installed, and
# torch, sympy and scipy would cost each of those runs two seconds.
_WHERE = {
    "claims.engine.claim": ("Claim", "Constant", "Context", "claim"),
    "claims.engine.evidence": ("Evidence", "Witness"),
    "claims.engine.margin": ("Margin",),
    "claims.engine.methods": (
        "Box", "Mean", "Question", "Step", "derivation", "exhaustive", "interval", "sat", "search", "simulation",
        "statistical", "symbolic",
    ),
    "claims.engine.registry": ("ClaimError",),
    "claims.engine.verdict": ("Verdict",),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)
