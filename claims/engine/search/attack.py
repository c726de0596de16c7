"""Attack a statement on one structure: a batch of instances, then gradient ascent from the worst of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from claims.engine.balls import confirm
from claims.engine.cases import arrays, instance
from claims.engine.margin import Margin
from claims.engine.strategies.ensemble import Ensemble


@dataclass(frozen=True)
class Effort:
    """How much a search spends."""

    structures: int
    batch: int
    ascent_steps: int


EFFORTS = {
    "quick": Effort(structures=30, batch=128, ascent_steps=8),
    "standard": Effort(structures=50, batch=256, ascent_steps=10),
    "thorough": Effort(structures=500, batch=2048, ascent_steps=60),
}

#: Instances that gradient ascent starts from: enough that a thin violation is met from some side, few enough
#: that the ascent costs no more than the batch it follows.
CLIMBERS = 32

#: Step of Adam in the free coordinates, whose natural unit is one standard deviation.
STEP = 0.1

#: Candidates that are confirmed in balls, worst first, before the structure is given up.
CANDIDATES = 4

#: Relative violation below which a candidate is a rounding error for certain: floats cannot have seen it.
NEGLIGIBLE = 1e-20


@dataclass(frozen=True)
class Finding:
    """A confirmed counterexample: the instance (a batch of one) and its certain margin."""

    structure: Any
    case: Any
    violation: str


@dataclass
class Attack:
    """Attacks one statement, structure by structure, and counts what it covered.

    `instances` were evaluated. Of the `suspects`, whose float margin is below zero by more than rounding explains,
    the worst of each batch were examined in balls, and `dismissed` were found to be rounding errors of
    ill-conditioned instances. `overflowed` instances gave nan or infinity, so floats could not decide them.
    `tightest` is the least relative margin of the others.
    """

    statement: Callable[[Any], Margin]
    seed: str
    effort: Effort
    device: str = "cpu"
    instances: int = 0
    structures: int = 0
    suspects: int = 0
    dismissed: int = 0
    overflowed: int = 0
    tightest: float = float("inf")
    numbers: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __call__(self, structure: Ensemble[Any]) -> Finding | None:
        """The confirmed counterexample of this structure, or None. The same structure gives the same answer."""
        free = self._draw(structure)
        self.structures += 1
        found = self._examine(structure, free)
        if found is None and self.effort.ascent_steps:
            climbed = self._ascend(structure, free)
            found = self._examine(structure, climbed) if climbed is not None else None
        return found

    def _draw(self, structure: Ensemble[Any]) -> Float[Tensor, "n size"]:
        """Standard normal coordinates; the first two rows are the corners all-zero and all-one."""
        digest = hashlib.sha256(f"{self.seed}|{structure!r}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
        free = torch.randn(self.effort.batch, structure.size, generator=generator, dtype=torch.float64)
        free[0], free[1] = 0.0, 1.0
        return free.to(self.device)

    def _examine(self, structure: Ensemble[Any], free: Float[Tensor, "n size"]) -> Finding | None:
        with torch.no_grad():
            cases = structure.build(free)
            margin = self.statement(cases)
        violation = margin.violation()
        rounding = unit_roundoff(cases)
        self._note(margin, violation, rounding)
        order = torch.argsort(violation, descending=True, stable=True)
        suspects = [i for i in order.tolist() if violation[i] > rounding]
        suspects += [i for i in order.tolist() if not torch.isfinite(violation[i])]
        for i in dict.fromkeys(suspects[:CANDIDATES]):
            case = instance(cases, i)
            violated = confirm(self.statement, case, NEGLIGIBLE)
            if violated is not None:
                return Finding(structure, case, violated.str(8))
            self.dismissed += 1
        return None

    def _ascend(self, structure: Ensemble[Any], free: Float[Tensor, "n size"]) -> Tensor | None:
        """Climb on the violation from the worst instances; None where it has no gradient."""
        with torch.no_grad():
            violation = torch.nan_to_num(self.statement(structure.build(free)).violation(), nan=-torch.inf)
        climbers = free[torch.topk(violation, min(CLIMBERS, len(free))).indices].clone().requires_grad_()
        optimizer = torch.optim.Adam([climbers], lr=STEP)
        for _ in range(self.effort.ascent_steps):
            violation = self.statement(structure.build(climbers)).violation()
            if not violation.requires_grad:
                return None
            descent = -violation.nan_to_num(0.0, 0.0, 0.0).sum()
            (gradient,) = torch.autograd.grad(descent, [climbers], materialize_grads=True)
            climbers.grad = gradient.nan_to_num(0.0, 0.0, 0.0)
            optimizer.step()
        return climbers.detach()

    def _note(self, margin: Margin, violation: Tensor, rounding: float) -> None:
        finite = violation[torch.isfinite(violation)]
        holding = finite[finite <= rounding]
        self.instances += len(violation)
        self.overflowed += len(violation) - len(finite)
        self.suspects += len(finite) - len(holding)
        if len(holding):
            self.tightest = min(self.tightest, -float(holding.max()))
        for name, values in margin.numbers.items():
            known = values[torch.isfinite(values)]
            if known.numel():
                low, high = self.numbers.get(name, (float("inf"), float("-inf")))
                self.numbers[name] = (min(low, float(known.min())), max(high, float(known.max())))


def unit_roundoff(cases: Any) -> float:
    """Relative error that rounding may cause: gamma_n = n u / (1 - n u), n the scalars of one instance.

    Sums and products over an instance are no longer than n (Higham 2002, Lemma 3.1). It only selects what
    is worth a ball evaluation: the balls decide, so a wrong guess here costs time, not truth.
    """
    tensors = [x for _, x in arrays(cases)]
    n = 8 + sum(x[0].numel() for x in tensors)
    u = max((torch.finfo(x.dtype).eps for x in tensors if x.is_floating_point()), default=2.0**-52)
    return float(n * u / (1 - n * u))
