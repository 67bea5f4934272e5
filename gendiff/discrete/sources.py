r"""Discrete sources whose surprisal has a distribution that can be written down.

A sequence of `n` tokens has one of `v^n` values, but its surprisal takes few: of coin
tosses it depends on the number of heads alone, of a Markov chain on how often each
token followed each. `Atoms` holds the different values with their probabilities, and
since all sequences in an atom are equally likely, also how many they are:

    P(s) = N(s) e^{-s},   so   log N(s) = log P(s) + s.

For a chain the values are added up step by step on a lattice of the given spacing. A
step's surprisal is rounded to the lattice, so a sequence's is wrong by at most `error`,
and the entropy too; the true mass lies between those of typical sets that are `2 error`
narrower and wider. A chain whose steps are whole multiples of the spacing has no error;
for others with few tokens `gendiff.discrete.markov_types` is exact and slower.
And a distribution that is a table has an atom for every sequence.

References:
    Cover and Thomas (2006), Elements of information theory, sections 3.1, 4.2, 11.1.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.discrete.surprisal import TIE, Surprisal, between

ROUNDING = 1e-5
"""How far from 1 a row that was given by hand may sum."""


@dataclass(frozen=True)
class Atoms(Surprisal):
    """A surprisal that takes finitely many values.

    Raises:
        ValueError: If the probabilities do not sum to 1.
    """

    surprisal: Float[Tensor, " k"]
    log_probability: Float[Tensor, " k"]
    """Of drawing *any* sequence with this surprisal."""
    error: float = 0.0
    """By how much a surprisal is wrong at most."""

    def __post_init__(self) -> None:
        total = float(self.log_probability.exp().sum())
        if not abs(total - 1) < 1e-6:
            raise ValueError(f"probabilities sum to {total}, not to 1")

    @property
    def log_size(self) -> Float[Tensor, " k"]:
        """The logarithm of the number of sequences with each surprisal."""
        return self.log_probability + self.surprisal

    @property
    def entropy(self) -> float:
        """The mean surprisal."""
        return float((self.log_probability.exp() * self.surprisal).sum())

    @property
    def std(self) -> float:
        """The standard deviation of the surprisal."""
        square = (self.surprisal - self.entropy) ** 2
        return math.sqrt(float((self.log_probability.exp() * square).sum()))

    @property
    def least(self) -> float:
        """The surprisal of the most likely sequences."""
        return float(self.surprisal[self.log_probability > -torch.inf].min())

    def mass(self, epsilon: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the probability of each typical set."""
        distance, order = self._distance.sort()
        mass = self.log_probability[order].exp().cumsum(0)
        return torch.cat([mass.new_zeros(1), mass])[self._reach(epsilon, distance)]

    def size(self, epsilon: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the logarithm of the number of sequences in each typical set."""
        distance, order = self._distance.sort()
        size = self.log_size[order].logcumsumexp(0)
        none = size.new_full((1,), -torch.inf)
        return torch.cat([none, size])[self._reach(epsilon, distance)]

    def holding(self, share: float, /) -> float:
        """Return the smallest `epsilon` whose typical set has at least this mass.

        It is the distance of an atom, so that the set has all that lie as far: a width
        found by bisection would end between two of them that differ by rounding.

        Raises:
            ValueError: If the share is not between 0 and 1.
        """
        between(share)
        distance = self._distance.sort().values
        enough = (self.mass(distance) >= share).nonzero()
        return float(distance[int(enough[0]) if len(enough) else -1])

    def bounds(
        self, epsilon: Float[Tensor, "*n"], /
    ) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"]]:
        """Return what the mass is at least and at most, given `error`."""
        off = 2 * self.error
        narrower = self.mass((epsilon - off).clamp(min=0.0))
        # An atom on the entropy itself may stand for sequences that lie outside.
        return narrower.where(epsilon > off, 0.0), self.mass(epsilon + off)

    @property
    def _distance(self) -> Float[Tensor, " k"]:
        return (self.surprisal - self.entropy).abs()

    def _reach(self, epsilon: Tensor, distance: Tensor) -> Tensor:
        """Return how many of the sorted distances are at most each epsilon."""
        epsilon = epsilon.double()
        slack = TIE * (1 + abs(self.entropy) + epsilon)
        return torch.searchsorted(distance, epsilon + slack, right=True)


def coin(tosses: int, heads: float, /) -> Atoms:
    """Return the distribution of the surprisal of coin tosses; atom `h` has `h` heads.

    Raises:
        ValueError: If there is no toss, or the chance of heads is not between 0 and 1.
    """
    if tosses < 1 or not 0 < heads < 1:
        raise ValueError(
            f"{tosses} tosses with heads={heads}; give at least one toss, and a chance "
            "of heads between 0 and 1"
        )
    h = torch.arange(tosses + 1, dtype=torch.float64)
    surprisal = -h * math.log(heads) - (tosses - h) * math.log1p(-heads)
    log_size = (
        math.lgamma(tosses + 1) - torch.lgamma(h + 1) - torch.lgamma(tosses - h + 1)
    )
    log_probability = log_size - surprisal
    # The logarithms of gamma leave an error that grows with the number of tosses.
    return Atoms(surprisal, log_probability - log_probability.logsumexp(0))


def table(log_probability: Float[Tensor, "*v"], /) -> Atoms:
    """Return the distribution of the surprisal of whatever has these log-probabilities.

    Of a `gendiff.discrete.joint.Joint`, say. What is impossible is left out.
    """
    flat = log_probability.double().flatten()
    possible = flat[flat > -torch.inf]
    return Atoms(-possible, possible)


def chain_on_lattice(
    initial: Float[Tensor, " v"],
    transition: Float[Tensor, "v v"],
    places: int,
    /,
    *,
    spacing: float,
) -> Atoms:
    """Return the distribution of the surprisal of a Markov chain, on a lattice.

    Row `a` of `transition` is the distribution of the token after `a`. Time and memory
    grow with `places` and with one over the spacing.

    Raises:
        ValueError: If `places` is below 1, the spacing not positive, or a row no
            distribution.
    """
    if places < 1 or not spacing > 0:
        raise ValueError(
            f"{places} places and spacing {spacing}; give at least one place and a "
            "positive spacing"
        )
    rows = torch.cat([distribution_rows(initial[None]), distribution_rows(transition)])
    cost = -rows.log()
    step = (cost / spacing).round()
    off = torch.where(rows > 0, (cost - step * spacing).abs(), 0.0)
    jump = torch.where(rows > 0, step, 0.0).long()
    reached = torch.zeros(len(initial), int(jump[0].max()) + 1, dtype=torch.float64)
    reached[torch.arange(len(initial)), jump[0]] = rows[0]
    for _ in range(places - 1):
        reached = _advanced(reached, rows[1:], jump[1:])
    mass = reached.sum(0)
    taken = mass.nonzero()[:, 0]
    error = float(off[0].max() + (places - 1) * off[1:].max())
    # A whole number times a float is float32 in torch, and every digit counts here.
    return Atoms(taken.double() * spacing, mass[taken].log(), error)


def most_likely(
    initial: Float[Tensor, " v"], transition: Float[Tensor, "v v"], places: int, /
) -> tuple[Int[Tensor, " {places}"], float]:
    """Return the most likely sequence of a Markov chain, and its surprisal in nats.

    Among all sequences that end in a token, the best one so far is all that the next
    place must know of.

    Raises:
        ValueError: If `places` is below 1, or a row is no distribution.

    References:
        Viterbi (1967), Error bounds for convolutional codes and an asymptotically
        optimum decoding algorithm.
    """
    if places < 1:
        raise ValueError(f"{places} places; give at least one")
    best, step = (
        distribution_rows(initial).log(),
        distribution_rows(transition).log(),
    )
    came: list[Tensor] = []
    for _ in range(places - 1):
        best, before = (best[:, None] + step).max(0)
        came.append(before)
    path = [int(best.argmax())]
    for before in reversed(came):
        path.append(int(before[path[-1]]))
    return torch.tensor(path[::-1]), -float(best.max())


def distribution_rows(
    rows: Float[Tensor, "*prefix v"], /
) -> Float[Tensor, "*prefix v"]:
    """Return one distribution a row, in float64, without the rounding of what came.

    Raises:
        ValueError: If a row does not sum to 1, or something is negative.
    """
    total = rows.double().sum(-1, keepdim=True)
    if not ((total - 1).abs() < ROUNDING).all() or (rows < 0).any():
        raise ValueError(
            f"rows sum to {total[..., 0].tolist()}; each must sum to 1, and nothing in "
            "it be negative"
        )
    return rows.double() / total


def _advanced(
    reached: Float[Tensor, "v k"],
    transition: Float[Tensor, "v v"],
    jump: Tensor,
) -> Tensor:
    """Return the probability of each token and total surprisal one place later."""
    v, k = reached.shape
    later = reached.new_zeros(v, k + int(jump.max()))
    for a in range(v):
        for b in range(v):
            start = int(jump[a, b])
            later[b, start : start + k] += transition[a, b] * reached[a]
    return later
