"""Cases: what a claim quantifies over. A frozen dataclass that holds arrays (nested ones too), or a bare array.

Hypotheses that are equations (a rank, orthogonality, A = A~B~A) must hold by construction: the case keeps the free
parameters and computes the rest, so that rounding a witness does not take it out of the domain.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, TypeVar, cast

import flint
import numpy as np
from torch import Tensor

from claims.engine.arithmetic import Array, is_tensor

T = TypeVar("T")


def _rebuild(case: T, change: Callable[[str, Any], Any], prefix: str = "") -> T:
    if isinstance(case, (Tensor, np.ndarray)):
        return cast("T", change("array", case))
    if not dataclasses.is_dataclass(case):
        return case
    changes = {}
    for field in dataclasses.fields(case):
        value = getattr(case, field.name)
        if isinstance(value, (Tensor, np.ndarray)):
            changes[field.name] = change(prefix + field.name, value)
        elif dataclasses.is_dataclass(value):
            changes[field.name] = _rebuild(value, change, f"{prefix}{field.name}.")
    # A dataclass by the test above, which the type variable cannot say.
    return cast("T", dataclasses.replace(cast("Any", case), **changes)) if changes else case


def map_arrays(case: T, f: Callable[[Array], Array]) -> T:
    """The case with f applied to each of its arrays, nested dataclasses included."""
    return _rebuild(case, lambda _, value: f(value))


def replace_array(case: T, name: str, array: Array) -> T:
    """The case with the array of that dotted name replaced."""
    return _rebuild(case, lambda found, value: array if found == name else value)


def arrays(case: object) -> Iterator[tuple[str, Array]]:
    """Dotted name and value of each array of a case."""
    seen: list[tuple[str, Array]] = []

    def note(name: str, value: Array) -> Array:
        seen.append((name, value))
        return value

    _rebuild(case, note)
    return iter(seen)


def instance(cases: T, index: int) -> T:
    """Instance number `index` of a batch of cases, as a batch of one."""
    return map_arrays(cases, lambda x: x[index : index + 1].detach())


def to_balls(case: T) -> T:
    """The same instance in ball arithmetic.

    Each float stands for the rational that its shortest decimal names: what a reader sees is what is checked.
    """

    def on_entry(entry: float) -> flint.arb:
        if not math.isfinite(entry):
            return flint.arb("nan")
        number = Fraction(repr(float(entry)))
        return flint.arb(flint.fmpq(number.numerator, number.denominator))

    def convert(x: Array) -> Array:
        numbers = x.detach().cpu().double().numpy() if is_tensor(x) else x
        return np.asarray(np.frompyfunc(on_entry, 1, 1)(numbers), dtype=object)

    return map_arrays(case, convert)
