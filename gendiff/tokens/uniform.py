r"""Multinomial diffusion: some tokens are drawn anew, and none says which.

At rate `r` each token has been replaced, with probability `r`, by one of all `v`:

    q_r(x | x_0) = (1 - r) [x = x_0] + r / v.

A model reads the tokens and the rate, since how far to trust what stands at a place
depends on it, and says what each was, `p(c) = p(x_0i = c | x)`. By Bayes' rule that
is what the *other* places say times what this one does, so the former is

    w(c) = p(c) / q_r(x_i | c),   up to a factor,

and with `W = sum_c w(c)` and `a = (1 - r) / (1 - s)` everything else follows in closed
form, the step down to a rate `s` and the ratios of probabilities:

    p(x_s = l | x_r = h) = (a [l = h] + (1 - a) / v) ((1 - s) w(l) + s W / v),
    p_r(y) / p_r(x_i)    = (1 - r) w(y) + r W / v.

The papers put the network's output in the place of `w`. That too is right, of a network
that learns what the other places say; it is wrong of one that predicts the clean token.

References:
    Hoogeboom et al. (2021), arXiv:2102.05379, section 4 (the noise, and steps).
    Schiff et al. (2024), arXiv:2412.10193 (the bound in continuous time).
    Gourevitch et al. (2026), arXiv:2605.22765 (the other places: their
    leave-one-out posterior).
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from gendiff.levels import strata
from gendiff.tokens.jumps import Guess, score_entropy
from gendiff.tokens.sampling import categorical
from gendiff.tokens.unmasking import demand_rates
from gendiff.types import Batch, Step, level


def noise(
    tokens: Int[Tensor, "b n"],
    rate: Float[Tensor, " b"],
    vocabulary: int,
    generator: torch.Generator,
    /,
) -> Int[Tensor, "b n"]:
    """Draw each token anew with the probability `rate` of its sequence."""
    uniform = torch.rand(tokens.shape, generator=generator, dtype=torch.float64)
    hit = uniform < rate.double().cpu()[:, None]
    drawn = torch.randint(vocabulary, tokens.shape, generator=generator)
    return torch.where(hit.to(tokens.device), drawn.to(tokens), tokens)


def leave_one_out(
    clean: Float[Tensor, "b n v"],
    noisy: Int[Tensor, "b n"],
    rate: Float[Tensor, "*_"],
    /,
) -> Float[Tensor, "b n v"]:
    """Return `p(x_0i = c | x) / q_r(x_i | c)`, what all other places say of a token."""
    rate = rate.to(clean).reshape(-1, 1, 1)
    by_chance = (rate / clean.shape[-1]).expand_as(clean)
    own = by_chance[..., :1] + 1 - rate
    return clean / by_chance.scatter(-1, noisy[..., None], own)


def ratios(
    clean: Float[Tensor, "b n v"],
    noisy: Int[Tensor, "b n"],
    rate: Float[Tensor, "*_"],
    /,
) -> Float[Tensor, "b n v"]:
    """Return `p_r(y) / p_r(x)` for all tokens `y` at each place, from `p(x_0 | x)`."""
    return _spread(leave_one_out(clean, noisy, rate), rate)


def step(
    clean: Float[Tensor, "b n v"],
    noisy: Int[Tensor, "b n"],
    high: float,
    low: float,
    /,
) -> Float[Tensor, "b n v"]:
    """Return `p(x_low | x_high)` of every place: the posterior, averaged over `x_0`."""
    stays = (1 - high) / (1 - low)
    from_any = (1 - stays) / clean.shape[-1]
    came = torch.full_like(clean, from_any)
    came = came.scatter(-1, noisy[..., None], stays + from_any)
    return came * _spread(leave_one_out(clean, noisy, level(high)), level(low))


def bound(
    clean: Float[Tensor, "b n v"],
    tokens: Int[Tensor, "b n"],
    noisy: Int[Tensor, "b n"],
    rate: Float[Tensor, " b"],
    /,
) -> Float[Tensor, "b n"]:
    """Return what each place adds to the bound on `-log p(x_0)`, per unit of rate.

    In nats. Its mean over noise, integrated over rates from 0 to 1, is the bound; with
    the exact posterior and averaged over data that is the entropy. It vanishes at 1.
    """
    # Towards rate 1 all ratios go to 1, and it is what they lack that counts.
    exact, rate = clean.double(), rate.double()
    known = functional.one_hot(tokens, clean.shape[-1]).to(exact)
    weights = torch.full_like(exact, 1 / clean.shape[-1])
    weights = weights.scatter(-1, noisy[..., None], 0.0)
    found, truth = ratios(exact, noisy, rate), ratios(known, noisy, rate)
    left = (1 - rate).clamp(min=1e-8)  # below, all that is found is rounding
    return (score_entropy(found, truth, weights) / left[:, None]).to(clean)


@dataclass(frozen=True)
class Bound:
    """The loss of a model of redrawn tokens: the bound, in nats a sequence.

    On batches `(tokens, *given)`; the model is called once, as `model(noisy, rate,
    *given)`.
    """

    vocabulary: int

    def __call__(
        self, model: Callable[..., Tensor], batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return an unbiased estimate from each sequence.

        Rates are squares of numbers that are spread evenly over the batch. A replaced
        token costs about `1 / r`, so at even rates the variance would be infinite.
        """
        tokens, *given = batch
        root = strata(len(tokens), generator).to(tokens.device)
        rate = root**2
        noisy = noise(tokens, rate, self.vocabulary, generator)
        clean = model(noisy, rate, *given).softmax(-1)
        return 2 * root.to(clean) * bound(clean, tokens, noisy, rate).sum(1)


@torch.no_grad()
def ancestral(
    guess: Guess,
    x: Int[Tensor, "b n"],
    rates: Sequence[float],
    generator: torch.Generator,
    /,
) -> Iterator[Step]:
    """Go down a grid of rates, from 1 to 0, and yield each step; `x` is pure noise.

    Places of a step are drawn as if they knew nothing of each other, so the error is
    that of few steps; one place alone is exact in one.

    Raises:
        ValueError: If `rates` does not fall from 1 to 0.
    """
    demand_rates(rates)
    for high, low in itertools.pairwise(rates):
        clean = guess(x, level(high)).softmax(-1)
        logits = step(clean, x, high, low).log()
        x = categorical(logits, generator)
        yield Step(x, logits, low)


def _spread(
    weight: Float[Tensor, "b n v"], rate: Float[Tensor, "*_"]
) -> Float[Tensor, "b n v"]:
    """Send weights of clean tokens through the noise: `(1 - r) w + r W / v`."""
    rate = rate.to(weight).reshape(-1, 1, 1)
    return (1 - rate) * weight + rate * weight.mean(-1, keepdim=True)
