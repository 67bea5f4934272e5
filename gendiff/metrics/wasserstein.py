"""Wasserstein distance: how far mass must travel to turn one sample into another.

In one dimension the best plan matches equal ranks, so with quantile functions `Q`

    W2(x, y) ** 2 = integral over p in [0, 1] of (Qx(p) - Qy(p)) ** 2.

In more dimensions the sliced distance averages that over random directions.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def wasserstein(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"], /) -> Tensor:
    """Return the exact W2 distance between samples, one for each coordinate.

    The samples may have different sizes.
    """
    n, m = len(x), len(y)
    # The quantile functions jump at multiples of 1/n and of 1/m. In units of 1/(n m)
    # these are whole numbers, and no two that are equal are held apart by rounding.
    jumps = torch.cat([m * torch.arange(1, n + 1), n * torch.arange(1, m + 1)])
    ends = jumps.unique()
    share = ends.diff(prepend=ends.new_zeros(1)).double() / (n * m)
    quantiles_x = x.double().sort(dim=0).values[(ends - 1) // m]
    quantiles_y = y.double().sort(dim=0).values[(ends - 1) // n]
    square = (quantiles_x - quantiles_y).square()
    return (share.to(square)[:, None] * square).sum(dim=0).sqrt()


def sliced_wasserstein(
    x: Float[Tensor, "n *s"],
    y: Float[Tensor, "m *s"],
    /,
    *,
    projections: int = 128,
    generator: torch.Generator,
) -> float:
    """Return the root mean square of W2 over random directions.

    Nothing is multiplied by the dimension: a shift by the vector `v` in d dimensions
    has a sliced distance near `|v| / sqrt(d)`.

    References:
        Rabin et al. (2011), Wasserstein barycenter and its application to texture
        mixing, equation 3.
    """
    x, y = x.flatten(1).double(), y.flatten(1).double()
    shape = (x.shape[1], projections)
    directions = torch.randn(shape, generator=generator, dtype=torch.float64).to(x)
    directions = directions / directions.norm(dim=0)
    distances = wasserstein(x @ directions, y @ directions)
    return distances.square().mean().sqrt().item()
