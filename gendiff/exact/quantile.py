"""The probability flow of a mixture on a line: every point keeps its quantile.

On a line trajectories can't cross, so the flow carries the lowest tenth of the mass at
one noise level onto the lowest tenth at any other. With `F_sigma` the distribution
function of data plus noise, the map from one level to another is known without solving
any equation of motion,

    x_to = F_to^-1(F_sigma(x)),

for levels in either order, 0 included. It is the exact flow map: what consistency
models, progressive distillation and their relatives learn, and what a solver is to
reach. That the data have more than one mode makes it anything but linear.

References:
    Song et al. (2023), arXiv:2303.01469, section 3 (the map to level 0).
    Khrulkov et al. (2022), arXiv:2202.07477 (the flow as optimal transport).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact.mixture import GaussianMixture
from gendiff.types import demand_signal, like


@dataclass(frozen=True)
class QuantileFlow:
    """The exact flow of a mixture on a line, between any two noise levels.

    Its derivatives, in the state and in both levels, are exact too.

    Raises:
        ValueError: If the mixture has more than one dimension.
    """

    mixture: GaussianMixture

    def __post_init__(self) -> None:
        d = self.mixture.means.shape[1]
        if d != 1:
            raise ValueError(f"points keep their quantile in 1 dimension, not in {d}")

    def __call__(
        self,
        x: Float[Tensor, "b 1"],
        sigma: Float[Tensor, "..."],
        to: Float[Tensor, "..."],
        /,
    ) -> Float[Tensor, "b 1"]:
        """Carry `x` from the level `sigma` to the level `to`."""
        demand_signal(x)
        wide = x.double()
        # Whatever is above the median is counted from above: 1 - 1e-20 would be 1.
        side = torch.where(self._log_tail(wide, sigma, 1.0) < _LOG_HALF, 1.0, -1.0)
        target = self._log_tail(wide, sigma, side)
        y = self._quantile(target.detach(), to, side)
        # One step of Newton, from the root itself: it moves nothing, and by the theorem
        # of implicit functions its derivatives are those of the root.
        here = self._log_tail(y, to, side)
        log_slope = self.mixture.log_density(y, to)[:, None] - here
        y = y - side * (here - target) * (-log_slope).exp().detach()
        return y.to(x)

    def cdf(
        self, x: Float[Tensor, "b 1"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, " b"]:
        """Return the fraction of the noisy data that lies below `x`."""
        return self._log_tail(x, sigma, 1.0)[:, 0].exp()

    def _log_tail(
        self, x: Tensor, sigma: Tensor, side: float | Tensor
    ) -> Float[Tensor, "b 1"]:
        """Return the log of the mass below `x`, or above it where `side` is -1."""
        means, stds = self._components(sigma, x)
        tails = torch.special.log_ndtr(side * (x - means) / stds)
        return (self.mixture.weights.to(x).log() + tails).logsumexp(1, keepdim=True)

    @torch.no_grad()
    def _quantile(
        self, target: Tensor, to: Tensor, side: Tensor
    ) -> Float[Tensor, "b 1"]:
        """Return where the log of the tail's mass is `target`, by bisection.

        A normal tail of mass q is less than sqrt(-2 log q) deviations out.
        """
        means, stds = self._components(to.detach(), target)
        reach = stds * (-2 * target).sqrt()
        low = (side * means - reach).min(1, keepdim=True).values
        high = (side * means).max(1, keepdim=True).values
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            below = self._log_tail(side * middle, to, side) < target
            low, high = low.where(~below, middle), high.where(below, middle)
        return side * (low + high) / 2

    def _components(self, sigma: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and standard deviations of the noisy components, `(b, k)`."""
        variances = self.mixture.covariances[:, 0, 0].to(x) + like(sigma, x) ** 2
        return self.mixture.means[:, 0].to(x), variances.sqrt()


_LOG_HALF = -0.6931471805599453
_HALVINGS = 64
"""Enough to leave nothing of any bracket in float64."""
