"""Section 4.1: the asymptotic optima of the linear VAE (Theorem 3)."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, constant, exp, is_below, is_zero, log, maximum, squared_norm, total
from claims.papers.koehler_2022.domains import RECONSTRUCTIONS, SCOPE, Reconstruction, linear_vaes, reconstructions
from claims.papers.koehler_2022.lemma_1 import lemma_1_steps
from claims.papers.koehler_2022.lemma_3 import EPS, c, lemma_3_steps
from claims.papers.koehler_2022.linear_vae import LinearVAE, column_energies, loss_terms, optimal_variances


def losses_along(case: Reconstruction, zero_residual: bool = True) -> tuple[Array, Array, Array]:
    """L at the optimal D_t along the sequence [n, T], with D_t [n, T, r] and log eps_t [T].

    The residual is set to the zero that A = A~B~A makes it: its rounding error over eps² would drown the rest.
    """
    logs = constant(list(case.log_epsilons), case.X)
    epsilon = exp(logs) + 0 * case.G[..., :1, 0]
    columns = column_energies(case.A_tilde)[..., None, :] + 0 * epsilon[..., None]
    square = epsilon * epsilon
    variances = optimal_variances(columns, epsilon)
    code = squared_norm(case.B_tilde @ case.A)[..., None]
    residual = 0 * code if zero_residual else 1 + 0 * code
    d = case.X.shape[-2]
    losses = loss_terms(residual, code, columns, variances, epsilon=epsilon, log_epsilon=logs, d=d)
    return losses, variances, logs + 0 * square


def sufficiency(case: Reconstruction, extra: float = 0.0) -> Margin:
    """A~B~A = A; D_ii -> 0 where A~_i is nonzero; L falls without bound, at the rate d - r + #zero columns."""
    losses, variances, logs = losses_along(case)
    d, r = case.X.shape[-2], variances.shape[-1]
    rate = d - r + case.zero_columns
    nonzero = 1 - is_zero(column_energies(case.A_tilde))[..., None, :]
    return (
        Margin.equal(case.A_tilde @ (case.B_tilde @ case.A), case.A)
        & Margin.tends((variances * nonzero).mT)
        & Margin.falls_without_bound(losses, logs, 0.9 * rate + extra)
    )


#: What the displayed inequality of the proof measures squared columns against; the theorem draws its own.
DELTA = 0.01


def necessity(case: LinearVAE, floor: float = 0.5, surplus: int = 0) -> Margin:
    """For every parameter and delta: d log eps and R are bounded by L (Lemma 1), and
    L >= (d - r + k) log eps + (r - k)/2 log delta + r/2, where k columns have ‖A~_i‖² < delta.

    If L -> -infinity, eps -> 0 and R -> 0 follow from the first two; then k > r - d from the third.
    """  # noqa: D205 - a formula
    square = case.epsilon * case.epsilon
    room = case.loss() - case.d * log(case.epsilon) - case.r / 2
    columns = case.columns
    # The theorem says "for any delta": the first encoder variance, which has nothing to do with A~, serves as one.
    delta = case.D[..., :1]
    small = is_below(columns - delta, 0)
    # sum over the k small columns of log eps, over the others of (log delta)/2, and 1/2 each
    k = total(small)
    bound = (case.d - case.r + k + surplus) * log(case.epsilon) + (case.r - k) / 2 * log(delta[..., 0]) + floor * case.r
    return (
        Margin.at_least(room, 0 * room)
        & Margin.at_most(case.reconstruction_error / (2 * square), room)
        & Margin.at_least(case.loss(), bound)
    )


