r"""The Gaussian variational autoencoder.

A latent `z ~ N(0, I)` is decoded to `x ~ N(decode(z), s^2 I)` with one learnt `s`; an
encoder guesses which latents a point came from, `q(z | x) = N(m(x), diag(v(x)))`. The
evidence lower bound, in nats,

    log p(x) >= E_q log p(x | z) - KL(q(z | x) || p(z)),

is tight when the guess is the true posterior. Its second term is the bottleneck: the
information about `x` that the code may carry, paid for in nats. Importance sampling
from the guess tightens the bound as far as one cares to sample.

References:
    Kingma and Welling (2014), arXiv:1312.6114, equations 3 and 10.
    Burda, Grosse and Salakhutdinov (2016), arXiv:1509.00519, equation 8.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.estimate import Estimate
from gendiff.nets.layers import perceptron
from gendiff.noise import seeded
from gendiff.types import Noise


class Bound(NamedTuple):
    """The two terms of the evidence lower bound, in nats."""

    log_likelihood: Float[Tensor, " b"]
    """`log p(x | z)` for one `z` drawn from the guess: minus the distortion."""
    divergence: Float[Tensor, " b"]
    """`KL(q(z | x) || p(z))`: the rate."""


def normal_log_density(
    x: Float[Tensor, "*b d"],
    mean: Float[Tensor, "*b d"],
    log_std: Float[Tensor, "*#b #d"],
    /,
) -> Float[Tensor, "*b"]:
    """Return the log-density of a Gaussian with diagonal covariance, in nats."""
    unit = (x - mean) * (-log_std).exp()
    return (-0.5 * (unit.square() + math.log(2 * math.pi)) - log_std).sum(dim=-1)


class VAE(nn.Module):
    """A VAE over points, from any encoder to `2 * latent` numbers and any decoder."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module, *, latent: int) -> None:
        super().__init__()
        self.latent = latent
        self.encoder = encoder
        self.decode = decoder
        self.log_std = nn.Parameter(torch.zeros(1))

    def posterior(
        self, x: Float[Tensor, "b d"], /
    ) -> tuple[Float[Tensor, "b l"], Float[Tensor, "b l"]]:
        """Return mean and log standard deviation of `q(z | x)`."""
        mean, log_std = self.encoder(x).chunk(2, dim=-1)
        return mean, log_std

    def forward(self, x: Float[Tensor, "b d"], noise: Noise, /) -> Bound:
        """Return the terms of the bound, with one draw of the latent."""
        mean, log_std = self.posterior(x)
        z = mean + log_std.exp() * noise(mean)
        divergence = 0.5 * (mean.square() + (2 * log_std).exp() - 1) - log_std
        log_likelihood = normal_log_density(x, self.decode(z), self.log_std)
        return Bound(log_likelihood, divergence.sum(dim=-1))

    @torch.no_grad()
    def generate(self, n: int, noise: Noise, /) -> Float[Tensor, "{n} d"]:
        """Draw `n` points of the model."""
        mean = self.decode(noise(self.log_std.new_empty(n, self.latent)))
        return mean + self.log_std.exp() * noise(mean)


def gaussian_vae(dim: int, /, *, latent: int = 2, width: int = 128) -> VAE:
    """Return a VAE whose encoder and decoder have two hidden layers each."""
    encoder = perceptron([dim, width, width, 2 * latent])
    decoder = perceptron([latent, width, width, dim])
    return VAE(encoder, decoder, latent=latent)


def negative_bound(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return minus the evidence lower bound, the loss of a VAE."""
    bound: Bound = model(batch[0], seeded(generator))
    return bound.divergence - bound.log_likelihood


@torch.no_grad()
def log_likelihood(
    model: VAE, x: Float[Tensor, "b d"], noise: Noise, /, *, samples: int
) -> Estimate:
    """Estimate `log p(x)` by importance sampling from the encoder's guess.

    The estimate is biased downwards, by about half its squared error; the error is that
    of the delta method, which is to be trusted where it is small.

    References:
        Burda et al. (2016), arXiv:1509.00519, equation 8.
    """
    mean, log_std = model.posterior(x)
    spread = mean.expand(samples, *mean.shape)
    z = spread + log_std.exp() * noise(spread)
    prior = normal_log_density(z, torch.zeros_like(z), torch.zeros_like(z))
    guess = normal_log_density(z, spread, log_std.expand_as(spread))
    decoded = model.decode(z)
    weight = (
        normal_log_density(x.expand_as(decoded), decoded, model.log_std) + prior - guess
    )
    value = weight.logsumexp(dim=0) - math.log(samples)
    relative = (weight - value).exp()  # of mean 1
    error = relative.std(dim=0) / math.sqrt(samples)
    return Estimate(value, error, samples, "codes")
