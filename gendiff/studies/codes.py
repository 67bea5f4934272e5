"""What the code of an autoencoder knows, and what the autoencoder lets through.

A linear probe asks a code for the class of an image; a linear regression asks it for
the noise that lay on the image. The slope of the code says to how many directions of
the image it responds, and the error of the reconstruction what got through.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.estimate import Estimate, fraction, mean
from gendiff.families import Autoencoder
from gendiff.metrics import probes

Encode = Callable[[Tensor], Tensor]
Labelled = tuple[Float[Tensor, "n d"], Int[Tensor, " n"]]
"""Images and their classes."""


@dataclass(frozen=True)
class Probe:
    """A linear classifier of codes: calling it gives its accuracy on new images."""

    seen: Labelled
    new: Labelled

    @torch.no_grad()
    def __call__(self, encode: Encode, /) -> Estimate:
        """Fit a classifier on the codes of the seen images and judge it on new ones."""
        x, label = self.seen
        test_x, test_label = self.new
        n = len(test_x)
        found = probes.probe_accuracy(encode(x), label, encode(test_x), test_label)
        return fraction(round(found * n), n, "test images")


@torch.no_grad()
def readable(
    net: Autoencoder,
    seen: tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]],
    new: tuple[Float[Tensor, "m d"], Float[Tensor, "m d"]],
    labels: tuple[Int[Tensor, " k"], Int[Tensor, " m"]],
    /,
) -> tuple[float, float]:
    """Return how well class and noise can be read from the codes of noisy images.

    Args:
        net: An autoencoder.
        seen: Noisy images to learn from, and the noise that is in them.
        new: Noisy images to judge on, and the noise that is in them.
        labels: The classes of the first seen images, and of the new ones.

    Returns:
        The accuracy of a linear classifier and the R squared of a linear regression.
    """
    (x, noise), (test_x, test_noise), (label, test_label) = seen, new, labels
    code, test_code = net.encode(x), net.encode(test_x)
    return (
        probes.probe_accuracy(code[: len(label)], label, test_code, test_label),
        probes.probe_determination(code, noise, test_code, test_noise),
    )


def kept(
    slim: Float[np.ndarray, "runs 2"], wide: Float[np.ndarray, "runs 2"], /
) -> dict[str, Estimate]:
    """Return what is left of class and noise in slim codes, as fractions of wide ones'.

    A row is what `readable` found in a training; one class of ten is guessed rightly.
    """
    classes = (slim[:, 0] - 0.1) / (wide[:, 0] - 0.1)
    noise = slim[:, 1] / wide[:, 1].clip(1e-3)
    return {
        "class": mean(classes, "training runs"),
        "noise": mean(noise, "training runs"),
    }


def gain(after: Estimate, before: Estimate, /) -> Estimate:
    """Return the difference of two estimates, with an error that ignores pairing."""
    error = math.hypot(float(after.error), float(before.error))
    return Estimate(after.value - before.value, error, after.n, after.of)


def unexplained(images: Float[Tensor, "n d"], truth: Float[Tensor, "n d"], /) -> float:
    """Return the squared error of images as a fraction of the variance of the truth."""
    spread = (truth - truth.mean(dim=0)).square().sum()
    return float((images - truth).square().sum() / spread)


def removed(
    net: Autoencoder, x: Float[Tensor, "n d"], noise: Float[Tensor, "n d"], /
) -> float:
    """Return the fraction of the noise on images that is gone in the reconstruction."""
    return 1 - float((net(x + noise) - x).square().sum() / noise.square().sum())


def slope_spectrum(net: Autoencoder, x: Float[Tensor, "n d"], /) -> Float[Tensor, " k"]:
    """Return the singular values of the slope of a code of sigmoids, averaged over x.

    The encoder is a linear layer and a sigmoid, so the slope is `h (1 - h) W`.
    """
    code = net.encode(x)
    slope = (code * (1 - code))[:, :, None] * net.get_parameter("encode.0.weight")
    return torch.linalg.svdvals(slope).mean(dim=0)


def effective_number(values: Float[Tensor, " k"], /) -> float:
    """Return how many singular values there are in effect, `exp(entropy)` of squares.

    >>> round(effective_number(torch.tensor([2.0, 2.0, 2.0, 0.0])), 6)
    3.0
    """
    part = values.double().square() / values.double().square().sum()
    return float(torch.special.entr(part).sum().exp())
