"""Densities from counts: how many samples fall into thin shells of known volume."""

import math
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gendiff.estimate import Estimate, mean
from gendiff.typicality.annulus import log_sphere_area

Line = Float[np.ndarray, " n"]


def log_densities(r: Line, dimensions: int, edges: Line, /) -> NDArray[np.float64]:
    """Return log-densities in shells, from nothing but the radii of samples."""
    counts, _ = np.histogram(r, bins=edges)
    unit_ball = log_sphere_area(dimensions, torch.ones(1)).item() - math.log(dimensions)
    volumes = unit_ball + np.log(edges[1:] ** dimensions - edges[:-1] ** dimensions)
    return np.log(counts / len(r)) - volumes


def slope(r: Float[Tensor, " n"], dimensions: int, edges: Line, /) -> Estimate:
    """Return the log-log slope of the density over shells, from ten parts of radii."""
    middles = np.sqrt(edges[1:] * edges[:-1])

    def fitted(part: Tensor) -> float:
        heights = log_densities(part.numpy(), dimensions, edges)
        return float(np.polyfit(np.log(middles), heights, 1)[0])

    return in_tenths(r, fitted)


def in_tenths(
    values: Float[Tensor, " n"], statistic: Callable[[Tensor], float], /
) -> Estimate:
    """Return the mean of a statistic of ten parts of a sample."""
    return mean([statistic(part) for part in values.chunk(10)], "tenths of the samples")
