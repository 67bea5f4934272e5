r"""Two calls for sixteen places: what the fastest samplers lose, exactly.

The chain has two symbols and stays with probability `stay`. In the first call `k`
random places are written, apart from each other; in the second all others, given these.
What stands between two visible places depends on them alone, so for each sequence the
sum over sets of `k` places goes from left to right, gap by gap.

Writing everything in one call, hiding `n - k` places again and writing them anew is the
same: what was written at the hidden places leaves no trace. So remasking is here too.

References:
    Hoogeboom et al. (2022), arXiv:2110.02037, section 4 (plans of steps).
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor


def chain(places: int, stay: float, /) -> Float[Tensor, " s"]:
    """Return the logarithm of the probability of every sequence."""
    x = _sequences(places)
    changes = (x[:, 1:] != x[:, :-1]).sum(1).double()
    kept = places - 1 - changes
    return changes * math.log1p(-stay) + kept * math.log(stay) - math.log(2)


def lost(places: int, stay: float, firsts: Sequence[int], /) -> dict[int, float]:
    """Return the relative entropy of the chain to what is written, in nats.

    By how many places the first call writes.

    Raises:
        ValueError: Unless a first call writes 1 to `places - 1` places.
    """
    truth = chain(places, stay)
    found = written(places, stay, firsts)
    return {k: float((truth.exp() * (truth - q)).sum()) for k, q in found.items()}


def written(
    places: int, stay: float, firsts: Sequence[int], /
) -> dict[int, Float[Tensor, " s"]]:
    """Return the logarithm of how often each sequence is written in two calls.

    Raises:
        ValueError: Unless a first call writes 1 to `places - 1` places.
    """
    if min(firsts) < 1 or max(firsts) >= places:
        raise ValueError(f"{list(firsts)} places first; give 1 to {places - 1}")
    x = _sequences(places)
    # Of all sets of k places, the last of which is i: `ways[k - 1][i]`.
    ends = range(places)
    gaps = {(j, i): _apart(x, j, i, stay) for i in ends for j in range(i)}
    ways = [[_apart(x, None, i, stay) for i in ends]]
    for _ in range(max(firsts) - 1):
        nothing = torch.zeros(len(x)).double()
        before = ways[-1]
        ways.append(
            [sum((before[j] * gaps[j, i] for j in range(i)), nothing) for i in ends]
        )
    last = [_apart(x, i, None, stay) for i in ends]
    found: dict[int, Tensor] = {}
    for k in firsts:
        total = torch.stack([w * end for w, end in zip(ways[k - 1], last, strict=True)])
        found[k] = total.sum(0).log() - math.log(math.comb(places, k))
    return found


def _apart(
    x: Int[Tensor, "s n"], left: int | None, right: int | None, stay: float
) -> Float[Tensor, " s"]:
    """Return the probability of a gap's tokens, each drawn apart, and of its right end.

    The right end was drawn in the first call, when nothing was visible: one half.
    """
    n = x.shape[1]
    begin = 0 if left is None else left + 1
    end = n if right is None else right
    chance = torch.full((len(x),), 1.0 if right is None else 0.5).double()
    for i in range(begin, end):
        weights = torch.ones(len(x), 2).double()
        for other in (left, right):
            if other is not None:
                same = (1 + (2 * stay - 1) ** abs(i - other)) / 2
                rows = torch.tensor(
                    [[same, 1 - same], [1 - same, same]], dtype=torch.float64
                )
                weights = weights * rows[x[:, other]]
        own = weights.gather(1, x[:, i, None])[:, 0]
        chance = chance * own / weights.sum(1)
    return chance


def _sequences(places: int) -> Int[Tensor, "s n"]:
    return torch.arange(2**places)[:, None] >> torch.arange(places) & 1
