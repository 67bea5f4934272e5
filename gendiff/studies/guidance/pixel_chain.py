"""Three pixels in a row and two classes: a joint that can be guided.

As in PixelCNN++ a pixel follows a logistic density, with a centre that depends on the
pixel before. The unconditional model is autoregressive too: its conditionals are
mixtures of two logistics, weighted by how likely each class is after the pixels so far.
So the guided joint has a log-density, a sum over the chain, and this has a gradient.

References:
    Salimans et al. (2017), arXiv:1701.05517.
    Roberts and Tweedie (1996), Exponential convergence of Langevin distributions.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from gendiff import estimate
from gendiff.estimate import Estimate
from gendiff.noise import seeded
from gendiff.studies.running import Running

PIXELS = 3
CLASSES = 2
Pixels = Float[Tensor, "*b 3"]
Distribution = Float[Tensor, "t t t"]
Moments = Float[Tensor, "bundle 2 3"]
"""Means and variances of the pixels, in each of some bundles of chains."""


@dataclass(frozen=True)
class Chain:
    """Pixels that each follow a logistic density around what the one before says."""

    offset: Float[Tensor, " class"]
    turn: Float[Tensor, " class"]
    width: float = 0.5

    def centres(self, before: Float[Tensor, "*b"], /) -> Float[Tensor, "*b class"]:
        """Return the centre of the next pixel for every class."""
        return self.offset + self.turn * torch.tanh(before)[..., None]

    def conditionals(
        self, before: Float[Tensor, "*b"], x: Float[Tensor, "*b"], /
    ) -> Float[Tensor, "*b class"]:
        """Return log p(pixel | pixel before, class) for every class."""
        u = (x[..., None] - self.centres(before)) / self.width
        return -u - math.log(self.width) - 2 * functional.softplus(-u)

    def sample(self, n: int, generator: torch.Generator, /) -> Float[Tensor, "n 3"]:
        """Return samples of the first class, drawn pixel by pixel."""
        pixels: list[Tensor] = []
        before = torch.zeros(n, dtype=torch.float64)
        for _ in range(PIXELS):
            share = torch.rand(n, generator=generator, dtype=torch.float64)
            before = self.centres(before)[:, 0] + self.width * torch.logit(share)
            pixels.append(before)
        return torch.stack(pixels, 1)


CHAIN = Chain(torch.tensor([1.0, -0.6]).double(), torch.tensor([0.9, -1.2]).double())


def terms(x: Pixels, gamma: float, /) -> list[Float[Tensor, "*b"]]:
    """Return the guided log-density of every pixel, given those before it."""
    log_share = torch.full((CLASSES,), -math.log(CLASSES), dtype=x.dtype)
    before, rows = torch.zeros_like(x[..., 0]), []
    for pixel in x.unbind(-1):
        each = CHAIN.conditionals(before, pixel)
        free = (log_share + each).logsumexp(-1)
        log_share = log_share + each - free[..., None]  # log p(class | pixels so far)
        rows.append((1 - gamma) * free + gamma * each[..., 0])
        before = pixel
    return rows


def guided_log_density(x: Pixels, gamma: float, /) -> Float[Tensor, "*b"]:
    """Return the log of the guided joint, up to a constant: a sum over the chain."""
    return torch.stack(terms(x, gamma)).sum(0)


def lattice(ticks: Float[Tensor, " t"], /) -> Float[Tensor, "t t t 3"]:
    """Return all triples of pixels with values at the ticks."""
    return torch.stack(torch.meshgrid(*[ticks] * PIXELS, indexing="ij"), -1)


def whole_distribution(ticks: Float[Tensor, " t"], gamma: float, /) -> Distribution:
    """Return the guided joint on the lattice."""
    log_p = guided_log_density(lattice(ticks), gamma)
    return (log_p - log_p.flatten().logsumexp(0)).exp()


def pixel_by_pixel(ticks: Float[Tensor, " t"], gamma: float, /) -> Distribution:
    """Return the distribution that guides every pixel given those before it."""
    points = lattice(ticks)
    log_p = torch.zeros_like(points[..., 0])
    for i, term in enumerate(terms(points, gamma)):
        mine = term - term.logsumexp(i, keepdim=True)  # later pixels are not in it
        log_p = log_p + mine
    return log_p.exp()


def moments(
    distribution: Distribution, ticks: Float[Tensor, " t"], /
) -> Float[Tensor, "2 3"]:
    """Return the means and the variances of the pixels."""
    points = lattice(ticks)
    mean = (distribution[..., None] * points).sum((0, 1, 2))
    spread = (distribution[..., None] * (points - mean) ** 2).sum((0, 1, 2))
    return torch.stack([mean, spread])


def with_slope(
    x: Float[Tensor, "b 3"], gamma: float, /
) -> tuple[Float[Tensor, " b"], Float[Tensor, "b 3"]]:
    """Return the log of the guided joint and its gradient in the pixels."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        log_p = guided_log_density(x, gamma)
        slope = torch.autograd.grad(log_p.sum(), x)[0]
    return log_p.detach(), slope


