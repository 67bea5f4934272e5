"""One field of velocities, trained as a diffusion model and as a flow by likelihood.

The network, what it means and how it is sampled are the same: `dx/dt = v(x, t)`, from
data at `t = 0` to latents at `t = 1`. Likelihood needs the whole path of every point
for one gradient. The score, here in the coordinates of flow matching, needs one call.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.data import shuffled
from gendiff.families.cnf import Solve, point_cnf
from gendiff.families.flow import Flow
from gendiff.noise import seeded
from gendiff.studies.perspectives.update_price import Clock
from gendiff.training import Accelerator, Plan, fit
from gendiff.training.ema import Power
from gendiff.types import Batch, Batches, Loss


def on_straight_paths(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the squared error of a flow's velocity on paths from data to noise.

    The velocity `E[eps - x0 | x]` is the score in other units: with `x = (1 - t) x0 +
    t eps` it is `-(x + t score) / (1 - t)`.

    References:
        Lipman et al. (2023), arXiv:2210.02747, equation 9 with the straight path.
    """
    x0 = batch[0]
    t = torch.rand(len(x0), generator=generator).to(x0)
    eps = seeded(generator)(x0)
    x = torch.lerp(x0, eps, t[:, None])
    (layer,) = cast("Flow", model).layers
    velocity = cast("nn.Module", layer.net)(x, t)
    return (velocity - (eps - x0)).square().mean(1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a training got near enough to the data."""

    arrived: bool
    spent: float
    """Units of the clock until then, or until it was given up."""
    times: list[float]
    distances: list[float]
    """From the data, at each look."""


def arrival(
    flow: Flow,
    loss: Loss,
    batches: Batches,
    plan: Plan,
    /,
    *,
    far: Callable[[Flow], float],
    goal: float,
    every: int,
    clock: Clock,
) -> Arrival:
    """Train until the averaged network's samples are as near as the goal.

    Only updates count, not the looks in between.

    Args:
        flow: What is trained.
        loss: Of each sample.
        batches: Draws a batch.
        plan: How long at most, and how fast.
        far: Returns the distance of a flow's samples from the data.
        goal: The distance to fall below.
        every: Updates between looks.
        clock: Where times come from.
    """
    spent, times, distances = 0.0, [], []
    start = clock()
    # The iterator ends with this call, and gives the global generator back.
    for now in fit(flow, loss, batches, plan, accelerator=Accelerator(cpu=True)):
        spent += clock() - start
        if now.step % every == 0:
            times.append(spent)
            distances.append(far(cast("Flow", now.ema)))
            if distances[-1] < goal:
                break
        start = clock()
    near = bool(distances) and distances[-1] < goal
    return Arrival(near, spent, times, distances)


@dataclass(frozen=True)
class Contestant:
    """A way to train the field, with its own rate."""

    solve: Solve
    loss: Loss
    updates: int
    """At most."""
    rate: float

    def race(
        self,
        points: Float[Tensor, "n 2"],
        number: int,
        /,
        *,
        far: Callable[[Flow], float],
        goal: float,
        looks: int,
        clock: Callable[[], AbstractContextManager[Clock]],
    ) -> Arrival:
        """Train a fresh field of that number until it arrives: see `arrival`."""
        plan = Plan(
            steps=self.updates, learning_rate=self.rate, average=Power(0.1), seed=number
        )
        torch.manual_seed(number)
        flow, batches = point_cnf(2, solve=self.solve), shuffled(points, size=256)
        every = max(1, self.updates // looks)
        with clock() as now:
            return arrival(
                flow, self.loss, batches, plan, far=far, goal=goal, every=every,
                clock=now,
            )  # fmt: skip
