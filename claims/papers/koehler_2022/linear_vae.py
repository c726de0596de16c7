"""The linear VAE of Section 4.1: its population loss (4), the simplified loss (5), and their gradients.

Data x = A z; decoder N(A~ z, eps^2 I), encoder N(B~ x, D) with D diagonal. A is d x r*, A~ is d x r, B~ is
r x d, D holds the r diagonal entries. Every function takes a batch of tensors, or one instance in balls or
symbols.
"""

from __future__ import annotations

from dataclasses import dataclass

from claims.engine.arithmetic import Array, log, squared_norm, total


def column_energies(decoder: Array) -> Array:
    """‖A~_i‖² for each column i: [..., r]."""
    return total(decoder * decoder, -2)


def loss_terms(
    residual: Array, code: Array, columns: Array, variances: Array, *, epsilon: Array, log_epsilon: Array, d: int
) -> Array:
    """Eq. (4) from ‖A - A~B~A‖², ‖B~A‖², the ‖A~_i‖², the D_ii, eps and log eps (given apart: eps may underflow)."""
    square = epsilon * epsilon
    encoder = total(variances * columns / square[..., None] + variances - log(variances))
    return residual / (2 * square) + code / 2 + d * log_epsilon + encoder / 2


def loss(A: Array, A_tilde: Array, B_tilde: Array, D: Array, epsilon: Array) -> Array:
    """L(A~, B~, D, eps), eq. (4), one value an instance."""
    code = B_tilde @ A
    residual = squared_norm(A - A_tilde @ code)
    d = A.shape[-2]
    columns = column_energies(A_tilde)
    return loss_terms(residual, squared_norm(code), columns, D, epsilon=epsilon, log_epsilon=log(epsilon), d=d)


def optimal_variances(columns: Array, epsilon: Array) -> Array:
    """D_ii = eps^2 / (‖A~_i‖² + eps^2), Lemma 3."""
    square = (epsilon * epsilon)[..., None]
    return square / (columns + square)


def simplified_loss(A: Array, A_tilde: Array, B_tilde: Array, epsilon: Array) -> Array:
    """L1(A~, B~, eps), eq. (5), one value an instance."""
    code = B_tilde @ A
    square = epsilon * epsilon
    d, r = A_tilde.shape[-2:]
    columns = total(1 + log(column_energies(A_tilde) + square[..., None]))
    residual = squared_norm(A - A_tilde @ code)
    return residual / (2 * square) + squared_norm(code) / 2 + (d - r) * log(epsilon) + columns / 2


def simplified_gradient(A: Array, A_tilde: Array, B_tilde: Array, epsilon: Array) -> tuple[Array, Array, Array]:
    """Gradient of L1 with respect to (A~, B~, eps); the tests hold it against automatic differentiation."""
    square = epsilon * epsilon
    d, r = A_tilde.shape[-2:]
    code = B_tilde @ A
    residual = A - A_tilde @ code
    columns = column_energies(A_tilde) + square[..., None]
    matrix_square = square[..., None, None]
    for_decoder = A_tilde / columns[..., None, :] - residual @ code.mT / matrix_square
    for_encoder = code @ A.mT - A_tilde.mT @ residual @ A.mT / matrix_square
    for_epsilon = (d - r) / epsilon - squared_norm(residual) / (square * epsilon) + total(epsilon[..., None] / columns)
    return for_decoder, for_encoder, for_epsilon


def loss_gradient(vae: LinearVAE) -> tuple[Array, Array, Array, Array]:
    """Gradient of L with respect to (A~, B~, D, eps); the tests hold it against automatic differentiation."""
    square = vae.epsilon * vae.epsilon
    matrix_square = square[..., None, None]
    code = vae.B_tilde @ vae.A
    residual = vae.A - vae.A_tilde @ code
    for_decoder = (vae.A_tilde * vae.D[..., None, :] - residual @ code.mT) / matrix_square
    for_encoder = code @ vae.A.mT - vae.A_tilde.mT @ residual @ vae.A.mT / matrix_square
    for_variances = (vae.columns / square[..., None] + 1 - 1 / vae.D) / 2
    for_epsilon = (vae.d - vae.reconstruction_error / square) / vae.epsilon
    return for_decoder, for_encoder, for_variances, for_epsilon


@dataclass(frozen=True, repr=False)
class LinearVAE:
    """A linear VAE at arbitrary parameters. Shapes: [n, ...] in a batch; epsilon is [n], D is [n, r]."""

    A: Array
    A_tilde: Array
    B_tilde: Array
    D: Array
    epsilon: Array

    def __repr__(self) -> str:
        return f"LinearVAE(d={self.d}, r={self.r}, r*={self.A.shape[-1]})"

    @property
    def d(self) -> int:
        """Ambient dimension."""
        return int(self.A.shape[-2])

    @property
    def r(self) -> int:
        """Latent dimension of the model."""
        return int(self.A_tilde.shape[-1])

    @property
    def columns(self) -> Array:
        """‖A~_i‖²: [n, r]."""
        return column_energies(self.A_tilde)

    @property
    def reconstruction_error(self) -> Array:
        """E‖x - A~(B~ x + D^½ z')‖² = ‖A - A~B~A‖² + sum_i D_ii ‖A~_i‖²: [n]."""
        return squared_norm(self.A - self.A_tilde @ self.B_tilde @ self.A) + total(self.D * self.columns)

    def loss(self) -> Array:
        """L, eq. (4): [n]."""
        return loss(self.A, self.A_tilde, self.B_tilde, self.D, self.epsilon)

    def loss_with(self, epsilon: Array) -> Array:
        """L with another eps: [n]."""
        return loss(self.A, self.A_tilde, self.B_tilde, self.D, epsilon)

    def optimal_variances(self) -> Array:
        """The D of Lemma 3: [n, r]."""
        return optimal_variances(self.columns, self.epsilon)

    def loss_at(self, variances: Array) -> Array:
        """L with another D: [n]."""
        return loss(self.A, self.A_tilde, self.B_tilde, variances, self.epsilon)

    def simplified_loss(self) -> Array:
        """L1, eq. (5): [n]."""
        return simplified_loss(self.A, self.A_tilde, self.B_tilde, self.epsilon)
