"""What papers say, and whether it holds: everything that the author of a claim needs.

`claims.engine` runs it, `claims.papers` holds the papers, `claims.cli` is the command line.
"""

from claims.engine.claim import Claim, Constant, Context, claim
from claims.engine.evidence import Evidence, Witness
from claims.engine.margin import Margin
from claims.engine.methods import (
    Box,
    Mean,
    Step,
    derivation,
    exhaustive,
    interval,
    search,
    simulation,
    statistical,
    symbolic,
)
from claims.engine.registry import ClaimError
from claims.engine.verdict import Verdict

__all__ = [
    "Box",
    "Claim",
    "ClaimError",
    "Constant",
    "Context",
    "Evidence",
    "Margin",
    "Mean",
    "Step",
    "Verdict",
    "Witness",
    "claim",
    "derivation",
    "exhaustive",
    "interval",
    "search",
    "simulation",
    "statistical",
    "symbolic",
]
