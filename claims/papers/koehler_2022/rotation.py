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
from claims.engine.arithmetic import Array, derivative_along, total
from claims.engine.strategies import Orthogonal, OrthogonalEnsemble, orthogonals, split
from claims.papers.koehler_2022.domains import SCOPE, LinearVAEs, linear_vaes
from claims.papers.koehler_2022.linear_vae import LinearVAE, loss, simplified_gradient, simplified_loss


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
        parts = (self.vae, self.rotation, self.direction)
        vae, rotation, direction = (part.build(x) for part, x in zip(parts, split(free, parts), strict=True))
        return RotatedVAE(vae, rotation, direction)


@st.composite
def rotated_vaes(draw: DrawFn) -> RotatedVAEs:
    """Linear VAEs with every kind of orthogonal matrix of their ambient dimension; directions share the structure."""
    vae = draw(linear_vaes(largest=4, scales=(1e-2, 1e2)))
    return RotatedVAEs(vae, draw(orthogonals(vae.A.shape[0])), vae)


ROTATIONS = SCOPE.replace("1..6", "1..4").replace("1e-4..1e4", "1e-2..1e2") + "; U: rotations, reflections, permutations"


def value_steps() -> Iterator[Step]:
    """In symbolic dimensions: UA - UA~ B~U^T UA = U(A - A~B~A) and B~U^T UA = B~A by U^T U = I, and a Frobenius
    norm tr(M^T M), so also each column norm ‖U A~_i‖, is unchanged by U.

    The gradient identities are the chain rule for these linear maps; a gradient step and the flow follow, for
    the maps are linear and the parameters D and eps stay.
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


@claim(
    "koehler-2022/lemma-4",
    statement=r"L_A(\tilde A,\tilde B,\tilde D,\tilde\epsilon)=L_{UA}(U\tilde A,\tilde BU^T,\tilde D,\tilde\epsilon),\ "
    r"U\nabla_{\tilde A}L_A=\nabla_{U\tilde A}L_{UA},\ (\nabla_{\tilde B}L_A)U^T=\nabla_{U\tilde B}L_{UA};\ "
    r"\text{gradient descent preserves rotations by } U;\ \text{the same for the gradient flow or } L_1",
    source="Section 5, Lemma 4; proof in Appendix C",
    domain="all orthogonal U, all A, A~, B~, D, eps, all step sizes; L and L1",
    rests_on=["koehler-2022/equation-4", "koehler-2022/lemma-3"],
    readings=["the gradient with respect to U B~ (not a product that exists) is with respect to B~U^T, as in the proof"],
    by=[derivation(value_steps, "all d, r, r* (symbolic)"), search(rotated_vaes(), ROTATIONS)],
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
    statement=r"(\tilde A_1,\tilde B_1,\tilde\epsilon_1) = (\tilde A,\tilde B,\tilde\epsilon)-\eta\nabla L_{1,A}"
    r"\Rightarrow (U\tilde A_1,\tilde B_1U^T,\tilde\epsilon_1) = (U\tilde A,\tilde BU^T,\tilde\epsilon)"
    r"-\eta\nabla L_{1,UA}(U\tilde A,\tilde BU^T,\tilde\epsilon)",
    source="Section 5, Lemma 4, 'as a consequence'",
    domain="all orthogonal U, all parameters, all eta >= 0 (the step is linear in eta)",
    rests_on=["koehler-2022/lemma-4"],
    by=[search(rotated_vaes(), ROTATIONS)],
)
def gradient_step_of_the_rotated_vae(case: RotatedVAE) -> Margin:
    """One step from the rotated point is the rotation of one step, entry by entry."""
    return step_margin(case, case.rotated(case.vae))


def step_margin(case: RotatedVAE, turned: LinearVAE) -> Margin:
    """The gradient of L1 at `turned` against the rotated gradient."""
    a, b, e = simplified_gradient(case.vae.A, case.vae.A_tilde, case.vae.B_tilde, case.vae.epsilon)
    a_turned, b_turned, e_turned = simplified_gradient(turned.A, turned.A_tilde, turned.B_tilde, turned.epsilon)
    U = case.U
    return Margin.equal(U @ a, a_turned) & Margin.equal(b @ U.mT, b_turned) & Margin.equal(e, e_turned)


@gradient_step_of_the_rotated_vae.mutant("A is not rotated")
def _(case: RotatedVAE) -> Margin:
    return step_margin(case, replace(case.rotated(case.vae), A=case.vae.A))


@gradient_step_of_the_rotated_vae.mutant("U^T in place of U on A~")
def _(case: RotatedVAE) -> Margin:
    return step_margin(case, replace(case.rotated(case.vae), A_tilde=case.U.mT @ case.vae.A_tilde))


@claim(
    "koehler-2022/observation-zero-rows-after-rotation",
    statement=r"A=SV^T \text{ has a zero row for every zero singular value}",
    source="Section 5, before Lemma 4",
    domain="all A, by its singular value decomposition A = U S V^T",
    by=[search(rotated_vaes(), ROTATIONS)],
)
def rotated_data_has_zero_rows(case: RotatedVAE) -> Margin:
    """Rows of U^T A have the norms of the singular values: built from any orthogonal U, V and diagonal S >= 0."""
    return zero_rows(case, transpose=False)


def zero_rows(case: RotatedVAE, *, transpose: bool) -> Margin:
    """Row i of S V^T (or of its transpose) has squared norm S_ii², for S = diag(the first columns' energies)."""
    U = case.U
    values = case.vae.A_tilde[..., :, :1] ** 2
    product = values * U.mT
    rows = product.mT if transpose else product
    return Margin.equal(total(rows * rows), (values * values)[..., 0])


@rotated_data_has_zero_rows.mutant("columns in place of rows")
def _(case: RotatedVAE) -> Margin:
    return zero_rows(case, transpose=True)


@rotated_data_has_zero_rows.mutant("without the square")
def _(case: RotatedVAE) -> Margin:
    values = case.vae.A_tilde[..., :, :1] ** 2
    rows = values * case.U.mT
    return Margin.equal(total(rows * rows), values[..., 0])
