"""Section 2.1: Assumptions 1 to 3, as properties of the generators that `reductions.generators` certifies."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Constant, Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, singular_energies, sqrt
from claims.papers.pareek_risteski_2022.upper_bound.layers import CORNERS, LAYERED, SLOPES, Layered, layered
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import SMOOTH, norm

PR = "pareek-risteski-2022"
FAMILIES = (
    "compositions of maps z -> A z + Q (sigma(P z + b) - [centred] sigma(b)), all d, k, A, Q, P, b, sigma with bounded"
    " first three derivatives; linear and separable ones among them"
)
AS_A_CLAIM = "an assumption is neither true nor false: the claim is that these families satisfy it, with constants told"


def attack() -> search:
    """The search that the three share."""
    return search(layered(), LAYERED, corners=CORNERS)


def strong_steps() -> Iterator[Step]:
    """By the mean value theorem sigma(s) - sigma(t) = e (s - t) with e in [inf sigma', sup sigma'] = [a - h, a + h],
    entry by entry: G(z) - G(z') = (A + Q D P)(z - z') with D = a I + E diagonal, |E| <= h. So its length is at least
    (sigma_min(A + a QP) - h |Q| |P|) |z - z'|, and m is that number, if it is positive. Of a composition it is the
    product. G is then injective and continuous, so its image is open (invariance of domain); it is closed, for a
    Cauchy sequence of images has a Cauchy sequence of preimages; so it is R^d, and G is bijective.
    """  # noqa: D205 - the proof
    d, k = sympy.symbols("d k", integer=True, positive=True)
    a = sympy.Symbol("a", real=True)
    A, Q = sympy.MatrixSymbol("A", d, d), sympy.MatrixSymbol("Q", d, k)
    P, E = sympy.MatrixSymbol("P", k, d), sympy.MatrixSymbol("E", k, k)
    split = A + Q * (a * sympy.Identity(k) + E) * P - (A + a * Q * P + Q * E * P)
    yield Step.zero_matrix("A + Q D P = (A + a QP) + Q E P", split)
    inner, outer, gap = sympy.symbols("m_1 m_2 g", nonnegative=True)
    yield Step.nonnegative("m_2 (m_1 + g) >= m_2 m_1", sympy.expand(outer * (inner + gap) - outer * inner))


@claim(
    f"{PR}/assumption-1",
    statement=r"G:\mathbb R^d\to\mathbb R^d \text{ is bijective and } \exists m > 0\ \forall z_1, z_2\in\mathbb R^d,\ "
    r"\|G(z_1) - G(z_2)\| \ge m\|z_1 - z_2\|",
    source="Section 2.1, Assumption 1",
    domain=FAMILIES,
    readings=[
        AS_A_CLAIM,
        "m is the product over the layers of sigma_min(A + a QP) - h |Q| |P|, where sigma' is between a - h and a + h;"
        " where a factor is not positive nothing is claimed",
        "bijective need not be asked for: the inequality implies it for continuous G",
    ],
    by=[derivation(strong_steps, "all d, k, A, Q, P, b, sigma"), attack()],
    constants={"factor": Constant(1.0, 1.02)},
)
def generators_are_strongly_invertible(case: Layered, factor: float = 1.0) -> Margin:
    """|G(z + step) - G(z)| >= m |step|; met with equality by one tanh unit in the limit of small steps."""
    return Margin.at_least(case.move(), factor * case.bounds().m * norm(case.step))


@generators_are_strongly_invertible.mutant("without h |Q| |P|")
def _(case: Layered) -> Margin:
    (layer, *_), (low, high) = case.layers, SLOPES[case.activation]
    least = sqrt(singular_energies(layer.A + (low + high) / 2 * layer.Q @ layer.P)[..., -1])
    return Margin.at_least(case.move(), least**case.depth * norm(case.step))


@generators_are_strongly_invertible.mutant("M in place of m")
def _(case: Layered) -> Margin:
    return Margin.at_least(case.move(), case.bounds().M * norm(case.step))


@generators_are_strongly_invertible.mutant("1.2 m")
def _(case: Layered) -> Margin:
    return generators_are_strongly_invertible.margin(case, factor=1.2)


def smooth_steps() -> Iterator[Step]:
    """M as m, with the largest singular value. D²G[u, v] = Q (sigma'' * Pu * Pv), entry by entry, and sum_i (p_i u)²
    (p_i v)² <= r² |Pv|² for unit u, r the longest row of P; so M2 = |Q| s2 r |P|, and M3 = |Q| s3 r² |P| likewise.
    Compositions: differentiate f(g(t)) along a line, g' <= M, g'' <= M2, g''' <= M3 in length; a symmetric
    multilinear map has its norm on the diagonal u = v = w (Banach), so lines suffice. sigma is thrice continuously
    differentiable, so G is.
    """  # noqa: D205 - the proof
    t = sympy.Symbol("t")
    f, g = sympy.Function("f"), sympy.Function("g")
    x = sympy.Symbol("x")
    f1, f2, f3 = (f(x).diff(x, k).subs(x, g(t)) for k in (1, 2, 3))
    g1, g2, g3 = (g(t).diff(t, k) for k in (1, 2, 3))
    yield Step.vanishes("(f o g)'' ", (f(g(t)).diff(t, 2) - (f2 * g1**2 + f1 * g2)).doit())
    yield Step.vanishes("(f o g)'''", (f(g(t)).diff(t, 3) - (f3 * g1**3 + 3 * f2 * g1 * g2 + f1 * g3)).doit())
    a, b, gap = sympy.symbols("a b g", nonnegative=True)
    yield Step.nonnegative("r² b² - a² b² at r = a + g", sympy.expand((a + gap) ** 2 * b**2 - a**2 * b**2))


@claim(
    f"{PR}/assumption-2",
    statement=r"\exists M, M_2, M_3 < \infty:\ \|G(z_1) - G(z_2)\| \le M\|z_1 - z_2\|,\ \|\nabla^2 G(z)\|_{op} \le M_2,"
    r"\ \|\nabla^3 G(z)\|_{op} \le M_3 \text{ for all } z, z_1, z_2\in\mathbb R^d",
    source="Section 2.1, Assumption 2",
    domain=FAMILIES,
    readings=[
        AS_A_CLAIM,
        "a layer has M = sigma_max(A + a QP) + h |Q| |P|, M2 = |Q| s2 r |P|, M3 = |Q| s3 r² |P|, s2 and s3 the suprema"
        " of |sigma''| and |sigma'''|, r the longest row of P; layers are combined by the chain rule",
        "finite *positive* constants M2, M3 is met by any positive number where G is linear",
    ],
    by=[derivation(smooth_steps, "all d, k, A, Q, P, b, sigma"), attack()],
    constants={"factor": Constant(1.0, 0.98)},
)
def generators_are_smooth(case: Layered, factor: float = 1.0) -> Margin:
    """|G(z + step) - G(z)| <= M |step|, and the second and third derivative along v are at most M2 |v|², M3 |v|³."""
    return _smooth(case, factor, factor, factor)


def _smooth(case: Layered, first: float, second: float, third: float) -> Margin:
    bounds, length = case.bounds(), norm(case.v)
    _, _, bend, twist = case.jet(case.z, case.v)
    return (
        Margin.at_most(case.move(), first * bounds.M * norm(case.step))
        & Margin.at_most(norm(bend), second * bounds.M2 * length**2)
        & Margin.at_most(norm(twist), third * bounds.M3 * length**3)
    )


@generators_are_smooth.mutant("0.8 M")
def _(case: Layered) -> Margin:
    return _smooth(case, 0.8, 1.0, 1.0)


@generators_are_smooth.mutant("0.9 M2: under-certified")
def _(case: Layered) -> Margin:
    return _smooth(case, 1.0, 0.9, 1.0)


@generators_are_smooth.mutant("0.9 M3: under-certified")
def _(case: Layered) -> Margin:
    return _smooth(case, 1.0, 1.0, 0.9)


@generators_are_smooth.mutant("M2 of the last layer alone")
def _(case: Layered) -> Margin:
    *_, last = case.layers
    return Margin.at_most(norm(case.jet(case.z, case.v)[2]), last.bounds().M2 * norm(case.v) ** 2)


@generators_are_smooth.mutant("M2 = |Q| |P| s2, without the longest row")
def _(case: Layered) -> Margin:
    (layer, *_), (_, second, _) = case.layers, SMOOTH[case.activation].bounds
    bend = layer.jet([case.z, case.v, 0 * case.z, 0 * case.z])[2]
    norms = sqrt(singular_energies(layer.Q)[..., 0] * singular_energies(layer.P)[..., 0])
    return Margin.at_most(norm(bend), norms * second * norm(case.v) ** 2)


def centring_steps() -> Iterator[Step]:
    """G - G(0) maps 0 to 0; differences and derivatives of G are those of G - G(0), so m, M, M2, M3 are the same. As a
    network it costs at most d biases. Layer by layer: Q (sigma(b) - sigma(b)) = 0, and layers that fix 0 do together.
    """  # noqa: D205 - the proof
    u, v, c = sympy.symbols("G(z) G(z') G(0)", real=True)
    yield Step.vanishes("differences", (u - c) - (v - c) - (u - v))


@claim(
    f"{PR}/assumption-3",
    statement=r"G:\mathbb R^d\to\mathbb R^d \text{ satisfies } G(0) = 0",
    source="Section 2.1, Assumption 3",
    domain=FAMILIES,
    readings=[
        AS_A_CLAIM,
        "G - G(0) satisfies it for every G, with the same m, M, M2, M3 and at most d more biases",
    ],
    by=[derivation(centring_steps, "all G"), attack()],
)
def generators_can_be_centred(case: Layered) -> Margin:
    """G - G(0) is 0 at 0 and moves as far as G; where the layers are centred, G(0) = 0 already."""
    return _centred_by(case, case(0 * case.z))


def _centred_by(case: Layered, start: Array) -> Margin:
    at_zero = norm(case(0 * case.z) - (0 * start if case.centred else start))
    moved = norm((case(case.z + case.step) - start) - (case(case.z) - start))
    return Margin.at_most(at_zero, 0 * at_zero) & Margin.at_most(moved, case.bounds().M * norm(case.step))


@generators_can_be_centred.mutant("not centred")
def _(case: Layered) -> Margin:
    return _centred_by(case, 0 * case.z)


@generators_can_be_centred.mutant("centred at sigma(0) in place of G(0)")
def _(case: Layered) -> Margin:
    sigma = SMOOTH[case.activation].derivatives[0]
    last = case.layers[-1]
    return _centred_by(case, (last.Q @ sigma(0 * last.b)[..., None])[..., 0])
