r"""Noise in continuous time: tokens that jump, and jumps that lead back.

A *rate* is a probability per unit of time: in a short time `h` the token `a` turns into
`b` with probability `h R[a, b]`. Backwards, from noise to data, tokens jump too, by

    R^(x -> y) = R[y, x] p_r(y) / p_r(x)    for y that differs from x at one place.

The ratios of probabilities play the part that the score plays for signals, and as there
a denoiser gives them: with `p(c) = p(x_0i = c | x)` and the kernel `q_r` of one place,

    p_r(y) / p_r(x) = sum_c p(c) q_r(y_i | c) / q_r(x_i | c).

They are learnt by the *score entropy*, which is the divergence of jumps of the wrong
rates, a second, and so its integral over time bounds `-log p(x_0)`:

    sum_y R[y, x] (g_y - s_y log g_y + s_y (log s_y - 1)),

with the model's `g` and the ratios `s` for the clean token that is known in training.

Noise and its reversal together, `R + R^`, leave `p_r` as it is: a corrector, which may
be added at any strength. In between, time is the rate `r` of masking and runs down from
1 to 0; a unit of `-log(1 - r)`, that of generators, is `1 - r` of it.

References:
    Campbell et al. (2022), arXiv:2205.14987, propositions 1, 3 and 4 (reversal,
    tau-leaping, corrector).
    Lou et al. (2024), arXiv:2310.16834, section 3 (score entropy).
    Gat et al. (2024), arXiv:2407.15595, section 3.3 (corrector while sampling).
    Chen and Ying (2024), arXiv:2402.08095 (exact jumps by thinning).
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from gendiff.tokens.sampling import categorical
from gendiff.types import Step, level

Guess = Callable[[Tensor, Tensor], Tensor]
"""Maps tokens `(b, n)` and rates, `()` or `(b,)`, to logits `(b, n, v)` of `x_0`."""

Rates = Callable[[Tensor, Tensor], Tensor]
"""Maps tokens `(b, n)` and levels, `()` or `(b,)`, to the rates `(b, n, v)` of jumps.

