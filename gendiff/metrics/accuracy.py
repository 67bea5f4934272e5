"""How often a classifier names the class that a sample was asked for."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Share:
    """A share of successes and how well it is known."""

    value: float
    error: float
    """Standard error; never 0, for a hundred hits in a hundred are not certainty."""


@torch.no_grad()
def accuracy(
    classify: Callable[[Float[Tensor, "b *s"]], Float[Tensor, "b classes"]],
    images: Float[Tensor, "n *s"],
    labels: Int[Tensor, " n"],
    /,
    *,
    batch: int = 500,
) -> Share:
    """Return the share of images whose largest logit is their label's.

    The floor for samples of a conditional model is this value for real images: the
    classifier's own error.
    """
    hits = sum(
        int((classify(part).argmax(dim=-1) == truth).sum())
        for part, truth in zip(images.split(batch), labels.split(batch), strict=True)
    )
    return share(hits, len(images))


def share(hits: int, n: int, /) -> Share:
    """Return `hits / n` with the standard error of Agresti and Coull.

    It is the binomial one after two successes and two failures are added.

    Raises:
        ValueError: If `n` is not positive or `hits` not between 0 and `n`.

    References:
        Agresti and Coull (1998), Approximate is better than "exact" for interval
        estimation of binomial proportions.
    """
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(
            f"{hits} hits in {n} trials; trials start at 1, hits end there"
        )
    centre = (hits + 2) / (n + 4)
    return Share(hits / n, math.sqrt(centre * (1 - centre) / (n + 4)))
