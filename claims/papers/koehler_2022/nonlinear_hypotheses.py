"""Section 4.2: the tacit hypotheses of Theorem 4, one by one, and the decoder's output."""

from __future__ import annotations

from claims import Margin, claim, search
from claims.engine.arithmetic import concatenate, constant, total
from claims.papers.koehler_2022.nonlinear_setup import (
    AS_PRINTED,
    AS_REPAIRED,
    EXPLODING,
    PRINTED,
    REPAIRED,
    as_printed,
    as_repaired,
    worked_sigma,
)
from claims.papers.koehler_2022.one_layer_vae import OneLayerVAE

# --- the tacit hypotheses, one by one ---------------------------------------------------------------------


def fits(case: OneLayerVAE, rows: int) -> Margin:
    """A d x r matrix has room for I_rows."""
    room = constant([float(min(case.d, case.r) - rows)], case.D) + 0 * case.epsilon
    return Margin.at_least(room, 0 * room)


@claim(
    "koehler-2022/theorem-4/step-decoder-exists",
    statement=r"\tilde A_1=\begin{bmatrix}I_{r^*+s}&0\\0&0\end{bmatrix}\in\mathbb{R}^{d\times r}"
    r"\text{ for latent dimension } r>r^*+1 \text{ and any } s\ge1",
    source="Section 4.2, setup and eq. (6)",
    domain="all s >= 1, d > r* + s, r > r* + 1",
    effect="Theorem 4 says nothing where s > r - r*; the statement 'for any s >= 1' needs r >= r* + s.",
    by=[search(as_printed, PRINTED)],
    worked=lambda case: [
        f"r* = {case.r_star}, s = {case.s}, r = {case.r} > r* + 1: a {case.d} x {case.r} matrix has no room for"
        f" I_{case.r_star + case.s}."
    ],
)
def decoder_of_equation_6_exists(case: OneLayerVAE) -> Margin:
    """r >= r* + s."""
    return fits(case, case.r_star + case.s)


@decoder_of_equation_6_exists.mutant("I_{r*+s+1}")
def _(case: OneLayerVAE) -> Margin:
    return fits(case, case.r_star + case.s + 1)


@decoder_of_equation_6_exists.mutant("I_{r*+2s}")
def _(case: OneLayerVAE) -> Margin:
    return fits(case, case.r_star + 2 * case.s)


@claim(
    "koehler-2022/theorem-4/step-decoder-exists/repair",
    statement=r"\tilde A_1=\begin{bmatrix}I_{r^*+s}&0\\0&0\end{bmatrix}\in\mathbb{R}^{d\times r} \text{ for } r\ge"
    r" r^*+s,\ d>r^*+s",
    source="Section 4.2, setup and eq. (6), corrected",
    domain="all s >= 1, d > r* + s, r >= r* + s",
    repairs="koehler-2022/theorem-4/step-decoder-exists",
    changes="r >= r* + s in place of r > r* + 1",
    by=[search(as_repaired, REPAIRED)],
)
def decoder_of_equation_6_exists_for_enough_latents(case: OneLayerVAE) -> Margin:
    """min(d, r) >= r* + s."""
    return fits(case, case.r_star + case.s)


@decoder_of_equation_6_exists_for_enough_latents.mutant("I_{r*+s+1}")
def _(case: OneLayerVAE) -> Margin:
    return fits(case, case.r_star + case.s + 1)


@decoder_of_equation_6_exists_for_enough_latents.mutant("I_{r*+2s}")
def _(case: OneLayerVAE) -> Margin:
    return fits(case, case.r_star + 2 * case.s)


def has_finite_energy(case: OneLayerVAE, most: float = float("inf")) -> Margin:
    """E sigma(N(0, r*))² is finite (a property of sigma), and E‖g(x)‖² over the data points is at most `most`."""
    finite = constant([1.0 if case.activation.square_integrable else -1.0], case.D) + 0 * case.epsilon
    margin = Margin.positive(finite)
    if most < float("inf"):
        margin = margin & Margin.at_most(case.expectations().code_energy, most + 0 * case.epsilon)
    return margin


@claim(
    "koehler-2022/theorem-4/step-finite-energy",
    statement=r"E_{x\sim p^*}[\|x_{1:r^*+1}\|^2/2] < \infty \text{ for an arbitrary nonlinearity } \sigma",
    source="Section 4.2, proof of Theorem 4: the second term of the objective is treated as a constant",
    domain="all r* >= 1 and arbitrary sigma",
    effect="Theorem 4 fails for sigma that grow like exp(x²): E‖g(x)‖² and the loss are infinite for every D and eps.",
    by=[search(as_printed, PRINTED, corners=(EXPLODING,))],
    worked=lambda case: [
        f"sigma = {case.activation.name}, r* = {case.r_star}: E sigma(N(0, r*))² integrates"
        f" exp(2x²) against exp(-x²/{2 * case.r_star}), which diverges."
    ],
)
def energy_of_the_code_is_finite(case: OneLayerVAE) -> Margin:
    """E‖g(x)‖² = r* + E sigma(N(0, r*))² is finite."""
    return has_finite_energy(case)


