r"""Normalising flows: an invertible network and the change of variables.

If `f` maps data to standard normal latents, one to one, then

    log p(x) = log N(f(x); 0, I) + log |det df/dx|,

exactly. The price is that every layer must be undone and its determinant be cheap. An
*affine coupling* pays it by leaving half of the channels alone and letting any network
of them scale and shift the other half: the Jacobian is triangular. Between couplings a
*mixing* turns the channels, so that each half has its turn.

References:
    Dinh, Sohl-Dickstein and Bengio (2017), arXiv:1605.08803, equations 4 to 8.
    Kingma and Dhariwal (2018), arXiv:1807.03039, equations 9 to 11 (mixing by LU).
"""

import math
from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.nets.layers import (
    convolution,
    patchify,
    perceptron,
    unpatchify,
    zeroed,
)
from gendiff.noise import seeded

Mapped = tuple[Tensor, Tensor]
"""What a layer returns: the signal, and `log |det|` of each sample."""


class Coupling(nn.Module):
    """Scale and shift the second half of the channels by a network of the first.

    The network maps the first `c // 2` channels to two numbers for each of the others.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Float[Tensor, "b c *s"], /) -> Mapped:
        """Return `(a, b exp(s(a)) + t(a))` and the sum of `s(a)`."""
        a, b = _halves(x)
        log_scale, shift = self._affine(a)
        y = torch.cat([a, b * log_scale.exp() + shift], dim=1)
        return y, log_scale.flatten(1).sum(dim=1)

    def inverse(self, y: Float[Tensor, "b c *s"], /) -> Float[Tensor, "b c *s"]:
        """Undo the layer: the same network, called once."""
        a, b = _halves(y)
        log_scale, shift = self._affine(a)
        return torch.cat([a, (b - shift) * (-log_scale).exp()], dim=1)

    def _affine(self, a: Tensor) -> tuple[Tensor, Tensor]:
        raw, shift = self.net(a).chunk(2, dim=1)
        # A scale of more than e^2 in one layer is never needed and soon overflows.
        return 2 * torch.tanh(raw / 2), shift


class Mixing(nn.Module):
    """Multiply the channels of every place by one invertible matrix.

    It is kept as `P L (U + diag(s))`, with `P` a fixed permutation and `L` unit lower
    triangular, so that `log |det|` is a sum of `log |s|`.
    """

    permutation: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        start = torch.linalg.qr(torch.randn(channels, channels)).Q
        permutation, lower, upper = torch.linalg.lu(start)
        self.register_buffer("permutation", permutation)
        self.lower = nn.Parameter(lower)
        self.upper = nn.Parameter(upper)
        self.log_scale = nn.Parameter(upper.diagonal().abs().log())
        self.register_buffer("sign", upper.diagonal().sign())

    def matrix(self) -> Float[Tensor, "c c"]:
        """Return the matrix."""
        one = torch.eye(len(self.lower)).to(self.lower)
        scale = torch.diag(self.get_buffer("sign") * self.log_scale.exp())
        return self.permutation @ (self.lower.tril(-1) + one) @ (
            self.upper.triu(1) + scale
        )  # fmt: skip

    def forward(self, x: Float[Tensor, "b c *s"], /) -> Mapped:
        """Return the mixed channels and `places * sum(log |s|)`."""
        places = x[0, 0].numel()
        return _times(self.matrix(), x), (places * self.log_scale.sum()).expand(len(x))

    def inverse(self, y: Float[Tensor, "b c *s"], /) -> Float[Tensor, "b c *s"]:
        """Undo the layer."""
        return _times(torch.linalg.inv(self.matrix()), y)


class Squeeze(nn.Module):
    """Fold patches of 2 pixels a side into channels: nothing is lost or stretched."""

    def forward(self, x: Float[Tensor, "b c *s"], /) -> Mapped:
        """Return the folded signal and zeros."""
        return patchify(x, 2), x.new_zeros(len(x))

    def inverse(self, y: Float[Tensor, "b cp *sp"], /) -> Float[Tensor, "b c *s"]:
        """Unfold."""
        return unpatchify(y, 2)


class Flow(nn.Module):
    """Invertible layers in a row, from data to standard normal latents."""

    def __init__(self, layers: Iterable[nn.Module], *, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.shape = shape

    def forward(self, x: Float[Tensor, "b *s"], /) -> Mapped:
        """Return the latents and `log |det|` of the map there."""
        total = x.new_zeros(len(x))
        for layer in self.layers:
            x, log_det = layer(x)
            total = total + log_det
        return x, total

    def inverse(self, z: Float[Tensor, "b *l"], /) -> Float[Tensor, "b *s"]:
        """Return the data that latents stand for."""
        for layer in reversed(self.layers):
            z = layer.inverse(z)  # pyright: ignore[reportCallIssue]
        return z

    def log_density(self, x: Float[Tensor, "b *s"], /) -> Float[Tensor, " b"]:
        """Return `log p(x)` in nats, exactly."""
        z, log_det = self(x)
        square = z.square() + math.log(2 * math.pi)
        return log_det - square.flatten(1).sum(dim=1) / 2

    @torch.no_grad()
    def generate(
        self, n: int, generator: torch.Generator, /
    ) -> Float[Tensor, "{n} *s"]:
        """Draw `n` samples."""
        weight = next(self.parameters())
        latents, _ = self(weight.new_zeros(1, *self.shape))  # for their shape
        return self.inverse(seeded(generator)(latents.expand(n, *latents.shape[1:])))


def point_flow(dim: int, /, *, depth: int = 8, width: int = 64) -> Flow:
    """Return a flow over points, its couplings perceptrons with two hidden layers.

    Raises:
        ValueError: If `dim` is below 2: there is nothing to couple.
    """
    if dim < 2:
        raise ValueError(f"a point of {dim} dimensions has no halves; give 2 or more")

    def coupling() -> Coupling:
        kept = dim // 2
        net = perceptron([kept, width, width, 2 * (dim - kept)])
        zeroed(net[-1])
        return Coupling(net)

    return Flow(_alternating(depth, dim, coupling), shape=(dim,))


def image_flow(
    channels: int, side: int, /, *, squeezes: int = 2, depth: int = 4, width: int = 32
) -> Flow:
    """Return a flow over square images: `depth` couplings after every squeeze.

    Raises:
        ValueError: If `side` cannot be halved `squeezes` times.
    """
    if side % 2**squeezes:
        raise ValueError(
            f"images of {side} pixels a side cannot be halved {squeezes} times; give "
            f"a multiple of {2**squeezes}, or fewer squeezes"
        )
    layers: list[nn.Module] = []
    c = channels
    for _ in range(squeezes):
        c *= 4
        layers += [Squeeze(), *_alternating(depth, c, _convolutional(c, width))]
    return Flow(layers, shape=(channels, side, side))


def negative_log_density(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return `-log p(x)` a dimension, in nats: the loss of a flow."""
    del generator  # nothing here is random
    x = batch[0]
    z, log_det = model(x)
    square = (z.square() + math.log(2 * math.pi)).flatten(1).sum(dim=1)
    return (square / 2 - log_det) / x[0].numel()


def _convolutional(channels: int, width: int) -> Callable[[], Coupling]:
    def coupling() -> Coupling:
        return Coupling(
            nn.Sequential(
                convolution(channels // 2, width, ndim=2), nn.SiLU(),
                convolution(width, width, ndim=2, size=1), nn.SiLU(),
                zeroed(convolution(width, channels, ndim=2)),
            )
        )  # fmt: skip

    return coupling


def _alternating(
    depth: int, channels: int, coupling: Callable[[], Coupling]
) -> list[nn.Module]:
    return [layer for _ in range(depth) for layer in (Mixing(channels), coupling())]


def _halves(x: Tensor) -> tuple[Tensor, Tensor]:
    kept = x.shape[1] // 2
    return x[:, :kept], x[:, kept:]


def _times(matrix: Tensor, x: Tensor) -> Tensor:
    return torch.einsum("ij,bj...->bi...", matrix.to(x), x)
