"""Activation functions: one table of what each is, and a strategy for those that a hypothesis admits.

Every function works on tensors, on balls and on symbols: it is written in the functions of `arithmetic`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flint
import numpy as np
import sympy
import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims.engine.arithmetic import Array, absolute, cos, exp, is_tensor, log, maximum, sin, tanh


@dataclass(frozen=True)
class Activation:
    """A function of one real variable, applied entrywise, and what is true of it.

    `lipschitz` is a Lipschitz constant, the least one to two digits, or None where there is none. `bound` is
    the supremum of |sigma|, or None. `smooth` means infinitely often differentiable. `square_integrable`
    means that E sigma(N(0, v))^2 is finite for every variance v, however large.
    """

    name: str
    function: Callable[[Array], Array] = field(repr=False)
    zero_at_zero: bool = field(repr=False)
    lipschitz: float | None = field(repr=False)
    smooth: bool = field(repr=False)
    bound: float | None = field(repr=False)
    odd: bool = field(repr=False)
    square_integrable: bool = field(repr=False)

    def __call__(self, x: Array) -> Array:
        """Return sigma(x), entry by entry, in the arithmetic of x."""
        return self.function(x)


def _sign(x: Array) -> Array:
    if is_tensor(x):
        return torch.sign(x)

    def on_entry(entry: Any) -> Any:
        return sympy.sign(entry) if isinstance(entry, sympy.Basic) else flint.arb(entry).sgn()

    return np.asarray(np.frompyfunc(on_entry, 1, 1)(x), dtype=object)


def _relu(x: Array) -> Array:
    return maximum(x, 0)


def _sigmoid(x: Array) -> Array:
    # exp(-x) would overflow at the far left; tanh does not.
    return (1 + tanh(x / 2)) / 2


def _softplus(x: Array) -> Array:
    return maximum(x, 0) + log(1 + exp(-absolute(x)))


def _elu(x: Array) -> Array:
    return maximum(x, 0) + exp(-maximum(-x, 0)) - 1


def _gelu(x: Array) -> Array:
    return x * _sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))


def _table(*rows: tuple[object, ...]) -> tuple[Activation, ...]:
    return tuple(Activation(*row) for row in rows)  # type: ignore[arg-type]


#: Every activation there is, simplest first, which is what Hypothesis shrinks to.
# fmt: off
ACTIVATIONS: tuple[Activation, ...] = _table(
    # name           function                       zero at 0  lipschitz  smooth  bound  odd    sq.-integrable
    ("identity",     lambda x: x,                   True,      1.0,       True,   None,  True,  True),
    ("one",          lambda x: 0 * x + 1,           False,     0.0,       True,   1.0,   False, True),
    ("relu",         _relu,                         True,      1.0,       False,  None,  False, True),
    ("leaky relu",   lambda x: maximum(x, x / 100), True,      1.0,       False,  None,  False, True),
    ("abs",          absolute,                      True,      1.0,       False,  None,  False, True),
    ("sign",         _sign,                         True,      None,      False,  1.0,   True,  True),
    ("step",         lambda x: (1 + _sign(x)) / 2,  False,     None,      False,  1.0,   False, True),
    ("square",       lambda x: x * x,               True,      None,      True,   None,  False, True),
    ("cube",         lambda x: x * x * x,           True,      None,      True,   None,  True,  True),
    ("tanh",         tanh,                          True,      1.0,       True,   1.0,   True,  True),
    ("sigmoid",      _sigmoid,                      False,     0.25,      True,   1.0,   False, True),
    ("tanh(x + 1)",  lambda x: tanh(x + 1),         False,     1.0,       True,   1.0,   False, True),
    ("sin",          sin,                           True,      1.0,       True,   1.0,   True,  True),
    ("cos",          cos,                           False,     1.0,       True,   1.0,   False, True),
    ("exp",          exp,                           False,     None,      True,   None,  False, True),
    ("softplus",     _softplus,                     False,     1.0,       True,   None,  False, True),
    ("elu",          _elu,                          True,      1.0,       False,  None,  False, True),
    ("silu",         lambda x: x * _sigmoid(x),     True,      1.1,       True,   None,  False, True),
    ("gelu",         _gelu,                         True,      1.13,      True,   None,  False, True),
    ("exp(x^2) - 1", lambda x: exp(x * x) - 1,      True,      None,      True,   None,  False, False),
)
# fmt: on


def activations(
    *,
    zero_at_zero: bool | None = None,
    lipschitz: bool | None = None,
    smooth: bool | None = None,
    bounded: bool | None = None,
    odd: bool | None = None,
    square_integrable: bool | None = None,
) -> SearchStrategy[Activation]:
    """Return a strategy for the activations with these properties, and for no others.

    True and False ask for a property and for its absence; None does not care. Shrinks to the first in
    `ACTIVATIONS`.
    Raises ValueError where no activation is left. For a given Lipschitz constant, filter by `.lipschitz`.
    """
    wanted = {
        "zero_at_zero": zero_at_zero,
        "lipschitz": lipschitz,
        "smooth": smooth,
        "bounded": bounded,
        "odd": odd,
        "square_integrable": square_integrable,
    }
    asked = {name: value for name, value in wanted.items() if value is not None}
    for name, value in asked.items():
        if not isinstance(value, bool):
            raise ValueError(f"{name}: expected True, False or None, got {value!r}")
    left = [activation for activation in ACTIVATIONS if asked.items() <= _properties(activation).items()]
    if not left:
        raise ValueError(f"{', '.join(asked)}: no activation in the table has {asked}")
    return st.sampled_from(left)


def _properties(activation: Activation) -> dict[str, bool]:
    return {
        "zero_at_zero": activation.zero_at_zero,
        "lipschitz": activation.lipschitz is not None,
        "smooth": activation.smooth,
        "bounded": activation.bound is not None,
        "odd": activation.odd,
        "square_integrable": activation.square_integrable,
    }
