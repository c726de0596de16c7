"""Sections 3 and 5: the implicit bias towards low dimension (Theorems 2 and 5, eq. (7)), as printed and repaired."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

from claims import Constant, Margin, Step, claim, derivation, search, simulation
from claims.engine.arithmetic import Array, singular_energies, squared_norm, total
from claims.papers.koehler_2022.decay import FLOWS, SECOND_ROUTE, lemma_6_steps
from claims.papers.koehler_2022.gradient_flow import FLOW_ERROR
from claims.papers.koehler_2022.linear_vae import simplified_gradient
from claims.papers.koehler_2022.rotation import value_steps
from claims.papers.koehler_2022.spans import (
    SPANS,
    SpanFlow,
    SpanStart,
    complement,
    span_flows,
    span_starts,
)

MIN_MAX = r"\sum_{k=\dim(W)+1}^d\sigma_k^2(\tilde A(t))\le\|P_{W^\perp}\tilde A^T(t)\|_F^2"
HYPOTHESES = (
    r"W=\text{ the span of the rows of } A,\ K\ge\max_{t\le T}\max_j[\|(\tilde A_t)_j\|^2+\tilde\epsilon_t^2]:\ "
)
CORRECT_CHAIN = (
    HYPOTHESES.replace("rows", "columns")
    + MIN_MAX.replace(r"\tilde A^T", r"\tilde A")
    + r"\le e^{-t/K}\|P_{W^\perp}\tilde A(0)\|_F^2"
)
AS_PRINTED = "all A: d x r, all initial values, all T for which the solution of (1) exists on [0, T]"
CHANGES = "W is the span of the columns of A, a subspace of R^d, and P_{W^perp} acts on A~, not on its transpose"
EFFECT = (
    "The bound is about the wrong subspace: P_{W^perp} A~^T has a type only if r* = r, and then it bounds what need not"
    " decay. Every use in the paper (and the proof, up to the same slip) means the column span; with it the theorem"
    " holds."
)


#: An energy of at most this share of K is 0 but for rounding.
NOTHING = 1e-20


def worked_start(case: SpanStart) -> list[str]:
    """The instance and both sides, for a reader with a calculator."""
    start = case.start
    a = simplified_gradient(start.A, start.A_tilde, start.B_tilde, start.epsilon)[0]
    return [
        f"A = {entries(start.A)}, A~(0) = {entries(start.A_tilde)},",
        f"B~(0) = {entries(start.B_tilde)}, eps(0) = {float(start.epsilon):g}.",
        f"Row span of A: {entries(case.rows.mT)}; column span: {entries(case.columns.mT)}.",
        *energies_off_the_rows(case),
        f"dA~/dt at 0 = -grad L1 = {rounded(-a)}.",
    ]


def energies_off_the_rows(case: SpanStart) -> list[str]:
    """Both sides of the decay at t = 0; nothing where there is nothing to decay (C = 0): both sides are 0 then."""
    project = complement(case.rows)
    start = case.start
    energy = float(squared_norm(start.A_tilde @ project))
    slope = float(start.energy_slope(lambda decoder: decoder @ project))
    K = float(start.K)
    if energy <= NOTHING * K:
        return []
    return [
        f"Off the row span ‖P A~^T‖² = {energy:.6g}; K = max_j ‖A~_j‖² + eps² = {K:.6g} at t = 0,",
        f"d/dt ‖P A~^T‖² = {slope:.6g}, where the bound needs at most -(1/K) ‖P A~^T‖² = {-energy / K:.6g}.",
    ]


def entries(x: Array) -> list[list[float]]:
    """A matrix (a batch of one), for print: 0 for -0."""
    return [[entry + 0.0 for entry in row] for row in x[0].tolist()]


def rounded(x: Array) -> list[list[float]]:
    """The same to six decimals."""
    return [[round(entry, 6) + 0.0 for entry in row] for row in x[0].tolist()]


# --- the first inequality of (7) --------------------------------------------------------------------------


def tail(decoder: Array, dimension: int) -> Array:
    """sum_{k > dimension} sigma_k²(A~): [n]."""
    return total(singular_energies(decoder)[..., dimension:])


@claim(
    "koehler-2022/theorem-5/step-min-max",
    statement=MIN_MAX,
    source="Section 5, proof of Theorem 5: 'a consequence of the general min-max characterization'",
    domain="all A~ and all subspaces W of the right dimension (row span, r* = r; and column span)",
    by=[search(st.one_of(span_starts(as_printed=True), span_starts(as_printed=False)), SPANS.split(";")[0])],
)
def singular_values_beyond_a_subspace(case: SpanStart) -> Margin:
    """The tail of the squared singular values is at most the energy off any subspace of that dimension."""
    return tail_bounds(case, case.k)


def tail_bounds(case: SpanStart, dimension: int) -> Margin:
    """tail(dimension) <= ‖P A~‖² for the columns and, where r* = r, <= ‖A~ P‖² for the rows."""
    off_columns = complement(case.columns) @ case.A_tilde
    margin = Margin.at_most(tail(case.A_tilde, dimension), squared_norm(off_columns))
    if case.A.shape[-1] == case.A_tilde.shape[-1]:
        off_rows = case.A_tilde @ complement(case.rows)
        margin = margin & Margin.at_most(tail(case.A_tilde, dimension), squared_norm(off_rows))
    return margin


@singular_values_beyond_a_subspace.mutant("from k = dim W on")
def _(case: SpanStart) -> Margin:
    return tail_bounds(case, case.k - 1)


@singular_values_beyond_a_subspace.mutant("the energy inside the subspace")
def _(case: SpanStart) -> Margin:
    outside = complement(case.columns) @ case.A_tilde
    return Margin.at_most(tail(case.A_tilde, case.k), squared_norm(case.A_tilde) - squared_norm(outside))


# --- eq. (7), Theorem 5 -----------------------------------------------------------------------------------


def off_rows_decay(case: SpanStart, rate: float = 1.0) -> Margin:
    """The printed bound: the energy of A~^T off the row span of A."""
    project = complement(case.rows)
    return case.start.decay(lambda decoder: decoder @ project, rate)


def off_columns_decay(case: SpanStart | SpanFlow, rate: float = 1.0) -> Margin:
    """The repaired bound: the energy of A~ off the column span of A."""
    if isinstance(case, SpanFlow):
        off = case.off_columns
        return case.flow.decay(lambda decoder: off @ decoder, rate)
    project = complement(case.columns)
    return case.start.decay(lambda decoder: project @ decoder, rate)


@claim(
    "koehler-2022/equation-7",
    statement=HYPOTHESES + MIN_MAX + r"\le e^{-t/K}\|P_{W^\perp}\tilde A^T(0)\|_F^2",
    source="Section 5, eq. (7)",
    domain=AS_PRINTED,
    rests_on=["koehler-2022/theorem-5/step-min-max"],
    effect=EFFECT,
    by=[search(span_starts(as_printed=True), SPANS)],
    worked=worked_start,
)
def chain_of_equation_7(case: SpanStart) -> Margin:
    """Both inequalities, W the row span."""
    return tail_bounds(case, case.k) & off_rows_decay(case)


@chain_of_equation_7.mutant("twice the rate")
def _(case: SpanStart) -> Margin:
    return off_rows_decay(case, 2.0)


@chain_of_equation_7.mutant("constant 1/2 before the norm")
def _(case: SpanStart) -> Margin:
    energy = squared_norm(case.A_tilde @ complement(case.rows))
    return Margin.at_most(energy, energy / 2)


@claim(
    "koehler-2022/equation-7/repair",
    statement=CORRECT_CHAIN,
    source="Section 5, eq. (7), corrected",
    domain="all A: d x r*, all initial values, all T for which the solution of (1) exists on [0, T]",
    rests_on=["koehler-2022/theorem-5/step-min-max", "koehler-2022/lemma-6", "koehler-2022/lemma-4"],
    repairs="koehler-2022/equation-7",
    changes=CHANGES,
    by=[search(span_starts(as_printed=False), SPANS)],
)  # fmt: skip
def chain_of_equation_7_for_columns(case: SpanStart) -> Margin:
    """Both inequalities, W the column span."""
    return tail_below_energy(case) & off_columns_decay(case)


@chain_of_equation_7_for_columns.mutant("rate 2.2/K")
def _(case: SpanStart) -> Margin:
    return off_columns_decay(case, 2.2)


@chain_of_equation_7_for_columns.mutant("from k = dim W on")
def _(case: SpanStart) -> Margin:
    off = complement(case.columns) @ case.A_tilde
    return Margin.at_most(tail(case.A_tilde, case.k - 1), squared_norm(off))


@claim(
    "koehler-2022/theorem-5",
    statement=HYPOTHESES + MIN_MAX + r"\le e^{-t/K}\|P_{W^\perp}\tilde A^T(0)\|_F^2 \text{ for all } t\in[0,T]",
    source="Section 5, Theorem 5",
    domain=AS_PRINTED,
    rests_on=[
        "koehler-2022/lemma-4",
        "koehler-2022/lemma-6",
        "koehler-2022/observation-zero-rows",
        "koehler-2022/theorem-5/step-min-max",
        "koehler-2022/theorem-5/step-basis",
        "koehler-2022/theorem-5/step-projected-norm",
        "koehler-2022/theorem-5/step-transpose",
        "koehler-2022/theorem-5/step-invariant-k",
    ],
    effect=EFFECT,
    by=[search(span_starts(as_printed=True), SPANS)],
    worked=worked_start,
)
def implicit_bias_of_gradient_flow(case: SpanStart) -> Margin:
    """The energy of A~^T off the row span of A decays like e^{-t/K}."""
    return off_rows_decay(case)


@implicit_bias_of_gradient_flow.mutant("rate 4/K")
def _(case: SpanStart) -> Margin:
    return off_rows_decay(case, 4.0)


@implicit_bias_of_gradient_flow.mutant("the energy inside the row span decays")
def _(case: SpanStart) -> Margin:
    outside = complement(case.rows)
    return case.start.decay(lambda decoder: decoder - decoder @ outside, 1.0)


def theorem_5_steps() -> Iterator[Step]:
    """Rotate by U^T of A = U S V^T (Lemma 4): U^T A has zero rows beyond dim W, so these rows of U^T A~ decay by
    Lemma 6, with the same K, for ‖U^T A~_j‖ = ‖A~_j‖; their energy is that of P_{W^perp} A~, W the column span.
    The first inequality: P_W A~ has rank at most dim W, and by Eckart and Young no matrix of that rank is nearer to
    A~ in Frobenius norm than the square root of sum_{k > dim W} sigma_k².
    """  # noqa: D205 - the proof
    yield from value_steps()
    yield from lemma_6_steps(1)


@claim(
    "koehler-2022/theorem-5/repair",
    statement=CORRECT_CHAIN + r" \text{ for all } t\in[0,T]",
    source="Section 5, Theorem 5, corrected",
    domain="all A: d x r*, all initial values, all T for which the solution of (1) exists on [0, T]",
    rests_on=[
        "koehler-2022/lemma-4",
        "koehler-2022/lemma-6",
        "koehler-2022/observation-zero-rows",
        "koehler-2022/theorem-5/step-min-max",
        "koehler-2022/theorem-5/step-basis/repair",
        "koehler-2022/theorem-5/step-projected-norm",
        "koehler-2022/theorem-5/step-transpose/repair",
        "koehler-2022/theorem-5/step-invariant-k",
    ],
    carried_by=["koehler-2022/theorem-5/step-basis/repair"],
    repairs="koehler-2022/theorem-5",
    changes=CHANGES,
    by=[
        derivation(theorem_5_steps, "all d, r, r*, all ranks, all solutions (symbolic)"),
        search(span_starts(as_printed=False), SPANS),
        simulation(span_flows, SpanFlow.second_route, FLOW_ERROR, FLOWS, SECOND_ROUTE),
    ],
    constants={"rate": Constant(1.0, 2.0)},
)
def implicit_bias_for_columns(case: SpanStart | SpanFlow, *, rate: float = 1.0) -> Margin:
    """The energy of A~ off the column span of A bounds the tail of its singular values and decays like e^{-t/K}."""
    return tail_below_energy(case) & off_columns_decay(case, rate)


def tail_below_energy(case: SpanStart | SpanFlow) -> Margin:
    """sum_{k > dim W} sigma_k² <= ‖P A~‖², at the start or at every accepted step."""
    if isinstance(case, SpanFlow):
        found = case.flow.solution
        return Margin.at_most(
            tail(found.A_tilde, case.rank)[None], (squared_norm(case.off_columns @ found.A_tilde) + found.floor)[None]
        )
    return Margin.at_most(tail(case.A_tilde, case.k), squared_norm(complement(case.columns) @ case.A_tilde))


@implicit_bias_for_columns.mutant("rate 2.2/K")
def _(case: SpanStart | SpanFlow) -> Margin:
    return off_columns_decay(case, 2.2)


@implicit_bias_for_columns.mutant("the energy inside the column span decays")
def _(case: SpanStart | SpanFlow) -> Margin:
    off = case.off_columns if isinstance(case, SpanFlow) else complement(case.columns)
    flow = case.flow if isinstance(case, SpanFlow) else case.start
    return flow.decay(lambda decoder: decoder - off @ decoder, 1.0)
