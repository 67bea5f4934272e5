"""Densities of points in the plane that sum to one by construction, and one that can't.

An autoregressive network is normalised because what is said of the first coordinate
does not depend on the second: take that mask away, and it isn't. An unconstrained
network has a gradient all the same, and score matching asks for no more.

References:
    Hyvarinen (2005), JMLR 6, section 2 (estimation without a normaliser).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff import score_matching
from gendiff.exact import GaussianMixture
from gendiff.nets.layers import perceptron
from gendiff.noise import seeded
from gendiff.types import Batches, level

LogDensity = Callable[[Tensor], Tensor]
Net = TypeVar("Net", bound=nn.Module)


class Autoregressive(nn.Module):
    """A density `p(x1) p(x2 | x1)`, each factor a Gaussian of a network's making.

    Without its mask, the first factor sees the second coordinate too.
    """

    def __init__(self, width: int, /, *, masked: bool = True) -> None:
        super().__init__()
        self.first = perceptron([2, width, width, 2])
        self.second = perceptron([2, width, width, 2])
        self.masked = masked

    def log_density(self, x: Float[Tensor, "b 2"], /) -> Float[Tensor, " b"]:
        """Return what it says the log-density is."""
        nothing = torch.zeros_like(x)
        after = torch.stack([x[:, 0], nothing[:, 0]], 1)
        before = nothing if self.masked else torch.stack([x[:, 1], nothing[:, 0]], 1)
        return _gaussian(x[:, 0], self.first(before)) + _gaussian(
            x[:, 1], self.second(after)
        )


def _gaussian(x: Tensor, parameters: Float[Tensor, "b 2"]) -> Tensor:
    """Return the log-density of a Gaussian: mean within 2, deviation within e^(+-1)."""
    mean, log_std = parameters.tanh().unbind(1)
    z = (x - 2 * mean) * (-log_std).exp()
    return -(z**2) / 2 - log_std - math.log(2 * math.pi) / 2


class Energy(nn.Module):
    """Any function of the plane, as an unnormalised log-density, with its gradient."""

    def __init__(self, width: int, /) -> None:
        super().__init__()
        self.net = perceptron([2, width, width, 1])

    def forward(self, x: Float[Tensor, "b 2"], /) -> Float[Tensor, "b 2"]:
        """Return the score, differentiable in the weights."""
        with torch.enable_grad():
            at = x if x.requires_grad else x.detach().requires_grad_()
            total = self.log_weight(at).sum()
            (found,) = torch.autograd.grad(
                total, at, create_graph=torch.is_grad_enabled()
            )
        return found

    def log_weight(self, x: Float[Tensor, "b 2"], /) -> Float[Tensor, " b"]:
        """Return the unnormalised log-density."""
        return self.net(x)[:, 0]


@dataclass(frozen=True)
class AtOneLevel:
    """Denoising score matching at one level, in units in which a zero score loses 1."""

    sigma: float

    def __call__(
        self,
        model: Callable[[Tensor], Tensor],
        batch: tuple[Tensor, ...],
        generator: torch.Generator,
        /,
    ) -> Float[Tensor, " b"]:
        """Return each sample's loss."""
        (x0,) = batch
        eps = seeded(generator)(x0)
        loss = score_matching.denoising(model, x0, level(self.sigma), eps)
        return self.sigma**2 / x0.shape[1] * loss


def scrambled(net: Net, size: float, generator: torch.Generator, /) -> Net:
    """Return a network of double precision whose parameters are drawn anew."""
    net = net.double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(size * seeded(generator)(parameter))
    return net.requires_grad_(requires_grad=False)


def integral(log_density: LogDensity, /, *, edge: float, step: float) -> float:
    """Return the sum of a density over a lattice, which should be 1."""
    ticks = torch.arange(-edge, edge + step / 2, step, dtype=torch.float64)
    points = torch.cartesian_prod(ticks, ticks)
    parts = [log_density(part).exp().sum() for part in points.split(100_000)]
    return float(torch.stack(parts).sum()) * step**2


def raised(
    net: Energy,
    batches: Batches,
    sigma: float,
    updates: int,
    rate: float,
    generator: torch.Generator,
    /,
) -> tuple[float, float]:
    """Raise the unnormalised log-likelihood of noisy data.

    Returns:
        What the first and the second half of the updates gain, in nats.
    """
    held = _noisy(batches, sigma, generator)
    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    seen = [net.log_weight(held).mean().item()]
    for update in range(updates):
        loss = -net.log_weight(_noisy(batches, sigma, generator)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if update in (updates // 2 - 1, updates - 1):
            seen.append(net.log_weight(held).mean().item())
    start, middle, end = seen
    return middle - start, end - middle


def _noisy(batches: Batches, sigma: float, generator: torch.Generator) -> Tensor:
    (x0,) = batches(generator)
    return x0 + sigma * seeded(generator)(x0)


def relative_error(
    score: Callable[[Tensor], Tensor],
    data: GaussianMixture,
    sigma: float,
    n: int,
    generator: torch.Generator,
    /,
) -> float:
    """Return the error of a score at one level, in sizes of the exact one."""
    clean = data.sample(n, generator)
    x = clean + sigma * seeded(generator)(clean)
    exact = data.score(x, level(sigma))
    off = score(x.float()).detach().double() - exact
    return float((off.square().sum() / exact.square().sum()).sqrt())
