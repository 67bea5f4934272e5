r"""The exact model of masked tokens of a hidden chain, for sequences of any length.

What stands at a hidden place depends on all that is visible, on both sides. With `e_i`
the likelihood of what is seen at place `i` for each state, 1 throughout if it is
hidden, forward and backward recursions gather the two sides,

    a_i(z) = sum_z' a_{i-1}(z') e_{i-1}(z') p(z | z'),    a_1 = p(z_1),
    c_i(z) = sum_z' p(z' | z) e_{i+1}(z') c_{i+1}(z'),    c_n = 1,

and `p(x_i | visible)` is proportional to `sum_z a_i(z) c_i(z) p(x_i | z)`. The cost is
linear in the length, where a table of all sequences is exponential.

References:
    Rabiner (1989), A tutorial on hidden Markov models and selected applications in
    speech recognition, equations 19 to 25.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.discrete.hidden_markov import HiddenChain
from gendiff.discrete.sources import distribution_rows


def fill(chain: HiddenChain, tokens: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
    """Return `log p(x_i | visible tokens)`, as `Joint.fill` does.

    A hidden place holds the number of tokens, `v`. A visible place is certain. Given
    what is impossible, a hidden place is uniform.
    """
    first = distribution_rows(chain.initial)
    move, emit = distribution_rows(chain.transition), distribution_rows(chain.emission)
    states, vocabulary = emit.shape
    # One more column, for a hidden place: every state explains it.
    seen = torch.cat([emit, torch.ones_like(emit[:, :1])], dim=1).mT[tokens]
    forward = [first.expand(len(tokens), states)]
    backward = [torch.ones_like(forward[0])]
    for likelihood in seen[:, :-1].unbind(1):
        forward.append(_scaled(forward[-1] * likelihood) @ move)
    for likelihood in seen[:, 1:].flip(1).unbind(1):
        backward.append(_scaled(backward[-1] * likelihood) @ move.mT)
    belief = torch.stack(forward, 1) * torch.stack(backward[::-1], 1)
    weight = belief @ emit
    possible = weight.sum(-1, keepdim=True) > 0
    weight = torch.where(possible, weight, 1.0)
    certain = torch.eye(vocabulary + 1, dtype=weight.dtype)[tokens][..., :vocabulary]
    weight = torch.where((tokens == vocabulary)[..., None], weight, certain)
    return (weight / weight.sum(-1, keepdim=True)).log()


def _scaled(message: Float[Tensor, "b k"]) -> Float[Tensor, "b k"]:
    """Divide by the sum: only ratios count, and products of many terms vanish."""
    total = message.sum(1, keepdim=True)
    return message / torch.where(total > 0, total, 1.0)
