"""The documents of Section 4.3: 20 Newsgroups as sparse word counts, or a small synthetic corpus in its place."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix
from torch import Tensor

from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.text.documents import Documents

#: The dictionary's size (C.2).
WORDS = 10_000
NEWSGROUPS = "20 Newsgroups"
SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Omitted:
    """What the dictionary left out, against C.2: each of those words in not more than `LIMIT` training documents."""

    LIMIT = 10

    words: int
    over_limit: int
    most_documents: int
    example: str
    #: What `over_limit` would be if a word's frequency were the number of its occurrences.
    over_limit_by_occurrences: int


@dataclass(frozen=True)
class Corpus:
    """Training and test documents over one dictionary; `source` says where they are from."""

    train: Documents
    test: Documents
    vocabulary: tuple[str, ...]
    source: str
    omitted: Omitted | None = None

    def to(self, device: torch.device | str) -> Corpus:
        """The same corpus on another device."""
        return replace(self, train=self.train.to(device), test=self.test.to(device))


def shared_data() -> Path:
    """Where 20 Newsgroups should be: in $LEMMATA_DATA, or in shared/data beside the repository."""
    data = os.environ.get("LEMMATA_DATA") or Path(__file__).resolve().parents[5] / "shared" / "data"
    return Path(data) / "20newsgroups"


def load_corpus(seed: int = 0, folder: Path | None = None) -> Corpus:
    """20 Newsgroups where its folder is there, the synthetic corpus of that seed where it is not: see `source`.

    Raises `ModelError` for a folder that is there and cannot be read.
    """
    folder = shared_data() if folder is None else folder
    return read_corpus(folder) if folder.is_dir() else synthetic_corpus(seed)


def read_corpus(folder: Path, words: int = WORDS) -> Corpus:
    """train.npz, test.npz (CSR arrays and labels) and vocabulary.txt of `folder`, on its `words` most frequent words.

    A word's frequency is the number of training documents with it, as C.2 counts; of equally frequent words the one
    that stands first in the vocabulary is kept first. Raises `ModelError`, naming the file, for a malformed one.
    """
    train, train_labels = _read_counts(folder / "train.npz")
    test, test_labels = _read_counts(folder / "test.npz")
    try:
        names = (folder / "vocabulary.txt").read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{folder / 'vocabulary.txt'} cannot be read ({error}): give one word a line") from error
    if test.shape[1] != train.shape[1]:
        raise ModelError(
            f"{folder / 'test.npz'} counts {test.shape[1]} words, train.npz {train.shape[1]}: make them the same"
        )
    if len(names) != train.shape[1]:
        raise ModelError(
            f"{folder / 'vocabulary.txt'} has {len(names)} words, train.npz {train.shape[1]}: give one word a line"
        )
    found_in = np.bincount(train.indices, minlength=train.shape[1])
    order = np.argsort(-found_in, kind="stable")
    kept, left = order[:words], order[words:]
    omitted = None
    if left.size:
        over = int((found_in[left] > Omitted.LIMIT).sum())
        occurring = np.argsort(-np.asarray(train.sum(0)).ravel(), kind="stable")
        otherwise = int((found_in[occurring[words:]] > Omitted.LIMIT).sum())
        omitted = Omitted(left.size, over, int(found_in[left[0]]), names[left[0]], otherwise)
    return Corpus(
        _documents(train[:, kept], train_labels),
        _documents(test[:, kept], test_labels),
        tuple(names[word] for word in kept),
        NEWSGROUPS,
        omitted,
    )


def _read_counts(path: Path) -> tuple[csr_matrix, np.ndarray]:
    """Counts (documents x words) and labels. Raises `ModelError`, naming the file, unless they are such."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            counts, indices, starts, shape, labels = (
                file[name].astype(np.int64, casting="safe") for name in ("data", "indices", "indptr", "shape", "labels")
            )
        if shape.shape != (2,) or labels.shape != shape[:1] or (counts < 1).any() or labels.min(initial=0) < 0:
            raise ValueError("a count below 1, or not one label a document")
        matrix = csr_matrix((counts, indices, starts), shape=tuple(shape))
        matrix.check_format(full_check=True)
    except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"{path} cannot be read ({error}): give the arrays data, indices, indptr, shape and labels of CSR counts"
        ) from error
    matrix.sum_duplicates()
    return matrix, labels


def _documents(counts: csr_matrix, labels: np.ndarray) -> Documents:
    counts.sort_indices()
    starts, words = (torch.from_numpy(one.astype(np.int64)) for one in (counts.indptr, counts.indices))
    values = torch.from_numpy(counts.data.astype(np.float32))
    return Documents(starts, words, values, torch.from_numpy(labels), counts.shape[1])


def synthetic_corpus(seed: int, *, train: int = 1200, test: int = 600, words: int = 300, bits: int = 4) -> Corpus:
    """Documents of the paper's own decoder (13) with f affine: each bit of a uniform code raises a tenth of the words.

    The label is the code; the length is log-normal and independent of it.
    """
    source = torch.Generator().manual_seed(seed)
    background = torch.randn(words, generator=source)
    raised = 2.5 * (torch.rand(bits, words, generator=source) < 0.1)

    def drawn(n: int) -> Documents:
        z = torch.randint(2, (n, bits), generator=source)
        lengths = torch.exp(4 + 0.6 * torch.randn(n, generator=source)).long()
        p = (z.float() @ raised + background).softmax(1)
        return _drawn(p, lengths, z @ (2 ** torch.arange(bits)), source)

    names = tuple(f"word {number}" for number in range(words))
    return Corpus(drawn(train), drawn(test), names, SYNTHETIC)


def _drawn(
    p: Float[Tensor, "n K"], lengths: Int[Tensor, " n"], labels: Int[Tensor, " n"], source: torch.Generator
) -> Documents:
    owners = torch.repeat_interleave(torch.arange(len(p)), lengths)
    words = torch.multinomial(p, int(lengths.max()), replacement=True, generator=source)
    used = torch.arange(words.shape[1]) < lengths[:, None]
    drawn = (owners * p.shape[1] + words[used]).sort().values
    pairs, counts = torch.unique_consecutive(drawn, return_counts=True)
    sizes = torch.bincount(pairs // p.shape[1], minlength=len(p))
    starts = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
    return Documents(starts, pairs % p.shape[1], counts.to(p.dtype), labels, p.shape[1])
