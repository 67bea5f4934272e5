"""Log-densities through the probability flow.

The flow is a change of variables: along it `log p` changes by the divergence of the
velocity. With the Gaussian of the data's mean and covariance as a companion, the
divergence splits in two. The Gaussian's part is known in closed form, at the start and
along the way; only the trace of what is not Gaussian is integrated,

    log p_low(x) = log N(z; 0, 1) - sum_i log(l_i + low^2) / 2
                   - integral tr(dr/dx) dsigma / sigma,      r = D - D_gaussian,

where `z` is the whitened state (`gendiff.exact.gaussian`) carried to `high`.
`log_density` takes that trace exactly, by `d` backward passes; `log_density_estimate`
by random probes, for which the Gaussian acts as a control variate. Both return **nats,
of the data plus noise of level `low`**; `bits_per_dim` is the one place where units
change.

References:
    Chen et al. (2018), arXiv:1806.07366, theorem 1. Grathwohl et al. (2019),
    arXiv:1810.01367, eq. 8 (probes). Song et al. (2021), arXiv:2011.13456, eq. 39.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.derivatives import jacobian, pulled
from gendiff.estimate import Estimate
from gendiff.exact.gaussian import Diagonal
from gendiff.solvers.adaptive import State, integrate
from gendiff.types import Denoiser, Noise, demand_signal, level


def log_density(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    /,
    *,
    gaussian: Diagonal,
    low: float,
    high: float = 80.0,
    tolerance: float = 1e-5,
) -> Float[Tensor, " b"]:
    """Return `log p_low(x)` in nats, with the exact trace.

    Costs `d` backward passes an evaluation, for `d` numbers a sample.

    Args:
        denoise: The denoiser, differentiable, each sample on its own.
        x: Points, seen as data plus noise of level `low`.
        gaussian: The data's mean and covariance; `Isotropic(mean, std)` at least.
        low: Noise level of the density that is returned.
        high: Level at which data plus noise pass for that Gaussian; many times the
            data's standard deviation.
        tolerance: Of the adaptive integration.

    Raises:
        ValueError: If not `0 < low < high`, or the integration can't be done, as
            `gendiff.solvers.adaptive.integrate`.
    """

    def trace(residual: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            rows = jacobian(residual(x).flatten(1), x)
            return sum(
                (row.flatten(1)[:, i] for i, row in enumerate(rows)),
                torch.zeros(len(x)).to(x),
            )[:, None]

    return _carry(denoise, x, gaussian, low, high, tolerance, trace, 1)[:, 0]


def log_density_estimate(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    /,
    *,
    gaussian: Diagonal,
    low: float,
    high: float = 80.0,
    tolerance: float = 1e-5,
    probes: int = 8,
    noise: Noise = torch.randn_like,
) -> Estimate:
    """Estimate `log p_low(x)` in nats, with a trace by random probes.

    Each probe, a fixed random sign per number, is followed through the whole flow and
    gives an unbiased estimate of its own; their scatter is the standard error. It is
    zero for Gaussian data, where the companion is the denoiser. Arguments are those of
    `log_density`, and:

    Args:
        denoise: The denoiser.
        x: Points, seen as data plus noise of level `low`.
        gaussian: The data's mean and covariance.
        low: Noise level of the density that is returned.
        high: Level at which data plus noise pass for that Gaussian.
        tolerance: Of the adaptive integration.
        probes: Probes a sample, each one backward pass an evaluation; at least 2.
        noise: Where the probes' signs come from.

    Raises:
        ValueError: If `probes` is below 2, or as `log_density`.
    """
    if probes < 2:
        raise ValueError(f"{probes} probes have no standard error; use at least 2")
    signs = [noise(x).sign() for _ in range(probes)]

    def trace(residual: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            out = residual(x)
            back = [pulled(out, x, sign) for sign in signs]
        pairs = zip(back, signs, strict=True)
        return torch.stack([(p * s).flatten(1).sum(1) for p, s in pairs], 1)

    each = _carry(denoise, x, gaussian, low, high, tolerance, trace, probes)
    # torch warns of the spread of nothing
    spread = each.std(1) if len(x) else each[:, 0]
    return Estimate(each.mean(1), spread / math.sqrt(probes), probes, "probes")


def bits_per_dim(
    nats: Float[Tensor, " b"], /, *, dims: int, bin_width: float
) -> Float[Tensor, " b"]:
    """Convert log-densities to bits per dimension of data in bins of `bin_width`.

    `-(nats / dims + log(bin_width)) / log 2`: a probability is a density times a
    volume. For 8-bit images scaled to [-1, 1] the bin width is 2 / 255; the density
    should then be that of the dequantised data.

    Raises:
        ValueError: If `dims` or `bin_width` is not positive.
    """
    if dims < 1 or not bin_width > 0:
        raise ValueError(f"need dims >= 1 and bin_width > 0; got {dims}, {bin_width}")
    return -(nats / dims + math.log(bin_width)) / math.log(2)


Trace = Callable[[Callable[[Tensor], Tensor], Tensor], Float[Tensor, "b p"]]
"""Takes a function of `x` and `x`; returns (estimates of) its Jacobian's trace."""


def _carry(
    denoise: Denoiser,
    x: Tensor,
    gaussian: Diagonal,
    low: float,
    high: float,
    tolerance: float,
    trace: Trace,
    columns: int,
) -> Float[Tensor, "b p"]:
    """Carry `x` to `high`, integrating the traces on the way."""
    demand_signal(x)
    if not 0 < low < high < math.inf:
        raise ValueError(f"need 0 < low < high < inf; got low={low}, high={high}")

    def slope(sigma: float, state: State) -> State:
        z, at = state[0], level(sigma)
        seen: list[Tensor] = []

        def residual(x: Tensor) -> Tensor:
            x0 = denoise(x, at)
            seen.append(x0.detach())
            return x0 - gaussian(x, at)

        # Of x, not of z: where the Jacobian is symmetric, probes scatter least.
        traces = trace(residual, gaussian.unwhiten(z, sigma))
        return gaussian.velocity(seen[0], z, sigma), -traces / sigma

    # Inference tensors can't take part in the derivatives: none is made in here.
    with torch.inference_mode(mode=False), torch.no_grad():
        start = (gaussian.whiten(x, low), torch.zeros(len(x), columns).to(x))
        ((z, integral),) = integrate(
            slope, start, [low, high], gaussian=gaussian, tolerance=tolerance
        )
        return gaussian.log_density_of_white(z, low)[:, None] + integral
