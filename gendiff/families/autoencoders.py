r"""Autoencoders: predict the input, with something in the way.

`x -> h = encode(x) -> r = decode(h)`, trained to bring `r` close to `x`. Without a
restriction the identity solves the task and nothing is learnt. Restrictions, each of
which forces the code `h` to keep what the data have in common:

- a *bottleneck*: fewer numbers in the code than in the input. A linear one finds the
  principal components, and nothing else (Baldi and Hornik 1989);
- *corruption*: the input is damaged, the target is not (Vincent et al. 2008);
- a *contractive* penalty on the size of the code's derivative, `|dh/dx|^2`
  (Rifai et al. 2011): the code may change only where the data vary.

A denoising autoencoder that is told the noise level, at all levels, without a
bottleneck, is a diffusion model.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import jacrev, vmap

from gendiff.nets.layers import perceptron
from gendiff.noise import seeded

Corruption = Callable[[Tensor, torch.Generator], Tensor]
"""Damages a batch at random."""


class Autoencoder(nn.Module):
    """An encoder followed by a decoder."""

    def __init__(self, encode: nn.Module, decode: nn.Module) -> None:
        super().__init__()
        self.encode = encode
        self.decode = decode

    def forward(self, x: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
        """Return the reconstruction."""
        return self.decode(self.encode(x))


def linear(dim: int, code: int, /) -> Autoencoder:
    """Return an autoencoder that can only project onto `code` directions."""
    return Autoencoder(nn.Linear(dim, code), nn.Linear(code, dim))


def deep(dim: int, code: int, /, *, width: int) -> Autoencoder:
    """Return an autoencoder with one hidden layer on each side of its code.

    With `code < dim` the code is a bottleneck; with `code >= dim` nothing is.
    """
    return Autoencoder(perceptron([dim, width, code]), perceptron([code, width, dim]))


def sigmoid(dim: int, code: int, /) -> Autoencoder:
    """Return the classical shallow autoencoder: one layer of sigmoids, then linear."""
    encode = nn.Sequential(nn.Linear(dim, code), nn.Sigmoid())
    return Autoencoder(encode, nn.Linear(code, dim))


def squared_error(
    x: Float[Tensor, "b *s"], y: Float[Tensor, "b *s"], /
) -> Float[Tensor, " b"]:
    """Return the squared distance of each pair, summed over the signal."""
    return (x - y).square().flatten(1).sum(dim=1)


def reconstruction(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return `|r(x) - x|^2`."""
    del generator  # nothing here is random
    return squared_error(model(batch[0]), batch[0])


@dataclass(frozen=True)
class Denoising:
    """The loss of a denoising autoencoder, `|r(corrupt(x)) - x|^2`.

    References:
        Vincent, Larochelle, Bengio and Manzagol (2008), Extracting and composing robust
        features with denoising autoencoders, ICML.
    """

    corrupt: Corruption

    def __call__(
        self, model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Damage the batch and return the distances of its repair."""
        return squared_error(model(self.corrupt(batch[0], generator)), batch[0])


@dataclass(frozen=True)
class Gaussian:
    """Corrupt by adding Gaussian noise."""

    sigma: float | Tensor
    """One level, or one a coordinate, for noise that differs between them."""

    def __call__(
        self, x: Float[Tensor, "b *s"], generator: torch.Generator, /
    ) -> Float[Tensor, "b *s"]:
        """Return `x + sigma * eps`."""
        return x + self.sigma * seeded(generator)(x)


@dataclass(frozen=True)
class Masking:
    """Corrupt by setting coordinates to zero."""

    rate: float
    """The probability that a coordinate is lost."""

    def __call__(
        self, x: Float[Tensor, "b *s"], generator: torch.Generator, /
    ) -> Float[Tensor, "b *s"]:
        """Return `x` with some coordinates set to zero."""
        kept = torch.rand(x.shape, generator=generator) >= self.rate
        return x * kept.to(x)


def jacobian_norm(
    encode: nn.Module, x: Float[Tensor, "b *s"], /
) -> Float[Tensor, " b"]:
    """Return `|dh/dx|_F^2` at each point, for any encoder that keeps samples apart.

    By automatic differentiation, and differentiable itself in the parameters.
    """

    def code(point: Tensor) -> Tensor:
        return encode(point[None])[0]

    return vmap(jacrev(code))(x).square().flatten(1).sum(dim=1)


def sigmoid_jacobian_norm(
    weight: Float[Tensor, "h d"], code: Float[Tensor, "b h"], /
) -> Float[Tensor, " b"]:
    """Return `|dh/dx|_F^2` for `code = sigmoid(weight x + b)`, in closed form.

    `sum_j (h_j (1 - h_j))^2 sum_i W_ji^2`, as cheap as the code itself.

    References:
        Rifai, Vincent, Muller, Glorot and Bengio (2011), Contractive auto-encoders,
        ICML, section 5.
    """
    return (code * (1 - code)).square() @ weight.square().sum(dim=1)


@dataclass(frozen=True)
class Contractive:
    """The loss of a contractive autoencoder, `|r(x) - x|^2 + scale |dh/dx|_F^2`."""

    scale: float

    def __call__(
        self, model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the penalised distances; the code's derivative is exact."""
        error = reconstruction(model, batch, generator)
        encode = model.get_submodule("encode")
        return error + self.scale * jacobian_norm(encode, batch[0])
