"""Definitions 13 and 14: the Euler-Maruyama chains, and the diffusions said to agree with them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy
import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, maximum, minimum, sqrt, stack, upper_gamma
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.reflected import P


@dataclass(frozen=True)
class Frozen:
    """g'(z) = a z + b z³ from a point z, a few steps of h, each watched at `parts` times.

    Arrays, positive: `a`, `b`, `h` [n, 1], `z` [n, 2] (z_0 is their difference), `up`, `down` [n, steps parts], whose
    differences are the Brownian increments in units of sqrt(h/parts).
    """

    steps: int
    parts: int
    a: Array
    b: Array
    h: Array
    z: Array
    up: Array
    down: Array

    def drift(self, z: Array) -> Array:
        """-g'(z): [n]."""
        return -(self.a[..., 0] * z + self.b[..., 0] * z * z * z)

    def increments(self) -> Array:
        """Brownian increments over h/parts: [n, steps parts]."""
        return (self.up - self.down) * sqrt(self.h / self.parts)

    def chain(self, noise: float = 2.0) -> Array:
        """(11) with xi_k = (B_{(k+1)h} - B_{kh})/sqrt(h): z after all steps, [n]."""
        z, b, h = self.z[..., 0] - self.z[..., 1], self.increments(), self.h[..., 0]
        for k in range(self.steps):
            xi = sum(b[..., j] for j in range(k * self.parts, (k + 1) * self.parts)) / sqrt(h)
            z = z + h * self.drift(z) + sqrt(noise * h) * xi
        return z

    def path(self, drift_at: Callable[[Array, Array], Array] | None = None) -> Array:
        """(12) run through all watched times: z at the end, [n]. `drift_at` chooses between z_kh and the current z."""
        z, b, dt = self.z[..., 0] - self.z[..., 1], self.increments(), self.h[..., 0] / self.parts
        for k in range(self.steps):
            start = z
            for j in range(self.parts):
                at = drift_at(start, z) if drift_at else start
                z = z + dt * self.drift(at) + sqrt(0 * dt + 2) * b[..., k * self.parts + j]
        return z


def frozen() -> SearchStrategy[Instances]:
    """1 or 2 steps, each in 2 or 3 parts; coefficients, step and start around 1/10, 1 and 10."""

    def structure(steps: int, parts: int, scale: float) -> Instances:
        counts = (1, 1, 1, 2, steps * parts, steps * parts)
        return Instances(Frozen, (steps, parts), tuple(PositiveVectorEnsemble(count, scale) for count in counts))

    return st.sampled_from([structure(*shape) for shape in itertools.product((1, 2), (2, 3), (1.0, 0.1, 10.0))])


def frozen_steps() -> Iterator[Step]:
    """On [kh, (k+1)h) the drift of (12) is the constant -∇g(z_kh). So z_{(k+1)h} = z_kh - h ∇g(z_kh) +
    sqrt(2) (B_{(k+1)h} - B_kh). The increment of B is sqrt(h) times a standard normal vector, independent of z_kh: one
    step of (11). By induction all the (z_kh)_k have jointly the law of the (z_k)_k.
    """  # noqa: D205 - the proof
    h, s, k, v = sympy.symbols("h s k v", positive=True)
    moved = sympy.integrate(-v, (s, k * h, (k + 1) * h))
    yield Step.vanishes("the drift over a step", moved + h * v)
    yield Step.vanishes(
        "the variance 2h of sqrt(2) (B_(k+1)h - B_kh)", 2 * ((k + 1) * h - k * h) - sympy.sqrt(2 * h) ** 2
    )


@claim(
    f"{P}/definition-13",
    statement=r"z_{k+1} = z_k - h\nabla g(z_k) + \sqrt{2h}\,\xi_k \text{ and }"
    r" d\hat z_t = -\nabla g(\hat z_{\lfloor t/h\rfloor h})\,dt + \sqrt 2\,dB_t:\ "
    r"\hat z_{kh} \text{ and } z_k \text{ follow the same distribution}",
    source="Appendix A, Definition 13, equations (11), (12)",
    domain="all d, g, h > 0, all k, jointly in k",
    readings=["(11) in print has lost h∇g; '[th, (t+1)h]' is [kh, (k+1)h]; the subscript in (12) is floor(t/h) h"],
    by=[
        derivation(frozen_steps, "all g, h, k"),
        search(frozen(), "d = 1, g' = a z + b z³; 1..2 steps watched at 2..3 times each; path by path"),
    ],
)
def same_law_at_grid_times(case: Frozen) -> Margin:
    """With xi_k the increment of B over the k-th step, divided by sqrt(h), the two agree path by path."""
    return Margin.equal(case.chain(), case.path())


