"""The text experiment of Shekhovtsov et al., Section 4.3: documents, gradients, training, retrieval, the table."""

from __future__ import annotations

import itertools
import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import multinomial
from torch.utils._python_dispatch import TorchDispatchMode

from circuits.kept import KeptRows
from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.text import arm
from claims.papers.shekhovtsov_2022.text.corpus import (
    NEWSGROUPS,
    SYNTHETIC,
    Corpus,
    load_corpus,
    read_corpus,
    shared_data,
    synthetic_corpus,
)
from claims.papers.shekhovtsov_2022.text.documents import Documents
from claims.papers.shekhovtsov_2022.text.model import (
    Decoder,
    Encoder,
    background,
    distortion,
    distortions,
    divergence,
    exact_nelbo,
)
from claims.papers.shekhovtsov_2022.text.retrieval import precision
from claims.papers.shekhovtsov_2022.text.table_2 import PLANS, Plan, Row, reproduce, table_2
from claims.papers.shekhovtsov_2022.text.table_2_findings import findings
from claims.papers.shekhovtsov_2022.text.table_2_rates import FOUND, best, tuned
from claims.papers.shekhovtsov_2022.text.training import Schedule, Training, train

COUNTS = st.integers(1, 5).flatmap(lambda n: arrays(np.int64, (n, 4), elements=st.sampled_from([0, 0, 1, 2, 7])))


def sparse(x: np.ndarray, dtype: torch.dtype = torch.float64) -> Documents:
    counts = torch.from_numpy(x)
    owners, words = counts.nonzero(as_tuple=True)
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), (counts > 0).sum(1).cumsum(0)])
    return Documents(starts, words, counts[owners, words].to(dtype), torch.arange(len(x)), x.shape[1])


def dense(documents: Documents) -> torch.Tensor:
    x = documents.counts.new_zeros(len(documents), documents.vocabulary)
    return x.index_put((documents.owners, documents.words), documents.counts)


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# --- documents ---


@settings(max_examples=40, deadline=None)
@given(COUNTS, st.data())
def test_sparse_documents_agree_with_dense_ones(x: np.ndarray, data: st.DataObject) -> None:
    """Lengths, frequencies, products and selections are those of the dense matrix, empty documents among them."""
    documents, full = sparse(x), torch.from_numpy(x).double()
    matrix = torch.randn(4, 3, dtype=torch.float64, generator=source())
    lengths = full.sum(1)
    assert torch.equal(documents.lengths, lengths)
    assert torch.allclose(dense(documents.frequencies()), full / lengths.clamp(min=1)[:, None])
    assert torch.allclose(documents.product(matrix), full @ matrix)
    ratio = torch.xlogy(full, full / lengths.clamp(min=1)[:, None])
    assert torch.allclose(documents.own_log_likelihood(), ratio.sum(1))
    chosen = torch.tensor(data.draw(st.lists(st.integers(0, len(x) - 1), max_size=6)), dtype=torch.int64)
    selected = documents.select(chosen)
    assert torch.equal(dense(selected), full[chosen])
    assert torch.equal(selected.labels, chosen)


@settings(max_examples=40, deadline=None)
@given(COUNTS)
def test_distortion_differs_as_scipys_multinomial_does(x: np.ndarray) -> None:
    """Between two word distributions a document's distortion differs by scipy's log-likelihood; shared rows agree."""
    log_p = torch.randn(2, 4, dtype=torch.float64, generator=source()).log_softmax(1)
    found = distortions(sparse(x), log_p)
    for column in range(2):
        alone = distortion(sparse(x), log_p[column].expand(len(x), -1))
        assert torch.allclose(alone, found[:, column])
    p, q = log_p.exp().numpy()
    theirs = multinomial.logpmf(x, x.sum(1), q) - multinomial.logpmf(x, x.sum(1), p)
    assert np.allclose((found[:, 0] - found[:, 1]).numpy(), theirs)
    assert (found >= -1e-12).all()


