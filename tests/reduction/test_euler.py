"""Euler-Maruyama and its noise: the laws, against scipy and closed forms, and what a result may not depend on."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reductions import ReductionError
from reductions.diffusions import blocks, noise
from reductions.diffusions.euler import CHUNK, Process, Suprema, euler_maruyama
from reductions.diffusions.langevin import Diffusion, Langevin
from reductions.diffusions.ornstein_uhlenbeck import OrnsteinUhlenbeck
from reductions.diffusions.square_root import SquareRoot

#: Odds at which a test of a law would fail by chance; seeds are fixed, so it passes always or never.
CHANCE = 1e-4
OU, CIR = OrnsteinUhlenbeck(1.3, 0.7), SquareRoot(2.0, 1.5)
PATHS = 1 << 16


def langevin(d: int = 3, k: int = 5, n: int = 4, beta: float = 0.5) -> Langevin:
    g = torch.Generator().manual_seed(d + k + n)
    A, Q, P, b, x = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((n, d), (n, k), (k, d), (k,), (n,)))
    return Langevin(A, Q / 4, P, b, x, beta, centre=torch.ones(d, dtype=torch.float64))


def test_the_words_are_xoshiro256plusplus() -> None:
    """The first words from the state 1, 2, 3, 4 are those that its authors' reference program prints."""
    state = np.repeat(np.arange(1, 5, dtype=np.uint64), noise.LANES)
    drawn = [int(noise.draw(state, 7)) for _ in range(4)]
    assert drawn == [41943041, 58720359, 3588806011781223, 3591011842654386]
    assert state[6] == 1
    assert state[3 * noise.LANES + 8] == 4


def box_muller(words: np.ndarray, single: bool) -> np.ndarray:
    """The pairs of the words (draws, lanes), by numpy's functions in float64."""
    if single:
        low, u = words[0], ((words[0] >> np.uint64(24)).astype(float) + 0.5) * 2.0**-40
        t = ((low.astype(np.uint32) << np.uint32(8)).astype(np.int32) >> 10) * (math.pi / 2**23)
    else:
        low, u = words[1], ((words[0] >> np.uint64(1)).astype(float) + 0.5) * 2.0**-63
        t = (low.astype(np.int64) >> 11) * (math.pi / 2**54)
    r = np.sqrt(-2 * np.log(u))
    x, y = np.where(low & np.uint64(1), r, -r) * np.cos(t), r * np.sin(t)
    swap = (low & np.uint64(2)) != 0
    return np.stack([np.where(swap, y, x), np.where(swap, x, y)])


@pytest.mark.parametrize("single", [True, False])
def test_a_pair_of_normals_is_box_and_mullers(single: bool) -> None:
    """The polynomials agree with numpy's log, sin and cos to a few units in the last place, extremes included."""
    state = noise.start_streams(noise.stream_words(5, 0), 0)
    # The next word of a state of zeros is 0, the largest normal; of (0, 0, 0, 2^64 - 1) it is 2^64 - 1, the least.
    state[:: noise.LANES] = 0
    state[1 :: noise.LANES] = (0, 0, 0, np.uint64(2**64 - 1))
    twin, z = state.copy(), np.empty(2 * noise.LANES, np.float32 if single else np.float64)
    noise.fill_pairs(state, z)
    words = np.array([[noise.draw(twin, i) for i in range(noise.LANES)] for _ in range(1 if single else 2)], np.uint64)
    expected = box_muller(words, single)
    assert np.abs(expected).max() > (7.5 if single else 9.3)
    unit = np.finfo(z.dtype).eps
    # Near u = 1 the radius is small and its error absolute: u itself was rounded.
    assert np.abs(z.reshape(2, -1) - expected).max() < (5e-4 if single else 2e-8)
    large = np.hypot(*expected) > 0.1
    assert np.abs(z.reshape(2, -1) - expected)[:, large].max() < 60 * unit


