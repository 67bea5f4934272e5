"""The value a metric takes for perfect samples: real data against other real data.

A distance between finite samples is never zero, and a coverage never one. Without its
floor a metric's value says little; with it, a sampler is perfect as far as the metric
can tell when its value lies within a few spreads of the floor.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Shaped
from torch import Tensor

Metric = Callable[[Tensor, Tensor], float]
"""Compares samples, first, with real data, second."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What a metric returns for real against real."""

    mean: float
    spread: float
    """Standard deviation of a single comparison."""


def floor(
    metric: Metric,
    reals: Shaped[Tensor, "m ..."],
    /,
    *,
    n: int,
    generator: torch.Generator,
    repeats: int = 8,
) -> Floor:
    """Compare disjoint random parts of the real data with each other, several times.

    Args:
        metric: The comparison, with its options bound.
        reals: Real data.
        n: How many samples will be judged, against as many: the floor depends on it.
        generator: Where the random parts come from.
        repeats: How many comparisons. The parts of one comparison are disjoint, those
            of different ones overlap, so the spread is somewhat too small when the real
            data are few.

    Raises:
        ValueError: If the data are too few for two disjoint parts.
    """
    if 2 * n > len(reals):
        raise ValueError(
            f"{n} against {n} real points need {2 * n}, but there are {len(reals)}; "
            "judge fewer samples or provide more data"
        )
    values: list[float] = []
    for _ in range(repeats):
        order = torch.randperm(len(reals), generator=generator)[: 2 * n]
        chosen = reals[order.to(reals.device)]
        values.append(metric(chosen[:n], chosen[n:]))
    drawn = torch.tensor(values, dtype=torch.float64)
    return Floor(drawn.mean().item(), drawn.std().item())
