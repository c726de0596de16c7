"""The posterior of the generator G(z) = C(sgn z), from Bayes' rule alone: nothing is assumed of the circuit C.

A pattern b in {-1, 1}^d of signs is the integer whose bit i is set where b_i = +1; sgn(0) = +1. Given its pattern, z
is independent of x, so p(z|x) = p(sgn z|x) prod_i 2 phi(z_i), with phi the standard normal density.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int16, Int64
from torch import Tensor
from torch.nn.functional import logsigmoid

from circuits import Circuit
from circuits.simulation import exhaustive
from circuits.simulation.lanes import words_to_integers
from reductions.error import ReductionError
from reductions.patterns import (
    Logarithms,
    Patterns,
    checked_beta,
    checked_patterns,
    checked_x,
    pattern_of,
    signs_of,
)

#: The most inputs: 2^24 patterns take a second or two an x, and their vertices 64 MB at 24 outputs.
MOST_INPUTS = 24

#: Patterns at a time: 128 KB of float64 an x stay in cache, and below 2^15 numbers torch runs an operation on
#: one thread, for waiting on a second one costs more (tenfold, if another process holds the other core).
CHUNK = 1 << 14

#: Numbers at a time over all x: 32 MB of float64, whatever the batch.
BLOCK = 1 << 22

#: The largest table: 512 MB of float64.
TABLE_ENTRIES = 1 << 26

#: Outputs whose costs are tabulated together: 2^12 sums of float64 fit in the first level of cache.
GROUP = 12


class _Peak(NamedTuple):
    """By rows: the most likely pattern, its log p(x|b) - log p(x|s), and the log of the others' sum."""

    pattern: Int64[Tensor, "rows 1"]
    top: Float[Tensor, "rows 1"]
    rest: Float[Tensor, "rows 1"]


_Value = Callable[[Tensor, _Peak, Tensor], Tensor]


