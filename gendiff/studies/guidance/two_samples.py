"""Can a network tell a sampler's canvases from noised data?

A two-sample test by classifier: train it on one half of each set, count how often it is
right on the other. If both follow one distribution, it can do no better than guess.

References:
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests.
"""

from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.data import shuffled
from gendiff.estimate import Estimate, fraction
from gendiff.nets import Classifier
from gendiff.studies import digits
from gendiff.studies.running import Running
from gendiff.training import Plan
from gendiff.types import Batch, like

POWER = 0.25
"""Of a clean digit, about: so much do its pixels vary."""
Canvases = Float[Tensor, "level n 1 h w"]
Levels = Float[Tensor, " level"]


def noised(run: Running, levels: Levels, n: int, purpose: str) -> Canvases:
    """Return fresh digits under noise of each level."""
    clean = digits.images(run, n, purpose).images
    generator = run.generator(f"{purpose} noise")
    eps = torch.randn(len(levels), *clean.shape, generator=generator)
    return clean + levels.float()[:, None, None, None, None] * eps


def told_apart(
    run: Running, x: Canvases, levels: Levels, updates: int, widths: tuple[int, ...]
) -> list[Estimate]:
    """Return how often a network tells canvases from noised digits, by level."""
    n, half = x.shape[1], x.shape[1] // 2
    sets = x, noised(run, levels, n, "two samples")
    seen, unseen = (
        _mixed(sets, levels, part) for part in (slice(None, half), slice(half, None))
    )
    judge = run.trained(
        partial(teller, widths),
        mistake,
        shuffled(*seen, size=64),
        Plan(steps=updates, learning_rate=3e-3, weight_decay=0.05),
        label="telling canvases",
    )
    noisy, noise, kind = (part.split(500) for part in unseen)
    right = torch.cat([
        judge(a.to(run.device), b.to(run.device)).argmax(1).cpu() == c
        for a, b, c in zip(noisy, noise, kind, strict=True)
    ])  # fmt: skip
    hits = right.reshape(2, len(levels), -1).sum((0, 2)).tolist()
    return [fraction(hit, 2 * (n - half), "states") for hit in hits]


def teller(widths: tuple[int, ...]) -> Classifier:
    """Return an untrained network that tells two sets apart, at a given level."""
    return Classifier(1, 2, widths=widths, embedding=32)


def mistake(
    judge: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of each sample."""
    del generator
    x, noise, kind = batch
    return functional.cross_entropy(judge(x, noise), kind, reduction="none")


def prepared(
    x: Canvases, levels: Levels
) -> tuple[Float[Tensor, "b 1 h w"], Float[Tensor, " b"]]:
    """Return canvases of unit power, and what the network is told of their noise."""
    sigma = levels.float()[:, None].expand(x.shape[:2]).flatten()
    return like(POWER + sigma**2, x.flatten(0, 1)) ** -0.5 * x.flatten(
        0, 1
    ), sigma.log()


def _mixed(
    sets: tuple[Canvases, Canvases], levels: Levels, part: slice
) -> tuple[Float[Tensor, "b 1 h w"], Float[Tensor, " b"], Int[Tensor, " b"]]:
    """Return a part of both sets, one after the other, and which is which."""
    (x, noise), (y, again) = (prepared(each[:, part], levels) for each in sets)
    kinds = torch.arange(2).repeat_interleave(len(x))
    return torch.cat([x, y]), torch.cat([noise, again]), kinds
