"""Section 4.2: Theorem 4, a bad asymptotic optimum of a nonlinear VAE."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import absolute, constant, exp, is_below, stack, total
from claims.papers.koehler_2022.nonlinear_setup import (
    AS_PRINTED,
    AS_REPAIRED,
    CHANGES,
    PRINTED,
    REPAIRED,
    SIGMOID,
    as_printed,
    as_repaired,
    reconstructs,
    worked_sigma,
)
from claims.papers.koehler_2022.nonlinear_steps import loss_formula
from claims.papers.koehler_2022.one_layer_vae import OneLayerVAE, one_layer_vaes


def bad_optimum(case: OneLayerVAE, dimension: int, rate: float = 0.9) -> Margin:
    """min over D of L falls without bound, and dimension many of the optimal D_ii go to zero.

    That the minimum over D falls is equivalent to the existence of some D_t along which L does. Where
    E sigma(N(0, r*))² is infinite L is +infinity; where A1 does not fit, there is no such decoder.
    """
    logs = constant([-1.0, -20.0, -40.0], case.D)
    losses = stack([case.best_loss(logs[k] + 0 * case.epsilon) for k in range(3)])
    last = case.best_variances(exp(logs[2] + 0 * case.epsilon))
    vanished = total(is_below(absolute(last), 1e-9)) + 0 * case.epsilon
    finite = constant([1.0 if case.activation.square_integrable else -1.0], case.D) + 0 * case.epsilon
    return (
        Margin.positive(finite)
        & Margin.equal(vanished, dimension + 0 * case.epsilon)
        & Margin.falls_without_bound(losses, logs + 0 * losses, rate)
    )


THEOREM_4 = (
    r"\text{For any sequence } \tilde\epsilon_t\to0 \text{ there exist diagonal } \tilde D_t \text{ such that } 1)\ "
    r"L(\tilde A_1,\tilde A_2,\tilde B,\tilde D_t,\tilde\epsilon_t)\to-\infty \text{ with (6)},\ 2)\ "
    r"\text{the number of coordinates of } \tilde D_t \text{ which go to zero equals } r^*+s"
)


@claim(
    "koehler-2022/theorem-4",
    statement=THEOREM_4,
    source="Section 4.2, Theorem 4",
    domain=AS_PRINTED,
    rests_on=[
        "koehler-2022/equation-6", "koehler-2022/theorem-4/step-decoder-exists",
        "koehler-2022/theorem-4/step-finite-energy", "koehler-2022/theorem-4/step-loss-formula",
        "koehler-2022/theorem-4/step-derivative",
        "koehler-2022/theorem-4/step-plug-in-d",
    ],
    effect="Three tacit hypotheses. With sigma(0) != 0 (the sigmoid of Section 6) the loss goes to +infinity for every"
    " choice of D_t; with r < r* + s the decoder (6) does not exist; with E sigma² infinite the loss is infinite.",
    by=[search(as_printed, PRINTED, corners=(SIGMOID,))],
    worked=worked_sigma,
)  # fmt: skip
def bad_asymptotic_optimum(case: OneLayerVAE) -> Margin:
    """(6) drives the loss to -infinity with r* + s vanishing encoder variances."""
    return bad_optimum(case, case.r_star + case.s)


@bad_asymptotic_optimum.mutant("r* variances vanish")
def _(case: OneLayerVAE) -> Margin:
    return bad_optimum(case, case.r_star)


@bad_asymptotic_optimum.mutant("all variances vanish")
def _(case: OneLayerVAE) -> Margin:
    return bad_optimum(case, case.r + 1)


def theorem_4_steps() -> Iterator[Step]:
    """With sigma(0) = 0 the error is the sum of the r* + s used D_ii (independent noise), so for each of them
    D/(2 eps²) + (D - log D)/2 is minimal at eps²/(1 + eps²); the others are set to 1. What remains is
    n log eps + bounded terms, n = d - r* - s >= 1; E‖g(x)‖² = r* + E sigma² is finite by hypothesis.
    """  # noqa: D205 - the proof
    D, eps = sympy.symbols("D epsilon", positive=True)
    d, used = sympy.symbols("d u", integer=True, positive=True)
    summand = D / (2 * eps**2) + (D - sympy.log(D)) / 2
    best = eps**2 / (1 + eps**2)
    least = sympy.Rational(1, 2) + sympy.log(1 + eps**2) / 2 - sympy.log(eps)
    yield Step.convex_minimum("used coordinate", summand, D, best, least)
    total_loss = d * sympy.log(eps) + used * least
    bounded = used * (1 + sympy.log(1 + eps**2)) / 2
    yield Step.vanishes("L = (d - r* - s) log eps + bounded", total_loss - (d - used) * sympy.log(eps) - bounded)
    n = sympy.Symbol("n", integer=True, positive=True)
    yield Step.limit(
        "n log eps + (1 + log(1 + eps²))/2", n * sympy.log(eps) + (1 + sympy.log(1 + eps**2)) / 2, eps, 0, -sympy.oo
    )
    yield Step.limit("eps²/(1 + eps²)", best, eps, 0, 0)


@claim(
    "koehler-2022/theorem-4/repair",
    statement=THEOREM_4 + r",\ \text{if } \sigma(0)=0,\ E\sigma(N(0,r^*))^2<\infty,\ r\ge r^*+s",
    source="Section 4.2, Theorem 4, corrected",
    domain=AS_REPAIRED,
    rests_on=[
        "koehler-2022/equation-6/repair", "koehler-2022/theorem-4/step-loss-formula/repair",
        "koehler-2022/theorem-4/step-plug-in-d/repair",
    ],
    repairs="koehler-2022/theorem-4",
    changes=CHANGES,
    by=[
        derivation(theorem_4_steps, "all d, r, r*, s (symbolic), all sigma with the three hypotheses"),
        search(as_repaired, REPAIRED),
    ],
)  # fmt: skip
def bad_asymptotic_optimum_repaired(case: OneLayerVAE) -> Margin:
    """(6) drives the loss to -infinity with r* + s vanishing encoder variances."""
    return bad_optimum(case, case.r_star + case.s)


@bad_asymptotic_optimum_repaired.mutant("r* variances vanish")
def _(case: OneLayerVAE) -> Margin:
    return bad_optimum(case, case.r_star)


@bad_asymptotic_optimum_repaired.mutant("the loss falls one log eps faster")
def _(case: OneLayerVAE) -> Margin:
    return bad_optimum(case, case.r_star + case.s, rate=case.d - case.r_star - case.s + 1)


@claim(
    "koehler-2022/observation-arbitrary-weights",
    statement=r"\text{the proof generalizes straightforwardly for arbitrary } a^* \text{ with the correct support}",
    source="Section 4.2, before the setup",
    domain=AS_REPAIRED + "; data x_{r*+1} = sigma(<a*, x>) for all a*",
    rests_on=["koehler-2022/theorem-4"],
    carried_by=["koehler-2022/theorem-4/repair"],
    readings=["attacked with the repair's hypotheses on sigma and r; whether a* = (1, ..., 1) matters is on trial"],
    by=[search(one_layer_vaes(repaired=True, weighted=True), REPAIRED + ", random a*")],
)
def bad_asymptotic_optimum_for_any_weights(case: OneLayerVAE) -> Margin:
    """(6) reconstructs the data whatever a* is, hence the loss has the same form and falls alike."""
    return reconstructs(case) & loss_formula(case, case.r_star + case.s) & bad_optimum(case, case.r_star + case.s)


@bad_asymptotic_optimum_for_any_weights.mutant("r* variances vanish")
def _(case: OneLayerVAE) -> Margin:
    return bad_optimum(case, case.r_star)


@bad_asymptotic_optimum_for_any_weights.mutant("the hidden coordinate is not encoded")
def _(case: OneLayerVAE) -> Margin:
    keep = constant([1.0 if i < case.r_star else 0.0 for i in range(case.r)], case.D)
    return Margin.equal(case.decode(case.encode(case.data()) * keep), case.data())


@claim(
    "koehler-2022/conclusion-bad-optimum",
    statement=r"\text{even in a very simple example where we fit a VAE to data produced by a 1-layer ground truth"
    r" generator,}"
    r" \text{ there exists a bad solution with strictly larger manifold dimension which drives the reconstruction error"
    r" to"
    r" zero (and VAE loss to } -\infty)",
    source="Section 3, landscape analysis",
    domain="there is such an example: attacked over all those that the repair of Theorem 4 admits",
    rests_on=["koehler-2022/theorem-4"],
    carried_by=["koehler-2022/theorem-4/repair"],
    readings=["an example exists; not: every sigma is one"],
    by=[search(as_repaired, REPAIRED)],
)
def bad_solution_of_larger_dimension(case: OneLayerVAE) -> Margin:
    """(6) reconstructs, its loss falls without bound, and r* + s > r*."""
    larger = constant([float(case.representable - case.r_star)], case.D) + 0 * case.epsilon
    return reconstructs(case) & bad_optimum(case, case.r_star + case.s) & Margin.positive(larger)


@bad_solution_of_larger_dimension.mutant("of dimension r*")
def _(case: OneLayerVAE) -> Margin:
    return bad_optimum(case, case.r_star)


@bad_solution_of_larger_dimension.mutant("of full dimension d")
def _(case: OneLayerVAE) -> Margin:
    return Margin.positive(constant([float(case.representable - case.d + 1)], case.D) + 0 * case.epsilon)
