"""Encoders: right signs, half-normal magnitudes, the sizes they state, and the failures that they are built for."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from circuits import Builder, Circuit
from circuits.families import Permutation, family
from circuits.simulation import truth_table
from reductions import ReductionError
from reductions.encoders import (
    bin_of,
    circuit_signs,
    exact,
    exact_distance,
    fickle,
    from_signs,
    partial,
    partial_inverse,
    planted,
    sign_means,
    sign_probabilities,
    slack,
    table_signs,
    tabled,
    thresholds,
)
from reductions.encoders.exact import probit_of_sigmoid
from reductions.encoders.fickle import RAMP
from reductions.latent import DeepLatentGaussian
from reductions.networks import IDENTITY, MAGNITUDE, Network, NetworkBuilder, PiecewiseLinear
from reductions.patterns import pattern_of, signs_of
from reductions.posterior import SignPosterior

D = 8
BETA = 1 / (7 * D**0.5)
#: A true hypothesis is rejected about once in a million seeds; the seeds are fixed.
FALSE_ALARM = 1e-6

PERMUTATIONS = {name: family(name).build(D, None, 1) for name in ("toffoli", "feistel", "spn")}
each_permutation = pytest.mark.parametrize("permutation", PERMUTATIONS.values(), ids=PERMUTATIONS.keys())
MAKERS: dict[str, Callable[[Permutation], DeepLatentGaussian]] = {
    "planted": lambda permutation: planted(permutation.inverse),
    "exact": lambda permutation: exact(permutation.circuit, BETA),
    "tabled": lambda permutation: tabled(permutation.circuit),
}
each_good_encoder = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def integers(d: int) -> Tensor:
    return torch.arange(1 << d)


def vertices(d: int) -> Tensor:
    return signs_of(integers(d), d)


def inverse_table(circuit: Circuit) -> Tensor:
    """C^{-1}(x) at place x, by sorting C's truth table."""
    return torch.from_numpy(np.argsort(truth_table(circuit)).astype(np.int64))


def worst_noises(d: int) -> list[Tensor]:
    """Noises of norm 6/7 = 6 beta sqrt d, against the signs of x: on one coordinate, spread evenly, at random."""
    single = [6 / 7 * torch.eye(d, dtype=torch.float64)[i] for i in range(d)]
    spread = torch.full((d,), 6 / 7 / d**0.5, dtype=torch.float64)
    random = torch.randn(4, d, dtype=torch.float64, generator=seeded(5))
    return [*single, spread, *(6 / 7 * row / row.norm() for row in random)]


def gates(circuit: Circuit) -> int:
    """The parameters of a circuit's network: two weights an XOR, a bias more an AND, one a complemented output."""
    ands = int((~circuit.is_xor).sum())
    return 2 * circuit.num_gates + ands + int(((circuit.outputs & 1) | (circuit.outputs < 2)).sum())


def patterns_by_string(encoder: DeepLatentGaussian, strings: Tensor) -> Tensor:
    """The patterns that a two-layer encoder samples: strings by vertices."""
    (first, _), (last, _) = encoder.layers
    means = first(vertices(D))
    return torch.stack([pattern_of(last(means + string)) for string in strings])


def with_activation(network: Network, old: PiecewiseLinear, new: PiecewiseLinear) -> Network:
    assert old in network.activations
    return replace(network, activations=tuple(new if one == old else one for one in network.activations))


