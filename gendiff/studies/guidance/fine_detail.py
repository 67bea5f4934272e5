"""Does the usual weight of the loss leave fine detail aside? Two denoisers of patches.

Levels are drawn evenly in `ln sigma`, as maximum likelihood counts octaves; the usual
loss draws them evenly in the angle of the cosine schedule, and weighs each alike. So
the one weight is the other's times the ratio of the two densities. The error of a
denoiser is split at half the highest frequency along an axis.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.clocks import COSINE, LOG
from gendiff.data import SCENES, patches
from gendiff.levels import stratified, uniform
from gendiff.metrics import frequencies
from gendiff.noise import seeded
from gendiff.objectives import noise_weight
from gendiff.types import like

SIDE = 16
SPAN = uniform(LOG, 0.02, 20.0)
TIME = uniform(COSINE, 0.02, 20.0)


def usual_weight(sigma: Float[Tensor, " b"], /) -> Float[Tensor, " b"]:
    """Weigh levels that are even in ln sigma as the cosine schedule draws them."""
    return noise_weight(sigma) * TIME.pdf(sigma) / SPAN.pdf(sigma)


def training(n: int, generator: torch.Generator, /) -> Float[Tensor, "n 1 h w"]:
    """Cut patches to train on, from all photographs but two."""
    scenes = SCENES[:-2]
    return patches(n, generator=generator, photographs=scenes, size=SIDE, shrink=2)


@dataclass(frozen=True)
class Halves:
    """Squared errors by frequency."""

    upper: float
    lower: float


@torch.no_grad()
def error(model: nn.Module, n: int, generator: torch.Generator, /) -> Halves:
    """Return the error of a denoiser on the CPU, on patches of the other photographs.

    Both halves are means over their Fourier coefficients, in the unit of a pixel.
    """
    scenes = SCENES[-2:]
    x0 = patches(n, generator=generator, photographs=scenes, size=SIDE, shrink=2)
    sigma = stratified(SPAN)(n, generator).float()
    x = x0 + like(sigma, x0) * seeded(generator)(x0)
    wrong = torch.fft.fft2((model(x, sigma) - x0).double()).abs().square()[:, 0]
    upper = frequencies(SIDE, SIDE) > SIDE / 4
    halves = (float(wrong[:, part].mean()) / SIDE**2 for part in (upper, ~upper))
    return Halves(*halves)
