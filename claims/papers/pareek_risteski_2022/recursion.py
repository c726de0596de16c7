"""Proof of Theorem 2, (50)-(53), one inequality after the other."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.papers.pareek_risteski_2022.one_node import OneNode, one_nodes
from claims.papers.pareek_risteski_2022.precision_steps import ANY_NODE, NODES, SOURCE, TILDES


def lipschitz_steps() -> Iterator[Step]:
    """|sigma(s) - sigma'(s')| <= |sigma(s) - sigma(s')| + |sigma(s') - sigma'(s')|. The first is at most L|s - s'| <= L
    sum_i |w_i v_i - w'_i v'_i|, short of it by p >= 0, the second at most delta_a, short of it by q >= 0.
    """  # noqa: D205 - the proof
    p, q, first, second = sympy.symbols("p q a b", nonnegative=True)
    yield Step.nonnegative("L sum + delta_a - (a + b) = p + q", (first + p) + (second + q) - (first + second))


@claim(
    "pareek-risteski-2022/theorem-2/step-equation-50",
    statement=r"\Big|\sigma\Big(\sum_i w_i v_i(x)\Big) - \sigma'\Big(\sum_i \tilde w_i \tilde v_i(x)\Big)\Big|"
    r" \le L \sum_i |w_i v_i(x) - \tilde w_i \tilde v_i(x)| + \delta_a",
    source=SOURCE + ", (48)-(50)",
    domain=ANY_NODE + "; sigma L-Lipschitz",
    readings=[
        TILDES,
        "the check C(sgn z) = x inside the network uses sgn, which is no Lipschitz function; (48)-(53) are read"
        " as being"
        " about E alone, and C is a Boolean circuit already",
    ],
    by=[derivation(lipschitz_steps, "all L-Lipschitz sigma"), search(one_nodes(), NODES)],
)
def lipschitz_activation(case: OneNode) -> Margin:
    """A node's error is at most L times the error of its sum, plus delta_a."""
    return Margin.at_most(case.error(), case.L * case.products() + case.delta_a)


@lipschitz_activation.mutant("without L")
def _(case: OneNode) -> Margin:
    return Margin.at_most(case.error(), case.products() + case.delta_a)


@lipschitz_activation.mutant("without delta_a")
def _(case: OneNode) -> Margin:
    return Margin.at_most(case.error(), case.L * case.products())


def mixed_steps() -> Iterator[Step]:
    """Both mixed products: the two differences add up to w v - w' v', so the triangle inequality gives the bound."""
    w, dw, v, dv = sympy.symbols("w dw v dv", real=True)
    whole = w * v - (w - dw) * (v - dv)
    yield Step.vanishes("through w v'", whole - w * dv - dw * (v - dv))
    yield Step.vanishes("through w' v", whole - (w - dw) * dv - dw * v)


@claim(
    "pareek-risteski-2022/theorem-2/step-equation-51",
    statement=r"L \sum_i |w_i v_i - \tilde w_i \tilde v_i| + \delta_a \le"
    r" L \sum_i \left(|w_i v_i - w_i \tilde v_i| + |w_i \tilde v_i - \tilde w_i \tilde v_i|\right) + \delta_a",
    source=SOURCE + ", (51)",
    domain=ANY_NODE,
    readings=[TILDES + "; which factor of the mixed product has one cannot be told, so both choices are checked"],
    by=[derivation(mixed_steps, "all weights and inputs"), search(one_nodes(), NODES)],
)
def triangle_inequality(case: OneNode) -> Margin:
    """A mixed product put between, w v' or w' v."""
    through_w, through_v = case.splits()
    return Margin.at_most(case.products(), through_w) & Margin.at_most(case.products(), through_v)


@triangle_inequality.mutant("the error of the weights dropped")
def _(case: OneNode) -> Margin:
    return Margin.at_most(case.products(), abs(case.w * case.dv).sum(-1))


