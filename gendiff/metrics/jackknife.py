"""Standard errors of whatever is computed from a sample: the delete-a-group jackknife.

A mean has a formula for its error; a recall, an energy distance or the difference of
two of them has none that is simple. Leave out one group of the sample after the other
and look how much the statistic moves. Samples that belong together (drawn from the same
noise under two settings) are left out together, by their index.

References:
    Efron and Stein (1981), The jackknife estimate of variance.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor

from gendiff.estimate import Estimate


def jackknife(
    statistic: Callable[[Int[Tensor, " m"]], float],
    n: int,
    /,
    *,
    groups: int = 20,
    of: str = "samples",
) -> Estimate:
    """Return the statistic of all `n` indices and its standard error.

    Index `i` is left out with group `i % groups`. Indices that come in a fixed order of
    classes are best given a number of groups that keeps all classes in each.

    Raises:
        ValueError: If there are fewer than two groups, or fewer samples than groups.
    """
    if not 2 <= groups <= n:
        raise ValueError(f"{groups} groups of {n} samples; give 2 groups to {n}")
    index = torch.arange(n)
    kept = torch.tensor(
        [statistic(index[index % groups != k]) for k in range(groups)],
        dtype=torch.float64,
    )
    square = (kept - kept.mean()).square().sum() * (groups - 1) / groups
    return Estimate(statistic(index), math.sqrt(float(square)), n, of)
