"""Inverse heat dissipation: take detail away by blur, and learn to put it back.

Let an image cool. Under the heat equation with insulated edges each cosine of the
image fades on its own, the finer the faster: after a blur of width `w` pixels the
cosine with `k` half waves down and `l` across has kept

    exp(-(pi^2 / 2) w^2 (k^2 / height^2 + l^2 / width^2)),

which is the *discrete cosine transform*'s basis, so that the blur is exact. Coarse to
fine is here by construction what in a diffusion model follows from spectra of data.

Blur alone could be undone by arithmetic. A little noise on every state, of level
`noise`, hides what has faded below it, and a network must supply the rest: it is given
a blurred, noisy image and learns the step to the next sharper one. Sampling begins with
an image so blurred that little but its mean is left, and puts fresh noise on each step.

References:
    Rissanen, Heinonen and Solin (2022), arXiv:2206.13397 (blur, loss, sampler).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.grids import demand_grid
from gendiff.noise import seeded
from gendiff.types import Noise, Step, like


def cosines(n: int, /) -> Float[Tensor, "{n} {n}"]:
    """Return the orthonormal cosine basis of `n` places, a wave a row, in float64.

    Row `k` is `cos(pi k (i + 1/2) / n)` at places `i`: the DCT of type II.
    """
    place = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    waves = torch.cos(math.pi * torch.outer(torch.arange(n).double(), place))
    return waves / waves.norm(dim=1, keepdim=True)


def dct(x: Float[Tensor, "b *c h w"], /) -> Float[Tensor, "b *c h w"]:
    """Return the cosine coefficients of images, by rows and columns."""
    down, across = (cosines(side).to(x) for side in x.shape[-2:])
    return down @ x @ across.mT


def inverse_dct(z: Float[Tensor, "b *c h w"], /) -> Float[Tensor, "b *c h w"]:
    """Return the images that have these coefficients."""
    down, across = (cosines(side).to(z) for side in z.shape[-2:])
    return down.mT @ z @ across


def kept(
    height: int, width: int, blur: Float[Tensor, "..."], /
) -> Float[Tensor, "... h w"]:
    """Return the factor by which each cosine fades under a blur, in pixels."""
    k = math.pi * torch.arange(height).to(blur) / height
    across = math.pi * torch.arange(width).to(blur) / width
    square = k[:, None] ** 2 + across**2
    return torch.exp(-square * blur[..., None, None] ** 2 / 2)


def blurred(
    x: Float[Tensor, "b *c h w"], blur: Float[Tensor, "..."], /
) -> Float[Tensor, "b *c h w"]:
    """Return images after a blur of this width in pixels, one for all or one each."""
    height, width = x.shape[-2:]
    fading = kept(height, width, like(blur, x).flatten())
    return inverse_dct(fading.reshape(-1, *[1] * (x.ndim - 3), height, width) * dct(x))


Sharpen = Callable[..., Tensor]
"""A network `(x, log_blur, *given)`: what must be added to reach the next state."""


@dataclass(frozen=True)
class Sharpening:
    """The loss of a network that undoes one step of blur, on batches `(x0, *given)`.

    Raises:
        ValueError: If the blurs do not decrease.
    """

    blurs: Sequence[float]
    """Widths in pixels, the widest first; the last one may be 0."""
    noise: float = 0.01

    def __post_init__(self) -> None:
        demand_grid(self.blurs)

    def __call__(
        self, model: Sharpen, batch: tuple[Tensor, ...], generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the squared error of a step, averaged over pixels."""
        x0, *given = batch
        widths = torch.tensor(self.blurs, dtype=torch.float64)
        step = torch.randint(len(widths) - 1, (len(x0),), generator=generator)
        wide, narrow = widths[step].to(x0), widths[step + 1].to(x0)
        x = blurred(x0, wide) + self.noise * seeded(generator)(x0)
        reached = x + model(x, wide.log(), *given)
        return (reached - blurred(x0, narrow)).square().flatten(1).mean(1)


@torch.no_grad()
def sharpen(
    model: Sharpen,
    x: Float[Tensor, "b c h w"],
    blurs: Sequence[float],
    /,
    *,
    noise: Noise,
    std: float = 0.0125,
) -> Iterator[Step]:
    """Walk a blurred image down the blurs, with noise of level `std` on every step.

    `x` is blurred by the first of them: `blurred` of a real image, plus noise. The
    paper's `std` is 1.25 times the noise of training. A step's level is its blur.

    Raises:
        ValueError: If the blurs do not decrease.
    """
    demand_grid(blurs)
    for wide, narrow in pairwise(blurs):
        mean = x + model(x, x.new_full((len(x),), math.log(wide)))
        x = mean + std * noise(mean)
        yield Step(x, mean, narrow)
