"""Denoisers, scores and densities known in closed form: the library's ground truth.

Distributions are `Denoiser`s: call them with `(x, sigma)`. Each also knows, at every
noise level, its `score` and `log_density`, and can `sample`. Two are no denoisers but
flows: `Interpolated` between two mixtures, `QuantileFlow` from level to level.
"""

from .empirical import Empirical as Empirical
from .field import Field as Field
from .gaussian import Diagonal as Diagonal, Gaussian as Gaussian, Isotropic as Isotropic
from .interpolated import Interpolated as Interpolated
from .mixture import GaussianMixture as GaussianMixture
from .quantile import QuantileFlow as QuantileFlow
