"""Training terms that ask predictions on a line to fit together, each in its own way.

`gendiff.consistency` measures three notions of consistency. Here each is a term that a
network can be trained by, at states and levels that are drawn beside those of the loss.
The network is one of two levels: at equal levels a denoiser, and towards level 0 an
origin. A term is what is left over at each state, in units of the clean signal and per
unit of `log(sigma^2)`; the first two are the same number, to first order in the step.

The martingale is asked for over short steps of the reverse process, whose mean is an
integral of Gauss and Hermite: no draw, and so no noise in the term.

References:
    Daras et al. (2023), arXiv:2302.09057 (martingale).
    Lai et al. (2022), arXiv:2210.04296 (Fokker-Planck).
    Song et al. (2023), arXiv:2303.01469 (common origin).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.consistency import fokker_planck, same_origin
from gendiff.derivatives import gradient, pushed
from gendiff.distillation import Jump, TwoLevelDenoiser
from gendiff.noise import seeded
from gendiff.objectives import Weight
from gendiff.studies.perspectives.line_residuals import expected
from gendiff.types import Batch, Loss, level, like

Column = Float[Tensor, "n 1"]
Term = Callable[[TwoLevelDenoiser, Column, Float[Tensor, " n"]], Column]
"""What is left over at states of some levels; 0 for a consistent network."""
KEEP = 0.9
"""The level after a short step, over that before it."""
LOWEST, HIGHEST = 0.1, 4.0
"""Noise levels between which a term is asked for, evenly in their logarithm."""


def at_one_level(net: TwoLevelDenoiser, x: Column, sigma: Tensor, /) -> Column:
    """Return the prediction of the denoiser that a two-level network is."""
    return net(x, sigma, sigma)


def kept(
    net: TwoLevelDenoiser, x: Column, sigma: Float[Tensor, " n"], /, *, nodes: int = 5
) -> Column:
    """Return by how much predictions change on average over a short step."""
    fall = 1 - KEEP**2
    one = partial(at_one_level, net)

    def of_state(x: Tensor) -> Tensor:
        return one(x, sigma)

    now, slope = pushed(of_state, (x,), (torch.ones_like(x),))
    # Mean and variance of the step are those of an exact denoiser, whose signal has the
    # variance sigma^2 dD/dx.
    within = KEEP**2 + fall * slope.clamp(min=0)
    spread = like(sigma, x) * (fall * within).sqrt()
    places, weights = map(torch.from_numpy, np.polynomial.hermite.hermgauss(nodes))
    places = (math.sqrt(2) * places).to(x)[:, None, None]
    mean = x + fall * (now - x)
    later = (mean + places * spread).flatten(0, 1)
    then = one(later, (KEEP * sigma).repeat(nodes))
    weights = (weights / math.sqrt(math.pi)).to(x)[:, None, None]
    return ((weights * then.unflatten(0, (nodes, -1))).sum(0) - now) / fall


def equation(net: TwoLevelDenoiser, x: Column, sigma: Float[Tensor, " n"], /) -> Column:
    """Return what is left of the equation of Fokker and Planck, times `-sigma^4`."""
    left = fokker_planck(partial(at_one_level, net), x, sigma)
    return -(like(sigma, x) ** 4) * left


def one_origin(
    net: TwoLevelDenoiser, x: Column, sigma: Float[Tensor, " n"], /
) -> Column:
    """Return by how much the origin changes over a step of Heun's down the flow.

    The later origin is a target and not trained.
    """
    end = torch.zeros(()).to(x)
    with torch.no_grad():
        before, after = like(sigma, x), like(KEEP * sigma, x)
        slope = (x - at_one_level(net, x, sigma)) / before
        there = x + (after - before) * slope
        slope = slope + (there - at_one_level(net, there, KEEP * sigma)) / after
        there = x + (after - before) * slope / 2
        goal = Jump(net)(there, KEEP * sigma, end)
    return (goal - Jump(net)(x, sigma, end)) / (1 - KEEP**2)


@dataclass(frozen=True)
class Beside:
    """A loss, and now and then the square of a term beside it, at some of the states.

    A term may cost many times what the loss does; `every` and `size` keep that down.
    """

    loss: Loss
    term: Term
    strength: float
    weight: Weight
    every: int = 1
    """One in so many updates has the term, by chance."""
    size: int = 64
    """How many samples of a batch it is asked of."""

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the loss of each sample, with the mean of the term added."""
        plain = self.loss(model, batch, generator)
        if self.every * float(torch.rand((), generator=generator)) >= 1:
            return plain
        x0 = batch[0][: self.size]
        even = torch.rand(len(x0), generator=generator).to(x0)
        sigma = LOWEST * (HIGHEST / LOWEST) ** even
        x = x0 + like(sigma, x0) * seeded(generator)(x0)
        left = self.term(model, x, sigma).square().flatten(1).mean(1)
        return plain + self.strength * (self.weight(sigma) * left).mean()


def drift(net: TwoLevelDenoiser, x: Column, sigma: float, /) -> Column:
    """Return the drift of predictions down the reverse process, per unit of variance.

    By derivatives of the prediction: `-dD/du + (dD/dx) s + (d2D/dx2) / 2`.
    """
    at = level(sigma)

    def of_state(x: Tensor) -> Tensor:
        return at_one_level(net, x, at)

    def of_level(sigma: Tensor) -> Tensor:
        return at_one_level(net, x, sigma)

    def slope(x: Tensor) -> Tensor:
        return pushed(of_state, (x,), (torch.ones_like(x),))[1]

    def rise(x: Tensor) -> Tensor:
        return slope(x).sum()

    value, in_u = pushed(of_level, (at,), (1 / (2 * at),))
    pull = (value - x) / at**2
    return (-in_u + slope(x) * pull + gradient(rise, x) / 2).detach()


def by_place(
    net: TwoLevelDenoiser, x: Column, high: float, low: float, /, *, steps: int
) -> tuple[Column, Column, Column]:
    """Return what a network leaves over of each notion at each place.

    That is the mean change of predictions from level `high` down to `low`, what is left
    of the equation at `high` (not scaled), and the change of the origin along the flow.

    Args:
        net: The network.
        x: An even lattice, as wide as `line_residuals.expected` takes it.
        high: The noise level that is begun at.
        low: That which is ended at.
        steps: Of the walk along the flow; of the backward equation, at least.
    """
    denoise = partial(at_one_level, net)

    def origin(x: Tensor, sigma: Tensor) -> Tensor:
        return Jump(net)(x, sigma, level(0.0))

    grid = torch.linspace(high, low, steps + 1).tolist()
    with torch.no_grad():
        later = expected(denoise, x, high, low, at_least=steps)
        moved = same_origin(origin, denoise, x, grid)
        now = denoise(x, level(high))
    return later - now, fokker_planck(denoise, x, level(high)).detach(), moved
