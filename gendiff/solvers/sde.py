"""Reverse-time SDE with exact Gaussian increments.

The reverse of `x = x0 + sigma eps` is the SDE whose drift is twice that of the
probability flow and whose noise makes up for it. With `v = sigma^2` and the denoiser of
a Gaussian, direction by direction of variance `l`, its transition is known:

    x_next - mean = K (x - mean) + N(0, (l + v_next) (v - v_next) / (l + v)),
    K = (l + v_next) / (l + v).

Any other denoiser differs from that one by `r = D - D_gaussian`. Written as a clean
signal, `q = (l + v) / v * r`, it enters the same transition as a shift of the mean,

    x_next - mean = K (x - mean) + (1 - K) q + noise,

exact while `q` stands still: a step is as long as the data are far from Gaussian, not
as long as the noise is strong. With `l = 0` (no Gaussian given) `q` is the denoised
signal itself and the step is ancestral sampling, DDPM. Order 2 lets `q` move on a line
in `log(l + v)` through its last two values: SDE-DPM-Solver++(2M) for `l = 0`, with the
line integrated where the paper takes its midpoint; the two agree to second order.

References:
    Anderson (1982), Stochastic Processes and their Applications 12 (the reversal).
    Ho et al. (2020), arXiv:2006.11239, eqs. 6 and 7. Lu et al. (2022),
    arXiv:2211.01095, appendix A. Gonzalez et al. (2023), arXiv:2305.14267, eq. 10.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact.gaussian import Diagonal
from gendiff.grids import demand_grid
from gendiff.types import Denoiser, Noise, Step, demand_signal, level


def ancestral(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    order: int = 1,
    gaussian: Diagonal | None = None,
    noise: Noise = torch.randn_like,
) -> Iterator[Step]:
    """Integrate the reverse SDE, exactly for the data that `gaussian` describes.

    Args:
        denoise: The denoiser, evaluated once a step.
        x: State at `grid[0]`.
        grid: Decreasing noise levels.
        order: 1, or 2 to extrapolate the non-Gaussian part linearly.
        gaussian: What is known of the data: their mean and covariance in a basis.
        noise: Where the increments come from.

    Raises:
        ValueError: If `order` is not 1 or 2, the grid does not decrease, or `x` holds
            whole numbers.
    """
    demand_grid(grid)
    if order not in (1, 2):
        raise ValueError(
            f"order is {order}; the reverse SDE is implemented for 1 and 2"
        )
    demand_signal(x)
    # Coefficients are float64 on the host: `bend` is the difference of nearly equal
    # numbers, of which float32 leaves nothing where steps are small.
    variances = torch.zeros((), dtype=torch.float64)
    if gaussian is not None:
        variances = gaussian.variances.cpu().double()
    before: tuple[Tensor, Tensor] | None = None
    for sigma, sigma_next in pairwise(grid):
        x0 = denoise(x, level(sigma)).to(x.dtype)
        now = variances + sigma**2
        keep, lost = (
            (variances + sigma_next**2) / now,
            (sigma**2 - sigma_next**2) / now,
        )
        z, clean = x, x0
        if gaussian is not None:
            z, clean = gaussian.coefficients(x), gaussian.coefficients(x0)
        q = clean + (variances / sigma**2).to(x) * (clean - z)
        z = keep.to(x) * z + lost.to(x) * q
        step = -torch.log1p(-lost)  # of log(l + v)
        if order > 1 and before is not None and sigma_next > 0:
            bend = (step - lost) / before[1]
            z = z + bend.to(x) * (q - before[0])
        before = (q, step)
        if sigma_next > 0 or gaussian is not None:
            spread = (keep * (sigma**2 - sigma_next**2)).sqrt()
            z = z + spread.to(x) * noise(z)
        x = z if gaussian is None else gaussian.signal(z)
        yield Step(x, x0, sigma_next)
