r"""Masked diffusion: what is learned, what it bounds, and what each step costs.

A model of masked tokens reads a sequence with hidden places and says what may stand
there. Let `l_n` be its *price* of a hidden token while `n` are hidden: the mean of
`-log q(x_i | visible)` over data, over the sets of `n` places and over the places `i`
in them. Writing all `N` places one by one in a random order costs

    -log q(x) <= l_N + ... + l_1   (average over orders),

in nats a sequence, and the diffusion bound in continuous time is the same sum: hide at
rate `t`, weigh by `1 / t`, and integrate over `t`. Drawing the number `n` and not `t`
keeps that weight out of the gradient. If several places are written at once, from
`n_j` hidden ones to `n_{j + 1}`, they all cost what the first did,

    sum_j (n_j - n_{j + 1}) l_{n_j},

and with exact conditionals that is above the entropy by at least the divergence of the
data from what is written. The list of prices tells the best steps without sampling.

References:
    Hoogeboom et al. (2022), arXiv:2110.02037, sections 3 and 4 (order-agnostic bound,
    parallel steps by dynamic programming).
    Sahoo et al. (2024), arXiv:2406.07524, equation 11 (continuous time).
    Uria et al. (2014), arXiv:1310.1757, equation 9 (counts drawn evenly).
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from gendiff.levels import strata
from gendiff.types import Batch

Fill = Callable[[Tensor], Tensor]
"""Maps tokens `(b, n)` to logits `(b, n, v)`.

A hidden place holds the number of the mask, here always the `v` behind the last token.
A network with a column for the mask has to cut it, by `-inf`.
"""


def hide(
    tokens: Int[Tensor, "b n"],
    counts: Int[Tensor, " b"],
    mask: int,
    generator: torch.Generator,
    /,
) -> Int[Tensor, "b n"]:
    """Hide `counts` places of each sequence, any as likely as any other."""
    order = torch.rand(tokens.shape, generator=generator).argsort(1).to(tokens.device)
    return tokens.where(order >= counts[:, None], mask)


def surprisal(
    fill: Fill, tokens: Int[Tensor, "b n"], noisy: Int[Tensor, "b n"], /
) -> Float[Tensor, "b n"]:
    """Return `-log q(x_i | visible)` in nats at hidden places, and 0 at others."""
    logs = fill(noisy).log_softmax(-1).gather(-1, tokens[..., None])[..., 0]
    return torch.where(noisy == tokens, 0.0, -logs)


@dataclass(frozen=True)
class Bound:
    """The loss of a model of hidden tokens: the bound, `l_1 + ... + l_N`, in nats.

    On batches `(tokens, *given)`; the model is called once, as `model(noisy, *given)`.
    """

    mask: int

    def __call__(
        self, model: Callable[..., Tensor], batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return an unbiased estimate from each sequence.

        The numbers of hidden places are spread evenly over the batch.
        """
        tokens, *given = batch
        places = tokens.shape[1]
        counts = drawn_counts(len(tokens), places, generator).to(tokens.device)
        noisy = hide(tokens, counts, self.mask, generator)
        each = surprisal(lambda noisy: model(noisy, *given), tokens, noisy)
        return each.sum(1) * places / counts


def drawn_counts(
    n: int, places: int, generator: torch.Generator, /
) -> Int[Tensor, " {n}"]:
    """Draw `n` numbers from 1 to `places`, spread evenly."""
    return 1 + (strata(n, generator) * places).long().clamp(max=places - 1)


@torch.no_grad()
def prices(
    fill: Fill, tokens: Int[Tensor, "b n"], mask: int, generator: torch.Generator, /
) -> Float[Tensor, " n"]:
    """Estimate `l_1, ..., l_N` in nats, with one random mask a sequence and count."""
    batch, places = tokens.shape
    found: list[Tensor] = []
    for n in range(1, places + 1):
        noisy = hide(tokens, torch.full((batch,), n).to(tokens), mask, generator)
        found.append(surprisal(fill, tokens, noisy).double().sum(1).mean() / n)
    return torch.stack(found)


