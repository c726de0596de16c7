"""Euler-Maruyama: path-steps a second, ours beside its peers, on the same paths and steps in the same run.

Run `python benchmarks/euler_maruyama.py [rounds]` (minutes); the rows go to `results/euler-maruyama.json`. Every engine
takes the same number of paths through the same number of equal steps in float32 and keeps the final states only; the
scheme is the same to the letter (the square-root process is truncated in full). Means and variances of the final states
are compared with ours before anything is timed; then the engines take turns, and each is given its best round, so that
whatever else the machine does falls on all of them. Compilation is not counted, for anybody.

The peers use every core unless their row says otherwise: torchsde and diffrax (`pip install torchsde diffrax`; a row
says so if they are not installed), diffrax with jax's fastest generator too; a plain torch loop with operations in
place, over blocks of the best of three sizes; and the same loop in a thread a core, each with its own generator. The
last row of the scalar processes draws from the exact law at the horizon: where only the end matters, nobody steps.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch
from measure import record
from rich.console import Console
from rich.table import Table
from torch import Tensor

from reductions.diffusions.euler import euler_maruyama
from reductions.diffusions.langevin import Langevin
from reductions.diffusions.ornstein_uhlenbeck import OrnsteinUhlenbeck
from reductions.diffusions.square_root import SquareRoot

CORES = len(os.sched_getaffinity(0))
HORIZON = 1.0
PEERS = [name for name in ("torchsde", "diffrax", "jax") if find_spec(name)]

Run = Callable[[], Tensor]


@dataclass(frozen=True)
class Workload:
    """A process, its start, and one step of it in torch: in place on x, with noise z and one more buffer."""

    name: str
    process: Any
    start: Tensor
    steps: int
    step: Callable[[Tensor, Tensor, Tensor], None]
    drift: Callable[[Any, Any], Any]
    noise: Callable[[Any, Any], Any]

    @property
    def path_steps(self) -> int:
        """Paths times steps."""
        return len(self.start) * self.steps


def ornstein_uhlenbeck(paths: int = 1 << 17, steps: int = 256) -> Workload:
    """dX = -1.3 X dt + 0.7 dB from 1."""
    process, h = OrnsteinUhlenbeck(1.3, 0.7), HORIZON / steps

    def step(x: Tensor, z: Tensor, _: Tensor) -> None:
        x.mul_(1 - process.rate * h).add_(z, alpha=process.noise * math.sqrt(h))

    drift, noise = lambda x, _: -process.rate * x, lambda x, numpy: numpy.full_like(x, process.noise)
    return Workload("OU", process, torch.ones(paths), steps, step, drift, noise)


def square_root(paths: int = 1 << 17, steps: int = 256) -> Workload:
    """dX = (2 - 1.5 X) dt + 2 sqrt(X) dB from 1."""
    process, h = SquareRoot(2.0, 1.5), HORIZON / steps

    def step(x: Tensor, z: Tensor, positive: Tensor) -> None:
        torch.clamp(x, min=0, out=positive)
        x.add_(process.N * h).sub_(positive, alpha=process.w * h)
        x.addcmul_(positive.sqrt_(), z, value=2 * math.sqrt(h))

    drift = lambda x, numpy: process.N - process.w * numpy.clip(x, 0)  # noqa: E731
    noise = lambda x, numpy: 2 * numpy.sqrt(numpy.clip(x, 0))  # noqa: E731
    return Workload("CIR", process, torch.ones(paths), steps, step, drift, noise)


def langevin(paths: int = 1 << 14, steps: int = 128, d: int = 4) -> Workload:
    """The posterior of z given x = G(0) under a random G with d latents and d hidden units."""
    generator = torch.Generator().manual_seed(0)
    A = torch.linalg.qr(torch.randn(d, d, generator=generator)).Q
    Q, P = torch.randn(d, d, generator=generator) / 8, torch.randn(d, d, generator=generator)
    b, beta, h = torch.randn(d, generator=generator), 0.5, HORIZON / steps
    x = Q @ torch.tanh(b)
    process = Langevin(A, Q, P, b, x, beta)

    def step(z: Tensor, xi: Tensor, _: Tensor) -> None:
        z.add_(process.drift(z), alpha=h).add_(xi, alpha=math.sqrt(2 * h))

    def drift(z: Any, numpy: Any) -> Any:
        if numpy is torch:
            return process.drift(z)
        a, q, p, c, y = (numpy.asarray(matrix.numpy()) for matrix in (A, Q, P, b, x))
        hidden = numpy.tanh(z @ p.T + c)
        residual = z @ a.T + hidden @ q.T - y
        return -z - (residual @ a + ((1 - hidden**2) * (residual @ q)) @ p) / beta**2

    noise = lambda z, numpy: numpy.full_like(z, math.sqrt(2))  # noqa: E731
    return Workload(f"Langevin, d = {d}", process, torch.zeros(paths, d), steps, step, drift, noise)


def plain_loop(load: Workload, block: int, workers: int) -> Run:
    """The peer that one writes first: torch in place, a block of paths at a time; in `workers` threads."""
    seeds = iter(range(1_000_000))

    def share(part: Tensor, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        for x in part.split(block):
            z, buffer = torch.empty_like(x), torch.empty_like(x)
            for _ in range(load.steps):
                load.step(x, z.normal_(generator=generator), buffer)

    def run() -> Tensor:
        final = load.start.clone()
        torch.set_num_threads(CORES if workers == 1 else 1)
        parts = final.chunk(workers)
        with ThreadPoolExecutor(
            workers, initializer=torch.set_num_threads, initargs=(torch.get_num_threads(),)
        ) as pool:
            list(pool.map(share, parts, [next(seeds) for _ in parts]))
        torch.set_num_threads(CORES)
        return final

    return run


def torchsde_run(load: Workload) -> Run:
    """torchsde's Euler solver with its default Brownian motion."""
    import torchsde  # noqa: PLC0415 - a peer that may be absent

    class Equation:
        noise_type, sde_type = "diagonal", "ito"

        def f(self, _: Tensor, y: Tensor) -> Tensor:
            return load.drift(y, torch)

        def g(self, _: Tensor, y: Tensor) -> Tensor:
            return load.noise(y, torch)

    start = load.start if load.start.ndim == 2 else load.start[:, None]
    times = torch.tensor([0.0, HORIZON])

    def run() -> Tensor:
        with torch.no_grad():
            return torchsde.sdeint(Equation(), start, times, method="euler", dt=HORIZON / load.steps)[-1].reshape(
                load.start.shape
            )

    return run