class SignPosterior:
    """p(sgn z | x) for z ~ N(0, I_d), x|z ~ N(C(sgn z), beta² I), by a sum over all 2^d patterns in log space.

    With s = sgn x, log p(x|b) = -‖x - s‖²/2beta² - sum over {i: C(b)_i ≠ s_i} of 2|x_i|/beta², up to a constant: a sum
    of terms of one sign, so nothing cancels and nothing underflows, however small beta and however far x. The sums over
    groups of outputs are tabulated, so that a pattern costs one look-up a group. The relative error of log p(b|x) is a
    few units of rounding if some vertex C(b) is sgn x (a bijection's always is); else its absolute error is so small
    relative to the exponent of the best vertex.

    Tensors `x` are float32 or float64 of shape (n, outputs), on any device; results share both. Raises
    `ReductionError` for a circuit without inputs or outputs or of more than 24 inputs, and for a beta that is not
    positive; the methods do so for an `x` of another shape or dtype, one that is not finite, or so large that
    |x|/beta² overflows.

    Source: Pareek & Risteski 2022, Definition 1, and the generator of Theorem 2.
    """

    def __init__(self, circuit: Circuit, beta: float) -> None:
        if not 1 <= circuit.num_inputs <= MOST_INPUTS or not circuit.num_outputs:
            raise ReductionError(
                f"{circuit.name!r} has {circuit.num_inputs} inputs and {circuit.num_outputs} outputs: a sum over all"
                f" sign patterns wants 1 to {MOST_INPUTS} inputs and at least one output"
            )
        self.circuit = circuit
        self.beta = checked_beta(beta)
        self.num_patterns = 1 << circuit.num_inputs
        groups = -(-circuit.num_outputs // GROUP)
        self._width = -(-circuit.num_outputs // groups)
        self._codes = _vertex_codes(circuit, self._width)
        self._rows = max(BLOCK // max(min(CHUNK, self.num_patterns), groups << self._width), 1)

    def log_probability(self, x: Float[Tensor, "n outputs"], patterns: Patterns) -> Logarithms:
        """log p(sgn z = b | x) for the given patterns of each x. Raises `ReductionError` for one outside [0, 2^d)."""
        return self._each(x, patterns, lambda at, peak, _: at - peak.top + logsigmoid(peak.top - peak.rest))

    def log_miss(self, x: Float[Tensor, "n outputs"], patterns: Patterns) -> Logarithms:
        """log p(sgn z ≠ b | x), to full relative precision even where it is far below the unit of rounding."""

        def miss(at: Tensor, peak: _Peak, wanted: Tensor) -> Tensor:
            # Any pattern but the most likely one has at most probability 1/2: there 1 - p loses nothing.
            others = torch.log1p(-torch.exp(at - peak.top + logsigmoid(peak.top - peak.rest)))
            return torch.where(wanted == peak.pattern, logsigmoid(peak.rest - peak.top), others)

        return self._each(x, patterns, miss)

    def log_evidence(self, x: Float[Tensor, "n outputs"]) -> Float[Tensor, " n"]:
        """log p(x), a density on R^outputs."""
        x = self._checked(x)
        peaks = [self._peak(tables) for _, tables in self._blocks(x)]
        total = torch.cat([torch.logaddexp(peak.top, peak.rest) for peak in peaks])[:, 0]
        nearest = -((x.abs() - 1) ** 2).sum(1) / (2 * self.beta**2)
        outputs, inputs = self.circuit.num_outputs, self.circuit.num_inputs
        return nearest + total - outputs * (math.log(self.beta) + math.log(2 * math.pi) / 2) - inputs * math.log(2)

    def most_likely(self, x: Float[Tensor, "n outputs"]) -> tuple[Int64[Tensor, " n"], Float[Tensor, " n"]]:
        """The most likely pattern for each x (of equals the lowest) and its log probability."""
        x = self._checked(x)
        peaks = [self._peak(tables) for _, tables in self._blocks(x)]
        log_p = torch.cat([logsigmoid(peak.top - peak.rest) for peak in peaks])
        return torch.cat([peak.pattern for peak in peaks])[:, 0], log_p[:, 0]

    def stream(self, x: Float[Tensor, "n outputs"]) -> Iterator[tuple[slice, int, Float[Tensor, "rows patterns"]]]:
        """(rows of x, first pattern b, log p(b + j | x) in column j), over all rows and patterns in bounded memory."""
        x = self._checked(x)
        for rows, tables in self._blocks(x):
            peak = self._peak(tables)
            shift = logsigmoid(peak.top - peak.rest)
            for first in range(0, self.num_patterns, CHUNK):
                yield rows, first, self._chunk(tables, first).sub_(peak.top).add_(shift)

    def table(self, x: Float[Tensor, "n outputs"]) -> Float[Tensor, "n 2**d"]:
        """log p(sgn z = b | x) in column b. Raises `ReductionError` beyond 2^26 entries."""
        x = self._checked(x)
        if len(x) * self.num_patterns > TABLE_ENTRIES:
            raise ReductionError(
                f"a table of {len(x)} x by 2^{self.circuit.num_inputs} patterns exceeds {TABLE_ENTRIES} entries: give"
                " fewer x at a time, or use stream() or log_probability()"
            )
        result = x.new_empty((len(x), self.num_patterns))
        for rows, first, log_p in self.stream(x):
            result[rows, first : first + log_p.shape[1]] = log_p
        return result

    def log_density(self, z: Float[Tensor, "n ... d"], x: Float[Tensor, "n outputs"]) -> Logarithms:
        """log p(z|x) = log p(sgn z|x) + sum_i log(2 phi(z_i)), a density on R^d; z is (n, d) or (n, k, d)."""
        if z.shape[-1] != self.circuit.num_inputs:
            raise ReductionError(f"{self.circuit.name!r} has {self.circuit.num_inputs} inputs, but z {z.shape[-1]}")
        magnitudes = (math.log(2 / math.pi) - z**2).sum(-1) / 2
        return self.log_probability(x, pattern_of(z)) + magnitudes

    def sample_patterns(
        self, x: Float[Tensor, "n outputs"], generator: torch.Generator, *, draws: int = 1
    ) -> Int64[Tensor, "n draws"]:
        """Independent patterns from p(sgn z | x), by inverting the distribution function: first of chunks, then inside.

        Takes two passes over the patterns however many draws. Probabilities below about 1e-16 round to 0.
        """
        x = self._checked(x)
        uniform = torch.rand((2, len(x), draws), dtype=torch.float64, device=generator.device, generator=generator)
        uniform = uniform.to(x.device)
        result = x.new_empty((len(x), draws), dtype=torch.int64)
        for rows, tables in self._blocks(x):
            starts = range(0, self.num_patterns, CHUNK)
            masses = torch.stack([self._chunk(tables, first).logsumexp(1) for first in starts], dim=1)
            chosen = _inverse_cdf(masses, uniform[0, rows])
            for chunk in sorted(set(chosen.flatten().tolist())):
                here = (chosen == chunk).any(1).nonzero()[:, 0]
                inside = _inverse_cdf(self._chunk(tables[:, here], starts[chunk]), uniform[1, rows][here])
                patterns = torch.where(chosen[here] == chunk, starts[chunk] + inside, result[rows][here])
                result[rows] = result[rows].index_copy(0, here, patterns)
        return result

    def sample(self, x: Float[Tensor, "n outputs"], generator: torch.Generator) -> Float[Tensor, "n d"]:
        """One z from p(z|x) for each x: a pattern of the posterior, times half-normal magnitudes."""
        signs = signs_of(self.sample_patterns(x, generator)[:, 0], self.circuit.num_inputs, dtype=x.dtype)
        normal = torch.randn(signs.shape, dtype=x.dtype, device=generator.device, generator=generator)
        return signs * normal.abs().to(x.device)

    # -- the sum over patterns ----------------------------------------------------------------------------------------

    def _checked(self, x: Tensor) -> Tensor:
        return checked_x(x, self.circuit, self.beta)

    def _blocks(self, x: Tensor) -> Iterator[tuple[slice, Float[Tensor, "groups rows codes"]]]:
        """Rows of x, and for each group of outputs and each of its codes the sum of 2|x_i|/beta² where it is not s."""
        for start in range(0, max(len(x), 1), self._rows):
            block = x[start : start + self._rows]
            weights = block.abs() * (2 / self.beta**2)
            padding = (0, len(self._codes) * self._width - block.shape[1])
            costs = torch.stack((weights * (block >= 0), weights * (block < 0)))  # of the bit 0, and of the bit 1
            costs = torch.nn.functional.pad(costs, padding).reshape(2, len(block), len(self._codes), self._width)
            tables = costs.new_zeros((len(self._codes), len(block), 1))
            for zero, one in costs.permute(3, 0, 2, 1).unsqueeze(-1):
                tables = torch.cat((tables + zero, tables + one), dim=-1)
            yield slice(start, start + len(block)), tables

    def _chunk(self, tables: Float[Tensor, "groups rows codes"], first: int) -> Float[Tensor, "rows patterns"]:
        """log p(x|b) - log p(x|s) for the patterns b from `first`; the codes' tables hold its terms, negated."""
        cost = tables.new_zeros(())
        for table, codes in zip(tables, self._codes[:, first : first + CHUNK], strict=True):
            cost = cost - table.index_select(1, codes.to(table.device, torch.int64))
        return cost

    def _peak(self, tables: Float[Tensor, "groups rows codes"]) -> _Peak:
        """The most likely pattern apart from all others, so that 1 - p(b|x) survives when it is tiny."""
        top = rest = tables.new_full((tables.shape[1], 1), -math.inf)
        pattern = torch.zeros_like(top, dtype=torch.int64)
        for first in range(0, self.num_patterns, CHUNK):
            logits = self._chunk(tables, first)
            high, where = logits.max(dim=1, keepdim=True)  # the first of equals
            below = logits.scatter_(1, where, -math.inf).logsumexp(1, keepdim=True)
            rest = torch.logaddexp(torch.logaddexp(rest, below), torch.minimum(high, top))
            pattern = torch.where(high > top, first + where, pattern)
            top = torch.maximum(high, top)
        return _Peak(pattern, top, rest)

    def _each(self, x: Tensor, patterns: Tensor, value: _Value) -> Tensor:
        """value(log p(x|b) - log p(x|s), peak, b) for the patterns b of every row."""
        x = self._checked(x)
        wanted = checked_patterns(patterns, len(x), self.num_patterns).to(x.device)
        results = []
        for rows, tables in self._blocks(x):
            here = wanted[rows]
            at = x.new_zeros(())
            for table, codes in zip(tables, self._codes[:, here.cpu()], strict=True):
                at = at - table.gather(1, codes.to(table.device, torch.int64))  # the order of _chunk: bits agree
            results.append(value(at, self._peak(tables), here))
        return torch.cat(results).reshape(patterns.shape)


def _vertex_codes(circuit: Circuit, width: int) -> Int16[Tensor, "groups 2**inputs"]:
    """C(b) for every pattern b, as one integer for each group of `width` outputs."""
    starts = range(0, circuit.num_outputs, width)
    codes = np.empty((len(starts), 1 << circuit.num_inputs), dtype=np.int16)
    for first, words in exhaustive(circuit):
        lanes = min(64 * words.shape[1], codes.shape[1] - first)
        for group, start in zip(codes, starts, strict=True):
            group[first : first + lanes] = words_to_integers(words[start : start + width], lanes)
    return torch.from_numpy(codes)


def _inverse_cdf(
    log_masses: Float[Tensor, "rows cells"], uniform: Float[Tensor, "rows draws"]
) -> Int64[Tensor, "rows draws"]:
    """The cell in which each uniform falls; one without mass is never chosen."""
    masses = (log_masses - log_masses.amax(1, keepdim=True)).to(torch.float64).exp()
    cumulative = masses.cumsum(1)
    cells = torch.searchsorted(cumulative, uniform * cumulative[:, -1:], right=True)
    return cells.clamp(max=log_masses.shape[1] - 1)
