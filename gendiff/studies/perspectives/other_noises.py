"""Denoisers on a line under noises that are not Gaussian, by quadrature.

For noise `n` of density `k` and variance `std^2` the clean signal's mean and the score
of the noisy density are integrals over the noise,

    E[x0 | x] = x - int n k(n) p(x - n) dn / q(x),   q(x) = int k(n) p(x - n) dn,
    q'/q      = int k(n) p'(x - n) dn / q(x).

Tweedie's formula says `E[x0 | x] = x + std^2 q'/q`. It follows from `n k = -std^2 k'`,
of which the Gaussian is the only solution.

References:
    Efron (2011), Journal of the American Statistical Association 106, eq. 1.4.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.types import level

Line = NDArray[np.float64]
NODES = 200
"""Of Gauss and Legendre's rule, on either side of 0."""


@dataclass(frozen=True)
class NoiseKind:
    """A symmetric density of variance 1, and how to draw from it."""

    name: str
    density: Callable[[Line], Line]
    reach: float
    """Beyond it there is nothing, to rounding."""
    draw: Callable[[Tensor, torch.Generator], Tensor]
    """Fills a tensor like the given one."""


def _gauss(n: Line) -> Line:
    return np.exp(-(n**2) / 2) / math.sqrt(2 * math.pi)


def _laplace(n: Line) -> Line:
    return np.exp(-math.sqrt(2) * np.abs(n)) / math.sqrt(2)


def _uniform(n: Line) -> Line:
    return np.full_like(n, 1 / math.sqrt(12))


def _draw_gauss(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.empty_like(like).normal_(generator=generator)


def _draw_laplace(like: Tensor, generator: torch.Generator) -> Tensor:
    one, other = (
        torch.empty_like(like).exponential_(math.sqrt(2), generator=generator)
        for _ in range(2)
    )
    return one - other


def _draw_uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    edge = math.sqrt(3)
    return torch.empty_like(like).uniform_(-edge, edge, generator=generator)


GAUSSIAN = NoiseKind("Gaussian", _gauss, 9.0, _draw_gauss)
LAPLACE = NoiseKind("Laplace", _laplace, 26.0, _draw_laplace)
UNIFORM = NoiseKind("uniform", _uniform, math.sqrt(3), _draw_uniform)
KINDS = (GAUSSIAN, LAPLACE, UNIFORM)


@dataclass(frozen=True)
class Seen:
    """What is known at noisy points: density, denoiser, and Tweedie's formula."""

    x: Line
    density: Line
    mean: Line
    tweedie: Line

    def over(self, values: Line) -> float:
        """Return the average of values over the noisy points."""
        weighted = np.trapezoid(self.density * values, self.x)
        return float(weighted / np.trapezoid(self.density, self.x))

    def error(self) -> float:
        """Return Tweedie's root mean square error, in units of the correction."""
        off, size = self.tweedie - self.mean, self.mean - self.x
        return math.sqrt(self.over(off**2) / self.over(size**2))


def seen(data: GaussianMixture, kind: NoiseKind, std: float, x: Line, /) -> Seen:
    """Return what is known at noisy points, under noise of a kind."""
    at, width = np.polynomial.legendre.leggauss(NODES)
    half = kind.reach * (at + 1) / 2
    n = np.concatenate([-half[::-1], half])
    weight = kind.density(n) * np.concatenate([width[::-1], width]) * kind.reach / 2
    clean = torch.tensor(x[:, None] - std * n).reshape(-1, 1)
    p = data.log_density(clean, level(0.0)).exp().numpy().reshape(len(x), -1)
    rise = p * data.score(clean, level(0.0))[:, 0].numpy().reshape(len(x), -1)
    density = p @ weight
    mean = x - std * (p @ (weight * n)) / density
    return Seen(x, density, mean, x + std**2 * (rise @ weight) / density)


@dataclass(frozen=True)
class Denoising:
    """Squared error of the clean signal under one kind of noise, of one strength.

    The network is called as `net(x, noise)`, with a noise level that is always 0.
    """

    kind: NoiseKind
    std: float

    def __call__(
        self,
        net: Callable[..., Tensor],
        batch: tuple[Tensor, ...],
        generator: torch.Generator,
        /,
    ) -> Float[Tensor, " b"]:
        """Return each sample's squared error."""
        (x0,) = batch
        x = x0 + self.std * self.kind.draw(x0, generator)
        return (net(x, torch.zeros_like(x[:, 0])) - x0).square().sum(1)
