"""Section 4.2, setup: what the architecture can represent, eq. (6), and the tacit hypotheses of Theorem 4."""

from __future__ import annotations

from claims import Margin, claim, search
from claims.engine.arithmetic import concatenate, constant
from claims.engine.strategies import ACTIVATIONS
from claims.papers.koehler_2022.one_layer_vae import OneLayerVAE, OneLayerVAEs, one_layer_vaes

PRINTED = "r* in 1..3, s in 1..3, d up to r* + s + 3, r up to r* + 4, all twenty activations"
REPAIRED = (
    "r* in 1..3, s in 1..3, d up to r* + s + 3, r from r* + s, all activations with sigma(0) = 0 and finite E sigma²"
)
AS_PRINTED = "all s >= 1, d > r* + s, r > r* + 1, arbitrary sigma"
AS_REPAIRED = (
    "all s >= 1, d > r* + s, r > r* + 1 and r >= r* + s, sigma with sigma(0) = 0 and E sigma(N(0, r*))² finite"
)

as_printed = one_layer_vaes(repaired=False)
as_repaired = one_layer_vaes(repaired=True)
#: The ends of the domain that are attacked at every run: the sigmoid of the paper's own experiments, and a
#: nonlinearity that no Gaussian square-integrates.
SIGMOID, EXPLODING = (
    OneLayerVAEs(3, 3, 1, 1, next(found for found in ACTIVATIONS if found.name == name))
    for name in ("sigmoid", "exp(x^2) - 1")
)
CHANGES = "adds sigma(0) = 0, E sigma(N(0, r*))² < infinity, and r >= r* + s"


def worked_sigma(case: OneLayerVAE) -> list[str]:
    """What goes wrong, for a reader with a calculator."""
    at_zero = float(case.activation(0 * case.epsilon))
    lines = [f"r* = {case.r_star}, s = {case.s}, d = {case.d}, r = {case.r}, sigma = {case.activation.name}."]
    if at_zero:
        lines.append(
            f"A2 = 0, so f adds sigma(0) = {at_zero:g} to each of the {case.d} coordinates, also to the last ones,"
            " where x is 0."
        )
        lines.append(f"For every D and eps the error is at least d sigma(0)² = {case.d * at_zero**2:g}.")
    if case.r < case.r_star + case.s:
        lines.append(f"A1 is {case.d} x {case.r} and cannot hold I_{{r*+s}} = I_{case.r_star + case.s}.")
    if not case.activation.square_integrable:
        lines.append("E sigma(N(0, r*))² is infinite, so E‖g(x)‖² and with it L are infinite for every D and eps.")
    return lines


# --- what the setup observes ------------------------------------------------------------------------------


def expresses_the_truth(case: OneLayerVAE) -> Margin:
    """f(z) = (z_1..z_r*, sigma(<a, z>), 0, ..., 0) at every z, and B = [I_{r*} 0; 0 0] recovers z_1..z_r*."""
    unused = 0 * case.latent[..., :1] @ constant([[1.0] * (case.r - case.r_star)], case.D)
    codes = case.data() @ case.partial_identity(case.r, case.d, case.r_star).mT
    return Margin.equal(case.truth(concatenate([case.latent, unused + 1], -1)), case.data()) & Margin.equal(
        case.truth(codes), case.data()
    )


@claim(
    "koehler-2022/observation-ground-truth-decoder",
    statement=r"\text{the ground truth decoder can be expressed by taking } \tilde A_2 \text{ to have a single nonzero"
    r" row in position } r^*+1 \text{ with entries } (1,\ldots,1,0,\ldots,0),\ \tilde A_1=\begin{bmatrix}I_{r^*}&0\\"
    r"0&0\end{bmatrix}, \text{ and } \tilde B=\begin{bmatrix}I_{r^*}&0\\0&0\end{bmatrix} \text{ achieves perfect"
    r" reconstruction}",
    source="Section 4.2, setup",
    domain=AS_PRINTED,
    effect="The architecture cannot represent the paper's own sigmoid data, for sigma(0) = 1/2 appears on every row of"
    " sigma(A2 z). The released code has biases, which cancel it.",
    by=[search(as_printed, PRINTED)],
    worked=lambda case: [
        f"r* = {case.r_star}, d = {case.d}, r = {case.r}, sigma = {case.activation.name}: A2 has one nonzero row, so"
        f" sigma(A2 z)",
        f"adds sigma(0) = {float(case.activation(0 * case.epsilon)):g} to the other {case.d - 1} coordinates, where"
        f" nothing or z_i should stand.",
    ],
)
def architecture_expresses_the_ground_truth(case: OneLayerVAE) -> Margin:
    """A1 z + sigma(A2 z) reproduces the data's generator."""
    return expresses_the_truth(case)


@architecture_expresses_the_ground_truth.mutant("the row stands in position r* + 2")
def _(case: OneLayerVAE) -> Margin:
    return _misplaced(case)


