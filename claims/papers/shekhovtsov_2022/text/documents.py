"""Word counts of documents, kept sparse: nothing here is as large as documents x words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import embedding_bag


@dataclass(frozen=True)
class Documents:
    """Document i has the word words[k] counts[k] times, for k from starts[i] to starts[i + 1]; labels[i] is its topic.

    All counts are positive, and no word stands twice in a document. A document may be empty.
    """

    starts: Int[Tensor, " n+1"]
    words: Int[Tensor, " entries"]
    counts: Float[Tensor, " entries"]
    labels: Int[Tensor, " n"]
    vocabulary: int

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> Documents:
        """The same documents on another device."""
        starts, words, counts, labels = (one.to(device) for one in (self.starts, self.words, self.counts, self.labels))
        return Documents(starts, words, counts, labels, self.vocabulary)

    @property
    def owners(self) -> Int[Tensor, " entries"]:
        """The document of each entry."""
        return torch.repeat_interleave(torch.arange(len(self), device=self.starts.device), self.starts.diff())

    @property
    def lengths(self) -> Float[Tensor, " n"]:
        """l = sum_k x_k."""
        return self.sums(self.counts)

    def sums(self, values: Float[Tensor, " entries"]) -> Float[Tensor, " n"]:
        """The sum over each document's entries."""
        return values.new_zeros(len(self)).index_add(0, self.owners, values)

    def frequencies(self) -> Documents:
        """x / l in the place of x; an empty document stays empty."""
        return replace(self, counts=self.counts / self.lengths[self.owners])

    def own_log_likelihood(self) -> Float[Tensor, " n"]:
        """sum_k x_k log(x_k / l): what no distribution over the words can exceed; 0 of an empty document."""
        return self.sums(self.counts * self.frequencies().counts.log())

    def product(self, matrix: Float[Tensor, "K h"]) -> Float[Tensor, "n h"]:
        """x^T matrix for each document, differentiable in the matrix."""
        return embedding_bag(
            self.words, matrix, self.starts, mode="sum", per_sample_weights=self.counts.to(matrix.dtype),
            include_last_offset=True,
        )  # fmt: skip

    def select(self, chosen: Int[Tensor, " b"]) -> Documents:
        """The chosen documents, in that order."""
        sizes = self.starts.diff()[chosen]
        starts = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
        shifts = torch.repeat_interleave(self.starts[chosen] - starts[:-1], sizes)
        entries = shifts + torch.arange(len(shifts), device=shifts.device)
        return Documents(starts, self.words[entries], self.counts[entries], self.labels[chosen], self.vocabulary)

    def batches(self, size: int, source: torch.Generator | None = None) -> Iterator[Documents]:
        """All documents once, `size` at a time: in order, or shuffled by a generator on the CPU."""
        order = torch.arange(len(self)) if source is None else torch.randperm(len(self), generator=source)
        order = order.to(self.starts.device)
        for first in range(0, len(self), size):
            yield self.select(order[first : first + size])
