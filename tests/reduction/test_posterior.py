"""The exact posterior of sign patterns, against scipy's densities, 60-digit arithmetic, quadrature and work by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import binomtest, kstest, norm

from circuits import Bit, Builder, Circuit, evaluate
from circuits.families import Permutation, family
from reductions import posterior as module
from reductions.closed_form import closed_form, closed_form_miss
from reductions.error import ReductionError
from reductions.patterns import pattern_of, signs_of
from reductions.posterior import SignPosterior

SEEDS = st.integers(0, 2**32 - 1)


def identity(d: int) -> Circuit:
    builder = Builder(f"identity {d}")
    builder.outputs(builder.inputs(d))
    return builder.build()


def conjunction(copies: int = 1) -> Circuit:
    """(x0, x1) -> x0 & x1, repeated."""
    builder = Builder("and")
    x, y = builder.inputs(2)
    builder.outputs([x & y] * copies)
    return builder.build()


def scrambled(inputs: int, outputs: int, seed: int) -> Circuit:
    """A seeded circuit, hardly ever injective."""
    rng = np.random.default_rng(seed)
    builder = Builder(f"scrambled {seed}")
    known = [bit.literal for bit in builder.inputs(inputs)]
    for _ in range(3 * inputs):
        a, b = (known[int(rng.integers(len(known)))] ^ int(rng.integers(2)) for _ in range(2))
        known.append(builder.xor_literals(a, b) if rng.integers(2) else builder.and_literals(a, b))
    for _ in range(outputs):
        builder.output(Bit(builder, known[int(rng.integers(len(known)))]))
    return builder.build()


def toffoli(d: int, seed: int = 0) -> Circuit:
    built = family("toffoli").build(d, seed=seed)
    assert isinstance(built, Permutation)
    return built.circuit


def vertices(circuit: Circuit) -> np.ndarray:
    """C(b) in ±1 for every pattern, by the reference evaluator."""
    outputs = [evaluate(circuit, b) for b in range(1 << circuit.num_inputs)]
    return np.array([[1.0 if y >> i & 1 else -1.0 for i in range(circuit.num_outputs)] for y in outputs])


def by_scipy(circuit: Circuit, beta: float, x: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """log p(b|x) and log p(x), by normal densities of scipy added up."""
    log_joint = norm.logpdf(x.numpy()[:, None, :], loc=vertices(circuit), scale=beta).sum(2)
    log_joint -= circuit.num_inputs * math.log(2)
    evidence = logsumexp(log_joint, axis=1)
    return log_joint - evidence[:, None], evidence


def by_mpmath(circuit: Circuit, beta: float, x: list[float]) -> list[tuple[float, float]]:
    """(log p(b|x), log(1 - p(b|x))) for every pattern, in 60 digits with unbounded exponents."""
    with mpmath.workdps(60):
        scale = -1 / (2 * mpmath.mpf(beta) ** 2)
        weights = [
            mpmath.exp(scale * sum((mpmath.mpf(a) - int(v)) ** 2 for a, v in zip(x, vertex, strict=True)))
            for vertex in vertices(circuit)
        ]
        rests = [mpmath.fsum(weights[:b] + weights[b + 1 :]) for b in range(len(weights))]
        pairs = list(zip(weights, rests, strict=True))
        return [(float(-mpmath.log1p(rest / w)), float(-mpmath.log1p(w / rest))) for w, rest in pairs]


def every_pattern(n: int, d: int) -> torch.Tensor:
    return torch.arange(1 << d).expand(n, -1)


def draw_x(n: int, outputs: int, scale: float, seed: int) -> torch.Tensor:
    return scale * torch.randn(n, outputs, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class TestSmallCases:
    def test_one_bit(self) -> None:
        """For d = 1 and C the identity, p(+|x) = sigmoid(2x/beta²)."""
        table = SignPosterior(identity(1), 1.0).table(torch.tensor([[0.5], [0.0]], dtype=torch.float64)).exp()
        assert table[0].tolist() == pytest.approx([0.2689414213699951, 0.7310585786300049], rel=1e-15)
        assert table[1].tolist() == [0.5, 0.5]

    def test_two_bits_and_one_output(self) -> None:
        """For C = AND at x = beta = 1, the three patterns of the vertex -1 weigh e^-2 each, against 1."""
        posterior = SignPosterior(conjunction(), 1.0)
        x = torch.tensor([[1.0]], dtype=torch.float64)
        weight = math.exp(-2)
        expected = [weight / (1 + 3 * weight)] * 3 + [1 / (1 + 3 * weight)]
        assert posterior.table(x)[0].exp().tolist() == pytest.approx(expected, rel=1e-15)
        assert posterior.log_evidence(x).item() == pytest.approx(
            math.log((1 + 3 * weight) / 4 / math.sqrt(2 * math.pi)), rel=1e-15
        )
        assert posterior.most_likely(x)[0].tolist() == [3]

    def test_equals_go_to_the_lowest_pattern(self) -> None:
        """Of equally likely patterns, the lowest is the most likely; sgn 0 = +1 is set."""
        pattern, log_p = SignPosterior(conjunction(), 1.0).most_likely(torch.tensor([[-2.0], [0.0]]))
        assert pattern.tolist() == [0, 0]
        assert log_p[1].item() == pytest.approx(math.log(1 / 4))
        assert pattern_of(torch.tensor([[0.0, -0.0, -1.0, 2.0]])).tolist() == [11]


class TestBayesRule:
    @settings(max_examples=60)
    @given(st.integers(1, 7), st.integers(1, 30), st.floats(0.2, 3), st.sampled_from([0.3, 1.0, 5.0]), SEEDS)
    def test_table_and_evidence_are_those_of_scipy(
        self, inputs: int, outputs: int, beta: float, scale: float, seed: int
    ) -> None:
        """Any circuit, injective or not, of any width: log p(b|x) and log p(x) agree with sums of scipy's densities."""
        circuit = scrambled(inputs, outputs, seed)
        x = draw_x(3, outputs, scale, seed)
        posterior = SignPosterior(circuit, beta)
        table, evidence = by_scipy(circuit, beta, x)
        np.testing.assert_allclose(posterior.table(x), table, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(posterior.log_evidence(x), evidence, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(
            posterior.log_probability(x, every_pattern(3, inputs)), table, rtol=1e-11, atol=1e-11
        )

    @pytest.mark.parametrize("wrong", [0.3**0.5, 0.3**2, 0.3 / 2**0.5])
    def test_another_variance_is_told_apart(self, wrong: float) -> None:
        """Variance beta, beta^4 or beta²/2 (a lost ½) in place of beta² is far outside of the tolerance above."""
        circuit, x = toffoli(4), draw_x(4, 4, 1.0, 0)
        table, evidence = by_scipy(circuit, 0.3, x)
        posterior = SignPosterior(circuit, wrong)
        assert np.abs(posterior.table(x).numpy() - table).max() > 0.1
        assert np.abs(posterior.log_evidence(x).numpy() - evidence).max() > 0.1

    @settings(max_examples=40)
    @given(st.integers(1, 8), st.integers(1, 20), st.floats(1e-3, 1e3), SEEDS)
    def test_probabilities_sum_to_one(self, inputs: int, outputs: int, beta: float, seed: int) -> None:
        """exp of a row of the table sums to 1, and no entry is NaN, from beta = 1/1000 to 1000."""
        table = SignPosterior(scrambled(inputs, outputs, seed), beta).table(draw_x(4, outputs, 2.0, seed))
        assert not table.isnan().any()
        assert torch.allclose(table.exp().sum(1), torch.ones(4, dtype=torch.float64), rtol=0, atol=1e-9)

    @settings(max_examples=30)
    @given(st.integers(2, 6), st.integers(2, 15), SEEDS)
    def test_outputs_may_be_reordered(self, inputs: int, outputs: int, seed: int) -> None:
        """Reordering the outputs of C and the coordinates of x together changes nothing."""
        circuit, x = scrambled(inputs, outputs, seed), draw_x(3, outputs, 1.0, seed)
        order = np.random.default_rng(seed).permutation(outputs)
        names = tuple(circuit.output_names[i] for i in order)
        reordered = replace(circuit, outputs=circuit.outputs[order], output_names=names)
        torch.testing.assert_close(
            SignPosterior(reordered, 0.5).table(x[:, order]),
            SignPosterior(circuit, 0.5).table(x),
            rtol=1e-12,
            atol=1e-12,
        )

    @settings(max_examples=30)
    @given(st.integers(2, 6), SEEDS)
    def test_inputs_may_be_reordered(self, inputs: int, seed: int) -> None:
        """Reordering the inputs of C reorders the bits of the patterns."""
        circuit, x = scrambled(inputs, 5, seed), draw_x(3, 5, 1.0, seed)
        order = np.random.default_rng(seed).permutation(inputs)
        builder = Builder("reordered")
        bits = list(builder.inputs(inputs))
        builder.outputs(builder.apply(circuit, [bits[i] for i in order]))  # its input j is the new input order[j]
        moved = [sum((b >> int(order[j]) & 1) << j for j in range(inputs)) for b in range(1 << inputs)]
        expected = SignPosterior(circuit, 0.5).table(x)[:, moved]
        torch.testing.assert_close(SignPosterior(builder.build(), 0.5).table(x), expected, rtol=1e-12, atol=1e-12)


class TestClosedForm:
    @settings(max_examples=60)
    @given(
        st.integers(1, 5),
        st.floats(-3, 3).map(lambda e: 10**e),
        st.sampled_from([0.0, 1e-6, 0.1, 1.0, 30.0, 1e4]),
        SEEDS,
    )
    def test_bayes_and_the_product_agree_with_60_digits(self, d: int, beta: float, scale: float, seed: int) -> None:
        """For a bijection, log p(b|x) and log(1 - p(b|x)) have relative errors below 1e-12, near the cube or far."""
        circuit = toffoli(d, seed % 1000) if d >= 4 else identity(d)
        x = torch.sign(draw_x(1, d, 1.0, seed + 1)) * (scale <= 1) + draw_x(1, d, scale, seed)
        expected, missed = np.array(by_mpmath(circuit, beta, x[0].tolist())).T
        posterior, patterns = SignPosterior(circuit, beta), every_pattern(1, d)
        floor = 1e-290  # below it, doubles run out of digits
        for got in (
            posterior.table(x)[0],
            posterior.log_probability(x, patterns)[0],
            closed_form(circuit, beta, x, patterns)[0],
        ):
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=floor)
        for got in (posterior.log_miss(x, patterns)[0], closed_form_miss(circuit, beta, x, patterns)[0]):
            np.testing.assert_allclose(got, missed, rtol=1e-12, atol=floor)

    @pytest.mark.parametrize("bits", [13, 17])
    def test_bayes_and_the_product_agree_over_several_chunks(self, bits: int) -> None:
        """Over more patterns than a chunk holds and outputs than a group holds, Bayes' sum is the product."""
        circuit, x = toffoli(bits), draw_x(3, bits, 1.0, 5)
        patterns = torch.randint(1 << bits, (3, 50), generator=torch.Generator().manual_seed(0))
        posterior = SignPosterior(circuit, 0.7)
        best, log_p = posterior.most_likely(x)
        product = closed_form(circuit, 0.7, x, patterns)
        torch.testing.assert_close(posterior.log_probability(x, patterns), product, rtol=1e-12, atol=0)
        torch.testing.assert_close(closed_form(circuit, 0.7, x, best), log_p, rtol=1e-12, atol=0)
        assert [evaluate(circuit, b) for b in best.tolist()] == pattern_of(x).tolist()

    def test_other_circuits_are_refused(self) -> None:
        """A circuit of unequal widths, or one with a collision, has no closed form, and the message says so."""
        x, patterns = torch.zeros(1, 2), torch.zeros(1, dtype=torch.int64)
        with pytest.raises(ReductionError, match=r"'and' is not a bijection.*SignPosterior"):
            closed_form(conjunction(2), 1.0, x, patterns)
        with pytest.raises(ReductionError, match="not a bijection"):
            closed_form_miss(conjunction(1), 1.0, x[:, :1], patterns)

    def test_the_product_is_wrong_for_them(self) -> None:
        """Where C is not injective, the product of sigmoids is no posterior: it does not agree with Bayes' rule."""
        circuit, x = conjunction(2), torch.tensor([[0.4, -0.1]], dtype=torch.float64)
        product = np.log(1 / (1 + np.exp(-2 * x.numpy() * vertices(circuit) / 0.5**2))).sum(1)
        assert np.abs(SignPosterior(circuit, 0.5).table(x)[0].numpy() - product).max() > 0.5


class TestStreaming:
    @settings(max_examples=25)
    @given(st.integers(1, 6), st.integers(1, 15), SEEDS)
    def test_chunks_and_blocks_change_nothing(self, inputs: int, outputs: int, seed: int) -> None:
        """Chunks of 4 patterns and blocks of one x give the numbers of a single pass."""
        circuit, x = scrambled(inputs, outputs, seed), draw_x(5, outputs, 1.0, seed)
        patterns = every_pattern(5, inputs)

        def everything() -> list[torch.Tensor]:
            posterior = SignPosterior(circuit, 0.4)
            best = posterior.most_likely(x)
            return [posterior.table(x), posterior.log_evidence(x), posterior.log_miss(x, patterns), *best]

        with pytest.MonkeyPatch.context() as patch:
            whole = everything()
            patch.setattr(module, "CHUNK", 4)
            patch.setattr(module, "BLOCK", 1)
            for one, two in zip(whole, everything(), strict=True):
                torch.testing.assert_close(one, two, rtol=1e-12, atol=1e-12)

    def test_shapes_and_dtypes_are_those_of_the_arguments(self) -> None:
        """float32 stays float32 to its own precision; patterns may be (n,) or (n, k); no x gives no results."""
        posterior, x = SignPosterior(toffoli(5), 0.6), draw_x(4, 5, 1.0, 2)
        single = posterior.table(x.float())
        assert single.dtype == torch.float32
        torch.testing.assert_close(single.double(), posterior.table(x), rtol=1e-5, atol=1e-5)
        best, log_p = posterior.most_likely(x)
        torch.testing.assert_close(posterior.log_probability(x, best), log_p, rtol=0, atol=0)
        assert posterior.log_probability(x, best[:, None].repeat(1, 3)).shape == (4, 3)
        assert posterior.table(x[:0]).shape == (0, 32)
        assert posterior.log_evidence(x[:0]).shape == (0,)
        assert posterior.sample(x[:0], torch.Generator()).shape == (0, 5)

    def test_most_likely_is_the_tables_maximum(self) -> None:
        """The streamed maximum is the first maximum of the table, equals included."""
        posterior, x = SignPosterior(scrambled(6, 4, 3), 0.5), draw_x(50, 4, 1.0, 3)
        pattern, log_p = posterior.most_likely(x)
        table = posterior.table(x)
        assert torch.equal(pattern, table.argmax(1))
        torch.testing.assert_close(log_p, table.amax(1), rtol=1e-12, atol=1e-14)


class TestLatent:
    @pytest.mark.parametrize(("x", "beta"), [(0.3, 0.8), (-1.7, 1.5), (0.02, 0.3)])
    def test_density_is_that_of_quadrature(self, x: float, beta: float) -> None:
        """For d = 1, p(z|x) is phi(z) N(x; sgn z, beta²) divided by its integral over z."""
        posterior, tensor = SignPosterior(identity(1), beta), torch.tensor([[x]], dtype=torch.float64)

        def joint(z: float) -> float:
            return float(norm.pdf(z) * norm.pdf(x, loc=1 if z >= 0 else -1, scale=beta))

        evidence = sum(quad(joint, *ends, epsabs=0, epsrel=1e-11)[0] for ends in ((-12, -1e-300), (0, 12)))
        assert posterior.log_evidence(tensor).item() == pytest.approx(math.log(evidence), rel=1e-9)
        for z in (-2.0, -0.1, 0.0, 0.4, 3.0):
            got = posterior.log_density(torch.tensor([[z]], dtype=torch.float64), tensor)
            assert got.item() == pytest.approx(math.log(joint(z) / evidence), rel=1e-9)

    @pytest.mark.parametrize("chunk", [4, 1 << 15])
    def test_samples_have_the_posteriors_law(self, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """Pattern counts are binomial (1e-6 each), magnitudes half-normal, over one chunk or several."""
        monkeypatch.setattr(module, "CHUNK", chunk)
        posterior, x = SignPosterior(toffoli(4), 1.0), draw_x(2, 4, 1.0, 8)
        counts = posterior.sample_patterns(x, torch.Generator().manual_seed(1), draws=20_000)
        for row, table in zip(counts, posterior.table(x).exp(), strict=True):
            for pattern, p in enumerate(table.tolist()):
                assert binomtest(int((row == pattern).sum()), 20_000, min(p, 1.0)).pvalue > 1e-6
        z = posterior.sample(x[:1].expand(20_000, -1), torch.Generator().manual_seed(2))
        assert kstest(z.abs().flatten(), "halfnorm").pvalue > 1e-6
        assert binomtest(int((pattern_of(z) == 5).sum()), 20_000, float(posterior.table(x)[0, 5].exp())).pvalue > 1e-6
        correlation = np.corrcoef(np.c_[z.abs(), z.sign()].T)[:4, 4:]
        assert np.abs(correlation).max() < 5 / math.sqrt(20_000)

    def test_the_same_seed_gives_the_same_sample(self) -> None:
        """Samples depend on the generator's state alone; dtype follows x."""
        posterior, x = SignPosterior(toffoli(5), 0.5), draw_x(6, 5, 1.0, 8).float()
        one, two = (posterior.sample(x, torch.Generator().manual_seed(3)) for _ in range(2))
        assert one.dtype == torch.float32
        assert torch.equal(one, two)
        assert not torch.equal(one, posterior.sample(x, torch.Generator().manual_seed(4)))

    @given(st.integers(1, 40), st.data())
    def test_patterns_and_signs_are_inverse(self, d: int, data: st.DataObject) -> None:
        """`pattern_of` undoes `signs_of`."""
        patterns = torch.tensor([data.draw(st.integers(0, 2**d - 1))])
        assert torch.equal(pattern_of(signs_of(patterns, d)), patterns)


class TestErrors:
    def test_what_cannot_be_summed_is_refused(self) -> None:
        """Too many inputs, no inputs, no outputs, and a beta that is no standard deviation are named."""
        with pytest.raises(ReductionError, match="1 to 24 inputs"):
            SignPosterior(identity(25), 1.0)
        with pytest.raises(ReductionError, match="at least one output"):
            SignPosterior(Builder("empty").build(), 1.0)
        for beta in (0.0, -1.0, math.nan, math.inf):
            with pytest.raises(ReductionError, match="standard deviation"):
                SignPosterior(identity(1), beta)

    def test_arguments_of_another_shape_are_refused(self) -> None:
        """x, patterns and z must fit the circuit; x must be finite, and so must |x|/beta²."""
        posterior, x = SignPosterior(identity(3), 1e-3), torch.zeros(2, 3)
        for wrong in (
            torch.zeros(3),
            torch.zeros(2, 4),
            torch.zeros(2, 3, dtype=torch.int64),
            torch.zeros(2, 3).half(),
        ):
            with pytest.raises(ReductionError, match=r"wants x as .* \(n, 3\)"):
                posterior.table(wrong)
        for value in (math.nan, math.inf, 1e35):
            with pytest.raises(ReductionError, match="not finite, or"):
                posterior.log_evidence(torch.full((1, 3), value))
        with pytest.raises(ReductionError, match=r"outside of \[0, 8\)"):
            posterior.log_probability(x, torch.tensor([0, 8]))
        with pytest.raises(ReductionError, match="patterns must be int64"):
            posterior.log_probability(x, torch.zeros(3, dtype=torch.int64))
        with pytest.raises(ReductionError, match="3 inputs, but z 2"):
            posterior.log_density(torch.zeros(2, 2), x)

    def test_a_table_too_large_is_refused(self) -> None:
        """The message names the limit and what to use instead."""
        with pytest.raises(ReductionError, match=r"2\^17 patterns exceeds 67108864 entries.*stream"):
            SignPosterior(identity(17), 1.0).table(torch.zeros(513, 17))
