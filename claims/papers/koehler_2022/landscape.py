"""Section 4.1: the simplified loss (Lemma 3, eq. 5) and the asymptotic optima of the linear VAE (Theorem 3)."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, search, symbolic
from claims.engine.arithmetic import Array, constant, derivative_along, exp, is_below, is_symbolic, is_zero, log, maximum, squared_norm, total
from claims.papers.koehler_2022.domains import SCOPE, Reconstruction, linear_vaes, reconstructions
from claims.papers.koehler_2022.linear_vae import LinearVAE, column_energies, loss_terms, optimal_variances
from claims.papers.koehler_2022.symbols import linear_vae_symbols

c, D, EPS = sympy.symbols("c D epsilon", positive=True)
ANY_LINEAR = "all d, r, r* >= 1, all A, A~, B~, positive diagonal D, eps > 0"

# --- Lemma 3 ----------------------------------------------------------------------------------------------


@claim(
    "koehler-2022/lemma-3/step-derivative",
    statement=r"\text{Taking the partial derivative with respect to } \tilde D_{ii} \text{ gives }"
    r" 0 = \|\tilde A_i\|^2/\tilde\epsilon^2 + 1 - 1/\tilde D_{ii}",
    source="Section 4.1, proof of Lemma 3",
    domain=ANY_LINEAR,
    rests_on=["koehler-2022/equation-4"],
    readings=["the factor 1/2 of the derivative is divided out, as the equation is set to zero"],
    by=[search(linear_vaes(), SCOPE)],
)
def derivative_in_the_variances(case: LinearVAE) -> Margin:
    """2 dL/dD_ii = ‖A~_i‖²/eps² + 1 - 1/D_ii: contracted with D_ii itself, so that each i counts."""
    return _derivative(case, 1.0)


def _derivative(case: LinearVAE, one: float) -> Margin:
    slope = derivative_along(case.loss_at, (case.D,), (case.D,))
    square = (case.epsilon * case.epsilon)[..., None]
    return Margin.equal(2 * slope, total(case.D * case.columns / square + case.D - one))


@derivative_in_the_variances.mutant("- 2/D_ii")
def _(case: LinearVAE) -> Margin:
    return _derivative(case, 2.0)


@derivative_in_the_variances.mutant("columns not divided by eps²")
def _(case: LinearVAE) -> Margin:
    slope = derivative_along(case.loss_at, (case.D,), (case.D,))
    return Margin.equal(2 * slope, total(case.D * case.columns + case.D - 1))


def _substituted(case: LinearVAE, sign: int = 1) -> Margin:
    square = (case.epsilon * case.epsilon)[..., None]
    best = case.optimal_variances()
    left = best * case.columns / square + best - log(best)
    return Margin.equal(left, 1 - sign * log(square / (case.columns + square)))


@claim(
    "koehler-2022/lemma-3/step-substitution",
    statement=r"\tilde D_{ii}\|\tilde A_i\|^2/\tilde\epsilon^2 + \tilde D_{ii} - \log\tilde D_{ii}"
    r" = 1 - \log\frac{\tilde\epsilon^2}{\|\tilde A_i\|^2 + \tilde\epsilon^2}",
    source="Section 4.1, proof of Lemma 3",
    domain=ANY_LINEAR,
    by=[search(linear_vaes(), SCOPE)],
)
def substitution_of_the_optimal_variances(case: LinearVAE) -> Margin:
    """The summand of (4) at the optimal D_ii."""
    return _substituted(case)


@substitution_of_the_optimal_variances.mutant("sign of the logarithm")
def _(case: LinearVAE) -> Margin:
    return _substituted(case, sign=-1)


@substitution_of_the_optimal_variances.mutant("no constant 1")
def _(case: LinearVAE) -> Margin:
    square = (case.epsilon * case.epsilon)[..., None]
    best = case.optimal_variances()
    left = best * case.columns / square + best - log(best)
    return Margin.equal(left, -log(square / (case.columns + square)))


def lemma_3_steps() -> Iterator[Step]:
    """L depends on D only through sum_i (D_ii c_i/eps² + D_ii - log D_ii)/2, one convex function a coordinate.

    So the minimum is taken coordinate by coordinate, for any r; summing the minima over i gives (5), where
    r of the log eps move into the first logarithm.
    """
    best = EPS**2 / (c + EPS**2)
    least = 1 + sympy.log(c + EPS**2) - 2 * sympy.log(EPS)
    yield Step.convex_minimum("‖A~_i‖² = c > 0", D * c / EPS**2 + D - sympy.log(D), D, best, least)
    yield Step.convex_minimum("‖A~_i‖² = 0", D - sympy.log(D), D, sympy.Integer(1), 1)
    d, r = sympy.symbols("d r", integer=True, positive=True)
    columns = sympy.Symbol("S", real=True)  # sum_i log(c_i + eps²)
    substituted = d * sympy.log(EPS) + (r + columns - 2 * r * sympy.log(EPS)) / 2
    printed = (d - r) * sympy.log(EPS) + (r + columns) / 2
    yield Step.vanishes("d log eps + sum = (d - r) log eps + sum (1 + log(c_i + eps²))/2", substituted - printed)


SIMPLIFIED = (
    r"L_1(\tilde A,\tilde B,\tilde\epsilon) = \frac{1}{2\tilde\epsilon^2}\|A-\tilde A\tilde B A\|_F^2"
    r" + \frac12\|\tilde B A\|_F^2 + (d-r)\log\tilde\epsilon"
    r" + \sum_i\frac{1+\log(\|\tilde A_i\|^2+\tilde\epsilon^2)}{2}"
)


@claim(
    "koehler-2022/lemma-3",
    statement=r"\tilde D_{ii} = \frac{\tilde\epsilon^2}{\|\tilde A_i\|^2+\tilde\epsilon^2},\quad "
    r"L_1 := \min_{\tilde D} L(\tilde A,\tilde B,\tilde D,\tilde\epsilon),\quad " + SIMPLIFIED,
    source="Section 4.1, Lemma 3, eq. (5)",
    domain=ANY_LINEAR,
    rests_on=["koehler-2022/equation-4", "koehler-2022/lemma-3/step-derivative", "koehler-2022/lemma-3/step-substitution"],
    readings=["'L_1(A,B,e) = min_D L_1(A,B,e,D)' in Section 5 is min_D L"],
    by=[
        derivation(lemma_3_steps, "all d, r, r* (coordinatewise, symbolic)"),
        symbolic(lambda: linear_vae_symbols([(1, 1, 1)]), "equality at d = r = r* = 1 only"),
        search(linear_vaes(), SCOPE),
    ],
)
def simplified_loss_is_the_minimum(case: LinearVAE) -> Margin:
    """L at the printed D equals L1, and no positive diagonal D does better."""
    simplified = case.simplified_loss()
    margin = Margin.equal(case.loss_at(case.optimal_variances()), simplified)
    return margin if is_symbolic(case.D) else margin & Margin.at_least(case.loss(), simplified)


@simplified_loss_is_the_minimum.mutant("d log eps in place of (d - r) log eps")
def _(case: LinearVAE) -> Margin:
    wrong = case.simplified_loss() + case.r * log(case.epsilon)
    return Margin.equal(case.loss_at(case.optimal_variances()), wrong)


@simplified_loss_is_the_minimum.mutant("another D is optimal")
def _(case: LinearVAE) -> Margin:
    return Margin.at_least(case.loss(), case.loss_at(1.01 * case.optimal_variances()))


@simplified_loss_is_the_minimum.mutant("rows of A~ in place of its columns")
def _(case: LinearVAE) -> Margin:
    n = min(case.d, case.r)
    square = (case.epsilon * case.epsilon)[..., None]
    swap = log(column_energies(case.A_tilde.mT)[..., :n] + square) - log(case.columns[..., :n] + square)
    return Margin.equal(case.loss_at(case.optimal_variances()), case.simplified_loss() + total(swap) / 2)


@claim(
    "koehler-2022/equation-5",
    statement=SIMPLIFIED,
    source="Section 4.1, eq. (5)",
    domain=ANY_LINEAR,
    rests_on=["koehler-2022/lemma-3"],
    by=[search(linear_vaes(), SCOPE)],
)
def gap_to_the_simplified_loss(case: LinearVAE) -> Margin:
    """L - L1 = sum_i (u_i - 1 - log u_i)/2 with u_i = D_ii over the optimal D_ii: the excess is a Bregman gap."""
    ratio = case.D / case.optimal_variances()
    return Margin.equal(case.loss(), case.simplified_loss() + total(ratio - 1 - log(ratio)) / 2)


@gap_to_the_simplified_loss.mutant("no half in the gap")
def _(case: LinearVAE) -> Margin:
    ratio = case.D / case.optimal_variances()
    return Margin.equal(case.loss(), case.simplified_loss() + total(ratio - 1 - log(ratio)))


@gap_to_the_simplified_loss.mutant("the ratio turned over")
def _(case: LinearVAE) -> Margin:
    ratio = case.optimal_variances() / case.D
    return Margin.equal(case.loss(), case.simplified_loss() + total(ratio - 1 - log(ratio)) / 2)


# --- Theorem 3 --------------------------------------------------------------------------------------------


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
    return loss_terms(residual, code, columns, variances, epsilon, logs, case.X.shape[-2]), variances, logs + 0 * square


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


#: What the converse measures columns against.
DELTA = 0.01


def necessity(case: LinearVAE, floor: float = 0.5, surplus: int = 0) -> Margin:
    """For every parameter and delta: d log eps and R are bounded by L (Lemma 1), and
    L >= (d - r + k) log eps + (r - k)/2 log delta + r/2, where k columns have ‖A~_i‖² < delta.

    If L -> -infinity, eps -> 0 and R -> 0 follow from the first two; then k > r - d from the third.
    """  # noqa: D205 - a formula
    square = case.epsilon * case.epsilon
    room = case.loss() - case.d * log(case.epsilon) - case.r / 2
    columns = case.columns
    small = is_below(columns, DELTA)
    # sum over the k small columns of log eps, over the others of (log delta)/2, and 1/2 each
    k = total(small)
    bound = (case.d - case.r + k + surplus) * log(case.epsilon) + (case.r - k) / 2 * log(0 * k + DELTA) + floor * case.r
    return (
        Margin.at_least(room, 0 * room)
        & Margin.at_most(case.reconstruction_error / (2 * square), room)
        & Margin.at_least(case.loss(), bound)
    )


def theorem_3_steps() -> Iterator[Step]:
    """Sufficiency: at the optimal D and zero residual, (5) is G/2 + (d - r + k) log eps + k/2 plus, for each
    nonzero column, (1 + log(c + eps²))/2, which tends to a constant; so it falls like n log eps, n = d-r+k >= 1.
    Necessity: L >= L1, log(c + eps²) >= 2 log eps for the k columns below delta and >= log delta for the others,
    so L >= (d - r + k) log eps + const; for k <= r - d and eps <= 1 this is bounded below.
    """  # noqa: D205 - the proof
    n = sympy.Symbol("n", integer=True, positive=True)
    delta, excess = sympy.symbols("delta s", positive=True)
    yield from lemma_3_steps()
    yield Step.vanishes("a zero column gives (1 + log eps²)/2 = 1/2 + log eps", sympy.log(EPS**2) / 2 - sympy.log(EPS))
    yield Step.limit("optimal D_ii for c > 0", EPS**2 / (c + EPS**2), EPS, 0, 0)
    yield Step.limit("n log eps + (1 + log(c + eps²))/2", n * sympy.log(EPS) + (1 + sympy.log(c + EPS**2)) / 2, EPS, 0, -sympy.oo)
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
    by=[derivation(theorem_3_steps, "all d, r, k (symbolic)"), search(reconstructions(), "d <= 5, r <= 9, all kinds of sequence down to 1e-117")],
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
    r"\ \forall\delta>0:\liminf_t\#\{i:\|(\tilde A_t)_i\|_2^2<\delta\}>r-d",
    source="Section 4.1, Theorem 3",
    domain="all d, r, r* >= 1; first part: all A, A~, B~ as stated and all positive eps_t -> 0; converse: all sequences",
    rests_on=[
        "koehler-2022/lemma-1", "koehler-2022/lemma-3",
        "koehler-2022/theorem-3/step-sufficiency", "koehler-2022/theorem-3/step-necessity",
    ],
    by=[
        derivation(theorem_3_steps, "all d, r, r*, k, delta (symbolic)"),
        search(
            st.one_of(reconstructions(), linear_vaes()),
            f"sufficiency: d <= 5, r <= 9, all kinds of sequence down to 1e-117; converse: {SCOPE}",
        ),
    ],
)  # fmt: skip
def asymptotic_optima_of_the_linear_vae(case: Reconstruction | LinearVAE) -> Margin:
    """Both directions; the converse through inequalities that hold for every parameter and imply the limits."""
    return sufficiency(case) if isinstance(case, Reconstruction) else necessity(case)


@asymptotic_optima_of_the_linear_vae.mutant("at least r - d zero columns suffice for the rate 1")
def _(case: Reconstruction | LinearVAE) -> Margin:
    return sufficiency(case, extra=1.0) if isinstance(case, Reconstruction) else necessity(case)


@asymptotic_optima_of_the_linear_vae.mutant("r - d + 1 short columns are needed beyond")
def _(case: Reconstruction | LinearVAE) -> Margin:
    return sufficiency(case) if isinstance(case, Reconstruction) else necessity(case, surplus=-1)


@asymptotic_optima_of_the_linear_vae.mutant("r/2 becomes r")
def _(case: Reconstruction | LinearVAE) -> Margin:
    return sufficiency(case) if isinstance(case, Reconstruction) else necessity(case, floor=1.0)
