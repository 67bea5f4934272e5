"""Exact mixtures that samplers are judged on, half of them used to choose constants.

`CHOSEN_ON` are those on which the default sampler's few constants were chosen, `HELD`
are others; of these, `spiral` and `digits64` were looked at only afterwards. Most are
of kinds on which few evaluations are hard: spectra over three or six decades, on shared
axes or on axes of each part's own; unequal weights on a thin curve; patches of a
photograph.
"""

import math

import torch
from sklearn.datasets import load_sample_image
from sklearn.mixture import GaussianMixture as Fit
from torch import Tensor
from torch.nn import functional

from gendiff.data import grid25, moons
from gendiff.data.toys import digits64
from gendiff.exact import GaussianMixture


def _axes(parts: int, d: int, generator: torch.Generator) -> Tensor:
    return torch.linalg.qr(torch.randn(parts, d, d, generator=generator).double()).Q


def turned(decades: float = 3, seed: int = 1) -> GaussianMixture:
    """Six Gaussians in 16 dimensions, each with axes of its own, variances falling."""
    generator = torch.Generator().manual_seed(seed)
    variances = torch.logspace(-0.5, -0.5 - decades, 16, dtype=torch.float64)
    axes = _axes(6, 16, generator)
    means = 0.5 * torch.randn(6, 16, generator=generator).double()
    weights = torch.full((6,), 1 / 6, dtype=torch.float64)
    return GaussianMixture(weights, means, axes * variances @ axes.mT)


def aligned() -> GaussianMixture:
    """Six Gaussians in 16 dimensions on the same axes, variances over six decades."""
    generator = torch.Generator().manual_seed(3)
    variances = torch.logspace(0, -6, 16, dtype=torch.float64)
    means = torch.randn(6, 16, generator=generator).double() * variances.sqrt()
    spread = (0.7 * torch.randn(6, 16, generator=generator).double()).exp()
    weights = torch.full((6,), 1 / 6, dtype=torch.float64)
    return GaussianMixture(weights, means, torch.diag_embed(variances * spread))


def thin() -> GaussianMixture:
    """A figure of eight, a seventieth as thin, seven times denser on one side."""
    angle = torch.linspace(0, math.tau, 41, dtype=torch.float64)[:-1]
    curve = 0.7 * torch.stack([angle.cos(), 0.6 * (2 * angle).sin()], -1)
    weights = (-angle.cos()).exp()
    return GaussianMixture.isotropic(weights / weights.sum(), curve, 0.01)


def spiral() -> GaussianMixture:
    """Two turns, a fiftieth as thin, four times denser at the core."""
    angle = torch.linspace(1, 4, 60, dtype=torch.float64) * math.pi
    arms = angle[:, None] / 12 * torch.stack([angle.cos(), angle.sin()], -1)
    weights = 1 / angle
    return GaussianMixture.isotropic(weights / weights.sum(), arms, 0.02)


def patches() -> GaussianMixture:
    """Grey patches of 8 by 8 pixels of a photograph: eight Gaussians fitted to them."""
    photo = torch.from_numpy(load_sample_image("china.jpg").astype("float64"))
    grey = functional.avg_pool2d(photo.mean(-1)[None] / 127.5 - 1, 2)[0]
    found = grey.unfold(0, 8, 4).unfold(1, 8, 4).reshape(-1, 64)
    fit = Fit(8, random_state=0, reg_covar=1e-5, max_iter=200).fit(found.numpy())
    return GaussianMixture(
        *map(torch.from_numpy, (fit.weights_, fit.means_, fit.covariances_))
    )


def six_decades() -> GaussianMixture:
    """As `turned`, with variances over six decades."""
    return turned(decades=6, seed=2)


CHOSEN_ON = {
    "grid25": (grid25, 1024),
    "turned": (turned, 256),
    "aligned": (aligned, 256),
    "patches": (patches, 128),
}
"""How each is made, and how many starts it is solved from."""
HELD = {
    "moons": (moons, 1024),
    "thin": (thin, 512),
    "spiral": (spiral, 512),
    "six decades": (six_decades, 256),
    "digits64": (digits64, 192),
}
