"""The default sampler: what to use when nothing else is known to be better.

`sample` turns white noise into data with a given number of evaluations. It is made of
the pieces of this library, and each was chosen for a reason that can be checked:

- **Coordinates in which the data's Gaussian stands still.** Along the probability flow
  of a Gaussian, `z = (x - mean) / sqrt(variance + sigma^2)` is constant, direction by
  direction. Integrating `dz/dphi`, a step is as long as the data are far from Gaussian,
  and Gaussian data are exact at any number of evaluations.
- **Infinite noise, for free.** There every distribution is Gaussian and `dz/dphi = 0`
  is known: the first velocity costs no evaluation. No largest noise level is chosen.
- **One clock for spacing and interpolation**, `u = sqrt(tau / (tau + 2))` with `tau`
  the noise level in units of the data: uniform in `1 / tau` far out, where trajectories
  straighten, square-root near 0, so that the last level falls like `1 / evaluations^2`
  and more steps reach finer detail; in between, half of the steps lie below two thirds
  of the data's own spread.
- **Order 3 with the corrector** (`unipc`): all that one evaluation a step can give. The
  exponents and the 2 were chosen once, over a few dozen alternatives on exact mixtures;
  the optimum is flat (from 1.5 to 3, and orders 2 and 3, are within a third).

References:
    Karras et al. (2022), arXiv:2206.00364, section 3 (spacing as a choice of its own).
    Zhao et al. (2023), arXiv:2302.04867, algorithms 1 and 2.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact.gaussian import Diagonal
from gendiff.frames import ANGLE, Array
from gendiff.solvers.multistep import unipc
from gendiff.types import Denoiser, Step, demand_signal, level

HIGH = 1e4
"""Noise level, in units of the data, that stands for infinity."""


def clock(tau: Array, /) -> Array:
    """Return `sqrt(tau / (tau + 2))`, from 0 without noise to 1 at infinite noise."""
    return np.sqrt(tau / (tau + 2))


def spread(evaluations: int, /) -> list[float]:
    """Return levels in units of the data, even in `clock`, from `HIGH` to 0.

    One interval more than `evaluations`: the first velocity is known.

    Raises:
        ValueError: If `evaluations` is below 1.
    """
    if evaluations < 1:
        raise ValueError(f"evaluations is {evaluations}; give at least 1")
    square = np.linspace(1, 0, evaluations + 2)[1:] ** 2
    return [HIGH, *(2 * square / (1 - square)).tolist()]


def sample(
    denoise: Denoiser,
    noise: Float[Tensor, "b *s"],
    /,
    *,
    gaussian: Diagonal,
    evaluations: int = 20,
) -> Iterator[Step]:
    """Turn white noise into samples along the probability flow.

    The first step, from infinite noise, is free; each of the others evaluates once::

        x = last(sample(denoise, noise, gaussian=Isotropic(mean, std)))

    Args:
        denoise: The denoiser.
        noise: Standard normal, of the shape of the data.
        gaussian: What is known of the data: `Isotropic(mean, std)` at least, measured
            on them. A rough spread costs accuracy only; the mean is what the free step
            heads for, and a wrong one costs orders of convergence. With the covariance
            (`Gaussian`) or the spectrum (`Field`) errors fall further.
        evaluations: How often to call `denoise`. 20 suffices for most; 5 gives a draft.

    Raises:
        ValueError: If `evaluations` is below 1, the noise holds whole numbers, or the
            Gaussian has no variance.
    """
    grid = spread(evaluations)
    demand_signal(noise, name="the noise")
    mean = gaussian.mean.to(noise)
    # Coefficients are float64 on the host; `shrink` is a difference of near ones.
    variances = gaussian.variances.cpu().double()
    std = float(gaussian.variances.mean().sqrt())
    if not std > 0:
        raise ValueError(f"gaussian has the standard deviation {std}; give the data's")

    def back(state: Tensor, tau: float) -> Tensor:
        """Return the signal of a state in coordinates whose Gaussian is standard."""
        factor = ((variances + (tau * std) ** 2) / (1 + tau**2)).sqrt()
        return mean + gaussian.unrotate(state * factor.to(state))

    def unit(state: Tensor, at: Tensor, /) -> Tensor:
        """Denoise there: the standard Wiener filter, where the data are Gaussian."""
        nonlocal prediction
        tau = float(at)
        total = variances + (tau * std) ** 2
        if tau == HIGH:
            prediction = gaussian(x, level(HIGH * std))
            return state / (1 + tau**2)
        prediction = denoise(x, level(tau * std))
        factor = (total / (1 + tau**2)).rsqrt()
        shrink = 1 / (1 + tau**2) - variances / total
        scaled = gaussian.rotate(prediction - mean) * factor.to(state)
        return torch.addcmul(scaled, shrink.to(state), state)

    start = math.sqrt(1 + HIGH**2) * gaussian.rotate(noise)
    x, prediction = back(start, HIGH), noise
    for step in unipc(unit, start, grid, order=3, frame=ANGLE, along=clock):
        x = back(step.x, step.level)  # what is yielded is what is evaluated next
        yield Step(x, prediction, step.level * std)
