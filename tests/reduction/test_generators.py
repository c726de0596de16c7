"""Generators: certified constants against autograd, networks, balls, and the search for pairs that refute an m."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import flint
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import simpson
from torch import Tensor, nn

from claims.papers.pareek_risteski_2022.upper_bound.generators import ACTIVATIONS, generators
from reductions import ReductionError
from reductions.encoders.learned import train_mean_field
from reductions.generators import (
    Constants,
    DeepGenerator,
    Generator,
    LinearGenerator,
    Residual,
    SeparableGenerator,
    SmoothGenerator,
    certify,
    certify_boxes,
    falsify_invertibility,
    random_orthogonal,
    random_smooth,
)
from reductions.networks import SIN, SOFTPLUS, SQUARE, TANH, Smooth

#: torch's own forward derivatives of some functions go through torch.jit.script, which it calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")

Curve = Callable[[Tensor], Tensor]
SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=25, deadline=None)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def along(function: nn.Module, z: Tensor, v: Tensor) -> list[Tensor]:
    """G, DG[v], D²G[v, v], D³G[v, v, v] along each line z + t v, by nested forward differentiation."""

    def curve(t: Tensor) -> Tensor:
        out: Tensor = function(z + t * v)
        return out

    def differentiated(last: Curve) -> Curve:
        def slope(t: Tensor) -> Tensor:
            out: Tensor = torch.func.jvp(last, (t,), (torch.ones_like(t),))[1]
            return out

        return slope

    derivatives: list[Curve] = [curve]
    for _ in range(3):
        derivatives.append(differentiated(derivatives[-1]))
    return [derivative(torch.zeros((), dtype=z.dtype)) for derivative in derivatives]


def violates(G: nn.Module, constants: Constants, seed: int) -> bool:
    """Whether some pair, or some line's derivatives, break one of the four constants by more than rounding."""
    d = 64 if not isinstance(G, Generator) else G.latents
    z, v = 2 * normal(64, d, seed=seed), normal(64, d, seed=seed + 1)
    v = v / v.norm(dim=1, keepdim=True)
    step = v * torch.logspace(-3, 1, 64, dtype=torch.float64)[:, None]
    ratio = (G(z + step) - G(z)).norm(dim=1) / step.norm(dim=1)
    _, first, second, third = (out.norm(dim=1) for out in along(G, z, v))
    ok = 1 + 1e-9
    return not bool(
        torch.all(ratio * ok >= constants.m) and torch.all(ratio <= constants.M * ok)
        and torch.all(first * ok >= constants.m) and torch.all(first <= constants.M * ok)
        and torch.all(second <= constants.M2 * ok + 1e-12) and torch.all(third <= constants.M3 * ok + 1e-12)
    )  # fmt: skip


