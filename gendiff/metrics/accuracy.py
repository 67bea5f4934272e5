"""How often a classifier names the class that a sample was asked for."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.estimate import Estimate, fraction

_BATCH = 500  # images judged at once


@torch.no_grad()
def accuracy(
    classify: Callable[[Float[Tensor, "b *s"]], Float[Tensor, "b classes"]],
    images: Float[Tensor, "n *s"],
    labels: Int[Tensor, " n"],
    /,
) -> Estimate:
    """Return the fraction of images whose largest logit is their label's.

    The floor for samples of a conditional model is this value for real images: the
    classifier's own error.
    """
    hits = sum(
        int((classify(part).argmax(dim=-1) == truth).sum())
        for part, truth in zip(images.split(_BATCH), labels.split(_BATCH), strict=True)
    )
    return fraction(hits, len(images), "images")
