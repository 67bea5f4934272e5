"""The plane through three points of a space of many dimensions, as coordinates."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Plane:
    """A plane with an origin and two perpendicular unit vectors."""

    origin: Float[Tensor, " d"]
    along: Float[Tensor, " d"]
    across: Float[Tensor, " d"]

    def __call__(self, points: Float[Tensor, "n *s"]) -> Float[Tensor, "n 2"]:
        """Return the coordinates of points projected on the plane."""
        seen = points.flatten(1).double() - self.origin
        return torch.stack([seen @ self.along, seen @ self.across], 1)


def through(
    origin: Float[Tensor, "*s"], first: Float[Tensor, "*s"], second: Float[Tensor, "*s"]
) -> Plane:
    """Return the plane through three points; its first axis leads to `first`."""
    base = origin.flatten().double()
    along = functional.normalize(first.flatten().double() - base, dim=0)
    rest = second.flatten().double() - base
    across = functional.normalize(rest - (rest @ along) * along, dim=0)
    return Plane(base, along, across)
