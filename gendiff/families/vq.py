"""The vector-quantised variational autoencoder.

The encoder's vectors are replaced by the nearest entries of a learnt codebook, so that
the code is a handful of integers: a bottleneck that can be counted in bits. Rounding
has no useful gradient; the decoder's is handed straight through to the encoder, and two
further terms bring codebook and encoder together:

    |x - r|^2 + |sg(z) - e|^2 + beta |z - sg(e)|^2,

where `sg` stops the gradient, `z` is the encoder's vector and `e` its codebook entry.

References:
    van den Oord, Vinyals and Kavukcuoglu (2017), arXiv:1711.00937, equation 3.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.families.autoencoders import squared_error
from gendiff.nets.layers import perceptron


class Quantised(NamedTuple):
    """A pass through the autoencoder."""

    reconstruction: Float[Tensor, "b *s"]
    encoded: Float[Tensor, "b n d"]
    """Before rounding."""
    entry: Float[Tensor, "b n d"]
    """The codebook entries that stand for it."""
    code: Int[Tensor, "b n"]
    """Their indices."""


class VQVAE(nn.Module):
    """An encoder to `n` vectors a sample, a codebook, and a decoder from them."""

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, *, codes: int, dim: int
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decode = decoder
        self.codebook = nn.Embedding(codes, dim)
        nn.init.uniform_(self.codebook.weight, -1 / codes, 1 / codes)

    def nearest(self, z: Float[Tensor, "b n d"], /) -> Int[Tensor, "b n"]:
        """Return the index of the codebook entry closest to each vector."""
        # |z - e|^2 = |z|^2 - 2 z.e + |e|^2, and the first term is the same for all.
        book = self.codebook.weight
        return (book.square().sum(dim=1) - 2 * z @ book.T).argmin(dim=-1)

    def forward(self, x: Float[Tensor, "b *s"], /) -> Quantised:
        """Encode, round and decode; the gradient passes the rounding unchanged."""
        encoded = self.encoder(x)
        code = self.nearest(encoded)
        entry = self.codebook(code)
        straight = encoded + (entry - encoded).detach()
        return Quantised(self.decode(straight), encoded, entry, code)

    def reconstruct(self, code: Int[Tensor, "b n"], /) -> Float[Tensor, "b *s"]:
        """Return what a code stands for."""
        return self.decode(self.codebook(code))

    @torch.no_grad()
    def start(self, x: Float[Tensor, "b *s"], generator: torch.Generator, /) -> None:
        """Set the codebook to encoded vectors of `x`, so that every entry is in use.

        Entries that start far from everything are never the nearest and never move.

        Raises:
            ValueError: If `x` encodes to fewer vectors than the codebook has entries.
        """
        vectors = self.encoder(x).flatten(0, 1)
        codes = self.codebook.num_embeddings
        if len(vectors) < codes:
            raise ValueError(
                f"{len(vectors)} vectors cannot start {codes} entries; give more data"
            )
        chosen = torch.randperm(len(vectors), generator=generator)[:codes]
        self.codebook.weight.copy_(vectors[chosen.to(vectors.device)])


def perceptron_vqvae(
    dim: int, /, *, places: int, codes: int, code_dim: int = 4, width: int = 128
) -> VQVAE:
    """Return a VQ-VAE over points whose code is `places` integers below `codes`.

    The encoder's vectors are given unit scale, which the paper does not do: otherwise
    the decoder's gradient stretches them faster than an adaptive optimiser, blind to
    the size of a gradient, moves the codebook after them.
    """
    encoder = nn.Sequential(
        perceptron([dim, width, places * code_dim]),
        nn.Unflatten(1, (places, code_dim)),
        nn.RMSNorm(code_dim, elementwise_affine=False),
    )
    decoder = nn.Sequential(nn.Flatten(), perceptron([places * code_dim, width, dim]))
    return VQVAE(encoder, decoder, codes=codes, dim=code_dim)


@dataclass(frozen=True)
class Commitment:
    """The loss of a VQ-VAE."""

    beta: float = 0.25
    """How strongly the encoder is bound to the entries it chose."""

    def __call__(
        self, model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the three terms, summed."""
        del generator  # nothing here is random
        out: Quantised = model(batch[0])
        codebook = squared_error(out.encoded.detach(), out.entry)
        commitment = squared_error(out.encoded, out.entry.detach())
        error = squared_error(out.reconstruction, batch[0])
        return error + codebook + self.beta * commitment


def perplexity(code: Int[Tensor, "*s"], codes: int, /) -> float:
    """Return the effective number of codebook entries in use, `exp(entropy)`.

    >>> perplexity(torch.tensor([0, 1, 2, 3]), 8)
    4.0
    """
    share = functional.one_hot(code.flatten(), codes).double().mean(dim=0)
    return float(torch.special.entr(share).sum().exp())
