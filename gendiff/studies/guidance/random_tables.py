"""Laws of three tokens at three places, drawn at random, under two guides."""

import torch

from gendiff.discrete import joint

PLACES, TOKENS = 3, 3


def gap(gamma: float, generator: torch.Generator, /) -> float:
    """Return the total variation between the guided joint and token by token.

    All laws are equally likely, and so are all probabilities that the class gives to a
    sequence.
    """
    free = joint.random(PLACES, TOKENS, generator)
    shape = [TOKENS] * PLACES
    likes = torch.rand(shape, generator=generator, dtype=torch.float64)
    wanted = joint.given(free, likes.log())
    return joint.total_variation(
        joint.guided(free, wanted, gamma), joint.guided_by_place(free, wanted, gamma)
    )
