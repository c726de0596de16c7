"""Euler and Maruyama's scheme for many paths: Definition 13, and the skeletons of the processes of Lemma 14."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reductions.diffusions import blocks
from reductions.diffusions.langevin import Diffusion, Langevin
from reductions.diffusions.noise import LANES, stream_words
from reductions.diffusions.ornstein_uhlenbeck import OrnsteinUhlenbeck
from reductions.diffusions.square_root import SquareRoot, check_positive
from reductions.error import ReductionError

Process = OrnsteinUhlenbeck | SquareRoot | Langevin | Diffusion
Suprema = Literal["none", "grid", "bridge"]

#: At least so many tasks a thread, for an even share; at most so many path-steps a task, so that an interrupt is heard.
TASKS, PATH_STEPS = 4, 1 << 26
#: Paths that share a torch generator where torch takes the steps; on a CPU too few for torch to start its own threads.
CHUNK, DEVICE_CHUNK = 1 << 12, 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """The states at the horizon and, if asked for, the largest values (of a vector: distances) on the way."""

    final: Float[Tensor, "paths ..."]
    suprema: Float[Tensor, " paths"] | None


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What all tasks of one call share; `final` and `highest` are where they write."""

    start: Tensor
    final: Tensor
    highest: Tensor
    h: float
    steps: int
    seed: int
    first: int
    record: int


