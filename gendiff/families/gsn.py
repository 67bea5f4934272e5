r"""A generative stochastic network with one hidden layer.

The denoising chain of `walkback` corrupts the visible state by hand. Here the noise
enters a hidden layer instead, and what it does to the visible state is learnt:

    h = tanh(W x + c + s eps1) + s eps2,   x' ~ N(decode(h), std^2 I).

The squashing bounds the signal but not the noise after it, so the network cannot
silence its noise by growing its weights. Training unrolls a few steps of the chain from
a data point and asks every step for that point back; all draws are reparametrised, so
the gradient reaches through the whole walk.

References:
    Bengio, Thibodeau-Laufer, Alain and Yosinski (2014), arXiv:1306.1091, section 3.
"""

from collections.abc import Iterator
from itertools import islice

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.families.vae import normal_log_density
from gendiff.nets.layers import perceptron
from gendiff.noise import seeded
from gendiff.types import Noise


class GSN(nn.Module):
    """A GSN over points; calling it gives the mean log-likelihood of the walk."""

    def __init__(
        self, dim: int, width: int, *, hidden_noise: float = 0.5, walk: int = 3
    ) -> None:
        super().__init__()
        self.hidden_noise = hidden_noise
        self.walk = walk
        self.lift = nn.Linear(dim, width)
        self.decode = perceptron([width, width, dim])
        self.log_std = nn.Parameter(torch.zeros(1))

    def hidden(self, x: Float[Tensor, "b d"], noise: Noise, /) -> Float[Tensor, "b h"]:
        """Draw the hidden layer, with noise before and after the squashing."""
        h = self.lift(x)
        h = (h + self.hidden_noise * noise(h)).tanh()
        return h + self.hidden_noise * noise(h)

    def means(
        self, x: Float[Tensor, "b d"], noise: Noise, /
    ) -> Iterator[Float[Tensor, "b d"]]:
        """Yield the mean from which each next state is drawn, without end."""
        while True:
            mean = self.decode(self.hidden(x, noise))
            yield mean
            x = mean + self.log_std.exp() * noise(mean)

    def forward(self, x: Float[Tensor, "b d"], noise: Noise, /) -> Float[Tensor, " b"]:
        """Return `log p(x | h)` in nats, averaged over the steps of a walk from `x`."""
        steps = [
            normal_log_density(x, mean, self.log_std)
            for mean in islice(self.means(x, noise), self.walk)
        ]
        return torch.stack(steps).mean(dim=0)

    @torch.no_grad()
    def generate(
        self, x: Float[Tensor, "b d"], noise: Noise, /, *, steps: int
    ) -> Float[Tensor, "b d"]:
        """Return the state that the chain reaches from `x`."""
        for mean in islice(self.means(x, noise), steps):
            x = mean
        return x + self.log_std.exp() * noise(x)


def negative_log_likelihood(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return minus the log-likelihood of the way back, the loss of a GSN."""
    return -model(batch[0], seeded(generator))
