"""The runs of the experiment `hardness`: which encoders are trained on what, and the row that each leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from circuits.families import Kind, Permutation, family
from circuits.network import generator as as_generator
from claims.engine.statistics import pooled_clopper_pearson
from reductions.dichotomy import Quality, measure_mean_field, measure_signs
from reductions.encoders.learned import MeanField, Objective, train_mean_field, train_signs
from reductions.encoders.training import hidden_within, size_of
from reductions.generators import SmoothGenerator, random_separable, random_smooth

#: Families whose rounds grow; the candidates have one round.
GROWING = ("toffoli", "feistel", "spn")
SINGLE = ("affine", "modexp", "rsa", "rabin")

#: Each interval misses with at most this probability.
ERROR = 0.01

#: Noisy x that an encoder of a permutation is measured on (each input equally often), at least; and of a smooth one.
TRIALS, SMOOTH_TRIALS = 4096, 256

#: Samples of each instance in a step.
BATCH = 128


@dataclass(frozen=True)
class Size:
    """What an effort spends."""

    bits: tuple[int, ...]
    rounds: tuple[int, ...]
    budgets: tuple[int, ...]
    seeds: int
    steps: int
    elbo_bits: tuple[int, ...]
    half_bits: tuple[int, ...]


SIZES = {
    "quick": Size((6, 8), (1, 2, 4, 8), (200, 800, 3200, 12800), 2, 2000, (6,), (8,)),
    "standard": Size((6, 8, 10), (1, 2, 3, 4, 8), (200, 800, 3200, 12800), 3, 3000, (6, 8), (8, 10)),
    "thorough": Size(
        (6, 8, 10, 12), (1, 2, 3, 4, 8, 16), (200, 800, 3200, 12800, 51200), 5, 10000, (6, 8, 10), (8, 10, 12)
    ),
}


@dataclass(frozen=True)
class Row:
    """One encoder. `success` is the share of trials inverted, `near` that of x with TV <= 1/10, with 99 % intervals.

    `tested` says on which inputs: all, or (where only half were shown in training) the unseen. `samples` is the number
    of samples seen in training, `patterns` 2^d; `kind` is the family's, or "smooth". None: not known, not there.
    """

    group: str
    family: str
    kind: str
    d: int
    rounds: int
    seed: int
    objective: str
    tested: str
    budget: int
    parameters: int
    hidden: int
    generator_parameters: int
    invertibility: float | None
    steps: int
    samples: int
    patterns: int | None
    trials: int
    success: float
    success_low: float
    success_high: float
    ceiling: float | None
    tv_mean: float | None
    tv_error: float | None
    near: float | None
    near_low: float | None
    near_high: float | None


@dataclass(frozen=True)
class Group:
    """All instances of one d, trained together with one objective within one budget of parameters."""

    size: Size
    d: int
    budget: int
    objective: Objective
    shown: float
    smooth: bool
    seed: int

    @property
    def name(self) -> str:
        """What the outcome depends on: the key of its rows."""
        what = "smooth" if self.smooth else "circuits"
        rounds = "-".join(map(str, self.size.rounds))
        return (
            f"{what} d={self.d} budget={self.budget} {self.objective} shown={self.shown} steps={self.size.steps}"
            f" rounds={rounds} seeds={self.seed}+{self.size.seeds}"
        )

    def rows(self) -> list[Row]:
        """Train and measure."""
        return self._smooth_rows() if self.smooth else self._circuit_rows()

    def _circuit_rows(self) -> list[Row]:
        members = list(_members(self.d, self.size.rounds, range(self.seed, self.seed + self.size.seeds)))
        hidden = hidden_within(self.budget, self.d, self.d)
        learned = train_signs(
            [one.circuit for *_, one in members], hidden, steps=self.size.steps, seed=self.seed,
            objective=self.objective, batch=BATCH, shown=self.shown,
        )  # fmt: skip
        half = self.shown < 1
        repeats = max(1, -(-TRIALS >> self.d)) * (2 if half else 1)
        rows = []
        for (name, kind, rounds, seed, one), encoder in zip(members, learned, strict=True):
            quality = measure_signs(encoder, repeats=repeats, seed=self.seed, unseen=half)
            size = as_generator(one.circuit).size().parameters
            rows.append(
                self._row(name, kind, rounds, seed, quality, size_of(self.d, hidden, self.d), hidden, size, None)
            )
        return rows

    def _smooth_rows(self) -> list[Row]:
        seeds = range(self.seed, self.seed + self.size.seeds)
        members = [(name, seed, one) for seed in seeds for name, one in smooth_members(self.d, seed)]
        hidden = hidden_within(self.budget, self.d, 2 * self.d)
        learned: Sequence[MeanField] = train_mean_field(
            [one for *_, one in members], hidden, steps=self.size.steps, seed=self.seed,
            objective=self.objective, batch=BATCH,
        )  # fmt: skip
        rows = []
        for (name, seed, one), encoder in zip(members, learned, strict=True):
            quality = measure_mean_field(encoder, samples=SMOOTH_TRIALS, seed=self.seed)
            parameters = size_of(self.d, hidden, 2 * self.d)
            size, m = one.parameter_count, one.invertibility
            rows.append(self._row(name, "smooth", 1, seed, quality, parameters, hidden, size, m))
        return rows

    def _row(  # noqa: PLR0917 - the row's own columns, in its order
        self, name: str, kind: str, rounds: int, seed: int, quality: Quality, parameters: int,
        hidden: tuple[int, ...], size: int, invertibility: float | None,
    ) -> Row:  # fmt: skip
        success = _interval(quality.inverted, quality.inverted, quality.trials)
        near: tuple[float | None, ...] = (None, None, None)
        if quality.near is not None and quality.near_or_undecided is not None:
            near = _interval(quality.near, quality.near_or_undecided, quality.trials)
        tested = "samples" if self.smooth else "all" if self.shown == 1 else "unseen"
        return Row(
            self.name, name, kind, self.d, rounds, seed, self.objective.value, tested, self.budget, parameters,
            hidden[0], size, invertibility, self.size.steps, self.size.steps * BATCH,
            None if self.smooth else 1 << self.d, quality.trials, *success, quality.ceiling,
            quality.total_variation, quality.error, *near,
        )  # fmt: skip


def groups(effort: str, seed: int) -> Iterator[Group]:
    """All groups of an effort: small d first, so that a run which is interrupted has shown something."""
    size = SIZES[effort]
    for d in size.bits:
        plan = [(Objective.SUPERVISED, 1.0, False), (Objective.SUPERVISED, 1.0, True)]
        plan += [(Objective.SUPERVISED, 0.5, False)] if d in size.half_bits else []
        plan += [(Objective.ELBO, 1.0, True)]
        plan += [(Objective.ELBO, 1.0, False)] if d in size.elbo_bits else []
        for objective, shown, smooth in plan:
            for budget in size.budgets:
                yield Group(size, d, budget, objective, shown, smooth, seed)


def _members(d: int, rounds: Sequence[int], seeds: Sequence[int]) -> Iterator[tuple[str, str, int, int, Permutation]]:
    """(family, kind, rounds, seed, member) for every permutation of d bits."""
    for name in (*SINGLE, *GROWING):
        chosen = family(name)
        if d not in chosen.bits:
            continue
        for count in rounds if name in GROWING else (1,):
            for seed in seeds:
                # The candidates' moduli do not depend on every seed: equal circuits are equal rows, and told as such.
                member = chosen.build(d, count, seed)
                if isinstance(member, Permutation):
                    yield name, chosen.kind.value, count, seed, member


def smooth_members(d: int, seed: int) -> Iterator[tuple[str, SmoothGenerator]]:
    """A linear, a separable and a general strongly invertible generator of R^d."""
    rng = torch.Generator().manual_seed(seed)
    yield "linear", random_separable(d, 0.0, rng)
    yield "separable", random_separable(d, 0.5, rng)
    yield "smooth", random_smooth(d, 4 * d, rng)


def is_candidate(row: Row) -> bool:
    """Whether the row is of a candidate one-way permutation."""
    return row.kind == str(Kind.CANDIDATE.value)


def _interval(low: int, high: int, trials: int) -> tuple[float, float, float]:
    """Share, lower and upper limit; the count may be anything from `low` to `high`."""
    lower = pooled_clopper_pearson([low], [trials], error=ERROR).lower
    upper = pooled_clopper_pearson([high], [trials], error=ERROR).upper
    return low / trials, float(lower), float(upper)