def euler_maruyama(
    process: Process,
    start: Float[Tensor, "paths ..."],
    horizon: float,
    steps: int,
    seed: int,
    *,
    first: int = 0,
    suprema: Suprema = "none",
    threads: int | None = None,
) -> Ends:
    """Independent paths from `start` in `steps` equal steps h = horizon / steps: X += h drift(X) + sqrt(h) noise(X) xi.

    Start is (paths) for a scalar process and (paths, d) for a vector; dtype (float32 or float64) and device are its
    own. A path depends on the seed and on its number `first` + k alone, not on the threads (torch's, unless given), nor
    on how the paths are split into calls; where torch takes the steps (for a `Diffusion`, and off the
    CPU), splits fall on multiples of `CHUNK` (`DEVICE_CHUNK`). Memory does not grow with the steps. In float32 a state
    is rounded at each step, by 6e-8 of it: where a step's drift is not much larger, take float64.

    A `SquareRoot` is truncated in full: X^+ stands in the drift, under the root, and in the final states.

    `suprema`: "grid" gives the largest value on the grid, start included; the path's own is larger. "bridge", for
    scalar processes, samples the largest value of the scheme's own continuous path, a Brownian bridge within each step:
    it is as near to the diffusion's supremum as the scheme is to the diffusion. For vectors "grid" gives the largest
    distance from the process's `centre`. The paths are the same, whatever is asked for.

    Raises:
        ReductionError: for arguments out of range, "bridge" for a vector, or paths that diverge (take more steps).
    """
    native = start.device.type == "cpu" and not isinstance(process, Diffusion)
    _check_numbers(
        horizon, steps=(steps, 1), seed=(seed, 0), first=(first, 0), threads=(1 if threads is None else threads, 1)
    )
    _check_start(process, start, suprema)
    chunk = CHUNK if start.device.type == "cpu" else DEVICE_CHUNK
    if not native and first % chunk:
        raise ReductionError(f"first = {first}: here paths are split at multiples of {chunk}")
    record = get_args(Suprema).index(suprema)
    source = start.detach().contiguous()
    final, highest = torch.empty_like(source), source.new_empty(len(source) if record else 0)
    run = _Run(source, final, highest, horizon / steps, steps, seed, first, record)
    follow = _natively(process, run) if native else _in_torch(process, run, chunk)
    workers = threads or torch.get_num_threads()
    share = LANES * max(1, min(len(source) // TASKS // workers, PATH_STEPS // steps) // LANES) if native else chunk
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(follow, k, min(k + share, len(source))) for k in range(0, len(source), share)]:
            done.result()
    if not bool(final.isfinite().all()):
        raise ReductionError(f"steps = {steps}: steps of {run.h:.3g} make the scheme diverge; take more steps")
    if isinstance(process, SquareRoot):
        final.clamp_(min=0)
    return Ends(final, highest if record else None)


def _natively(process: Process, run: _Run) -> Callable[[int, int], None]:
    """The task of the paths from one number to another, as native code."""
    start, final, highest = run.start.numpy(), run.final.numpy(), run.highest.numpy()
    words = np.stack([stream_words(run.seed, purpose) for purpose in (0, 1)])
    number = start.dtype.type
    root = math.sqrt(run.h)
    if isinstance(process, Langevin):
        A, Q, P, b, x, centre = (array.astype(number) for array in process.arrays())
        matrices = (A, Q, P, *(np.ascontiguousarray(matrix.T) for matrix in (A, Q, P)))
        model, scales = (*matrices, b, x, number(process.beta**-2)), (number(run.h), number(math.sqrt(2) * root))

        def follow(low: int, high: int) -> None:
            place = start[low:high], final[low:high], highest[low:high], run.record
            blocks.langevin_paths(*place, model, centre, scales, words, run.first + low, run.steps)

        return follow
    if isinstance(process, SquareRoot):
        square_root, numbers = True, (process.N * run.h, process.w * run.h, 2 * root)
    elif isinstance(process, OrnsteinUhlenbeck):
        square_root, numbers = False, (0.0, process.rate * run.h, process.noise * root)
    else:
        raise TypeError(f"no native code for {process!r}")
    scalars = tuple(number(value) for value in numbers)

    def follow_scalars(low: int, high: int) -> None:
        place = start[low:high], final[low:high], highest[low:high], run.record
        blocks.scalar_paths(*place, scalars, square_root, words, run.first + low, run.steps)

    return follow_scalars


def _in_torch(process: Process, run: _Run, chunk: int) -> Callable[[int, int], None]:
    """The task of one chunk of paths, as torch operations on the device of its start."""
    diffusion, device = _as_diffusion(process), run.start.device

    def follow(low: int, high: int) -> None:
        drivers, bridges = (_generator(run.seed, purpose, (run.first + low) // chunk, device) for purpose in (0, 1))
        x = run.start[low:high]
        top = diffusion.size(x)
        for _ in range(run.steps):
            before, noise = x, diffusion.noise(x) if callable(diffusion.noise) else diffusion.noise
            xi = torch.empty_like(x).normal_(generator=drivers)
            x = before + run.h * diffusion.drift(before) + math.sqrt(run.h) * noise * xi
            if run.record == blocks.GRID:
                top = torch.maximum(top, diffusion.size(x))
            if run.record == blocks.BRIDGE:
                e = torch.empty_like(x).exponential_(generator=bridges)
                top = torch.maximum(top, (before + x + ((x - before) ** 2 + 2 * run.h * noise**2 * e).sqrt()) / 2)
        run.final[low:high] = x
        if run.record:
            run.highest[low:high] = top

    return follow


def _generator(seed: int, purpose: int, chunk: int, device: torch.device) -> torch.Generator:
    word = np.random.SeedSequence(seed, spawn_key=(purpose, chunk)).generate_state(1, np.uint64)[0]
    return torch.Generator(device).manual_seed(int(word) >> 1)  # torch takes no seed beyond 63 bits on every device


def _as_diffusion(process: Process) -> Diffusion:
    if isinstance(process, SquareRoot):
        N, w = process.N, process.w
        return Diffusion(lambda x: N - w * x.clamp(min=0), lambda x: 2 * x.clamp(min=0).sqrt())
    if isinstance(process, OrnsteinUhlenbeck):
        rate = process.rate
        return Diffusion(lambda x: -rate * x, process.noise)
    return process.as_diffusion() if isinstance(process, Langevin) else process


def _check_numbers(horizon: float, **whole: tuple[int, int]) -> None:
    check_positive(horizon=horizon)
    for name, (number, least) in whole.items():
        if int(number) != number or number < least:
            raise ReductionError(f"{name} = {number}: give an integer of {least} or more")


def _check_start(process: Process, start: Tensor, suprema: str) -> None:
    if suprema not in get_args(Suprema):
        raise ReductionError(f"suprema = {suprema!r}: give 'none', 'grid' or 'bridge'")
    if start.dtype not in {torch.float32, torch.float64}:
        raise ReductionError(f"start: {start.dtype} will not do; call start.float() or start.double()")
    shape = tuple(start.shape)
    if isinstance(process, Langevin):
        fits, wanted = shape[1:] == (process.A.shape[1],), f"(paths, {process.A.shape[1]})"
    elif isinstance(process, Diffusion):
        fits, wanted = len(shape) in {1, 2}, "(paths) or (paths, d)"
    else:
        fits, wanted = len(shape) == 1, "(paths)"
    if not fits or not start.numel():
        raise ReductionError(f"start: {shape} does not fit the process; give {wanted}, with at least one path")
    if not bool(start.isfinite().all()) or (isinstance(process, SquareRoot) and bool((start < 0).any())):
        raise ReductionError("start: give finite states, and for a square-root process states of 0 or above")
    if suprema == "bridge" and start.ndim > 1:
        raise ReductionError("suprema = 'bridge' is for scalar processes: of a vector's norm take suprema = 'grid'")
