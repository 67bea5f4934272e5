"""Vectors of letters and their squared error: a loss, and a model without memory."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.clocks import COSINE
from gendiff.levels import stratified, uniform
from gendiff.noise import seeded
from gendiff.studies.language.writers import HIGH, LOW
from gendiff.tokens import embedded as vectors
from gendiff.types import Batch


@dataclass(frozen=True)
class Regression:
    """The squared error of vectors, with the cross-entropy that anchors them to tokens.

    Without the second, vectors that are learned would all become one. Levels are those
    of the cosine schedule. `reading` is how often the network reads its own prediction.

    References:
        Li et al. (2022), arXiv:2205.14217, section 4 (vectors that are learned).
        Strudel et al. (2022), arXiv:2211.04236, section 2 (vectors that are given).
    """

    reading: float

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the loss of each text."""
        own, x = vectors.unwrapped(model), batch[0]
        levels = uniform(COSINE, LOW, HIGH)
        sigma = stratified(levels)(len(x), generator)
        z = vectors.noisy(own.table, x, sigma, seeded(generator))
        before = None
        if torch.rand((), generator=generator) < self.reading:
            with torch.no_grad():
                before = own(z, sigma).softmax(-1) @ own.table
        found = model(z, sigma, before=before).softmax(-1) @ own.table
        error = (found - own.table[x]).square().mean(2).sum(1)
        anchor = functional.cross_entropy(
            (found @ own.table.mT).mT, x, reduction="none"
        )
        return (error + anchor.sum(1)) / x.shape[1]


class Forgetful(vectors.Embedded):
    """A model that doesn't read its prediction, in training as in sampling."""

    def forward(
        self,
        z: Float[Tensor, "b n d"],
        sigma: Float[Tensor, "..."],
        label: Int[Tensor, " _"] | None = None,
        /,
        *,
        before: Float[Tensor, "b n d"] | None = None,  # noqa: ARG002
    ) -> Float[Tensor, "b n v"]:
        """Return `log p(x_i = k | z)` but for a constant, whatever was predicted."""
        return super().forward(z, sigma, label)
