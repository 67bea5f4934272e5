"""What an independent judge says of digits that a classifier guided, image by image.

A set beside real images is a `Judged` of `digit_sets`; here are the numbers that each
image has for itself, and what the guiding classifier thinks of it. Differences between
sets from the same noises have the error of the difference, noise by noise.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gendiff.data.glyphs import Glyphs
from gendiff.estimate import Estimate, mean
from gendiff.guidance.classifier import Classify
from gendiff.studies.digits import Judge
from gendiff.studies.guidance.digit_sets import Judged
from gendiff.types import level

CLEAN = 0.05
"""As clean an image as a classifier of noisy images was trained on."""
PART = 250
"""Images that are named at once."""
Column = NDArray[np.float64]


def sure(found: Judged, /) -> Column:
    """Return the probability that the judge gives to what was asked for."""
    certain = found.seen.certain.gather(1, found.labels[:, None])[:, 0]
    return certain.double().numpy()


def accepted(found: Judged, /) -> Column:
    """Return 1 where the judge names what was asked for, else 0."""
    return (found.seen.certain.argmax(1) == found.labels).double().numpy()


def strangeness(found: Judged, /) -> Column:
    """Return the distance to the nearest real image of any class."""
    apart = torch.cdist(found.seen.features, found.ruler.features)
    return apart.min(1).values.numpy()


@torch.no_grad()
def factors(judge: Judge, images: Float[Tensor, "n 1 h w"], /) -> Float[Tensor, "n 3"]:
    """Return the size and the place (x, y) that the judge measures."""
    device = next(judge.parameters()).device
    return torch.cat([judge(part.to(device))[2].cpu() for part in images.split(PART)])


def gain(later: Column, earlier: Column, /, of: str = "noises") -> Estimate:
    """Return a mean difference and its standard error, noise by noise.

    The error is at least that of a single pair of hit and miss: equal columns of hits
    and misses are not certainty.
    """
    found = mean(later - earlier, of)
    return Estimate(found.value, max(found.error, 1 / found.n), found.n, of)


@torch.no_grad()
def opinion(classify: Classify, found: Judged, /) -> Column:
    """Return the probability that a guiding classifier gives to what was asked for.

    It is asked where the judge is: on one device.
    """
    device = next(found.ruler.judge.parameters()).device
    logits = classify(found.images.to(device), level(CLEAN)).cpu()
    certain = logits.softmax(1).gather(1, found.labels[:, None])[:, 0]
    return certain.double().numpy()


def fooled(classify: Classify, found: Judged, /) -> Column:
    """Return 1 for images that are sure things to the guide and not to the judge.

    The guide gives more than 0.99 to what was asked for, the judge less than 0.5.
    """
    certain = opinion(classify, found) > 0.99
    return (certain & (sure(found) < 0.5)).astype(np.float64)


def alone(classify: Classify, twin: Classify, found: Judged, /) -> Column:
    """Return 1 for images of which a classifier is sure and a twin of it is not.

    Of a guide these are the adversarial ends: a twin, which learnt the same from other
    images, would share a belief that comes from what both were taught.
    """
    certain = opinion(classify, found) > 0.99
    return (certain & (opinion(twin, found) < 0.5)).astype(np.float64)


@torch.no_grad()
def hits(
    classify: Classify,
    seen: Glyphs,
    eps: Float[Tensor, "n 1 h w"],
    levels: Sequence[float],
    device: torch.device,
    /,
) -> NDArray[np.float64]:
    """Return 1 where a classifier names a noisy image rightly, level by image."""
    rows: list[Column] = []
    for sigma in levels:
        noisy = (seen.images + sigma * eps).split(PART)
        named = [classify(x.to(device), level(sigma)).argmax(1).cpu() for x in noisy]
        rows.append((torch.cat(named) == seen.labels).double().numpy())
    return np.stack(rows)


def by_scale(
    spent: Mapping[str, Mapping[float, Judged]], column: Callable[[Judged], Column], /
) -> dict[str, dict[float, Estimate]]:
    """Return the mean of a column for every scale, by what was spent."""
    return {
        calls: {scale: mean(column(x), "noises") for scale, x in of.items()}
        for calls, of in spent.items()
    }


@dataclass(frozen=True)
class Sides:
    """Two ways to draw, from the same noises, and the same with twice the calls."""

    more: tuple[Judged, Judged]
    """What should have more of something, and the same with twice the calls."""
    less: tuple[Judged, Judged]

    def gained(self, column: Callable[[Judged], Column], /) -> Estimate:
        """Return by how much one side has more."""
        return gain(column(self.more[0]), column(self.less[0]))

    def claimed(
        self,
        quantity: str,
        column: Callable[[Judged], Column],
        /,
        *,
        calls: int,
        training: Mapping[str, float] = {},
        controls: Mapping[str, Estimate] = {},
        beside: Mapping[str, Estimate | float] = {},
        also: Mapping[str, "Sides"] = {},
    ) -> dict[str, Any]:
        """Return what `run.claim` takes for the gain, compared at equal calls.

        Args:
            quantity: As the ledger calls it.
            column: What is compared.
            calls: Network calls of each side, a gradient counting as one.
            training: What was spent on the training of each side, if that is compared.
            controls: The quantity where the claim should not hold.
            beside: Other numbers to record.
            also: Other sides that are compared alike, at the same calls.
        """
        cost = {"calls": dict.fromkeys(("more", "less"), calls)}
        sides = {quantity: self, **also}
        return {
            "measured": {q: of.gained(column) for q, of in sides.items()} | {**beside},
            "controls": {name: {quantity: of} for name, of in controls.items()},
            "cost": cost | ({"training": dict(training)} if training else {}),
            "doubled": {
                q: gain(column(of.more[1]), column(of.less[1]))
                for q, of in sides.items()
            },
        }
