"""How far pictures can be compressed by a program that has learnt nothing.

The size of a PNG file stands for how hard a picture is to predict.

References:
    Serrà et al. (2020), arXiv:1909.11480, section 3.
"""

import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from PIL import Image
from torch import Tensor

from gendiff.estimate import Estimate
from gendiff.metrics import jackknife
from gendiff.studies.typicality.dequantised import GREYS


def compressed(images: Int[Tensor, "n h w"], /) -> float:
    """Return the bytes an image takes in one PNG file of all."""
    column = (images.flatten(0, 1) * (256 // GREYS)).numpy().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(column).save(file, format="png", optimize=True)
    return len(file.getvalue()) / len(images)


def correlation(
    likelihood: Sequence[float], size: Sequence[float], /, *, of: str = "image sets"
) -> Estimate:
    """Return the correlation over sets of two numbers, and its error."""

    def over(rows: Int[Tensor, " k"]) -> float:
        pair = np.array([likelihood, size])[:, rows.numpy()]
        return float(np.corrcoef(pair)[0, 1])

    return jackknife(over, len(size), groups=len(size), of=of)
