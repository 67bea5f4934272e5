"""One step of sampling, with every point that a diagram of it shows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Points = Float[Tensor, "n d"]


@dataclass(frozen=True)
class Stop:
    """A step of DDPM: predict, move a part of the way, add noise."""

    x: Points
    x0: Points
    mean: Points
    next: Points

    def points(self) -> tuple[Points, ...]:
        """Return all four."""
        return self.x, self.x0, self.mean, self.next


def clearance(stops: Sequence[Stop]) -> float:
    """Return how far apart what is drawn of the first two steps lies, at least."""
    first, second = stops[:2]
    places = *first.points()[:3], *second.points(), stops[-1].next
    return float(torch.pdist(torch.cat(places)).min())


@dataclass(frozen=True)
class GuidedStep:
    """A canvas in the middle of sampling, and every arrow that starts there."""

    x: Points
    free: Points
    """The prediction of the model that knows no class."""
    given: Points
    """That of the model that knows it."""
    pull: Points
    """What a classifier adds."""
    chance: Points
    """Fresh noise."""
    now: float
    then: float
    """The noise levels before and after the step."""

    def implied(self, gamma: float) -> Points:
        """Return the prediction that guidance makes of them."""
        return self.free + gamma * self.pull

    def mean(self, gamma: float) -> Points:
        """Return where the step ends before noise is added."""
        goal = self.implied(gamma)
        return goal + (self.then / self.now) ** 2 * (self.x - goal)

    def after(self, gamma: float) -> Points:
        """Return the next canvas."""
        fresh = self.then * math.sqrt(1 - (self.then / self.now) ** 2)
        return self.mean(gamma) + fresh * self.chance


def legible(x: Points, free: Points, given: Points) -> Float[Tensor, " n"]:
    """Return how far apart what is drawn for each canvas lies, if near the origin."""
    push = given - free
    z = torch.stack([x, free, given, x + push, x + 3 * push, free + 3 * push], 1)
    gap = (torch.cdist(z, z) + 10 * torch.eye(6)).flatten(1).min(1).values
    return torch.where(z.norm(dim=2).amax(1) < 2.8, gap, 0)


def angle(a: Points, b: Points) -> float:
    """Return the angle between two arrows, in degrees."""
    return float(torch.rad2deg(torch.cosine_similarity(a, b).acos()))
