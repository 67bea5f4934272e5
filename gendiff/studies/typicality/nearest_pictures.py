"""Whose neighbour is a picture? By its pixels, or by what its texture is made of.

Two cut-outs of grass differ in every pixel, and a flat grey picture is closer to either
than they are to each other. The logarithm of the power in each ring of frequencies sees
the texture and not where its blades are.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.estimate import Estimate, fraction
from gendiff.metrics import radial_average

Images = Int[Tensor, "n h w"]
Features = Callable[[Images], Float[Tensor, "n d"]]


def pixels(x: Images, /) -> Float[Tensor, "n d"]:
    """Return the pixels of images as vectors."""
    return x.double().flatten(1)


def rings(x: Images, /) -> Float[Tensor, "n rings"]:
    """Return the log-power in each ring of frequencies, the mean left out."""
    z = x.double() - x.double().mean((1, 2), keepdim=True)
    power = torch.fft.fft2(z).abs().square() / x[0].numel()
    return torch.stack([radial_average(one)[1] for one in power]).clamp(min=0.01).log()


def foreign_neighbours(
    samples: Images, known: Images, foreign: Images, features: Features, /
) -> Estimate:
    """Return which fraction of the samples have a foreign picture as their nearest."""
    real = features(torch.cat([known, foreign]))
    nearest = torch.cdist(features(samples), real).argmin(1)
    hits = int((nearest >= len(known)).sum())
    return fraction(hits, len(samples), "samples")


def likelier(
    bits: Float[Tensor, " n"], samples: Float[Tensor, " m"], /, *, but: float, of: str
) -> Estimate:
    """Return which fraction of pictures is likelier than all but a few samples.

    Args:
        bits: What the pictures need.
        samples: What a model's own samples need.
        but: Which fraction of the samples may be likelier still.
        of: What the pictures are.
    """
    hits = int((bits < samples.quantile(but)).sum())
    return fraction(hits, len(bits), of)
