"""How blurred is a prediction? The wavelength of which half the amplitude is left."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy import stats

from gendiff.data import power_law
from gendiff.estimate import Estimate
from gendiff.exact import Field
from gendiff.metrics import radial_spectrum
from gendiff.types import level

SIDE = 192


def blur(
    exponent: float, frequencies: Float[np.ndarray, " n"], generator: torch.Generator
) -> Float[np.ndarray, "2 n"]:
    """Return noise levels, and the wavelength kept by half at each, in pixels.

    The data are Gaussian fields whose power falls with the frequency to the exponent;
    levels are such that for an exponent of 2 the halves lie at the frequencies.
    """
    field = Field(power_law(SIDE, SIDE, exponent=exponent), torch.zeros(()).double())
    amplitude = float(field.power[0, 1].sqrt())  # of one cycle an image
    clean = field.sample(2, generator, channels=1)
    found: list[tuple[float, float]] = []
    for frequency in frequencies:
        sigma = amplitude / float(frequency)
        noise = torch.randn(clean.shape, generator=generator).double()
        ring, after = radial_spectrum(field(clean + sigma * noise, level(sigma)))
        before = radial_spectrum(clean + sigma * noise)[1]
        kept = (after / before).sqrt().numpy()
        found.append((sigma, SIDE / float(np.interp(-0.5, -kept, ring.numpy()))))
    return np.array(found).T


def exponent_of(
    sigma: Float[np.ndarray, " n"], wavelength: Float[np.ndarray, " n"]
) -> Estimate:
    """Return the slope on logarithmic axes, with the error of the fitted line."""
    fit: Any = stats.linregress(np.log(sigma), np.log(wavelength))
    return Estimate(float(fit.slope), float(fit.stderr), len(sigma), "levels")
