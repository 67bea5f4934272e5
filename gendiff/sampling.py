"""The default sampler: what to use when nothing else is known to be better.

`sample` turns white noise into data with a given number of evaluations. It is made of
the pieces of this library, and each was chosen for a reason that can be checked:

- **Coordinates in which the data's Gaussian stands still.** Along the probability flow
  of a Gaussian, `z = (x - mean) / sqrt(variance + sigma^2)` is constant, direction by
  direction (`gendiff.exact.gaussian`). Integrating `dz/dphi`, with the angle `phi` of
  the noise, a step is as long as the data are far from Gaussian, and Gaussian data are
  exact at any number of evaluations.
- **Infinite noise, for free.** There every distribution is Gaussian and `dz/dphi = 0`
  is known: the first velocity costs no evaluation. The largest noise level is the same
  for all data, `HIGH`, ten thousand times their spread, and stands for infinity.
- **One unit.** `tau` is the noise level in units of the data: of the root of the root
  mean square of their variances, in all directions. It lies between the spread of a
  coordinate and that of the widest direction, where data of many scales have theirs;
  `Isotropic.measured` finds it without the directions.
- **One clock for spacing and interpolation**, `u = sqrt(tau / (tau + 2))`: uniform in
  `1 / tau` far out, where trajectories straighten, square-root near 0, so that the
  last level falls like `1 / evaluations^2` and more steps reach finer detail; in
  between, half of the steps lie below two thirds of the data's own spread.
- **Order 3 with the corrector** (`gendiff.solvers.adams`), at one evaluation a step,
  and weights that follow points and Gaussians of every width in wide steps too
  (`gendiff.solvers.fitted`).

The exponents, the 2 and the ridge of the fit were chosen once, over some dozens of
alternatives on half of the exact mixtures of `tests/benchmarks`; the optimum is flat.

References:
    Karras et al. (2022), arXiv:2206.00364, section 3 (spacing as a choice of its own).
    Zhao et al. (2023), arXiv:2302.04867, algorithms 1 and 2.
"""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor

from gendiff.clocks import Clock
from gendiff.exact.gaussian import Diagonal
from gendiff.solvers.adams import advance
from gendiff.solvers.fitted import fitted
from gendiff.types import Denoiser, Step, demand_signal, level

HIGH = 1e4
"""Noise level, in units of the data, that stands for infinity."""


def _time(tau: Tensor) -> Tensor:
    return (tau / (tau + 2)).sqrt()


def _level(time: Tensor) -> Tensor:
    return 2 * time**2 / (1 - time**2)


def _rate(tau: Tensor) -> Tensor:
    return tau**-0.5 * (tau + 2) ** -1.5


CLOCK = Clock(_time, _level, _rate)
"""`sqrt(tau / (tau + 2))`, from 0 without noise to 1 at infinite noise."""


def grid(evaluations: int, /) -> list[float]:
    """Return levels in units of the data, even in `CLOCK`, from `HIGH` to 0.

    One interval more than `evaluations`: the first velocity is known.

    Raises:
        ValueError: If `evaluations` is below 1.
    """
    if evaluations < 1:
        raise ValueError(f"evaluations is {evaluations}; give at least 1")
    return [HIGH, *CLOCK.spaced(1.0, 0.0, evaluations + 2)[1:]]


def unit(gaussian: Diagonal, /) -> float:
    """Return the noise level that counts as 1: the root of the r.m.s. variance.

    Raises:
        ValueError: If the Gaussian has no variance.
    """
    found = float(gaussian.variances.square().mean()) ** 0.25
    if not found > 0:
        raise ValueError(f"the Gaussian's spread is {found}; give that of the data")
    return found


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

        x = last(sample(denoise, noise, gaussian=Isotropic.measured(data)))

    Gradients are the caller's: `last` switches them off.

    Args:
        denoise: The denoiser.
        noise: Standard normal, of the shape of the data.
        gaussian: What is known of the data: `Isotropic.measured(data)` at least. A
            rough spread costs accuracy only; the mean is what the free step heads for,
            and a wrong one costs orders of convergence. With the covariance
            (`Gaussian`) or the spectrum (`Field`) errors can fall further.
        evaluations: How often to call `denoise`. 20 suffices for most; 5 gives a draft.

    Raises:
        ValueError: If `evaluations` is below 1, the noise holds whole numbers, or the
            Gaussian has no variance.
    """
    taus = grid(evaluations)
    demand_signal(noise, name="the noise")
    one = unit(gaussian)
    sigmas = [tau * one for tau in taus]
    steps = fitted(tuple(taus), CLOCK)

    z = gaussian.rotate(noise).clone()  # white at every level
    x0 = gaussian(gaussian.unwhiten(z, sigmas[0]), level(sigmas[0]))
    x = gaussian.unwhiten(z, sigmas[1])
    yield Step(x, x0, sigmas[1])  # at infinite noise nothing moves
    past: deque[Tensor] = deque(maxlen=max(map(len, steps)))
    for tau, (sigma, sigma_next), weights in zip(
        taus[1:-1], pairwise(sigmas[1:]), steps, strict=True
    ):
        x0 = denoise(x, level(sigma))
        # dz/dphi, as dsigma/dphi is one unit times 1 + tau^2
        past.appendleft(gaussian.velocity(x0, z, sigma).mul_(one * (1 + tau**2)))
        advance(z, weights, past)
        x = gaussian.unwhiten(z, sigma_next)
        yield Step(x, x0, sigma_next)