@pytest.mark.parametrize("single", [True, False])
def test_normals_are_normal(single: bool) -> None:
    """Kolmogorov's distance, four moments, the tails beyond 4 and 4.5 against scipy, on a million draws."""
    z = noise.standard_normals(11, PATHS, 16, single=single).astype(float).ravel()
    n = len(z)
    assert stats.kstest(z, "norm").pvalue > CHANCE
    for power, mean, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)):
        assert abs((z**power).mean() - mean) < stats.norm.isf(CHANCE / 2) * math.sqrt(variance / n)
    for level in (4.0, 4.5):
        count, odds = int((np.abs(z) > level).sum()), 2 * stats.norm.sf(level)
        assert stats.binomtest(count, n, odds).pvalue > CHANCE


@pytest.mark.parametrize("single", [True, False])
def test_normals_are_independent(single: bool) -> None:
    """Neighbouring steps, the two of a pair, neighbouring paths, blocks and seeds: no correlation, nor of squares."""
    z = noise.standard_normals(3, 4 * noise.LANES, 512, single=single).astype(float)
    other = noise.standard_normals(4, 4 * noise.LANES, 512, single=single).astype(float)
    step, path, block = (z[:-1], z[1:]), (z[:, :-1], z[:, 1:]), (z[:, : -noise.LANES], z[:, noise.LANES :])
    for a, b in (step, (z[::2], z[1::2]), path, block, (z, other)):
        for x, y, variance in ((a, b, 1), (a**2 - 1, b**2 - 1, 4)):
            assert abs((x * y).mean()) < stats.norm.isf(CHANCE / 2) * math.sqrt(variance / x.size)


