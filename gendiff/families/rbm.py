r"""The binary restricted Boltzmann machine.

Visible units `v` and hidden units `h`, all 0 or 1, with the energy

    E(v, h) = -b'v - c'h - h'Wv,   p(v, h) = exp(-E) / Z.

Given one layer, the units of the other are independent, so block Gibbs sampling is two
matrix products. Summing out the hidden units gives the free energy

    F(v) = -b'v - sum_j softplus(c_j + (Wv)_j),   log p(v) = -F(v) - log Z.

`Z` sums over all hidden states: out of reach for many, exact here for a few, so that
training can be judged by the very number that it is meant to raise.

References:
    Hinton (2002), Training products of experts by minimizing contrastive divergence,
    Neural Computation 14(8).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

ENUMERABLE = 16
"""Hidden units up to which the partition function is summed exactly."""


def bernoulli(
    probability: Float[Tensor, "*s"], generator: torch.Generator, /
) -> Float[Tensor, "*s"]:
    """Draw zeros and ones, ones with the given probability."""
    uniform = torch.rand(
        probability.shape,
        generator=generator,
        device=generator.device,
        dtype=probability.dtype,
    )
    return (uniform.to(probability) < probability).to(probability)


class RBM(nn.Module):
    """A machine of `visible` and `hidden` binary units; calling it gives `F(v)`."""

    def __init__(self, visible: int, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.01 * torch.randn(hidden, visible))
        self.visible_bias = nn.Parameter(torch.zeros(visible))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden))

    def hidden(self, v: Float[Tensor, "b d"], /) -> Float[Tensor, "b h"]:
        """Return the probability that each hidden unit is on."""
        return functional.linear(v, self.weight, self.hidden_bias).sigmoid()

    def visible(self, h: Float[Tensor, "b h"], /) -> Float[Tensor, "b d"]:
        """Return the probability that each visible unit is on."""
        return functional.linear(h, self.weight.T, self.visible_bias).sigmoid()

    def forward(self, v: Float[Tensor, "b d"], /) -> Float[Tensor, " b"]:
        """Return the free energy."""
        field = functional.linear(v, self.weight, self.hidden_bias)
        return -(v @ self.visible_bias) - functional.softplus(field).sum(dim=1)

    @torch.no_grad()
    def gibbs(
        self, v: Float[Tensor, "b d"], generator: torch.Generator, /, *, steps: int
    ) -> Float[Tensor, "b d"]:
        """Resample both layers in turn, `steps` times."""
        for _ in range(steps):
            h = bernoulli(self.hidden(v), generator)
            v = bernoulli(self.visible(h), generator)
        return v

    def generate(
        self, n: int, generator: torch.Generator, /, *, steps: int
    ) -> Float[Tensor, "{n} d"]:
        """Draw `n` states by Gibbs sampling from fair coins."""
        fair = torch.full_like(self.visible_bias, 0.5).expand(n, -1)
        return self.gibbs(bernoulli(fair.detach(), generator), generator, steps=steps)


@dataclass(frozen=True)
class ContrastiveDivergence:
    """Lower the free energy of the data, raise it where the machine drifts to.

    `F(v) - F(v')`, where `v'` is reached from `v` by a few Gibbs steps. The gradient is
    that of CD-k; the value is no likelihood and need not fall.
    """

    steps: int = 1
    """Of Gibbs sampling: CD-1 is the classical choice, more is less biased."""

    def __call__(
        self, model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the difference of the free energies.

        Raises:
            TypeError: If `model` is anything but a bare `RBM`.
        """
        if not isinstance(model, RBM):
            raise TypeError(f"contrastive divergence trains an RBM, not {type(model)}")
        reached = model.gibbs(batch[0], generator, steps=self.steps)
        return model(batch[0]) - model(reached)


def log_partition(model: RBM, /) -> Float[Tensor, ""]:
    """Return `log Z`, summed over all states of the hidden units.

    Raises:
        ValueError: If there are too many hidden units to enumerate.
    """
    hidden = len(model.hidden_bias)
    if hidden > ENUMERABLE:
        raise ValueError(
            f"{hidden} hidden units have 2^{hidden} states; the exact sum takes at "
            f"most {ENUMERABLE}, beyond that Z must be estimated"
        )
    bits = torch.arange(hidden, device=model.weight.device)
    states = (torch.arange(2**hidden, device=bits.device)[:, None] >> bits) & 1
    h = states.to(model.weight)
    field = functional.linear(h, model.weight.T, model.visible_bias)
    energy = -(h @ model.hidden_bias) - functional.softplus(field).sum(dim=1)
    return (-energy).logsumexp(dim=0)


def log_likelihood(model: RBM, v: Float[Tensor, "b d"], /) -> Float[Tensor, " b"]:
    """Return the exact `log p(v)`, in nats.

    Raises:
        ValueError: If there are too many hidden units to enumerate.
    """
    return -model(v) - log_partition(model)
