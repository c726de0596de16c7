"""Appendix A, Markov processes: Definitions 7, 8 and 11."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, constant, total
from claims.papers.pareek_risteski_2022.upper_bound.chains import CHAINS, Chain, chains
from claims.papers.pareek_risteski_2022.upper_bound.distances import PAPER, SOURCE

PROCESSES = "Ornstein-Uhlenbeck processes dZ = -aZ dt + sqrt(2) dB, all a > 0; finite chains in continuous time"


def semigroup_steps() -> Iterator[Step]:
    """Chains: tL and sL commute, so e^{tL} e^{sL} = e^{(t+s)L}; L 1 = 0 gives rows that add up to 1; and e^{tL} =
    e^{-ct} e^{t(L + cI)} has entries >= 0, as L + cI has for c large. Ornstein-Uhlenbeck: P_t(x, .) = N(kx, v) with
    k = e^{-at}, v = (1 - k²)/a. The integral over z of N(z; kx, v) N(y; lz, w) is Gaussian: complete the square in z.
    """  # noqa: D205 - the proof
    x, y, z = sympy.symbols("x y z", real=True)
    a, t, s, v, w, k, el = sympy.symbols("a t s v w k l", positive=True)
    both = w + el**2 * v
    middle = (w * k * x + v * el * y) / both
    exponents = (z - k * x) ** 2 / v + (y - el * z) ** 2 / w
    completed = (y - k * el * x) ** 2 / both + both / (v * w) * (z - middle) ** 2
    yield Step.vanishes("the square in z", exponents - completed)
    yield Step.vanishes("the prefactor", sympy.sqrt(v * w / both) / sympy.sqrt(v * w) - 1 / sympy.sqrt(both))

    def variance(time: sympy.Expr) -> sympy.Expr:
        return (1 - sympy.exp(-2 * a * time)) / a

    yield Step.vanishes("variances", variance(s) + sympy.exp(-2 * a * s) * variance(t) - variance(t + s))


@claim(
    f"{PAPER}/definition-7",
    statement=r"\{P_t(x, y)\}_{t \ge 0} \text{ is a Markov semigroup if } P_t(x, \cdot) \text{ is a distribution and }"
    r" P_{t+s}(x, y) = \int_\Omega P_t(x, z) P_s(z, y)\,dz",
    source=f"{SOURCE}, Definition 7",
    domain=PROCESSES,
    readings=[
        "as a property: the processes that it is meant for have it",
        "on R^d P_0(x, .) is the Dirac law at x, which has no density P_0(x, y): laws in place of densities at t = 0",
    ],
    by=[derivation(semigroup_steps, PROCESSES), search(chains(), CHAINS)],
)
def kernels_compose(case: Chain) -> Margin:
    """P_t is stochastic, and P_{t+s} = P_t P_s, here with s = 2t."""
    return _composes(case, case.kernel(case.time) @ case.kernel(2 * case.time), case.kernel(case.time))


def _composes(case: Chain, composed: Array, kernel: Array) -> Margin:
    stochastic = Margin.at_least(kernel, 0 * kernel) & Margin.equal(total(kernel), 1 + 0 * case.p)
    return stochastic & Margin.equal(composed, case.kernel(3 * case.time))


@kernels_compose.mutant("entries multiplied, not composed")
def _(case: Chain) -> Margin:
    return _composes(case, case.kernel(case.time) * case.kernel(2 * case.time), case.kernel(case.time))


@kernels_compose.mutant("one Euler step I + tL in place of e^{tL}")
def _(case: Chain) -> Margin:
    euler = constant(np.eye(case.p.shape[-1], dtype=int), case.p) + case.time[..., None, None] * case.generator
    return _composes(case, case.kernel(3 * case.time), euler)


def constant_family(case: Chain) -> Array:
    """The kernel that forgets its start at once, P(x, .) = p: [n, states, states]."""
    return case.p[..., None, :] + 0 * case.p[..., :, None]


def forgetful_steps() -> Iterator[Step]:
    """Let P_t(x, .) = p for all x and all t >= 0: distributions, and the integral of p(z) p(y) over z is p(y). So this
    family meets Definition 7, and P_0 g = E_p g. The quotient (P_t g - g)/t = (E_p g - g)/t of Definition 11 is
    unbounded as t -> 0 at each x with g(x) != E_p g.
    """  # noqa: D205 - the proof
    t, gap = sympy.symbols("t d", positive=True)
    yield Step.limit("t (quotient) stays at E_p g - g, so the quotient explodes", t * gap / t, t, 0, gap)
    yield Step.limit("the quotient", gap / t, t, 0, sympy.oo)


@claim(
    f"{PAPER}/definition-7/remark-identity",
    statement=r"\text{Definition 7 does not ask } P_0(x, \cdot) = \delta_x:\ P_t(x, \cdot) = p \text{ for all } t \ge 0"
    r" \text{ meets it, and then } \lim_{t \to 0} \tfrac{P_t g - g}{t} \text{ exists for constant } g \text{ only}",
    source=f"{SOURCE}, Definitions 7 and 11 (not printed)",
    domain="all laws p, all functions g that are not constant p-almost surely",
    by=[derivation(forgetful_steps, "all laws and functions"), search(chains(), CHAINS)],
)
def the_identity_at_zero_is_not_implied(case: Chain) -> Margin:
    """The constant family composes, and t times its quotient does not fall with t: it stays E_p g - g.

    Harmless: the paths of diffusions are continuous, so their P_t(x, .) tend to delta_x.
    """
    family = constant_family(case)
    return _explodes(case, family, (family @ case.g[..., None])[..., 0] - case.g)


def _explodes(case: Chain, family: Array, change: Array) -> Margin:
    composes = Margin.equal(family @ family, family) & Margin.equal(total(family), 1 + 0 * case.p)
    return composes & Margin.equal(total(case.p * change * change), case.variance())


@the_identity_at_zero_is_not_implied.mutant("P_t for one t > 0, which does not compose with itself")
def _(case: Chain) -> Margin:
    family = case.kernel(case.time)
    return _explodes(case, family, (family @ case.g[..., None])[..., 0] - case.g)


@the_identity_at_zero_is_not_implied.mutant("the change vanishes with t")
def _(case: Chain) -> Margin:
    return _explodes(case, constant_family(case), case.time[..., None] * case.g)


# --- Definition 8 -----------------------------------------------------------------------------------------


def stationary_steps() -> Iterator[Step]:
    """X_t has the law mu P_t if X_0 has mu, so E g(X_t) = E_mu P_t g (Fubini). Chains: p_i L_ij = conductance_ij is
    symmetric, so p L = 0 and p P_t = p. Ornstein-Uhlenbeck: X_0 ~ N(0, 1/a) gives X_t Gaussian of mean 0 and variance
    e^{-2at}/a + (1 - e^{-2at})/a = 1/a.
    """  # noqa: D205 - the proof
    a, t, c = sympy.symbols("a t c", positive=True)
    decay = sympy.exp(-2 * a * t)
    yield Step.vanishes("the variance stays 1/a", decay / a + (1 - decay) / a - 1 / a)
    p, q = sympy.symbols("p q", positive=True)
    yield Step.vanishes("flow from i to j and back", p * (c / p) - q * (c / q))


@claim(
    f"{PAPER}/definition-8",
    statement=r"\Pr(X_{s+t} \in A \mid X_s = x) = \int_A P_t(x, y)\,dy,\quad (P_t g)(x) = E_{P_t(x, \cdot)} g,\quad"
    r" p \text{ stationary if } X_0 \sim p \text{ implies } X_t \sim p \text{ for all } t",
    source=f"{SOURCE}, Definition 8",
    domain=PROCESSES + "; all initial laws, all bounded g",
    readings=[
        "the condition X_s = x does not stand in the text that we have",
        "as a property: E g(X_t) = E P_t g(X_0), and these processes are stationary at N(0, 1/a) and p",
    ],
    rests_on=[f"{PAPER}/definition-7"],
    by=[derivation(stationary_steps, PROCESSES), search(chains(), CHAINS)],
)
def kernels_act_on_functions_and_laws(case: Chain) -> Margin:
    """(mu P_t) g = mu (P_t g), and p P_t = p."""
    return _acts(case, case.p, case.kernel(case.time))


def _acts(case: Chain, law: Array, kernel: Array) -> Margin:
    forwards = total((case.initial[..., None, :] @ kernel)[..., 0, :] * case.g)
    backwards = total(case.initial * (kernel @ case.g[..., None])[..., 0])
    stationary = Margin.equal((law[..., None, :] @ case.kernel(case.time))[..., 0, :], law)
    return Margin.equal(forwards, backwards) & stationary


@kernels_act_on_functions_and_laws.mutant("every initial law is stationary")
def _(case: Chain) -> Margin:
    return _acts(case, case.initial, case.kernel(case.time))


@kernels_act_on_functions_and_laws.mutant("the uniform law is stationary")
def _(case: Chain) -> Margin:
    return _acts(case, (1 + 0 * case.p) / case.p.shape[-1], case.kernel(case.time))


# --- Definition 11 ----------------------------------------------------------------------------------------


def generator_steps() -> Iterator[Step]:
    """Langevin: L = Laplacian - <grad V, grad> and p ~ e^{-V}. Coordinate by coordinate, -g (d²g - V' dg) e^{-V} =
    (dg)² e^{-V} - d(g dg e^{-V}); the last term integrates to 0 where g dg e^{-V} vanishes at infinity, or dg at the
    boundary (reflection). So E(g, g) = E_p |grad g|² >= 0. Chains: each pair of states gives c (g_i - g_j)².
    Ornstein-Uhlenbeck, g = x and g = x²: (P_t g - g)/t tends to -a x and 2 - 2a x². Chains: g (P_t g - g)/t converges
    like (e^{-ut} - 1)/t to -u on each eigenfunction, from above and within t u²/2 by Taylor's remainder.
    """  # noqa: D205 - the proof
    x = sympy.Symbol("x", real=True)
    V, g = (sympy.Function(name)(x) for name in ("V", "g"))
    weight = sympy.exp(-V)
    inside = -g * (g.diff(x, 2) - V.diff(x) * g.diff(x)) * weight
    yield Step.vanishes("by parts", inside - (g.diff(x) ** 2 * weight - (g * g.diff(x) * weight).diff(x)))
    c, u, v = sympy.symbols("c u v", real=True)
    yield Step.vanishes("a pair of states", -u * c * (v - u) - v * c * (u - v) - c * (u - v) ** 2)
    a, t = sympy.symbols("a t", positive=True)
    decay = sympy.exp(-a * t)
    yield Step.limit("L x", (decay * x - x) / t, t, 0, -a * x)
    square = decay**2 * x**2 + (1 - decay**2) / a
    yield Step.limit("L x²", sympy.expand((square - x**2) / t), t, 0, 2 - 2 * a * x**2)


@claim(
    f"{PAPER}/definition-11",
    statement=r"Lg = \lim_{t \to 0} \frac{P_t g - g}{t},\quad \mathcal E(g, h) = -E_p\langle g, Lh\rangle,\quad"
    r" \mathrm{Var}_p(g) = E_p(g - E_p g)^2\ \left(\mathcal E(g) = E_p\|\nabla g\|^2 \ge 0\right)",
    source=f"{SOURCE}, Definition 11",
    domain="Langevin diffusions, reflected or not, and smooth g for which no boundary term is left; reversible chains",
    readings=[
        "the square of the variance was lost in extraction; the subscript M is the process",
        "in brackets what is not printed, and what a Poincare inequality needs",
        "P_0 = identity: definition-7/remark-identity",
    ],
    rests_on=[f"{PAPER}/definition-8"],
    by=[derivation(generator_steps, "all V, all dimensions, all reversible chains"), search(chains(), CHAINS)],
)
def dirichlet_form_is_a_sum_of_squares(case: Chain) -> Margin:
    """-E_p g Lg is a sum of squares over the edges; 0 <= E_p g (P_t g - g)/t - E_p g Lg <= t E_p (Lg)²/2."""
    return _form(case, case.form())


def _form(case: Chain, form: Array, slope: float = 1.0) -> Margin:
    image = (case.generator @ case.g[..., None])[..., 0]
    moved = (case.kernel(case.time) @ case.g[..., None])[..., 0]
    beyond = case.mean((moved - case.g) * case.g) - slope * case.time * case.mean(case.g * image)
    remainder = Margin.at_least(beyond, 0 * beyond) & Margin.at_most(beyond, case.time**2 * case.mean(image**2) / 2)
    return Margin.equal(-case.mean(case.g * image), form) & remainder


@dirichlet_form_is_a_sum_of_squares.mutant("each edge counted twice")
def _(case: Chain) -> Margin:
    return _form(case, 2 * case.form())


@dirichlet_form_is_a_sum_of_squares.mutant("the variance in place of the form")
def _(case: Chain) -> Margin:
    return _form(case, case.variance())


@dirichlet_form_is_a_sum_of_squares.mutant("twice the generator in the limit")
def _(case: Chain) -> Margin:
    return _form(case, case.form(), 2.0)
