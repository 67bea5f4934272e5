r"""Mask-Predict: write the most probable tokens, and again those that were least sure.

The first pass writes all places at once. Each further one hides the places whose tokens
had the lowest probability when they were written, and writes them given the others.
Nothing is drawn, so that one answer comes out. Where a condition leaves little choice,
as in translation, that is one to be had in a few steps; without one it is far from a
sample, some frequent tokens over and over.

References:
    Ghazvininejad et al. (2019), arXiv:1904.09324, section 3.
"""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from gendiff.tokens.masked import Fill
from gendiff.tokens.unmasking import demand_hidden, demand_tokens
from gendiff.types import Step


@torch.no_grad()
def mask_predict(
    fill: Fill, x: Int[Tensor, "b n"], mask: int, counts: Sequence[int], /
) -> Iterator[Step]:
    """Write all hidden places, hide `counts[1]` of them, and so on; yield each step.

    The paper's counts fall evenly, `gendiff.tokens.masked.even`. What was visible at
    the start stays, and a probability that was stored is not looked at again before its
    place is written again.

    Raises:
        ValueError: If `counts` does not fall to 0 from the hidden places of each row,
            or the mask could be written.
    """
    demand_hidden(x, mask, counts)
    sure = torch.full(x.shape, torch.inf, device=x.device)
    for after in counts[1:]:
        logits = fill(x)
        demand_tokens(logits, mask)
        best, token = logits.log_softmax(-1).max(-1)
        hidden = x == mask
        written = torch.where(hidden, token, x)
        sure = torch.where(hidden, best.to(sure), sure)
        yield Step(written, logits, after / x.shape[1])
        x = written.scatter(1, sure.topk(after, 1, largest=False).indices, mask)
