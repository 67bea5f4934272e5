"""What a sampler hands from step to step besides the canvas, and what that can bring.

A network that is given its own earlier answer is trained with one extra forward pass.
The extra answer says nothing new where the noisy signal holds all that is known of the
clean one: given the later state, an earlier one tells nothing of the data.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.estimate import Estimate
from gendiff.metrics import jackknife
from gendiff.nets.interface import Interface
from gendiff.types import Denoiser, level


class TwoSteps(nn.Module):
    """An interface network run twice, with the gradient through both runs."""

    def __init__(self, net: Interface) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, x: Float[Tensor, "b c *s"], noise: Float[Tensor, " b"], /
    ) -> Float[Tensor, "b c *s"]:
        """Return the second run's output."""
        _, left = self.net.run(x, noise, None, None)
        out, _ = self.net.run(x, noise, None, left)
        return out


class Told(nn.Module):
    """A network of points that is given an earlier answer, or zeros, beside its input.

    Self-conditioning: in half of the updates the answer comes from a first pass without
    a gradient.

    References:
        Chen, Zhang and Hinton (2022), arXiv:2208.04202, section 3.2.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, x: Float[Tensor, "b d"], noise: Float[Tensor, " b"], /
    ) -> Float[Tensor, "b d"]:
        """Return the output, after an extra pass in half of the updates."""
        earlier = torch.zeros_like(x)
        if not self.training or float(torch.rand(())) < 0.5:
            with torch.no_grad():
                earlier = self.net(torch.cat([x, earlier], 1), noise)
        return self.net(torch.cat([x, earlier], 1), noise)


@torch.no_grad()
def explained(
    denoise: Denoiser,
    x0: Float[Tensor, "n d"],
    levels: tuple[float, float],
    generator: torch.Generator,
    /,
) -> Estimate:
    """Return the fraction of a denoiser's error that its earlier answer explains.

    Noise is taken away from the first level to the second, as the process itself would;
    the answer at the first level is compared, linearly, with what the one at the second
    leaves of the error. A perfect denoiser leaves errors that no earlier state knows
    of. Corrected for the number of regressors, so that nothing explained is 0 on
    average.
    """
    high, low = levels
    noise = torch.randn(2, *x0.shape, generator=generator, dtype=x0.dtype)
    x = x0 + low * noise[0]
    earlier = x + (high**2 - low**2) ** 0.5 * noise[1]
    now, before = (
        denoise(x, level(low)).to(x0), denoise(earlier, level(high)).to(x0)
    )  # fmt: skip
    error = x0 - now

    def left(rows: Tensor, *given: Tensor) -> float:
        table = torch.cat(
            [torch.ones(len(rows), 1).to(x0), *(g[rows] for g in given)], 1
        )
        fit = torch.linalg.lstsq(table, error[rows]).solution
        rest = (error[rows] - table @ fit).square().sum()
        return float(rest) / (len(rows) - table.shape[1])

    def fraction(rows: Tensor) -> float:
        part = 1 - left(rows, now, before) / left(rows, now)
        return round(part, 9)  # what solvers leave behind is not the same twice

    return jackknife(fraction, len(x0), groups=16)
