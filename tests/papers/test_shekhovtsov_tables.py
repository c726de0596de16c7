"""The printed tables against the paper's text, the claims on them, and ARM beside REINFORCE."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from claims.engine.registry import REGISTRY
from claims.engine.verdict import Verdict
from claims.engine.verify import Options, attack, decide
from claims.papers.shekhovtsov_2022.arm_claims import Objective
from claims.papers.shekhovtsov_2022.table_2_claims import closest_after, counts_beat_depth, depth_beats_linear, settings
from claims.papers.shekhovtsov_2022.table_2_decoders import complex_decoders_overfit
from claims.papers.shekhovtsov_2022.text.printed import BITS, DEPTHS, ENCODERS, PRINTED, SPLITS, TABLE_1

PAPER = Path(__file__).resolve().parents[3] / "shared" / "papers" / "shekhovtsov-2022.txt"


def paper() -> str:
    """The paper's text; the test is skipped where it is absent."""
    if not PAPER.exists():
        pytest.skip(f"{PAPER} is absent")
    return PAPER.read_text(encoding="utf-8")


def test_table_2_is_as_printed() -> None:
    """The eight lines of numbers in the paper's text are the table, training first."""
    lines = re.findall(r"^\| (\d+)((?: \| \d+){9}) \|$", paper(), flags=re.MULTILINE)
    values = [(int(bits_), [int(value) for value in re.findall(r"\d+", rest)]) for bits_, rest in lines]
    keys = itertools.product(DEPTHS, ENCODERS)
    order = list(keys)
    expected = [(b, [PRINTED[split, b, d, e] for d, e in order]) for split in SPLITS for b in BITS]
    assert values == expected
    assert len(PRINTED) == 72


def test_table_1_is_as_printed() -> None:
    """The three rows of the paper's text are the table."""
    rows = re.findall(r"^\| optimize .*? \| (-?[\d.]+) \| ([\d.]+) \|$", paper(), flags=re.MULTILINE)
    assert [(float(elbo), float(fid)) for elbo, fid in rows] == [(row.elbo, row.fid) for row in TABLE_1]


def verdict(id: str) -> Verdict:
    """The verdict of a claim on the table as it is now."""
    return decide(attack(REGISTRY[id], Options(effort="quick"))).verdict


def test_one_number_decides_the_refuted_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 419 for the 422 of e2 at 16 bits and one hidden layer, e2 would be better than e3 throughout."""
    assert verdict(depth_beats_linear.id) is Verdict.REFUTED
    monkeypatch.setitem(PRINTED, ("test", 16, 1, "e2"), 419)
    assert verdict(depth_beats_linear.id) is Verdict.PROVED


@pytest.mark.parametrize("key", [("train", 64, 2, "e1"), ("test", 8, 0, "e1"), ("test", 64, 1, "e1")])
def test_one_wrong_number_turns_the_claim_red(key: tuple[str, int, int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting in which e1 were worse than e2 refutes that it is consistently better."""
    monkeypatch.setitem(PRINTED, key, 1000)
    assert verdict(counts_beat_depth.id) is Verdict.REFUTED


def test_one_gap_decides_whether_a_complex_decoder_overfits(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 416 for the test value 422 of e3 at 64 bits and two hidden layers its gap, 7, would be a linear one's."""
    assert verdict(complex_decoders_overfit.id) is Verdict.PROVED
    monkeypatch.setitem(PRINTED, ("test", 64, 2, "e3"), 416)
    assert verdict(complex_decoders_overfit.id) is Verdict.REFUTED


def test_the_closest_settings_are_read_off_the_table() -> None:
    """Beside the witness against remark-depth three settings have e2 and e3 3 nats apart, 8 bits among them."""
    (witness,) = settings(lambda *at: at == ("test", 16, 1))
    line = closest_after(witness)
    assert line.startswith("the next closest are 3 nats apart: ")
    assert line.count(";") == 2
    assert "test, 8 bits, depth 1: 421 and 424" in line


def objective(chances: list[float], f: list[float]) -> Objective:
    """One objective with these chances of the bits, in float64."""
    likely = tuple(int(s > 0.5) for s in chances)
    odds = [1 / min(s, 1 - s) - 2 for s in chances]
    return Objective(likely, torch.tensor([odds], dtype=torch.float64), torch.tensor([[f]], dtype=torch.float64))


@pytest.mark.parametrize("chances", [[0.25, 0.75], [0.125, 0.375], [0.5, 0.875]])
def test_the_cells_are_the_expectation_over_a_fine_grid(chances: list[float]) -> None:
    """The midpoint rule on a grid that meets the thresholds is exact for the estimator written out as code."""
    f, n = [1.0, -2.0, 0.5, 4.0], 64
    u = (np.arange(n) + 0.5) / n
    expected = np.zeros(2)
    for pair in itertools.product(u, u):
        point = np.array(pair)
        second, first = (point < chances).astype(int), (point > 1 - np.array(chances)).astype(int)
        expected += (f[2 * first[0] + first[1]] - f[2 * second[0] + second[1]]) * (point - 0.5) / n**2
    case = objective(chances, f)
    np.testing.assert_allclose(case.arm()[0].numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(case.gradient[0].numpy(), expected, rtol=1e-12)


def test_the_gradient_is_that_of_autograd() -> None:
    """The score-function sum equals automatic differentiation of E f in the logits."""
    phi = torch.tensor([0.3, -1.2, 2.0], dtype=torch.float64, requires_grad=True)
    f = torch.arange(8, dtype=torch.float64).sin()
    s = torch.sigmoid(phi)
    weight = torch.stack([(s if z else 1 - s) for z in (0, 1)])
    expected = torch.einsum("abc,a,b,c->", f.reshape(2, 2, 2), weight[:, 0], weight[:, 1], weight[:, 2])
    (gradient,) = torch.autograd.grad(expected, phi)
    np.testing.assert_allclose(objective(s.tolist(), f.tolist()).gradient[0].numpy(), gradient.numpy(), rtol=1e-9)


def test_reinforce_can_have_the_lower_variance() -> None:
    """At s = 1/2 and f = (-1/2, 1/2) REINFORCE is 1/4 whatever z is, and ARM is |u - 1/2| with the variance 1/48."""
    s, f = 0.5, (-0.5, 0.5)
    assert [f[z] * (z - s) for z in (0, 1)] == [0.25, 0.25]
    u = (np.arange(2**12) + 0.5) / 2**12
    arm = np.array([(f[int(t > 1 - s)] - f[int(t < s)]) * (t - 0.5) for t in u])
    assert arm.mean() == pytest.approx(0.25)
    assert arm.var() == pytest.approx(1 / 48, rel=1e-6)


def test_arm_has_no_variance_for_a_constant_objective() -> None:
    """Where f is constant ARM is 0 for every u, and REINFORCE is not: neither estimator is best for every f."""
    s, f = 0.25, (3.0, 3.0)
    assert {(f[int(t > 1 - s)] - f[int(t < s)]) * (t - 0.5) for t in (0.1, 0.4, 0.6, 0.9)} == {0.0}
    assert len({f[z] * (z - s) for z in (0, 1)}) == 2
