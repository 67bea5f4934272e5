"""Recurrent interface networks: most of the work in a few latents, which may be kept.

A transformer over patches spends its attention on pairs of patches. Here the patches
are only an interface. In each block a few *latents* read from them by cross-attention,
compute among themselves, and write back; the cost of the computing does not grow with
the image.

The latents know by then what the image is. In a sampler the next step sees nearly the
same image, so it may start from the latents that the last step left: a state is carried
from step to step, as in a recurrent network, on a way that no gradient takes. Training
teaches to use it by *latent self-conditioning*: with some probability the network is
first run once without gradient, and its latents are carried into the run that counts.
What is carried enters through a gain that starts at 0, and without a bias: carrying
zeros is carrying nothing.

References:
    Jabri, Fleet and Chen (2022), arXiv:2212.11972 (blocks, latent self-conditioning).
    Chen, Zhang and Hinton (2022), arXiv:2208.04202, section 3.2 (self-conditioning).
"""

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import (
    Embedding,
    demand_divisible,
    patchify,
    unpatchify,
    zeroed,
)


class Attention(nn.Module):
    """Let a sequence read from another one (or itself), and think about it.

    Two residual branches: attention, then a perceptron with one hidden layer. Both
    start at zero.
    """

    def __init__(self, width: int, source: int, *, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.source_norm = nn.LayerNorm(width), nn.LayerNorm(source)
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(source, 2 * width, bias=False)
        self.out = zeroed(nn.Linear(width, width))
        self.thought = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(),
            zeroed(nn.Linear(4 * width, width)),
        )  # fmt: skip

    def forward(
        self, x: Float[Tensor, "b n w"], source: Float[Tensor, "b m v"], /
    ) -> Float[Tensor, "b n w"]:
        """Return what has read."""
        key, value = self.key_value(self.source_norm(source)).chunk(2, dim=-1)
        query, key, value = (
            each.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for each in (self.query(self.norm(x)), key, value)
        )
        read = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.out(read.transpose(1, 2).flatten(2))
        return x + self.thought(x)


class InterfaceBlock(nn.Module):
    """Read, compute `depth` times, write."""

    def __init__(
        self, width: int, latent_width: int, *, depth: int, heads: int
    ) -> None:
        super().__init__()
        self.read = Attention(latent_width, width, heads=heads)
        self.compute = nn.ModuleList(
            Attention(latent_width, latent_width, heads=heads) for _ in range(depth)
        )
        self.write = Attention(width, latent_width, heads=heads)

    def forward(
        self, tokens: Float[Tensor, "b n w"], latents: Float[Tensor, "b m v"], /
    ) -> tuple[Float[Tensor, "b n w"], Float[Tensor, "b m v"]]:
        """Return tokens and latents after the block."""
        latents = self.read(latents, tokens)
        for layer in self.compute:
            latents = layer(latents, latents)
        return self.write(tokens, latents), latents


class Interface(nn.Module):
    """Map a signal of fixed size and a number to a signal, through a few latents.

    While training, a fraction `carry` of the calls carries latents over from a first
    run without gradient. Elsewhere, a call starts from nothing, except inside of
    `carrying`. The output starts at zero.

    Raises:
        ValueError: If `patch` does not divide the size.
    """

    latents: Tensor

    def __init__(
        self,
        channels: int,
        size: Sequence[int],
        *,
        patch: int = 4,
        width: int = 64,
        latents: int = 16,
        latent_width: int = 64,
        blocks: int = 2,
        depth: int = 2,
        heads: int = 4,
        carry: float = 0.9,
        classes: int | Sequence[int] = 0,
        out: int | None = None,
    ) -> None:
        super().__init__()
        demand_divisible(torch.empty(1, channels, *size), patch)
        self.patch, self.carry = patch, carry
        places = math.prod(size) // patch ** len(size)
        volume = patch ** len(size)
        self.stem = nn.Linear(channels * volume, width)
        self.place = nn.Parameter(torch.randn(places, width) * 0.02)
        self.start = nn.Parameter(torch.randn(latents, latent_width) * 0.02)
        self.embed = Embedding(latent_width, classes=classes)
        self.told = nn.Linear(latent_width, latent_width)
        self.recall = nn.Sequential(
            nn.Linear(latent_width, 4 * latent_width, bias=False), nn.GELU(),
            nn.Linear(4 * latent_width, latent_width, bias=False),
        )  # fmt: skip
        self.gain = nn.Parameter(torch.zeros(latent_width))
        self.blocks = nn.ModuleList(
            InterfaceBlock(width, latent_width, depth=depth, heads=heads)
            for _ in range(blocks)
        )
        self.norm = nn.LayerNorm(width)
        self.last = zeroed(nn.Linear(width, (out or channels) * volume))
        self._carries = False
        self._left: Tensor | None = None

    def forward(
        self,
        x: Float[Tensor, "b c *s"],
        noise: Float[Tensor, " b"],
        label: Int[Tensor, "b *labels"] | None = None,
        /,
    ) -> Float[Tensor, "b o *s"]:
        """Return the output for each signal; no label means "unknown"."""
        carried = self._left if self._carries else None
        if self.training and float(torch.rand(())) < self.carry:
            with torch.no_grad():
                _, carried = self.run(x, noise, label, None)
        out, left = self.run(x, noise, label, carried)
        if self._carries:
            self._left = left.detach()
        return out

    @contextmanager
    def carrying(self) -> Generator[None]:
        """Start each call from the latents that the call before has left.

        For one batch on its way through a sampler: `with net.carrying(): last(...)`.
        """
        self._carries = True
        try:
            yield
        finally:
            self._carries, self._left = False, None

    def run(
        self,
        x: Float[Tensor, "b c *s"],
        noise: Float[Tensor, " b"],
        label: Int[Tensor, "b *labels"] | None,
        carried: Float[Tensor, "b m v"] | None,
        /,
    ) -> tuple[Float[Tensor, "b o *s"], Float[Tensor, "b m v"]]:
        """Return the output, and the latents that may be carried on."""
        folded = patchify(x, self.patch)
        tokens = self.stem(folded.flatten(2).mT) + self.place
        latents = self.start.expand(len(x), -1, -1)
        if carried is not None:
            recalled = carried + self.recall(carried)
            root = recalled.square().mean(-1, keepdim=True).add(1e-6).rsqrt()
            latents = latents + self.gain * root * recalled
        told = self.told(self.embed(noise, label))[:, None]
        latents = torch.cat([latents, told], dim=1)
        for block in self.blocks:
            tokens, latents = block(tokens, latents)
        out = self.last(self.norm(tokens)).mT.unflatten(2, folded.shape[2:])
        return unpatchify(out, self.patch), latents[:, :-1]
