"""What text costs each writer, in bits a character of windows of 128.

All are of the same windows with nothing before them, so the numbers compare: the
autoregressive one is exact, the others are bounds from above, estimated without bias.
"""

import math
from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.noise import seeded
from gendiff.studies.language import corpus, writers
from gendiff.tokens import counts, embedded

Windows = tuple[Int[Tensor, "b n"], Int[Tensor, " b"]]
"""Tokens and their labels."""
SIZE = 64
"""Windows at a time."""


def exactly(model: counts.Ahead, windows: Windows, /) -> Float[Tensor, " b"]:
    """Return the bits of each window under the autoregressive writer."""
    return _mean(partial(writers.forward_loss, model), windows, torch.Generator(), 1)


def masked(
    model: counts.Around, windows: Windows, generator: torch.Generator, /, *, draws: int
) -> Float[Tensor, " b"]:
    """Return the bound of each window, averaged over draws of masks."""
    return _mean(partial(writers.masked_loss, model), windows, generator, draws)


def multinomial(
    model: writers.Multinomial,
    windows: Windows,
    generator: torch.Generator,
    /,
    *,
    draws: int,
) -> Float[Tensor, " b"]:
    """Return the bound of each window, averaged over draws of noise."""
    return _mean(partial(writers.multinomial_loss, model), windows, generator, draws)


def gaussian(
    model: embedded.Embedded,
    windows: Windows,
    generator: torch.Generator,
    /,
    *,
    draws: int,
    passes: int = 2,
) -> Float[Tensor, " b"]:
    """Return the bound of each window, averaged over draws of noise and level."""
    levels = model.levels.density()

    def cost(
        batch: tuple[Tensor, Tensor], chance: torch.Generator
    ) -> Float[Tensor, " b"]:
        denoise = model.denoiser(batch[1], passes=passes)
        nats = embedded.bound(denoise, batch[0], levels, chance, noise=seeded(chance))
        return nats / corpus.LENGTH

    return _mean(cost, windows, generator, draws)


@torch.no_grad()
def _mean(
    cost: Callable[[tuple[Tensor, Tensor], torch.Generator], Tensor],
    windows: Windows,
    generator: torch.Generator,
    draws: int,
) -> Float[Tensor, " b"]:
    parts = zip(*(each.split(SIZE) for each in windows), strict=True)
    nats = [
        torch.stack([cost((x, y), generator).double().cpu() for _ in range(draws)])
        for x, y in parts
    ]
    return torch.cat(nats, dim=1).mean(0) / math.log(2)
