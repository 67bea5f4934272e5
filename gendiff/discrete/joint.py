r"""Distributions of short sequences, known in full.

With `v` tokens and `n` places there are `v^n` sequences. While that is a few ten
thousand, a distribution can be a table with a number for every sequence, and all that a
model could be asked has an exact answer: the next token after a prefix, a blank given
what stands around it, an entropy. A `Joint` is such a table. Called with tokens it
answers as a causal network does, so that it can stand in for one.

Two ways to change a distribution meet here. One acts on the *joint*,

    tempered  p(x)^g / Z,      guided  p(x)^(1 - g) p(x | y)^g / Z,

the other, `..._by_place`, on every *conditional* `p(x_i | x_<i)` on its own, as
sampling token by token must. With `r(x) = p(y | x)` the guided conditionals are

    joint      p(x_i | x_<i)  E[r(x)^g | x_<=i],
    by place   p(x_i | x_<i)  E[r(x) | x_<=i]^g,

each normalised: the average over futures stands outside the power, or inside.

References:
    Shih et al. (2023), arXiv:2302.03686, section 3 (temperature of the joint).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from gendiff.discrete.sources import distribution_rows

SUM = 1e-9
"""How far from 1 the probabilities of a table may sum."""


@dataclass(frozen=True)
class Joint:
    """A distribution over sequences: the log-probability of each, in nats.

    Axis `i` of the table is the token at place `i`. A prefix or a context that has
    probability zero has no conditional distribution; asked for it, a joint answers
    "uniform".

    Raises:
        ValueError: If the table is not float64, its axes are not of one size, or its
            probabilities do not sum to 1.
    """

    log_probability: Float[Tensor, "*v"]

    def __post_init__(self) -> None:
        table = self.log_probability
        if table.dtype != torch.float64:
            raise ValueError(f"the table is {table.dtype}; use float64")
        if table.ndim < 1 or len(set(table.shape)) > 1:
            raise ValueError(
                f"the table has shape {tuple(table.shape)}; give every place one axis "
                "of the same size, the number of tokens"
            )
        total = float(table.exp().sum())
        if not abs(total - 1) < SUM:
            raise ValueError(
                f"probabilities sum to {total}; `normalised` makes them sum to 1"
            )

    @property
    def places(self) -> int:
        """The length of a sequence."""
        return self.log_probability.ndim

    @property
    def vocabulary(self) -> int:
        """The number of tokens; as a token, the mark of a hidden place."""
        return self.log_probability.shape[0]

    @property
    def probability(self) -> Float[Tensor, "*v"]:
        """The probability of every sequence."""
        return self.log_probability.exp()

    @cached_property
    def prefixes(self) -> list[Tensor]:
        """The log-probability of every prefix of 0, 1 ... n tokens."""
        # They are kept, so nothing may stay in them of the mode of the first call.
        with torch.inference_mode(mode=False), torch.no_grad():
            tables = [self.log_probability]
            while tables[-1].ndim:
                tables.append(tables[-1].logsumexp(-1))
            return tables[::-1]

    def conditional(self, place: int, /) -> Float[Tensor, "*prefix v"]:
        """Return `log p(x_i | x_<i)` for every prefix: a table of `i + 1` axes."""
        return _normalised(self.prefixes[place + 1])

    def __call__(self, tokens: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
        """Return the logits of every place given the tokens *before* it.

        Raises:
            ValueError: If there are more places than the distribution has.
        """
        if tokens.shape[1] > self.places:
            raise ValueError(
                f"{tokens.shape[1]} places; the distribution has {self.places}"
            )
        return torch.stack(
            [self.next_logits(tokens[:, :i]) for i in range(tokens.shape[1])], dim=1
        )

    def next_logits(self, prefix: Int[Tensor, "b m"], /) -> Float[Tensor, "b v"]:
        """Return the logits of the token after each prefix.

        Raises:
            ValueError: If the prefix leaves no place.
        """
        if prefix.shape[1] >= self.places:
            raise ValueError(
                f"all {self.places} places of the distribution have a token"
            )
        if not prefix.shape[1]:
            return self.conditional(0).expand(len(prefix), -1)
        return self.conditional(prefix.shape[1])[prefix.unbind(dim=1)]

    def fill(self, tokens: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
        """Return `log p(x_i | visible tokens)`: the exact model of masked tokens.

        A hidden place holds the number `vocabulary`. A visible place is certain: its
        token has log-probability 0 and all others `-inf`.

        Raises:
            ValueError: If there are not as many places as the distribution has.
        """
        if tokens.shape[1] != self.places:
            raise ValueError(
                f"{tokens.shape[1]} places; the distribution has {self.places}"
            )
        hidden = tokens == self.vocabulary
        seen = functional.one_hot(tokens.where(~hidden, 0), self.vocabulary).double()
        allowed = torch.where(hidden[..., None], 0.0, seen.log())
        table = self.log_probability
        for place, distribution in enumerate(allowed.unbind(dim=1)):
            after = [1] * (self.places - place - 1)
            table = table + distribution.reshape(
                -1, *[1] * place, self.vocabulary, *after
            )
        axes = range(1, self.places + 1)
        distributions = [
            _summed(table, [a for a in axes if a != axis]) for axis in axes
        ]
        return _normalised(torch.stack(distributions, dim=1))

    def marginal(self, place: int, /) -> Float[Tensor, " v"]:
        """Return the probability of every token at a place."""
        others = [axis for axis in range(self.places) if axis != place]
        return _summed(self.log_probability, others).exp()

    def entropy(self) -> float:
        """Return the entropy of a sequence in nats."""
        return float(torch.special.entr(self.probability).sum())

    def permuted(self, order: Sequence[int], /) -> "Joint":
        """Return the joint of the same places read in another order."""
        return Joint(self.log_probability.permute(*order))

    def sample(
        self, n: int, generator: torch.Generator, /
    ) -> Int[Tensor, "{n} {self.places}"]:
        """Draw `n` sequences from the table, whole."""
        flat = self.probability.flatten()
        drawn = torch.multinomial(flat, n, replacement=True, generator=generator)
        indices = torch.unravel_index(drawn, self.log_probability.shape)
        return torch.stack(indices, dim=1)


def normalised(log_weight: Float[Tensor, "*v"], /) -> Joint:
    """Return the distribution whose log-probabilities are these, up to a constant."""
    log_weight = log_weight.double()
    return Joint(log_weight - log_weight.flatten().logsumexp(0))


def independent(probability: Float[Tensor, "n v"], /) -> Joint:
    """Return the distribution of places that know nothing of each other.

    Raises:
        ValueError: If a row is no distribution.
    """
    total = torch.zeros((), dtype=torch.float64)
    for row in distribution_rows(probability).log():
        total = total[..., None] + row
    return Joint(total)


def chain(
    initial: Float[Tensor, " v"], transition: Float[Tensor, "v v"], places: int, /
) -> Joint:
    """Return the distribution of a Markov chain: `p(x_1) prod_i p(x_i | x_{i-1})`.

    Row `a` of `transition` is the distribution of the token after `a`.

    Raises:
        ValueError: If `places` is below 1, or a row is no distribution.
    """
    if places < 1:
        raise ValueError(f"{places} places; a chain has at least 1")
    total = distribution_rows(initial).log()
    step = distribution_rows(transition).log()
    for _ in range(places - 1):
        total = total[..., None] + step
    return Joint(total)


def random(places: int, vocabulary: int, generator: torch.Generator, /) -> Joint:
    """Draw a distribution: each is as likely as any other (uniform on the simplex)."""
    weight = torch.empty([vocabulary] * places, dtype=torch.float64)
    return normalised(weight.exponential_(generator=generator).log())


def from_conditionals(logits: Sequence[Float[Tensor, "..."]], /) -> Joint:
    """Return the product of conditionals, each normalised over its last axis.

    The table of place `i` has `i + 1` axes: the prefix, then the token.
    """
    total = torch.zeros((), dtype=torch.float64)
    for table in logits:
        total = total[..., None] + table.log_softmax(-1)
    return Joint(total)


def given(joint: Joint, log_likelihood: Float[Tensor, "*v"], /) -> Joint:
    """Return `p(x | y)` by Bayes' rule from `log p(y | x)`."""
    return normalised(joint.log_probability + log_likelihood)


