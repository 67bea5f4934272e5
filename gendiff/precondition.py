"""Networks that see noisy signals, as denoisers and as classifiers.

A network is called with an input of unit variance and `log(sigma / data_std) / 4`, in
float32, whatever the noise level. Here is the only place where a prediction target is
named.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.frames import ANGLE, Frame
from gendiff.types import like


class Preconditioned(nn.Module):
    """A network that predicts the velocity of `frame`, used as a denoiser.

    The network is called as `net(unit, noise, *given)`. Everything is measured in units
    of the data, so `frame` is that of unit-variance data and `data_std` has this one
    owner. A state in float64 reaches a float32 network rounded; all else is done in
    float64.

    References:
        Karras et al. (2022), arXiv:2206.00364, section 5 and table 1: `ANGLE` gives its
        `c_skip` and `c_out` (the latter up to sign).
    """

    def __init__(
        self, net: nn.Module, *, data_std: float, frame: Frame = ANGLE
    ) -> None:
        super().__init__()
        if not (data_std > 0 and math.isfinite(data_std)):
            raise ValueError(f"data_std is {data_std}; measure it on the data")
        self.net = net
        self.data_std = data_std
        self.frame = frame

    def forward(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /, *given: Tensor
    ) -> Float[Tensor, "b *s"]:
        """Return `E[x0 | x]`; `given` (labels, say) reaches the network unchanged."""
        skip, out = self.frame.skip_out(like(sigma, x) / self.data_std)
        unit, noise = _unit(x, sigma, self.data_std)
        target = self.net(as_weights(unit, self.net), noise, *given).to(x.dtype)
        return skip * x + out * self.data_std * target


class NoisyClassifier(nn.Module):
    """A network as a classifier of noisy signals: `(x, sigma) -> logits`.

    The network is called as `net(unit, noise)`.
    """

    def __init__(self, net: nn.Module, *, data_std: float) -> None:
        super().__init__()
        if not (data_std > 0 and math.isfinite(data_std)):
            raise ValueError(f"data_std is {data_std}; measure it on the data")
        self.net = net
        self.data_std = data_std

    def forward(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b k"]:
        """Return the logits of each class."""
        unit, noise = _unit(x, sigma, self.data_std)
        return self.net(as_weights(unit, self.net), noise)


def as_weights(x: Float[Tensor, "b *s"], net: nn.Module, /) -> Float[Tensor, "b *s"]:
    """Return a signal in the dtype of the network's weights, if one is float64.

    A solver may well work in float64 while its network doesn't. Other dtypes are left
    alone: autocast, or the network itself, may have its own way with them.
    """
    weight = next(net.parameters(), None)
    if weight is None or not weight.is_floating_point():
        return x
    return x.to(weight.dtype) if torch.float64 in {x.dtype, weight.dtype} else x


def _unit(
    x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], data_std: float
) -> tuple[Float[Tensor, "b *s"], Float[Tensor, " b"]]:
    """Return the input of unit variance, and the number that stands for its level."""
    # A level of exactly 0 has no logarithm; far below any real one it is harmless.
    tiny = torch.finfo(torch.float32).tiny
    ratio = like(sigma, x) / data_std
    noise = ratio.float().clamp(min=tiny).log().flatten().expand(len(x)) / 4
    return x / data_std * torch.rsqrt(1 + ratio**2), noise
