"""Starts of the flow whose A has a known row span and column span, exactly also in balls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, concatenate, eye, solve
from claims.engine.strategies import (
    MatrixEnsemble,
    PositiveEnsemble,
    PositiveVectorEnsemble,
    matrices,
    positive,
    positives,
)
from claims.papers.koehler_2022.gradient_flow import Flow, Start, random_flows


def complement(basis: Array) -> Array:
    """Projection onto the orthogonal complement of the columns of a basis [n, m, k]: [n, m, m]."""
    m = basis.shape[-2]
    return eye(m, m, basis) - basis @ solve(basis.mT @ basis, basis.mT)


def graph(block: Array, k: int) -> Array:
    """[I; block], a basis of k columns: [n, k + rows, k]. Its Gram matrix is at least I, so never singular."""
    unit = eye(k, k, block) + 0 * (block.mT @ block)
    return concatenate([unit, block], -2)


@dataclass(frozen=True, repr=False)
class SpanStart:
    """A = [I; Y] diag(m) [I, Z^T] of rank k, and initial values.

    Shapes: Y [n, d-k, k], m [n, k], Z [n, r*-k, k], A_tilde [n, d, r], B_tilde [n, r, d], epsilon [n].
    """

    Y: Array
    m: Array
    Z: Array
    A_tilde: Array
    B_tilde: Array
    epsilon: Array

    def __repr__(self) -> str:
        (d, r), k = self.A_tilde.shape[-2:], self.k
        return f"{type(self).__name__}(d={d}, r={r}, r*={self.Z.shape[-2] + k}, rank={k})"

    @property
    def k(self) -> int:
        """Rank of A."""
        return int(self.m.shape[-1])

    @property
    def columns(self) -> Array:
        """A basis of the column span of A: [n, d, k]."""
        return graph(self.Y, self.k)

    @property
    def rows(self) -> Array:
        """A basis of the row span of A: [n, r*, k]."""
        return graph(self.Z, self.k)

    @property
    def A(self) -> Array:  # noqa: N802 - the paper's name
        """The data matrix: [n, d, r*]."""
        return (self.columns * self.m[..., None, :]) @ self.rows.mT

    @property
    def start(self) -> Start:
        """The start of the flow."""
        return Start(self.A, self.A_tilde, self.B_tilde, self.epsilon)


@dataclass(frozen=True, repr=False)
class AlignedStart(SpanStart):
    """As `SpanStart`, with A~ replaced by one whose rows lie in the row span of A: A~ = [I; H] [I, Z^T].

    H [n, d-k, k] is the first part of A_tilde; then P A~^T = 0 for the projection off the row span.
    """

    @property
    def basis(self) -> Array:
        """A basis of the column span of this A~: [n, d, k]."""
        return graph(self.A_tilde[..., self.k :, : self.k], self.k)

    @property
    def start(self) -> Start:
        """The start of the flow, with the aligned A~."""
        return Start(self.A, self.basis @ self.rows.mT, self.B_tilde, self.epsilon)


@dataclass(frozen=True)
class SpanStarts:
    """Span starts of one structure."""

    d: int
    r_star: int
    m: PositiveVectorEnsemble
    A_tilde: MatrixEnsemble
    B_tilde: MatrixEnsemble
    epsilon: PositiveEnsemble
    aligned: bool = False

    @property
    def sizes(self) -> list[int]:
        """Free coordinates of Y, m, Z, A~, B~, eps."""
        k = self.m.count
        return [(self.d - k) * k, self.m.size, (self.r_star - k) * k, self.A_tilde.size, self.B_tilde.size, 1]

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return sum(self.sizes)

    def build(self, free: Float[Tensor, "n size"]) -> SpanStart:
        """A batch of instances."""
        Y, m, Z, decoder, encoder, epsilon = torch.split(free, self.sizes, dim=-1)
        n, k = len(free), self.m.count
        kind = AlignedStart if self.aligned else SpanStart
        return kind(
            Y.reshape(n, self.d - k, k), self.m.build(m), Z.reshape(n, self.r_star - k, k),
            self.A_tilde.build(decoder), self.B_tilde.build(encoder), self.epsilon.build(epsilon),
        )  # fmt: skip


@st.composite
def span_starts(draw: DrawFn, *, as_printed: bool, aligned: bool = False) -> SpanStarts:
    """A of every rank k >= 1 and shape up to 5; as printed A is d x r, so that r* = r and P A~^T has a type."""
    d, r = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    r_star = r if as_printed else draw(st.integers(1, 5))
    k = draw(st.integers(1, min(d, r_star)))
    scales = (1e-2, 1e2)
    # An aligned A~ is read off a full matrix, so it is drawn without structure.
    decoder = MatrixEnsemble(d, r, min(d, r)) if aligned else draw(matrices(d, r, scales=scales))
    return SpanStarts(
        d, r_star, draw(positives(k, scales=scales)), decoder, draw(matrices(r, d, scales=scales)),
        draw(positive(scales=scales)), aligned,
    )  # fmt: skip


SPANS = (
    "d, r, r* in 1..5 (square, tall, wide), every rank k >= 1 of A, scales 1e-2..1e2;"
    " as t -> 0, which by Gronwall covers all t"
)


@dataclass(frozen=True, repr=False)
class SpanFlow:
    """A solution of the flow, with orthonormal bases of the spans of its A (float only)."""

    flow: Flow

    def __repr__(self) -> str:
        return repr(self.flow)

    @property
    def off_columns(self) -> Tensor:
        """Projection off the column span of A: [d, d]."""
        left, values, _ = torch.linalg.svd(self.flow.A[0])
        rank = int((values > 1e-10 * values.max().clamp(min=1e-300)).sum())
        basis: Tensor = left[:, :rank]
        return torch.eye(len(left), dtype=left.dtype) - basis @ basis.mT

    @property
    def rank(self) -> int:
        """dim W."""
        return len(self.off_columns) - round(float(torch.trace(self.off_columns)))

    def second_route(self) -> SpanFlow:
        """The same run by another solver."""
        return SpanFlow(self.flow.second_route())


def span_flows(generator: torch.Generator, effort: str) -> Iterator[SpanFlow]:
    """Random flows with their spans."""
    return (SpanFlow(flow) for flow in random_flows(generator, effort))