def test_batches_cover_every_document_once() -> None:
    """A shuffled pass has every document once, the last batch smaller; without a generator it keeps the order."""
    documents = synthetic_corpus(0, train=70, test=3).train
    documents = replace(documents, labels=torch.arange(70))
    seen = [batch.labels for batch in documents.batches(32, source())]
    assert [len(one) for one in seen] == [32, 32, 6]
    assert torch.equal(torch.cat(seen).sort().values, torch.arange(70))
    assert torch.equal(torch.cat([batch.labels for batch in documents.batches(32)]), torch.arange(70))


# --- gradients ---


TABLE = torch.tensor([[1.0, -2.0, 0.5, 3.0, 0.0, 1.5, -1.0, 2.0], [5.0] * 8, [0.0, 0, 0, 0, 0, 0, 0, 1.0]]).double()
LOGITS = torch.tensor([[0.3, -1.2, 2.0], [0.0, 1.0, -1.0], [-3.0, 0.1, 0.7]], dtype=torch.float64)


def f(z: torch.Tensor) -> torch.Tensor:
    """Row i of the batch looks its value up in row i of TABLE."""
    code = (z @ z.new_tensor([4.0, 2.0, 1.0])).long()
    return TABLE[torch.arange(3).expand(code.shape), code]


def expected_f(logits: torch.Tensor) -> torch.Tensor:
    total = torch.zeros(3, dtype=torch.float64)
    for z in itertools.product([0.0, 1.0], repeat=3):
        bits = torch.tensor(z, dtype=torch.float64).expand(3, 3)
        q = torch.distributions.Bernoulli(logits=logits).log_prob(bits).sum(1).exp()
        total = total + q * f(bits)
    return total


def test_the_exact_gradient_is_autograds() -> None:
    """The sum over all codes equals the derivative of the brute-force expectation under torch's own Bernoulli."""
    logits = LOGITS.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(expected_f(logits).sum(), logits)
    assert torch.allclose(arm.exact(f, LOGITS), gradient, atol=1e-12)


@pytest.mark.parametrize("estimator", [arm.arm, arm.reinforce])
def test_estimators_are_unbiased(estimator: Any) -> None:
    """The mean of 400 000 estimates is the exact gradient: wrongly refused with probability below 1e-9 (Hoeffding)."""
    draws, false_alarm = 400_000, 1e-9
    u = torch.rand(draws, 3, 3, dtype=torch.float64, generator=source(1))
    estimates = estimator(f, LOGITS.expand(draws, -1, -1), u)
    # Either estimator is at most |f|: half a difference of two values, or a value times less than 1.
    width = 2 * TABLE.abs().max()
    allowed = width * math.sqrt(math.log(2 * 9 / false_alarm) / (2 * draws))
    assert estimates.abs().max() <= width / 2
    assert (estimates.mean(0) - arm.exact(f, LOGITS)).abs().max() < allowed


def test_both_codes_of_arm_are_samples() -> None:
    """Either of the two codes has the encoder's probabilities, and they are antithetic."""
    u = (torch.arange(1000, dtype=torch.float64) + 0.5)[:, None] / 1000
    logits = torch.tensor([0.7], dtype=torch.float64)
    first, second = arm.antithetic(logits.expand(1000, 1), u)
    for code in (first, second):
        assert float(code.mean()) == pytest.approx(float(logits.sigmoid()), abs=1e-3)
    assert torch.equal(first, second.flip(0))


def test_states_are_all_codes() -> None:
    """The codes are listed in counting order, in the dtype asked for; too many bits are refused."""
    expected = torch.tensor(list(itertools.product([0.0, 1.0], repeat=3)), dtype=torch.float64)
    assert torch.equal(arm.states(3, LOGITS), expected)
    q = arm.state_log_probabilities(LOGITS, expected).exp()
    assert torch.allclose(q.sum(1), torch.ones(3, dtype=torch.float64))
    with pytest.raises(ModelError, match="bits = 21"):
        arm.states(21, LOGITS)