@same_law_at_grid_times.mutant("noise sqrt(h) xi_k in the chain")
def _(case: Frozen) -> Margin:
    return Margin.equal(case.chain(noise=1.0), case.path())


@same_law_at_grid_times.mutant("the drift at the current point, as in Langevin diffusion itself")
def _(case: Frozen) -> Margin:
    return Margin.equal(case.chain(), case.path(lambda _, now: now))


@same_law_at_grid_times.mutant("the drift at the mean of both points")
def _(case: Frozen) -> Margin:
    return Margin.equal(case.chain(), case.path(lambda start, now: (start + now) / 2))


@dataclass(frozen=True)
class AtTheWall:
    """D = [-1, 1], g = 0, y_0 = 1 - depth, one step of h. Arrays: `depth` in [0, 1], `h` [n]."""

    depth: Array
    h: Array

    def atom(self, noise: float = 2.0) -> Array:
        """Pr[y_1 = 1] of the projected chain, Pr[sqrt(2h) xi >= depth]: [n]."""
        return upper_gamma(0.5, self.depth * self.depth / (2 * noise * self.h)) / 2


def walls() -> Iterator[AtTheWall]:
    """From the boundary first, then from inside; h over eight decades."""
    for depth in (0.0, 0.125, 1.0):
        for h in (0.25, 1e-2, 1e-4, 1.0, 1e4):
            yield AtTheWall(*(torch.tensor([v], dtype=torch.float64) for v in (depth, h)))


def _same_atom(case: AtTheWall, noise: float = 2.0) -> Margin:
    return Margin.equal(case.atom(noise), 0 * case.h)


@claim(
    f"{P}/definition-14",
    statement=r"y_{k+1} = \Pi_D(y_k - h\nabla g(y_k) + \sqrt{2h}\,\xi_k) \text{ and } d\hat y_t = -\nabla g("
    r"\hat y_{\lfloor t/h\rfloor h})\,dt + \sqrt 2\,dB_t + \nu_t U(\hat y_t)\,dt:\ "
    r"\hat y_{kh} \text{ and } y_k \text{ follow the same distribution}",
    source="Appendix A, Definition 14, equations (13), (14)",
    domain="all D, g, h > 0, k; already D = [-1, 1], g = 0, k = 1 refutes it",
    rests_on=[f"{P}/definition-4"],
    carried_by=[f"{P}/definition-4/repair"],
    effect="The projected chain has atoms on the boundary, the reflected diffusion has none, whatever measure U is: the"
    " occupation time formula gives 2 int 1{y^_t = 1} dt = 0, so Pr[y^_h = 1] = 0 for almost every h, where the chain"
    " from y_0 = 1 has 1/2 for every h. Harmless: Lemma 17 instantiates (14), but its argument needs the chain (13)"
    " only, and Theorem 1 of Bubeck et al. is about the chain; y^_t may be read as its piecewise constant path (see the"
    " repair).",
    by=[exhaustive(walls, "D = [-1, 1], g = 0; y_0 = 1, 7/8, 0; h from 1e-4 to 1e4")],
    worked=lambda case: [
        f"D = [-1, 1], g = 0, y_0 = {1 - float(case.depth[0]):g}, h = {float(case.h[0]):g}",
        f"y_1 = 1 whenever sqrt(2h) xi >= {float(case.depth[0]):g}: Pr[y_1 = 1] = {float(case.atom()[0]):.6g}",
        "y^_h is sqrt(2) B reflected at ±1; at the time h it has a density, a sum of images: Pr[y^_h = 1] = 0",
        "for any other U: y^ = sqrt(2) B + (a path of bounded variation), the same for all h as g = 0, and such a path"
        " spends no time at a point: 2 int 1{y^_t = 1} dt = int 1{a = 1} L^a da = 0",
    ],
)
def projection_is_reflection(case: AtTheWall) -> Margin:
    """Pr[y_1 = 1] = Pr[y^_h = 1] = 0."""
    return _same_atom(case)


@projection_is_reflection.mutant("noise sqrt(h) xi_k in the chain")
def _(case: AtTheWall) -> Margin:
    return _same_atom(case, noise=1.0)


@projection_is_reflection.mutant("four times the step")
def _(case: AtTheWall) -> Margin:
    return _same_atom(case, noise=8.0)


