"""Is an input foreign? What tests of its surprisal are worth, alone and in batches."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.estimate import Estimate
from gendiff.metrics import jackknife
from gendiff.typicality import auroc

Surprisals = Float[Tensor, " n"]


def batches(
    x: Surprisals, size: int, n: int, generator: torch.Generator, /
) -> Float[Tensor, "{n} {size}"]:
    """Draw `n` batches of inputs from one source, and return their surprisals."""
    return x[torch.randint(len(x), (n, size), generator=generator)]


def areas(
    inside: Surprisals, outside: Surprisals, usual: float, /
) -> tuple[float, float]:
    """Return the areas under the curves of surprisal and of its distance to usual."""
    return (
        auroc(inside, outside),
        auroc((inside - usual).abs(), (outside - usual).abs()),
    )


def gained(inside: Surprisals, outside: Surprisals, usual: float, /) -> Estimate:
    """Return the area that distance from the usual gains over the surprisal itself.

    There are as many strangers as inputs, or a whole number of times as many.
    """
    groups = outside.unflatten(0, (len(inside), -1))

    def gain(rows: Int[Tensor, " k"]) -> float:
        low, typical = areas(inside[rows], groups[rows].flatten(), usual)
        return typical - low

    return jackknife(gain, len(inside), of="inputs")