def trained_in_part(bits: int, depth: int = 1) -> Training:
    corpus = synthetic_corpus(0, train=300, test=50, words=60)
    training = Training(corpus, bits, depth, "e1", Schedule(1, 0, rate=1e-2, batch=50), seed=0, hidden=16)
    for _ in range(3):
        training.epoch(1)
    return training


def test_arm_varies_less_than_reinforce_on_the_model() -> None:
    """On a decoder trained for a while ARM's total variance is below a tenth of REINFORCE's, document by document."""
    training = trained_in_part(10)
    documents = next(training.corpus.train.batches(20))
    with torch.no_grad():
        logits = training.encoder(documents)
        u = torch.rand(400, *logits.shape, generator=source(2))

        def loss(z: torch.Tensor) -> torch.Tensor:
            return distortion(documents, training.decoder(z))

        arms, scores = (
            torch.stack([kind(loss, logits, one) for one in u]).var(0).sum(1) for kind in (arm.arm, arm.reinforce)
        )
    assert (arms < 0.1 * scores).all()


def test_the_step_by_arm_is_the_exact_gradient_on_average() -> None:
    """Averaged over 16 000 samples of fixed seed, both networks' gradients are those by all codes, within 7 %."""
    training = trained_in_part(3)
    documents = next(training.corpus.train.batches(8))
    assert training.z is not None
    often = documents.select(torch.arange(8).repeat(8000))
    networks = (training.encoder, training.decoder)
    found = []
    for by_arm in (False, True):
        training.adam.zero_grad()
        if by_arm:
            training._arm_gradient(often, 2)
        else:
            logits, log_p = training.encoder(documents), training.decoder(training.z)
            exact_nelbo(documents, logits, training.z, log_p).mean().backward()
        found.append([torch.cat([one.grad.flatten() for one in net.parameters()]) for net in networks])
    for exact, by_arm in zip(*found, strict=True):
        assert (exact - by_arm).norm() < 0.07 * exact.norm()


# --- the model ---


def test_exact_nelbo_is_the_brute_force_sum() -> None:
    """The sparse product over shared codes equals a loop over codes and words under torch's Bernoulli."""
    corpus = synthetic_corpus(1, train=6, test=2, words=30)
    documents = replace(corpus.train, counts=corpus.train.counts.double())
    decoder = Decoder(3, 2, background(documents), source(), hidden=5)
    encoder = Encoder("e1", 30, 3, source()).double()
    logits, z = encoder(documents), arm.states(3, background(documents))
    found = exact_nelbo(documents, logits, z, decoder(z))
    posterior, prior = torch.distributions.Bernoulli(logits=logits), torch.distributions.Bernoulli(torch.tensor(0.5))
    kl = torch.distributions.kl_divergence(posterior, prior).sum(1)
    assert torch.allclose(divergence(logits), kl)
    for i, x in enumerate(dense(documents)):
        value = kl[i]
        for code in z:
            q = posterior.log_prob(code)[i].sum().exp()
            p = decoder(code)
            value = value + q * sum(n * (torch.log(n / x.sum()) - p[k]) for k, n in enumerate(x) if n > 0)
        assert torch.allclose(found[i], value)


def test_the_bound_is_tight_where_the_posterior_factorises() -> None:
    """With one bit and the true posterior the negative ELBO is the negative log-likelihood; elsewhere it is above."""
    documents = sparse(np.array([[3, 1, 0], [0, 0, 0], [1, 0, 9]]))
    z = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    log_p = torch.randn(2, 3, dtype=torch.float64, generator=source()).log_softmax(1)
    each = distortions(documents, log_p)
    likelihood = math.log(2) - torch.logsumexp(-each, 1)
    true = (each[:, 0] - each[:, 1])[:, None]
    assert torch.allclose(exact_nelbo(documents, true, z, log_p), likelihood)
    assert (exact_nelbo(documents, true + 0.5, z, log_p) > likelihood).all()


