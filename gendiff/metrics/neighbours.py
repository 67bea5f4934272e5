"""Fidelity and coverage, judged by nearest neighbours in a feature space.

Every real point owns a ball that reaches to its k-th nearest real neighbour; together
the balls are an estimate of where real data lie. *Precision* asks how many samples lie
in there, *recall* the same with the roles exchanged. An outlier owns a huge ball and
spoils both; *density* counts balls instead, and *coverage* asks how many of the real
balls hold a sample.

Features are up to you: the points themselves in low dimension, a classifier's last
hidden layer for images. All values but the density lie between 0 and 1; identical
distributions reach less than 1, so compare with `gendiff.metrics.floor.floor`.

References:
    Kynkaanniemi et al. (2019), arXiv:1904.06991, equations 1 and 2.
    Naeem et al. (2020), arXiv:2002.09797, equations 3 and 4.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float
from torch import Tensor

_CHUNK = 1024  # rows of the matrix of distances held at once


def precision(
    samples: Float[Tensor, "n d"], reals: Float[Tensor, "m d"], /, *, k: int = 3
) -> float:
    """Return the fraction of samples that lie in the ball of a real point.

    Raises:
        ValueError: If there are not more than `k` real points.
    """
    hits = [inside.any(dim=1) for inside in _inside(samples, reals, k)]
    return torch.cat(hits).double().mean().item()


def recall(
    samples: Float[Tensor, "n d"], reals: Float[Tensor, "m d"], /, *, k: int = 3
) -> float:
    """Return the fraction of real points that lie in the ball of a sample.

    Raises:
        ValueError: If there are not more than `k` samples.
    """
    return precision(reals, samples, k=k)


def density(
    samples: Float[Tensor, "n d"], reals: Float[Tensor, "m d"], /, *, k: int = 5
) -> float:
    """Return how many real balls a sample lies in on average, divided by `k`.

    Near 1 for identical distributions, above 1 when samples crowd where data are dense.

    Raises:
        ValueError: If there are not more than `k` real points.
    """
    counts = [inside.sum(dim=1) for inside in _inside(samples, reals, k)]
    return torch.cat(counts).double().mean().item() / k


def coverage(
    samples: Float[Tensor, "n d"], reals: Float[Tensor, "m d"], /, *, k: int = 5
) -> float:
    """Return the fraction of real balls that hold at least one sample.

    Raises:
        ValueError: If there are not more than `k` real points.
    """
    found = torch.zeros(len(reals), dtype=torch.bool, device=reals.device)
    for inside in _inside(samples, reals, k):
        found = found | inside.any(dim=0)
    return found.double().mean().item()


def radii(points: Float[Tensor, "n d"], /, *, k: int) -> Float[Tensor, " n"]:
    """Return each point's distance to its k-th nearest neighbour, itself left out.

    Raises:
        ValueError: If there are not more than `k` points.
    """
    if not 1 <= k < len(points):
        raise ValueError(
            f"{len(points)} points have no neighbour number {k}; "
            "give more points, or a k from 1 on that is smaller"
        )
    points = points.double()
    nearest = [
        torch.cdist(part, points).topk(k + 1, dim=1, largest=False).values[:, k]
        for part in points.split(_CHUNK)
    ]
    return torch.cat(nearest)


def _inside(samples: Tensor, reals: Tensor, k: int) -> Iterator[Bool[Tensor, "part m"]]:
    """Yield, some samples at a time, which real balls each sample lies in."""
    reach = radii(reals, k=k)
    for part in samples.double().split(_CHUNK):
        yield torch.cdist(part, reals.double()) <= reach
