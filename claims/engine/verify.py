"""Run the check of a claim and of its mutants, and put the verdict together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from claims.engine.claim import LEAST_MUTANTS, Context
from claims.engine.digest import code_digest
from claims.engine.evidence import Evidence, library_versions, rounded
from claims.engine.registry import ClaimError
from claims.engine.resolution import resolution
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Claim, Mutant


@dataclass(frozen=True)
class Options:
    """What a run fixes: the same options and the same code give the same result."""

    seed: int = 0
    effort: str = "standard"
    device: str = "cpu"

    def context(self, claim: Claim) -> Context:
        """What the methods of this claim are told."""
        return Context(claim.id, self.seed, self.effort, self.device, worked=claim.worked)


def resolve_device(name: str) -> str:
    """`auto`, `cpu` or `cuda` to the device that is used.

    Raises:
        ClaimError: for any other name, or for cuda where there is none.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name not in ("cpu", "cuda"):
        raise ClaimError(f"device {name!r} is unknown; write auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ClaimError("device cuda: this torch sees no CUDA device; write --device cpu or auto")
    return name


def attack(claim: Claim, options: Options) -> list[Evidence]:
    """The evidence of each method on the claim as printed."""
    context = options.context(claim)
    return [method.decide(claim.body, context) for method in claim.by]


def attack_mutant(claim: Claim, mutant: Mutant, options: Options) -> Verdict:
    """Refuted as soon as one method refutes the mutant; else what the last one said of it."""
    context = replace(options.context(claim), shrink=False)
    verdict = Verdict.INCONCLUSIVE
    for method in claim.by:
        if method.attacks:
            verdict = method.decide(mutant.statement, context).verdict
            if verdict is Verdict.REFUTED:
                break
    return verdict


def decide(evidence: Sequence[Evidence]) -> Evidence:
    """The evidence that decides: a refutation, else a proof, else support; inconclusive is the weakest.

    A method that supports outweighs one that could not decide; attacks come before partial proofs.
    """
    order = [Verdict.REFUTED, Verdict.PROVED, Verdict.SUPPORTED, Verdict.INCONCLUSIVE]
    attacked = {"search", "sat", "statistical", "simulation"}
    return min(evidence, key=lambda found: (order.index(found.verdict), found.method not in attacked))


def conclude(claim: Claim, evidence: Sequence[Evidence], survivors: Sequence[str]) -> tuple[Verdict, str]:
    """The verdict on a claim of which these mutants survive, and why if the evidence alone says otherwise."""
    verdict, reason = decide(evidence).verdict, ""
    if verdict in (Verdict.PROVED, Verdict.SUPPORTED):
        # An attack that could not decide must not hide behind a friendlier method, unless there is a proof.
        if any(found.verdict is Verdict.INCONCLUSIVE for found in evidence) and verdict is not Verdict.PROVED:
            verdict, reason = Verdict.INCONCLUSIVE, "one of its methods could not decide"
        if len(claim.mutants) < LEAST_MUTANTS:
            verdict, reason = Verdict.INCONCLUSIVE, f"it has fewer than {LEAST_MUTANTS} mutants"
        if survivors:
            verdict, reason = Verdict.INCONCLUSIVE, f"mutants survive: {', '.join(survivors)}"
    return verdict, reason


def examine(claim: Claim, options: Options) -> dict[str, Any]:
    """Check a claim and its mutants: the result that the ledger stores (plain data, no durations)."""
    evidence = attack(claim, options)
    decisive = decide(evidence)
    mutants = [{"name": m.name, "verdict": attack_mutant(claim, m, options).value} for m in claim.mutants]
    survivors = [m["name"] for m in mutants if m["verdict"] != Verdict.REFUTED.value]
    verdict, reason = conclude(claim, evidence, survivors)
    return {
        "verdict": verdict.value,
        "reason": reason,
        "method": decisive.method,
        "scope": decisive.scope,
        "mutants": mutants,
        "resolution": rounded(resolution(claim, options.context(claim)) if verdict is not Verdict.REFUTED else {}),
        "evidence": [_plain(found) for found in evidence],
    }


def _plain(found: Evidence) -> dict[str, Any]:
    """As plain data. Reported numbers are rounded; the witness is not, for it must stay a witness."""
    return {**asdict(found), "verdict": found.verdict.value, "numbers": rounded(found.numbers)}


def freshness(claim: Claim, options: Options) -> dict[str, Any]:
    """The part of a run's description that must match for its result to be fresh."""
    return {"digest": code_digest(claim.body.__module__), **asdict(options)}


def is_fresh(claim: Claim, options: Options, record: dict[str, Any] | None) -> bool:
    """Whether the record was made by this code with these options."""
    return record is not None and all(
        record["run"].get(key) == value for key, value in freshness(claim, options).items()
    )


def timed_examine(claim: Claim, options: Options) -> tuple[dict[str, Any], dict[str, Any]]:
    """`examine`, with the description of the run."""
    torch.set_num_threads(1)
    # Before the run: a file that is edited meanwhile must make the result stale.
    run = {**freshness(claim, options), "dtype": "float64", "versions": library_versions()}
    started = time.perf_counter()
    result = examine(claim, options)
    return result, {**run, "seconds": round(time.perf_counter() - started, 2)}
