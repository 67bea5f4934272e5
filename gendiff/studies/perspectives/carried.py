"""What a sampler hands from step to step besides the canvas, and what that can bring.

A network that is given its own earlier answer is trained with one extra forward pass.
The extra answer says nothing new where the noisy signal holds all that is known of the
clean one: given the later state, an earlier one tells nothing of the data.
"""

from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.data import shuffled
from gendiff.estimate import Estimate, mean
from gendiff.exact import Isotropic
from gendiff.levels import log_normal
from gendiff.metrics import energy_distance, jackknife
from gendiff.nets.interface import Interface
from gendiff.objectives import Objective, edm_weight
from gendiff.precondition import Preconditioned
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.studies.running import Running
from gendiff.training import Exponential, Plan
from gendiff.types import Denoiser, level

STD = 0.5
TASK = Objective(log_normal(-0.7, 1.0), edm_weight(STD))
"""What interface networks of digits learn."""
Digits = Float[Tensor, "n 1 8 8"]


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


def interface(width: int, carry: float, /) -> Preconditioned:
    """Return a fresh denoiser of digits with eight latents that may be carried."""
    net = Interface(
        1, (8, 8), patch=2, width=width, latents=8, latent_width=width, blocks=2,
        depth=1, carry=carry,
    )  # fmt: skip
    return Preconditioned(net, data_std=STD)


def two_steps(model: Preconditioned, /) -> Preconditioned:
    """Return a denoiser that runs an interface network twice, with one gradient.

    Raises:
        TypeError: If its network is another one.
    """
    net = model.net
    if not isinstance(net, Interface):
        raise TypeError(f"{type(net).__name__} is no interface network")
    return Preconditioned(TwoSteps(net), data_std=STD)


@dataclass(frozen=True)
class Carried:
    """What a network of digits that was trained with a carried state reaches."""

    loss: Estimate
    """On held-out digits, its state from an extra pass."""
    distance: float
    """Of its samples from digits, the state carried from step to step."""


def learnt(
    run: Running,
    digits: Digits,
    held: Digits,
    fresh: Digits,
    carry: float,
    /,
    *,
    width: int,
    updates: int,
    samples: int,
) -> Carried:
    """Train a network that carries its latents in so many of its updates, and test it.

    Args:
        run: Of the page.
        digits: To learn from.
        held: For the loss.
        fresh: For the distance of samples.
        carry: The fraction of updates with an extra pass; without any, none in tests.
        width: Of the network.
        updates: How many.
        samples: How many are drawn.
    """
    plan = Plan(steps=updates, learning_rate=5e-3, average=Exponential(0.99))
    model = run.trained(
        partial(interface, width, carry),
        TASK,
        shuffled(digits, size=64),
        plan,
        label=f"interface, carry {carry}",
    ).cpu().eval()  # fmt: skip
    start = torch.randn(samples, 1, 8, 8, generator=run.generator("digit latents"))
    flat = Isotropic(torch.zeros((), dtype=torch.float64), STD)
    draw = partial(sample, model, start, gaussian=flat, evaluations=20)
    if not carry:
        return Carried(_loss(run, model, held), _apart(last(draw()), fresh))
    two = two_steps(model).eval()
    with cast("TwoSteps", two.net).net.carrying():
        drawn = last(draw())
    return Carried(_loss(run, two, held), _apart(drawn, fresh))


def _loss(run: Running, model: Preconditioned, held: Digits) -> Estimate:
    rows = held.repeat(8, 1, 1, 1)
    with torch.no_grad():
        return mean(TASK(model, (rows,), run.generator("held levels")), "levels")


def _apart(drawn: Digits, fresh: Digits) -> float:
    return energy_distance(drawn.flatten(1), fresh.float().flatten(1))