Per unit of the level, which runs down. A jump to where a token is has rate 0.
"""


def kernels(
    generator: Float[Tensor, "v v"], rate: Float[Tensor, "*b"], /
) -> Float[Tensor, "*b v v"]:
    """Return `q_r` for every masking rate: `gendiff.tokens.corruption.kernel` from 0.

    Raises:
        ValueError: If a rate is not in [0, 1); at 1 time is infinite.
    """
    if not ((rate >= 0) & (rate < 1)).all():
        raise ValueError(f"rates {rate.tolist()}; give 0 <= rate < 1, 1 - 1e-9 for 1")
    time = -torch.log1p(-rate.to(generator))
    return torch.matrix_exp(time[..., None, None] * generator)


def ratios(
    clean: Float[Tensor, "b n c"],
    noisy: Int[Tensor, "b n"],
    kernels: Float[Tensor, "*b v v"],
    /,
) -> Float[Tensor, "b n v"]:
    """Return `p_r(y) / p_r(x)` for all tokens `y` at each place, from `p(x_0 | x)`.

    A clean token is never the mask, so `clean` may lack the last of the tokens. With
    one clean token certain these are the ratios of the kernel.
    """
    table = kernels[..., : clean.shape[-1], :].to(clean)
    table = table.expand(len(noisy), *table.shape[-2:])
    index = noisy[:, None].expand(-1, table.shape[1], -1)
    reached = table.gather(2, index).mT
    possible = reached > 0
    weight = torch.where(possible, clean / reached.where(possible, 1.0), 0.0)
    return weight @ table


def forward(
    noisy: Int[Tensor, "b n"], generator: Float[Tensor, "v v"], /
) -> Float[Tensor, "b n v"]:
    """Return `R(x -> y)`, the rates of the noise, per unit of `-log(1 - r)`."""
    return generator.to(noisy.device)[noisy].where(
        _elsewhere(noisy, len(generator)), 0.0
    )


def backward(
    ratios: Float[Tensor, "b n v"],
    noisy: Int[Tensor, "b n"],
    generator: Float[Tensor, "v v"],
    /,
) -> Float[Tensor, "b n v"]:
    """Return `R(y -> x) p(y) / p(x)`, the rates of reversal, in the same units.

    With `ratios` equal to 1 they are the weights of the score entropy.
    """
    into = generator.mT.to(ratios)[noisy] * ratios
    return into.where(_elsewhere(noisy, len(generator)), 0.0)


def score_entropy(
    guess: Float[Tensor, "b n v"],
    truth: Float[Tensor, "b n v"],
    weights: Float[Tensor, "b n v"],
    /,
) -> Float[Tensor, "b n"]:
    """Return `sum w (g - s log g + s (log s - 1))`: 0 where ratios are right, or above.

    What has no weight is left out, and what is impossible, `s = 0`, costs `g`.
    """
    counts = weights > 0
    guess, truth = guess.where(counts, 1.0), truth.where(counts, 1.0)
    excess = torch.xlogy(truth, truth) - torch.xlogy(truth, guess)
    return (weights * (guess - truth + excess)).sum(-1)


@dataclass(frozen=True)
class Reversal:
    """The rates of jumps that lead from noise to data, with a corrector if wished.

    `(1 + churn) R^ + churn R` has the same distributions `p_r` as `R^` alone. It makes
    up for errors of steps, and costs no further call. Let `churn` vanish in the last
    step, or what it corrupts stays so.
    """

    guess: Guess
    generator: Float[Tensor, "v v"]
    churn: Callable[[Tensor], Tensor] = torch.zeros_like
    """Maps rates to the strength of the corrector, 0 or above."""

    def __call__(
        self, x: Int[Tensor, "b n"], rate: Float[Tensor, "*_"], /
    ) -> Float[Tensor, "b n v"]:
        """Return the rates of all jumps, per unit of the masking rate."""
        clean = self.guess(x, rate).softmax(-1)
        found = ratios(clean, x, kernels(self.generator, rate))
        churn = self.churn(rate).to(clean).reshape(-1, 1, 1)
        back = (1 + churn) * backward(found, x, self.generator)
        both = back + churn * forward(x, self.generator).to(clean)
        return both / (1 - rate).to(clean).reshape(-1, 1, 1)


def leap(
    rates: Float[Tensor, "b n v"], x: Int[Tensor, "b n"], duration: float, /
) -> Float[Tensor, "b n v"]:
    """Return the probabilities of what each place becomes while its rates are held.

    To first order: a place jumps once, with probability `duration` times its rate, or
    for sure where that is above 1. With masks that is ancestral sampling.
    """
    move = duration * rates
    move = move / move.sum(-1, keepdim=True).clamp(min=1.0)
    stay = (1 - move.sum(-1, keepdim=True)).clamp(min=0.0)
    return move.scatter(-1, x[..., None], stay)


@torch.no_grad()
def leaping(
    rates: Rates,
    x: Int[Tensor, "b n"],
    grid: Sequence[float],
    rng: torch.Generator,
    /,
) -> Iterator[Step]:
    """Go down the levels of `grid`, all places at once, and yield each step.

    Raises:
        ValueError: If `grid` does not fall.
    """
    for high, low in itertools.pairwise(_falling(grid)):
        logits = leap(rates(x, level(high)), x, high - low).log()
        x = categorical(logits, rng)
        yield Step(x, logits, low)


@torch.no_grad()
def thinning(
    rates: Rates,
    x: Int[Tensor, "b n"],
    grid: Sequence[float],
    rng: torch.Generator,
    /,
    *,
    bounds: Sequence[float],
) -> Iterator[Step]:
    """Go down the levels of `grid` by single jumps, without error, and yield each.

    While the rate of all jumps of a sequence together is below a bound, jumps may be
    proposed at the rate of the bound, and each is taken with probability rate over
    bound. `bounds` has one for every stretch of the grid.

    Raises:
        ValueError: If `grid` does not fall, bounds are not one fewer than its levels,
            or a rate is above its bound.
    """
    if len(bounds) != len(grid) - 1:
        raise ValueError(f"{len(bounds)} bounds for {len(grid)} levels; give one fewer")
    stretches = itertools.pairwise(_falling(grid))
    for (high, low), bound in zip(stretches, bounds, strict=True):
        now = torch.full((len(x),), high, dtype=torch.float64)
        while True:
            wait = torch.empty_like(now).exponential_(generator=rng) / bound
            now = now - wait
            if (now <= low).all():
                break
            found = rates(x, now.clamp(min=low)).flatten(1)
            total = found.sum(1)
            if (total.double().cpu() > bound * (1 + 1e-9))[now > low].any():
                raise ValueError(f"rates up to {float(total.max())}; raise {bound}")
            chance = torch.rand(len(x), generator=rng, dtype=torch.float64) * bound
            jumps = (now > low) & (chance < total.double().cpu())
            x = _jumped(x, found, jumps, rng)
        yield Step(x, x, low)


def _jumped(
    x: Int[Tensor, "b n"],
    found: Float[Tensor, "b nv"],
    jumps: Bool[Tensor, " b"],
    rng: torch.Generator,
) -> Int[Tensor, "b n"]:
    """Let one place jump in each of the rows told."""
    rows = jumps.nonzero()[:, 0].to(x.device)
    if not len(rows):
        return x
    vocabulary = found.shape[1] // x.shape[1]
    drawn = categorical(found[rows].log(), rng)
    place, token = drawn // vocabulary, drawn % vocabulary
    return x.index_put((rows, place), token)


def _elsewhere(noisy: Int[Tensor, "b n"], vocabulary: int) -> Bool[Tensor, "b n v"]:
    return torch.arange(vocabulary, device=noisy.device) != noisy[..., None]


def _falling(grid: Sequence[float]) -> Sequence[float]:
    if len(grid) < 2 or not all(a > b for a, b in itertools.pairwise(grid)):
        raise ValueError(f"levels {list(grid)}; give numbers that fall")
    return grid