def diffrax_run(load: Workload, generator: str) -> Run:
    """diffrax's Euler solver over the whole batch, compiled, with increments that are not remembered."""
    import diffrax  # noqa: PLC0415 - a peer that may be absent
    import jax  # noqa: PLC0415
    import lineax  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    start = jax.numpy.asarray(load.start.numpy())
    shape = jax.ShapeDtypeStruct(start.shape, start.dtype)
    keys = iter(range(1_000_000))

    @jax.jit
    def solve(key: Any, y: Any) -> Any:
        motion = diffrax.UnsafeBrownianPath(shape=shape, key=key)
        spread = diffrax.ControlTerm(lambda _t, y, _: lineax.DiagonalLinearOperator(load.noise(y, jax.numpy)), motion)
        terms = diffrax.MultiTerm(diffrax.ODETerm(lambda _t, y, _: load.drift(y, jax.numpy)), spread)
        steps = {"t0": 0.0, "t1": HORIZON, "dt0": HORIZON / load.steps, "max_steps": load.steps + 1}
        return diffrax.diffeqsolve(terms, diffrax.Euler(), y0=y, adjoint=diffrax.ForwardMode(), **steps).ys[-1]

    def run() -> Tensor:
        return torch.from_numpy(np.array(solve(jax.random.key(next(keys), impl=generator), start)))

    return run


