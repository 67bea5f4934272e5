r"""Squares of fixed size at random places, in pixel noise: images of known density.

The place is all that is unknown, so summing over all places gives the exact
log-density, `log E_place N(x; square(place), std^2 I)`.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.data.shapes import render
from gendiff.families import vae
from gendiff.noise import seeded

SIDE = 16
SPECKLE = 0.5
"""The standard deviation of the pixel noise."""
REACH = 0.2
"""How far from the middle a square may lie, as a fraction of the image."""


def squares(places: Float[Tensor, "n 2"], /) -> Float[Tensor, "n d"]:
    """Return the clean images of squares at given places."""
    n = len(places)
    zeros = torch.zeros(n)
    return render(
        labels=torch.ones(n, dtype=torch.int64),
        sizes=torch.full((n,), 0.35),
        positions=places,
        rotations=zeros,
        textures=zeros.long(),
        size=SIDE,
    ).flatten(1)


def noisy_squares(n: int, generator: torch.Generator, /) -> Float[Tensor, "n d"]:
    """Return squares at random places, each in noise of its own."""
    places = REACH * (2 * torch.rand(n, 2, generator=generator) - 1)
    return squares(places) + SPECKLE * seeded(generator)(torch.empty(n, SIDE**2))


def log_density(x: Float[Tensor, "n d"], /, *, lattice: int) -> Float[Tensor, " n"]:
    """Return the exact log-density in nats, up to a lattice of places.

    Args:
        x: Images.
        lattice: How many places a side stand for all.
    """
    ticks = REACH * (2 * (torch.arange(lattice) + 0.5) / lattice - 1)
    clean = squares(torch.cartesian_prod(ticks, ticks))
    distance = torch.cdist(x.double(), clean.double()).square()
    normaliser = SIDE**2 / 2 * math.log(2 * math.pi * SPECKLE**2)
    nearness = (-distance / (2 * SPECKLE**2)).logsumexp(1)
    return nearness - math.log(len(clean)) - normaliser


@torch.no_grad()
def bound(
    model: vae.VAE, x: Float[Tensor, "n d"], generator: torch.Generator, /
) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
    """Return the evidence lower bound, from eight draws, and the cost of the code."""
    noise = seeded(generator)
    draws = [model(x, noise) for _ in range(8)]
    each = [draw.log_likelihood - draw.divergence for draw in draws]
    return torch.stack(each).mean(0), draws[0].divergence


def weighed(
    model: vae.VAE,
    x: Float[Tensor, "n d"],
    generator: torch.Generator,
    /,
    *,
    samples: int,
) -> Float[Tensor, " n"]:
    """Return the model's log-density by importance sampling, fifty images at a time."""
    noise = seeded(generator)
    parts = [
        torch.as_tensor(vae.log_likelihood(model, part, noise, samples=samples).value)
        for part in x.split(50)
    ]
    return torch.cat(parts)
