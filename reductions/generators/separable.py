"""Separable generators: the posterior is a product over coordinates, so it is known exactly in any dimension."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from reductions.error import ReductionError
from reductions.generators.constants import Constants, down, extreme_singular_values, up
from reductions.generators.smooth import SmoothGenerator, slopes

#: Knots of the quadrature over one coordinate, and its least reach in standard deviations of the normal law that bounds
#: the posterior: the integrand is smooth and vanishes at both ends, so the trapezoid rule converges faster than any
#: power.
KNOTS, REACH = 401, 12.0

#: How far from orthogonal U and V may be, entry by entry; the constants take account of it.
ORTHOGONAL = 1e-6


class SeparableGenerator(SmoothGenerator):
    """G(z) = U g(V z) + c, g_j(t) = scale_j t + bend tanh(t), with U, V orthogonal (V = I by default), c = 0.

    p(z|x) is a product over the coordinates of V z; with bend = 0 it is Gaussian. As g_j' is between scale_j and
    scale_j + bend, and the derivatives of g act entry by entry, m = min scale, M = max scale + bend, and M2, M3 are
    bend times the suprema of the second and third derivatives of tanh. All four are attained or approached.
    Raises `ReductionError` for shapes that do not fit, or unless U, V are orthogonal and 0 <= bend < min scale.
    """

    def __init__(
        self,
        U: Float[Tensor, "d d"],
        scale: Float[Tensor, " d"],
        bend: float,
        V: Float[Tensor, "d d"] | None = None,
        c: Float[Tensor, " d"] | None = None,
    ) -> None:
        d = len(U)
        turn = torch.eye(d).to(U) if V is None else V
        for name, matrix in (("U", U), ("V", turn)):
            if matrix.shape != (d, d) or float((matrix.T @ matrix - torch.eye(d).to(U)).abs().max()) > ORTHOGONAL:
                raise ReductionError(
                    f"{name} is not orthogonal: take the Q of a QR decomposition of a {d} x {d} matrix"
                )
        if scale.shape != (d,) or not 0 <= bend < float(scale.min()):
            raise ReductionError(f"bend = {bend} must be at least 0 and below the least of {d} scales {scale.tolist()}")
        self._gains, self._turns = (float(scale.min()), float(scale.max()), bend), (U, turn)
        inner = turn if bend else U.new_zeros(0, d)
        A = U * scale if V is None else U * scale @ V
        super().__init__(A, bend * U if bend else U.new_zeros(d, 0), inner, U.new_zeros(len(inner)), c=c)
        self.U: Tensor
        self.V: Tensor
        self.scale: Tensor
        for name, matrix in (("U", U), ("V", turn), ("scale", scale)):
            self.register_buffer(name, matrix.detach().double().clone())
        self.bend = bend

    def log_posterior(
        self, z: Float[Tensor, "n draws d"], x: Float[Tensor, "n d"], beta: float
    ) -> Float[Tensor, "n draws"]:
        """log p(z|x), natural logarithm, for z ~ N(0, I), x|z ~ N(G(z), beta² I); normalised by quadrature."""
        y, t = (x - self.c.to(x)) @ self.U.to(x), z @ self.V.to(z).T
        knots, log_weights = self._quadrature(y, beta)
        log_mass = torch.logsumexp(log_weights, -1) + torch.log(knots[..., 1] - knots[..., 0])
        return (self._log_joint(t, y.unsqueeze(1), beta) - log_mass.unsqueeze(1)).sum(-1)

    def sample_posterior(
        self, x: Float[Tensor, "n d"], beta: float, generator: torch.Generator
    ) -> Float[Tensor, "n d"]:
        """One z from p(z|x) for each x, by inverting the distribution function linearly between knots."""
        knots, log_weights = self._quadrature((x - self.c.to(x)) @ self.U.to(x), beta)
        cumulative = torch.softmax(log_weights, -1).cumsum(-1)
        uniform = torch.rand((*cumulative.shape[:-1], 1), dtype=x.dtype, device=x.device, generator=generator)
        cell = torch.searchsorted(cumulative, uniform).clamp(max=KNOTS - 1)
        before = torch.where(cell > 0, cumulative.gather(-1, (cell - 1).clamp(min=0)), torch.zeros_like(uniform))
        share = (uniform - before) / (cumulative.gather(-1, cell) - before)
        step = (knots[..., 1] - knots[..., 0])[..., None]
        drawn: Tensor = (knots.gather(-1, cell) + (share - 0.5) * step)[..., 0]
        return drawn @ self.V.to(x)

    def _log_joint(self, t: Tensor, y: Tensor, beta: float, *, extra: bool = False) -> Tensor:
        """log phi(t) + log N(y; g(t), beta²), coordinate by coordinate (the last axis, or the last but one)."""
        scale = self.scale.to(t)[:, None] if extra else self.scale.to(t)
        g = scale * t + self.bend * torch.tanh(t)
        return -(t**2) / 2 - (y - g) ** 2 / (2 * beta**2) - math.log(2 * math.pi * beta)

    def _quadrature(self, y: Tensor, beta: float) -> tuple[Tensor, Tensor]:
        """Knots (n, d, KNOTS) that cover each coordinate's posterior, and the log of the integrand there."""
        t = self._mode(y, beta)
        scale = self.scale.to(y)
        # As g moves by m to M times what t moves, exp of the joint is between two normal laws (up to one factor) that
        # are centred at m²w/(m² + beta²) and at M²w/(M² + beta²), w = g^-1(y), and the mode is between these centres.
        # So REACH deviations of the wider law, more for the ratio of the factors, cover it: `least`.
        m, M, w = scale, scale + self.bend, y.abs() / scale
        apart = w * beta**2 * (M**2 - m**2) / ((M**2 + beta**2) * (m**2 + beta**2))
        least = beta / torch.sqrt(m**2 + beta**2) * torch.sqrt(REACH**2 + w * apart) + apart
        # For small beta simpler than that, and at least as wide: committed results have these knots.
        reach = torch.clamp(REACH * beta / scale + 2 * beta, least, 1.5 * least)
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

    def _certified(self) -> Constants:
        """m, M, M2, M3 as the class says, times how far the extreme singular values of U and V are from 1."""
        least, most, bend = self._gains
        _, first, second, third = slopes(self.sigma)
        (u_low, u), (v_low, v) = (extreme_singular_values(matrix) for matrix in self._turns)
        return Constants(
            down(u_low * v_low * least),
            up(u * v * (most + bend * first)),
            up(u * v**2 * bend * second),
            up(u * v**3 * bend * third),
        )
