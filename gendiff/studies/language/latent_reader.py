"""A reader of hidden tokens that works in a few latents, which can be handed on.

It is a recurrent interface network over tokens: latents read from them, compute, and
write back. What they hold after one call can be handed to the next one. Training
teaches to use it: in some updates the network is run first without a gradient, and its
latents are handed to the run that counts. The bound stays one, since latents are a
function of what is visible.

References:
    Jabri, Fleet and Chen (2022), arXiv:2212.11972, section 2.3 (latent
    self-conditioning).
    Jaegle et al. (2021), arXiv:2107.14795, section 3 (tokens through latents).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.interface import Interface
from gendiff.tokens import masked
from gendiff.types import Batch

BACKWARD = 2.0
"""What a gradient costs, in passes: the network's cost is a half of its gradient's."""


class LatentReader(nn.Module):
    """Logits of hidden tokens; the number `vocabulary` is the mask.

    Two places make a patch, so their number must be even.
    """

    def __init__(
        self, vocabulary: int, places: int, /, *, width: int, latents: int, depth: int
    ) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.net = Interface(
            vocabulary + 1, (places,), patch=2, width=width, latents=latents,
            latent_width=width, blocks=2, depth=depth, out=vocabulary,
        )  # fmt: skip

    def forward(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
        """Return the logits, with nothing handed over."""
        return self.read(x, None)[0]

    def read(
        self, x: Int[Tensor, "b n"], handed: Float[Tensor, "b m w"] | None, /
    ) -> tuple[Float[Tensor, "b n v"], Float[Tensor, "b m w"]]:
        """Return the logits, and the latents to hand on."""
        told = functional.one_hot(x, self.vocabulary + 1).mT.float()
        # Masks show how much is hidden, so the level is always the same.
        level = torch.zeros(len(x)).to(told)
        logits, latents = self.net.run(told, level, None, handed)
        return logits.mT, latents

    def again(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
        """Return the logits of a second call, with the latents of the first."""
        return self._twice(x, 0)

    def astray(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
        """Return them with the latents of another sequence of the batch."""
        return self._twice(x, 1)

    def _twice(self, x: Int[Tensor, "b n"], shift: int) -> Float[Tensor, "b n v"]:
        with torch.no_grad():
            _, handed = self.read(x, None)
        return self.read(x, handed.roll(shift, 0))[0]


@dataclass(frozen=True)
class Handing:
    """The loss of a latent reader, in bits a token."""

    often: float
    """In what fraction of the updates latents are handed over."""

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return an estimate of the bound, of a second call in some updates."""
        assert isinstance(model, LatentReader)
        x, *_ = batch
        twice = float(torch.rand((), generator=generator)) < self.often
        fill = model.again if twice else model
        return bits(fill, x, model.vocabulary, generator)

    @property
    def price(self) -> float:
        """What an update costs, over one without an extra call."""
        return 1 + self.often / (1 + BACKWARD)


def bits(
    fill: masked.Fill, x: Int[Tensor, "b n"], mask: int, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return an estimate of the bound for each sequence, in bits a token."""
    return masked.Bound(mask)(fill, (x,), generator) / x.shape[1] / math.log(2)