def _misplaced(case: OneLayerVAE) -> Margin:
    data = case.data()
    shift = constant([[1.0 if j == (i + 1) % case.d else 0.0 for j in range(case.d)] for i in range(case.d)], case.D)
    return Margin.equal(data @ shift, data)


@architecture_expresses_the_ground_truth.mutant("the linear part covers r* + 1 coordinates")
def _(case: OneLayerVAE) -> Margin:
    return Margin.equal(case.decode(case.encode(case.data())) + case.data(), case.data())


@claim(
    "koehler-2022/observation-ground-truth-decoder/repair",
    statement=r"\text{the ground truth decoder can be expressed so, provided } \sigma(0)=0",
    source="Section 4.2, setup, corrected",
    domain=AS_REPAIRED,
    repairs="koehler-2022/observation-ground-truth-decoder",
    changes="adds sigma(0) = 0",
    by=[search(as_repaired, REPAIRED)],
)
def architecture_expresses_the_ground_truth_from_zero(case: OneLayerVAE) -> Margin:
    """A1 z + sigma(A2 z) reproduces the data's generator."""
    return expresses_the_truth(case)


@architecture_expresses_the_ground_truth_from_zero.mutant("the row stands in position r* + 2")
def _(case: OneLayerVAE) -> Margin:
    return _misplaced(case)


@architecture_expresses_the_ground_truth_from_zero.mutant("the linear part covers r* + 1 coordinates")
def _(case: OneLayerVAE) -> Margin:
    return Margin.equal(case.decode(case.encode(case.data())) + case.data(), case.data())


# --- eq. (6) ----------------------------------------------------------------------------------------------


def reconstructs(case: OneLayerVAE) -> Margin:
    """A1 of the printed size exists, and f(g(x)) = x for every data point."""
    fits = constant([float(case.r - case.r_star - case.s)], case.D) + 0 * case.epsilon
    return Margin.at_least(fits, 0 * fits) & Margin.equal(case.decode(case.encode(case.data())), case.data())


EQUATION_6 = (
    r"\tilde A_1=\begin{bmatrix}I_{r^*+s}&0\\0&0\end{bmatrix},\ \tilde A_2=0,\ \tilde B=\begin{bmatrix}I_{r^*+1}&0\\"
    r"0&0\end{bmatrix}\ \text{achieves perfect reconstruction}"
)


@claim(
    "koehler-2022/equation-6",
    statement=EQUATION_6,
    source="Section 4.2, eq. (6)",
    domain=AS_PRINTED,
    effect="Theorem 4 fails wherever this does, in particular for the sigmoid of the paper's experiments (without"
    " biases) and for s > r - r*.",
    by=[search(as_printed, PRINTED)],
    worked=worked_sigma,
)
def parameters_of_equation_6_reconstruct(case: OneLayerVAE) -> Margin:
    """(6) is a parameter of the model, and it reconstructs the data."""
    return reconstructs(case)


@parameters_of_equation_6_reconstruct.mutant("B = [I_{r*} 0; 0 0]")
def _(case: OneLayerVAE) -> Margin:
    return _without_the_hidden_coordinate(case)


def _without_the_hidden_coordinate(case: OneLayerVAE) -> Margin:
    keep = constant([1.0 if i < case.r_star else 0.0 for i in range(case.r)], case.D)
    return Margin.equal(case.decode(case.encode(case.data()) * keep), case.data())


@parameters_of_equation_6_reconstruct.mutant("s >= 2 is excluded by the shape")
def _(case: OneLayerVAE) -> Margin:
    room = constant([float(1 - case.s)], case.D) + 0 * case.epsilon
    return Margin.at_least(room, 0 * room)


@claim(
    "koehler-2022/equation-6/repair",
    statement=EQUATION_6 + r",\ \text{if } \sigma(0)=0 \text{ and } r\ge r^*+s",
    source="Section 4.2, eq. (6), corrected",
    domain=AS_REPAIRED,
    repairs="koehler-2022/equation-6",
    changes="adds sigma(0) = 0 and r >= r* + s",
    by=[search(as_repaired, REPAIRED)],
)
def parameters_of_equation_6_reconstruct_from_zero(case: OneLayerVAE) -> Margin:
    """(6) is a parameter of the model, and it reconstructs the data."""
    return reconstructs(case)


@parameters_of_equation_6_reconstruct_from_zero.mutant("B = [I_{r*} 0; 0 0]")
def _(case: OneLayerVAE) -> Margin:
    return _without_the_hidden_coordinate(case)


@parameters_of_equation_6_reconstruct_from_zero.mutant("r >= r* + s + 1")
def _(case: OneLayerVAE) -> Margin:
    room = constant([float(case.r - case.r_star - case.s - 1)], case.D) + 0 * case.epsilon
    return Margin.at_least(room, 0 * room)
