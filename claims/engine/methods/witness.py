"""From a confirmed counterexample to the witness that the evidence keeps."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import torch

from claims.engine.cases import arrays
from claims.engine.evidence import Witness
from claims.engine.search import Finding, simplify

if TYPE_CHECKING:
    from claims.engine.claim import Context, Statement


def witness_of(found: Finding, statement: Statement, context: Context, route: str, *, rounding: bool = True) -> Witness:
    """The witness, simplified if the context asks for it, and worked out where the claim knows how.

    `rounding` says whether other numbers than those found are of the domain, too.
    """
    case, violation = found.case, found.violation
    if context.shrink and rounding:
        with torch.no_grad():
            case, violation = simplify(statement, case)
    worked = tuple(context.worked(case)) if context.worked and context.shrink else ()
    return Witness(plain(case), violation, route, repr(found.structure), worked)


def plain(case: Any) -> dict[str, Any]:
    """The arrays of a case (a batch of one) as nested lists of shortest decimals, by dotted name; and its numbers."""
    fields = dataclasses.fields(case) if dataclasses.is_dataclass(case) else ()
    numbers = {f.name: getattr(case, f.name) for f in fields if isinstance(getattr(case, f.name), (int, float, str))}
    return {**numbers, **{name: _listed(array) for name, array in arrays(case)}}


def _listed(array: Any) -> Any:
    return array[0].tolist() if array.dtype != object else [str(entry) for entry in array[0].flat]
