"""Losses of flow maps: which levels are drawn, and how an error becomes a loss.

The errors of this package are functions of a network, clean signals, noise and two or
three levels. `AlongPath` draws these and makes a loss of a training loop; the functions
beside it say how levels are drawn. Where a pair is equal, an error that is trained
without a teacher is the denoising error, so a fraction of equal pairs is what keeps it
on the data.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.applied import Applied
from gendiff.grids import demand_grid
from gendiff.levels import Levels
from gendiff.noise import seeded
from gendiff.types import demand_signal, like

Error = Callable[..., Float[Tensor, " b"]]
"""`(net, x0, eps, *levels)`, and `teacher=` if it has one: a number a sample."""

Draw = Callable[[int, torch.Generator], tuple[Float[Tensor, " n"], ...]]
"""Draws the two or three levels of `n` samples, from the highest to the lowest."""


@dataclass(frozen=True)
class AlongPath:
    """An error as a loss of `gendiff.training`, on batches `(x0, *given)`.

    What is given (labels, say) is bound to the network, and to the teacher alike.
    """

    error: Error
    levels: Draw
    teacher: Callable[..., Tensor] | None = None
    """A two-level denoiser, and what is given: `(x, sigma, to, *given)`; frozen."""

    def __call__(
        self,
        model: Callable[..., Tensor],
        batch: tuple[Tensor, ...],
        generator: torch.Generator,
        /,
    ) -> Float[Tensor, " b"]:
        """Return each sample's error at levels of its own."""
        x0, *given = batch
        demand_signal(x0, name="the data")
        levels = [level.to(x0) for level in self.levels(len(x0), generator)]
        eps = seeded(generator)(x0)
        net = _bound(model, given)
        if self.teacher is None:
            return self.error(net, x0, eps, *levels)
        return self.error(net, x0, eps, *levels, teacher=_bound(self.teacher, given))


def _bound(model: Callable[..., Tensor], given: list[Tensor]) -> Callable[..., Tensor]:
    def bound(x: Tensor, sigma: Tensor, to: Tensor, /) -> Tensor:
        return model(x, sigma, to, *given)

    return bound


def mean_square(x: Float[Tensor, "b *s"], /) -> Float[Tensor, " b"]:
    """Return the mean of the squares of each sample."""
    return x.square().flatten(1).mean(1)


def anchored(
    target: Float[Tensor, "b *s"],
    x0: Float[Tensor, "b *s"],
    sigma: Float[Tensor, " b"],
    to: Float[Tensor, " b"],
    /,
) -> Float[Tensor, "b *s"]:
    """Return a target, replaced by the clean signal where the two levels are equal.

    That makes the error there the denoising error, which is all that ties a network
    without a teacher to the data.
    """
    return torch.where(like(sigma, x0) == like(to, x0), x0, target)


def pairs(levels: Levels, /, *, equal: float) -> Draw:
    """Draw two levels and step from the higher one to the lower.

    In a fraction `equal` of the samples there is no step: both are the first level.

    Raises:
        ValueError: If `equal` is no fraction.

    References:
        Geng et al. (2025), arXiv:2505.13447 (with `equal=0.75`).
    """
    if not 0 <= equal <= 1:
        raise ValueError(f"equal is {equal}; give a fraction from 0 to 1")
    return Applied(_pairs, levels, equal)


def neighbours(grid: Sequence[float], /) -> Draw:
    """Choose one step of a decreasing grid, all with equal chances.

    Raises:
        ValueError: If the grid does not decrease, or is nowhere a step.
    """
    demand_grid(grid)
    return Applied(_neighbours, tuple(grid))


def landing(draw: Draw, /) -> Draw:
    """Append the level 0, where both starts of a consistency model should arrive."""
    return Applied(_landing, draw)


def nearer(draw: Draw, /, *, keep: float) -> Draw:
    """Put a second start between two levels, at a fraction `keep` of the way back.

    `(sigma, to)` becomes `(sigma, to + keep (sigma - to), to)`.

    Raises:
        ValueError: If `keep` is not between 0 and 1.
    """
    if not 0 < keep < 1:
        raise ValueError(f"keep is {keep}; give a fraction between 0 and 1")
    return Applied(_nearer, draw, keep)


def grouped(draw: Draw, /, *, particles: int) -> Draw:
    """Give `particles` samples in a row the same levels.

    Raises:
        ValueError: When drawn for a batch that `particles` does not divide.
    """
    return Applied(_grouped, draw, particles)


def _pairs(
    levels: Levels, equal: float, n: int, generator: torch.Generator, /
) -> tuple[Tensor, ...]:
    one, other = levels(n, generator), levels(n, generator)
    stays = torch.rand(n, generator=generator) < equal
    return (
        torch.where(stays, one, torch.maximum(one, other)),
        torch.where(stays, one, torch.minimum(one, other)),
    )


def _neighbours(
    grid: tuple[float, ...], n: int, generator: torch.Generator, /
) -> tuple[Tensor, ...]:
    levels = torch.tensor(grid, dtype=torch.float64)
    index = torch.randint(len(levels) - 1, (n,), generator=generator)
    return levels[index], levels[index + 1]


def _landing(draw: Draw, n: int, generator: torch.Generator, /) -> tuple[Tensor, ...]:
    drawn = draw(n, generator)
    return *drawn, torch.zeros_like(drawn[0])


def _nearer(
    draw: Draw, keep: float, n: int, generator: torch.Generator, /
) -> tuple[Tensor, ...]:
    sigma, to = draw(n, generator)
    return sigma, torch.lerp(to, sigma, keep), to


def _grouped(
    draw: Draw, particles: int, n: int, generator: torch.Generator, /
) -> tuple[Tensor, ...]:
    if n % particles:
        raise ValueError(
            f"a batch of {n} has no groups of {particles}; give a multiple of it"
        )
    drawn = draw(n // particles, generator)
    return tuple(level.repeat_interleave(particles) for level in drawn)