def theorem_3_steps() -> Iterator[Step]:
    """Sufficiency: at the optimal D and zero residual, (5) is G/2 + (d - r + k) log eps + k/2 plus, for each
    nonzero column, (1 + log(c + eps²))/2, which tends to a constant; so it falls like n log eps, n = d-r+k >= 1.
    Necessity: L >= L1, log(c + eps²) >= 2 log eps for the k columns below delta and >= log delta for the others,
    so L >= (d - r + k) log eps + const; for k <= r - d and eps <= 1 this is bounded below. That eps and the error
    E‖x - x'‖² = ‖A - A~B~A‖² + sum_i D_ii ‖A~_i‖² tend to zero is Lemma 1; both parts are >= 0, so each does.
    Convergent sequences: with delta below every nonzero ‖A~_i‖² of the limit, #{‖(A~_t)_i‖² < delta} is in the end
    #{A~_i = 0}; and D_ii ‖A~_i‖² -> 0 with A~_i != 0 leaves D_ii = 0.
    """  # noqa: D205 - the proof
    n = sympy.Symbol("n", integer=True, positive=True)
    delta, excess = sympy.symbols("delta s", positive=True)
    yield from lemma_1_steps()
    yield from lemma_3_steps()
    yield Step.vanishes("a zero column gives (1 + log eps²)/2 = 1/2 + log eps", sympy.log(EPS**2) / 2 - sympy.log(EPS))
    yield Step.limit("optimal D_ii for c > 0", EPS**2 / (c + EPS**2), EPS, 0, 0)
    yield Step.limit(
        "n log eps + (1 + log(c + eps²))/2", n * sympy.log(EPS) + (1 + sympy.log(c + EPS**2)) / 2, EPS, 0, -sympy.oo
    )
    yield Step.nonnegative("c + eps² >= eps²", (c + EPS**2) - EPS**2)
    yield Step.nonnegative("c >= delta: c + eps² >= delta", (delta + excess + EPS**2) - delta)


@claim(
    "koehler-2022/theorem-3/step-sufficiency",
    statement=r"\text{the objective will go to } -\infty \text{ provided }"
    r" (d - r + \#\{i : \tilde A_i = 0\})\log\tilde\epsilon \to -\infty",
    source="Section 4.1, proof of Theorem 3, sufficiency",
    domain="all A = A~B~A with #{i : A~_i = 0} > r - d, all sequences eps_t -> 0",
    rests_on=["koehler-2022/lemma-3"],
    readings=["'there exists i such that A~_i = 0' restates the hypothesis #{A~_i = 0} > r - d"],
    by=[
        derivation(theorem_3_steps, "all d, r, k (symbolic)"),
        search(reconstructions(), RECONSTRUCTIONS),
    ],
)
def loss_falls_at_the_printed_rate(case: Reconstruction) -> Margin:
    """L(eps) - (d - r + #zero columns) log eps stays bounded: the slope between middle and end is the printed one."""
    losses, variances, logs = losses_along(case)
    rate = case.X.shape[-2] - variances.shape[-1] + case.zero_columns
    return Margin.falls_without_bound(losses, logs, 0.9 * rate)


@loss_falls_at_the_printed_rate.mutant("rate one larger")
def _(case: Reconstruction) -> Margin:
    losses, variances, logs = losses_along(case)
    rate = case.X.shape[-2] - variances.shape[-1] + case.zero_columns
    return Margin.falls_without_bound(losses, logs, 0.9 * rate + 1)


@loss_falls_at_the_printed_rate.mutant("the residual need not vanish")
def _(case: Reconstruction) -> Margin:
    losses, _, logs = losses_along(case, zero_residual=False)
    return Margin.falls_without_bound(losses, logs, 0.5)


def _remaining_terms(case: LinearVAE, threshold: float) -> Margin:
    """The displayed inequality of the necessity proof, where at most r - d columns are short and eps <= 1."""
    columns, square = case.columns, (case.epsilon * case.epsilon)[..., None]
    long = 1 - is_below(columns, DELTA)
    k = case.r - total(long)
    terms = (case.d - case.r) * log(case.epsilon) + total(1 + log(columns + square)) / 2
    kept = total(long * (1 + log(maximum(columns, DELTA) + square))) / 2
    lowest = total(long * (1 + log(DELTA + square))) / 2
    # Where the step does not apply the margin is the trivial 0 >= 0.
    applies = is_below(k, case.r - case.d + 0.5) * is_below(case.epsilon, threshold)
    return Margin.at_least(applies * terms, applies * kept) & Margin.at_least(applies * kept, applies * lowest)