@energy_of_the_code_is_finite.mutant("at most r* / 2")
def _(case: OneLayerVAE) -> Margin:
    return has_finite_energy(case, most=case.r_star / 2)


@energy_of_the_code_is_finite.mutant("zero")
def _(case: OneLayerVAE) -> Margin:
    return has_finite_energy(case, most=0.0)


@claim(
    "koehler-2022/theorem-4/step-finite-energy/repair",
    statement=r"E_{x\sim p^*}[\|x_{1:r^*+1}\|^2/2]=(r^*+E\sigma(N(0,r^*))^2)/2<\infty \text{ if }"
    r" E\sigma(N(0,r^*))^2<\infty",
    source="Section 4.2, proof of Theorem 4, corrected",
    domain="all r* >= 1 and sigma with E sigma(N(0, r*))² finite",
    repairs="koehler-2022/theorem-4/step-finite-energy",
    changes="adds E sigma(N(0, r*))² < infinity",
    by=[search(as_repaired, REPAIRED)],
)
def energy_of_the_code_is_finite_for_integrable_sigma(case: OneLayerVAE) -> Margin:
    """E‖g(x)‖² is the sum of the two energies, each finite."""
    hidden = case.data()[..., case.r_star] ** 2
    linear = total(case.latent * case.latent, (-2, -1))
    return has_finite_energy(case) & Margin.equal(
        case.expectations().code_energy, (linear + total(hidden)) / hidden.shape[-1]
    )


@energy_of_the_code_is_finite_for_integrable_sigma.mutant("without the hidden coordinate")
def _(case: OneLayerVAE) -> Margin:
    linear = total(case.latent * case.latent, (-2, -1))
    return Margin.equal(case.expectations().code_energy, linear / case.latent.shape[-2])


@energy_of_the_code_is_finite_for_integrable_sigma.mutant("at most r* / 2")
def _(case: OneLayerVAE) -> Margin:
    return has_finite_energy(case, most=case.r_star / 2)


@claim(
    "koehler-2022/observation-decoder-output",
    statement=r"\text{The output of this decoder is a Gaussian } N\left(0,\begin{bmatrix}I_{r^*+s}&0\\0&0\end{bmatrix}"
    r"\right), \text{ strictly higher-dimensional than } r^*",
    source="Section 4.2, after eq. (6)",
    domain=AS_PRINTED,
    effect="With sigma(0) != 0 the mean is sigma(0) in every coordinate; the dimension is right.",
    by=[search(as_printed, PRINTED)],
    worked=worked_sigma,
)
def decoder_outputs_a_padded_standard_gaussian(case: OneLayerVAE) -> Margin:
    """f(z) = (z_1, ..., z_{r*+s}, 0, ..., 0)."""
    return pads_the_latent(case, case.r_star + case.s)


def pads_the_latent(case: OneLayerVAE, dimension: int) -> Margin:
    """f(z) is z cut or padded to `dimension` coordinates and zeros, at the unit vectors and their negatives."""
    n = max(case.r, case.d)
    unit = constant([[1.0 if i == j else 0.0 for j in range(case.r)] for i in range(case.r)], case.D)
    z = concatenate([unit, -unit], -2) + 0 * case.epsilon[..., None, None]
    keep = constant([[1.0 if i == j < dimension else 0.0 for j in range(case.d)] for i in range(n)], case.D)
    return Margin.equal(case.decode(z), z @ keep[: case.r])


@decoder_outputs_a_padded_standard_gaussian.mutant("dimension r* + s - 1")
def _(case: OneLayerVAE) -> Margin:
    return pads_the_latent(case, case.r_star + case.s - 1)


@decoder_outputs_a_padded_standard_gaussian.mutant("dimension r*")
def _(case: OneLayerVAE) -> Margin:
    return pads_the_latent(case, case.r_star)


@claim(
    "koehler-2022/observation-decoder-output/repair",
    statement=r"\text{The output of this decoder is } N\left(0,\begin{bmatrix}I_{r^*+s}&0\\0&0\end{bmatrix}\right),"
    r"\text{ if } \sigma(0)=0 \text{ and } r\ge r^*+s",
    source="Section 4.2, after eq. (6), corrected",
    domain=AS_REPAIRED,
    repairs="koehler-2022/observation-decoder-output",
    changes="adds sigma(0) = 0 and r >= r* + s",
    by=[search(as_repaired, REPAIRED)],
)
def decoder_outputs_a_padded_standard_gaussian_from_zero(case: OneLayerVAE) -> Margin:
    """f(z) = (z_1, ..., z_{r*+s}, 0, ..., 0)."""
    return pads_the_latent(case, case.r_star + case.s)


@decoder_outputs_a_padded_standard_gaussian_from_zero.mutant("dimension r* + s - 1")
def _(case: OneLayerVAE) -> Margin:
    return pads_the_latent(case, case.r_star + case.s - 1)


@decoder_outputs_a_padded_standard_gaussian_from_zero.mutant("dimension r*")
def _(case: OneLayerVAE) -> Margin:
    return pads_the_latent(case, case.r_star)