@pytest.mark.parametrize(("kind", "scales"), [("e1", True), ("e2", False), ("e3", False)])
def test_only_the_encoder_of_counts_sees_the_length(kind: str, scales: bool) -> None:
    """A document five times over has five times the logits (less the bias) with e1, and the same with e2 and e3."""
    x = np.array([[3, 1, 0, 2], [0, 0, 0, 0]])
    encoder = Encoder(kind, 4, 3, source(), hidden=7).double()
    once, often, nothing = (encoder(sparse(times * x)) for times in (1, 5, 0))
    expected = nothing + 5 * (once - nothing) if scales else once
    assert torch.allclose(often, expected)
    assert torch.equal(once[1], nothing[1])


def test_mistakes_in_the_models_are_named() -> None:
    """An unknown encoder, a decoder of no bits and a schedule of no epochs are refused in words."""
    with pytest.raises(ModelError, match="no encoder 'e4'"):
        Encoder("e4", 4, 3, source())
    with pytest.raises(ModelError, match="0 bits"):
        Decoder(0, 1, torch.zeros(4), source())
    with pytest.raises(ModelError, match="at least one"):
        Schedule(0, 0)
    with pytest.raises(ModelError, match="rate = 0"):
        Schedule(1, 0, rate=0)


# --- training ---


class Largest(TorchDispatchMode):
    """The number of elements of the largest tensor that any operation made."""

    def __init__(self) -> None:
        super().__init__()
        self.found = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        made = out if isinstance(out, tuple | list) else [out]
        self.found = max([self.found, *(one.numel() for one in made if isinstance(one, torch.Tensor))])
        return out


@pytest.mark.parametrize(("bits", "encoder"), [(3, "e1"), (10, "e2"), (10, "e3")])
def test_nothing_is_as_large_as_documents_by_words(bits: int, encoder: str) -> None:
    """No operation of training or of measuring makes a tensor of a tenth of documents x words."""
    corpus = synthetic_corpus(0, train=1500, test=60, words=1000)
    training = Training(corpus, bits, 1, encoder, Schedule(1, 0, batch=64), seed=0, hidden=16)
    with Largest() as largest:
        training.epoch(1)
        training.nelbo(replace(corpus.test))
    assert 64 * 100 < largest.found < 1500 * 1000 / 10


def test_training_is_seeded() -> None:
    """Equal seeds give equal numbers, another seed others; the lowest value is not above the last."""
    corpus = synthetic_corpus(0, train=300, test=100, words=60)
    first, again, other = (train(corpus, 9, 1, "e1", Schedule(3, 1), seed=seed, hidden=8) for seed in (0, 0, 1))
    assert replace(first, seconds=0) == replace(again, seconds=0) != replace(other, seconds=0)
    assert first.train_low <= first.train_last
    assert first.test_low <= first.test_last


def test_training_finds_the_topics_of_a_known_model() -> None:
    """On documents of a linear decoder with four bits, e1 beats the unigram model by more than half a bit each."""
    corpus = synthetic_corpus(0)
    unigram = float(distortions(corpus.test, background(corpus.train)[None]).mean())
    found = train(corpus, 4, 0, "e1", Schedule(40, 0, every=10, rate=1e-2), seed=0)
    assert found.test_last < unigram - 4 * 0.5 * math.log(2)
    assert found.precision > 0.5


# --- retrieval ---


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 5), st.integers(0, 2**20))
def test_precision_is_the_mean_over_all_orders_of_ties(queries: int, base: int, seed: int) -> None:
    """The precision equals that of a stable sort, averaged over all orders of the base."""
    random = source(seed)
    codes = [torch.rand(n, 2, generator=random) < 0.5 for n in (queries, base)]
    labels = [torch.randint(2, (n,), generator=random) for n in (queries, base)]
    nearest = int(torch.randint(1, base + 1, (), generator=random))
    shares = []
    for order in itertools.permutations(range(base)):
        for query, label in zip(codes[0], labels[0], strict=True):
            by_distance = sorted(order, key=lambda i: int((codes[1][i] != query).sum()))
            shares.append(sum(int(labels[1][i] == label) for i in by_distance[:nearest]) / nearest)
    assert precision(codes[0], labels[0], codes[1], labels[1], nearest) == pytest.approx(np.mean(shares))


