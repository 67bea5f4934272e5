"""Denoisers, scores and densities known in closed form: the library's ground truth.

Each object here is a `Denoiser`: call it with `(x, sigma)`. Each also knows, at every
noise level, its `score` and `log_density`, and can `sample`.
"""

from .empirical import Empirical as Empirical
from .field import Field as Field
from .gaussian import Diagonal as Diagonal, Gaussian as Gaussian, Isotropic as Isotropic
from .interpolated import Interpolated as Interpolated
from .mixture import GaussianMixture as GaussianMixture
from .quantile import QuantileFlow as QuantileFlow
