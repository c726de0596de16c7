"""The handwritten digits that come with scikit-learn: 1797 images of 8 x 8 pixels (Alpaydin and Kaynak, UCI, 1998)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from claims.papers.shekhovtsov_2022.images.patches import BATCH, TRAINING_NODES, Fit, PatchVAE
from claims.papers.shekhovtsov_2022.models.error import ModelError


def digits() -> Float[Tensor, "1797 64"]:
    """The images, pixels in [0, 1]. Raises `ModelError` if scikit-learn, an extra, is not installed."""
    try:
        from sklearn.datasets import load_digits  # noqa: PLC0415 - optional
    except ImportError as error:
        raise ModelError(f"the digits need scikit-learn ({error}): pip install 'lemmata[digits]'") from error
    return torch.as_tensor(load_digits().data, dtype=torch.float64) / 16


def digits_fit(images: Float[Tensor, "n 64"]) -> Fit:
    """The truth of largest likelihood of those images, by quadrature over z."""

    def loss(vae: PatchVAE, source: torch.Generator) -> Tensor:
        some = images[torch.randint(len(images), (BATCH,), generator=source)]
        return -vae.log_likelihood(some, TRAINING_NODES).mean()

    return loss
