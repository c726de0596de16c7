"""Definition 3 (restated as Definition 9): Langevin diffusion, its stationary law, and the chain behind it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, derivative_along, exp, sin, stack, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble

P = "pareek-risteski-2022"


@dataclass(frozen=True)
class Landscape:
    """g(z) = a |z|²/2 + b sin(<w, z>), far from convex for large b, at a point z and along a direction v.

    Arrays, positive: `a`, `b` [n, 1], `w`, `z`, `v` [n, d]; `shift` moves the point to both sides of 0.
    """

    d: int
    a: Array
    b: Array
    w: Array
    z: Array
    v: Array
    shift: Array

    @property
    def point(self) -> Array:
        """Where: [n, d]."""
        return self.z - self.shift

    def potential(self, z: Array) -> Array:
        """g: [n]."""
        return self.a[..., 0] * total(z * z) / 2 + self.b[..., 0] * sin(total(self.w * z))

    def flux(self, density: float = 1.0, noise: float = 2.0) -> tuple[Array, Array]:
        """Drift and diffusion of probability along v at the point, for a density e^{-density (g(y) - g(point))}."""
        here = self.potential(self.point)
        drift = -derivative_along(self.potential, (self.point,), (self.v,))
        spread = derivative_along(lambda y: exp(density * (here - self.potential(y))), (self.point,), (self.v,))
        return drift, noise / 2 * spread


def landscapes() -> SearchStrategy[Instances]:
    """d in 1..3; curvature, ripple, frequency and place around 1/100, 1/10, 1, 10."""

    def structure(d: int, scale: float) -> Instances:
        return Instances(Landscape, (d,), tuple(PositiveVectorEnsemble(n, scale) for n in (1, 1, d, d, d, d)))

    return st.sampled_from([structure(*shape) for shape in itertools.product((1, 2, 3), (1.0, 0.1, 0.01, 10.0))])


def stationary_steps() -> Iterator[Step]:
    """The law p_t of z_t obeys the Fokker-Planck equation dp/dt = div(p ∇g) + Δp = div(p ∇g + ∇p). For p ∝ e^{-g} the
    flux p ∇g + ∇p is 0 in each coordinate, so p stays. For e^{-g} to be a law it must be integrable, and z must not
    explode: with g twice differentiable, |∇g| growing at most linearly, both are the 'mild regularity'.
    """  # noqa: D205 - the proof
    for d in (1, 2):
        z = sympy.symbols(f"z:{d}", real=True)
        g = sympy.Function("g")(*z)
        p = sympy.exp(-g)
        flux = [p * sympy.diff(g, x) + sympy.diff(p, x) for x in z]
        yield Step(f"no flux in any coordinate, d = {d}, g arbitrary", all(sympy.simplify(j) == 0 for j in flux))
        change = sum(sympy.diff(p * sympy.diff(g, x), x) + sympy.diff(p, x, 2) for x in z)
        yield Step.vanishes(f"div(p ∇g) + Δp, d = {d}", change)


@claim(
    f"{P}/definition-3",
    statement=r"dz_t = -\nabla g(z_t)\,dt + \sqrt 2\,dB_t.\ \text{Under mild regularity conditions, the stationary"
    r" distribution is } P(z) \propto e^{-g(z)}",
    source="Section 5.2, Definition 3, equation (5); restated as Definition 9, equation (9)",
    domain="all d >= 1, all smooth g with e^{-g} integrable and |∇g| at most of linear growth",
    readings=[
        "Definition 9 is the same",
        "'mild regularity' includes that e^{-g} is integrable: for constant g nothing is stationary",
    ],
    by=[
        derivation(stationary_steps, "all g; the same computation in each coordinate, done for d = 1, 2"),
        search(landscapes(), "d in 1..3, g quadratic with ripples, over four decades; the flux at any point, exactly"),
    ],
)
def gibbs_law_is_stationary(case: Landscape) -> Margin:
    """p ∇g + ∇p = 0 for p = e^{-g}: no probability flows."""
    drift, spread = case.flux()
    return Margin.equal(-drift, -spread)


@gibbs_law_is_stationary.mutant("noise dB in place of sqrt(2) dB")
def _(case: Landscape) -> Margin:
    drift, spread = case.flux(noise=1.0)
    return Margin.equal(-drift, -spread)


@gibbs_law_is_stationary.mutant("p ∝ e^{-2g}")
def _(case: Landscape) -> Margin:
    drift, spread = case.flux(density=2.0)
    return Margin.equal(-drift, -spread)


@gibbs_law_is_stationary.mutant("p ∝ e^{g}")
def _(case: Landscape) -> Margin:
    drift, spread = case.flux(density=-1.0)
    return Margin.equal(-drift, -spread)


#: Numbers of steps of the chain, powers of two: its deviation from the limit must halve from the second to the third.
STEPS = (6, 10, 14)


@dataclass(frozen=True)
class Quadratic:
    """g = a z²/2 from a point z_0, at a time t of at most 8/a. Arrays: `a`, `share`, `z` [n, 1], positive."""

    a: Array
    share: Array
    z: Array

    @property
    def scaled(self) -> Array:
        """a t in (0, 8): [n]."""
        return 8 / (1 + self.share[..., 0])

    def limit(self) -> tuple[Array, Array]:
        """Mean and variance of z_t: [n]."""
        decay = exp(-self.scaled)
        return self.z[..., 0] * decay, (1 - decay * decay) / self.a[..., 0]

    def chain(self, doublings: int, noise: float = 2.0, drift: float = 1.0) -> tuple[Array, Array]:
        """Mean and variance of the chain after 2^doublings steps of h = t/2^doublings: [n]."""
        h = self.scaled / self.a[..., 0] / 2**doublings
        factor, variance = 1 - drift * self.a[..., 0] * h, noise * h
        for _ in range(doublings):
            variance = variance * (1 + factor * factor)
            factor = factor * factor
        return self.z[..., 0] * factor, variance


def quadratics() -> SearchStrategy[Instances]:
    """Curvature, time and start over six decades; t up to 8 time constants."""
    shapes = itertools.product((1.0, 1e-3, 1e3), repeat=2)
    parts = [tuple(PositiveVectorEnsemble(1, scale) for scale in (a, share, a)) for a, share in shapes]
    return st.sampled_from([Instances(Quadratic, (), part) for part in parts])


def limit_steps() -> Iterator[Step]:
    """Let |∇g(z)| <= K (1 + |z|), and ∇g be Lipschitz on each ball. Let x be the chain with its steps joined by sqrt(2)
    times the Brownian path B that moves z, from the same point: x_t = z_0 - int_0^t ∇g(x_[s]) ds + sqrt(2) B_t, [s] the
    last grid time. With S = sup |B| over [0, t], the running maximum u of |z|, and that of |x| too for every h, obeys
    u_s <= |z_0| + sqrt(2) S + K int_0^s (1 + u) and so stays below R = (|z_0| + sqrt(2) S + K t) e^{Kt} (Gronwall): z
    exists for all times, and neither path leaves the ball |z| <= R. There let ∇g be K_R-Lipschitz; it is at most
    K (1 + R). Let m_h be the largest move of B within a time h. On a step x moves by at most h K (1 + R) + sqrt(2) m_h,
    so e = z - x obeys |e_s| <= K_R int_0^s (|e| + h K (1 + R) + sqrt(2) m_h). By Gronwall
    |e_t| <= K_R t e^{K_R t} (h K (1 + R) + sqrt(2) m_h) -> 0 on every Brownian path, uniformly in time: almost surely,
    hence in law. And |e| <= 2R, E S² <= 4 d t (Doob): E|e_t|² -> 0 as well if E|z_0|² is finite.

    L is such a g: |∇L| <= |z| + M (M |z - z^|)/beta², and ∇L is locally Lipschitz, as the Jacobian is (Assumption 2).
    """  # noqa: D205 - the proof
    h, K, t, R, C = sympy.symbols("h K t R K_R", positive=True)
    moved = sympy.Symbol("m_h", positive=True)
    error = C * t * sympy.exp(C * t) * (h * K * (1 + R) + sympy.sqrt(2) * moved)
    yield Step.limit("the error, as m_h -> 0", error, moved, 0, C * t * sympy.exp(C * t) * h * K * (1 + R))
    yield Step.limit("and h -> 0", error.subs(moved, 0), h, 0, 0)
    s, G = sympy.symbols("s G", positive=True)
    grown = G * sympy.exp(K * s)
    integral = G + K * sympy.integrate(grown, (s, 0, t))
    yield Step.vanishes("Gronwall: G e^{Kt} solves u = G + K int u", integral - G * sympy.exp(K * t))


@claim(
    f"{P}/equation-6",
    statement=r"\text{The process can be interpreted as the limit as } h \to 0 \text{ of the Markov chain } "
    r"z \leftarrow z - h\nabla g(z) + \sqrt{2h}\,\xi,\ \xi \sim N(0, I)",
    source="Section 5.2, equation (6), as (2) and (40)",
    domain="all g whose gradient is locally Lipschitz and grows at most linearly, as L does; every t: the chain's law"
    " after t/h steps",
    readings=["a stray 'dt' after h ∇L(z) in print"],
    rests_on=[f"{P}/definition-3"],
    by=[
        derivation(limit_steps, "all d, all g with locally Lipschitz gradient of at most linear growth, all t"),
        search(quadratics(), "g quadratic, mean and variance at t after 2^6, 2^10, 2^14 steps; six decades, t <= 8/a"),
    ],
)
def diffusion_is_the_limit_of_the_chain(case: Quadratic) -> Margin:
    """Mean and variance of the chain at time t tend to the diffusion's, as h -> 0."""
    return _limit(case)


def _limit(case: Quadratic, noise: float = 2.0, drift: float = 1.0) -> Margin:
    runs = [case.chain(k, noise, drift) for k in STEPS]
    parts = zip(zip(*runs, strict=True), case.limit(), strict=True)
    mean, variance = (stack(list(values)) - limit[..., None] for values, limit in parts)
    return Margin.tends(mean) & Margin.tends(variance)


@diffusion_is_the_limit_of_the_chain.mutant("noise sqrt(h) xi")
def _(case: Quadratic) -> Margin:
    return _limit(case, noise=1.0)


@diffusion_is_the_limit_of_the_chain.mutant("noise 2h xi, sqrt(2) too much")
def _(case: Quadratic) -> Margin:
    return _limit(case, noise=4.0)


@diffusion_is_the_limit_of_the_chain.mutant("drift h ∇g/2, the scaling of Bubeck et al.")
def _(case: Quadratic) -> Margin:
    return _limit(case, drift=0.5)
