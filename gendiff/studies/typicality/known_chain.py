"""A Markov chain whose table is known: which probabilities does a network get wrong?

They are sorted by what the network says of them, and each tenth is compared
with the truth.

References:
    Holtzman et al. (2020), arXiv:1904.09751, section 4.3 (the unreliable tail).
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

CONCENTRATION = 0.5
"""Of the rows of the table: below 1 most tokens are rare."""
PARTS = 10

Table = Float[Tensor, "v v"]
Values = Float[Tensor, " n"]


@dataclass(frozen=True)
class Tenths:
    """What probabilities really are, by tenths of what a network says they are."""

    own: Values
    """The median of what the network says."""
    seldom: Values
    middle: Values
    often: Values
    """Quantiles of the truth: 10, 50 and 90 %."""


def table(tokens: int, rng: np.random.Generator, /) -> Table:
    """Draw a chain: row `a` has the probabilities of the token after `a`."""
    rows = rng.dirichlet(np.full(tokens, CONCENTRATION), tokens)
    return torch.from_numpy(rows)


def drawn(
    table: Table, n: int, length: int, generator: torch.Generator, /
) -> Int[Tensor, "{n} {length}"]:
    """Draw sequences from the chain, started anywhere."""
    x = torch.randint(len(table), (n, 1), generator=generator)
    while x.shape[1] < length:
        step = torch.multinomial(table[x[:, -1]], 1, generator=generator)
        x = torch.cat([x, step], 1)
    return x


def errors(learnt: Values, truth: Values, /) -> list[float]:
    """Return the median relative error in each tenth, the least probable first."""
    parts = learnt.argsort().tensor_split(PARTS)
    return [float(((learnt[i] - truth[i]).abs() / truth[i]).median()) for i in parts]


def tenths(learnt: Values, truth: Values, /) -> Tenths:
    """Sort probabilities into tenths by what a network says."""
    parts = learnt.argsort().tensor_split(PARTS)
    own, middle = (torch.stack([x[i].median() for i in parts]) for x in (learnt, truth))
    seldom, often = (
        torch.stack([truth[i].quantile(q) for i in parts]) for q in (0.1, 0.9)
    )
    return Tenths(own, seldom, middle, often)
