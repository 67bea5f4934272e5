r"""A small class-conditional GAN for images, and the truncation trick.

Both players are convolutional. The discriminator is told the class by *projection*: its
logit is `w . f(x) + v_y . f(x)`, one direction for "real" and one for each class, which
is what the log-ratio of two class-conditional densities looks like if their features
are log-linear.

*Truncation* draws the latents from a normal distribution cut off at `+-bound`. Close to
the middle of the latent space a generator has seen most of its training, so samples get
better, and more alike: one knob between fidelity and variety, turned after training.

References:
    Miyato and Koyama (2018), arXiv:1802.05637, equation 3.
    Brock, Donahue and Simonyan (2019), arXiv:1809.11096, section 3.1.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.families.gan import GAN
from gendiff.nets.layers import convolution, demand_divisible, double, group_norm, halve


class Painter(nn.Module):
    """Map latents and labels to images of `side` pixels, coarse to fine.

    Raises:
        ValueError: If the side cannot be halved once for every width but the first.
    """

    def __init__(
        self, side: int, *, classes: int, latent: int, widths: Sequence[int]
    ) -> None:
        super().__init__()
        factor = 2 ** (len(widths) - 1)
        if side % factor:
            raise ValueError(f"side is {side}; give a multiple of {factor}")
        self.coarse = side // factor
        self.label = nn.Embedding(classes, latent)
        self.first = nn.Linear(2 * latent, widths[0] * self.coarse**2)
        self.norms = nn.ModuleList(group_norm(width) for width in widths)
        self.layers = nn.ModuleList(
            convolution(a, b, ndim=2)
            for a, b in zip(widths, [*widths[1:], 1], strict=True)
        )

    def forward(
        self, z: Float[Tensor, "b l"], label: Int[Tensor, " b"], /
    ) -> Float[Tensor, "b 1 h w"]:
        """Return images in [-1, 1]."""
        h = self.first(torch.cat([z, self.label(label)], dim=1))
        h = h.unflatten(1, (-1, self.coarse, self.coarse))
        for index, (norm, layer) in enumerate(
            zip(self.norms, self.layers, strict=True)
        ):
            h = layer(functional.silu(norm(double(h) if index else h)))
        return h.tanh()


class Critic(nn.Module):
    """Map images and labels to a logit, by projection."""

    def __init__(self, *, classes: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.multiple = 2 ** (len(widths) - 1)
        self.layers = nn.ModuleList(
            convolution(a, b, ndim=2)
            for a, b in zip([1, *widths[:-1]], widths, strict=True)
        )
        self.real = nn.Linear(widths[-1], 1)
        self.label = nn.Embedding(classes, widths[-1])

    def forward(
        self, x: Float[Tensor, "b 1 h w"], label: Int[Tensor, " b"], /
    ) -> Float[Tensor, "b 1"]:
        """Return the logit of "this is an image of that class from the data"."""
        demand_divisible(x, self.multiple)
        h = x
        for index, layer in enumerate(self.layers):
            h = functional.silu(layer(halve(h) if index else h))
        features = h.mean(dim=(2, 3))
        agreement = (self.label(label) * features).sum(dim=1, keepdim=True)
        return self.real(features) + agreement


def image_gan(
    side: int, /, *, classes: int, latent: int = 32, widths: Sequence[int] = (64, 32)
) -> GAN:
    """Return a GAN over grey images of `side` pixels, `widths` from coarse to fine.

    Raises:
        ValueError: If the side cannot be halved often enough.
    """
    return GAN(
        Painter(side, classes=classes, latent=latent, widths=widths),
        Critic(classes=classes, widths=tuple(reversed(widths))),
        latent=latent,
    )


def truncated(z: Float[Tensor, "b l"], /, *, bound: float) -> Float[Tensor, "b l"]:
    """Map normal latents to normal ones cut off at `-bound` and `bound`.

    By quantiles, so the same latent moves inwards as the bound falls.

    Raises:
        ValueError: If `bound` is not positive; infinity leaves the latents alone.
    """
    if not bound > 0:
        raise ValueError(f"bound is {bound}; give a positive number, or inf")
    if bound == math.inf:
        return z
    inside = math.erf(bound / math.sqrt(2))
    middle = torch.special.ndtr(z.double()) - 0.5
    return torch.special.ndtri(0.5 + inside * middle).to(z)
