"""Checking Theorem 2's bound on random finite VAEs: batches in torch beside one VAE at a time in numpy, in one run.

Run `python benchmarks/theorem_2_bound.py` (a minute, one thread); the rows go to `results/theorem-2-bound.json`. Both
compute, for each VAE, eps, alpha, the harmonium of Proposition A.1 and the ratio of its worst error to log(1 + t);
their ratios are compared before they are timed. Then the worst ratio is sought by gradient ascent, for minimal
statistics and for those that do not tell the codes apart.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from measure import best_of, record

from claims.engine.strategies.ensemble import draw
from claims.papers.shekhovtsov_2022 import proposition_a1, proposition_a2_steps, theorem_2  # noqa: F401 - in this order
from claims.papers.shekhovtsov_2022.bounds import COIN, bound, tilt
from claims.papers.shekhovtsov_2022.domains import FiniteVAEs
from claims.papers.shekhovtsov_2022.models.families import Bits, Categorical, FiniteFamily, Table
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.projection import project

BATCH, PEERS = 20_000, 500
STRUCTURES = (
    FiniteVAEs(Bits(2), Bits(2), prior="free"), FiniteVAEs(Bits(3), Bits(2), prior="free"),
    FiniteVAEs(Bits(3), Bits(3), prior="free"), FiniteVAEs(Bits(4), Bits(4), prior="free"),
)  # fmt: skip
ASCENT: tuple[tuple[FiniteFamily, FiniteFamily], ...] = (
    (Bits(1, spins=True), COIN), (Bits(1), Table(((0.0,), (1.0,), (2.0,)))), (Bits(2), Bits(2)),
    (Categorical(3), Bits(2)),
)  # fmt: skip


def ratios(vae: FiniteVAE) -> torch.Tensor:
    """The worst error of each VAE over its bound: at most 1."""
    ratio: torch.Tensor = project(vae).mean_square.amax(dim=-1).sqrt() / bound(tilt(vae, vae.alpha()))
    return ratio


def ratio_by_numpy(x: FiniteFamily, z: FiniteFamily, tables: list[Any]) -> float:
    """The same for one VAE, from the definitions; `tables` are f, g and the log-weights of prior and data."""
    f, g, prior, data = tables

    def log_normal(weights: Any, axis: int) -> Any:
        top = weights.max(axis=axis, keepdims=True)
        return weights - top - np.log(np.exp(weights - top).sum(axis=axis, keepdims=True))

    nu, psi = (np.c_[np.ones(s.count), s.statistics_of(np.arange(s.count))] for s in (x, z))
    joint = log_normal(nu[:, 1:] @ f.T, 0) + log_normal(prior, 0)
    encoder = log_normal(g @ psi[:, 1:].T, 1)
    marginal = np.log(np.exp(joint).sum(axis=1))
    posterior = joint - marginal[:, None]
    mass = np.exp(log_normal(data, 0))
    eps = mass @ (np.exp(encoder) * (encoder - posterior)).sum(axis=1)
    alpha = np.exp(min(encoder.min(), posterior.min()))
    root = np.sqrt(mass)[:, None]
    free = marginal + (encoder - g @ psi[:, 1:].T)[:, 0]
    solution, *_ = np.linalg.lstsq(root * nu, root * np.c_[free, g], rcond=None)
    error = joint - nu @ solution @ psi.T
    return float(np.sqrt((mass @ error**2).max()) / np.log1p(np.sqrt(eps / 2) / alpha))


def throughput(structure: FiniteVAEs) -> list[dict[str, Any]]:
    """VAEs a second of both, after their ratios have been found equal."""
    vae = draw(structure, BATCH, torch.Generator().manual_seed(0))
    tables = [t.numpy() for t in (vae.f, vae.g, vae.prior, vae.data) if t is not None]

    def one_at_a_time() -> list[float]:
        return [ratio_by_numpy(vae.x, vae.z, [t[i] for t in tables]) for i in range(PEERS)]

    ours = ratios(vae)
    np.testing.assert_allclose(ours[:PEERS].numpy(), one_at_a_time(), rtol=1e-6)
    if not bool((ours <= 1).all()):
        raise AssertionError(f"{structure}: the bound is broken")
    rates = {"lemmata": BATCH / best_of(lambda: ratios(vae)), "numpy.linalg.lstsq": PEERS / best_of(one_at_a_time)}
    row = {"spaces": f"{vae.x.count} x {vae.z.count} states", "worst_of_batch": round(float(ours.max()), 6)}
    return [
        row | {"tool": tool, "vaes_per_second": round(rate), "times_slower": round(rates["lemmata"] / rate, 1)}
        for tool, rate in rates.items()
    ]


def worst(x: FiniteFamily, z: FiniteFamily, steps: int = 400) -> dict[str, Any]:
    """The worst ratio that gradient ascent finds, from VAEs at many distances from the consistent set."""
    found = 0.0
    for bend in (0.01, 0.1, 1.0):
        structure = FiniteVAEs(x, z, bend, bend, prior="free", scale=0.3)
        free = torch.randn(256, structure.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        free.requires_grad_()
        optimizer = torch.optim.Adam([free], lr=0.05)
        for _ in range(steps):
            vae = structure.build(free)
            value = ratios(vae).where(vae.gap() > 1e-9, 0.0)
            found = max(found, float(value.detach().max()))
            (gradient,) = torch.autograd.grad(-value.sum(), [free])
            free.grad = gradient.nan_to_num(0.0, 0.0, 0.0)
            optimizer.step()
    return {"x": repr(x), "z": repr(z), "minimal": x.is_minimal and z.is_minimal, "worst_ratio": round(found, 6)}


def main() -> None:
    """Measure, and write the rows."""
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    for structure in STRUCTURES:
        rows += throughput(structure)
        sys.stderr.write(f"{rows[-2:]}\n")
    for x, z in ASCENT:
        rows.append(worst(x, z))
        sys.stderr.write(f"{rows[-1]}\n")
    record("theorem-2-bound", rows, ("lemmata", "torch", "numpy"))


if __name__ == "__main__":
    main()
