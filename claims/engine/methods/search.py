"""Method `search`: Hypothesis draws structures, torch evaluates batches, gradients climb, balls confirm."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy

from claims.engine.evidence import Evidence
from claims.engine.methods.witness import witness_of
from claims.engine.search import Attack, Finding
from claims.engine.search.attack import EFFORTS
from claims.engine.strategies.ensemble import Ensemble
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Context, Statement


@dataclass(frozen=True)
class search:  # noqa: N801 - read as a verb in `by=[search(matrices(...))]`
    """Attack a claim "for all" over ensembles that a strategy draws.

    Attributes: `over` (a Hypothesis strategy of ensembles), `scope` (what it draws from, in words), `corners`
    (structures that are attacked first at every run: the ends of the domain).
    """

    over: SearchStrategy[Any]
    scope: str
    corners: tuple[Ensemble[Any], ...] = ()
    name = "search"
    attacks = True

    def decide(self, statement: Statement, context: Context) -> Evidence:
        """Refuted with a witness that balls confirmed; else supported over the scope."""
        attack = Attack(statement, f"{context.seed}|{context.claim}", EFFORTS[context.effort], context.device)
        found = next(filter(None, map(attack, self.corners)), None) or self._hunt(attack, context)
        numbers: dict[str, Any] = {
            "structures": attack.structures,
            "instances": attack.instances,
            "least_relative_margin": attack.tightest,
            **{name: list(range_) for name, range_ in attack.numbers.items()},
        }
        if attack.suspects:
            numbers["float_violations"] = attack.suspects
            numbers["examined_in_balls_and_dismissed"] = attack.dismissed
        if attack.overflowed:
            numbers["instances_beyond_float_range"] = attack.overflowed
        if found is None:
            # Where no instance gave a number, nothing was seen.
            seen = attack.overflowed < attack.instances
            verdict = Verdict.SUPPORTED if seen else Verdict.INCONCLUSIVE
            return Evidence("search", verdict, self.scope, numbers)
        rounding = getattr(found.structure, "closed_under_rounding", True)
        witness = witness_of(found, statement, context, "ball arithmetic", rounding=rounding)
        return Evidence("search", Verdict.REFUTED, self.scope, numbers, witness)

    def _hunt(self, attack: Attack, context: Context) -> Finding | None:
        phases = [Phase.generate, Phase.shrink] if context.shrink else [Phase.generate]
        limits = settings(
            max_examples=attack.effort.structures, phases=phases, database=None, deadline=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        random = Random(f"{context.seed}|{context.claim}")
        try:
            structure = find(self.over, lambda drawn: attack(drawn) is not None, settings=limits, random=random)
        except NoSuchExample:
            return None
        return attack(structure)