def chain_prices(
    transition: Float[Tensor, "v v"], places: int, /
) -> Float[Tensor, "{places}"]:
    """Return the exact `l_1, ..., l_N` of a stationary Markov chain, in nats.

    A hidden token depends on the nearest visible one on each side, at distances `a` and
    `b`; how many masks have these is a binomial coefficient.

    Raises:
        ValueError: If there is no place.
    """
    if places < 1:
        raise ValueError(f"{places} places; a chain has at least 1")
    move = transition.double()
    powers = [torch.eye(len(move), dtype=torch.float64)]
    for _ in range(places):
        powers.append(powers[-1] @ move)
    stationary = _stationary(move)
    # Distance 0 stands for "nothing visible on that side".
    left = [stationary[None], *(stationary[:, None] * p for p in powers[1:])]
    right = [torch.ones(len(move), 1, dtype=torch.float64), *powers[1:]]
    total = [0.0] * places
    for a in range(places):
        for b in range(places - a):
            # Hidden places between, and visible ones at the two ends.
            between, ends = max(a - 1, 0) + max(b - 1, 0), (a > 0) + (b > 0)
            joint = left[a][:, :, None] * right[b][None]
            entropy = float(_entropy(joint) - _entropy(joint.sum(1)))
            for i in range(a, places - b):
                hidden = between + (0 if a else i) + (0 if b else places - 1 - i)
                rest = places - 1 - hidden - ends
                for n in range(hidden + 1, hidden + 1 + rest + 1):
                    ways = math.comb(rest, n - 1 - hidden)
                    total[n - 1] += entropy * (ways / math.comb(places - 1, n - 1))
    return torch.tensor(total, dtype=torch.float64) / places


def cost(prices: Float[Tensor, " n"], counts: Sequence[int], /) -> float:
    """Return the bound in nats of writing in the steps that `counts` tells.

    Raises:
        ValueError: If `counts` does not fall from all places to none.
    """
    demand_counts(counts)
    if counts[0] != len(prices):
        raise ValueError(f"{counts[0]} hidden places, {len(prices)} prices; match them")
    steps = itertools.pairwise(counts)
    return sum((n - after) * float(prices[n - 1]) for n, after in steps)


def even(places: int, steps: int, /) -> list[int]:
    """Return how many places are hidden before each step and at the end, evenly.

    Raises:
        ValueError: Unless there are 1 to `places` steps.
    """
    _demand_steps(places, steps)
    return [round(places * (1 - j / steps)) for j in range(steps + 1)]


def cosine(places: int, steps: int, /) -> list[int]:
    """Return MaskGIT's counts of hidden places: few are written first, many last.

    Before step `j` of `S` that is `cos(pi j / 2 S)` of the places, rounded down, but at
    least one is written in every step.

    Raises:
        ValueError: Unless there are 1 to `places` steps.

    References:
        Chang et al. (2022), arXiv:2202.04200, section 3.3.
    """
    _demand_steps(places, steps)
    counts = [places]
    for j in range(1, steps):
        hidden = int(places * math.cos(math.pi * j / (2 * steps)))
        counts.append(min(counts[-1] - 1, hidden))
    return [*counts, 0]


def schedule(prices: Float[Tensor, " n"], steps: int, /) -> list[int]:
    """Return the counts of hidden places that cost least, by dynamic programming.

    Raises:
        ValueError: Unless there are 1 to `n` steps.
    """
    places = len(prices)
    _demand_steps(places, steps)
    price = np.array([0.0, *prices.tolist()])
    hidden = np.arange(places + 1)
    # What a step costs, from a row's number of hidden places to a column's.
    leave = hidden[:, None] - hidden
    step = np.where(leave > 0, leave * price[:, None], np.inf)
    # Of so many hidden places: the least cost, and how many the first step leaves.
    best, after = np.where(hidden > 0, np.inf, 0.0), list[NDArray[np.int64]]()
    for _ in range(steps):
        total = step + best
        after.append(total.argmin(1))
        best = total.min(1)
    counts = [places]
    for first in reversed(after):
        counts.append(int(first[counts[-1]]))
    return counts


def demand_counts(counts: Sequence[int], /) -> None:
    """Check that counts of hidden places fall to 0.

    Raises:
        ValueError: If they don't.
    """
    falls = all(a > b for a, b in itertools.pairwise(counts))
    if len(counts) < 2 or not falls or counts[-1]:
        raise ValueError(f"counts {list(counts)}; give numbers that fall to 0")


def _demand_steps(places: int, steps: int) -> None:
    if not 1 <= steps <= places:
        raise ValueError(f"{steps} steps for {places} places; give 1 to {places}")


def _stationary(move: Float[Tensor, "v v"]) -> Float[Tensor, " v"]:
    """Solve `p move = p` along with `sum p = 1`."""
    fixed = move.mT - torch.eye(len(move)).to(move)
    equations = torch.cat([fixed, torch.ones_like(move[:1])])
    right = torch.zeros_like(equations[:, :1])
    right[-1] = 1.0
    return torch.linalg.lstsq(equations, right).solution[:, 0]


def _entropy(probability: Tensor) -> Tensor:
    return torch.special.entr(probability).sum()
