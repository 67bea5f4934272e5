"""The handwritten digits that ship with scikit-learn: 1797 images of 8 by 8 pixels.

Real handwriting without a download, in a dimension (64) where full covariances can be
fitted and a network trains in seconds.

References:
    Alpaydin and Kaynak (1998), Optical recognition of handwritten digits, UCI machine
    learning repository, doi:10.24432/C50P49 (CC BY 4.0).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from sklearn.datasets import load_digits
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Digits:
    """Images and what they show."""

    images: Float[Tensor, "n 1 8 8"]
    """In [-1, 1], white ink on black."""
    labels: Int[Tensor, " n"]


def digits() -> tuple[Digits, Digits]:
    """Return the training and the test digits.

    Every fifth image of each class is for testing, so the split is the same everywhere
    and both parts have all classes. Images of one writer stand next to each other and
    fall in both parts: this measures new images, not new writers.
    """
    pixels, classes = load_digits(return_X_y=True)
    images = torch.from_numpy(pixels).float().reshape(-1, 1, 8, 8) / 8 - 1
    labels = torch.from_numpy(classes).long()
    rank = (labels[:, None] == labels).tril().sum(dim=1)  # 1 for a class's first image
    test = rank % 5 == 0
    return Digits(images[~test], labels[~test]), Digits(images[test], labels[test])
