r"""Guidance for models that write one token after the other.

A label that is bound to a model makes a model again, and so do two models whose logits
are combined. The algebra is that of `gendiff.guidance`, and so is the scale: 1 means no
guidance. What it acts on is the law of the *next* token,

    p(x_i | x_<i)^(1 - scale) p(x_i | x_<i, y)^scale, normalised at every place,

and not the law of the whole sequence (`gendiff.tokens.joint` computes both).

References:
    Ho and Salimans (2022), arXiv:2207.12598, equation 6 (for the score).
    Sanchez et al. (2023), arXiv:2306.17806, section 2 (for the next token).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.tokens.autoregressive import Autoregressive, Cache, Sequential


@dataclass(frozen=True)
class Given:
    """A model with a label bound for every sequence: sample as many as there are."""

    model: Autoregressive
    label: Int[Tensor, " _"]

    @property
    def vocabulary(self) -> int:
        """Number of tokens, and of the start token."""
        return self.model.vocabulary

    @property
    def length(self) -> int:
        """Most places that it can write."""
        return self.model.length

    @property
    def device(self) -> torch.device:
        """Where its tokens must be."""
        return self.model.device

    def extend(
        self, token: Int[Tensor, " b"], cache: Cache, /
    ) -> tuple[Float[Tensor, "b v"], Cache]:
        """Read one token and return the logits of the next, with the longer cache.

        Raises:
            ValueError: If there are not as many labels as sequences.
        """
        return self.model.extend(token, cache, self.label)


@dataclass(frozen=True)
class Contrast:
    """Push the next token `toward` one model and away from another.

    Both read what has been drawn, and each keeps a cache of its own.
    """

    toward: Sequential
    away: Sequential
    scale: float
    """1 samples from `toward`, 0 from `away`."""

    @property
    def vocabulary(self) -> int:
        """Number of tokens, and of the start token."""
        return self.toward.vocabulary

    @property
    def length(self) -> int:
        """Most places that both can write."""
        return min(self.toward.length, self.away.length)

    @property
    def device(self) -> torch.device:
        """Where the tokens must be."""
        return self.toward.device

    def extend(
        self, token: Int[Tensor, " b"], cache: Cache, /
    ) -> tuple[Float[Tensor, "b v"], Cache]:
        """Return `away + scale * (toward - away)` of the log-probabilities."""
        before, behind = cache or ([], [])
        toward, before = self.toward.extend(token, before)
        away, behind = self.away.extend(token, behind)
        joined = torch.lerp(away.log_softmax(-1), toward.log_softmax(-1), self.scale)
        return joined, [before, behind]