def test_precision_needs_enough_codes() -> None:
    """More neighbours than there are codes are refused."""
    with pytest.raises(ModelError, match="nearest = 4"):
        precision(torch.zeros(1, 2) > 0, torch.zeros(1), torch.zeros(3, 2) > 0, torch.zeros(3), 4)


# --- the corpus ---


def written(folder: Path, **changed: Any) -> Path:
    """Three training documents and one to test, of five words."""
    folder.mkdir(exist_ok=True)
    whole = {"data": [2, 1, 1, 9, 1], "indices": [4, 1, 4, 0, 3], "indptr": [0, 2, 4, 5]}
    whole |= {"shape": [3, 5], "labels": [0, 1, 1]}
    test = {"data": [1, 3], "indices": [2, 4], "indptr": [0, 2], "shape": [1, 5], "labels": [1]}
    np.savez(folder / "train.npz", **{name: np.array(value) for name, value in (whole | changed).items()})
    np.savez(folder / "test.npz", **{name: np.array(value) for name, value in test.items()})
    (folder / "vocabulary.txt").write_text("a\nb\nc\nd\ne\n")
    return folder


def test_the_dictionary_is_of_the_words_of_most_documents(tmp_path: Path) -> None:
    """A word's frequency counts documents, not occurrences; ties go to the first in the vocabulary."""
    corpus = read_corpus(written(tmp_path), words=3)
    assert corpus.vocabulary == ("e", "a", "b")
    assert dense(corpus.train).tolist() == [[2, 0, 1], [1, 9, 0], [0, 0, 0]]
    assert dense(corpus.test).tolist() == [[3, 0, 0]]
    assert corpus.omitted is not None
    assert (corpus.omitted.words, corpus.omitted.most_documents, corpus.omitted.example) == (2, 1, "d")


@pytest.mark.parametrize(
    "changed",
    [
        {"data": [2, 1, 1, 0, 1]},
        {"data": [2, 1, 1.5, 1, 1]},
        {"indices": [4, 1, 4, 0, 5]},
        {"indptr": [0, 2, 4]},
        {"indptr": [0, 3, 2, 5]},
        {"shape": [3]},
        {"labels": [0, 1]},
        {"data": np.array([{}], dtype=object)},
    ],
)
def test_a_malformed_file_is_named(tmp_path: Path, changed: dict[str, Any]) -> None:
    """Arrays that are no counts of documents are refused with the file's name."""
    with pytest.raises(ModelError, match=r"train\.npz"):
        read_corpus(written(tmp_path, **changed))


@pytest.mark.parametrize("name", ["train.npz", "test.npz", "vocabulary.txt"])
def test_an_absent_or_torn_file_is_named(tmp_path: Path, name: str) -> None:
    """A file that is cut short, or is not there, is refused with its name."""
    path = written(tmp_path) / name
    path.write_bytes(path.read_bytes()[:7])
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        read_corpus(tmp_path)
    path.unlink()
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        read_corpus(tmp_path)


def newsgroups() -> Corpus:
    if not shared_data().is_dir():
        pytest.skip(f"no {shared_data()}: set LEMMATA_DATA to the folder of shared data")
    return load_corpus()


def test_the_unigram_model_of_the_data_is_where_it_was_found() -> None:
    """On 20 Newsgroups the words' frequencies alone score about 479 on training and 467 on test documents."""
    corpus = newsgroups()
    assert (corpus.source, len(corpus.train), len(corpus.test)) == (NEWSGROUPS, 11269, 7505)
    rows = background(corpus.train)[None]
    values = [float(distortions(one, rows).mean()) for one in (corpus.train, corpus.test)]
    assert values == pytest.approx([479.5, 467.2], abs=0.5)