class TestCertified:
    @FEW
    @given(generators(64), SEEDS)
    def test_the_constants_hold(self, G: Generator, seed: int) -> None:
        """Pairs near and far, and autograd's derivatives up to the third along random lines, keep m, M, M2, M3."""
        assert G.constants.m > 0
        assert not violates(G, G.constants, seed)

    @FEW
    @given(generators(64), SEEDS)
    def test_the_network_is_the_generator(self, G: Generator, seed: int) -> None:
        """`network()` computes G to rounding, in as many parameters as are told."""
        z = normal(16, G.latents, seed=seed)
        torch.testing.assert_close(G.network()(z), G(z), rtol=1e-12, atol=1e-12 * G.constants.M * G.latents)
        assert G.parameter_count == G.network().parameters

    @FEW
    @given(generators(64))
    def test_centred_means_zero_at_zero(self, G: Generator) -> None:
        """A generator says that it is centred just where it maps 0 to 0 exactly."""
        zero = torch.zeros(G.latents, dtype=torch.float64)
        assert G.centred == bool((G(zero) == 0).all())

    @settings(max_examples=8, deadline=None)
    @given(generators(4, ("separable",)))
    def test_separable_constants_are_attained(self, G: Generator) -> None:
        """The extremes of autograd's derivatives along the coordinate axes of V z are the four constants."""
        assert isinstance(G, SeparableGenerator)
        grid = torch.linspace(-12, 12, 1201, dtype=torch.float64)
        lines = [along(G, grid[:, None] * v, v.expand(len(grid), -1)) for v in G.V]
        first, second, third = (torch.cat([line[order].norm(dim=1) for line in lines]) for order in (1, 2, 3))
        found = Constants(*(float(x) for x in (first.min(), first.max(), second.max(), third.max())))
        for name in ("m", "M", "M2", "M3"):
            assert getattr(found, name) == pytest.approx(getattr(G.constants, name), rel=1e-3, abs=1e-12)

    @pytest.mark.parametrize("sigma", ACTIVATIONS, ids=lambda s: s.name)
    def test_one_hidden_unit_is_certified_sharply(self, sigma: Smooth) -> None:
        """At d = k = 1, the extremes of autograd's first three derivatives are the constants, for each activation."""
        one = torch.ones(1, 1, dtype=torch.float64)
        G = SmoothGenerator(2 * one, -one / 3, 3 * one, 0 * one[0], sigma)
        grid = torch.linspace(-100, 100, 20_001, dtype=torch.float64)[:, None]
        _, first, second, third = (out.abs() for out in along(G, grid, torch.ones_like(grid)))
        found = Constants(*(float(x) for x in (first.min(), first.max(), second.max(), third.max())))
        for name in ("m", "M", "M2", "M3"):
            assert getattr(found, name) == pytest.approx(getattr(G.constants, name), rel=1e-3)

    @pytest.mark.parametrize("name", ["m", "M", "M2", "M3"])
    def test_a_constant_certified_too_well_is_caught(self, name: str) -> None:
        """Better constants by a tenth than those that are proved are seen to be wrong: the test of the test."""
        one = torch.ones(1, dtype=torch.float64)
        G = SeparableGenerator(torch.eye(1, dtype=torch.float64), one, 0.9)
        wrong = replace(G.constants, **{name: getattr(G.constants, name) * (1.1 if name == "m" else 0.9)})
        assert any(violates(G, wrong, seed) for seed in range(4))
        assert not any(violates(G, G.constants, seed) for seed in range(4))


