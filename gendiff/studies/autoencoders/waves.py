"""Nats of Gaussian fields, wave by wave.

To describe a wave of power `S` down to a noise floor takes `log(1 + S / sigma^2) / 2`
nats, which is the integral of the Wiener filter's gain over the levels above the floor,
on a logarithmic axis.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

Power = Float[Tensor, "h w"]


def nats(power: Power, floor: float, /) -> Power:
    """Return the nats of every wave above a noise floor."""
    return 0.5 * torch.log1p(power / floor**2)


def share(power: Power, chosen: Bool[Tensor, "h w"], floor: float, /) -> float:
    """Return the fraction of the nats that the chosen waves take."""
    each = nats(power, floor)
    return float(each[chosen].sum() / each.sum())


def passed(power: Power, sigma: float, /) -> float:
    """Return how many waves pass the denoiser: the sum of its gains."""
    return float((power / (power + sigma**2)).sum())


def integrated(
    power: Power, floor: float, /, *, highest: float = 1e4, n: int = 4_000
) -> float:
    """Return the nats of all waves, from the numbers that pass at each level."""
    levels = np.geomspace(floor, highest, n)
    gains = [passed(power, float(sigma)) for sigma in levels]
    return float(np.trapezoid(gains, np.log(levels)))
