"""Positive sequences that tend to zero: fast, slow, and not monotonically."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jaxtyping import Float
from torch import Tensor

from claims.engine.strategies.ensemble import telling_repr

#: How a sequence tends to zero; `SequenceToZero` has the formulas. The first is what Hypothesis shrinks to.
SequenceKind = Literal["polynomial", "geometric", "logarithmic", "double_exponential", "alternating"]

#: The rates drawn. 1 first, for shrinking; then a fast one and a slow one, each an octave or more away, so
#: that a claim which holds only for some exponents (summable, square summable, ...) meets both sides of 1/2,
#: 1 and 2.
RATES = (1.0, 0.5, 2.0, 0.25, 4.0)


@dataclass(frozen=True, repr=False)
class SequenceToZero:
    """A positive sequence eps_t -> 0 for t = 1, 2, ..., never above 1, with a `rate` a > 0.

    polynomial            t^-a
    geometric             2^(-a t)
    logarithmic           (1 + log t)^-a: still 0.067 at t = 10^6 for a = 1
    double_exponential    2^(-a 2^t): its logarithm stops falling where it would leave the dtype's range
    alternating           2^-t at even t, t^-a at odd t: not monotone, ratios of neighbours without limit

    Raises ValueError where the kind is unknown or the rate not positive and finite.
    """

    kind: SequenceKind
    rate: float = 1.0

    __repr__ = telling_repr

    def __post_init__(self) -> None:
        if self.kind not in get_args(SequenceKind):
            raise ValueError(f"kind: expected one of {get_args(SequenceKind)}, got {self.kind!r}")
        if not 0 < self.rate < math.inf:
            raise ValueError(f"rate: expected a positive finite number, got {self.rate!r}")

    def log(self, t: Float[Tensor, "*times"]) -> Float[Tensor, "*times"]:
        """Return the natural logarithm of eps_t, also where eps_t itself is too small for a float.

        Raises ValueError where some t is below 1.
        """
        if bool((t < 1).any()):
            raise ValueError(f"t: sequences start at t = 1, got {t.min().item()}")
        polynomial = -self.rate * torch.log(t)
        if self.kind == "polynomial":
            return polynomial
        if self.kind == "geometric":
            return -self.rate * math.log(2) * t
        if self.kind == "logarithmic":
            return -self.rate * torch.log1p(torch.log(t))
        if self.kind == "alternating":
            return torch.where(t.floor() % 2 == 0, -math.log(2) * t, polynomial)
        largest = math.log2(torch.finfo(t.dtype).max / max(self.rate, 1.0)) - 1
        return -self.rate * math.log(2) * torch.exp2(t.clamp(max=largest))

    def __call__(self, t: Float[Tensor, "*times"]) -> Float[Tensor, "*times"]:
        """Return eps_t, or the smallest normal number of the dtype where eps_t is below it: never zero."""
        return torch.exp(self.log(t)).clamp(min=torch.finfo(t.dtype).tiny)


def sequences_to_zero(*, kinds: Collection[SequenceKind] | None = None) -> SearchStrategy[SequenceToZero]:
    """Return a strategy for positive sequences that tend to zero, of the given kinds (None: all).

    It yields sequences, not ensembles: the structure leaves nothing free.
    Shrinks towards 1/t. Raises ValueError where `kinds` is empty or names an unknown kind.
    """
    known = get_args(SequenceKind)
    wanted = set(known if kinds is None else kinds)
    if not wanted or not wanted <= set(known):
        raise ValueError(f"kinds: expected some of {known}, got {kinds!r}")
    return st.builds(
        SequenceToZero,
        st.sampled_from([kind for kind in known if kind in wanted]),
        st.sampled_from(RATES),
    )
