"""Coloured digits on black with captions of two parts, digit and ink, and their reader.

"A red seven" is `caption("7", "red")`. A part that is not given is `UNKNOWN` there, the
number after the last: so a denoiser can be told all, nothing, or that there is
something red. The digits are few and bold, so that a small network draws what a person
can read. Whoever wrote the captions knows digits and is careless with inks, as captions
found on the web are careless: a network that learns from true ones follows them without
any guidance.
"""

from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.data import COLOURS, FACES, PALETTE, shuffled
from gendiff.data.glyphs import render
from gendiff.nets import Classifier
from gendiff.studies.running import Running
from gendiff.training import Plan
from gendiff.types import Batch, Batches

SIDE = 16
FIGURES = "017"
INKS = "red", "blue", "green", "orange"
SHAPES = "DejaVuSans-Bold", "DejaVuSans-BoldOblique"
"""The typefaces: bold and without serifs."""
COUNTS = len(FIGURES), len(INKS)
UNKNOWN = torch.tensor(COUNTS)
CARELESS = 0.3
"""The fraction of captions whose ink was picked blindly."""


@dataclass(frozen=True)
class Captioned:
    """Coloured digits and what is said of each."""

    images: Float[Tensor, "n 3 h w"]
    """Red, green and blue in [0, 1], on black, which is 0 as padding is."""
    contents: Int[Tensor, "n 2"]
    """Digit and ink that it shows, as indices into `FIGURES` and `INKS`."""
    captions: Int[Tensor, "n 2"]
    """Digit and ink that are told of it."""

    @property
    def labels(self) -> Int[Tensor, " n"]:
        """One number for all that it shows, counted from 0."""
        return self.contents[:, 0] * len(INKS) + self.contents[:, 1]


def coloured(n: int, generator: torch.Generator, /) -> Captioned:
    """Draw coloured digits with their captions, of a hardly varied size and place."""

    def draw(kinds: int) -> Int[Tensor, " n"]:
        return torch.randint(kinds, (n,), generator=generator)

    figure, ink = draw(len(FIGURES)), draw(len(INKS))
    faces = torch.tensor([FACES.index(name) for name in SHAPES])
    covered = render(
        FIGURES,
        size=SIDE,
        labels=figure,
        faces=faces[draw(len(SHAPES))],
        scales=1.05 + 0.15 * torch.rand(n, generator=generator),
        positions=0.03 * torch.randn(n, 2, generator=generator),
        rotations=torch.zeros(n),
        shears=torch.zeros(n),
    )
    colours = (PALETTE[[COLOURS.index(name) for name in INKS]][ink] + 1) / 2
    blind = torch.rand(n, generator=generator) < CARELESS
    told = torch.where(blind, draw(len(INKS)), ink)
    return Captioned(
        images=colours[:, :, None, None] * covered,
        contents=torch.stack([figure, ink], 1),
        captions=torch.stack([figure, told], 1),
    )


def caption(figure: str, ink: str, /) -> Int[Tensor, "2"]:
    """Return the caption of a digit in a colour."""
    return torch.tensor([FIGURES.index(figure), INKS.index(ink)])


def only(part: int, value: int | Int[Tensor, " n"], n: int, /) -> Int[Tensor, "n 2"]:
    """Return `n` captions of which one part alone is known."""
    captions = UNKNOWN.expand(n, -1).clone()
    captions[:, part] = torch.as_tensor(value)
    return captions


def in_part(batches: Batches, /, *, rate: float) -> Batches:
    """Hide each part of a caption now and then, by itself."""
    return partial(_in_part, batches, rate)


def _in_part(
    batches: Batches, rate: float, generator: torch.Generator, /
) -> tuple[Tensor, ...]:
    x, captions = batches(generator)
    gone = torch.rand(captions.shape, generator=generator) < rate
    return x, torch.where(gone, UNKNOWN, captions)


class Reader(nn.Module):
    """Reads both parts of the caption off an image, and describes it."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.net = Classifier(3, sum(COUNTS), widths=widths)

    def forward(
        self, x: Float[Tensor, "b 3 h w"], /
    ) -> tuple[Float[Tensor, "b figure"], Float[Tensor, "b ink"]]:
        """Return the logits of the digit and of the ink."""
        figure, ink = self.net(x).split(COUNTS, dim=1)
        return figure, ink

    def label(self, x: Float[Tensor, "b 3 h w"], /) -> Float[Tensor, "b label"]:
        """Return the logits of whole captions, in the order of `Captioned.labels`."""
        figure, ink = (told.log_softmax(1) for told in self(x))
        return (figure[:, :, None] + ink[:, None]).flatten(1)

    def features(self, x: Float[Tensor, "b 3 h w"], /) -> Float[Tensor, "b d"]:
        """Return the last features before the logits."""
        return self.net.features(x)


def misread(
    reader: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of a reader, summed over both parts of the caption."""
    del generator
    x, captions = batch
    losses = [
        functional.cross_entropy(told, captions[:, k], reduction="none")
        for k, told in enumerate(reader(x))
    ]
    return torch.stack(losses).sum(0)


@torch.no_grad()
def right(
    reader: nn.Module, x: Float[Tensor, "n 3 h w"], captions: Int[Tensor, "n 2"], /
) -> Bool[Tensor, "n 2"]:
    """Return, of every image, which parts of the caption the reader finds in it."""
    device = next(reader.parameters()).device
    told = [each.argmax(1).cpu() for each in reader(x.to(device))]
    return torch.stack(told, 1) == captions


@torch.no_grad()
def certain(
    reader: nn.Module, x: Float[Tensor, "n 3 h w"], captions: Int[Tensor, "n 2"], /
) -> Float[Tensor, "n 2"]:
    """Return how probable each part of the caption is to the reader, by image."""
    device = next(reader.parameters()).device
    told = [each.softmax(1).double().cpu() for each in reader(x.to(device))]
    kept = [each.gather(1, captions[:, [k]]) for k, each in enumerate(told)]
    return torch.cat(kept, 1)


def reader(run: Running, images: int, updates: int, /) -> Reader:
    """Return the trained reader, which has seen other images than any model.

    It is the same under every seed: a ruler does not change with what it measures.
    """
    fixed = run.at(0)
    seen = coloured(images, fixed.generator("reader of captions"))
    return fixed.trained(
        partial(Reader, (16, 32, 64)),
        misread,
        shuffled(seen.images, seen.contents, size=64),
        Plan(steps=updates, learning_rate=3e-3),
        label="reader of captions",
    )
