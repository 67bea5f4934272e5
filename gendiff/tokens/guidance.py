r"""Guidance for models that write one token after the other.

Two models whose logits are combined make a model again. The algebra is that of
`gendiff.guidance`, and so is the scale: 1 means no guidance. What it acts on is the
distribution of the *next* token,

    p(x_i | x_<i)^(1 - scale) p(x_i | x_<i, y)^scale, normalised at every place,

and not that of the whole sequence (`gendiff.discrete.joint` computes both). With a
network that takes labels, `p(x_i | x_<i, y)` is `partial(network.read, label=y)`.

References:
    Ho and Salimans (2022), arXiv:2207.12598, equation 6 (for the score).
    Sanchez et al. (2023), arXiv:2306.17806, section 2 (for the next token).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.guidance.contrast import demand_finite
from gendiff.tokens.sampling import NextToken, State


@dataclass(frozen=True)
class Contrast:
    """Push the next token `toward` one model and away from another.

    Both read what has been drawn, and each keeps a state of its own.

    Raises:
        ValueError: If `scale` is not finite.
    """

    toward: NextToken
    away: NextToken
    scale: float
    """1 is `toward`, at the cost of one call; 0 samples from `away`."""

    def __post_init__(self) -> None:
        demand_finite("guidance scale", self.scale)

    def __call__(
        self, tokens: Int[Tensor, "b m"], state: State, /
    ) -> tuple[Float[Tensor, "b v"], State]:
        """Return `away + scale * (toward - away)` of the log-probabilities."""
        before, behind = state or ((), ())
        toward, before = self.toward(tokens, before)
        if self.scale == 1:
            return toward, (before, behind)
        away, behind = self.away(tokens, behind)
        joined = _product(toward.log_softmax(-1), away.log_softmax(-1), self.scale)
        return joined, (before, behind)


def _product(
    toward: Float[Tensor, "b v"], away: Float[Tensor, "b v"], scale: float
) -> Float[Tensor, "b v"]:
    """Return the logarithm of `away^(1 - scale) toward^scale`.

    What `away` excludes stays excluded, as in `gendiff.discrete.joint`.
    """
    if scale == 0:
        return away
    never = away == -torch.inf
    if scale > 0:
        never = never | (toward == -torch.inf)
    return torch.lerp(away, toward, scale).masked_fill(never, -torch.inf)
