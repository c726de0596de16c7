"""The registry of koehler-2022: complete, and red where its shared models are broken on purpose."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claims.engine.arithmetic import Array, log, squared_norm, total
from claims.engine.claim import LEAST_MUTANTS
from claims.engine.ledger import Ledger
from claims.engine.registry import REGISTRY, load_papers
from claims.engine.verdict import Verdict
from claims.engine.verify import Options, attack, decide
from claims.papers.koehler_2022 import linear_vae

load_papers()
PAPER = [claim for claim in REGISTRY if claim.paper == "koehler-2022"]
QUICK = Options(effort="quick")


def verdict(id: str, options: Options = QUICK) -> Verdict:
    """The verdict of a claim as it is now, mutants aside."""
    return decide(attack(REGISTRY[f"koehler-2022/{id}"], options)).verdict


class TestRegistry:
    """What is declared."""

    def test_every_numbered_item_is_there(self) -> None:
        """Theorems 1-5, Lemmas 1-8, equations (3)-(7) and the example are claims."""
        numbered = [f"theorem-{k}" for k in range(1, 6)] + [f"lemma-{k}" for k in range(1, 9)]
        numbered += [f"equation-{k}" for k in range(3, 8)] + ["example-1"]
        assert {f"koehler-2022/{id}" for id in numbered} <= {claim.id for claim in PAPER}

    def test_every_claim_has_mutants_and_says_where_it_comes_from(self) -> None:
        """At least two mutants each, a docstring in words, and a source."""
        for claim in PAPER:
            assert len(claim.mutants) >= LEAST_MUTANTS, claim.id
            assert claim.summary, claim.id

    def test_every_refuted_claim_tells_its_effect_and_how_to_check_it(self) -> None:
        """A refutation without a witness that a reader can check, or without its effect, helps nobody."""
        for claim in PAPER:
            record = Ledger().read(claim)
            assert record is not None, claim.id
            if record["recorded"] == "refuted":
                assert claim.effect, claim.id
                assert claim.worked, claim.id

    def test_the_ledger_holds_no_claim_that_is_gone(self) -> None:
        """Each record belongs to a claim: what was renamed or dropped leaves nothing behind."""
        ledger = Path(linear_vae.__file__).parent / "ledger"
        recorded = {str(file.relative_to(ledger).with_suffix("")) for file in ledger.rglob("*.json")}
        assert recorded == {claim.id for claim in PAPER}

    def test_no_claim_of_the_ledger_is_missing_its_repair(self) -> None:
        """Each refuted theorem, lemma and equation has a repair that holds."""
        for claim in PAPER:
            record = Ledger().read(claim)
            if record and record["recorded"] == "refuted" and claim.kind in ("theorem", "lemma", "equation"):
                repairs = [Ledger().read(repair) for repair in REGISTRY.repairs_of(claim.id)]
                assert any(found and found["recorded"] in ("proved", "supported") for found in repairs), claim.id


def without_variances(
    residual: Array, code: Array, columns: Array, variances: Array, *, epsilon: Array, log_epsilon: Array, d: int
) -> Array:
    """Eq. (4) without its term + D_ii."""
    square = epsilon * epsilon
    encoder = total(variances * columns / square[..., None] - log(variances))
    return residual / (2 * square) + code / 2 + d * log_epsilon + encoder / 2


def with_d_log_epsilon(A: Array, A_tilde: Array, B_tilde: Array, epsilon: Array) -> Array:
    """Eq. (5) with d log eps in place of (d - r) log eps."""
    r = A_tilde.shape[-1]
    return simplified_loss(A, A_tilde, B_tilde, epsilon) + r * log(epsilon)


def with_transposed_encoder(A: Array, A_tilde: Array, B_tilde: Array, D: Array, epsilon: Array) -> Array:
    """Eq. (4) with B~ transposed in the code's norm, where that is possible."""
    right = loss(A, A_tilde, B_tilde, D, epsilon)
    if B_tilde.shape[-1] != B_tilde.shape[-2]:
        return right
    return right + (squared_norm(B_tilde.mT @ A) - squared_norm(B_tilde @ A)) / 2


loss, simplified_loss = linear_vae.loss, linear_vae.simplified_loss


class TestBrokenModels:
    """The suite goes red when a shared model is wrong."""

    @pytest.mark.parametrize(
        ("name", "broken", "red"),
        [
            ("loss_terms", without_variances, ["lemma-8", "equation-4", "lemma-1", "lemma-3/step-derivative"]),
            ("simplified_loss", with_d_log_epsilon, ["lemma-3", "equation-5"]),
            ("loss", with_transposed_encoder, ["lemma-8", "equation-4"]),
        ],
        ids=["drop D_ii", "d for d - r", "B transposed"],
    )
    def test_a_broken_model_turns_claims_red(
        self, monkeypatch: pytest.MonkeyPatch, name: str, broken: Callable[..., Any], red: list[str]
    ) -> None:
        """Each claim about the broken formula is refuted."""
        assert all(verdict(id) is not Verdict.REFUTED for id in red)
        monkeypatch.setattr(linear_vae, name, broken)
        assert {id: verdict(id) for id in red} == dict.fromkeys(red, Verdict.REFUTED)


class TestSeeds:
    """Verdicts do not hang on the seed; evidence does not change under the same seed."""

    IDS = (
        "theorem-2",
        "theorem-4",
        "theorem-5",
        "lemma-2/step-stationary",
        "equation-6",
        "lemma-5",
        "conclusion-recovery",
    )

    @pytest.mark.parametrize("id", IDS)
    def test_other_seeds_give_the_same_verdict(self, id: str) -> None:
        """Five seeds, one verdict."""
        assert len({verdict(id, Options(seed=seed, effort="quick")) for seed in range(1, 6)}) == 1

    @pytest.mark.parametrize("id", IDS)
    def test_the_same_seed_gives_the_same_evidence(self, id: str) -> None:
        """Witness and numbers are equal to the last bit."""
        claim = REGISTRY[f"koehler-2022/{id}"]
        assert attack(claim, Options(seed=3, effort="quick")) == attack(claim, Options(seed=3, effort="quick"))
