"""Training of the text VAE (C.2): exact gradients of all codes where these are few, ARM where they are many."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import backward

from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.text.arm import antithetic, arm_from_values, states
from claims.papers.shekhovtsov_2022.text.corpus import Corpus
from claims.papers.shekhovtsov_2022.text.documents import Documents
from claims.papers.shekhovtsov_2022.text.model import (
    HIDDEN,
    Decoder,
    Encoder,
    background,
    distortion,
    divergence,
    exact_nelbo,
    sampled_nelbo,
)
from claims.papers.shekhovtsov_2022.text.retrieval import precision

#: Up to so many bits a batch shares one evaluation of the decoder at every code.
EXACT_BITS = 8
BATCH = 256
RATE = 1e-3
#: Documents at a time where no gradient is taken.
EVALUATED = 512


@dataclass(frozen=True)
class Schedule:
    """Epochs by one-sample ARM, then by ten-sample ARM (exact gradients take both alike), and Adam's rate.

    The NELBO is taken every so many epochs, and after the last.
    """

    single: int
    tenfold: int
    every: int = 1
    rate: float = RATE
    batch: int = BATCH

    def __post_init__(self) -> None:
        if min(self.single, self.tenfold) < 0 or self.single + self.tenfold < 1:
            raise ModelError(f"{self.single} + {self.tenfold} epochs: give at least one")
        if self.every < 1 or self.batch < 1 or not self.rate > 0:
            raise ModelError(f"every = {self.every}, batch = {self.batch}, rate = {self.rate}: give positive ones")


@dataclass(frozen=True)
class Trained:
    """Nats a document: the NELBO's lowest value over the epochs, its last, and KL(q || p) of the last on training data.

    `precision` is that of the nearest training codes for the test documents' labels; `seconds` are the wall's.
    """

    train_low: float
    train_last: float
    test_low: float
    test_last: float
    divergence: float
    precision: float
    seconds: float


class Training:
    """One model in training. Equal seeds give equal results on one device with one number of threads.

    The device and the dtype are those of the corpus. `epoch` trains, `nelbo` measures, `codes` are the encoder's.
    """

    def __init__(
        self,
        corpus: Corpus,
        bits: int,
        depth: int,
        encoder: str,
        schedule: Schedule,
        *,
        seed: int,
        hidden: int = HIDDEN,
    ) -> None:
        self.source = torch.Generator().manual_seed(seed)
        self.corpus, self.schedule = corpus, schedule
        start = background(corpus.train)
        self.decoder = Decoder(bits, depth, start, self.source, hidden)
        self.encoder = Encoder(encoder, len(start), bits, self.source, hidden).to(start.device, start.dtype)
        self.z = states(bits, start) if bits <= EXACT_BITS else None
        parameters = [*self.decoder.parameters(), *self.encoder.parameters()]
        self.adam = torch.optim.Adam(parameters, lr=schedule.rate, fused=True)

    def epoch(self, samples: int) -> None:
        """One pass over the shuffled training documents, with so many ARM samples for each gradient."""
        for documents in self.corpus.train.batches(self.schedule.batch, self.source):
            self.adam.zero_grad()
            if self.z is None:
                self._arm_gradient(documents, samples)
            else:
                logits, log_p = self.encoder(documents), self.decoder(self.z)
                backward(exact_nelbo(documents, logits, self.z, log_p).mean())
            self.adam.step()

    def _arm_gradient(self, documents: Documents, samples: int) -> None:
        """Exact in KL(q || p); the decoder's gradient is taken at the second of ARM's two codes."""
        logits = self.encoder(documents)
        here = logits.detach()
        estimate = torch.zeros_like(here)
        for _ in range(samples):
            u = self._uniform(here)
            first, second = antithetic(here, u)
            with torch.no_grad():
                at_first = distortion(documents, self.decoder(first))
            at_second = distortion(documents, self.decoder(second))
            backward(at_second.mean() / samples)
            estimate += arm_from_values(at_first, at_second.detach(), u) / samples
        # The surrogate's gradient in the logits is the estimate.
        backward(((estimate * logits).sum(1) + divergence(logits)).mean())

    def _uniform(self, like: Tensor, source: torch.Generator | None = None) -> Tensor:
        drawn = torch.rand(like.shape, generator=source or self.source, dtype=like.dtype)
        return drawn.to(like.device)

    @torch.no_grad()
    def nelbo(self, documents: Documents) -> float:
        """The mean over documents: exact where the gradients are, else by one code each, of the same noise always."""
        source = torch.Generator().manual_seed(0)
        log_p = None if self.z is None else self.decoder(self.z)
        total = 0.0
        for some in documents.batches(EVALUATED):
            logits = self.encoder(some)
            if self.z is None or log_p is None:
                found = sampled_nelbo(self.decoder, some, logits, self._uniform(logits, source))
            else:
                found = exact_nelbo(some, logits, self.z, log_p)
            total += float(found.double().sum())
        return total / len(documents)

    @torch.no_grad()
    def logits(self, documents: Documents) -> Float[Tensor, "n m"]:
        """The encoder's, of all documents; a bit's most probable value is whether its logit is positive."""
        return torch.cat([self.encoder(some) for some in documents.batches(EVALUATED)])


def train(
    corpus: Corpus, bits: int, depth: int, encoder: str, schedule: Schedule, *, seed: int, hidden: int = HIDDEN,
    tell: Callable[[int], None] = lambda _: None,
) -> Trained:  # fmt: skip
    """Train by the schedule and measure; `tell` hears each epoch's number before it starts."""
    began = time.monotonic()
    training = Training(corpus, bits, depth, encoder, schedule, seed=seed, hidden=hidden)
    epochs = schedule.single + schedule.tenfold
    values: list[tuple[float, float]] = []
    for epoch in range(epochs):
        tell(epoch)
        training.epoch(1 if epoch < schedule.single else 10)
        if (epoch + 1) % schedule.every == 0 or epoch + 1 == epochs:
            values.append((training.nelbo(corpus.train), training.nelbo(corpus.test)))
    on_train, on_test = zip(*values, strict=True)
    base, queries = training.logits(corpus.train), training.logits(corpus.test)
    found = precision(queries > 0, corpus.test.labels, base > 0, corpus.train.labels)
    spent = float(divergence(base).mean())
    return Trained(
        min(on_train), on_train[-1], min(on_test), on_test[-1], spent, found, round(time.monotonic() - began, 1)
    )