class TestPosterior:
    def test_a_turned_and_shifted_posterior(self) -> None:
        """With V and c, p(z|x) is that of V z given x - c without them: densities, and samples with equal seeds."""
        rng = torch.Generator().manual_seed(0)
        U, V = random_orthogonal(3, rng), random_orthogonal(3, rng)
        scale, c = torch.tensor([1.0, 1.5, 2.0], dtype=torch.float64), normal(3, seed=4)
        plain, turned = SeparableGenerator(U, scale, 0.5), SeparableGenerator(U, scale, 0.5, V, c)
        x, z = normal(5, 3, seed=1), normal(5, 7, 3, seed=2)
        expected = plain.log_posterior(z @ V.T, x - c, 0.3)
        torch.testing.assert_close(turned.log_posterior(z, x, 0.3), expected)
        drawn = [
            one.sample_posterior(y, 0.3, torch.Generator().manual_seed(5)) for one, y in ((plain, x - c), (turned, x))
        ]
        torch.testing.assert_close(drawn[1] @ V.T, drawn[0])

    @pytest.mark.parametrize("beta", [0.01, 0.3, 1.0, 10.0, 100.0])
    def test_a_straight_posterior_is_normal(self, beta: float) -> None:
        """With bend = 0 the density is torch's normal one, and draws have its mean and deviation, for each beta."""
        scale = torch.tensor([1.0, 2.0, 7.0], dtype=torch.float64)
        G = SeparableGenerator(torch.eye(3, dtype=torch.float64), scale, 0.0)
        x, z = 3 * normal(2, 3, seed=1), normal(2, 5, 3, seed=2)
        sd = beta / torch.sqrt(scale**2 + beta**2)
        exact = torch.distributions.Normal((scale * x / (scale**2 + beta**2))[:, None], sd)
        near = exact.mean + sd * z
        expected = exact.log_prob(near).sum(-1)  # type: ignore[no-untyped-call] # torch's is not typed
        torch.testing.assert_close(G.log_posterior(near, x, beta), expected, rtol=0, atol=1e-9)
        drawn = G.sample_posterior(x[:1].expand(4000, 3), beta, torch.Generator().manual_seed(3))
        white = (drawn - exact.mean[0]) / sd
        assert float(white.mean(0).abs().max()) < 0.07
        assert float((white.std(0) - 1).abs().max()) < 0.05

    @pytest.mark.parametrize("beta", [0.05, 1.0, 100.0])
    def test_a_bent_posterior_has_mass_one(self, beta: float) -> None:
        """scipy integrates its density to 1, for x near and far."""
        G = SeparableGenerator(torch.eye(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64), 0.9)
        for x in (0.0, 2.0, 20.0):
            given_x = torch.tensor([[x]], dtype=torch.float64)
            line = float(G._mode(given_x, beta)) + min(10.0, 15 * beta) * torch.linspace(-1, 1, 4001).double()
            density = G.log_posterior(line[None, :, None], given_x, beta)[0].exp()
            assert simpson(density.numpy(), x=line.numpy()) == pytest.approx(1, abs=1e-7)

    def test_committed_knots_stay(self) -> None:
        """Where committed results have them, knots reach 12 beta/scale + 2 beta, to the last bit."""
        d, beta = 8, 1 / (7 * math.sqrt(8))
        scale = 1 + torch.rand(d, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        for bend in (0.0, 0.5, 0.9):
            G = SeparableGenerator(torch.eye(d, dtype=torch.float64), scale, bend)
            y = 3 * normal(64, d)
            line = torch.linspace(-1, 1, 401, dtype=torch.float64)
            expected = G._mode(y, beta)[..., None] + (12.0 * beta / scale + 2 * beta)[..., None] * line
            assert torch.equal(G._quadrature(y, beta)[0], expected)

    def test_generators_that_do_not_stack_are_told(self) -> None:
        """Encoders are not learned together for generators of different activations."""
        one = torch.ones(1, 1, dtype=torch.float64)
        pair = [SmoothGenerator(2 * one, one, one, one[0], sigma) for sigma in (TANH, SIN)]
        with pytest.raises(ReductionError, match="do not stack"):
            train_mean_field(pair, (2,), steps=1, seed=0)


class TestActivations:
    @pytest.mark.parametrize("sigma", ACTIVATIONS, ids=lambda s: s.name)
    @pytest.mark.parametrize("order", [1, 2, 3])
    def test_bounds_are_enclosed_in_balls(self, sigma: Smooth, order: int) -> None:
        """|sigma^(order)|, by power series of balls that cover [-30, 30], is at most its bound, and reaches it."""

        def series(centre: float, radius: float) -> flint.arb:
            x = flint.arb_series([flint.arb(centre, radius), 1], prec=4)
            # Each on the side where its terms do not cancel.
            e = x.exp() if centre < 0 else (-x).exp()
            functions = {
                "tanh": lambda: 1 - 2 / (1 + e * e),
                "sigmoid": lambda: 1 - 1 / (1 + e),
                "softplus": (1 + e).log,
                "sin": x.sin,
                "arctan": x.atan,
            }
            if sigma.name == "softplus" and centre >= 0:
                return abs((x + (1 + e).log())[order]) * math.factorial(order)
            return abs(functions[sigma.name]()[order]) * math.factorial(order)

        bound = Smooth(sigma.name, order).bound
        assert max(float(series(k / 64, 0).mid()) for k in range(-512, 513)) >= 0.99 * bound
        left = [(k / 4 + 1 / 8, 1 / 8) for k in range(-120, 120)]
        boxes = 0
        while left and boxes < 4000:
            centre, radius = left.pop()
            boxes += 1
            if not series(centre, radius) <= bound * (1 + 1e-3):
                left += [(centre - radius / 2, radius / 2), (centre + radius / 2, radius / 2)]
        assert not left

    def test_unbounded_derivatives_are_refused(self) -> None:
        """The square has no Lipschitz constant, and a derivative is no activation of a generator here."""
        one = torch.ones(1, 1, dtype=torch.float64)
        for sigma in (SQUARE, TANH.derivative):
            with pytest.raises(ReductionError, match="no finite bounds"):
                SmoothGenerator(one, 0.1 * one, one, one[0], sigma)


class TestConstants:
    def test_the_chain_rule_is_sympys(self) -> None:
        """`then` is Faa di Bruno's formula: equality for compositions of t + t²/8 + ... along one line, by autograd."""
        inner, outer = Constants(1.0, 2.0, 3.0, 5.0), Constants(0.5, 7.0, 11.0, 13.0)
        both = inner.then(outer)

        def g(t: Tensor) -> Tensor:
            return 2 * t + 3 * t**2 / 2 + 5 * t**3 / 6

        def f(t: Tensor) -> Tensor:
            return 7 * t + 11 * t**2 / 2 + 13 * t**3 / 6

        zero = torch.zeros(1, 1, dtype=torch.float64)

        class Both(nn.Module):
            def forward(self, t: Tensor) -> Tensor:
                return f(g(t))

        values = [float(value) for value in along(Both(), zero, torch.ones_like(zero))]
        assert pytest.approx(values[1:], rel=1e-12) == [both.M, both.M2, both.M3]
        assert both.m == pytest.approx(0.5, rel=1e-12)

    def test_nonsense_is_refused(self) -> None:
        """m above M, a negative M2 and an infinite M3 are no constants."""
        for numbers in ((2.0, 1.0, 0.0, 0.0), (1.0, 1.0, -1.0, 0.0), (1.0, 1.0, 0.0, math.inf), (math.nan, 1, 0, 0)):
            with pytest.raises(ReductionError, match="expected 0 <= m <= M"):
                Constants(*numbers)

    def test_misuse_is_told(self) -> None:
        """Shapes that do not fit, singular matrices, matrices that are not orthogonal, and no blocks are refused."""
        eye, zero = torch.eye(2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
        with pytest.raises(ReductionError, match="do not fit"):
            SmoothGenerator(eye, eye, eye, zero[:1])
        with pytest.raises(ReductionError, match="not certified"):
            LinearGenerator(torch.ones(2, 2, dtype=torch.float64))
        with pytest.raises(ReductionError, match="not finite"):
            LinearGenerator(eye / 0)
        with pytest.raises(ReductionError, match="V is not orthogonal"):
            SeparableGenerator(eye, zero + 1, 0.5, 2 * eye)
        with pytest.raises(ReductionError, match="same d"):
            DeepGenerator([LinearGenerator(eye), LinearGenerator(eye[:1, :1])])
        with pytest.raises(ReductionError, match="at least one block"):
            DeepGenerator([])


class TestBoxes:
    @settings(max_examples=8, deadline=None)
    @given(generators(2, ("smooth", "deep")), SEEDS)
    def test_a_box_bounds_the_jacobian_in_it(self, G: Generator, seed: int) -> None:
        """On [-1, 1]^d the bound is below the least singular value of autograd's Jacobian at random points."""
        bound = certify_boxes(G, [(-1, 1)] * G.latents, most=300, tolerance=0.05)
        points = 2 * torch.rand(200, G.latents, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) - 1
        jacobians = torch.func.vmap(torch.func.jacrev(lambda z: G(z[None])[0]))(points)
        assert float(torch.linalg.svdvals(jacobians)[:, -1].min()) >= bound >= 0

    def test_all_of_space(self) -> None:
        """Over all slopes it is no worse than the norms' bound, and no better than what the search finds."""
        G = random_smooth(2, 3, torch.Generator().manual_seed(0))
        bound = certify_boxes(G)
        assert G.constants.m < bound <= falsify_invertibility(G, 2, steps=50).ratio
        assert certify(G, boxes=True).m == bound
        assert certify_boxes(DeepGenerator([G, G])) == pytest.approx(bound**2)

    def test_a_singular_point_is_not_certified(self) -> None:
        """G' = 1 - 0.999 cos has its least value 0.001 at 0: boxes with 0 get no more than that."""
        one = torch.ones(1, 1, dtype=torch.float64)
        G = SmoothGenerator(one, -0.999 * one, one, 0 * one[0], SIN)
        assert certify_boxes(G, [(-2, 1)]) <= 0.001
        assert certify_boxes(G, [(1, 3)]) > 0.4
        bent = SmoothGenerator(2 * one, -one, one, 0 * one[0], TANH)
        assert 0.99 <= certify_boxes(bent, [(0, 2)]) <= 1

    def test_misuse_is_told(self) -> None:
        """Too many latents, too many hidden units, and a box of the wrong number of sides are refused."""
        G = random_smooth(4, 8, torch.Generator().manual_seed(0))
        with pytest.raises(ReductionError, match="hidden units"):
            certify_boxes(G)
        for box in ([(-1.0, 1.0)] * 4, [(-1.0, 1.0)]):
            with pytest.raises(ReductionError, match="is no box"):
                certify_boxes(G, box)


class TestCertify:
    def test_a_residual_network(self) -> None:
        """m = 1 - Lip f, and the constants hold against autograd."""
        first, second, middle = nn.Linear(64, 32), nn.Linear(32, 64), nn.Linear(64, 64)
        for seed, layer in enumerate((first, second, middle)):
            weight = normal(*layer.weight.shape, seed=seed)
            layer.weight = nn.Parameter(weight / (1.2 * torch.linalg.matrix_norm(weight, 2)))
        inner = nn.Sequential(first, nn.Tanh(), second, nn.Softplus())
        model = nn.Sequential(Residual(inner), middle, Residual(inner)).double().requires_grad_(False)
        found = certify(model)
        assert 0 < found.m < 1
        assert not violates(model, found, 0)
        assert violates(model, replace(found, m=found.M), 0)

    def test_who_is_to_blame_is_told(self) -> None:
        """The layer that cannot be certified is named, with a remedy."""
        for layers, message in (
            ([nn.Linear(2, 2), nn.Tanh()], r"layer 1, Tanh.*inside Residual"),
            ([nn.Linear(2, 3), nn.Linear(3, 2)], r"layer 0, Linear.*not square"),
            ([nn.Linear(2, 2), nn.ReLU()], r"layer 1, ReLU.*cannot be certified"),
            ([Residual(nn.Sequential(nn.Identity()))], r"layer 0, Residual.*below 1"),
            ([nn.Softplus(beta=2)], r"layer 0, Softplus.*beta 1"),
        ):
            with pytest.raises(ReductionError, match=message):
                certify(nn.Sequential(*layers))
        singular = nn.Linear(2, 2)
        nn.init.zeros_(singular.weight)
        with pytest.raises(ReductionError, match="singular"):
            certify(singular)

    def test_widths_that_do_not_fit_are_told(self) -> None:
        """z + f(z) is no residual map where f narrows R^3 to one number: G(1, 1, 1) = G(0), were it to broadcast."""
        narrow = nn.Linear(3, 1, bias=False)
        nn.init.constant_(narrow.weight, -1 / 3)
        for inner in (narrow, nn.Sequential(nn.Tanh(), narrow, nn.Tanh())):
            with pytest.raises(ReductionError, match="3 inputs and 1 outputs"):
                certify(Residual(inner))
            with pytest.raises(ReductionError, match="must keep the shape"):
                Residual(inner)(torch.ones(2, 3))
        eye = LinearGenerator(torch.eye(2, dtype=torch.float64))
        for layers in ([nn.Linear(2, 3), nn.Linear(2, 2)], [Residual(nn.Linear(3, 3)), nn.Identity(), eye]):
            with pytest.raises(ReductionError, match=r"follows one of 3 outputs"):
                certify(nn.Sequential(*layers))

    def test_an_early_linear_softplus_is_refused(self) -> None:
        """Below threshold 20 torch's Softplus jumps by more than 2e-9, so no m holds; at 20 it is taken as exact."""
        weak = nn.Linear(1, 1, bias=False)
        nn.init.constant_(weak.weight, 0.9)
        for threshold in (-2.0, 19.0):
            with pytest.raises(ReductionError, match="threshold 20"):
                certify(Residual(nn.Sequential(weak, nn.Softplus(threshold=threshold))))
        assert certify(Residual(nn.Sequential(weak, nn.Softplus()))).m == pytest.approx(0.1, abs=1e-6)
        ends = torch.tensor([20.0, 20.0 + 1e-12], dtype=torch.float64)
        before, after = nn.Softplus()(ends)
        assert float(before - after) == pytest.approx(math.exp(-20), rel=0.01)

    def test_generators_keep_their_constants(self) -> None:
        """Of a generator they are its own, and a sequence of it twice has those of its square."""
        G = random_smooth(2, 3, torch.Generator().manual_seed(0))
        assert certify(G) == G.constants
        assert pytest.approx(DeepGenerator([G, G]).constants.M3) == certify(nn.Sequential(G, G)).M3


class TestFalsify:
    def test_a_planted_flat_direction_is_found(self) -> None:
        """A map that folds one direction of R^5 is refuted for every m: two points with the same image."""

        class Folded(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.turn = nn.Buffer(random_orthogonal(5, torch.Generator().manual_seed(1)))

            def forward(self, z: Tensor) -> Tensor:
                w = z @ self.turn.T
                return torch.cat([w[:, :4], torch.sin(w[:, 4:])], dim=1)

        pair = falsify_invertibility(Folded(), 5, seed=3)
        assert pair.refutes(0.01)
        image = Folded()(torch.stack([pair.z, pair.other]))
        assert float((image[0] - image[1]).norm()) < 0.01 * float((pair.z - pair.other).norm())

    @settings(max_examples=5, deadline=None)
    @given(generators(4))
    def test_it_never_refutes_what_is_proved(self, G: Generator) -> None:
        """No pair is closer than the certified m."""
        assert not falsify_invertibility(G, G.latents, starts=16, steps=40).refutes(G.constants.m)

    def test_the_best_m_is_found(self) -> None:
        """Of 2 z - softplus-like bends the infimum 2 - 1 is approached, and a linear map's least stretch is met."""
        one = torch.ones(1, 1, dtype=torch.float64)
        bent = SmoothGenerator(2 * one, -one, one, 0 * one[0], SOFTPLUS)
        assert falsify_invertibility(bent, 1).ratio == pytest.approx(1.0, abs=0.02)
        A = normal(6, 6)
        pair = falsify_invertibility(LinearGenerator(A), 6, starts=4, steps=5)
        assert pair.ratio == pytest.approx(float(torch.linalg.svdvals(A)[-1]), rel=1e-6)
        assert pair.refutes(2 * pair.ratio)

    def test_equal_seeds_find_equal_pairs(self) -> None:
        """The search depends on its seed alone, and leaves the module as it was."""
        G = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
        first, again = (falsify_invertibility(G, 2, seed=1, starts=4, steps=5) for _ in range(2))
        assert torch.equal(first.z, again.z)
        assert G[0].weight.dtype == torch.float32
        assert G[0].weight.requires_grad

    def test_misuse_is_told(self) -> None:
        """No start, a module that drops the batch, and one without a gradient are refused."""

        class Constant(nn.Module):
            def forward(self, z: Tensor) -> Tensor:
                return z.detach()

        with pytest.raises(ReductionError, match="positive"):
            falsify_invertibility(nn.Identity(), 2, starts=0)
        with pytest.raises(ReductionError, match="keep the batch"):
            falsify_invertibility(nn.Flatten(0), 2)
        with pytest.raises(ReductionError, match="no gradient"):
            falsify_invertibility(Constant(), 2)