@triangle_inequality.mutant("primes on both factors: the product of the errors is lost")
def _(case: OneNode) -> Margin:
    w, v = case.w - case.dw, case.v - case.dv
    return Margin.at_most(case.products(), (abs(w * case.dv) + abs(case.dw * v)).sum(-1))


def bounded_steps() -> Iterator[Step]:
    """Each summand is |w| |v - v'| + |w - w'| |v'| (or |w'|, |v|): a product of two numbers within their bounds is
    within the product of the bounds.
    """  # noqa: D205 - the proof
    a, b, p, q = sympy.symbols("a b p q", nonnegative=True)
    yield Step.nonnegative("(a + p)(b + q) - a b", sympy.expand((a + p) * (b + q) - a * b))


@claim(
    "pareek-risteski-2022/theorem-2/step-equation-52",
    statement=r"L \sum_i \left(|w_i v_i - w_i \tilde v_i| + |w_i \tilde v_i - \tilde w_i \tilde v_i|\right) + \delta_a"
    r" \le L \sum_i (W E_t + M\delta_w) + \delta_a",
    source=SOURCE + ", (52)",
    domain=ANY_NODE + "; |w|, |w'| <= W and |v|, |v'| <= M",
    readings=[
        TILDES + "; both mixed products are checked, each bound taken over E and E'",
        "M is to hold surely, for the string that is hard-coded: see step-averaging/remark-bounded-outputs",
    ],
    rests_on=["pareek-risteski-2022/theorem-2/step-outputs-bounded"],
    carried_by=["pareek-risteski-2022/theorem-2/step-outputs-bounded/repair"],
    by=[derivation(bounded_steps, "all weights and inputs within the bounds"), search(one_nodes(), NODES)],
)
def bounded_products(case: OneNode) -> Margin:
    """Each of the degree-many summands is at most W E_t + M delta_w."""
    return _summands(case, 1, 1)


def _summands(case: OneNode, weights: float, values: float) -> Margin:
    bound = case.inputs * (weights * case.W * case.E + values * case.M * case.delta_w)
    through_w, through_v = case.splits()
    return Margin.at_most(through_w, bound) & Margin.at_most(through_v, bound)


@bounded_products.mutant("without M delta_w")
def _(case: OneNode) -> Margin:
    return _summands(case, 1, 0)


@bounded_products.mutant("without W E_t")
def _(case: OneNode) -> Margin:
    return _summands(case, 0, 1)


def degree_steps() -> Iterator[Step]:
    """A node has n <= N inputs, and the summands are nonnegative."""
    spare, n, summand, L = sympy.symbols("m n u L", nonnegative=True)
    yield Step.nonnegative("L (n + m) u - L n u", sympy.expand(L * (n + spare) * summand - L * n * summand))


@claim(
    "pareek-risteski-2022/theorem-2/step-equation-53",
    statement=r"L \sum_i (W E_t + M\delta_w) + \delta_a \le LNW E_t + LNM\delta_w + \delta_a",
    source=SOURCE + ", (53)",
    domain="all nodes of degree at most N",
    readings=["N is the largest number of inputs of a node ('the maximum degree')"],
    by=[derivation(degree_steps, "all degrees n <= N"), search(one_nodes(), NODES)],
)
def at_most_n_summands(case: OneNode) -> Margin:
    """degree * (W E + M delta_w) <= N (W E + M delta_w), and the node's own error is below that."""
    return _recursion(case, 0)


def _recursion(case: OneNode, fewer: int, factor: float = 1.0) -> Margin:
    summand = case.W * case.E + factor * case.M * case.delta_w
    N = case.inputs + case.spare - fewer
    bound = case.L * N * summand + case.delta_a
    return Margin.at_most(case.L * case.inputs * (case.W * case.E + case.M * case.delta_w) + case.delta_a, bound) & (
        Margin.at_most(case.error(), bound)
    )


@at_most_n_summands.mutant("N - 1 in place of N")
def _(case: OneNode) -> Margin:
    return _recursion(case, 1)


@at_most_n_summands.mutant("half of M delta_w")
def _(case: OneNode) -> Margin:
    return _recursion(case, 0, 0.5)
