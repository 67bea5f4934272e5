"""Which scales a network gets right, by its answers and by its samples."""

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from gendiff import grids
from gendiff.clocks import LOG
from gendiff.estimate import Estimate, mean
from gendiff.exact import Field
from gendiff.levels import stratified, uniform
from gendiff.metrics import power_spectrum, radial_average, radial_spectrum
from gendiff.noise import seeded
from gendiff.record import last
from gendiff.solvers import multistep
from gendiff.studies.running import Running
from gendiff.types import like

LOW, HIGH = 0.05, 20.0
"""The noise levels that are looked at."""
STEPS = 24

Ring = Float[Tensor, " ring"]


def by_ring(
    run: Running, model: nn.Module, known: Field, tests: int, /
) -> tuple[Ring, Ring, Ring]:
    """Look at a denoiser of a field ring by ring, on the same tests for every model.

    Returns:
        The rings' frequencies, the squared distance to the exact answer over the ring's
        power, and the power of samples over the true one.
    """
    generator = run.generator("fields")
    x0 = known.sample(tests, generator, channels=1)
    sigma = stratified(uniform(LOG, LOW, HIGH))(tests, generator).float()
    x = x0 + like(sigma, x0) * seeded(generator)(x0)
    with torch.no_grad():
        wrong = model(x.to(run.device), sigma.to(run.device)).cpu() - known(x, sigma)
    start = x0 + HIGH * seeded(generator)(x0)
    grid = grids.geometric(STEPS, low=LOW, high=HIGH)
    drawn = last(multistep(model, start.to(run.device), grid)).cpu()
    true = radial_average(known.power.double())[1]
    ring, error = radial_average(power_spectrum(wrong))
    return ring, error / true, radial_spectrum(drawn)[1] / true


def advantages(
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    bottom: NDArray[np.bool_],
    /,
) -> dict[str, Estimate]:
    """Return what each of two weights gains at its own end of the spectrum.

    Args:
        high: Errors under the weight on high noise, of shape `(training run, ring)`.
        low: Errors under the weight on low noise.
        bottom: Which rings are the low half.
    """
    return {
        "low half": mean((low - high)[:, bottom].mean(1), "training runs"),
        "high half": mean((high - low)[:, ~bottom].mean(1), "training runs"),
    }