def test_the_omitted_words_are_more_frequent_than_printed() -> None:
    """In the data 2379 omitted words are in more than ten training documents (C.2 says none), up to fourteen."""
    omitted = newsgroups().omitted
    assert omitted is not None
    assert (omitted.words, omitted.over_limit, omitted.most_documents) == (51188, 2379, 14)


# --- the table ---

SHORT = (Schedule(2, 1, batch=100), Schedule(1, 0, batch=100))
SMALL = Plan((2, 9), (1e-3,), SHORT, SHORT)


class StoppedError(Exception):
    pass


def test_an_interrupted_run_goes_on_to_the_same_rows(tmp_path: Path) -> None:
    """A run that is broken off in its fifth model ends with the rows of one that was not, and trains none twice."""
    corpus = synthetic_corpus(0, train=200, test=110, words=40)
    steps: list[int] = []

    def run(folder: str, stop: int | None) -> list[dict[str, Any]]:
        def progress(done: int, total: int, what: str) -> None:
            steps.append(done)
            if done == stop:
                raise StoppedError

        done = reproduce(corpus, SMALL, tmp_path / folder, progress, effort="small", seed=3)
        return [{**row, "seconds": 0} for row in done.data["rows"]]

    with pytest.raises(StoppedError):
        run("broken", 4)
    steps.clear()
    rows = run("broken", None)
    assert min(steps) == 4
    assert len(rows) == 18
    assert rows == run("whole", None)


def test_the_report_is_loud_about_synthetic_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the data the notes say so first, no printed value stands beside ours, and json and svg are written."""
    monkeypatch.setenv("LEMMATA_DATA", str(tmp_path))
    assert load_corpus().source == SYNTHETIC
    corpus = synthetic_corpus(0, train=200, test=110, words=40)
    result = reproduce(corpus, SMALL, tmp_path / "out", lambda *_: None, effort="small", seed=0)
    assert result.notes[0].startswith("THE DATA IS ABSENT")
    assert all(len(row) == len(result.columns) for row in result.rows)
    assert not any("printed_train" in row for row in result.data["rows"])
    assert [path.name for path in result.files] == ["table-2.json", "table-2.svg"]
    assert all(path.is_file() for path in result.files)


def test_the_table_shows_the_printed_values_beside_ours(tmp_path: Path) -> None:
    """Rows of real documents carry the printed values, and the notes count each sentence's exceptions in ours."""
    corpus = replace(synthetic_corpus(0, train=200, test=110, words=40), source=NEWSGROUPS)
    plan = SMALL._replace(bits=(8,))
    first = reproduce(corpus, plan, tmp_path, lambda *_: None, effort="small", seed=0)
    row = first.data["rows"][0]
    assert (row["printed_train"], row["printed_test"]) == (419, 423)
    # Ours, replaced by the printed training and test values of 8 bits: e1 < e2 < e3 in all six settings.
    kept = [Row(**{key: one[key] for key in (field.name for field in fields(Row))}) for one in first.data["rows"]]
    changed = [
        replace(one, train_low=float(cell["printed_train"]), test_low=float(cell["printed_test"]), divergence=1.0)
        for one, cell in zip(kept, first.data["rows"], strict=True)
    ]
    # Of linear decoders e3 ends above the unigram model, of the deepest its code is silent.
    changed[2] = replace(changed[2], train_low=486.0)
    changed[-1] = replace(changed[-1], divergence=0.0)
    notes = findings(changed, 480.0)
    assert "8 bits, depth 0, e3; 8 bits, depth 2, e3." in notes[0]
    assert any("e2 is significantly better than e3': 2 of 2 settings (4 left out)" in note for note in notes)
    assert any("e1 is consistently better than e2': 6 of 6 settings" in note for note in notes)
    assert any("linear decoders generalise better" in note and "not run" in note for note in notes)