@given(st.integers(0, 2**70), st.integers(0, 2000), st.integers(1, 700), st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_noise_belongs_to_the_path(seed: int, first: int, paths: int, steps: int) -> None:
    """A path's normals are the same in whatever block or shard it is drawn, and however many steps follow."""
    whole = noise.standard_normals(seed, first + paths, steps + 3)
    assert np.array_equal(whole[:steps, first:], noise.standard_normals(seed, paths, steps, first=first))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_ornstein_uhlenbeck_has_the_schemes_own_law(dtype: torch.dtype) -> None:
    """The scheme is Gaussian: its mean is (1 - a)^n, its variance a geometric sum; Kolmogorov's test against scipy."""
    steps, horizon = 25, 1.7
    a, q = 1 - OU.rate * horizon / steps, OU.noise**2 * horizon / steps
    final = euler_maruyama(OU, torch.full((PATHS,), 2.0, dtype=dtype), horizon, steps, 1).final
    law = stats.norm(2 * a**steps, math.sqrt(q * (1 - a ** (2 * steps)) / (1 - a**2)))
    assert final.dtype == dtype
    assert stats.kstest(final.double().numpy(), law.cdf).pvalue > CHANCE


def test_the_path_is_the_recursion() -> None:
    """All three native processes follow a plain numpy or torch loop over the same normals, to rounding."""
    paths, steps, h = 700, 7, 0.02
    xi = noise.standard_normals(9, paths, steps, first=40)
    x, y = np.ones(paths), np.full(paths, 0.01)
    for z in xi:
        x = x - OU.rate * x * h + OU.noise * math.sqrt(h) * z
        positive = np.maximum(y, 0)
        y = y + (CIR.N - CIR.w * positive) * h + 2 * np.sqrt(positive * h) * z
    for process, start, expected in ((OU, 1.0, x), (CIR, 0.01, np.maximum(y, 0))):
        made = euler_maruyama(
            process, torch.full((paths,), start, dtype=torch.float64), h * steps, steps, 9, first=40
        ).final
        assert np.allclose(made, expected, rtol=1e-12, atol=1e-14)
    process, v = langevin(), torch.zeros(paths, 3, dtype=torch.float64)
    furthest = torch.linalg.vector_norm(v - 1, dim=-1)
    for step in torch.from_numpy(noise.standard_normals(9, paths, 3 * steps, first=40)).split(3):
        v = v + h * process.drift(v) + math.sqrt(2 * h) * step.T
        furthest = furthest.maximum(torch.linalg.vector_norm(v - 1, dim=-1))
    zeros = torch.zeros(paths, 3, dtype=torch.float64)
    made_v = euler_maruyama(process, zeros, h * steps, steps, 9, first=40, suprema="grid")
    assert torch.allclose(made_v.final, v, rtol=1e-11, atol=1e-12)
    assert made_v.suprema is not None
    assert torch.allclose(made_v.suprema, furthest, rtol=1e-11)


def test_the_square_root_process_tends_to_its_law() -> None:
    """With short steps the mean and Kolmogorov's distance come near the noncentral chi-square law."""
    final = euler_maruyama(CIR, torch.full((PATHS,), 3.0).double(), 1.0, 512, 2).final.numpy()
    v = CIR.scale(1.0)
    law = stats.ncx2(CIR.N, 3.0 * math.exp(-CIR.w) / v, scale=v)
    assert abs(final.mean() - law.mean()) < 0.005 + 4 * law.std() / math.sqrt(PATHS)
    assert stats.kstest(final, law.cdf).statistic < 0.02


def test_the_drift_of_langevin_is_the_gradient() -> None:
    """Autograd's gradient of |z|²/2 + |G(z) - x|²/(2 beta²), entry by entry."""
    process, z = langevin(), torch.randn(6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    z.requires_grad_()
    image = z @ process.A.T + torch.tanh(z @ process.P.T + process.b) @ process.Q.T
    energy = (z**2).sum() / 2 + ((image - process.x) ** 2).sum() / (2 * process.beta**2)
    assert torch.allclose(process.drift(z), -torch.autograd.grad(energy, z)[0], rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tanh_is_numpys(dtype: type[np.floating]) -> None:
    """Relative error of a few units in the last place from the least argument to the largest, and infinities to 1."""
    s = np.concatenate([np.logspace(-30, 3, 4000), [0.0, np.inf]])
    values = np.concatenate([s, -s]).astype(dtype)
    expected = np.tanh(values.astype(np.float64))
    blocks.bend(values)
    assert np.allclose(values, expected, rtol=8 * np.finfo(dtype).eps, atol=0)


def test_the_bridge_gives_the_supremum_of_brownian_motion() -> None:
    """With next to no drift the maximum over [0, 1] is |N(0, 1)|, however long the steps; on the grid it is less."""
    process, start = OrnsteinUhlenbeck(1e-9, 1.0), torch.zeros(PATHS, dtype=torch.float64)
    bridge, grid, none = (euler_maruyama(process, start, 1.0, 5, 8, suprema=s) for s in ("bridge", "grid", "none"))
    assert bridge.suprema is not None
    assert grid.suprema is not None
    assert none.suprema is None
    assert stats.kstest(bridge.suprema.numpy(), stats.halfnorm.cdf).pvalue > CHANCE
    assert stats.kstest(grid.suprema.numpy(), stats.halfnorm.cdf).pvalue < 1e-9
    assert bool((bridge.suprema >= grid.suprema).all())
    assert torch.equal(bridge.final, none.final)
    assert torch.equal(grid.final, none.final)


def test_torch_and_native_code_agree_in_law() -> None:
    """The same processes as bare drifts, stepped by torch with other noise: final states and suprema alike."""
    cir = Diffusion(lambda x: CIR.N - CIR.w * x.clamp(min=0), lambda x: 2 * x.clamp(min=0).sqrt())
    pairs: list[tuple[Process, Diffusion, torch.Tensor, Suprema]] = [
        (OU, Diffusion(lambda x: -OU.rate * x, OU.noise), torch.ones(8000), "bridge"),
        (CIR, cir, torch.ones(8000), "bridge"),
        (langevin(), langevin().as_diffusion(), torch.zeros(8000, 3), "grid"),
    ]
    for process, bare, start, suprema in pairs:
        ours, theirs = (euler_maruyama(p, start, 0.5, 16, 4, suprema=suprema) for p in (process, bare))
        assert ours.suprema is not None
        assert theirs.suprema is not None
        assert stats.ks_2samp(ours.suprema.numpy(), theirs.suprema.numpy()).pvalue > CHANCE
        for a, b in zip(ours.final.reshape(8000, -1).T, theirs.final.reshape(8000, -1).T, strict=True):
            positive = b.clamp(min=0) if process is CIR else b
            assert stats.ks_2samp(a.numpy(), positive.numpy()).pvalue > CHANCE


@pytest.mark.parametrize(
    "process", [OU, CIR, langevin(), langevin().as_diffusion()], ids=["ou", "cir", "native", "torch"]
)
def test_threads_and_shards_change_no_bit(process: Process) -> None:
    """One thread or three, one call or two: the same bytes; another seed: others."""
    paths = CHUNK + 700
    start = torch.full((paths,) if process in (OU, CIR) else (paths, 3), 0.5)
    one = euler_maruyama(process, start, 0.3, 5, 6, threads=1, suprema="grid")
    three = euler_maruyama(process, start, 0.3, 5, 6, threads=3, suprema="grid")
    parts = slice(0, CHUNK), slice(CHUNK, paths)
    shards = [euler_maruyama(process, start[k], 0.3, 5, 6, first=k.start, suprema="grid") for k in parts]
    assert one.suprema is not None
    for made in (three.final, torch.cat([shard.final for shard in shards])):
        assert torch.equal(one.final, made)
    assert torch.equal(one.suprema, torch.cat([shard.suprema for shard in shards if shard.suprema is not None]))
    assert not torch.equal(one.final, euler_maruyama(process, start, 0.3, 5, 7).final)


@pytest.mark.parametrize("suprema", ["none", "bridge"])
def test_memory_does_not_grow_with_the_steps(suprema: Suprema) -> None:
    """2048 paths through 4000 steps would be 65 MB of noise; numpy and numba together allocate less than 1 MB."""
    start = torch.ones(2048, dtype=torch.float64)
    euler_maruyama(OU, start, 1.0, 2, 0, suprema=suprema)
    tracemalloc.start()
    euler_maruyama(OU, start, 1.0, 4000, 0, suprema=suprema)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


ONES = torch.ones(3, dtype=torch.float64)


@pytest.mark.parametrize(
    ("process", "start", "change", "message"),
    [
        (OU, ONES, {"horizon": 0.0}, "horizon = 0.0: give a positive"),
        (OU, ONES, {"horizon": math.nan}, "horizon = nan"),
        (OU, ONES, {"steps": 0}, "steps = 0: give an integer of 1"),
        (OU, ONES, {"steps": 2.5}, r"steps = 2\.5"),
        (OU, ONES, {"seed": -1}, "seed = -1"),
        (OU, ONES, {"first": -4}, "first = -4"),
        (OU, ONES, {"threads": 0}, "threads = 0"),
        (OU, ONES, {"suprema": "exact"}, "'none', 'grid' or 'bridge'"),
        (OU, ONES.int(), {}, r"torch\.int32 will not do; call start\.float"),
        (OU, ONES[:0], {}, "at least one path"),
        (OU, ONES[:, None], {}, r"\(3, 1\) does not fit the process; give \(paths\)"),
        (OU, ONES * math.nan, {}, "finite states"),
        (CIR, -ONES, {}, "states of 0 or above"),
        (langevin(), ONES, {}, r"give \(paths, 3\)"),
        (langevin(), ONES[None], {"suprema": "bridge"}, "take suprema = 'grid'"),
        (Diffusion(lambda x: x, 1.0), ONES, {"first": 5}, f"multiples of {CHUNK}"),
        (OrnsteinUhlenbeck(1e9), ONES, {"steps": 100}, "diverge; take more steps"),
    ],
)
def test_what_cannot_be_run_is_refused(
    process: Process, start: torch.Tensor, change: dict[str, object], message: str
) -> None:
    """Each argument out of range is named, with the remedy; so is a step too long for the process."""
    arguments = {"horizon": 1.0, "steps": 4, "seed": 0} | change
    with pytest.raises(ReductionError, match=message):
        euler_maruyama(process, start, **arguments)  # type: ignore[arg-type]


def test_a_langevin_process_that_does_not_fit_is_refused() -> None:
    """The matrix that does not fit is named."""
    A, b = torch.eye(2), torch.zeros(3)
    with pytest.raises(ReductionError, match=r"Q: \(2, 2\) does not fit .* give \(2, 3\)"):
        Langevin(A, A, torch.zeros(3, 2), b, torch.zeros(2), 1.0)
    with pytest.raises(ReductionError, match="beta = 0"):
        Langevin(A, torch.zeros(2, 3), torch.zeros(3, 2), b, torch.zeros(2), 0.0)
    with pytest.raises(ReductionError, match="finite entries"):
        Langevin(A * math.inf, torch.zeros(2, 3), torch.zeros(3, 2), b, torch.zeros(2), 1.0)
