"""Two steps of training, side by side: of hidden tokens, and of noisy vectors.

And what a batch of either says: how much gradients differ between batches.
"""

import copy
import difflib
import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.discrete import joint
from gendiff.discrete.embedded import Posterior
from gendiff.estimate import Estimate
from gendiff.metrics import jackknife
from gendiff.noise import seeded
from gendiff.tokens import embedded
from gendiff.types import Batches, Loss

GROUPS = 10
"""Of batches, by which errors are told."""


def of_hidden_tokens(
    model: nn.Module, tokens: Int[Tensor, "b n"], mask: int
) -> Float[Tensor, ""]:
    """Return BERT's loss, with any fraction of the places hidden."""
    rate = torch.rand(len(tokens), 1)
    hidden = torch.rand(tokens.shape) < rate
    noisy = torch.where(hidden, mask, tokens)
    logits = model(noisy)
    loss = functional.cross_entropy(logits.mT, tokens, reduction="none")
    return loss.where(hidden, 0.0).mean()


def of_noisy_vectors(
    model: nn.Module, tokens: Int[Tensor, "b n"], table: Float[Tensor, "v d"]
) -> Float[Tensor, ""]:
    """Return CDCD's loss, with levels spread evenly in their logarithm."""
    sigma = 0.5 * 120 ** torch.rand(len(tokens), 1)
    noise = torch.randn(*tokens.shape, table.shape[1])
    noisy = table[tokens] + sigma[..., None] * noise
    logits = model(noisy, sigma[:, 0])
    loss = functional.cross_entropy(logits.mT, tokens, reduction="none")
    return loss.mean()


def differing(one: Callable[..., Any], other: Callable[..., Any], /) -> tuple[int, int]:
    """Return how many lines of two functions differ, and of how many in the longer.

    Docstrings and what stands before them don't count.
    """
    a, b = (_body(function) for function in (one, other))
    matched = difflib.SequenceMatcher(a=a, b=b, autojunk=False)
    found = sum(
        max(i2 - i1, j2 - j1)
        for tag, i1, i2, j1, j2 in matched.get_opcodes()
        if tag != "equal"
    )
    return found, max(len(a), len(b))


def two_levels(high: float, n: int, generator: torch.Generator, /) -> float:
    """Return by how much noise of two levels costs more than masks, in nats a letter.

    Places of a chain of three letters have hardly any noise or that of the high level;
    the exact network is asked about the latter, and then about the same places hidden.
    """
    rows = 2 * torch.randn(3, 3, generator=generator, dtype=torch.float64)
    first = torch.full((3,), 1 / 3, dtype=torch.float64)
    chain = joint.chain(first, rows.softmax(1), 4)
    places = torch.randn(3, 2, generator=generator, dtype=torch.float64)
    table = embedded.normalised(places)
    exact = embedded.Interpolation(Posterior(chain, table), table)
    x = chain.sample(n, generator)
    gone = torch.rand(x.shape, generator=generator) < 0.5
    by_masks = -chain.fill(torch.where(gone, 3, x)).gather(-1, x[..., None])[..., 0]
    sigma = torch.where(gone, high, 1e-2).double()
    nats = embedded.surprisal(exact, x, sigma, seeded(generator))
    return float((nats - by_masks)[gone].mean())


@dataclass(frozen=True)
class Gradients:
    """What gradients of batches add up to, in groups of so many batches."""

    totals: Float[Tensor, "group weight"]
    squares: Float[Tensor, " group"]
    """Of their squared lengths."""
    batches: int

    def variance(self, i: Int[Tensor, " m"], /) -> float:
        """Return the variance of a batch's gradient, from some of the groups."""
        n = self.batches * len(i)
        common = float(self.totals[i].sum(0).square().sum()) / n
        return (float(self.squares[i].sum()) - common) / (n - 1)

    def squared_mean(self, i: Int[Tensor, " m"], /) -> float:
        """Return the squared length of the mean gradient, without bias.

        Far fewer batches than their variance over it leave it to chance, even its sign.
        """
        n = self.batches * len(i)
        common = float(self.totals[i].sum(0).square().sum()) / n**2
        return common - self.variance(i) / n


def gradients(
    model: nn.Module, loss: Loss, batches: Batches, generator: torch.Generator, /,
    *, draws: int,
) -> Gradients:  # fmt: skip
    """Return the gradients of so many batches, summed in ten groups.

    Raises:
        ValueError: If there are fewer than two batches a group.
    """
    if draws < 2 * GROUPS:
        raise ValueError(f"{draws} batches are too few; draw {2 * GROUPS} at least")
    free = copy.deepcopy(model).requires_grad_().train()
    weights = [w for w in free.parameters() if w.requires_grad]
    totals = torch.zeros(GROUPS, sum(w.numel() for w in weights), dtype=torch.float64)
    squares = torch.zeros(GROUPS, dtype=torch.float64)
    for i in range(draws // GROUPS * GROUPS):
        mean = loss(free, batches(generator), generator).mean()
        parts = torch.autograd.grad(mean, weights)
        gradient = torch.cat([g.flatten() for g in parts]).double()
        totals[i % GROUPS] += gradient
        squares[i % GROUPS] += gradient.square().sum()
    return Gradients(totals, squares, draws // GROUPS)


def relative_variance(of: Gradients, mean: Gradients | None = None, /) -> Estimate:
    """Return the variance of a batch's gradient over its squared mean.

    Args:
        of: The gradients.
        mean: Others with the same mean, if these would leave it to chance.
    """

    def ratio(i: Int[Tensor, " m"]) -> float:
        return of.variance(i) / (mean or of).squared_mean(i)

    return jackknife(ratio, GROUPS, groups=GROUPS, of="groups of batches")


def over(one: Estimate, other: Estimate, /) -> Estimate:
    """Return the ratio of two that were estimated apart."""
    value = float(one.value / other.value)
    parts = one.error / one.value, other.error / other.value
    return Estimate(value, abs(value) * math.hypot(*parts), one.n, one.of)


def _body(function: Callable[..., Any]) -> Sequence[str]:
    lines = inspect.getsource(function).splitlines()
    begin = next(i for i, line in enumerate(lines) if '"""' in line)
    return lines[begin + 1 :]
