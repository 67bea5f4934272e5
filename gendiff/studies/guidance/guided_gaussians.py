"""Gaussians of any length, guided as a whole, place by place, and by diffusion.

A quadratic preference keeps all of them Gaussian, so that each way of guiding comes to
a covariance.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

Matrix = Float[Tensor, "n n"]
WAYS = ("token by token", "flow", "SDE")


def neighbours(n: int) -> Matrix:
    """Return the covariance of places that are correlated with those nearby."""
    place = torch.arange(n, dtype=torch.float64)
    return 0.5 ** (place[:, None] - place).abs()


def variations(
    preference: Matrix,
    gamma: float,
    grid: Sequence[float],
    generator: torch.Generator,
    /,
    *,
    n: int,
) -> dict[str, float]:
    """Return the total variation of each way from the guided joint.

    Args:
        preference: `W` of the class `exp(-x' W x / 2)`.
        gamma: The guidance scale.
        grid: Noise levels of the flow and the SDE.
        generator: Of the draws by which it is counted.
        n: How many of them.
    """
    free = neighbours(len(preference))
    inverse = torch.linalg.inv(free)
    given = torch.linalg.inv(inverse + preference)
    target = torch.linalg.inv(inverse + gamma * preference)
    made = one_by_one(free, given, gamma), *from_noise(free, given, gamma, grid)
    z = torch.randn(n, len(preference), generator=generator, dtype=torch.float64)
    return {way: apart(c, target, z) for way, c in zip(WAYS, made, strict=True)}


def both_classes(
    places: int,
    gamma: float,
    grid: Sequence[float],
    generator: torch.Generator,
    /,
    *,
    n: int,
) -> dict[str, dict[str, float]]:
    """Return the variations for a class told by every place, and by the sum alone."""
    each = torch.eye(places, dtype=torch.float64)
    told_by = {"every place": each, "the sum": torch.ones_like(each) / places}
    return {
        name: variations(preference, gamma, grid, generator, n=n)
        for name, preference in told_by.items()
    }


def contrast(free: Tensor, given: Tensor, gamma: float) -> Tensor:
    """Return what is guided linearly: precisions, and what stands in exponents."""
    return free + gamma * (given - free)


def regressions(covariance: Matrix) -> tuple[Matrix, Float[Tensor, "n 1"]]:
    """Return what each place takes from those before it, and the variance left."""
    root = torch.linalg.cholesky(covariance)
    unit = root / root.diagonal()
    one = torch.eye(len(root), dtype=root.dtype)
    return one - torch.linalg.inv(unit), root.diagonal()[:, None] ** 2


def one_by_one(free: Matrix, given: Matrix, gamma: float) -> Matrix:
    """Return the covariance of guiding place after place."""
    (a, va), (b, vb) = regressions(free), regressions(given)
    precision = contrast(1 / va, 1 / vb, gamma)
    taken = contrast(a / va, b / vb, gamma) / precision
    one = torch.eye(len(a), dtype=a.dtype)
    spread = torch.linalg.inv(one - taken)
    return spread / precision.T @ spread.T


def from_noise(
    free: Matrix, given: Matrix, gamma: float, grid: Sequence[float]
) -> tuple[Matrix, Matrix]:
    """Return the covariances of the guided flow and the guided reverse SDE."""
    one = torch.eye(len(free), dtype=free.dtype)
    flow, cloud = grid[0] * one, grid[0] ** 2 * one
    for sigma, after in pairwise(grid):
        noise = sigma * after * one  # the level between the two
        away, toward = (
            torch.linalg.inv(distribution + noise) for distribution in (free, given)
        )
        pull = contrast(away, toward, gamma)  # the guided score is -pull @ x
        step = torch.linalg.matrix_exp(-(sigma**2 - after**2) / 2 * pull)
        flow = step @ flow
        fresh = torch.linalg.solve(2 * pull, one - torch.matrix_power(step, 4))
        cloud = step @ step @ cloud @ step @ step + fresh
    return flow @ flow.T, (cloud + cloud.T) / 2


def apart(made: Matrix, target: Matrix, z: Float[Tensor, "b n"]) -> float:
    """Return the total variation of two centred Gaussians, by white draws `z`.

    It is `E max(0, 1 - q(x) / p(x))` over `x` from `p`.
    """
    root = torch.linalg.cholesky(made)
    x = torch.linalg.solve_triangular(
        torch.linalg.cholesky(target), root @ z.T, upper=False
    )
    log_ratio = (z.square().sum(1) - x.square().sum(0)) / 2
    log_ratio = log_ratio + (made.logdet() - target.logdet()) / 2
    return float((1 - log_ratio.exp()).clamp(min=0).mean())
