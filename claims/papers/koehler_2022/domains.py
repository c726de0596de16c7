"""The domains of this paper's claims: ensembles of linear and general VAEs, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, concatenate, eye, solve
from claims.engine.strategies import (
    Activation,
    Ensemble,
    MatrixEnsemble,
    PositiveEnsemble,
    PositiveVectorEnsemble,
    SequenceToZero,
    activations,
    matrices,
    positive,
    positives,
    sequences_to_zero,
    split,
)
from claims.papers.koehler_2022.general_vae import GeneralVAE
from claims.papers.koehler_2022.linear_vae import LinearVAE

#: Largest dimension drawn. The statements treat dimensions alike, so what can fail fails at small ones, and their
#: differences d - r, r - r* take every sign and size up to five.
LARGEST = 6

#: Scales of matrices and variances. Their squares and the quotients by eps^2 stay well inside float64.
SCALES = (1e-4, 1e4)

SCOPE = (
    f"d, r, r* in 1..{LARGEST} (square, tall, wide), every rank of A, A~, B~, zero and repeated rows and columns,"
    " scales 1e-4..1e4; worst instances by gradient ascent"
)


@dataclass(frozen=True)
class LinearVAEs:
    """Linear VAEs of one structure."""

    A: MatrixEnsemble
    A_tilde: MatrixEnsemble
    B_tilde: MatrixEnsemble
    D: PositiveVectorEnsemble
    epsilon: PositiveEnsemble

    @property
    def parts(self) -> tuple[Ensemble[Any], ...]:
        """The ensembles that share the free coordinates, in order."""
        return (self.A, self.A_tilde, self.B_tilde, self.D, self.epsilon)

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return sum(part.size for part in self.parts)

    def build(self, free: Float[Tensor, "n size"]) -> LinearVAE:
        """A batch of instances."""
        slices = split(free, self.parts)
        return LinearVAE(*(part.build(piece) for part, piece in zip(self.parts, slices, strict=True)))


@st.composite
def linear_vaes(draw: DrawFn, *, largest: int = LARGEST, scales: tuple[float, float] = SCALES) -> LinearVAEs:
    """Linear VAEs over all shapes and ranks up to `largest`."""
    d, r, r_star = (draw(st.integers(1, largest)) for _ in range(3))
    return LinearVAEs(
        draw(matrices(d, r_star, scales=scales)),
        draw(matrices(d, r, scales=scales)),
        draw(matrices(r, d, scales=scales)),
        draw(positives(r, scales=scales)),
        draw(positive(scales=scales)),
    )


def plain_vaes(d: int, r: int, r_star: int) -> LinearVAEs:
    """Gaussian parameters of full rank, at scale one."""
    return LinearVAEs(
        MatrixEnsemble(d, r_star, min(d, r_star)), MatrixEnsemble(d, r, min(d, r)), MatrixEnsemble(r, d, min(d, r)),
        PositiveVectorEnsemble(r), PositiveEnsemble(),
    )  # fmt: skip


def zero_data(d: int = 1, r: int = 1) -> LinearVAEs:
    """The degenerate end of the domain: A = 0 and A~ = 0."""
    nothing = MatrixEnsemble(rows=d, columns=r, rank=0)
    return LinearVAEs(
        MatrixEnsemble(rows=d, columns=1, rank=0), nothing, MatrixEnsemble(rows=r, columns=d, rank=min(d, r)),
        PositiveVectorEnsemble(entries=r), PositiveEnsemble(),
    )  # fmt: skip


@dataclass(frozen=True)
class GeneralVAEs:
    """General VAEs of one structure."""

    points: MatrixEnsemble
    encoder: MatrixEnsemble
    decoder: MatrixEnsemble
    D: PositiveVectorEnsemble
    epsilon: PositiveVectorEnsemble
    activation: Activation

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return sum(part.size for part in (self.points, self.encoder, self.decoder, self.D, self.epsilon))

    def build(self, free: Float[Tensor, "n size"]) -> GeneralVAE:
        """A batch of instances."""
        parts: tuple[Ensemble[Tensor], ...] = (self.points, self.encoder, self.decoder, self.D, self.epsilon)
        pieces = split(free, parts)
        points, encoder, decoder, D, epsilon = (part.build(x) for part, x in zip(parts, pieces, strict=True))
        return GeneralVAE(points, encoder, decoder, D, epsilon[..., 0], self.activation)


@st.composite
def general_vaes(draw: DrawFn) -> GeneralVAEs:
    """General VAEs: d, r in 1..3, one to four data points, every activation whose values stay in range."""
    d, r, m = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    scales = (1e-2, 1e2)
    return GeneralVAEs(
        draw(matrices(m, d, scales=scales)), draw(matrices(d, r, scales=scales)), draw(matrices(r, d, scales=scales)),
        draw(positives(r, scales=scales)), draw(positives(1, scales=SCALES)), draw(activations(lipschitz=True)),
    )  # fmt: skip


any_vae = st.one_of(linear_vaes(), general_vaes())
ANY_VAE = f"linear f, g: {SCOPE}; nonlinear f, g: one layer, all Lipschitz activations, d, r in 1..3"


@dataclass(frozen=True, repr=False)
class Reconstruction:
    """Parameters with A = A~B~A by construction, and a sequence eps_t -> 0.

    A~ = [F X], B~ = [F⁺; N (I - F F⁺)], A = F G with F = [I; Y] of full column rank k, so A~B~F = F exactly (also
    in balls, where F⁺ is computed by a solve). Columns of X vanish where `X` is drawn with zero columns.
    Shapes: Y [n, d-k, k], X [n, d, r-k], N [n, r-k, d], G [n, k, r*].
    """

    Y: Array
    X: Array
    N: Array
    G: Array
    zero_columns: int
    log_epsilons: tuple[float, ...]

    def __repr__(self) -> str:
        d, r = self.X.shape[-2], self.A_tilde.shape[-1]
        return f"Reconstruction(d={d}, r={r}, r*={self.G.shape[-1]}, zero columns={self.zero_columns})"

    @property
    def F(self) -> Array:  # noqa: N802 - its name in the docstring
        """[I; Y]: [n, d, k]."""
        k = self.Y.shape[-1]
        unit = eye(k, k, self.Y) + 0 * self.G @ self.G.mT
        return concatenate([unit, self.Y], -2)

    @property
    def A(self) -> Array:  # noqa: N802 - the paper's name
        """F G: [n, d, r*]."""
        return self.F @ self.G

    @property
    def A_tilde(self) -> Array:  # noqa: N802 - the paper's name
        """[F X]: [n, d, r]."""
        return concatenate([self.F, self.X], -1)

    @property
    def B_tilde(self) -> Array:  # noqa: N802 - the paper's name
        """[F⁺; N (I - F F⁺)]: [n, r, d]."""
        F = self.F
        inverse = solve(F.mT @ F, F.mT)
        return concatenate([inverse, self.N - self.N @ F @ inverse], -2)


@dataclass(frozen=True)
class Reconstructions:
    """Reconstructions of one structure."""

    d: int
    k: int
    r_star: int
    X: MatrixEnsemble
    zero_columns: int
    sequence: SequenceToZero

    @property
    def parts(self) -> list[int]:
        """Free coordinates of Y, X, N, G."""
        return [(self.d - self.k) * self.k, self.X.size, self.X.shape[1] * self.d, self.k * self.r_star]

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return sum(self.parts)

    def build(self, free: Float[Tensor, "n size"]) -> Reconstruction:
        """A batch of instances."""
        Y, X, N, G = torch.split(free, self.parts, dim=-1)
        n, spare = len(free), self.X.shape[1]
        return Reconstruction(
            Y.reshape(n, self.d - self.k, self.k), self.X.build(X), N.reshape(n, spare, self.d),
            G.reshape(n, self.k, self.r_star), self.zero_columns, log_epsilons(self.sequence),
        )  # fmt: skip


#: Times at which sequences are looked at: the middle and the end matter (see Margin.tends).
TIMES = 9


def log_epsilons(sequence: SequenceToZero) -> tuple[float, ...]:
    """log eps_t at nine times whose values run from about 1/2 down to about 1e-120.

    The loss depends on t only through eps_t, so the times are chosen by the values: the slowest sequences reach
    them at astronomically late t, which enter as real numbers.
    """
    targets = torch.linspace(-1.0, -270.0, TIMES, dtype=torch.float64)
    # Each value -> the nearest value that the sequence takes at t = 1, 2, 3, ... up to a million, or the target.
    taken = sequence.log(torch.arange(1.0, 1e5, dtype=torch.float64))
    nearest = taken[(taken[None, :] - targets[:, None]).abs().argmin(dim=1)]
    return tuple(torch.where((nearest - targets).abs() < 20, nearest, targets).sort(descending=True).values.tolist())


RECONSTRUCTIONS = "d in 2..5, r in 2..9, rank A in 1..d-1, all kinds of sequence down to 1e-117"


@st.composite
def reconstructions(draw: DrawFn, *, enough: bool = True) -> Reconstructions:
    """A = A~B~A with more than r - d zero columns in A~ (or, where not `enough`, with at most that many)."""
    d = draw(st.integers(2, 5))
    k = draw(st.integers(1, d - 1))
    spare = draw(st.integers(1 if enough else d - k, 5))
    surplus = k + spare - d  # r - d
    zero = draw(st.integers(max(0, surplus + 1), spare) if enough else st.integers(0, surplus))
    X = draw(matrices(d, spare, zero_columns=zero, scales=(1e-3, 1e3)))
    return Reconstructions(d, k, draw(st.integers(1, 3)), X, zero, draw(sequences_to_zero()))


@dataclass(frozen=True, repr=False)
class ZeroRowVAE(LinearVAE):
    """A linear VAE whose A has row `row` zero."""

    row: int = 0


@dataclass(frozen=True)
class ZeroRowVAEs:
    """Zero-row VAEs of one structure: row `row` of A is set to zero."""

    vaes: LinearVAEs
    row: int

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return self.vaes.size

    def build(self, free: Float[Tensor, "n size"]) -> ZeroRowVAE:
        """A batch of instances."""
        vae = self.vaes.build(free)
        keep = torch.ones(vae.d, 1, dtype=free.dtype, device=free.device)
        keep[self.row] = 0.0
        return ZeroRowVAE(keep * vae.A, vae.A_tilde, vae.B_tilde, vae.D, vae.epsilon, self.row)


@st.composite
def zero_row_vaes(draw: DrawFn) -> ZeroRowVAEs:
    """Linear VAEs over the whole domain, with any one row of A zero (others may vanish too)."""
    vaes = draw(linear_vaes())
    return ZeroRowVAEs(vaes, draw(st.integers(0, vaes.A.shape[0] - 1)))
