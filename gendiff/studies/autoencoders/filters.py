"""Filters of a first layer as small images: their scale, its fall, the strongest."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.estimate import Estimate, mean
from gendiff.metrics import frequencies


def centroid(weight: Float[Tensor, "unit pixels"], /) -> float:
    """Return the mean spatial frequency of square filters, weighted by power.

    In cycles an image; the mean of each filter is taken away first.
    """
    filters = _square(weight)
    filters = filters - filters.mean(dim=(1, 2), keepdim=True)
    power = torch.fft.fft2(filters).abs().square().mean(dim=0)
    side = filters.shape[-1]
    return float((power * frequencies(side, side)).sum() / power.sum())


def strongest(
    weight: Float[Tensor, "unit pixels"], /, *, count: int = 15
) -> Float[Tensor, "n side side"]:
    """Return the filters of largest norm, each scaled to its own largest weight."""
    order = weight.norm(dim=1).argsort(descending=True)[:count]
    filters = _square(weight[order])
    return filters / filters.abs().amax(dim=(1, 2), keepdim=True)


def _square(weight: Float[Tensor, "unit pixels"]) -> Float[Tensor, "unit side side"]:
    side = round(weight.shape[1] ** 0.5)
    return weight.reshape(-1, side, side)


def falls(
    centroids: Float[np.ndarray, "runs levels"], levels: Sequence[float], /
) -> dict[str, Estimate]:
    """Return how much the centroid falls from each level to the next, by name."""
    return {
        f"fall of the centroid, σ = {a:g} to {b:g}": mean(low - high, "training runs")
        for (a, b), (low, high) in zip(
            pairwise(levels), pairwise(centroids.T), strict=True
        )
    }