def exact(load: Workload) -> Run:
    """One draw a path from the law at the horizon."""
    generator = torch.Generator().manual_seed(0)
    if isinstance(load.process, SquareRoot):
        return lambda: load.process.sample(load.start, HORIZON, generator)
    horizon = torch.tensor([HORIZON])
    return lambda: load.process.skeleton(load.start, horizon, generator)[:, 0]


def engines(load: Workload) -> dict[str, Run]:
    """Each engine as a function that makes the final states; ours first."""
    seeds = iter(range(1_000_000))

    def ours(threads: int) -> Run:
        return lambda: euler_maruyama(load.process, load.start, HORIZON, load.steps, next(seeds), threads=threads).final

    found = {f"lemmata, {threads} threads": ours(threads) for threads in sorted({1, CORES})}
    if "torchsde" in PEERS:
        found["torchsde, Euler"] = torchsde_run(load)
    if "diffrax" in PEERS:
        found |= {f"diffrax, Euler, {name}": diffrax_run(load, name) for name in ("threefry2x32", "unsafe_rbg")}
    for block in (1 << 13, 1 << 15, 1 << 16):
        for workers in sorted({1, CORES}):
            kind = "plain torch loop" if workers == 1 else f"torch loop, {workers} threads, a generator each"
            found[f"{kind}, blocks of {block}"] = plain_loop(load, block, workers)
    if not isinstance(load.process, Langevin):
        found["lemmata, exact law at the horizon (no steps)"] = exact(load)
    return found


def compare(name: str, made: Tensor, ours: Tensor) -> None:
    """Refuse to time an engine whose mean or variance is not ours: six standard errors of the difference."""
    a, b = made.double(), ours.double()
    error = (2 * b.var(0) / len(b)).sqrt()
    fourth = ((b - b.mean(0)) ** 4).mean(0)
    spread = (2 * (fourth - b.var(0) ** 2) / len(b)).sqrt()
    # The exact law differs from the scheme's by the step's own error, here a little above one part in 256.
    slack = 0.01 if "exact" in name else 0.0
    assert bool(((a.mean(0) - b.mean(0)).abs() <= 6 * error + slack).all()), f"{name}: mean"
    assert bool(((a.var(0) - b.var(0)).abs() <= 6 * spread + slack).all()), f"{name}: variance"


def measured(load: Workload, rounds: int) -> list[dict[str, Any]]:
    """One row an engine: compared, then timed in turns."""
    found = engines(load)
    reference = next(iter(found.values()))()
    seconds = dict.fromkeys(found, math.inf)
    for name, run in found.items():
        compare(name, run(), reference)
    for _ in range(rounds):
        for name, run in found.items():
            start = time.perf_counter()
            run()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    best_peer = min(taken for name, taken in seconds.items() if not name.startswith("lemmata"))
    shape = {"workload": load.name, "paths": len(load.start), "steps": load.steps}
    rows: list[dict[str, Any]] = [
        shape | {"engine": name, "path_steps_per_second": load.path_steps / taken, "over_best_peer": best_peer / taken}
        for name, taken in seconds.items()
    ]
    return rows + [
        shape | {"engine": name, "not_run": "not installed"} for name in ("torchsde", "diffrax") if name not in PEERS
    ]


def main() -> None:
    """Measure, print and record."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    console, rows = Console(), []
    for load in (ornstein_uhlenbeck(), square_root(), langevin()):
        table = Table("engine", "million path-steps / s", "over the best peer", title=load.name)
        for row in measured(load, rounds):
            rate, ratio = row.get("path_steps_per_second"), row.get("over_best_peer")
            table.add_row(
                row["engine"], f"{rate / 1e6:.0f}" if rate else row["not_run"], f"{ratio:.2f}" if ratio else ""
            )
            rows.append(row)
        console.print(table)
    packages = ["lemmata", "torch", "numba", "llvmlite", "numpy", *PEERS]
    console.print(f"written to {record('euler-maruyama', rows, packages)}")


if __name__ == "__main__":
    main()