class TestGoodEncoders:
    @each_permutation
    @each_good_encoder
    def test_signs_on_and_near_all_vertices(
        self, permutation: Permutation, make: Callable[[Permutation], DeepLatentGaussian]
    ) -> None:
        """The sample's signs are C^{-1}(sgn x) at each vertex and at distance 6 beta sqrt d, in the worst corners."""
        encoder, wanted = make(permutation), inverse_table(permutation.circuit)
        for seed, noise in enumerate([torch.zeros(D), *worst_noises(D)]):
            x = vertices(D) * (1 - noise)
            assert torch.equal(pattern_of(encoder.sample(x, seeded(seed))), wanted)

    @each_good_encoder
    def test_a_forward_circuit_is_noticed(self, make: Callable[[Permutation], DeepLatentGaussian]) -> None:
        """The encoder made with C and C^{-1} exchanged is wrong at most vertices."""
        permutation = PERMUTATIONS["spn"]
        encoder = make(Permutation(permutation.inverse, permutation.circuit))
        right = pattern_of(encoder.sample(vertices(D), seeded(0))) == inverse_table(permutation.circuit)
        assert right.double().mean() < 0.1

    @each_permutation
    def test_parameters(self, permutation: Permutation) -> None:
        """Each encoder has as many parameters as its formula says."""
        circuit, inverse = permutation.circuit, permutation.inverse
        assert planted(inverse).parameter_count == 11 * D + gates(inverse)
        assert exact(circuit, BETA).parameter_count == 2**D * (3 * D // 2 + 1) + 12 * D
        assert tabled(circuit).parameter_count == D**2 + 13 * D
        assert fickle(inverse).parameter_count == 14 * D + 5 + gates(inverse)
        some = partial_inverse(inverse, 0.3, seed=1)
        assert partial(inverse, 0.3, seed=1).parameter_count == 11 * D + gates(some)


class TestTail:
    @each_good_encoder
    def test_magnitudes_are_half_normal(self, make: Callable[[Permutation], DeepLatentGaussian]) -> None:
        """|z| passes a Kolmogorov-Smirnov test against the half-normal law; with |g| replaced by g it does not."""
        first, last = make(PERMUTATIONS["spn"]).layers
        mutant = (with_activation(last.network, MAGNITUDE, IDENTITY), last.beta)
        p_values = []
        for layers in ([first, last], [first, mutant]):
            z = DeepLatentGaussian(layers).sample(vertices(D).repeat(20, 1), seeded(2))
            p_values.append(stats.kstest(z.abs().ravel().numpy(), stats.halfnorm.cdf).pvalue)
        assert p_values[0] > FALSE_ALARM > p_values[1]

    def test_magnitudes_are_exact(self) -> None:
        """z_j = sgn y_j |g_j| to the last bit where |y_j| >= 1/steepness and |g_j| <= 8, however small |g_j| is."""
        encoder = from_signs(table_signs(np.array([2, 0, 3, 1])))
        strings = encoder.draw_strings(4000, seeded(3), vertices(2))
        strings[:, 2:] *= torch.logspace(-300, 0, 4000, dtype=torch.float64)[:, None]
        x = vertices(2).repeat(1000, 1)
        assert torch.equal(encoder(x, strings), sign_means(encoder, x).sign() * strings[:, 2:].abs())

    def test_magnitudes_end_at_twice_the_cut(self) -> None:
        """Beyond 2 cut the magnitude stays 2 cut."""
        encoder = from_signs(table_signs(np.array([1, 0])), cut=0.5)
        z = encoder(vertices(1), torch.tensor([[0.0, 3.0], [0.0, -3.0]], dtype=torch.float64))
        assert z.tolist() == [[1.0], [-1.0]]

    @settings(max_examples=40)
    @given(st.lists(st.floats(-4, 4), min_size=3, max_size=3), st.sampled_from([0.5, 1.0, 2.0]))
    def test_the_law_of_the_signs(self, logits: list[float], gain: float) -> None:
        """Frequencies of signs lie within slack and six standard deviations of Phi(gain f), computed by scipy."""
        builder = NetworkBuilder(1)
        signs = builder.build(builder.scaled(builder.input_nodes * 3, 0.5, logits))
        encoder = from_signs(signs, gain=gain, steepness=1024.0)
        x = torch.zeros(1, 1, dtype=torch.float64)
        probability = sign_probabilities(encoder, x)
        np.testing.assert_allclose(probability[0], stats.norm.cdf(gain * np.array(logits)), atol=1e-15)
        n = 5000
        frequency = (encoder.sample(x.expand(n, 1), seeded(4)) > 0).double().mean(0)
        assert ((frequency - probability).abs() <= slack(encoder, x) + 6 * (probability / n).sqrt() + 20 / n).all()

    def test_slack(self) -> None:
        """Slack is the probability of |y_j| < 1/steepness or |g_j| > 2 cut, summed: scipy agrees."""
        encoder = from_signs(circuit_signs(PERMUTATIONS["spn"].inverse), gain=0.25, steepness=2.0, cut=1.0)
        mean = 0.25
        sliver = stats.norm.cdf(0.5 - mean) - stats.norm.cdf(-0.5 - mean)
        expected = np.full(1 << D, D * (sliver + 2 * stats.norm.sf(2)))
        np.testing.assert_allclose(slack(encoder, vertices(D)), expected, rtol=1e-12)

    def test_slack_is_negligible_for_certain_signs(self) -> None:
        """With the default gain and cut, slack is below 2e-12 a coordinate at every vertex."""
        assert slack(planted(PERMUTATIONS["spn"].inverse), vertices(D)).max() < D * 2e-12

    @pytest.mark.parametrize("arguments", [{"gain": 0.0}, {"steepness": -1.0}, {"cut": float("nan")}])
    def test_bad_arguments(self, arguments: dict[str, float]) -> None:
        """A gain, steepness or cut that is not positive is one error that names it."""
        with pytest.raises(ReductionError, match=next(iter(arguments))):
            from_signs(table_signs(np.array([1, 0])), **arguments)

    def test_a_law_that_is_not_known(self) -> None:
        """Encoders whose signs are not independent Phi(mean), or whose layers were changed, are refused."""
        permutation = PERMUTATIONS["spn"]
        (first, _), (last, _) = good = planted(permutation.inverse).layers
        linear = with_activation(last, MAGNITUDE, IDENTITY)
        builder = NetworkBuilder(D)
        shifted = builder.append(first, builder.input_nodes)
        shifted[-1] = builder.node([], [], 1.0)
        changed = [
            [(first, 0.5), good[1]],
            [good[0], (last, 0.1)],
            [good[0], (linear, 0.0)],
            [good[0]],
            [(builder.build(shifted), 1.0), good[1]],
        ]
        encoders = [exact(permutation.circuit, BETA), fickle(permutation.inverse), *map(DeepLatentGaussian, changed)]
        for encoder in encoders:
            with pytest.raises(ReductionError, match="not made by from_signs"):
                sign_probabilities(encoder, vertices(D))


class TestExact:
    @pytest.mark.parametrize("beta", [0.15, 0.5, 1.0, 3.0])
    def test_distance_to_the_posterior(self, beta: float) -> None:
        """The law of the signs, a product over the bits of C(sgn z), is as near to the posterior as is stated."""
        circuit = PERMUTATIONS["spn"].circuit
        x = 1.5 * torch.randn(50, D, dtype=torch.float64, generator=seeded(6))
        plus = torch.special.ndtr(exact(circuit, beta).layers[0].network(x)[:, :D])
        images = signs_of(torch.from_numpy(truth_table(circuit).astype(np.int64)), D)
        law = torch.where(images > 0, plus[:, None], 1 - plus[:, None]).prod(-1)
        distance = (law - SignPosterior(circuit, beta).table(x).exp()).abs().sum(1) / 2
        assert (distance <= exact_distance(x, beta)).all()
        assert distance.max() < D * 2.4e-5
        assert exact_distance(x, beta).max() < D * 0.9e-3

    def test_frequencies(self) -> None:
        """At an x between vertices the sampled patterns have the posterior's frequencies: a chi-squared test."""
        circuit = family("toffoli").build(4, None, 3).circuit
        x = torch.tensor([[0.3, -0.1, 0.7, -0.5]], dtype=torch.float64)
        n = 20_000
        patterns = pattern_of(exact(circuit, 0.8).sample(x.expand(n, 4), seeded(7)))
        expected = SignPosterior(circuit, 0.8).table(x)[0].exp()
        counts = torch.bincount(patterns, minlength=16).numpy()
        assert stats.chisquare(counts, n * expected.numpy() / expected.sum().item()).pvalue > FALSE_ALARM

    def test_curvature_of_the_table(self) -> None:
        """h has |h''| <= 0.075 on a fine grid, so 1024 pieces err by at most 2.4e-5 in probability."""
        t = np.linspace(-40, 0, 400_001)
        h = stats.norm.ppf(1 / (1 + np.exp(-t)))
        assert np.abs(np.diff(h, 2)).max() / (t[1] - t[0]) ** 2 < 0.075
        for sign in (1, -1):
            tabulated = sign * probit_of_sigmoid(1024)(torch.from_numpy(sign * t)).numpy()
            assert np.abs(stats.norm.cdf(tabulated) - stats.norm.cdf(h)).max() < 0.075 / 8 * 0.4 * (80 / 1024) ** 2

    @pytest.mark.parametrize("beta", [0.0, -1.0, float("nan"), 1e-200])
    def test_bad_beta(self, beta: float) -> None:
        """A beta that is no standard deviation is one error."""
        with pytest.raises(ReductionError, match="beta"):
            exact(PERMUTATIONS["spn"].circuit, beta)


class TestPartial:
    @each_permutation
    @pytest.mark.parametrize("seed", [None, 1, 2])
    @pytest.mark.parametrize(("fraction", "good"), [(0.0, 0), (0.3, 77), (0.5, 128), (1.0, 256)])
    def test_exactly_the_fraction_is_good(
        self, permutation: Permutation, seed: int | None, fraction: float, good: int
    ) -> None:
        """round(fraction 2^d) vertices are decoded; at all others every sign is wrong."""
        encoder, wanted = partial(permutation.inverse, fraction, seed=seed), inverse_table(permutation.circuit)
        patterns = pattern_of(encoder.sample(vertices(D), seeded(8)))
        right = patterns == wanted
        assert int(right.sum()) == good
        assert torch.equal(patterns[~right], wanted[~right] ^ 255)
        if seed is None:
            assert torch.equal(right, integers(D) < good)

    def test_seeds(self) -> None:
        """A seed chooses the set of good inputs, the same at every run."""
        inverse = PERMUTATIONS["spn"].inverse
        tables = [truth_table(partial_inverse(inverse, 0.3, seed=seed)).tolist() for seed in (1, 1, 2, None)]
        assert tables[0] == tables[1]
        assert len({tuple(table) for table in tables}) == 3

    @pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
    def test_bad_fraction(self, fraction: float) -> None:
        """A fraction outside [0, 1] is one error."""
        with pytest.raises(ReductionError, match="fraction"):
            partial(PERMUTATIONS["spn"].inverse, fraction)


class TestFickle:
    @pytest.mark.parametrize("bins", [2, 10, 11, 16])
    def test_success_of_each_x(self, bins: int) -> None:
        """With g in interval k, exactly the x of bin k fail, in all signs; so each succeeds with 1 - 1/bins."""
        permutation = PERMUTATIONS["spn"]
        encoder, wanted = fickle(permutation.inverse, bins=bins), inverse_table(permutation.circuit)
        named = torch.tensor([bin_of(x, bins) for x in range(1 << D)])
        ends = [-8.0, *thresholds(bins), 8.0]
        points = 5
        strings = encoder.draw_strings(bins * points, seeded(9), vertices(D))
        for k, (low, high) in enumerate(pairwise(ends)):
            inside = torch.linspace(low + 0.51 * RAMP, high - 0.51 * RAMP, points, dtype=torch.float64)
            strings[k * points : (k + 1) * points, D] = inside
            mass = stats.norm.cdf(inside[-1]) - stats.norm.cdf(inside[0])
            assert 1 / bins - 0.5 * RAMP < mass < 1 / bins
        interval = torch.arange(bins).repeat_interleave(points)
        expected = torch.where(named == interval[:, None], wanted ^ 255, wanted)
        assert torch.equal(patterns_by_string(encoder, strings), expected)
        if bins == 11:
            assert 1 / bins + RAMP < 0.1

    def test_no_string_works_for_all(self) -> None:
        """None of 600 random strings is right for all x, nor one with g at, beside or far beyond the thresholds."""
        permutation = PERMUTATIONS["toffoli"]
        encoder, wanted = fickle(permutation.inverse), inverse_table(permutation.circuit)
        strings = encoder.draw_strings(600, seeded(10), vertices(D))
        special = [q + r for q in (*thresholds(11), -60.0, -9.0, 0.0, 9.0, 60.0) for r in (-RAMP / 2, 0.0, RAMP / 3)]
        strings[: len(special), D] = torch.tensor(special, dtype=torch.float64)
        worked = (patterns_by_string(encoder, strings) == wanted).double().mean(1)
        assert worked.max() < 1
        # Though each works for most: a bin has one or two of the 16 nibbles; on a ramp two bins fail.
        clear = (strings[:, D, None] - torch.tensor(thresholds(11), dtype=torch.float64)).abs().min(1).values > RAMP
        assert worked[len(special) :][clear[len(special) :]].min() == 14 / 16

    @pytest.mark.parametrize(("bits", "bins"), [(2, 11), (8, 1), (8, 17)])
    def test_bad_arguments(self, bits: int, bins: int) -> None:
        """Too few bits, and bins that four bits cannot name, are one error."""
        with pytest.raises(ReductionError, match="2 to 16 bins"):
            fickle(family("identity").build(bits, None, 0).inverse, bins=bins)


class TestTabled:
    @settings(max_examples=40)
    @given(st.integers(1, 12), st.integers(0, 2**32))
    def test_any_permutation(self, d: int, seed: int) -> None:
        """Any table's signs come out exactly ±1, in float64 and in float32, from |x_i| = 1/7 to 13/7."""
        table = np.random.default_rng(seed).permutation(1 << d)
        network = table_signs(table)
        wanted = signs_of(torch.from_numpy(table), d)
        for scale in (1 / 7, 1.0, 13 / 7):
            assert torch.equal(network(scale * vertices(d)), wanted)
            assert torch.equal(network(scale * vertices(d).float()), wanted.float())
        assert network.parameters == d * d + 3 * d

    def test_sixteen_bits(self) -> None:
        """The widest table is exact too, on random vertices."""
        table = np.random.default_rng(0).permutation(1 << 16)
        at = torch.randint(1 << 16, (500,), generator=seeded(11))
        x = signs_of(at, 16) * (1 - 6 / 7 * torch.rand(500, 16, dtype=torch.float64, generator=seeded(12)))
        network = table_signs(table)
        assert torch.equal(network(x), signs_of(torch.from_numpy(table)[at], 16))
        assert network.lipschitz == 1

    @pytest.mark.parametrize("d", [4, 8, 12])
    def test_the_hypotheses_of_theorem_2(self, d: int) -> None:
        """L = 1 and W = 8 whatever d is, nodes before the noise stay within 8, and there are d² + 13 d parameters."""
        encoder = tabled(family("feistel").build(d, None, 1).circuit)
        networks = [layer.network for layer in encoder.layers]
        assert max(network.lipschitz for network in networks) == 1
        assert max(network.weight_bound for network in networks) == 8
        assert networks[0].values(13 / 7 * vertices(d)).abs().max() == 8
        y = torch.randn(1000, 2 * d, dtype=torch.float64, generator=seeded(13)) + 8
        assert networks[1].values(y).abs().max() <= y.abs().max()
        assert encoder.parameter_count == d * d + 13 * d

    @pytest.mark.parametrize("table", [[], [0], [0, 0], [0, 1, 2], [1, 2], [0, 1, 2, 2]])
    def test_a_table_of_no_permutation(self, table: list[int]) -> None:
        """A table that is none of a permutation of d >= 1 bits is one error."""
        with pytest.raises(ReductionError, match="no permutation"):
            table_signs(np.array(table, dtype=np.int64))


def _circuit(inputs: int, outputs: int) -> Circuit:
    """x -> (x_0, x_0 AND x_1, ...): no permutation, even where the widths agree."""
    builder = Builder("no permutation")
    x = builder.inputs(inputs)
    builder.outputs([x[0] & x[i % inputs] for i in range(outputs)])
    return builder.build()


@pytest.mark.parametrize("make", [planted, tabled, fickle, lambda c: exact(c, 0.1), lambda c: partial(c, 0.5)])
@pytest.mark.parametrize("circuit", [_circuit(4, 3), _circuit(5, 5), _circuit(2, 4)], ids=["4to3", "5to5", "2to4"])
def test_no_permutation(make: Callable[[Circuit], DeepLatentGaussian], circuit: Circuit) -> None:
    """A circuit of unequal widths, or with a collision, is one error that says so."""
    with pytest.raises(ReductionError, match="give a permutation"):
        make(circuit)


@pytest.mark.parametrize("make", [tabled, lambda c: exact(c, 0.1)])
def test_too_wide(make: Callable[[Circuit], DeepLatentGaussian]) -> None:
    """Tables of more than 16 bits are refused before they are made."""
    with pytest.raises(ReductionError, match="ends at 16"):
        make(family("identity").build(17, None, 0).circuit)
