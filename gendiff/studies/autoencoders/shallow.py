"""Shallow autoencoders of other kinds: tied, contractive, convolutional, adaptive.

The plain one, a layer of sigmoids and a linear decoder, is
`gendiff.families.autoencoders.sigmoid`.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from gendiff.families import autoencoders as ae
from gendiff.types import Batch


class Transposed(nn.Module):
    """A decoder with the encoder's weights, transposed."""

    def __init__(self, layer: nn.Linear, /) -> None:
        super().__init__()
        self.layer = layer
        self.bias = nn.Parameter(torch.zeros(layer.in_features))

    def forward(self, code: Float[Tensor, "b h"], /) -> Float[Tensor, "b d"]:
        """Return the reconstruction."""
        return functional.linear(code, self.layer.weight.T, self.bias)


def tied(dim: int, code: int, /) -> ae.Autoencoder:
    """Return a layer of sigmoids whose decoder has the same weights.

    It cannot cheat a penalty on the slope of its code by shrinking the code and blowing
    up the decoder.
    """
    layer = nn.Linear(dim, code)
    return ae.Autoencoder(nn.Sequential(layer, nn.Sigmoid()), Transposed(layer))


@dataclass(frozen=True)
class Contractive:
    """The classical loss, `|r(x) - x|^2 + scale |dh/dx|^2`, for one layer of sigmoids.

    References:
        Rifai, Vincent, Muller, Glorot and Bengio (2011), Contractive auto-encoders,
        ICML, section 5.
    """

    scale: float

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the penalised distances, the slope in closed form."""
        code = model.get_submodule("encode")(batch[0])
        weight = model.get_parameter("encode.0.weight")
        penalty = ae.sigmoid_jacobian_norm(weight, code)
        return ae.reconstruction(model, batch, generator) + self.scale * penalty


def convolutional(channels: int, /) -> ae.Autoencoder:
    """Return a layer of sigmoid filters, 5 by 5, on images of 16 by 16 as points."""
    encode = nn.Sequential(
        nn.Unflatten(1, (1, 16, 16)),
        nn.Conv2d(1, channels, 5, stride=2, padding=2),
        nn.Sigmoid(),
        nn.Flatten(),
    )
    decode = nn.Sequential(
        nn.Unflatten(1, (channels, 8, 8)),
        nn.ConvTranspose2d(channels, 1, 6, stride=2, padding=2),
        nn.Flatten(),
    )
    return ae.Autoencoder(encode, decode)


class Adaptive(nn.Module):
    """An autoencoder with a noise level for each coordinate of its input."""

    sigma: Tensor

    def __init__(self, net: nn.Module, sigma: Float[Tensor, " d"], /) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("sigma", sigma)

    def forward(self, x: Float[Tensor, "b d"], /) -> Float[Tensor, "b d"]:
        """Return the reconstruction."""
        return self.net(x)

    def encode(self, x: Float[Tensor, "b d"], /) -> Float[Tensor, "b h"]:
        """Return the code."""
        return self.net.get_submodule("encode")(x)


@dataclass(frozen=True)
class Halves:
    """Two autoencoders, of which each gives half of its code."""

    low: ae.Autoencoder
    high: ae.Autoencoder

    def encode(self, x: Float[Tensor, "b d"], /) -> Float[Tensor, "b h"]:
        """Return every other number of both codes, side by side."""
        halves = [net.encode(x)[:, ::2] for net in (self.low, self.high)]
        return torch.cat(halves, dim=1)
