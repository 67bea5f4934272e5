"""What a denoiser of points says of the data: score and posterior covariance.

Compared with a mixture of Gaussians, for which all of them are known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.func import jacrev, vmap

from gendiff.exact import GaussianMixture
from gendiff.types import level

Map = Callable[[Tensor], Tensor]
Field = Float[Tensor, "b *s"]


def slopes(net: Map, points: Float[Tensor, "b d"], /) -> Float[Tensor, "b d d"]:
    """Return the Jacobian of a network at each point."""

    def single(point: Tensor) -> Tensor:
        return net(point[None])[0]

    derivative: Callable[..., Any] = vmap(jacrev(single))
    return derivative(points)


def cosine(one: Field, other: Field, /) -> float:
    """Return the cosine of the angle between two fields, as two long vectors."""
    return float((one * other).sum() / (one.norm() * other.norm()))


def relative_length(one: Field, other: Field, /) -> float:
    """Return the length of a field in units of another one's."""
    return float(one.norm() / other.norm())


def relative_error(estimate: Field, truth: Field, /) -> float:
    """Return the distance of a field from the truth, in units of the truth's length."""
    return float((estimate - truth).norm() / truth.norm())


ERRORS = (
    "network against the noisy score",
    "its slope against the covariance",
    "best denoiser against the clean score",
)


def errors(
    data: GaussianMixture,
    nets: Sequence[Map],
    sigma: float,
    clean: Float[Tensor, "b d"],
    eps: Float[Tensor, "b d"],
    /,
) -> dict[str, list[float]]:
    """Return how far networks and the best denoiser are from what they might know.

    Args:
        data: The distribution of the clean points.
        nets: Denoisers of one level, each trained by itself.
        sigma: That level.
        clean: Clean points.
        eps: Noise of level 1, to be added to them.
    """
    x, at = clean + sigma * eps, level(sigma)
    score, some = data.score(x, at), x[:500]
    covariance = (data.posterior_covariance(some, at) / sigma**2).float()
    best = (data(clean, at) - clean) / sigma**2
    found = (
        [relative_error((net(x) - x) / sigma**2, score) for net in nets],
        [relative_error(slopes(net, some), covariance) for net in nets],
        [relative_error(best, data.score(clean, level(0.0)))],
    )
    return dict(zip(ERRORS, found, strict=True))


@dataclass(frozen=True)
class Arc:
    """Places on a curve, and the unit vectors along and across it."""

    places: Float[Tensor, "b 2"]
    along: Float[Tensor, "b 2"]
    across: Float[Tensor, "b 2"]

    def stretch(
        self, jacobian: Float[Tensor, "b 2 2"], /
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
        """Return how long a step of length 1 along or across becomes, at each place."""
        along, across = (
            torch.einsum("bij,bj->bi", jacobian, way).norm(dim=1)
            for way in (self.along, self.across)
        )
        return along, across


def upper_moon(moons: GaussianMixture, /, *, count: int = 41) -> Arc:
    """Return the middle seven tenths of the upper half circle of two moons."""
    angle = torch.pi * torch.linspace(0.15, 0.85, count)
    along = torch.stack([-angle.sin(), angle.cos()], dim=-1)
    across = torch.stack([angle.cos(), angle.sin()], dim=-1)
    ends = moons.means[: len(moons.means) // 2].float()
    middle = torch.stack([(ends[0, 0] + ends[-1, 0]) / 2, ends[0, 1]])
    return Arc(middle + (ends[0, 0] - middle[0]) * across, along, across)
