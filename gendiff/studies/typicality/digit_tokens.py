"""Small digits as tokens, and back: pixels of few bits, or the codes of a VQ-VAE.

References:
    van den Oord, Vinyals and Kavukcuoglu (2017), arXiv:1711.00937.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gendiff.data import glyphs
from gendiff.families import VQVAE
from gendiff.nets.layers import halve
from gendiff.studies.running import Running

SIDE = 12
CODES = 64
"""Entries of the codebook."""

Images = Float[Tensor, "n 1 s s"]
Tokens = Int[Tensor, "n t"]


def digits(run: Running, n: int, purpose: str, /) -> tuple[Images, Int[Tensor, " n"]]:
    """Return digits of twelve pixels and their labels."""
    drawn = glyphs(n, generator=run.generator(purpose), size=2 * SIDE)
    return halve(drawn.images), drawn.labels


class Writing(Protocol):
    """A way to write pictures as tokens, and to read them."""

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        ...

    def tokens(self, images: Images, /) -> Tokens:
        """Return images as tokens."""
        ...

    def images(self, tokens: Tokens, /) -> Images:
        """Return the images that tokens stand for."""
        ...


@dataclass(frozen=True)
class Bits:
    """Pixels, each by its upper bits."""

    bits: int

    @property
    def vocabulary(self) -> int:
        """How many greys there are."""
        return 2**self.bits

    def tokens(self, images: Images, /) -> Tokens:
        """Return the upper bits of the pixels."""
        greys = ((images + 1) * self.vocabulary / 2).floor()
        return greys.clamp(0, self.vocabulary - 1).long().flatten(1)

    def images(self, tokens: Tokens, /) -> Images:
        """Return images in the middles of their greys."""
        values = (tokens.double() + 0.5) / self.vocabulary * 2 - 1
        return values.float().unflatten(1, (1, SIDE, SIDE))


@dataclass(frozen=True)
class Codes:
    """The codes of an autoencoder."""

    net: VQVAE

    @property
    def vocabulary(self) -> int:
        """How many entries the codebook has."""
        return self.net.codebook.num_embeddings

    @torch.no_grad()
    def tokens(self, images: Images, /) -> Tokens:
        """Return the codes of images."""
        device = self.net.codebook.weight.device
        parts = images.split(500)
        return torch.cat([self.net(part.to(device)).code.cpu() for part in parts])

    @torch.no_grad()
    def images(self, tokens: Tokens, /) -> Images:
        """Return the images that codes stand for."""
        device = self.net.codebook.weight.device
        return self.net.reconstruct(tokens.to(device)).cpu()


def digit_vqvae(codes: int = CODES, /, *, width: int = 24, dim: int = 4) -> VQVAE:
    """Return a VQ-VAE over small digits, one code for each 2 x 2 pixels.

    The encoder's vectors are given unit scale, so that the codebook can follow them.
    """
    encoder = nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1), nn.SiLU(),
        nn.Conv2d(width, width, 3, 1, 1), nn.SiLU(),
        nn.Conv2d(width, dim, 1), nn.Flatten(2), Transposed(),
        nn.RMSNorm(dim, elementwise_affine=False),
    )  # fmt: skip
    decoder = nn.Sequential(
        Transposed(), nn.Unflatten(2, (SIDE // 2, SIDE // 2)),
        nn.Conv2d(dim, width, 3, 1, 1), nn.SiLU(),
        nn.Conv2d(width, width, 3, 1, 1), nn.SiLU(),
        nn.ConvTranspose2d(width, 1, 4, 2, 1),
    )  # fmt: skip
    return VQVAE(encoder, decoder, codes=codes, dim=dim)


class Transposed(nn.Module):
    """Exchange channels and places."""

    def forward(self, x: Float[Tensor, "b c p"], /) -> Float[Tensor, "b p c"]:
        """Return the transposed signal."""
        return x.mT
