"""Wishes: texts of a wanted kind, from models that were and weren't told of kinds.

Three models of the language of `kinds`, one of each family, are asked for a kind:

* an *autoregressive* one, told it by a label, guided at every next letter;
* a *masked* one, for which the kind is a word before the text like any other. It was
  trained on texts with words hidden, so with the title hidden it is the unconditional
  model: guidance needs no dropout of labels;
* *embedded* diffusion, told by a label or not at all. What it wasn't told a classifier
  of noisy texts tells it, by its gradient.

References:
    Nie et al. (2025), arXiv:2502.09992, appendix (guidance by hiding the prompt).
    Li et al. (2022), arXiv:2205.14217, section 4.1 (gradients of a classifier).
"""

from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.clocks import LOG
from gendiff.exact.gaussian import Isotropic
from gendiff.levels import Warped, stratified
from gendiff.noise import seeded
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.studies.language.kinds import Kinds
from gendiff.tokens import (
    Autoregressive,
    Contrast,
    embedded,
    empty,
    masked,
    sample as write,
    unmasking,
)
from gendiff.tokens.reader import Reader
from gendiff.types import Batch, Denoiser

DIMENSIONS = 8
LOW, HIGH = 0.3, 20.0
"""Levels: of 8 letters, one is certain at the first and lost at the last."""


def titled(
    x: Int[Tensor, "b n"], labels: Int[Tensor, " b"], letters: int, /
) -> Int[Tensor, "b n1"]:
    """Return texts with their kind before them, as a word of its own."""
    return torch.cat([letters + labels[:, None], x], dim=1)


def title_loss(
    language: Kinds, model: nn.Module, batch: Batch, chance: torch.Generator
) -> Float[Tensor, " b"]:
    """Return the bound of masked diffusion on texts with titles, in nats."""
    kinds, letters, _ = language.moves.shape
    texts = titled(batch[0], batch[1], letters)
    return masked.Bound(letters + kinds)(model, (texts,), chance)


def unlabelled_loss(
    model: nn.Module, batch: Batch, chance: torch.Generator
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of embedded diffusion that is not told the kinds."""
    return embedded.CrossEntropy()(model, batch[:1], chance)


def vectors(language: Kinds, width: int, classes: int) -> embedded.Embedded:
    """Return fresh embedded diffusion; without classes it takes no labels."""
    letters = language.moves.shape[1]
    net = Reader(
        letters, width=width, depth=2, classes=classes, reach=3,
        dimensions=DIMENSIONS, levels=width,
    )  # fmt: skip
    return embedded.Embedded(
        net, embedded.fresh(letters, DIMENSIONS), Warped(LOG, LOW, HIGH)
    )


class Classifier(nn.Module):
    """Says of noisy vectors which kind of text is behind them.

    It weighs each pair of neighbours by itself and adds up, as one would do with
    letters, where a kind is a table of pairs.
    """

    def __init__(self, kinds: int, width: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(DIMENSIONS + 1, 4 * width, 2), nn.GELU(),
            nn.Conv1d(4 * width, 2 * width, 1), nn.GELU(),
            nn.Conv1d(2 * width, kinds, 1),
        )  # fmt: skip

    def forward(
        self, z: Float[Tensor, "b n d"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b k"]:
        """Return the logits of the kinds."""
        level = embedded.by_place(sigma.to(z))
        told = (level.log() / 4).expand(*z.shape[:2], 1)
        scaled = z * (1 + level**2).rsqrt()
        return self.net(torch.cat([scaled, told], dim=2).mT).sum(2)


@dataclass(frozen=True)
class Classifying:
    """The loss of a classifier of texts that a trained model has embedded."""

    model: embedded.Embedded

    def __call__(
        self, classifier: nn.Module, batch: Batch, chance: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the nats that a label costs, at levels of all sizes."""
        x, labels = batch
        sigma = stratified(self.model.levels.density())(len(x), chance)
        z = embedded.noisy(self.model.table.detach(), x, sigma, seeded(chance))
        return functional.cross_entropy(
            classifier(z, sigma.to(z)), labels, reduction="none"
        )


def forwards(
    model: Autoregressive, labels: Int[Tensor, " b"], scale: float, places: int,
    chance: torch.Generator, /,
) -> Int[Tensor, "b n"]:  # fmt: skip
    """Write with an autoregressive model, guided at every letter."""
    told = partial(model.read, label=labels)
    return last(
        write(Contrast(told, model.read, scale), empty(len(labels)), places, chance)
    )


@dataclass(frozen=True)
class Guided:
    """A model of masked texts whose title is hidden from one of its two readings."""

    fill: masked.Fill
    letters: int
    mask: int
    scale: float
    """1 means no guidance, and costs one call."""

    def __call__(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
        """Return the logits of letters: `away + scale (toward - away)`."""
        toward = self.fill(x)[..., : self.letters].log_softmax(-1)
        if self.scale == 1:
            return toward
        blind = x.clone()
        blind[:, 0] = self.mask
        away = self.fill(blind)[..., : self.letters].log_softmax(-1)
        return torch.lerp(away, toward, self.scale)


def unmasked(
    language: Kinds, fill: masked.Fill, labels: Int[Tensor, " b"], scale: float,
    places: int, steps: int, chance: torch.Generator, /,
) -> Int[Tensor, "b n"]:  # fmt: skip
    """Write with a masked model, so many steps of one call or of two."""
    kinds, letters, _ = language.moves.shape
    mask = letters + kinds
    blank = torch.full((len(labels), places), mask)
    x = titled(blank, labels, letters)
    guided = Guided(fill, letters, mask, scale)
    rates = [1 - j / steps for j in range(steps)] + [0.0]
    return last(unmasking.ancestral(guided, x, mask, rates, chance))[:, 1:]


@torch.no_grad()
def denoised(
    denoise: Denoiser, table: Float[Tensor, "v d"], shape: tuple[int, int],
    evaluations: int, chance: torch.Generator, /,
) -> Int[Tensor, "b n"]:  # fmt: skip
    """Write with a denoiser of vectors, and read off the nearest letters."""
    noise = torch.randn(*shape, table.shape[1], generator=chance)
    gaussian = Isotropic(torch.zeros(()), 1.0)
    z = last(sample(denoise, noise, gaussian=gaussian, evaluations=evaluations))
    return (z @ table.mT).argmax(-1)
