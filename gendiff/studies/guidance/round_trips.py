"""How many digits of a prediction survive when it is turned into another, and back."""

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import product

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

Pair = tuple[float, float]
"""What stands before the signal and before the noise."""
Kind = Callable[[Pair], Pair]
"""The coefficients of what a network predicts, given those of its input."""
Convert = Callable[[Tensor, Tensor, Pair, Kind, Kind], Tensor]
"""Turns a prediction at an input, of such coefficients, from one kind into another."""


def exploding(sigma: float) -> Pair:
    """Return the coefficients where the signal keeps its size."""
    return 1.0, sigma


def preserving(sigma: float) -> Pair:
    """Return the coefficients where their squares add to one."""
    return (1 + sigma**2) ** -0.5, sigma * (1 + sigma**2) ** -0.5


def worst(
    convert: Convert,
    kinds: Mapping[str, Kind],
    dtype: torch.dtype,
    generators: Iterable[torch.Generator],
) -> float:
    """Return the largest relative error, there and back, over pairs and levels."""
    processes = exploding, preserving
    return max(
        _error(convert, q, seen, canvas, *pair)
        for process, generator in zip(processes, generators, strict=True)
        for q, seen, canvas in _trials(process, dtype, generator)
        for pair in product(kinds.values(), repeat=2)
    )


def agree(error: float) -> int:
    """Return to how many digits something vanishes, up to 12.

    >>> agree(3e-7), agree(0.0)
    (6, 12)
    """
    return min(12, math.floor(-math.log10(max(error, 1e-300))))


def _trials(
    process: Callable[[float], Pair], dtype: torch.dtype, generator: torch.Generator
) -> Iterable[tuple[Float[Tensor, " n"], Float[Tensor, " n"], Pair]]:
    """Yield predictions and inputs at several levels."""
    for sigma in np.geomspace(0.01, 100, 9):
        alpha, s = process(float(sigma))
        q, clean, eps = torch.randn(3, 500, generator=generator, dtype=dtype)
        yield q, alpha * clean + s * eps, (alpha, s)


def _error(
    convert: Convert, q: Tensor, seen: Tensor, canvas: Pair, old: Kind, new: Kind
) -> float:
    there = convert(q, seen, canvas, old, new)
    again = convert(there, seen, canvas, new, old)
    return float((again - q).norm() / q.norm())
