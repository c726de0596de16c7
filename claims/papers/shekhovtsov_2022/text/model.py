"""The VAE of Section 4.3: a softmax over words of a uniform binary code (13), factorised Bernoulli posteriors (14)."""

from __future__ import annotations

import itertools
import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, relu

from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.text.arm import state_log_probabilities
from claims.papers.shekhovtsov_2022.text.documents import Documents
from claims.papers.shekhovtsov_2022.text.printed import ENCODERS

#: Units of a hidden layer.
HIDDEN = 512


class Decoder(nn.Module):
    """log p(word | z): bits -> (`hidden` ReLU) x depth -> softmax over the words.

    The paper does not say how it starts. Here weights and biases are uniform within 1/sqrt(inputs), and the last
    biases are `background`, the logarithms of the words' frequencies.
    """

    def __init__(
        self, bits: int, depth: int, background: Float[Tensor, " K"], source: torch.Generator, hidden: int = HIDDEN
    ) -> None:
        super().__init__()
        if bits < 1 or depth < 0:
            raise ModelError(f"a decoder of {bits} bits and depth {depth}: give at least one bit, and depth 0 or more")
        widths = [bits] + depth * [hidden]
        self.layers = nn.ModuleList(_linear(a, b, source) for a, b in itertools.pairwise(widths))
        self.last = _linear(widths[-1], len(background), source)
        with torch.no_grad():
            self.last.bias.copy_(background)
        self.to(background.device, background.dtype)

    def forward(self, z: Float[Tensor, "*batch m"]) -> Float[Tensor, "*batch K"]:
        """log p(word | z)."""
        for layer in self.layers:
            z = relu(layer(z))
        logits: Tensor = self.last(z)
        return logits.log_softmax(-1)


class Encoder(nn.Module):
    """The logits of q(z | x). e1: linear on counts x; e2: two hidden ReLU layers on x/l; e3: linear on x/l.

    Raises `ModelError` for another kind.
    """

    def __init__(self, kind: str, words: int, bits: int, source: torch.Generator, hidden: int = HIDDEN) -> None:
        super().__init__()
        if kind not in ENCODERS:
            raise ModelError(f"no encoder {kind!r}: choose one of {', '.join(ENCODERS)}")
        self.kind = kind
        widths = [words, hidden, hidden, bits] if kind == "e2" else [words, bits]
        first = _linear(words, widths[1], source)
        # Of shape words x units: the first layer is a sparse product.
        self.first = nn.Parameter(first.weight.detach().mT.contiguous())
        self.bias = first.bias
        self.layers = nn.ModuleList(_linear(a, b, source) for a, b in itertools.pairwise(widths[1:]))

    def forward(self, documents: Documents) -> Float[Tensor, "n m"]:
        """Logits of the code's bits."""
        seen = documents if self.kind == "e1" else documents.frequencies()
        h = seen.product(self.first) + self.bias
        for layer in self.layers:
            h = layer(relu(h))
        return h


def _linear(inputs: int, outputs: int, source: torch.Generator) -> nn.Linear:
    """A layer drawn from `source`, as torch draws one from its global state."""
    layer = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")
    bound = 1 / math.sqrt(inputs)
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=source)
        layer.bias.uniform_(-bound, bound, generator=source)
    return layer


def background(documents: Documents) -> Float[Tensor, " K"]:
    """Logarithms of the words' frequencies, each word counted once more than it is found: the unigram model."""
    counts = documents.counts.new_ones(documents.vocabulary).index_add(0, documents.words, documents.counts)
    return (counts / counts.sum()).log()


def divergence(logits: Float[Tensor, "n m"]) -> Float[Tensor, " n"]:
    """KL(q || p) in nats, p uniform over {0, 1}^m."""
    q = logits.sigmoid()
    return (q * logsigmoid(logits) + (1 - q) * logsigmoid(-logits) + math.log(2)).sum(1)


def distortion(documents: Documents, log_p: Float[Tensor, "n K"]) -> Float[Tensor, " n"]:
    """sum_k x_k log((x_k / l) / p_k) of each document under its own row of word probabilities; 0 of an empty one."""
    return documents.own_log_likelihood() - documents.sums(documents.counts * log_p[documents.owners, documents.words])


def distortions(documents: Documents, log_p: Float[Tensor, "S K"]) -> Float[Tensor, "n S"]:
    """The same of each document under each of S shared rows, by one sparse product."""
    return documents.own_log_likelihood()[:, None] - documents.product(log_p.mT.contiguous())


def exact_nelbo(
    documents: Documents, logits: Float[Tensor, "n m"], z: Float[Tensor, "S m"], log_p: Float[Tensor, "S K"]
) -> Float[Tensor, " n"]:
    """The negative ELBO of each document, the expectation taken over all codes z, which the documents share."""
    q = state_log_probabilities(logits, z).exp()
    return (q * distortions(documents, log_p)).sum(1) + divergence(logits)


def sampled_nelbo(
    decoder: Decoder, documents: Documents, logits: Float[Tensor, "n m"], u: Float[Tensor, "n m"]
) -> Float[Tensor, " n"]:
    """An unbiased estimate of it, of one code a document: z = 1[u < sigmoid(logits)], u uniform."""
    z = (u < logits.sigmoid()).to(logits.dtype)
    return distortion(documents, decoder(z)) + divergence(logits)
