"""Simplify a witness: round its numbers as coarsely as they stay a witness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from claims.engine.balls import confirm
from claims.engine.cases import arrays, replace_array
from claims.engine.margin import Margin

#: Decimal digits tried, after the signs alone (+1, 0, -1): what a reader can carry on paper.
DIGITS = (1, 2, 3, 6)


def significant(x: Tensor, digits: int) -> Tensor:
    """x rounded to that many significant decimal digits. Keeps signs and zeros, so positivity and patterns stay."""
    return x.cpu().clone().apply_(lambda entry: float(f"{entry:.{digits - 1}e}")).to(x.device)


def simplify(statement: Callable[[Any], Margin], case: Any) -> tuple[Any, str]:
    """The case with each of its arrays made as simple as the violation permits, and the certain margin."""
    for name, array in list(arrays(case)):
        if not array.is_floating_point():
            continue
        candidates = [torch.sign(array), *(significant(array, digits) for digits in DIGITS)]
        for candidate in candidates:
            simpler = replace_array(case, name, candidate)
            if confirm(statement, simpler) is not None:
                case = simpler
                break
    violated = confirm(statement, case)
    if violated is None:
        raise AssertionError("a confirmed witness stays confirmed")
    return case, violated.str(8)
