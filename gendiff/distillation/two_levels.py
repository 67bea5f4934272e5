"""Denoisers of two levels: what a network must say to go all the way at once.

A DDIM step from `sigma` to `to` moves towards a clean estimate along a line,

    x_to = clean + to / sigma (x - clean).

With the posterior mean it is exact for infinitesimal steps only. With an estimate that
depends on `to` as well it is exact for all: *every* flow map is a DDIM step, towards

    D(x, sigma, to) = (F(x, sigma, to) - to / sigma x) / (1 - to / sigma).

This D is a denoiser where both levels are equal, a consistency model at `to = 0`, and
whatever it is, the step stands still between equal levels. So a network that is to be
a flow map is trained as a denoiser is, in units of the clean signal.

References:
    Song et al. (2020), arXiv:2010.02502, eq. 12 (the step).
    Salimans and Ho (2022), arXiv:2202.00512, appendix G (D, as a student's target).
    Kim et al. (2023), arXiv:2310.02279 (D, as a network's parametrisation).
"""

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.precondition import as_weights
from gendiff.types import Denoiser, like


@runtime_checkable
class TwoLevelDenoiser(Protocol):
    """Anything that says which clean signal a step from `sigma` to `to` aims at."""

    def __call__(
        self,
        x: Float[Tensor, "b *s"],
        sigma: Float[Tensor, "..."],
        to: Float[Tensor, "..."],
        /,
    ) -> Float[Tensor, "b *s"]:
        """Return the clean signal; each level has the shape `()` or `(b,)`."""
        ...


def ddim(
    x: Float[Tensor, "b *s"],
    clean: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    to: Float[Tensor, "..."],
    /,
) -> Float[Tensor, "b *s"]:
    """Return where a step aimed at `clean` arrives: `clean + to / sigma (x - clean)`.

    `sigma` is above 0; `to` may be 0.
    """
    return torch.lerp(clean, x, like(to, x) / like(sigma, x))


def aim(
    x: Float[Tensor, "b *s"],
    end: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    to: Float[Tensor, "..."],
    /,
) -> Float[Tensor, "b *s"]:
    """Return the clean signal at which a step is aimed that arrives at `end`.

    The inverse of `ddim`; not a number where the two levels are one.
    """
    ratio = like(to, x) / like(sigma, x)
    return (end - ratio * x) / (1 - ratio)


@dataclass(frozen=True)
class Jump:
    """The flow map of a two-level denoiser: one evaluation, one step."""

    denoise: TwoLevelDenoiser

    def __call__(
        self,
        x: Float[Tensor, "b *s"],
        sigma: Float[Tensor, "..."],
        to: Float[Tensor, "..."],
        /,
    ) -> Float[Tensor, "b *s"]:
        """Return the state at `to`."""
        return ddim(x, self.denoise(x, sigma, to), sigma, to)


@dataclass(frozen=True)
class OneLevel:
    """A denoiser that ignores where the step goes: its jumps are DDIM's."""

    denoise: Denoiser

    def __call__(
        self,
        x: Float[Tensor, "b *s"],
        sigma: Float[Tensor, "..."],
        to: Float[Tensor, "..."],
        /,
        *given: Tensor,
    ) -> Float[Tensor, "b *s"]:
        """Return `E[x0 | x]`; `given` (labels, say) reaches the denoiser unchanged."""
        del to
        return self.denoise(x, sigma, *given)


class TwoLevel(nn.Module):
    """A network as a denoiser of two levels; one of zeros is exact for a Gaussian.

    In units of the data, with `a^2 = 1 + sigma^2` and `b^2 = 1 + to^2`,

        D = (sigma + to) / (a (sigma b + to a)) x + sigma / a net.

    The first term carries data of standard deviation 1 along its flow, `x b / a`, and
    where the levels are equal, this is `Preconditioned` with the network's sign turned.
    The network is called as there. It sees the destination as one more channel, filled
    with `to / sigma`: `MLP(2 + 1, 64, 3, out=2)` is one for points of the plane.

    Raises:
        ValueError: If `data_std` is not positive and finite.
    """

    def __init__(self, net: nn.Module, *, data_std: float) -> None:
        super().__init__()
        if not (data_std > 0 and math.isfinite(data_std)):
            raise ValueError(f"data_std is {data_std}; measure it on the data")
        self.net = net
        self.data_std = data_std

    def forward(
        self,
        x: Float[Tensor, "b *s"],
        sigma: Float[Tensor, "..."],
        to: Float[Tensor, "..."],
        /,
        *given: Tensor,
    ) -> Float[Tensor, "b *s"]:
        """Return the clean signal that the step aims at, for levels `sigma` above 0."""
        start, end = like(sigma, x) / self.data_std, like(to, x) / self.data_std
        a, b = (1 + start**2).sqrt(), (1 + end**2).sqrt()
        skip = (start + end) / (a * (start * b + end * a))
        goal = (end / start).expand(len(x), 1, *x.shape[2:])
        unit = torch.cat([x / (self.data_std * a), goal], dim=1)
        noise = start.log().flatten().expand(len(x)) / 4
        out = self.net(as_weights(unit, self.net), noise, *given).to(x.dtype)
        return skip * x + self.data_std * start / a * out
