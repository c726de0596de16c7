"""Cases of any kind, each array of which an ensemble of its own draws."""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from claims.engine.strategies.ensemble import Ensemble, split


@dataclass(frozen=True)
class Instances:
    """Cases of one kind: `given` are its first fields, shared by a batch; `drawn` makes the arrays that follow."""

    kind: type
    given: tuple[Any, ...]
    drawn: tuple[Ensemble[Any], ...]

    def __repr__(self) -> str:
        return f"{self.kind.__name__}{self.given} of {list(self.drawn)}"

    @property
    def size(self) -> int:
        """The free coordinates of all arrays."""
        return sum(ensemble.size for ensemble in self.drawn)

    def build(self, free: Float[Tensor, "n size"]) -> Any:
        """A batch of instances."""
        parts = zip(self.drawn, split(free, self.drawn), strict=True)
        return self.kind(*self.given, *(ensemble.build(part) for ensemble, part in parts))
