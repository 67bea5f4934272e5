r"""Races on a grid: what rare tokens lose if uniform numbers have few bits.

A token of probability `q` races against a mask that stays: the smaller of
`-log(u) / q` and an exponential number over `1 - q` wins. With `u` on a grid of
`g = 2^-bits` the token wins `c / (e^c - 1)` times as often as it should, `c = g / q`.

References:
    Zheng et al. (2024), arXiv:2409.02908 (the fault in published samplers).
"""

import math

import numpy as np
import torch
from scipy.integrate import quad


def raced(c: float, bits: int, races: int, generator: torch.Generator, /) -> float:
    """Return how often a token wins, over how often it should."""
    q = 2.0**-bits / c
    stay = torch.empty(races, dtype=torch.float64).exponential_(generator=generator)
    u = torch.randint(2**bits, (races,), generator=generator).double() / 2**bits
    token = -(u + 1e-10).log()
    return float((token * (1 - q) < stay * q).double().mean()) / q


def whole(
    c: float, bits: int, steps: int, races: int, generator: torch.Generator, /
) -> float:
    """Return the same over a whole run, in which `c` shrinks from step to step."""
    each = [raced(c * k / steps, bits, races, generator) for k in range(1, steps + 1)]
    return float(np.mean(each))


def debye(c: float, /) -> float:
    """Return what a whole run of infinitely many steps has, the mean of u / (e^u - 1).

    >>> round(debye(1.0), 4)
    0.7775
    """
    return float(quad(_density, 0, c)[0]) / c


def _density(u: float) -> float:
    return u / math.expm1(u)
