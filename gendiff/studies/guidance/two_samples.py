"""Can a network tell a sampler's canvases from noised data?

A two-sample test by classifier: train it on one half of each set, count how often it is
right on the other. If both follow one distribution, it can do no better than guess.

References:
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.data import shuffled
from gendiff.estimate import Estimate, fraction
from gendiff.exact import Gaussian
from gendiff.exact.gaussian import Diagonal
from gendiff.guidance import Given
from gendiff.nets import MLP
from gendiff.studies import digits
from gendiff.studies.running import Running
from gendiff.training import Plan
from gendiff.types import Batch, Denoiser, Step

WIDTH = 128
KNOWN = 2_000
"""Digits of which the law is known."""
SOME = 2_000
"""Canvases at a time."""
Solver = Callable[[Denoiser, Tensor, Sequence[float]], Iterable[Step]]
FAINT = 0.03
"""Noise below which the network need not know how little there is."""
Canvases = Float[Tensor, "level n d"]


@torch.no_grad()
def passed(steps: Iterable[Step], levels: Sequence[float], /) -> Canvases:
    """Return what the canvas is at levels that the sampler's grid has.

    Raises:
        ValueError: If the grid lacks one of them.
    """
    kept = {step.level: step.x.cpu() for step in steps if step.level in levels}
    if missing := set(levels) - set(kept):
        raise ValueError(f"the grid has no level {missing}; put it there")
    return torch.stack([kept[s].flatten(1) for s in levels])


def canvases(
    solver: Solver,
    denoise: Denoiser,
    begin: Float[Tensor, "n d"],
    grid: Sequence[float],
    levels: Sequence[float],
    /,
) -> Canvases:
    """Return the same for many canvases that begin as noise, some at a time."""
    parts = begin.split(SOME)
    return torch.cat([passed(solver(denoise, x, grid), levels) for x in parts], 1)


def noised(
    clean: Float[Tensor, "n d"], levels: Sequence[float], generator: torch.Generator
) -> Canvases:
    """Return data under noise of each level."""
    eps = torch.randn(len(levels), *clean.shape, generator=generator)
    return clean.float() + torch.tensor(levels)[:, None, None] * eps


class Teller(nn.Module):
    """Names the set that a canvas is of.

    It sees the canvas along the principal axes of noised data, each coordinate over its
    standard deviation, and the squares, so that means and variances are easy to tell.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.net = MLP(2 * dim, WIDTH, 1, out=2)

    def forward(
        self, z: Float[Tensor, "b d"], noise: Float[Tensor, " b"], /
    ) -> Float[Tensor, "b 2"]:
        """Return the logits of both sets."""
        return self.net(torch.cat([z, z**2 - 1], 1), noise)


def mistake(
    teller: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of each canvas."""
    del generator
    z, noise, kind = batch
    return functional.cross_entropy(teller(z, noise), kind, reduction="none")


def told_apart(
    run: Running,
    x: Canvases,
    y: Canvases,
    levels: Sequence[float],
    law: Diagonal,
    updates: int,
    /,
) -> list[Estimate]:
    """Return how often a network tells two sets apart, less one half, by level.

    Args:
        run: The run of the page.
        x: One set, at each level.
        y: The other, of the same size.
        levels: The noise of both.
        law: The mean and the covariance of the data, without noise.
        updates: Of the network.
    """
    half = x.shape[1] // 2
    seen = _mixed((x[:, :half], y[:, :half]), levels, law)
    z, noise, kind = _mixed((x[:, half:], y[:, half:]), levels, law)
    teller = run.trained(
        partial(Teller, x.shape[2]),
        mistake,
        shuffled(*seen, size=256),
        Plan(steps=updates, learning_rate=1e-3, weight_decay=0.05),
        label="telling canvases",
    ).cpu()
    right = teller(z, noise).argmax(1) == kind
    hits = right.reshape(2, len(levels), -1).sum((0, 2)).tolist()
    tried = [fraction(hit, len(kind) // len(levels), "canvases") for hit in hits]
    return [replace(each, value=each.value - 0.5) for each in tried]


def of_network(
    run: Running,
    net: nn.Module,
    solver: Solver,
    grid: Sequence[float],
    levels: Sequence[float],
    n: int,
    /,
) -> tuple[Canvases, Canvases, Gaussian]:
    """Return canvases of the network of digits, noised digits, and their law.

    Classes are drawn evenly, as those of the digits are. The law's covariance has a
    little added: corners of an image never change.

    Args:
        run: The run of the page.
        net: The network.
        solver: What draws.
        grid: Its noise levels.
        levels: Those at which canvases are kept.
        n: How many of each.
    """
    labels = torch.randint(digits.CLASSES, (n,), generator=run.generator("named"))
    z = torch.randn((n, 1, digits.SIDE, digits.SIDE), generator=run.generator("drawn"))
    begin = grid[0] * z.to(run.device)
    drawn = passed(solver(Given(net, labels.to(run.device)), begin, grid), levels)
    real = digits.images(run, n, "two samples").images.flatten(1)
    known = digits.images(run, KNOWN, "law").images.flatten(1)
    floor = 1e-3 * torch.eye(known.shape[1])
    law = Gaussian(known.mean(0), known.T.cov() + floor)
    return drawn, noised(real, levels, run.generator("two samples noise")), law


def _mixed(
    sets: tuple[Canvases, Canvases], levels: Sequence[float], law: Diagonal
) -> tuple[Float[Tensor, "b d"], Float[Tensor, " b"], Int[Tensor, " b"]]:
    """Return both sets, one after the other, their noise, and which is which."""
    z = torch.cat([
        law.whiten(part, s) for x in sets for part, s in zip(x, levels, strict=True)
    ])  # fmt: skip
    told = (torch.tensor(levels) + FAINT).log().repeat_interleave(sets[0].shape[1])
    kinds = torch.arange(2).repeat_interleave(len(told))
    return z, told.repeat(2), kinds
