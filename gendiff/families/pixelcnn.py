r"""An autoregressive model of images, one pixel after the other.

Pixels take one of `levels` values, and `p(x) = prod_i p(x_i | x_1 .. x_{i-1})` runs
over them row by row. *Masked* convolutions see only what comes before in that order, so
one pass gives all conditionals: the likelihood is exact, and training parallel.
Sampling needs a pass for every pixel.

A stack of masked convolutions misses a wedge of pixels above and to the right (its
"blind spot"); wide kernels make the wedge small, and nothing here rests on its absence.

References:
    van den Oord, Kalchbrenner and Kavukcuoglu (2016), arXiv:1601.06759, section 3.4.
    van den Oord et al. (2016), arXiv:1606.05328, figure 1 (the blind spot).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.applied import Applied
from gendiff.nets.layers import zeroed
from gendiff.record import last
from gendiff.tokens.sampling import empty, sample, uncached


class Masked(nn.Conv2d):
    """A convolution that sees the places before each place, row by row.

    With `centre` it sees the place itself too: right for every layer but the first.
    """

    mask: Tensor

    def __init__(self, into: int, out: int, *, size: int, centre: bool) -> None:
        super().__init__(into, out, size, padding=size // 2)
        seen = torch.zeros(size, size)
        middle = size // 2
        seen[:middle] = 1
        seen[middle, : middle + centre] = 1
        self.register_buffer("mask", seen)

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, x: Float[Tensor, "b c h w"], /
    ) -> Float[Tensor, "b k h w"]:
        """Convolve with the kernel where it may see."""
        return functional.conv2d(
            x, self.weight * self.mask, self.bias, padding=self.padding
        )


class PixelCNN(nn.Module):
    """Residual masked convolutions from pixels to the logits of their `levels`."""

    def __init__(
        self, levels: int, *, width: int = 32, depth: int = 4, size: int = 5
    ) -> None:
        super().__init__()
        self.levels = levels
        self.first = Masked(1, width, size=2 * size + 1, centre=False)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.SiLU(), Masked(width, width, size=size, centre=True),
                nn.SiLU(), nn.Conv2d(width, width, 1),
            )
            for _ in range(depth)
        )  # fmt: skip
        self.last = zeroed(nn.Conv2d(width, levels, 1))

    def forward(self, pixels: Int[Tensor, "b h w"], /) -> Float[Tensor, "b v h w"]:
        """Return the logits of every pixel given those before it."""
        h = self.first(2 * pixels[:, None].float() / (self.levels - 1) - 1)
        for block in self.blocks:
            h = h + block(h)
        return self.last(functional.silu(h))


def surprisal(
    model: nn.Module, pixels: Int[Tensor, "b h w"], /
) -> Float[Tensor, "b h w"]:
    """Return `-log p(x_i | x_1 .. x_{i-1})` of every pixel, in nats."""
    return functional.cross_entropy(model(pixels), pixels, reduction="none")


def cross_entropy(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the mean surprisal of each image's pixels, in nats: the loss."""
    del generator  # nothing here is random
    return surprisal(model, batch[0]).flatten(1).mean(dim=1)


def generate(
    model: PixelCNN,
    n: int,
    generator: torch.Generator,
    /,
    *,
    height: int,
    width: int,
) -> Int[Tensor, "{n} {height} {width}"]:
    """Draw `n` images, one pass a pixel."""
    read = uncached(Applied(_next, model, width))
    start = empty(n, device=model.last.weight.device)
    pixels = last(sample(read, start, height * width, generator))
    return pixels.reshape(n, height, width)


def _next(
    model: PixelCNN, width: int, before: Int[Tensor, "b m"], /
) -> Float[Tensor, "b v"]:
    """Return the logits of the pixel after those before it, row by row."""
    row, column = divmod(before.shape[1], width)
    # Rows below see nothing of this pixel's neighbourhood: leave them out.
    padded = functional.pad(before, (0, width - column))
    return model(padded.unflatten(1, (row + 1, width)))[:, :, row, column]
