r"""SUNDAE: tokens rewritten again and again, by a network that has seen its own errors.

A network reads tokens of which some are wrong, with no word on how many, and says what
should stand at every place. Writing with it is repetition: from noise, draw some places
anew from its answers, and again. What it then reads is not noise but its own draws, so
training unrolls one such step, and both answers are judged by the clean sequence:

    corrupted -> logits_1,   drawn from logits_1 -> logits_2,   (CE_1 + CE_2) / 2.

No gradient goes through the drawing. It is no bound on a likelihood, and the repetition
need not end in the distribution of the data, even with the best of networks.

References:
    Savinov et al. (2022), arXiv:2112.06749, section 2.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from gendiff.levels import strata
from gendiff.tokens.decoding import Shape, unchanged
from gendiff.tokens.sampling import categorical, demand_length
from gendiff.tokens.uniform import noise
from gendiff.types import Batch, Step

Rewrite = Callable[[Tensor], Tensor]
"""Maps tokens `(b, n)`, some wrong, to logits `(b, n, v)` of the right ones."""


@dataclass(frozen=True)
class Answers:
    """The loss: the mean cross-entropy over `unrolls` answers, in nats a sequence.

    On batches `(tokens, *given)`; the model is called as `model(noisy, *given)`, once
    an answer.

    Raises:
        ValueError: If `unrolls` is below 1.
    """

    vocabulary: int
    unrolls: int = 2
    """1 is plain denoising."""

    def __post_init__(self) -> None:
        if self.unrolls < 1:
            raise ValueError(f"unrolls is {self.unrolls}; give at least 1")

    def __call__(
        self, model: Callable[..., Tensor], batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the loss of each sequence; rates of corruption are spread evenly."""
        tokens, *given = batch
        rate = strata(len(tokens), generator)
        x = noise(tokens, rate, self.vocabulary, generator)
        total = tokens.new_zeros(len(tokens)).float()
        for unroll in range(self.unrolls):
            logits = model(x, *given)
            errors = functional.cross_entropy(logits.mT, tokens, reduction="none")
            total = total + errors.sum(1)
            if unroll + 1 < self.unrolls:
                x = categorical(logits.detach(), generator)
        return total / self.unrolls


@torch.no_grad()
def resample(
    rewrite: Rewrite,
    x: Int[Tensor, "b n"],
    steps: int,
    generator: torch.Generator,
    /,
    *,
    fraction: float,
    shape: Shape = unchanged,
) -> Iterator[Step]:
    """Draw each place anew with probability `fraction`, `steps` times; yield each.

    `x` is noise to begin with, or a draft. `shape` changes the logits before tokens are
    drawn, see `gendiff.tokens.decoding`; the paper lowers the temperature. The level of
    a step is the fraction of steps that are left.

    Raises:
        ValueError: If there is no step, or `fraction` is not in (0, 1].
    """
    demand_length(steps)
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction is {fraction}; give a number in (0, 1]")
    for j in range(steps):
        logits = shape(rewrite(x).flatten(0, 1))
        drawn = categorical(logits, generator).reshape(x.shape).to(x)
        again = torch.rand(x.shape, generator=generator) < fraction
        x = torch.where(again.to(x.device), drawn, x)
        yield Step(x, logits.reshape(*x.shape, -1), 1 - (j + 1) / steps)
