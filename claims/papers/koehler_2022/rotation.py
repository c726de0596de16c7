"""Section 5: the linear VAE is invariant under rotations of the output space (Lemma 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, derivative_along
from claims.engine.strategies import Orthogonal, OrthogonalEnsemble, orthogonals, split
from claims.papers.koehler_2022.domains import SCOPE, LinearVAEs, linear_vaes, plain_vaes
from claims.papers.koehler_2022.linear_vae import LinearVAE, loss, loss_gradient, simplified_gradient, simplified_loss


@dataclass(frozen=True)
class RotatedVAE:
    """A linear VAE, an orthogonal U, and a direction in parameter space (its A is not used)."""

    vae: LinearVAE
    rotation: Orthogonal
    direction: LinearVAE

    @cached_property
    def U(self) -> Array:  # noqa: N802 - the paper's name
        """The orthogonal matrix: [n, d, d]."""
        return self.rotation.matrix

    def rotated(self, vae: LinearVAE) -> LinearVAE:
        """(UA, UA~, B~U^T, D, eps)."""
        U = self.U
        return replace(vae, A=U @ vae.A, A_tilde=U @ vae.A_tilde, B_tilde=vae.B_tilde @ U.mT)

    def slope(self, vae: LinearVAE, direction: LinearVAE) -> Array:
        """Derivative of L_A in the parameters A~, B~, D, eps along the direction: [n]."""
        return derivative_along(
            lambda a, b, v, e: loss(vae.A, a, b, v, e),
            (vae.A_tilde, vae.B_tilde, vae.D, vae.epsilon),
            (direction.A_tilde, direction.B_tilde, direction.D, direction.epsilon),
        )

    def simplified_slope(self, vae: LinearVAE, direction: LinearVAE) -> Array:
        """Derivative of L1 in the parameters A~, B~, eps along the direction: [n]."""
        return derivative_along(
            lambda a, b, e: simplified_loss(vae.A, a, b, e),
            (vae.A_tilde, vae.B_tilde, vae.epsilon),
            (direction.A_tilde, direction.B_tilde, direction.epsilon),
        )


@dataclass(frozen=True)
class RotatedVAEs:
    """Rotated VAEs of one structure."""

    vae: LinearVAEs
    rotation: OrthogonalEnsemble
    direction: LinearVAEs

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return self.vae.size + self.rotation.size + self.direction.size

    def build(self, free: Float[Tensor, "n size"]) -> RotatedVAE:
        """A batch of instances."""
        vae, rotation, direction = split(free, (self.vae, self.rotation, self.direction))
        return RotatedVAE(self.vae.build(vae), self.rotation.build(rotation), self.direction.build(direction))


@st.composite
def rotated_vaes(draw: DrawFn) -> RotatedVAEs:
    """Linear VAEs with every kind of orthogonal matrix of their ambient dimension; directions share the structure."""
    vae = draw(linear_vaes(largest=4, scales=(1e-2, 1e2)))
    return RotatedVAEs(vae, draw(orthogonals(vae.A.shape[0])), vae)


ROTATIONS = (
    SCOPE.replace("1..6", "1..4").replace("1e-4..1e4", "1e-2..1e2") + "; U: rotations, reflections, permutations"
)


#: Attacked at every run: a rotation of the plane, the simplest U that is not symmetric.
PLANE_ROTATION = RotatedVAEs(plain_vaes(2, 2, 1), OrthogonalEnsemble((0, 1), (1, 1)), plain_vaes(2, 2, 1))


def value_steps() -> Iterator[Step]:
    """In symbolic dimensions: UA - UA~ B~U^T UA = U(A - A~B~A) and B~U^T UA = B~A by U^T U = I, and a Frobenius
    norm tr(M^T M), so also each column norm ‖U A~_i‖, is unchanged by U.

    The map T(A~, B~, D, eps) = (UA~, B~U^T, D, eps) is orthogonal, as (UM)^T UM = M^T M and (MU^T)(MU^T)^T = M M^T
    say. From L_A = L_UA o T the chain rule gives grad L_A = T^T grad L_UA at T(.), hence T grad L_A = grad L_UA by
    T T^T = I: these are the gradient identities; a gradient step and the flow follow, for T is linear.
    """  # noqa: D205 - the proof
    d, r, r_star = sympy.symbols("d r r_*", integer=True, positive=True)
    U = sympy.MatrixSymbol("U", d, d)
    A, A_tilde = sympy.MatrixSymbol("A", d, r_star), sympy.MatrixSymbol("P", d, r)
    B_tilde = sympy.MatrixSymbol("Q", r, d)

    def orthogonal(expression: sympy.MatrixExpr) -> sympy.MatrixExpr:
        expanded = sympy.expand(expression.doit())
        terms = expanded.args if isinstance(expanded, sympy.MatAdd) else (expanded,)
        return sympy.MatAdd(*(sympy.refine(term, sympy.Q.orthogonal(U)).doit() for term in terms)).doit()

    rotated_code = orthogonal(B_tilde * U.T * U * A)
    yield Step.zero_matrix("B~U^T UA = B~A", rotated_code - B_tilde * A)
    residual = U * A - U * A_tilde * rotated_code
    plain = A - A_tilde * B_tilde * A
    yield Step.zero_matrix("UA - UA~B~A = U(A - A~B~A)", residual - U * plain)
    M = sympy.MatrixSymbol("M", d, r)
    yield Step.zero_matrix("(UM)^T UM = M^T M", orthogonal((U * M).T * (U * M)) - M.T * M)
    N = sympy.MatrixSymbol("N", r, d)
    yield Step.zero_matrix("(NU^T)(NU^T)^T = N N^T", orthogonal(N * U.T * U * N.T) - N * N.T)


@claim(
    "koehler-2022/lemma-4",
    statement=r"L_A(\tilde A,\tilde B,\tilde D,\tilde\epsilon)=L_{UA}(U\tilde A,\tilde BU^T,\tilde D,\tilde\epsilon),\ "
    r"U\nabla_{\tilde A}L_A=\nabla_{U\tilde A}L_{UA},\ (\nabla_{\tilde B}L_A)U^T=\nabla_{U\tilde B}L_{UA};\ "
    r"\text{gradient descent preserves rotations by } U;\ \text{the same for the gradient flow or } L_1",
    source="Section 5, Lemma 4; proof in Appendix C",
    domain="all orthogonal U, all A, A~, B~, D, eps, all step sizes; L and L1",
    rests_on=["koehler-2022/equation-4", "koehler-2022/lemma-3"],
    readings=[
        "the gradient with respect to U B~ (not a product that exists) is with respect to B~U^T, as in the proof"
    ],
    by=[
        derivation(value_steps, "all d, r, r* (symbolic)"),
        search(rotated_vaes(), ROTATIONS, corners=(PLANE_ROTATION,)),
    ],
)
def rotations_commute_with_the_loss_and_its_gradient(case: RotatedVAE) -> Margin:
    """Values agree, and so do the directional derivatives along V and along (UV_A, V_B U^T, V_D, V_eps), for all V."""
    return rotation_margin(case, case.rotated(case.vae), case.rotated(case.direction))


def rotation_margin(case: RotatedVAE, vae: LinearVAE, direction: LinearVAE) -> Margin:
    """L, L1 and their derivatives at the case against those at `vae` along `direction`."""
    return (
        Margin.equal(case.vae.loss(), vae.loss())
        & Margin.equal(case.vae.simplified_loss(), vae.simplified_loss())
        & Margin.equal(case.slope(case.vae, case.direction), case.slope(vae, direction))
        & Margin.equal(case.simplified_slope(case.vae, case.direction), case.simplified_slope(vae, direction))
    )


@rotations_commute_with_the_loss_and_its_gradient.mutant("B~U in place of B~U^T")
def _(case: RotatedVAE) -> Margin:
    wrong = replace(case.rotated(case.vae), B_tilde=case.vae.B_tilde @ case.U)
    return rotation_margin(case, wrong, case.rotated(case.direction))


@rotations_commute_with_the_loss_and_its_gradient.mutant("the gradient in A~ is invariant, not equivariant")
def _(case: RotatedVAE) -> Margin:
    fixed = replace(case.rotated(case.direction), A_tilde=case.direction.A_tilde)
    return rotation_margin(case, case.rotated(case.vae), fixed)


@rotations_commute_with_the_loss_and_its_gradient.mutant("latent rotation: A~ multiplied from the right")
def _(case: RotatedVAE) -> Margin:
    if case.vae.d != case.vae.r:
        return Margin.equal(case.vae.loss(), case.vae.loss())
    U = case.U
    turned = replace(case.vae, A_tilde=case.vae.A_tilde @ U, B_tilde=U.mT @ case.vae.B_tilde)
    return Margin.equal(case.vae.loss(), turned.loss())


@claim(
    "koehler-2022/lemma-4/step-gradient-descent",
    statement=r"(\tilde A_1,\tilde B_1,\tilde D_1,\tilde\epsilon_1)=(\tilde A,\tilde B,\tilde"
    r" D,\tilde\epsilon)-\eta\nabla L_A"
    r"\Rightarrow(U\tilde A_1,\tilde B_1U^T,\tilde D_1,\tilde\epsilon_1)=(U\tilde A,\tilde BU^T,\tilde"
    r" D,\tilde\epsilon)"
    r"-\eta\nabla L_{UA}(U\tilde A,\tilde BU^T,\tilde D,\tilde\epsilon);\ \text{the same for } L_1",
    source="Section 5, Lemma 4, 'as a consequence'",
    domain="all orthogonal U, all parameters, all eta >= 0",
    rests_on=["koehler-2022/lemma-4"],
    by=[search(rotated_vaes(), ROTATIONS + "; eta drawn as a positive number", corners=(PLANE_ROTATION,))],
)
def gradient_step_of_the_rotated_vae(case: RotatedVAE) -> Margin:
    """One step from the rotated point is the rotation of one step, entry by entry, for L and for L1."""
    return step_margin(case, case.rotated(case.vae))


def step_margin(case: RotatedVAE, turned: LinearVAE) -> Margin:
    """One step of size eta from `turned`, against the rotation of one step; eta is the direction's epsilon."""
    U, eta = case.U, case.direction.epsilon
    margin = None
    for gradient in (loss_gradient, simplified_gradient_of):
        stepped = [x - _times(eta, g) for x, g in zip(parameters(case.vae), gradient(case.vae), strict=True)]
        other = [x - _times(eta, g) for x, g in zip(parameters(turned), gradient(turned), strict=True)]
        expected = [U @ stepped[0], stepped[1] @ U.mT, *stepped[2:]]
        for left, right in zip(expected, other, strict=True):
            part = Margin.equal(left, right)
            margin = part if margin is None else margin & part
    assert margin is not None
    return margin


def parameters(vae: LinearVAE) -> tuple[Array, Array, Array, Array]:
    """(A~, B~, D, eps)."""
    return vae.A_tilde, vae.B_tilde, vae.D, vae.epsilon


def simplified_gradient_of(vae: LinearVAE) -> tuple[Array, Array, Array, Array]:
    """Gradient of L1 in (A~, B~, D, eps); L1 does not depend on D."""
    a, b, e = simplified_gradient(vae.A, vae.A_tilde, vae.B_tilde, vae.epsilon)
    return a, b, 0 * vae.D, e


def _times(eta: Array, gradient: Array) -> Array:
    """eta [n] times a gradient [n, ...]."""
    return eta.reshape(-1, *(1,) * (gradient.ndim - 1)) * gradient


@gradient_step_of_the_rotated_vae.mutant("A is not rotated")
def _(case: RotatedVAE) -> Margin:
    return step_margin(case, replace(case.rotated(case.vae), A=case.vae.A))


@gradient_step_of_the_rotated_vae.mutant("U^T in place of U on A~")
def _(case: RotatedVAE) -> Margin:
    return step_margin(case, replace(case.rotated(case.vae), A_tilde=case.U.mT @ case.vae.A_tilde))
