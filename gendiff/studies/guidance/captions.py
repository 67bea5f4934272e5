"""Coloured digits with captions of three parts: digit, ink and paper.

"A red seven on sky blue" is `caption("7", "red", "sky")`. A part that is not given is
`UNKNOWN` there, the number after the last: so a denoiser can be told all, nothing, or
that there is something red.
"""

from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.data import COLOURS, PALETTE, Variation, glyphs
from gendiff.types import Batch, Batches

SIDE = 16
FIGURES = "01247"
INKS = "red", "blue", "green", "orange"
PAPERS = "white", "black", "yellow", "sky"
COUNTS = len(FIGURES), len(INKS), len(PAPERS)
UNKNOWN = torch.tensor(COUNTS)


def caption(figure: str, ink: str, paper: str, /) -> Int[Tensor, "part"]:
    """Return the caption of a digit in one colour on another."""
    parts = FIGURES.index(figure), INKS.index(ink), PAPERS.index(paper)
    return torch.tensor(parts)


def only(part: int, value: int | Int[Tensor, " n"], n: int, /) -> Int[Tensor, "n part"]:
    """Return `n` captions of which one part alone is known."""
    captions = UNKNOWN.expand(n, -1).clone()
    captions[:, part] = torch.as_tensor(value)
    return captions


def coloured(
    n: int, generator: torch.Generator, /
) -> tuple[Float[Tensor, "n 3 h w"], Int[Tensor, "n part"]]:
    """Draw coloured digits and their captions."""
    variation = Variation(scales=(0.8, 1.1), offset=0.02)
    made = glyphs(
        n, generator=generator, characters=FIGURES, size=SIDE, variation=variation
    )
    ink, paper = (torch.randint(4, (n,), generator=generator) for _ in range(2))
    covered = (made.images + 1) / 2
    x = torch.lerp(_colours(PAPERS, paper), _colours(INKS, ink), covered)
    return x, torch.stack([made.labels, ink, paper], 1)


def _colours(
    names: tuple[str, ...], which: Int[Tensor, " n"], /
) -> Float[Tensor, "n 3 1 1"]:
    return PALETTE[[COLOURS.index(name) for name in names]][which][:, :, None, None]


def in_part(batches: Batches, /, *, rate: float) -> Batches:
    """Hide each part of a caption now and then, by itself."""
    return partial(_in_part, batches, rate)


def _in_part(
    batches: Batches, rate: float, generator: torch.Generator, /
) -> tuple[Tensor, ...]:
    x, captions = batches(generator)
    gone = torch.rand(captions.shape, generator=generator) < rate
    return x, torch.where(gone, UNKNOWN, captions)


def misread(
    reader: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of a reader, summed over the parts of the caption."""
    del generator
    x, captions = batch
    parts = reader(x).split(COUNTS, dim=1)
    losses = [
        functional.cross_entropy(told, captions[:, k], reduction="none")
        for k, told in enumerate(parts)
    ]
    return torch.stack(losses).sum(0)


@torch.no_grad()
def right(
    reader: nn.Module, x: Float[Tensor, "n 3 h w"], captions: Int[Tensor, "n part"], /
) -> Bool[Tensor, "n part"]:
    """Return, of every image, which parts of the caption the reader finds in it."""
    device = next(reader.parameters()).device
    told = reader(x.to(device)).cpu().split(COUNTS, dim=1)
    return torch.stack([each.argmax(1) for each in told], 1) == captions
