"""Digits whose distribution is known, and what it takes to dream of them.

A mixture of thirty Gaussians, three to a digit, fitted to scikit-learn's handwritten
digits. What is climbed in a dream is a classifier's logit or the exact log-density.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch import Tensor, nn

from gendiff.data.toys import DATA_STD, digits64
from gendiff.drawing import montage
from gendiff.types import level

EACH = 3
"""Gaussians for each digit."""
HAZE = 0.15
"""The density climbed is that of slightly noisy digits: no spikes."""


def labelled(
    n: int, generator: torch.Generator, /
) -> tuple[Float[Tensor, "n 1 8 8"], Int[Tensor, " n"]]:
    """Return images that the mixture draws, and which digit each is."""
    x, component = digits64().sample_with_component(n, generator)
    return image(x), component // EACH


def image(x: Float[Tensor, "n 64"], /) -> Float[Tensor, "n 1 8 8"]:
    """Return points of the mixture as a network for images takes them."""
    return x.float().reshape(-1, 1, 8, 8)


def log_density(x: Float[Tensor, "n 64"], /) -> Float[Tensor, " n"]:
    """Return the exact log-density in nats."""
    return digits64().log_density(x, level(HAZE))


def log_density_given(
    x: Float[Tensor, "n 64"], digit: Int[Tensor, " n"], /
) -> Float[Tensor, " n"]:
    """Return the exact log-density given the digit, up to a constant."""
    chances = digits64().responsibilities(x, level(HAZE)).clamp(min=1e-300).log()
    own = chances.unflatten(1, (-1, EACH))[torch.arange(len(x)), digit]
    return log_density(x) + own.logsumexp(1)


@torch.no_grad()
def certainty(
    judge: nn.Module, x: Float[Tensor, "n 64"], digit: Int[Tensor, " n"], /
) -> Float[Tensor, " n"]:
    """Return the probability that a classifier gives to the digit of each image."""
    return judge(image(x)).softmax(1).gather(1, digit[:, None])[:, 0]


def picture(x: Float[Tensor, "n 64"], /) -> Float[Tensor, "n 8 8"]:
    """Return ink between 0 and 1, as the digits are drawn."""
    ink, _ = load_digits(return_X_y=True)
    paper = torch.from_numpy(ink.mean(axis=0))
    contrast = DATA_STD / (ink - ink.mean(axis=0)).std()
    return ((x / contrast + paper) / 16).clamp(0, 1).reshape(-1, 8, 8)


def frame(*rows: Float[Tensor, "n 64"], times: int = 9) -> NDArray[np.uint8]:
    """Return rows of enlarged digits, one above the other, as a grey picture."""
    strips = [_strip(row, times) for row in rows]
    gap = np.ones((14, strips[0].shape[1]))
    parts = [part for strip in strips for part in (gap, strip)][1:]
    return (255 * np.concatenate(parts)).round().astype(np.uint8)


def _strip(x: Float[Tensor, "n 64"], times: int) -> NDArray[np.float64]:
    tiles = picture(x).repeat_interleave(times, 1).repeat_interleave(times, 2)
    return montage(tiles, columns=len(x), padding=6, paper=1.0)
