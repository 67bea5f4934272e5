r"""Markov chains, exactly: sequences of the same type are equally likely.

The *type* of a sequence is its first token and how often each token followed each,

    s(x) = -log p(x_1) - sum_ab n_ab(x) log p(b | a),

so that `chain_by_types` needs to tell types apart and not sequences. There are far
fewer: about `n^2` for two tokens, since tokens take turns, and at most about
`n^(v^2 - v)` for `v`. If there are too many, `chain_on_lattice` rounds, with bounds.

References:
    Cover and Thomas (2006), Elements of information theory, section 11.1.
"""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.discrete.sources import Atoms, distribution_rows

MOST = 2**22
"""Types that are told apart at most."""


def chain_by_types(
    initial: Float[Tensor, " v"], transition: Float[Tensor, "v v"], places: int, /
) -> Atoms:
    """Return the distribution of a Markov chain's surprisal, an atom for every type.

    Row `a` of `transition` is the distribution of the token after `a`.

    Raises:
        ValueError: If `places` is below 1, a row is no distribution, or there are too
            many types.
    """
    if places < 1:
        raise ValueError(f"{places} places; give at least one")
    first, step = distribution_rows(initial), distribution_rows(transition)
    digits = step.numel()
    if len(first) * places**digits >= 2**63:
        raise _too_many(len(first), places)
    # A type is one whole number: the counts are its digits, the first token leads.
    radix = places ** torch.arange(digits).reshape(step.shape)
    states = [
        (torch.tensor([token * places**digits]), share[None])
        for token, share in enumerate(first)
    ]
    for _ in range(places - 1):
        states = [
            _merged(
                (types + radix[a, b], mass * step[a, b])
                for a, (types, mass) in enumerate(states)
            )
            for b in range(len(first))
        ]
        if sum(len(types) for types, _ in states) > MOST:
            raise _too_many(len(first), places)
    types, mass = (torch.cat(parts) for parts in zip(*states, strict=True))
    types, mass = types[mass > 0], mass[mass > 0]
    counts = types[:, None] // radix.flatten() % places
    # What is impossible was never counted, and 0 times inf would be no number.
    cost = torch.where(step > 0, -step.log(), 0.0).flatten()
    surprisal = counts.double() @ cost - first.log()[types // places**digits]
    return Atoms(surprisal, mass.log())


def _merged(parts: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Return each type once, with the mass of all its sequences, if it has any."""
    types, mass = (torch.cat(each) for each in zip(*parts, strict=True))
    types, place = types[mass > 0].unique(return_inverse=True)
    total = torch.zeros(len(types), dtype=torch.float64)
    return types, total.index_add(0, place, mass[mass > 0])


def _too_many(tokens: int, places: int) -> ValueError:
    return ValueError(
        f"{tokens} tokens at {places} places make more than {MOST} types; give fewer "
        "of either, or take gendiff.discrete.sources.chain_on_lattice, which rounds"
    )
