"""Smooth generators G: R^d -> R^d that are strongly invertible, with a certified constant: the other side of Theorem 2.

Strongly invertible: |G(z) - G(z')| >= m |z - z'| with m > 0, the hypothesis of Theorem 1.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reductions.error import ReductionError

#: Taken off a certified constant for rounding: far more than float64 loses on matrices of up to 100 rows.
ROUNDING = 1e-9

#: Knots of the quadrature over one coordinate, and its reach in posterior standard deviations: the integrand is smooth
#: and vanishes at both ends, so the trapezoid rule converges faster than any power.
KNOTS, REACH = 401, 12.0


class SmoothGenerator(nn.Module):
    """G(z) = A z + Q tanh(P z + b), with A (d, d), Q (d, k), P (k, d), b (k) in float64.

    tanh is 1-Lipschitz, so |G(z) - G(z')| >= (sigma_min(A) - |Q| |P|) |z - z'| in spectral norms; `invertibility` is
    that constant, rounded down. Raises `ReductionError` for shapes that do not fit or a constant that is not positive.
    """

    def __init__(
        self,
        A: Float[Tensor, "d d"],
        Q: Float[Tensor, "d k"],
        P: Float[Tensor, "k d"],
        b: Float[Tensor, " k"],
    ) -> None:
        super().__init__()
        d, k = len(A), len(b)
        if A.shape != (d, d) or Q.shape != (d, k) or P.shape != (k, d):
            raise ReductionError(f"A {tuple(A.shape)}, Q {tuple(Q.shape)}, P {tuple(P.shape)}, b {tuple(b.shape)}"
                                 " do not fit: they are (d, d), (d, k), (k, d), (k)")  # fmt: skip
        self.A: Tensor
        self.Q: Tensor
        self.P: Tensor
        self.b: Tensor
        for name, matrix in (("A", A), ("Q", Q), ("P", P), ("b", b)):
            self.register_buffer(name, matrix.detach().clone())
        self.invertibility = self._certified()
        if not self.invertibility > 0:
            raise ReductionError(
                f"m = {self.invertibility:.3g}: not certified as strongly invertible; make Q or P smaller"
            )

    def _certified(self) -> float:
        A, Q, P = (matrix.cpu().double() for matrix in (self.A, self.Q, self.P))
        least = float(torch.linalg.svdvals(A)[-1])
        norms = float(torch.linalg.svdvals(Q)[0] * torch.linalg.svdvals(P)[0]) if Q.numel() else 0.0
        return least - norms - ROUNDING * (1 + float(A.norm()) + norms)

    @property
    def latents(self) -> int:
        """d."""
        return len(self.A)

    @property
    def parameter_count(self) -> int:
        """Weights and biases that are not 0."""
        return sum(int(torch.count_nonzero(matrix)) for matrix in (self.A, self.Q, self.P, self.b))

    def forward(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """G(z), in z's dtype and on its device."""
        A, Q, P, b = (matrix.to(z) for matrix in (self.A, self.Q, self.P, self.b))
        return z @ A.T + torch.tanh(z @ P.T + b) @ Q.T


class SeparableGenerator(SmoothGenerator):
    """G(z) = U g(z), g_j(t) = scale_j t + bend tanh(t), with U orthogonal: p(z|x) is a product over coordinates.

    With bend = 0 it is linear and p(z|x) Gaussian. Raises `ReductionError` unless 0 <= bend < min scale.
    """

    def __init__(self, U: Float[Tensor, "d d"], scale: Float[Tensor, " d"], bend: float) -> None:
        d = len(U)
        if float((U.T @ U - torch.eye(d).to(U)).abs().max()) > 1e-6:
            raise ReductionError("U is not orthogonal: take the Q of a QR decomposition")
        if not 0 <= bend < float(scale.min()):
            raise ReductionError(f"bend = {bend} must be at least 0 and below the least scale {float(scale.min()):.3g}")
        inner = torch.eye(d).to(U) if bend else U.new_zeros(0, d)
        super().__init__(U * scale, bend * U if bend else U.new_zeros(d, 0), inner, U.new_zeros(len(inner)))
        self.U: Tensor
        self.scale: Tensor
        self.register_buffer("U", U.detach().clone())
        self.register_buffer("scale", scale.detach().clone())
        self.bend = bend

    def log_posterior(
        self, z: Float[Tensor, "n draws d"], x: Float[Tensor, "n d"], beta: float
    ) -> Float[Tensor, "n draws"]:
        """log p(z|x), natural logarithm, for z ~ N(0, I), x|z ~ N(G(z), beta² I); normalised by quadrature."""
        y = x @ self.U.to(x)
        knots, log_weights = self._quadrature(y, beta)
        log_mass = torch.logsumexp(log_weights, -1) + torch.log(knots[..., 1] - knots[..., 0])
        return (self._log_joint(z, y.unsqueeze(1), beta) - log_mass.unsqueeze(1)).sum(-1)

    def sample_posterior(
        self, x: Float[Tensor, "n d"], beta: float, generator: torch.Generator
    ) -> Float[Tensor, "n d"]:
        """One z from p(z|x) for each x, by inverting the distribution function linearly between knots."""
        knots, log_weights = self._quadrature(x @ self.U.to(x), beta)
        cumulative = torch.softmax(log_weights, -1).cumsum(-1)
        uniform = torch.rand((*cumulative.shape[:-1], 1), dtype=x.dtype, device=x.device, generator=generator)
        cell = torch.searchsorted(cumulative, uniform).clamp(max=KNOTS - 1)
        before = torch.where(cell > 0, cumulative.gather(-1, (cell - 1).clamp(min=0)), torch.zeros_like(uniform))
        share = (uniform - before) / (cumulative.gather(-1, cell) - before)
        step = (knots[..., 1] - knots[..., 0])[..., None]
        drawn: Tensor = (knots.gather(-1, cell) + (share - 0.5) * step)[..., 0]
        return drawn

    def _log_joint(self, t: Tensor, y: Tensor, beta: float, *, extra: bool = False) -> Tensor:
        """log phi(t) + log N(y; g(t), beta²), coordinate by coordinate (the last axis, or the last but one)."""
        scale = self.scale.to(t)[:, None] if extra else self.scale.to(t)
        g = scale * t + self.bend * torch.tanh(t)
        return -(t**2) / 2 - (y - g) ** 2 / (2 * beta**2) - math.log(2 * math.pi * beta)

    def _quadrature(self, y: Tensor, beta: float) -> tuple[Tensor, Tensor]:
        """Knots (n, d, KNOTS) that cover each coordinate's posterior, and the log of the integrand there."""
        t = self._mode(y, beta)
        # The log posterior's curvature is largest where g' is least and g bends towards it; -log p'' >= 1 + (...).
        reach = REACH * beta / self.scale.to(y) + 2 * beta
        knots = t[..., None] + reach[..., None] * torch.linspace(-1, 1, KNOTS, dtype=y.dtype, device=y.device)
        return knots, self._log_joint(knots, y[..., None], beta, extra=True)

    def _mode(self, y: Tensor, beta: float) -> Tensor:
        """The mode of each coordinate's posterior: bisection on the sign of g(t) - y + beta² t / g'(t)."""
        scale = self.scale.to(y)
        low = -(y.abs() + self.bend) / scale - 1
        high = -low
        for _ in range(60):
            t = (low + high) / 2
            slope = scale + self.bend * (1 - torch.tanh(t) ** 2)
            above = slope * (scale * t + self.bend * torch.tanh(t) - y) + beta**2 * t > 0
            low, high = torch.where(above, low, t), torch.where(above, t, high)
        return (low + high) / 2


def random_orthogonal(d: int, generator: torch.Generator) -> Float[Tensor, "d d"]:
    """An orthogonal matrix in float64, from the QR decomposition of a Gaussian one."""
    q: Tensor = torch.linalg.qr(torch.randn(d, d, dtype=torch.float64, generator=generator)).Q
    return q


def random_smooth(d: int, hidden: int, generator: torch.Generator) -> SmoothGenerator:
    """A orthogonal, Q and P random with |Q| |P| = 1/2: certified m close to 1/2."""
    A = random_orthogonal(d, generator)
    Q = torch.randn(d, hidden, dtype=torch.float64, generator=generator)
    P = torch.randn(hidden, d, dtype=torch.float64, generator=generator)
    b = torch.randn(hidden, dtype=torch.float64, generator=generator)
    # P keeps rows of the length sqrt(d), so that tanh bends; Q pays for its norm.
    Q = Q / (2 * torch.linalg.svdvals(Q)[0] * torch.linalg.svdvals(P)[0])
    return SmoothGenerator(A, Q, P, b)


def random_separable(d: int, bend: float, generator: torch.Generator) -> SeparableGenerator:
    """U random, scales uniform in [1, 2]: linear where `bend` is 0. Needs 0 <= bend < 1."""
    scale = 1 + torch.rand(d, dtype=torch.float64, generator=generator)
    return SeparableGenerator(random_orthogonal(d, generator), scale, bend)
