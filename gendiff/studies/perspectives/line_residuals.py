"""Three residuals of consistency on a line, by quadrature, so that none is noise.

`gendiff.consistency` says what the three are. Here each is one number: the root mean
square over noisy data, relative to the size of what should vanish. For the equation of
Fokker and Planck that is its left side, the speed of the score; for the martingale the
change of a prediction on its way; for the common origin the spread of the origins.

Where predictions go on average is found without walks. The mean of `D(x', sigma')` over
the model's reverse process, as a function of `x`, solves Kolmogorov's backward equation
in the variance `u`,

    dg/du = s g' + g'' / 2,    from g = D(., sigma') at u' = sigma'^2,

with the model's own score `s`; here by differences of fourth order and Runge-Kutta.

References:
    Daras et al. (2023), arXiv:2302.09057 (martingale).
    Lai et al. (2022), arXiv:2210.04296 (Fokker-Planck).
    Song et al. (2023), arXiv:2303.01469 (common origin).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.consistency import fokker_planck, same_origin
from gendiff.derivatives import pushed
from gendiff.exact import GaussianMixture
from gendiff.types import Denoiser, level
from gendiff.views import score

Column = Float[Tensor, "n 1"]
EDGE = 8.0
"""Where the line ends; data and noise are well inside."""
POINTS = 321


@dataclass(frozen=True)
class Residuals:
    """Root mean squares over noisy data, relative to the size of what should vanish."""

    martingale: float
    fokker_planck: float
    common_origin: float


@dataclass(frozen=True)
class Line:
    """Data on a line, and the two noise levels between which models are examined."""

    data: GaussianMixture
    high: float = 1.0
    low: float = 0.5

    def of(
        self, denoise: Denoiser, origin: Denoiser, /, *, steps: int = 400
    ) -> Residuals:
        """Return the three residuals of a model.

        Args:
            denoise: The model's denoiser.
            origin: Where it says that trajectories end: `(x, sigma) -> x0`.
            steps: Of the walk along the flow; of the backward equation, at least as
                many as are stable.
        """
        x = torch.linspace(-EDGE, EDGE, POINTS, dtype=torch.float64)[:, None]
        density = self.data.log_density(x, level(self.high)).exp()
        weight = (density / density.sum())[:, None]
        later = self.data.log_density(x, level(self.low)).exp()
        weight_later = (later / later.sum())[:, None]

        def size(left: Tensor) -> float:
            return float((weight * left.square()).sum().sqrt())

        with torch.no_grad():
            now, then = denoise(x, level(self.high)), denoise(x, level(self.low))
            kept = expected(denoise, x, self.high, self.low, at_least=steps) - now
            grown = (weight_later * then**2).sum() - (weight * now**2).sum()
            grid = torch.linspace(self.high, self.low, steps + 1, dtype=torch.float64)
            moved = same_origin(origin, denoise, x, grid.tolist())
            ends = origin(x, level(self.high))
        left = fokker_planck(denoise, x, level(self.high)).detach()

        def of_level(sigma: Tensor) -> Tensor:
            return score(denoise, x, sigma)

        at = level(self.high)
        _, speed = pushed(of_level, (at,), (1 / (2 * at),))
        return Residuals(
            martingale=size(kept) / math.sqrt(float(grown)),
            fokker_planck=size(left) / size(speed.detach()),
            common_origin=size(moved) / size(ends - (weight * ends).sum()),
        )

    def loss_over_least(self, denoise: Denoiser, levels: list[float], /) -> float:
        """Return the denoising loss over the least possible, as a mean over levels."""
        x = torch.linspace(-EDGE, EDGE, POINTS, dtype=torch.float64)[:, None]
        ratios: list[float] = []
        with torch.no_grad():
            for sigma in map(level, levels):
                density = self.data.log_density(x, sigma).exp()
                weight = density / density.sum()
                least = (
                    weight * self.data.posterior_covariance(x, sigma)[:, 0, 0]
                ).sum()
                off = (denoise(x, sigma) - self.data(x, sigma)).square()[:, 0]
                ratios.append(float(1 + (weight * off).sum() / least))
        return sum(ratios) / len(ratios)


def expected(
    denoise: Denoiser, x: Column, high: float, low: float, /, *, at_least: int
) -> Column:
    """Return where predictions at `high` go on average, down to `low`, if at `x`.

    `x` is an even lattice; the ends are continued as straight lines.
    """
    width = float(x[1] - x[0])
    stable = math.ceil((high**2 - low**2) / (0.9 * width**2))
    steps = max(at_least, stable)
    step = (high**2 - low**2) / steps

    def change(g: Tensor, u: float) -> Tensor:
        pad = torch.arange(1.0, 3.0, dtype=g.dtype)[:, None]
        left = g[0] + pad.flip(0) * (g[0] - g[1])
        right = g[-1] + pad * (g[-1] - g[-2])
        w = torch.cat([left, g, right])
        slope = (w[:-4] - 8 * w[1:-3] + 8 * w[3:-1] - w[4:]) / (12 * width)
        bend = -w[:-4] + 16 * w[1:-3] - 30 * w[2:-2] + 16 * w[3:-1] - w[4:]
        drift = score(denoise, x, level(math.sqrt(u)))
        return drift * slope + bend / (24 * width**2)

    g, u = denoise(x, level(low)), low**2
    for _ in range(steps):
        one = change(g, u)
        two = change(g + step / 2 * one, u + step / 2)
        three = change(g + step / 2 * two, u + step / 2)
        four = change(g + step * three, u + step)
        g, u = g + step / 6 * (one + 2 * two + 2 * three + four), u + step
    return g
