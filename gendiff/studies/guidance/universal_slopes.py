"""Forward universal guidance beside the exact gradient, where both can be computed.

On a line with two bumps, a classifier of clean signals says yes with the probability
`sigmoid(4 x0)`. What it would say of a noisy signal is the mean of that over all clean
ones, a sum over a fine lattice; universal guidance takes its word about their mean.

References:
    Bansal et al. (2023), arXiv:2302.07121, eq. 6.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.data import two_bumps
from gendiff.guidance import Labelled, UniversalGuidance
from gendiff.guidance.classifier import likelihood_score
from gendiff.types import level

BUMPS = two_bumps()
LATTICE = torch.linspace(-9, 9, 36_001, dtype=torch.float64)
STEEP = 4.0


def logits(
    x: Float[Tensor, "b 1"], sigma: Float[Tensor, "..."], /
) -> Float[Tensor, "b 2"]:
    """Return the clean classifier's logits of no and yes."""
    del sigma
    return torch.cat([torch.zeros_like(x), STEEP * x], dim=1)


def log_yes(
    x: Float[Tensor, "b 1"], sigma: Float[Tensor, "..."], /
) -> Float[Tensor, " b"]:
    """Return the exact log-probability of yes for a noisy signal."""
    prior = BUMPS.log_density(LATTICE[:, None], level(0.0))
    posterior = (prior - (x - LATTICE) ** 2 / (2 * sigma**2)).softmax(-1)
    return (posterior * torch.sigmoid(STEEP * LATTICE)).sum(-1).log()


def slopes(x: float, variance: float, /) -> tuple[float, float]:
    """Return the exact gradient at a noisy signal, and that of universal guidance."""
    at, sigma = torch.tensor([[x]], dtype=torch.float64), level(math.sqrt(variance))
    asks = Labelled(logits, torch.tensor([1]))
    push = UniversalGuidance(BUMPS, asks, 1.0)(at, sigma) - BUMPS(at, sigma)
    return float(likelihood_score(log_yes, at, sigma)), float(push) / variance
