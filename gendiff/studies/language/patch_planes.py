"""What each bit plane of a small picture costs, pixel by pixel from the highest plane.

The same predictor as in `gendiff.studies.typicality.bit_planes`, held to a patch: what
lies outside of it is not told, so that the sum over planes is the code length of the
whole patch. Beside it stand two prices that need no network: of single pixels, by their
histogram, and of a Gaussian with the patches' covariance, octave by octave of noise.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.estimate import Estimate
from gendiff.metrics import jackknife
from gendiff.studies.typicality.bit_planes import REACH, SEEN, seen, surprisal

GREYS = 256
PLANES = range(7, -1, -1)
"""From the one that says light or dark to the one that says odd or even."""
_OUTSIDE = GREYS // 2

Patches = Int[Tensor, "n h w"]


def to_bytes(images: Float[Tensor, "n 1 h w"], /) -> Patches:
    """Return pictures of values in [-1, 1] in greys from 0 to 255."""
    return ((images[:, 0].clamp(-1, 1) + 1) * 127.5).round().long()


def views(patches: Patches, /) -> Int[Tensor, "m 25"]:
    """Return the square of greys around each pixel, patch by patch, row by row.

    What lies outside of a patch is one grey, whatever the patch: it tells nothing.
    """
    around = functional.pad(patches, 4 * (REACH,), value=_OUTSIDE)
    side = 2 * REACH + 1
    return around.unfold(1, side, 1).unfold(2, side, 1).reshape(-1, side * side)


def asked(
    view: Int[Tensor, "m 25"], plane: int, /
) -> tuple[Float[Tensor, "m 26"], Float[Tensor, " m"]]:
    """Return what is known about a bit of each pixel, and the bit."""
    return seen(view, plane), (view[:, (SEEN - 1) // 2] >> plane & 1).float()


@torch.no_grad()
def price(
    net: nn.Module, patches: Patches, plane: int, device: torch.device, /
) -> Float[Tensor, " n"]:
    """Return the nats a pixel that a plane of each patch costs."""
    parts = [
        surprisal(net, tuple(x.to(device) for x in asked(view, plane))).cpu()
        for view in views(patches).split(20_000)
    ]
    return torch.cat(parts).double().reshape(len(patches), -1).mean(1)


def single(patches: Patches, learnt: Patches, /) -> Float[Tensor, " n"]:
    """Return the nats a pixel of each patch by the histogram of other patches.

    Each grey has been seen once more than it was, so that none is impossible.
    """
    counts = torch.bincount(learnt.flatten(), minlength=GREYS).double() + 1
    surprise = -(counts / counts.sum()).log()
    return surprise[patches].flatten(1).mean(1)


def lower(nats: Float[Tensor, "plane n"], /) -> Estimate:
    """Return the fraction of the nats in the lower four of eight planes."""

    def part(index: Int[Tensor, " m"]) -> float:
        chosen = nats[:, index]
        return float(chosen[4:].sum() / chosen.sum())

    return jackknife(part, nats.shape[1], of="patches")


def octave(patches: Patches, plane: int, /) -> float:
    """Return the bits a pixel that a Gaussian of their covariance spends on an octave.

    A grey whose lower `k` planes are open has an error of about `2^k / sqrt(12)`, so a
    plane halves it. A wave of variance `v` costs `log(1 + v / sigma^2) / 2` nats above
    a floor `sigma`; the octave's price is the difference between its two ends, never
    above one bit. (It is also the area under the noise error of the best linear
    denoiser, on an axis of `log2(sigma)`.)
    """
    variances = torch.linalg.eigvalsh(torch.cov(patches.flatten(1).double().T))
    fine = 2.0**plane / math.sqrt(12)
    above, below = (variances.clamp(min=0) / f**2 for f in (2 * fine, fine))
    return float((torch.log1p(below) - torch.log1p(above)).mean()) / (2 * math.log(2))
