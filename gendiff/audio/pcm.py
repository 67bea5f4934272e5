"""Amplitudes as integers: logarithmic quantisation, known from the telephone.

Ears hear ratios, and most samples of most sounds are small. The mu-law spends its
levels accordingly: it compands, `f(x) = sign(x) log(1 + mu |x|) / log(1 + mu)`, and
rounds evenly after that, so the error is in proportion to the amplitude. With 256
levels, `mu = 255`, the noise lies about 38 dB below the sound, however loud it is.

References:
    ITU-T (1988), recommendation G.711, Pulse code modulation of voice frequencies.
    van den Oord et al. (2016), arXiv:1609.03499, section 2.2.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor


def compand(x: Float[Tensor, "*s"], /, *, levels: int = 256) -> Float[Tensor, "*s"]:
    """Return `sign(x) log(1 + mu |x|) / log(1 + mu)`, with `mu = levels - 1`."""
    mu = levels - 1
    return x.sign() * torch.log1p(mu * x.abs()) / math.log1p(mu)


def expand(y: Float[Tensor, "*s"], /, *, levels: int = 256) -> Float[Tensor, "*s"]:
    """Undo `compand`: `sign(y) ((1 + mu)^|y| - 1) / mu`."""
    mu = levels - 1
    return y.sign() * torch.expm1(y.abs() * math.log1p(mu)) / mu


def mu_law(x: Float[Tensor, "*s"], /, *, levels: int = 256) -> Int[Tensor, "*s"]:
    """Return the codes of amplitudes in [-1, 1], from 0 to `levels - 1`.

    Silence lies between the two middle codes and is rounded to the upper one.

    Raises:
        ValueError: If `levels` is below 2 or an amplitude lies outside [-1, 1].
    """
    _check(levels)
    loudest = float(x.abs().max()) if x.numel() else 0.0
    if not loudest <= 1:
        raise ValueError(f"an amplitude of {loudest:.3g}; scale the sound to [-1, 1]")
    return torch.floor((compand(x, levels=levels) + 1) / 2 * (levels - 1) + 0.5).long()


def mu_law_inverse(
    codes: Int[Tensor, "*s"], /, *, levels: int = 256
) -> Float[Tensor, "*s"]:
    """Return the amplitudes that codes stand for.

    Raises:
        ValueError: If `levels` is below 2.
    """
    _check(levels)
    # Rounding may put the outermost codes a hair outside.
    return expand(companded(codes, levels=levels), levels=levels).clamp(-1, 1)


def companded(codes: Int[Tensor, "*s"], /, *, levels: int = 256) -> Float[Tensor, "*s"]:
    """Return codes as even steps from -1 to 1: what a network should see of them."""
    return 2 * codes.to(torch.get_default_dtype()) / (levels - 1) - 1


def _check(levels: int) -> None:
    if levels < 2:
        raise ValueError(f"{levels} levels cannot tell anything apart; give 2 or more")