@dataclass(frozen=True)
class Steps:
    """Increments x_1, ..., x_n of any driving path, from y_0 <= 1. Arrays: `depth` [n, 1], `up`, `down` [n, steps]."""

    depth: Array
    up: Array
    down: Array

    @property
    def count(self) -> int:
        """How many."""
        return int(self.up.shape[-1])

    def chain(self, fold: Callable[[Array], Array] | None = None) -> Array:
        """y_{k+1} = min(1, y_k + x_{k+1}), or another fold back into (-infinity, 1]: [n, steps]."""
        y, visited = 1 - self.depth[..., 0], []
        for k in range(self.count):
            y = y + self.up[..., k] - self.down[..., k]
            y = fold(y) if fold else minimum(y, 1 + 0 * y)
            visited.append(y)
        return stack(visited)

    def skorokhod(self) -> Array:
        """w - sup (w - 1)^+, Skorokhod's solution for the path w that jumps by x_k at the k-th time: [n, steps]."""
        w, most, visited = 1 - self.depth[..., 0], 0 * self.depth[..., 0], []
        for k in range(self.count):
            w = w + self.up[..., k] - self.down[..., k]
            most = maximum(most, w - 1)
            visited.append(w - most)
        return stack(visited)


def increments() -> SearchStrategy[Instances]:
    """1..4 steps of any sign around 1, from near the wall, from inside, from far away."""

    def structure(count: int, depth: float) -> Instances:
        return Instances(Steps, (), (PositiveVectorEnsemble(1, depth), *(PositiveVectorEnsemble(count),) * 2))

    return st.sampled_from([structure(*shape) for shape in itertools.product((1, 2, 3, 4), (1.0, 1e-3, 1e3))])


def skorokhod_steps() -> Iterator[Step]:
    """Let W jump at (k+1)h by -h ∇g(y^_kh) + sqrt(2) (B_(k+1)h - B_kh), and be constant in between. The reflected path
    is the y^ = W + (pushes) in D, a push only where y^ is on the boundary, along an inner normal there. At a jump to x
    the point Pi_D(x) does: x - Pi_D(x) is an outer normal at Pi_D(x), or 0 inside; there is no other, for points p, q
    of a convex D with x - p and x - q outer normals <x - p, q - p> <= 0 and <x - q, p - q> <= 0 add up to |p - q|² <=
    0. So y^_(k+1)h = Pi_D(y^_kh - h ∇g(y^_kh) + sqrt(2h) xi_k), which is (13).
    """  # noqa: D205 - the proof
    x, p, q = (sympy.symbols(f"{name}:3", real=True) for name in "xpq")
    first = sum((a - b) * (c - b) for a, b, c in zip(x, p, q, strict=True))
    second = sum((a - c) * (b - c) for a, b, c in zip(x, p, q, strict=True))
    square = sum((b - c) ** 2 for b, c in zip(p, q, strict=True))
    yield Step.vanishes("<x - p, q - p> + <x - q, p - q> = |p - q|²", sympy.expand(first + second - square))


@claim(
    f"{P}/definition-14/repair",
    statement=r"\hat y \text{ the solution of the reflection (Skorokhod) problem of the step path } W \text{ that jumps"
    r" at } kh \text{ by } -h\nabla g(\hat y_{(k-1)h}) + \sqrt 2 (B_{kh} - B_{(k-1)h}):\ \hat y_{kh} = y_k",
    source="Appendix A, Definition 14, equations (13), (14)",
    domain="all closed convex D, all g, h > 0, k",
    repairs=f"{P}/definition-14",
    changes="the path that is reflected is a step path, not sqrt(2) B; y^ is the chain, held constant in between",
    by=[
        derivation(skorokhod_steps, "all closed convex D, g, h, k"),
        search(increments(), "D = (-infinity, 1], 1..4 increments: the chain against Skorokhod's formula"),
    ],
)
def step_path_reflected_is_the_chain(case: Steps) -> Margin:
    """min(1, y + x), repeated, is w - max (w - 1)^+."""
    return Margin.equal(case.chain(), case.skorokhod())


@step_path_reflected_is_the_chain.mutant("mirrored at the wall in place of projected")
def _(case: Steps) -> Margin:
    return Margin.equal(case.chain(lambda y: minimum(y, 2 - y)), case.skorokhod())


@step_path_reflected_is_the_chain.mutant("the path between the jumps: up first, then down")
def _(case: Steps) -> Margin:
    still = 0 * case.up
    ups, downs = stack([case.up, still]), stack([still, case.down])
    shape = (*case.up.shape[:-1], 2 * case.count)
    between = Steps(case.depth, ups.reshape(shape), downs.reshape(shape))
    return Margin.equal(case.chain(), between.skorokhod()[..., 1::2])
