r"""A small generative adversarial network.

A generator turns noise into samples, a discriminator learns to tell them from data, the
generator learns to be taken for data. For a fixed generator the best discriminator has
the logit `log p(x) / q(x)`, and the game's value there is

    max_D E_p log D + E_q log(1 - D) = -log 4 + 2 JSD(p, q).

Two repairs make training bearable. The generator raises `log D` of its samples rather
than lowering `log(1 - D)`, which hardly moves while the discriminator wins. And the
squared gradient of the logit at the data is penalised (R1), which damps the orbiting
of the two players around each other. Nothing here asks the generator to cover all data.

References:
    Goodfellow et al. (2014), arXiv:1406.2661, equations 1 and 2, theorem 1.
    Mescheder, Geiger and Nowozin (2018), arXiv:1801.04406, equation 9.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import perceptron
from gendiff.noise import seeded


class GAN(nn.Module):
    """A generator and a discriminator, both told what is given, such as labels."""

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module, *, latent: int
    ) -> None:
        super().__init__()
        self.latent = latent
        self.generator = generator
        self.discriminator = discriminator

    def forward(
        self, z: Float[Tensor, "b l"], /, *given: Tensor
    ) -> Float[Tensor, "b *s"]:
        """Return the samples that latents stand for."""
        return self.generator(z, *given)

    def latents(self, n: int, generator: torch.Generator, /) -> Float[Tensor, "{n} *s"]:
        """Draw `n` latents."""
        weight = next(self.parameters())
        return seeded(generator)(weight.new_empty(n, self.latent))

    @torch.no_grad()
    def generate(
        self, n: int, generator: torch.Generator, /, *given: Tensor
    ) -> Float[Tensor, "{n} *s"]:
        """Draw `n` samples."""
        return self(self.latents(n, generator), *given)

    def logits(
        self, x: Float[Tensor, "b *s"], /, *given: Tensor
    ) -> Float[Tensor, " b"]:
        """Return the discriminator's logits of "this is data"."""
        return self.discriminator(x, *given).squeeze(1)


def small_gan(dim: int, /, *, latent: int = 2, width: int = 128) -> GAN:
    """Return a GAN of two perceptrons with two hidden layers each."""
    return GAN(
        perceptron([latent, width, width, dim]),
        perceptron([dim, width, width, 1], activation=nn.Softplus),
        latent=latent,
    )


def discriminator_loss(
    real: Float[Tensor, " b"], fake: Float[Tensor, " b"], /
) -> Float[Tensor, " b"]:
    """Return `-log D(real) - log(1 - D(fake))` from logits, in nats."""
    return functional.softplus(-real) + functional.softplus(fake)


def generator_loss(fake: Float[Tensor, " b"], /) -> Float[Tensor, " b"]:
    """Return `-log D(fake)` from logits: the non-saturating loss."""
    return functional.softplus(-fake)


def jensen_shannon(
    p: Float[Tensor, " k"], q: Float[Tensor, " k"], /
) -> Float[Tensor, ""]:
    """Return the Jensen-Shannon divergence of two discrete distributions, in nats."""
    middle = (p + q) / 2
    entropy = torch.special.entr
    return (entropy(middle) - (entropy(p) + entropy(q)) / 2).sum()


def gradient_penalty(
    gan: GAN, x: Float[Tensor, "b *s"], /, *given: Tensor
) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
    """Return the logits at data points and their squared gradients."""
    x = x.detach().requires_grad_()
    logits = gan.logits(x, *given)
    (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return logits, slope.square().flatten(1).sum(dim=1)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of the game."""

    discriminator: float
    """The discriminator's loss without the penalty; log 4 if it can tell nothing."""
    generator: float


def fit_gan(
    gan: GAN,
    batches: Callable[[torch.Generator], tuple[Tensor, ...]],
    generator: torch.Generator,
    /,
    *,
    steps: int,
    rate: float = 1e-3,
    penalty: float = 1.0,
) -> Iterator[Round]:
    """Train both players in turn, in place, and yield their losses.

    What a batch holds beside the data is given to both. `penalty` weighs half the
    squared gradient of the logit at the data.
    """
    adam = torch.optim.Adam
    first = adam(gan.discriminator.parameters(), lr=rate, betas=(0.0, 0.99))
    second = adam(gan.generator.parameters(), lr=rate, betas=(0.0, 0.99))
    for _ in range(steps):
        x, *given = batches(generator)
        fake = gan.generate(len(x), generator, *given)
        real, slope = gradient_penalty(gan, x, *given)
        told = discriminator_loss(real, gan.logits(fake, *given)).mean()
        _update(first, told + penalty / 2 * slope.mean())
        fake = gan(gan.latents(len(x), generator), *given)
        fooled = generator_loss(gan.logits(fake, *given)).mean()
        _update(second, fooled)
        yield Round(told.item(), fooled.item())


def _update(optimiser: torch.optim.Optimizer, loss: Float[Tensor, ""]) -> None:
    """Take one step down the loss, in the optimiser's own parameters."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
