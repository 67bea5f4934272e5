r"""Jumps of tokens in steps of equal length, run on a whole distribution.

The rates are exact, so that all error is that of holding them still for a step. A
corrector mixes in jumps forward and as many more back, which would change nothing if
steps were short: `Reversal`, with a strength that is greatest half-way and vanishes at
both ends. Jumps that ignore the rates are its control: as many are mixed in, but those
back write any token, each as likely as any other.

References:
    Gat et al. (2024), arXiv:2407.15595, section 3.3 and equation 24 (corrector).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.discrete import Joint, joint, noisy
from gendiff.studies.language.table_noise import END, advance, even, states
from gendiff.tokens import corruption
from gendiff.tokens.jumps import Rates, Reversal, kernels, leap
from gendiff.types import level


def strength(most: float, calls: int, /) -> Callable[[Tensor], Tensor]:
    """Return a corrector's strength at masking rate `r`, `4 most r (1 - r)`.

    Nothing in the last of the steps: what it corrupts would stay so.
    """

    def churn(rate: Float[Tensor, "*_"]) -> Float[Tensor, "*_"]:
        return torch.where(rate > 1.5 / calls, 4 * most * rate * (1 - rate), 0.0)

    return churn


def reversal(truth: Joint, generator: Float[Tensor, "w w"], /) -> Reversal:
    """Return the exact rates of the jumps from noise to data."""

    def guess(
        x: Int[Tensor, "b n"], rate: Float[Tensor, "*_"]
    ) -> Float[Tensor, "b n v"]:
        kernel = kernels(generator, rate)[..., : truth.vocabulary, :]
        return noisy.denoise(truth, x, kernel)

    return Reversal(guess, generator)


def corrected(exact: Reversal, churn: Callable[[Tensor], Tensor], /) -> Reversal:
    """Return the same rates with a corrector."""
    return replace(exact, churn=churn)


@dataclass(frozen=True)
class Blind:
    """Rates with a corrector whose jumps back know nothing of the data."""

    exact: Reversal
    churn: Callable[[Tensor], Tensor]

    def __call__(
        self, x: Int[Tensor, "b n"], rate: Float[Tensor, "*_"], /
    ) -> Float[Tensor, "b n w"]:
        """Return the rates of all jumps, per unit of the masking rate."""

        def any_token(
            x: Int[Tensor, "b n"], rate: Float[Tensor, "*_"]
        ) -> Float[Tensor, "b n v"]:
            return torch.zeros_like(self.exact.guess(x, rate))

        ignorant = replace(self.exact, guess=any_token)
        mixed = corrected(ignorant, self.churn)(x, rate) - ignorant(x, rate)
        return self.exact(x, rate) + mixed


def leapt(
    truth: Joint, generator: Float[Tensor, "w w"], rates: Rates, calls: int, /
) -> Joint:
    """Return what is written by so many steps of equal length, a call in each."""
    every = states(len(generator), truth.places)
    limit = corruption.kernel(generator, 0.0, END)[0]
    table = joint.independent(limit.expand(truth.places, -1)).probability
    for high, low in pairwise(even(calls)):
        rows = leap(rates(every, level(high)), every, high - low)
        table = advance(table, rows)
    seen = table[(slice(truth.vocabulary),) * truth.places]
    return joint.normalised(seen.log())
