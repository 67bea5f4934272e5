r"""The exact model of noisy tokens of a listed distribution.

Each place of `x_0` goes through a kernel of its own noise, `q(x_r | x_0)`, and what it
was depends on all places:

    p(x_0i | x_r)  ~  sum over x_0 with that token of  p(x_0) prod_j q(x_rj | x_0j).

References:
    Austin et al. (2021), arXiv:2107.03006, section 3.2 (what a denoiser predicts).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.discrete.joint import Joint


def denoise(
    joint: Joint, tokens: Int[Tensor, "b n"], kernels: Float[Tensor, "*b v w"], /
) -> Float[Tensor, "b n v"]:
    """Return `log p(x_0i = c | noisy tokens)` at every place.

    Row `c` of a kernel is the distribution of what becomes of token `c`; there is one
    for all sequences, or one for each. Kernels of masks have a column more. Given
    what is impossible, every token is as likely.

    Raises:
        ValueError: If there are not as many places or rows as the distribution has.
    """
    batch, places = tokens.shape
    if (places, kernels.shape[-2]) != (joint.places, joint.vocabulary):
        raise ValueError(
            f"{places} places and kernels of {kernels.shape[-2]} rows; the "
            f"distribution has {joint.places} places and {joint.vocabulary} tokens"
        )
    # (b, v, n): how likely each clean token makes what is seen.
    likely = kernels.log().expand(batch, *kernels.shape[-2:])
    likely = likely.gather(2, tokens[:, None].expand(-1, joint.vocabulary, -1))
    table = joint.log_probability
    for place, column in enumerate(likely.unbind(2)):
        after = [1] * (places - place - 1)
        table = table + column.reshape(batch, *[1] * place, -1, *after)
    by_place = [
        table.movedim(1 + i, 1).reshape(batch, -1, joint.vocabulary ** (places - 1))
        for i in range(places)
    ]
    logs = torch.stack([each.logsumexp(2) for each in by_place], dim=1)
    possible = (logs > -torch.inf).any(-1, keepdim=True)
    return torch.where(possible, logs, 0.0).log_softmax(-1)
