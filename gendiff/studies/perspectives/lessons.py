"""What a training shows of its lesson: errors on the way, and norms of gradients.

A denoiser may be taught by clean signals or by the answers of another one: `Answering`.
Both have the same gradient on average, if the teacher is exact; what the clean signals
add is the posterior's variance, which no student can learn.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.levels import Levels
from gendiff.noise import seeded
from gendiff.objectives import Weight
from gendiff.training import Plan, fit, train
from gendiff.types import Batch, Batches, Denoiser, Loss, level, like

Points = Float[Tensor, "n d"]
State = dict[str, Tensor]


@dataclass(frozen=True)
class Answering:
    """The denoising loss, with a teacher's answer in place of the clean signal."""

    levels: Levels
    weight: Weight
    teacher: Denoiser | None = None
    """Without one, the clean signal is the target."""

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the weighted squared error of each sample, a coordinate."""
        (x0,) = batch
        return self.at(model, x0, self.levels(len(x0), generator).to(x0), generator)

    def at(
        self,
        model: Denoiser,
        x0: Float[Tensor, "b *s"],
        sigma: Float[Tensor, " b"],
        generator: torch.Generator,
        /,
    ) -> Float[Tensor, " b"]:
        """Return the same at noise levels that are given."""
        x = x0 + like(sigma, x0) * seeded(generator)(x0)
        with torch.no_grad():
            target = x0 if self.teacher is None else self.teacher(x, sigma)
        error = (model(x, sigma) - target).square().flatten(1).mean(1)
        return self.weight(sigma) * error


@torch.no_grad()
def spread(
    loss: Answering,
    model: Denoiser,
    x0: Points,
    sigmas: Sequence[float],
    generator: torch.Generator,
    /,
    *,
    size: int,
) -> float:
    """Return the variance of the loss between batches, averaged over noise levels."""
    found: list[Tensor] = []
    for sigma in sigmas:
        at = level(sigma).to(x0).expand(len(x0))
        losses = loss.at(model, x0, at, generator)
        found.append(losses.unflatten(0, (-1, size)).mean(1).var())
    return float(torch.stack(found).mean())


def errors(
    build: Callable[[], nn.Module],
    loss: Loss,
    batches: Batches,
    plan: Plan,
    look: Callable[[nn.Module], float],
    every: int,
    /,
) -> tuple[list[float], tuple[State, State]]:
    """Return what was seen after every so many updates, and early weights.

    Looked at are averages of the weights, as they will be used. The weights that come
    back are those of the start and of the middle.
    """
    net = build()
    start = middle = copy.deepcopy(net.state_dict())
    seen: list[float] = []
    for at in fit(net, loss, batches, plan):
        if at.step % every == 0:
            seen.append(look(copy.deepcopy(at.ema).eval()))
        if at.done <= 0.5:
            middle = at.ema.state_dict()
            middle = {name: weight.clone() for name, weight in middle.items()}
    return seen, (start, middle)


def norms(
    build: Callable[[], nn.Module], loss: Loss, batches: Batches, plan: Plan, /
) -> tuple[list[float], State]:
    """Return the gradient's norm at each update, unclipped, and the weights."""
    net = build()
    parameters = [p for p in net.parameters() if p.requires_grad]
    squares: list[float] = []

    def note(gradient: Tensor) -> None:
        squares.append(float(gradient.square().sum()))

    for parameter in parameters:
        parameter.register_hook(note)
    trained = train(net, loss, batches, plan)
    each = torch.tensor(squares).reshape(-1, len(parameters)).sum(1).sqrt()
    return each.tolist(), trained.state_dict()


def arrived(seen: Sequence[float], goal: float, every: int, /) -> float:
    """Return after how many updates an error reached a goal, between two looks.

    Where it never did, all of them, times the last error over the goal; where it had at
    the first look, those until then, times that error over the goal: what is known is
    then no more than that it's longer, or shorter.
    """
    if seen[0] <= goal:
        return every * seen[0] / goal
    for looks, (before, error) in enumerate(pairwise(seen), start=1):
        if error <= goal:
            return every * (looks + (before - goal) / (before - error))
    return every * len(seen) * seen[-1] / goal
