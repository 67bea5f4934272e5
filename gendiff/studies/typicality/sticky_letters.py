"""A chain of letters that likes to repeat the last one: likely texts, and typical ones.

The surprisal of a text depends on the number of repetitions alone, and that is the
number of heads in as many tosses of a coin.

References:
    Cover and Thomas (2006), Elements of information theory, section 3.1.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.discrete import sources

LETTERS = 4


def sticky(stay: float, /) -> tuple[Float[Tensor, " v"], Float[Tensor, "v v"]]:
    """Return the chain that repeats a letter with this probability.

    It is the distribution of the first letter, and that of the letter after each.
    """
    even = torch.full((LETTERS,), 1 / LETTERS, dtype=torch.float64)
    switch = torch.full((LETTERS, LETTERS), (1 - stay) / (LETTERS - 1)).double()
    return even, switch.fill_diagonal_(stay)


def surprisals(stay: float, places: int, /) -> sources.Atoms:
    """Return the distribution of the surprisal; atom `h` has `h` repetitions."""
    coin = sources.coin(places - 1, stay)
    switches = places - 1 - torch.arange(places, dtype=torch.float64)
    extra = switches * math.log(LETTERS - 1) + math.log(LETTERS)
    return sources.Atoms(coin.surprisal + extra, coin.log_probability)
