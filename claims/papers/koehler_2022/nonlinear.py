"""Section 4.2: Theorem 4, a bad asymptotic optimum of a nonlinear VAE, and the steps of its proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import absolute, constant, exp, is_below, log, stack, total
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
from claims.papers.koehler_2022.one_layer_vae import OneLayerVAE, one_layer_vaes

# --- the steps of the proof of Theorem 4 ------------------------------------------------------------------


def loss_formula(case: OneLayerVAE, columns: int) -> Margin:
    """L = (1/2eps²) sum_{i <= columns} D_ii + E‖x_{1:r*+1}‖²/2 + d log eps + Tr(D)/2 - (1/2) sum_i log D_ii."""
    shown = (case.data()[..., : case.r_star + 1] ** 2).sum(-1)
    energy = total(shown) / shown.shape[-1] / 2
    square = case.epsilon * case.epsilon
    quadratic = total(case.D[..., :columns]) / (2 * square)
    outside = case.d * log(case.epsilon) + total(case.D - log(case.D)) / 2
    return Margin.equal(case.loss(), quadratic + energy + outside)


FORMULA = (
    r"L = \frac{1}{2\tilde\epsilon^2}\sum_{i=1}^{%s}\tilde D_{ii} + E_{x\sim p^*}[\|x_{1:r^*+1}\|^2/2]"
    r" + d\log\tilde\epsilon + \operatorname{Tr}(\tilde D)/2 - \frac12\sum_i\log\tilde D_{ii}"
)


@claim(
    "koehler-2022/theorem-4/step-loss-formula",
    statement=FORMULA % "r^*+1",
    source="Section 4.2, proof of Theorem 4, first display",
    domain=AS_REPAIRED + "; all D, eps",
    readings=["attacked inside the repaired hypotheses of (6), so that only the formula itself is on trial"],
    effect="None on the theorem for s = 1; for s >= 2 the noise of coordinates r*+2..r*+s is forgotten, which is then"
    " put back silently when D_ii is optimized 'for i <= r* + s'.",
    by=[search(as_repaired, REPAIRED)],
    worked=lambda case: [
        f"r* = {case.r_star}, s = {case.s}: A1 passes on D_ii^½ z'_i for all i <= r* + s = {case.r_star + case.s}, not only i <= {case.r_star + 1}."
    ],
)
def loss_sums_r_star_plus_one_variances(case: OneLayerVAE) -> Margin:
    """The loss at (6), with the sum over i <= r* + 1 as printed."""
    return loss_formula(case, case.r_star + 1)


@loss_sums_r_star_plus_one_variances.mutant("sum over i <= r*")
def _(case: OneLayerVAE) -> Margin:
    return loss_formula(case, case.r_star)


@loss_sums_r_star_plus_one_variances.mutant("sum over all i")
def _(case: OneLayerVAE) -> Margin:
    return loss_formula(case, case.r)


@claim(
    "koehler-2022/theorem-4/step-loss-formula/repair",
    statement=FORMULA % "r^*+s",
    source="Section 4.2, proof of Theorem 4, first display, corrected",
    domain=AS_REPAIRED + "; all D, eps",
    repairs="koehler-2022/theorem-4/step-loss-formula",
    changes="the first sum runs to r* + s",
    by=[search(as_repaired, REPAIRED)],
)
def loss_sums_all_used_variances(case: OneLayerVAE) -> Margin:
    """The loss at (6), with the sum over i <= r* + s."""
    return loss_formula(case, case.r_star + case.s)


@loss_sums_all_used_variances.mutant("sum over i <= r*")
def _(case: OneLayerVAE) -> Margin:
    return loss_formula(case, case.r_star)


@loss_sums_all_used_variances.mutant("sum over all i")
def _(case: OneLayerVAE) -> Margin:
    return loss_formula(case, case.r)


def plugged_in(case: OneLayerVAE, columns: int, sign: int, floor_at: int) -> Margin:
    """L at D_ii = eps²/(eps² + 1) for i <= r* + s and arbitrary D_ii beyond, against the displayed right side.

    `columns` is the end of the first sum and the factor of log(1 + eps²)/2, `sign` that of the last sum, which
    begins after `floor_at`.
    """
    used = case.r_star + case.s
    square = case.epsilon * case.epsilon
    best = case.best_variances(case.epsilon)
    mask = constant([1.0 if i < used else 0.0 for i in range(case.r)], case.D)
    mixed = replace(case, D=mask * best + (1 - mask) * case.D)
    shown = (case.data()[..., : case.r_star + 1] ** 2).sum(-1)
    right = (
        columns / (1 + square) / 2
        + total(shown) / shown.shape[-1] / 2
        + (case.d - used) * log(case.epsilon)
        + total(mixed.D) / 2
        + columns * log(1 + square) / 2
        + sign * total(log(mixed.D[..., floor_at:])) / 2
    )
    return Margin.equal(mixed.loss(), right)


PLUGGED = (
    r"L = \frac12\sum_{i=1}^{%(end)s}\frac{1}{\tilde\epsilon^2+1} + E_{x\sim p^*}[\|x_{1:r^*+1}\|^2/2]"
    r" + (d-r^*-s)\log\tilde\epsilon + \operatorname{Tr}(\tilde D)/2 + \frac{%(end)s}{2}\log(1+\epsilon^2)"
    r" %(sign)s \frac12\sum_{i=%(from)s}^{r}\log\tilde D_{ii}"
)


@claim(
    "koehler-2022/theorem-4/step-plug-in-d",
    statement=PLUGGED % {"end": "r^*+1", "sign": "+", "from": "r^*+2"},
    source="Section 4.2, proof of Theorem 4, second display",
    domain=AS_REPAIRED + "; all D_ii for i > r* + s, all eps",
    rests_on=["koehler-2022/theorem-4/step-loss-formula"],
    carried_by=["koehler-2022/theorem-4/step-loss-formula/repair"],
    readings=["attacked inside the repaired hypotheses of (6), so that only the algebra is on trial"],
    effect="None on the theorem: the last sum has the wrong sign, but the proof then sets its D_ii to 1; for s >= 2"
    " its range and the other two sums' are wrong as well.",
    by=[search(as_repaired, REPAIRED)],
    worked=lambda case: [
        f"r* = {case.r_star}, s = {case.s}, r = {case.r}: L contains -½ sum log D_ii over i > r* + s = {case.r_star + case.s};",
        "the display has +½ sum over i >= r* + 2.",
    ],
)
def objective_after_plugging_in(case: OneLayerVAE) -> Margin:
    """The objective at the optimal D_ii, i <= r* + s, as printed."""
    return plugged_in(case, case.r_star + 1, 1, case.r_star + 1)


@objective_after_plugging_in.mutant("minus the first sum")
def _(case: OneLayerVAE) -> Margin:
    return plugged_in(case, -case.r_star - case.s, -1, case.r_star + case.s)


@objective_after_plugging_in.mutant("no last sum")
def _(case: OneLayerVAE) -> Margin:
    return plugged_in(case, case.r_star + case.s, 0, case.r_star + case.s)


@claim(
    "koehler-2022/theorem-4/step-plug-in-d/repair",
    statement=PLUGGED % {"end": "r^*+s", "sign": "-", "from": "r^*+s+1"},
    source="Section 4.2, proof of Theorem 4, second display, corrected",
    domain=AS_REPAIRED + "; all D_ii for i > r* + s, all eps",
    rests_on=["koehler-2022/theorem-4/step-loss-formula/repair"],
    repairs="koehler-2022/theorem-4/step-plug-in-d",
    changes="both sums and the factor of log(1 + eps²) run to r* + s; the last sum begins at r* + s + 1, with a minus",
    by=[search(as_repaired, REPAIRED)],
)
def objective_after_plugging_in_corrected(case: OneLayerVAE) -> Margin:
    """The objective at the optimal D_ii, i <= r* + s."""
    return plugged_in(case, case.r_star + case.s, -1, case.r_star + case.s)


@objective_after_plugging_in_corrected.mutant("plus the last sum")
def _(case: OneLayerVAE) -> Margin:
    return plugged_in(case, case.r_star + case.s, 1, case.r_star + case.s)


@objective_after_plugging_in_corrected.mutant("sums to r* + 1")
def _(case: OneLayerVAE) -> Margin:
    return plugged_in(case, case.r_star + 1, -1, case.r_star + case.s)


# --- Theorem 4 --------------------------------------------------------------------------------------------


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
    yield Step.limit("n log eps + (1 + log(1 + eps²))/2", n * sympy.log(eps) + (1 + sympy.log(1 + eps**2)) / 2, eps, 0, -sympy.oo)
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
    by=[derivation(theorem_4_steps, "all d, r, r*, s (symbolic), all sigma with the three hypotheses"), search(as_repaired, REPAIRED)],
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