def tempered(joint: Joint, power: float, /) -> Joint:
    """Return `p(x)^power / Z`: the temperature `1 / power`, of the joint."""
    return normalised(_scaled(joint.log_probability, power))


def tempered_by_place(joint: Joint, power: float, /) -> Joint:
    """Return the product of the conditionals at temperature `1 / power`."""
    return shaped(joint, lambda logits: _scaled(logits, power))


def shaped(joint: Joint, shape: Callable[[Tensor], Tensor], /) -> Joint:
    """Return the distribution of sampling token by token with shaped conditionals.

    `shape` maps logits `(b, v)` to logits, like all of `gendiff.tokens.decoding`.
    """
    tables = [joint.conditional(i) for i in range(joint.places)]
    return from_conditionals(
        [shape(t.reshape(-1, joint.vocabulary)).reshape(t.shape) for t in tables]
    )


def guided(free: Joint, conditional: Joint, scale: float, /) -> Joint:
    """Return `free^(1 - scale) conditional^scale / Z`, guidance of the joint.

    With `free = p(x)` and `conditional = p(x | y)` that is `p(x) p(y | x)^scale / Z`.
    Scale 1 is the conditional distribution: no guidance.
    """
    return normalised(
        _contrast(free.log_probability, conditional.log_probability, scale)
    )


