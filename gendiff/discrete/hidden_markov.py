r"""Hidden Markov models: exact surprisals of sequences, sometimes of all sequences.

A hidden chain emits a token at every place. The probability of a sequence sums over all
hidden paths, which the forward recursion does place by place,

    a_1(z) = p(z) p(x_1 | z),   a_i(z) = p(x_i | z) sum_z' a_{i-1}(z') p(z | z'),

and `p(x) = sum_z a_n(z)`. So the surprisal of any one sequence is exact. Its
*distribution* is harder than that of a visible chain: what came before is remembered in
the whole vector `a`, nearly every sequence has its own, and no count of tokens sums it
up. `distribution` goes through all `v^n` sequences, which is exact and ends near 20
coin tosses. For longer ones draw some and give their surprisals to
`gendiff.typicality.sampled`.

References:
    Baum et al. (1970), A maximization technique occurring in the statistical analysis
    of probabilistic functions of Markov chains.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.discrete.sources import Atoms, distribution_rows, table

MOST = 2**22
"""Sequences that are gone through at most."""


@dataclass(frozen=True)
class HiddenChain:
    """A hidden Markov model with `k` states and `v` tokens.

    Raises:
        ValueError: If a row of a table is no distribution.
    """

    initial: Float[Tensor, " k"]
    transition: Float[Tensor, "k k"]
    emission: Float[Tensor, "k v"]

    def __post_init__(self) -> None:
        for rows in (self.initial[None], self.transition, self.emission):
            distribution_rows(rows)

    def surprisal(self, tokens: Int[Tensor, "b n"], /) -> Float[Tensor, " b"]:
        """Return `-log p(x)` of every sequence, in nats; `inf` if it is impossible."""
        first, move, emit = self._distributions()
        total = torch.zeros(len(tokens), dtype=torch.float64)
        belief = first.expand(len(tokens), -1)
        for seen in tokens.unbind(1):
            joint = belief * emit[:, seen].mT
            share = joint.sum(1)
            total = total - share.log()
            # What is impossible stays so: no belief is left, and no 0 divides.
            belief = (joint / share.where(share > 0, 1.0)[:, None]) @ move
        return total

    def distribution(self, places: int, /) -> Atoms:
        """Return the surprisal's distribution, an atom for every possible sequence.

        Raises:
            ValueError: If there is no place, or there are too many sequences.
        """
        if places < 1:
            raise ValueError(f"{places} places; give at least one")
        first, move, emit = self._distributions()
        paths = first[None]
        for place in range(places):
            if len(paths) * emit.shape[1] > MOST:
                raise ValueError(
                    f"more than {MOST} sequences at place {place + 1} of {places}; "
                    "draw some and estimate (gendiff.typicality.sampled)"
                )
            before = paths @ move if place else paths
            paths = (before[:, None] * emit.mT).flatten(0, 1)
            paths = paths[paths.sum(1) > 0]
        return table(paths.sum(1).log())

    def sample(
        self, n: int, places: int, generator: torch.Generator, /
    ) -> Int[Tensor, "{n} {places}"]:
        """Draw `n` sequences."""
        first, move, emit = self._distributions()
        state = _drawn(first.expand(n, -1), generator)
        tokens: list[Tensor] = []
        for _ in range(places):
            tokens.append(_drawn(emit[state], generator))
            state = _drawn(move[state], generator)
        return torch.stack(tokens, 1)

    def _distributions(self) -> tuple[Tensor, Tensor, Tensor]:
        first = distribution_rows(self.initial)
        return (
            first,
            distribution_rows(self.transition),
            distribution_rows(self.emission),
        )


def _drawn(rows: Float[Tensor, "b k"], generator: torch.Generator) -> Tensor:
    return torch.multinomial(rows, 1, generator=generator)[:, 0]