def checked_walk(
    x: Float[Tensor, "b 3"],
    gamma: float,
    /,
    *,
    step: float,
    steps: int,
    generator: torch.Generator,
) -> Iterator[tuple[Float[Tensor, "b 3"], Bool[Tensor, " b"]]]:
    """Yield Langevin dynamics whose steps may be turned down, and which were taken."""
    noise = seeded(generator)
    log_p, slope = with_slope(x, gamma)
    for _ in range(steps):
        y = x + step * slope + math.sqrt(2 * step) * noise(x)
        log_q, slope_y = with_slope(y, gamma)
        there = (y - x - step * slope).square().sum(1)
        back = (x - y - step * slope_y).square().sum(1)
        odds = log_q - log_p + (there - back) / (4 * step)
        taken = torch.rand(len(x), generator=generator, dtype=x.dtype).log() < odds
        x = torch.where(taken[:, None], y, x)
        slope = torch.where(taken[:, None], slope_y, slope)
        log_p = torch.where(taken, log_q, log_p)
        yield x, taken


def walked(
    run: Running,
    gamma: float,
    /,
    *,
    chains: int,
    step: float,
    steps: int,
    bundles: int = 4,
) -> tuple[Moments, float]:
    """Return moments of bundles of chains, and the fraction of steps that were taken.

    The first quarter of the walk, on which chains have yet to arrive, does not count.
    """
    generator = run.generator("pixels")
    x = CHAIN.sample(chains, generator)
    late: list[Tensor] = []
    taken: list[float] = []
    walk = checked_walk(x, gamma, step=step, steps=steps, generator=generator)
    for i, (state, yes) in enumerate(walk):
        bundle = state.reshape(bundles, -1, PIXELS)
        taken.append(float(yes.double().mean()))
        if i >= steps // 4:
            late.append(torch.stack([bundle.mean(1), bundle.square().mean(1)], 1))
    first, second = torch.stack(late).mean(0).unbind(1)
    return torch.stack([first, second - first**2], 1), sum(taken) / len(taken)


def miss(found: Float[Tensor, " 3"], wanted: Float[Tensor, " 3"], /) -> float:
    """Return the largest relative error of any pixel."""
    return float((found / wanted - 1).abs().max())


def errors(bundles: Moments, exact: Float[Tensor, "2 3"], /) -> dict[str, Estimate]:
    """Return the relative errors of all means and variances, as the ledger has them."""
    return {
        f"relative error of the {what}, pixel {k + 1}": estimate.mean(
            bundles[:, i, k] / exact[i, k] - 1, "bundles of chains"
        )
        for i, what in enumerate(("mean", "variance"))
        for k in range(PIXELS)
    }