def at_rate(rate: float, train_last: float) -> Row:
    """A model that would be chosen at the highest rate, were it chosen by its test values or its lowest ones."""
    return Row(0, "", 8, 0, "e1", 1, 0, 1, rate, -rate, train_last, -rate, -rate, 1.0, 0.5, 0.0)


@given(st.integers(1, 6).flatmap(lambda n: st.tuples(st.permutations(range(n)), st.integers(0, n - 1))))
def test_the_rate_chosen_is_the_lowest_where_values_fall_and_then_rise(drawn: tuple[list[int], int]) -> None:
    """Of training values that fall and then rise with the rate the lowest is found, no rate being tried twice."""
    order, least = drawn
    values = [*sorted(order[:least], reverse=True), -1, *sorted(order[least + 1 :])]
    rates = [2.0**i for i in range(len(values))]
    found = tuned(rates, lambda rate: at_rate(rate, values[rates.index(rate)]))
    assert best(found).rate == rates[least]
    tried = [row.rate for row in found]
    assert len(set(tried)) == len(tried)


def test_a_rate_at_which_training_overflows_is_not_chosen() -> None:
    """NaN is no low value, wherever it comes in the order."""
    values = {1.0: 5.0, 2.0: math.nan, 3.0: math.nan}
    assert best(tuned(list(values), lambda rate: at_rate(rate, values[rate]))).rate == 1


def test_every_encoder_is_trained_at_its_own_rate_for_all_bits(tmp_path: Path) -> None:
    """The rates that were tried at the first number of bits are in the data, and the lowest of them serves the next."""
    corpus = synthetic_corpus(0, train=200, test=110, words=40)
    plan = SMALL._replace(bits=(2, 3), rates=(1e-3, 1e-2))
    found = reproduce(corpus, plan, tmp_path, lambda *_: None, effort="small", seed=0)
    for row in found.data["rows"]:
        alike = [one for one in found.data["tried"] if (one["depth"], one["encoder"]) == (row["depth"], row["encoder"])]
        assert {(one["bits"], one["rate"]) for one in alike} == {(2, 1e-3), (2, 1e-2)}
        assert row["rate"] == min(alike, key=lambda one: one["train_last"])["rate"]
    assert len({row["rate"] for row in found.data["rows"]}) == 2
    assert any("Test documents chose no rate" in note for note in found.notes)


def test_a_plan_without_rates_searches_for_none(tmp_path: Path) -> None:
    """Quick has no rates: each model is trained once, at the rate of FOUND for exact gradients or for ARM's."""
    assert PLANS["quick"].rates == ()
    corpus = synthetic_corpus(0, train=200, test=110, words=40)
    found = reproduce(corpus, SMALL._replace(rates=()), tmp_path, lambda *_: None, effort="small", seed=0)
    assert found.data["tried"] == []
    assert len(KeptRows(tmp_path / "rows.jsonl", Row).rows) == len(found.rows) == 18
    for row in found.data["rows"]:
        assert row["rate"] == FOUND[row["depth"], row["encoder"]][row["bits"] == 9]
    assert any("9 bits: e1 0.016 / 0.004 / 0.004" in note and "fixed" in note for note in found.notes)


def test_an_unknown_effort_is_named(tmp_path: Path) -> None:
    """Efforts are quick, standard and thorough; another is refused with the list."""
    with pytest.raises(ModelError, match="quick, standard, thorough"):
        table_2("huge", 0, tmp_path, lambda *_: None)


def test_thorough_is_as_printed() -> None:
    """The thorough plan has all bits and 1000 + 500 epochs of batches of 256 at rate 1e-3."""
    plan = PLANS["thorough"]
    assert plan.bits == (8, 16, 32, 64)
    assert {*plan.exact, *plan.sampled} == {Schedule(1000, 500, every=1, rate=1e-3, batch=256)}
    assert plan.rates == (1e-3,)
