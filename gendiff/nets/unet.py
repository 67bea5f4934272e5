"""One U-Net for images and for waveforms.

The signal is averaged down to coarser levels, processed there, where a small kernel
sees far, and doubled up again. At each level the features from before the averaging are
handed across, so that what was averaged away need not pass through the narrow middle.

Most of a small U-Net's time goes into the finest level, where it does the least.
Folding patches into channels first (`patch=2`: 2x2 pixels become 4 channels) loses
nothing and skips that level; on a CPU it halves the cost of a step at equal parameters.
There is no attention: at the sizes meant here the coarsest level is seen whole.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import (
    Block,
    Embedding,
    convolution,
    demand_divisible,
    double,
    group_norm,
    halve,
    patchify,
    unpatchify,
    zeroed,
)


class Level(nn.Module):
    """Residual blocks in a row, all told the embedding."""

    def __init__(
        self, into: int, out: int, *, blocks: int, embedding: int, ndim: int
    ) -> None:
        super().__init__()
        widths = [into, *[out] * blocks]
        self.blocks = nn.ModuleList(
            Block(a, b, embedding=embedding, ndim=ndim) for a, b in pairwise(widths)
        )

    def forward(
        self, x: Float[Tensor, "b c *s"], embedding: Float[Tensor, "b e"], /
    ) -> Float[Tensor, "b k *s"]:
        """Return the signal after the last block."""
        for block in self.blocks:
            x = block(x, embedding)
        return x


class UNet(nn.Module):
    """Map a signal and a number to a signal of the same size.

    `widths` are the channels of each level, finest first; every level halves the size.
    The output starts at zero. The signal's axes must be multiples of
    `patch * 2 ** (len(widths) - 1)`: 28 pixels go with `patch=2` and two widths
    (28, 14, 7).

    References:
        Ronneberger et al. (2015), arXiv:1505.04597.
        Ho et al. (2020), arXiv:2006.11239, appendix B.
    """

    def __init__(
        self,
        channels: int,
        *,
        widths: Sequence[int] = (64, 128),
        blocks: int = 1,
        patch: int = 1,
        classes: int | Sequence[int] = 0,
        ndim: int = 2,
        out: int | None = None,
    ) -> None:
        super().__init__()
        self.patch = patch
        self.multiple = patch * 2 ** (len(widths) - 1)
        width, volume = 2 * widths[0], patch**ndim
        self.embed = Embedding(width, classes=classes)
        self.stem = convolution(channels * volume, widths[0], ndim=ndim)
        finer = [widths[0], *widths[:-1]]
        self.down = nn.ModuleList(
            Level(a, b, blocks=blocks, embedding=width, ndim=ndim)
            for a, b in zip(finer, widths, strict=True)
        )
        self.middle = Block(widths[-1], widths[-1], embedding=width, ndim=ndim)
        self.up = nn.ModuleList(
            Level(2 * b, a, blocks=blocks, embedding=width, ndim=ndim)
            for a, b in zip(finer[::-1], widths[::-1], strict=True)
        )
        self.norm = group_norm(widths[0])
        out = channels if out is None else out
        self.last = zeroed(convolution(widths[0], out * volume, ndim=ndim))

    def forward(
        self,
        x: Float[Tensor, "b c *s"],
        noise: Float[Tensor, " b"],
        label: Int[Tensor, "b *labels"] | None = None,
        /,
    ) -> Float[Tensor, "b o *s"]:
        """Return the output for each signal; no label means "unknown".

        Raises:
            ValueError: If an axis of the signal cannot be halved often enough.
        """
        demand_divisible(x, self.multiple)
        embedding = self.embed(noise, label)
        h = self.stem(patchify(x, self.patch))
        skips: list[Tensor] = []
        for index, level in enumerate(self.down):
            h = level(halve(h) if index else h, embedding)
            skips.append(h)
        h = self.middle(h, embedding)
        for index, level in enumerate(self.up):
            h = double(h) if index else h
            h = level(torch.cat([h, skips.pop()], dim=1), embedding)
        h = self.last(functional.silu(self.norm(h)))
        return unpatchify(h, self.patch)
