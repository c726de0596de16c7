"""Evidence: the record that a check leaves, and the witness that refutes.

Everything here is plain data (JSON in, JSON out); floats are rounded to `DIGITS` so that the ledger diffs well.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from claims.engine.verdict import Verdict

#: Significant digits kept of a reported number: enough to compare with print, few enough that the last bits of
#: another processor's rounding do not show in the ledger.
DIGITS = 5

LIBRARIES = ("torch", "numpy", "scipy", "sympy", "python-flint", "hypothesis", "python-sat", "numba")


@dataclass(frozen=True)
class Witness:
    """The concrete object that refutes a claim.

    Attributes: `values` (each array of the instance, as exact decimals or fractions), `structure` (which kind of
    instance), `violation` (the margin, certainly negative), `route` (the second route that confirmed it),
    `worked` (the arithmetic line by line, for a reader with a calculator).
    """

    values: Mapping[str, Any]
    violation: str
    route: str
    structure: str = ""
    worked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What one method found: its verdict, the part of the domain that it covers, and its numbers."""

    method: str
    verdict: Verdict
    scope: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    witness: Witness | None = None
    steps: tuple[str, ...] = ()


def rounded(x: Any) -> Any:
    """Plain data with floats rounded to `DIGITS` significant digits; infinities and nan become strings."""
    if isinstance(x, Mapping):
        return {str(key): rounded(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [rounded(value) for value in x]
    if isinstance(x, bool) or x is None or isinstance(x, (int, str)):
        return x
    number = float(x)
    return float(f"{number:.{DIGITS - 1}e}") if math.isfinite(number) else str(number)


def library_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that computed the evidence."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
