"""Section 4.2: the two displays in the proof of Theorem 4."""

from __future__ import annotations

from dataclasses import replace

from claims import Margin, claim, search
from claims.engine.arithmetic import constant, log, total
from claims.papers.koehler_2022.nonlinear_setup import AS_REPAIRED, REPAIRED, as_repaired
from claims.papers.koehler_2022.one_layer_vae import OneLayerVAE


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
        f"r* = {case.r_star}, s = {case.s}: A1 passes on D_ii^½ z'_i for all i <= r* + s = {case.r_star + case.s},"
        f" not only i <= {case.r_star + 1}."
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


def derivative_margin(case: OneLayerVAE, one: float) -> Margin:
    """2 dL/dD_ii = 1/eps² + 1 - one/D_ii for i <= r* + s, integrated from D_ii to (1 + i) D_ii for all these i.

    L is a sum of functions of one D_ii each, and instances differ in every D_ii, so each i is on trial.
    """
    square = (case.epsilon * case.epsilon)[..., None]
    used = case.r_star + case.s
    factors = constant([1.0 + i if i < used else 1.0 for i in range(case.r)], case.D)
    risen = replace(case, D=factors * case.D).loss()
    change = total((factors - 1) * case.D * (1 / square + 1) - one * log(factors))
    return Margin.equal(risen, case.loss() + change / 2)


@claim(
    "koehler-2022/theorem-4/step-derivative",
    statement=r"\text{the partial derivative with respect to } \tilde D_{ii} \text{ for } i\le r^*+s:\ "
    r"0=(1/\tilde\epsilon^2)+1-1/\tilde D_{ii}, \text{ i.e. } \tilde"
    r" D_{ii}=\frac{\tilde\epsilon^2}{\tilde\epsilon^2+1}",
    source="Section 4.2, proof of Theorem 4",
    domain=AS_REPAIRED + "; all D, eps",
    readings=[
        "attacked inside the repaired hypotheses of (6)",
        "the derivative is right for the true loss; for the loss as displayed before it, it is only for i <= r* + 1",
    ],
    by=[search(as_repaired, REPAIRED)],
)
def derivative_in_the_used_variances(case: OneLayerVAE) -> Margin:
    """2 dL/dD_ii = 1/eps² + 1 - 1/D_ii for i <= r* + s, in integrated form; and the printed D_ii solves it."""
    square = case.epsilon * case.epsilon
    best = square / (1 + square)
    return derivative_margin(case, 1.0) & Margin.equal(best / square + best, 1 + 0 * square)


@derivative_in_the_used_variances.mutant("- 2/D_ii")
def _(case: OneLayerVAE) -> Margin:
    return derivative_margin(case, 2.0)


@derivative_in_the_used_variances.mutant("no 1/D_ii")
def _(case: OneLayerVAE) -> Margin:
    return derivative_margin(case, 0.0)


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
        f"r* = {case.r_star}, s = {case.s}, r = {case.r}: L contains -½ sum log D_ii over i > r* + s ="
        f" {case.r_star + case.s};",
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
