"""Points of a plane as tokens: binary digits, coarse before fine.

Each coordinate of [-1.5, 1.5) is written with eight binary digits, and those of the two
coordinates take turns, so an autoregressive model says roughly where before it says
exactly where.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

BITS = 8
LENGTH = 2 * BITS
"""Tokens of a point."""
_SIDE = 3.0


def to_bits(x: Float[Tensor, "b 2"], /) -> Int[Tensor, "b n"]:
    """Write points as digits; what lies outside moves to the edge."""
    whole = ((x + _SIDE / 2) / _SIDE * 2**BITS).long().clamp(0, 2**BITS - 1)
    digits = torch.stack([(whole >> b) & 1 for b in range(BITS - 1, -1, -1)], 1)
    return digits.flatten(1)


def from_bits(
    tokens: Int[Tensor, "b n"], generator: torch.Generator, /
) -> Float[Tensor, "b 2"]:
    """Return a point drawn evenly from the cell that the digits name."""
    place = 2 ** torch.arange(BITS - 1, -1, -1)
    whole = (tokens.reshape(-1, BITS, 2) * place[:, None]).sum(1)
    inside = torch.rand(whole.shape, generator=generator)
    return (whole + inside) / 2**BITS * _SIDE - _SIDE / 2
