"""What the paper prints: Table 2 (negative ELBO a document, 20 Newsgroups) and Table 1 (CelebA)."""

from __future__ import annotations

from typing import NamedTuple

BITS = (8, 16, 32, 64)
#: Hidden layers of the decoder.
DEPTHS = (0, 1, 2)
#: Linear on counts, deep on frequencies, linear on frequencies.
ENCODERS = ("e1", "e2", "e3")
SPLITS = ("train", "test")

#: For each split, in the order of BITS: the lines of Table 2, three encoders for each of three depths.
LINES: dict[str, tuple[tuple[int, ...], ...]] = {
    "train": (
        (419, 429, 439, 321, 390, 415, 325, 370, 421),
        (382, 398, 419, 201, 329, 407, 164, 269, 413),
        (337, 358, 412, 165, 189, 403, 132, 159, 411),
        (296, 324, 407, 171, 189, 398, 134, 149, 409),
    ),
    "test": (
        (423, 429, 435, 413, 421, 424, 418, 423, 427),
        (409, 417, 421, 404, 422, 420, 410, 416, 422),
        (396, 413, 416, 399, 413, 418, 406, 416, 421),
        (392, 411, 414, 398, 413, 417, 406, 417, 422),
    ),
}

#: Table 2 by (split, bits, depth of the decoder, encoder). Lower is better.
PRINTED: dict[tuple[str, int, int, str], int] = {
    (split, bits, depth, encoder): LINES[split][i][len(ENCODERS) * depth + j]
    for split in SPLITS
    for i, bits in enumerate(BITS)
    for depth in DEPTHS
    for j, encoder in enumerate(ENCODERS)
}


class ImageModel(NamedTuple):
    """A row of Table 1. Higher ELBO and lower FID are better."""

    experiment: str
    elbo: float
    fid: float


#: Table 1, from top to bottom: the true decoder with a fitted encoder, then both trained by the ELBO.
TABLE_1: tuple[ImageModel, ...] = (
    ImageModel("optimize encoder (conditional likelihood)", -364513.78, 0.13),
    ImageModel("optimize encoder and decoder (ELBO, fixed noise)", -5898.94, 77.10),
    ImageModel("optimize encoder and decoder (ELBO, learned noise)", 9035.69, 117.87),
)
