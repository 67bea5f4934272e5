"""Latents of digits: there and back along the flow, and halfway between two.

The flow has an inverse: followed from a low level to a high one it turns an image into
noise, its latent, and followed down again into the image. Two latents are halved on the
sphere, since noise in many dimensions lies on one; their mean would be too short.

References:
    Song et al. (2021), arXiv:2011.13456, section 4.3 (manipulation of latents).
    White (2016), arXiv:1609.04468, section 2.1 (interpolation on a sphere).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.drawing import image_grid
from gendiff.estimate import Estimate, mean
from gendiff.metrics import precision
from gendiff.studies.digits import Judge
from gendiff.studies.drawn import Drawn
from gendiff.studies.guidance.digit_sets import opinion
from gendiff.types import Denoiser, level

Images = Float[Tensor, "n 1 h w"]


@torch.no_grad()
def follow(denoise: Denoiser, x: Images, levels: Sequence[float]) -> Images:
    """Follow the probability flow by Heun's method, up or down."""
    for here, there in pairwise(levels):
        slope = (x - denoise(x, level(here))) / here
        end = x + (there - here) * slope
        then = (end - denoise(end, level(there))) / there
        x = x + (there - here) * (slope + then) / 2
    return x


def halfway(a: Images, b: Images, /) -> Images:
    """Return the middle of the arc from each `a` to its `b`.

    With the angle `w` between them that is `(a + b) / (2 cos(w / 2))`.
    """
    cosine = torch.cosine_similarity(a.flatten(1), b.flatten(1))
    return (a + b) / (2 * ((1 + cosine) / 2).sqrt())[:, None, None, None]


def shuffled(x: Images, /, generator: torch.Generator) -> Images:
    """Return images whose pixels were moved, all by one permutation."""
    order = torch.randperm(x[0].numel(), generator=generator)
    return x.flatten(1)[:, order].view_as(x)


def missed(x: Images, y: Images, /) -> float:
    """Return the error of `y`, relative to the norm of `x`, in the mean."""
    norms = [each.flatten(1).norm(dim=1) for each in (y - x, x)]
    return float((norms[0] / norms[1]).mean())


def pairs(labels: Int[Tensor, " n"], k: int, /) -> Int[Tensor, "2 k"]:
    """Return `k` pairs of neighbours in a set that are of different classes.

    Raises:
        ValueError: If there are fewer.
    """
    first = torch.arange(0, len(labels) - 1, 2)
    first = first[labels[first] != labels[first + 1]][:k]
    if len(first) < k:
        raise ValueError(f"{len(first)} pairs of different classes; give more images")
    return torch.stack([first, first + 1])


@dataclass(frozen=True)
class Seen:
    """What a judge makes of each image of a set."""

    nearest: Float[Tensor, " n"]
    """Distance to the nearest of the images it is held against, in features."""
    sure: Float[Tensor, " n"]
    """Probability of the likeliest class."""


def seen(judge: Judge, images: Images, features: Float[Tensor, "m d"]) -> Seen:
    """Hold a set of images against the features of others."""
    found = opinion(judge, images.float())
    nearest = torch.cdist(found.features, features).min(1).values
    return Seen(nearest, found.certain.max(1).values.double())


def gain(of: Seen, than: Seen, /) -> tuple[Estimate, Estimate]:
    """Return how much nearer one set is than another, and how much surer of it one is.

    Both are means over pairs, image by image.
    """
    return (
        mean(than.nearest - of.nearest, "pairs"),
        mean(of.sure - than.sure, "pairs"),
    )


def precision_over(
    judge: Judge, drawn: Images, real: Images, features: Float[Tensor, "m d"]
) -> float:
    """Return the precision of drawn images over that of real ones."""
    of_drawn, of_real = (
        precision(opinion(judge, x).features, features) for x in (drawn, real)
    )
    if not of_real:
        raise ValueError("no real image is near the others; give more of these")
    return of_drawn / of_real


def strip(rows: Mapping[str, Images], /) -> Drawn:
    """Draw sets of images as rows, one above the other."""
    fig, axes = plt.subplots(len(rows), 1, figsize=(5.2, 0.72 * len(rows)))
    for ax, (name, images) in zip(axes, rows.items(), strict=True):
        image_grid(ax, images.numpy(), columns=len(images), low=-1.0)
        ax.text(-0.02, 0.5, name, transform=ax.transAxes, ha="right", va="center",
                fontsize=9)  # fmt: skip
    return fig, (
        f"Rows of {len(next(iter(rows.values())))} small images of digits, white on "
        f"black: {', '.join(rows)}. The pixel averages show two faint digits at once, "
        "images from latents one figure each."
    )
