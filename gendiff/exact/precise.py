"""Products that keep the precision of their factors, whatever autocast is on.

Inside `torch.autocast` a matrix product is rounded to 8 or 11 bits. A network can bear
that; an exact denoiser, or the basis that a solver works in, would be exact no more.
Eigenvectors are kept from the first call on, so that this call must leave no trace of
the mode it was made in: neither of autocast, nor of `torch.inference_mode`.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def einsum(equation: str, /, *factors: Tensor) -> Tensor:
    """Return `torch.einsum` of the factors, in their own precision."""
    with torch.autocast(factors[0].device.type, enabled=False):
        return torch.einsum(equation, *factors)


def product(a: Float[Tensor, "n d"], b: Float[Tensor, "d m"], /) -> Tensor:
    """Return the matrix product, in the precision of its factors."""
    with torch.autocast(a.device.type, enabled=False):
        return a @ b


def principal_axes(
    covariance: Float[Tensor, "*k d d"], /
) -> tuple[Float[Tensor, "*k d"], Float[Tensor, "*k d d"]]:
    """Return the eigenvalues, ascending, and the eigenvectors as columns.

    Computed in float64 and returned in the dtype of `covariance`, as constants.
    """
    with (
        torch.inference_mode(mode=False),
        torch.no_grad(),
        torch.autocast(covariance.device.type, enabled=False),
    ):
        variances, basis = torch.linalg.eigh(covariance.double())
        return variances.to(covariance), basis.to(covariance)
