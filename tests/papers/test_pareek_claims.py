"""The claims of pareek-risteski-2022 turn red where what they share is broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from circuits import Circuit
from circuits.network import SignNetwork, gadgets
from circuits.network.sign_network import Level
from claims.engine.arithmetic import Array
from claims.engine.registry import REGISTRY, load_papers
from claims.engine.verdict import Verdict
from claims.engine.verify import Options, attack, decide
from claims.papers.pareek_risteski_2022 import gates, generator, hypercube, remark_1

load_papers()
QUICK = Options(effort="quick")


def verdict(id: str) -> Verdict:
    """The verdict of a claim as it is now, mutants aside."""
    return decide(attack(REGISTRY[f"pareek-risteski-2022/{id}"], QUICK)).verdict


def wrong_sign_at_twice_the_variance(near: hypercube.NearVertex) -> Array:
    """The posterior for 2 beta² in place of beta²."""
    return REAL_WRONG_SIGN(hypercube.NearVertex(near.x, near.beta * 2**0.5))


REAL_WRONG_SIGN = hypercube.NearVertex.wrong_sign
REAL_BEYOND = hypercube.GaussianTail.beyond
REAL_GATE = gates.gate
ALL_GATES = [f"theorem-2/step-{name}" for name in ("and", "or", "xor", "not")]
REAL_GATES = SignNetwork.gates


def min_for_xor(network: SignNetwork, level: Level) -> list[tuple[int, int, gadgets.Gadget]]:
    """Every gadget a min."""
    return [(start, stop, gadgets.conjunction) for start, stop, _ in REAL_GATES(network, level)]


def padded_with_zeros(circuit: Circuit, outputs: int) -> Circuit:
    """Constant outputs 0 in place of 1."""
    missing = outputs - circuit.num_outputs
    names = (*circuit.output_names, *(f"pad[{i}]" for i in range(missing)))
    values = np.concatenate([circuit.outputs, np.zeros(missing, dtype=np.int32)])
    return Circuit(circuit.input_names, names, circuit.fanin0, circuit.fanin1, circuit.is_xor, values)


@pytest.mark.parametrize(
    ("place", "name", "broken", "ids"),
    [
        (hypercube.NearVertex, "wrong_sign", wrong_sign_at_twice_the_variance, ["lemma-22/step-bayes"]),
        (hypercube.GaussianTail, "beyond", lambda case, radius: REAL_BEYOND(case, radius / 6), ["lemma-21"]),
        (gates, "gate", lambda make, case: -REAL_GATE(make, case), ALL_GATES),
        (SignNetwork, "gates", min_for_xor, ["theorem-2/step-generator"]),
        (generator.Generator, "forward", lambda self, z: self.network(torch.sign(z)), ["remark-9"]),
        (remark_1, "padded", padded_with_zeros, ["remark-1-padding"]),
    ],
)
def test_a_broken_model_is_found(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, broken: Callable[..., Any], ids: list[str]
) -> None:
    """The named claims are refuted, or lose their proof, while the model is broken."""
    before = [verdict(id) for id in ids]
    monkeypatch.setattr(place, name, broken)
    assert [verdict(id) for id in ids] == [Verdict.REFUTED] * len(ids)
    assert Verdict.REFUTED not in before