def guided_by_place(free: Joint, conditional: Joint, scale: float, /) -> Joint:
    """Return the product of guided conditionals, as sampling by token guides."""
    return from_conditionals(
        [
            _contrast(free.conditional(i), conditional.conditional(i), scale)
            for i in range(free.places)
        ]
    )


def factor(changed: Joint, joint: Joint, /) -> Float[Tensor, "*v"]:
    """Return by what the probability of every sequence was multiplied.

    Of `guided` it is `p(y | x)^g / E[p(y | x)^g]`. NaN where there was nothing.
    """
    return (changed.log_probability - joint.log_probability).exp()


def total_variation(p: Joint, q: Joint, /) -> float:
    """Return `sum |p - q| / 2`: the mass that would have to move, from 0 to 1."""
    return float((p.probability - q.probability).abs().sum() / 2)


def divergence(p: Joint, q: Joint, /) -> float:
    """Return the Kullback-Leibler divergence `E_p log(p / q)` in nats."""
    ratio = p.log_probability - q.log_probability
    return float(torch.where(p.probability > 0, p.probability * ratio, 0.0).sum())


def _normalised(logits: Float[Tensor, "*prefix v"]) -> Float[Tensor, "*prefix v"]:
    """Return log-probabilities; uniform where nothing is possible."""
    nothing = (logits == -torch.inf).all(-1, keepdim=True)
    return torch.where(nothing, 0.0, logits).log_softmax(-1)


def _summed(table: Tensor, axes: Sequence[int]) -> Tensor:
    """Sum probabilities over axes; over none, which torch takes for all, nothing."""
    return table.logsumexp(list(axes)) if axes else table


def _scaled(logits: Tensor, power: float) -> Tensor:
    """Multiply, leaving what is impossible impossible (0 times inf is NaN)."""
    return torch.where(logits > -torch.inf, power * logits, logits)


def _contrast(away: Tensor, toward: Tensor, scale: float) -> Tensor:
    """Extrapolate, leaving what the first distribution excludes excluded."""
    if not scale:
        return away
    return away + scale * torch.where(away > -torch.inf, toward - away, 0.0)
