"""The U-Net without its bridges: everything must pass through the middle.

`Hourglass` has the levels and blocks of `UNet`, but no features are handed across, and
in the middle the channels are squeezed to `bottleneck`. It is the network to use when a
bottleneck is the point (an autoencoder's code) or the question (does a denoiser need
one, or suffer from it?). Like the U-Net it may be told a noise level.
"""

from collections.abc import Sequence

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
from gendiff.nets.unet import Level


class Hourglass(nn.Module):
    """Map a signal to a signal of the same size through a narrow code.

    The code has `bottleneck` channels at the size of the coarsest level: for 28x28
    pixels, `patch=2` and two widths it is `bottleneck` x 7 x 7 numbers.
    """

    def __init__(
        self,
        channels: int,
        *,
        bottleneck: int,
        widths: Sequence[int] = (64, 128),
        blocks: int = 1,
        patch: int = 1,
        classes: int = 0,
        ndim: int = 2,
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
        self.squeeze = convolution(widths[-1], bottleneck, ndim=ndim, size=1)
        self.widen = convolution(bottleneck, widths[-1], ndim=ndim, size=1)
        self.up = nn.ModuleList(
            Level(b, a, blocks=blocks, embedding=width, ndim=ndim)
            for a, b in zip(finer[::-1], widths[::-1], strict=True)
        )
        self.norm = group_norm(widths[0])
        self.last = zeroed(convolution(widths[0], channels * volume, ndim=ndim))

    def encode(
        self,
        x: Float[Tensor, "b c *s"],
        noise: Float[Tensor, " b"],
        label: Int[Tensor, " b"] | None = None,
        /,
    ) -> Float[Tensor, "b k *r"]:
        """Return the code.

        Raises:
            ValueError: If an axis of the signal cannot be halved often enough.
        """
        demand_divisible(x, self.multiple)
        embedding = self.embed(noise, label)
        h = self.stem(patchify(x, self.patch))
        for index, level in enumerate(self.down):
            h = level(halve(h) if index else h, embedding)
        return self.squeeze(self.middle(h, embedding))

    def decode(
        self,
        code: Float[Tensor, "b k *r"],
        noise: Float[Tensor, " b"],
        label: Int[Tensor, " b"] | None = None,
        /,
    ) -> Float[Tensor, "b c *s"]:
        """Return the signal that a code stands for."""
        embedding = self.embed(noise, label)
        h = self.widen(code)
        for index, level in enumerate(self.up):
            h = level(double(h) if index else h, embedding)
        h = self.last(functional.silu(self.norm(h)))
        return unpatchify(h, self.patch)

    def forward(
        self,
        x: Float[Tensor, "b c *s"],
        noise: Float[Tensor, " b"],
        label: Int[Tensor, " b"] | None = None,
        /,
    ) -> Float[Tensor, "b c *s"]:
        """Return the output for each signal; no label means "no class"."""
        return self.decode(self.encode(x, noise, label), noise, label)
