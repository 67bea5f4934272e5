r"""Step-unrolled denoising of tokens, with networks that can't be better.

A sequence is corrupted: at a rate that is drawn evenly, each token becomes any token.
The network says what stood at each place, and is told no rate. Trained on that alone,
the best network is the posterior of every place. *Unrolled*, half of what it sees are
its own answers to such sequences instead: each place drawn from what it said, all
others unseen. The best network is then the posterior under that mixture, which depends
on the network. Here it is found by repeating.

To sample, tokens are drawn from nothing, and a random part of the places is drawn anew
from what the network says, again and again.

References:
    Savinov et al. (2022), arXiv:2112.06749, sections 2.1 and 2.2.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.discrete import Joint, joint
from gendiff.studies.language.table_noise import advance, states
from gendiff.tokens import corruption

LEVELS = 64
"""Rates over which the even distribution of rates is averaged."""


def learnt(truth: Joint, repeats: int, /) -> Float[Tensor, "s n v"]:
    """Return the best answers to every sequence, after so many unrolled repeats.

    0 is plain denoising. At 20 repeats nothing changes any more.

    Raises:
        ValueError: If `repeats` is negative.
    """
    if repeats < 0:
        raise ValueError(f"{repeats} repeats; give 0 or more")
    v, n = truth.vocabulary, truth.places
    # Rows are clean sequences, columns what the network sees.
    pairs = torch.zeros(v**n, v**n, dtype=torch.float64)
    p = truth.probability.flatten()
    every = states(v, n)
    noise = corruption.uniform(v)
    for level in range(LEVELS):
        kernel = corruption.kernel(noise, 0.0, (level + 0.5) / LEVELS)
        each = torch.ones_like(pairs)
        for place in every.unbind(1):
            each = each * kernel[place[:, None], place]
        pairs = pairs + p[:, None] * each / LEVELS
    answers = _posterior(pairs, every, v)
    for _ in range(repeats):
        ends = torch.ones_like(pairs)
        for place, at in enumerate(every.unbind(1)):
            ends = ends * answers[:, place][:, at]
        answers = _posterior((pairs + pairs @ ends) / 2, every, v)
    return answers


def sampled(answers: Float[Tensor, "s n v"], fraction: float, calls: int, /) -> Joint:
    """Return the distribution after `calls`, each drawing a fraction of places anew.

    Raises:
        ValueError: If there is no call, or the fraction is not above 0 and at most 1.
    """
    if calls < 1 or not 0 < fraction <= 1:
        raise ValueError(
            f"{calls} calls and fraction {fraction}; give 1 or more, and above 0 to 1"
        )
    n, v = answers.shape[1:]
    stay = torch.eye(v, dtype=torch.float64)[states(v, n)]
    rows = fraction * answers + (1 - fraction) * stay
    table = torch.full([v] * n, v**-n, dtype=torch.float64)
    for _ in range(calls):
        table = advance(table, rows)
    return joint.normalised(table.log())


def _posterior(
    pairs: Float[Tensor, "s s"], every: Tensor, vocabulary: int
) -> Float[Tensor, "s n v"]:
    one = torch.eye(vocabulary, dtype=torch.float64)[every]
    weight = torch.einsum("cs,cnv->snv", pairs, one)
    return weight / weight.sum(-1, keepdim=True)
