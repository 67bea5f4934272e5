"""What an independent judge says of guided digits.

The judge names the digit it sees, and its last features are a space in which near means
alike: how far a guided image lies from real ones, of the digit that was asked for or of
any, is measured there.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from gendiff.data.glyphs import Glyphs
from gendiff.estimate import Estimate, fraction, mean
from gendiff.guidance.classifier import Classify
from gendiff.studies.digits import Judge
from gendiff.types import level

CLEAN = 0.05
"""As clean an image as a classifier of noisy images was trained on."""


@dataclass(frozen=True)
class Verdicts:
    """How the judge sees each of some images."""

    accepted: Float[np.ndarray, " n"]
    """1 where it names the digit that was asked for, else 0."""
    sure: Float[np.ndarray, " n"]
    """The probability that it gives to that digit."""
    far: Float[np.ndarray, " n"]
    """The distance to the nearest real image of that digit."""
    anywhere: Float[np.ndarray, " n"]
    """The distance to the nearest real image of any digit."""

    @property
    def acceptance(self) -> Estimate:
        """Return the fraction of images that are what was asked for."""
        return fraction(int(self.accepted.sum()), len(self.accepted), "samples")

    @property
    def distance(self) -> Estimate:
        """Return the mean distance to the digit that was asked for."""
        return mean(self.far, "samples")

    @property
    def strangeness(self) -> Estimate:
        """Return the mean distance to digits of any kind."""
        return mean(self.anywhere, "samples")


def judgement(judge: Judge, real: Glyphs, /) -> Callable[[Tensor, Tensor], Verdicts]:
    """Return a function of images and labels that measures against these real ones."""
    real_features = judge.features(real.images)

    def judged(
        images: Float[Tensor, "b 1 h w"], labels: Int[Tensor, " b"], /
    ) -> Verdicts:
        logits, features = judge.label(images), judge.features(images)
        apart = torch.cdist(features, real_features)
        other = real.labels[None] != labels[:, None]
        return Verdicts(
            accepted=(logits.argmax(1) == labels).double().numpy(),
            sure=logits.softmax(1).gather(1, labels[:, None])[:, 0].double().numpy(),
            far=apart.masked_fill(other, math.inf).min(1).values.double().numpy(),
            anywhere=apart.min(1).values.double().numpy(),
        )

    return judged


def gain(
    later: Float[np.ndarray, " n"],
    earlier: Float[np.ndarray, " n"],
    /,
    of: str = "samples",
) -> Estimate:
    """Return a mean difference and its standard error, noise by noise.

    The error is at least that of a single pair of hit and miss: equal columns of hits
    and misses are not certainty.
    """
    found = mean(later - earlier, of)
    return Estimate(found.value, max(found.error, 1 / found.n), found.n, of)


def opinion(
    classify: Classify, images: Float[Tensor, "b 1 h w"], labels: Int[Tensor, " b"], /
) -> NDArray[np.float64]:
    """Return the probability that a guiding classifier gives to the wanted class."""
    logits = classify(images, level(CLEAN))
    return logits.softmax(1).gather(1, labels[:, None])[:, 0].double().numpy()


@torch.no_grad()
def hits(
    classify: Classify,
    seen: Glyphs,
    eps: Float[Tensor, "n 1 h w"],
    levels: tuple[float, ...],
    /,
) -> NDArray[np.float64]:
    """Return 1 where a classifier names a noisy image rightly, level by image."""
    rows: list[NDArray[np.float64]] = []
    for sigma in levels:
        x = seen.images + sigma * eps
        named = [classify(part, level(sigma)).argmax(1) for part in x.split(250)]
        rows.append((torch.cat(named) == seen.labels).double().numpy())
    return np.stack(rows)
