"""The claims of koehler-2022 turn red where its shared models are broken on purpose."""

from collections.abc import Callable
from typing import Any

import pytest

from claims.engine.arithmetic import Array, log, squared_norm, total
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
