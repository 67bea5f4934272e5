r"""What each bit plane of a photograph costs, given the planes above it.

A grey value of eight bits has a plane for each, from the one that says light or dark
to the one that says odd or even. By the chain rule the bill is a sum over planes, and
within a plane over pixels in reading order. A network that predicts a bit may see the
upper planes of its whole neighbourhood, and the same plane where it comes earlier.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.data.photographs import Photograph
from gendiff.studies.running import Running
from gendiff.types import Batch

REACH = 2
SEEN = (2 * REACH + 1) ** 2 + 1
"""What a network is told: a square of neighbours, and the grey in its middle."""

Seen = Float[Tensor, "n 26"]


def bytes_of(photograph: Photograph, /) -> Int[Tensor, "h w"]:
    """Return a photograph in greys from 0 to 255."""
    return ((photograph.grey()[0] + 1) * 127.5).round().long()


def places(
    values: Int[Tensor, "h w"], plane: int, n: int, generator: torch.Generator, /
) -> tuple[Seen, Float[Tensor, " n"]]:
    """Return what is known about a bit at random places, and the bit."""
    height, width = (side - REACH for side in values.shape)
    row = torch.randint(REACH, height, (n,), generator=generator)
    column = torch.randint(REACH, width, (n,), generator=generator)
    reach = range(-REACH, REACH + 1)
    view = torch.stack([values[row + y, column + x] for y in reach for x in reach], 1)
    return seen(view, plane), (view[:, (SEEN - 1) // 2] >> plane & 1).float()


def seen(view: Int[Tensor, "n 25"], plane: int, /) -> Seen:
    """Return what squares of greys tell about a bit in their middle, before it is read.

    Each place is the middle of the greys that it may still have, less that of the place
    asked for, in units of the plane; the last number is the latter in [-1, 1].
    """
    bit = view >> plane & 1
    upper = (view >> (plane + 1) << (plane + 1)).float() + 2.0**plane
    earlier = torch.arange(SEEN - 1) < (SEEN - 1) // 2
    guess = torch.where(earlier, upper + (bit - 0.5) * 2**plane, upper)
    middle = upper[:, (SEEN - 1) // 2, None]
    near = ((guess - middle) / 2**plane).clamp(-8, 8) / 4
    return torch.cat([near, middle / 128 - 1], 1)


def drawn(
    run: Running,
    photographs: Sequence[Photograph],
    plane: int,
    n: int,
    purpose: str,
    /,
) -> tuple[Seen, Float[Tensor, " m"]]:
    """Return `n` places of each photograph."""
    parts = [
        places(
            bytes_of(photo),
            plane,
            n,
            run.generator(f"planes/{purpose}/{photo.file}/{plane}"),
        )
        for photo in photographs
    ]
    known, bits = zip(*parts, strict=True)
    return torch.cat(known), torch.cat(bits)


def surprisal(
    model: nn.Module, batch: Batch, generator: torch.Generator | None = None, /
) -> Float[Tensor, " b"]:
    """Return the surprisal of each bit in nats: the loss."""
    del generator  # nothing here is random
    return functional.binary_cross_entropy_with_logits(
        model(batch[0])[:, 0], batch[1], reduction="none"
    )


def halves(values: Int[Tensor, "h w"], /) -> Int[Tensor, "2 h w"]:
    """Return what the upper four planes show, and the lower four, made as bright."""
    return torch.stack([(values >> 4 << 4) + 8, (values & 15) * 16 + 8])