@claim(
    "koehler-2022/theorem-3/step-necessity",
    statement=r"(d-r)\log\tilde\epsilon + \tfrac12\sum_i(1+\log(\|\tilde A_i\|^2+\tilde\epsilon^2))"
    r" \ge \tfrac12\sum_{i:\|\tilde A_i\|\ge\delta}(1+\log(\|\tilde A_i\|^2+\tilde\epsilon^2))"
    r" \ge \tfrac12\sum_{i:\|\tilde A_i\|\ge\delta}(1+\log(\delta^2+\tilde\epsilon^2))",
    source="Section 4.1, proof of Theorem 3, necessity",
    domain="all A~ with at most r - d columns of norm below delta, 0 < eps <= 1",
    rests_on=["koehler-2022/lemma-3"],
    readings=[
        "the step is taken 'as eps -> 0', so eps <= 1; for larger eps the dropped terms may be negative",
        "L_1(A_t, B_t, D_t) is L_1(A_t, B_t, eps_t)",
    ],
    by=[derivation(theorem_3_steps, "all d, r, k (symbolic)"), search(linear_vaes(), SCOPE + "; delta² = 0.01")],
)
def short_columns_can_be_dropped(case: LinearVAE) -> Margin:
    """Dropping (d - r) log eps and the short columns' terms lowers the sum, for eps <= 1."""
    return _remaining_terms(case, 1.0)


@short_columns_can_be_dropped.mutant("for every eps")
def _(case: LinearVAE) -> Margin:
    return _remaining_terms(case, 1e12)


@short_columns_can_be_dropped.mutant("delta for delta²")
def _(case: LinearVAE) -> Margin:
    long = 1 - is_below(case.columns, DELTA)
    square = (case.epsilon * case.epsilon)[..., None]
    kept = total(long * log(maximum(case.columns, DELTA) + square))
    return Margin.at_least(kept, total(long * log(DELTA**0.5 + square)))


@claim(
    "koehler-2022/theorem-3",
    statement=r"\text{If } A=\tilde A\tilde B A,\ \#\{i:\tilde A_i=0\}>r-d,\ \tilde\epsilon_t\to0:\ \exists\tilde D_t:"
    r"\ (\tilde D_t)_{ii}\to0 \text{ where } \tilde A_i\ne0,\ L\to-\infty.\ \text{ Conversely } L\to-\infty \Rightarrow"
    r"\ \tilde\epsilon_t\to0,\ \|A-\tilde A_t\tilde B_tA\|_F^2\to0,\ \max_i(\tilde D_t)_{ii}\|(\tilde A_t)_i\|^2\to0,"
    r"\ \forall\delta>0:\liminf_t\#\{i:\|(\tilde A_t)_i\|_2^2<\delta\}>r-d."
    r"\ \text{ In particular, if they converge to }"
    r"(\tilde A,\tilde B,\tilde D,\tilde\epsilon) \text{ then } \tilde\epsilon=0,\ A=\tilde A\tilde BA,\ \tilde"
    r" D_{ii}=0"
    r" \text{ for every } i \text{ such that } \tilde A_i\ne0, \text{ and } \#\{i:\tilde A_i=0\}>r-d",
    source="Section 4.1, Theorem 3",
    domain="all d, r, r* >= 1; first part: all A, A~, B~ as stated and all positive eps_t -> 0; converse: all"
    " sequences",
    rests_on=[
        "koehler-2022/lemma-1", "koehler-2022/lemma-3", "koehler-2022/equation-4",
        "koehler-2022/theorem-3/step-sufficiency", "koehler-2022/theorem-3/step-necessity",
    ],
    by=[
        derivation(theorem_3_steps, "all d, r, r*, k, delta (symbolic)"),
        search(
            st.one_of(reconstructions(), linear_vaes()),
            f"sufficiency: {RECONSTRUCTIONS}; converse: {SCOPE}",
        ),
    ],
)  # fmt: skip
def asymptotic_optima_of_the_linear_vae(case: Reconstruction | LinearVAE) -> Margin:
    """Both directions; the converse through inequalities that hold for every parameter and imply the limits."""
    return sufficiency(case) if isinstance(case, Reconstruction) else necessity(case)


@asymptotic_optima_of_the_linear_vae.mutant("the loss falls one log eps faster")
def _(case: Reconstruction | LinearVAE) -> Margin:
    return sufficiency(case, extra=1.0) if isinstance(case, Reconstruction) else necessity(case)


@asymptotic_optima_of_the_linear_vae.mutant("r - d + 1 short columns are needed beyond")
def _(case: Reconstruction | LinearVAE) -> Margin:
    return sufficiency(case) if isinstance(case, Reconstruction) else necessity(case, surplus=-1)


@asymptotic_optima_of_the_linear_vae.mutant("r/2 becomes r")
def _(case: Reconstruction | LinearVAE) -> Margin:
    return sufficiency(case) if isinstance(case, Reconstruction) else necessity(case, floor=1.0)
