"""Patches of photographs, and what they look like: spectrum and edges, in numbers."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d

from gendiff.data.photographs import Photograph
from gendiff.metrics import frequencies, windowed


def apart(
    photographs: Sequence[Photograph], /, *, size: int, shrink: int
) -> tuple[Float[Tensor, "n 1 {size} {size}"], Float[Tensor, "m 1 {size} {size}"]]:
    """Return patches of the left three quarters, and of the right one.

    All that fit, two pixels apart; no pixel is on both sides. They are standardised
    together, by the first.
    """
    sides: tuple[list[Tensor], list[Tensor]] = ([], [])
    for photograph in photographs:
        grey = avg_pool2d(photograph.grey(), shrink)
        border = 3 * grey.shape[-1] // 4
        for side, part in zip(
            sides, (grey[..., :border], grey[..., border:]), strict=True
        ):
            tiles = part.unfold(1, size, 2).unfold(2, size, 2)
            side.append(tiles.reshape(-1, 1, size, size))
    left, right = (torch.cat(side) for side in sides)
    mean, std = left.mean(), left.std()
    return (left - mean) / std, (right - mean) / std


def features(x: Float[Tensor, "n 1 s s"], /) -> Float[Tensor, "n k"]:
    """Return the log power of each ring, and how strong and how rare edges are."""
    ring = frequencies(*x.shape[-2:]).round().long()
    power = torch.fft.fft2(windowed(x.double())).abs().square()[:, 0]
    spectrum = [
        (power[:, ring == k].mean(1) + 1e-4).log() for k in range(1, x.shape[-1] // 2)
    ]
    edges: list[Tensor] = []
    for axis in (-2, -1):
        jump = x.double().diff(dim=axis).abs().flatten(1)
        edges += [(jump.mean(1) + 1e-3).log(), (jump.amax(1) + 1e-3).log()]
    return torch.stack([*spectrum, *edges], dim=1)


def standard(
    x: Float[Tensor, "n k"], real: Float[Tensor, "m k"], /
) -> Float[Tensor, "n k"]:
    """Return features in standard deviations of the real ones."""
    return (x - real.mean(0)) / real.std(0)
