r"""Resonators that noise keeps ringing: sounds of which the next sample is known.

    x_t = 2 r cos(w) x_{t-1} - r^2 x_{t-2} + e_t,

with Gaussian `e_t`, so the next sample is Gaussian about the sum of the first two
terms. Its most probable value leaves out the noise, and the resonator rings off; the
most probable code, though, may be loud where codes of loud amplitudes are wide.

References:
    Brockwell and Davis (1991), Time series: theory and methods, section 3.1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.studies.typicality.amplitude_codes import Coding

RATE = 8_000
"""Samples a second."""
START = (0.1, -0.05)
"""Two samples that greedy decoding goes on from."""


@dataclass(frozen=True)
class Resonator:
    """What a resonator makes of its last two samples: `a x_{t-1} + b x_{t-2}`."""

    a: float
    b: float

    def driven(
        self, e: Float[Tensor, " n"], state: Sequence[float] = (0.0, 0.0), /
    ) -> Float[Tensor, " n"]:
        """Return its sound, driven by `e`, after two samples of a past."""
        out = [*state]
        for push in e.tolist():
            out.append(self.a * out[-1] + self.b * out[-2] + push)
        return torch.tensor(out[2:], dtype=torch.float64)

    def strength(self) -> float:
        """Return the root mean square of its sound under noise of variance one."""
        impulse = torch.zeros(RATE // 2, dtype=torch.float64)
        impulse[0] = 1
        return float(self.driven(impulse).square().sum().sqrt())

    def greedy(
        self, coding: Coding, scale: float, /, *, samples: int
    ) -> Float[Tensor, " n"]:
        """Go on by the most probable code, with noise of so large a scale."""
        out = [*START]
        for _ in range(samples):
            expected = self.a * out[-1] + self.b * out[-2]
            out.append(coding.likeliest(expected, scale))
        return torch.tensor(out[2:], dtype=torch.float64)


def resonator(hertz: float, ring: float, /) -> Resonator:
    """Return the resonator at a frequency; the nearer `ring` is to 1, the longer."""
    turn = 2 * math.pi * hertz / RATE
    return Resonator(2 * ring * math.cos(turn), -(ring**2))


def rms(x: Float[Tensor, "*b n"], /) -> Float[Tensor, "*b"]:
    """Return the root mean square about the mean of every sound."""
    return x.double().std(-1, correction=0)


def at_the_end(x: Float[Tensor, "*b n"], fraction: float, /) -> Float[Tensor, "*b"]:
    """Return that of the last part of every sound."""
    return rms(x[..., -int(fraction * x.shape[-1]) :])


HUM = resonator(150.0, 0.99)
NOISE = resonator(2_960.0, 0.7)
"""Wide: driven by nearly as much noise as it gives off."""
