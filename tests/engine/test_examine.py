"""How evidence and mutants make a verdict."""

from dataclasses import dataclass
from typing import Any

import pytest

from claims import Claim, ClaimError, Context, Evidence, Verdict, claim
from claims.engine.verify import Options, examine, is_fresh, resolve_device, timed_examine

PROVED, SUPPORTED, REFUTED, INCONCLUSIVE = (
    Verdict.PROVED, Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE,
)  # fmt: skip


@dataclass(frozen=True)
class Says:
    """A method that finds what the statement tells it: the first of its verdicts, or the second."""

    which: int = 0
    attacks: bool = True
    name: str = "search"

    def decide(self, statement: Any, context: Context) -> Evidence:
        """Return the statement's own verdict."""
        return Evidence(self.name, statement(None)[self.which], f"method {self.which}")


def declare(*verdicts: Verdict, mutants: list[tuple[Verdict, ...]], by: list[Says] | None = None) -> Claim:
    """Declare a claim of which each method finds one of the verdicts, and mutants likewise."""
    methods = by or [Says(which) for which in range(len(verdicts))]

    @claim("paper/lemma-1", statement="x", source="s", domain="d", by=methods)
    def check(case: Any) -> Any:
        return verdicts

    for number, found in enumerate(mutants):
        check.mutant(f"m{number}")(lambda case, found=found: found)
    return check


KILLED = [(REFUTED, REFUTED)] * 2


class TestVerdict:
    """The verdict on the claim itself."""

    @pytest.mark.parametrize(
        ("found", "verdict"),
        [
            ((SUPPORTED,), SUPPORTED),
            ((PROVED, SUPPORTED), PROVED),
            ((PROVED, INCONCLUSIVE), PROVED),
            ((INCONCLUSIVE, SUPPORTED), INCONCLUSIVE),
            ((PROVED, REFUTED), REFUTED),
            ((INCONCLUSIVE, REFUTED), REFUTED),
        ],
    )
    def test_methods_are_weighed(self, found: tuple[Verdict, ...], verdict: Verdict) -> None:
        """A refutation wins, then a proof; support does not hide an attack that could not decide."""
        result = examine(declare(*found, mutants=KILLED), Options())
        assert result["verdict"] == verdict.value
        assert len(result["evidence"]) == len(found)

    def test_a_partial_proof_does_not_speak_before_an_attack(self) -> None:
        """Among supports, the scope that is told is that of the attack."""
        methods = [Says(0, attacks=False, name="symbolic"), Says(1)]
        result = examine(declare(SUPPORTED, SUPPORTED, mutants=KILLED, by=methods), Options())
        assert (result["method"], result["scope"]) == ("search", "method 1")


class TestMutants:
    """A check that mutants survive proves nothing."""

    @pytest.mark.parametrize("verdict", [PROVED, SUPPORTED])
    @pytest.mark.parametrize("count", [0, 1])
    def test_fewer_than_two_mutants_are_inconclusive(self, verdict: Verdict, count: int) -> None:
        """One mutant may die of its sign alone."""
        result = examine(declare(verdict, mutants=KILLED[:count]), Options())
        assert (result["verdict"], result["reason"]) == ("inconclusive", "it has fewer than 2 mutants")

    @pytest.mark.parametrize("verdict", [PROVED, SUPPORTED])
    @pytest.mark.parametrize("survivor", [PROVED, SUPPORTED, INCONCLUSIVE])
    def test_a_surviving_mutant_is_inconclusive(self, verdict: Verdict, survivor: Verdict) -> None:
        """The reason names the survivors, and only those."""
        result = examine(declare(verdict, mutants=[*KILLED, (survivor,)]), Options())
        assert (result["verdict"], result["reason"]) == ("inconclusive", "mutants survive: m2")
        assert [m["verdict"] for m in result["mutants"]] == ["refuted", "refuted", survivor.value]

    def test_a_refuted_claim_stays_refuted(self) -> None:
        """A witness needs no mutants."""
        assert examine(declare(REFUTED, mutants=[]), Options())["verdict"] == "refuted"

    def test_any_method_may_kill(self) -> None:
        """A mutant is refuted as soon as one method refutes it."""
        killed = [(SUPPORTED, REFUTED), (REFUTED, SUPPORTED)]
        assert examine(declare(SUPPORTED, SUPPORTED, mutants=killed), Options())["verdict"] == "supported"

    def test_proofs_are_not_asked_about_mutants(self) -> None:
        """A method that cannot refute leaves a mutant alive, whatever it would say."""
        result = examine(declare(PROVED, mutants=KILLED, by=[Says(attacks=False)]), Options())
        assert [m["verdict"] for m in result["mutants"]] == ["inconclusive"] * 2


class TestOptions:
    """What a run fixes."""

    def test_results_are_fresh_for_their_options_only(self) -> None:
        """Another seed, effort or device makes a record stale, as does a record that is missing."""
        declared = declare(SUPPORTED, mutants=KILLED)
        result, run = timed_examine(declared, Options())
        record = {"result": result, "run": run}
        assert is_fresh(declared, Options(), record)
        assert not is_fresh(declared, Options(), None)
        for other in (Options(seed=1), Options(effort="quick"), Options(device="cuda")):
            assert not is_fresh(declared, other, record)

    def test_devices(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """`auto` takes what there is; an unknown or missing device is an error."""
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)
        assert resolve_device("auto") == resolve_device("cpu") == "cpu"
        with pytest.raises(ClaimError, match="device 'tpu' is unknown"):
            resolve_device("tpu")
        with pytest.raises(ClaimError, match="sees no CUDA device"):
            resolve_device("cuda")
