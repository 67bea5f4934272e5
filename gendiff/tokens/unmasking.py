r"""Samplers of masked diffusion: in what order hidden places are written, and undone.

All begin with tokens some of which hold the mask, the number `v`, and all read nothing
but the logits of the hidden places given the visible ones. What was visible at the
start is never changed.

* `any_order` writes a given number of random places a step. One at a time it is exact;
  several at a time are drawn as if they knew nothing of each other.
* `ancestral` reverses the masking rate: a hidden place is written on the way from rate
  `t` to `s` with probability `1 - s / t`, so that numbers are binomial.
* `confident` draws all hidden places and keeps the likeliest draws. It samples another
  distribution, even one place at a time with an exact model.
* `surest` writes where the most probable token is surest, whatever is then drawn there.
  The order hangs on nothing that is not written yet, so one place a step is exact.
* `remasking` hides written places again with probability `forget`, and writes more to
  make up for it: a token is no longer final. Places forgotten together are written
  together, so with an exact model and many steps it can be farther off.

References:
    Austin et al. (2021), arXiv:2107.03006, section 3 (ancestral sampling).
    Chang et al. (2022), arXiv:2202.04200, section 3.2 (by confidence).
    Wang et al. (2025), arXiv:2503.00307, equations 4 and 5 (remasking).
"""

import itertools
from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from gendiff.tokens.masked import Fill, demand_counts
from gendiff.tokens.sampling import categorical
from gendiff.types import Step


def any_order(
    fill: Fill,
    x: Int[Tensor, "b n"],
    mask: int,
    counts: Sequence[int],
    generator: torch.Generator,
    /,
) -> Iterator[Step]:
    """Write random places, leaving `counts` of them hidden, and yield each step.

    Raises:
        ValueError: If `counts` does not fall to 0 from the hidden places of each row,
            or the mask could be written.
    """
    return confident(fill, x, mask, counts, generator, noise=torch.inf)


@torch.no_grad()
def confident(
    fill: Fill,
    x: Int[Tensor, "b n"],
    mask: int,
    counts: Sequence[int],
    generator: torch.Generator,
    /,
    *,
    noise: float,
) -> Iterator[Step]:
    """Draw all hidden places, keep the likeliest, and yield each step.

    Confidence is the log-probability of the draw, plus Gumbel noise times `noise` times
    the fraction of places that will be left hidden (in MaskGIT's code, the fraction of
    steps that is left). Infinite noise is `any_order`.

    Raises:
        ValueError: If `counts` does not fall to 0 from the hidden places of each row,
            `noise` is not 0 or above, or the mask could be written.
    """
    demand_hidden(x, mask, counts)
    if not noise >= 0:
        raise ValueError(f"noise is {noise}; give 0 or above, inf for a random order")
    for after in counts[1:]:
        logits = fill(x)
        drawn = _drawn(logits, mask, generator).to(x)
        gumbel = -torch.empty(x.shape).exponential_(generator=generator).log()
        confidence = gumbel.to(logits)
        if noise < torch.inf:
            logs = logits.log_softmax(-1).gather(-1, drawn[..., None])[..., 0]
            confidence = logs + noise * after / counts[0] * confidence
        x = _written(x, drawn, confidence, mask, after)
        yield Step(x, logits, after / x.shape[1])


@torch.no_grad()
def surest(
    fill: Fill,
    x: Int[Tensor, "b n"],
    mask: int,
    counts: Sequence[int],
    generator: torch.Generator,
    /,
) -> Iterator[Step]:
    """Write where the most probable token is most probable, and yield each step.

    Raises:
        ValueError: If `counts` does not fall to 0 from the hidden places of each row,
            or the mask could be written.
    """
    demand_hidden(x, mask, counts)
    for after in counts[1:]:
        logits = fill(x)
        sure = logits.log_softmax(-1).amax(-1)
        x = _written(x, _drawn(logits, mask, generator).to(x), sure, mask, after)
        yield Step(x, logits, after / x.shape[1])


def ancestral(
    fill: Fill,
    x: Int[Tensor, "b n"],
    mask: int,
    rates: Sequence[float],
    generator: torch.Generator,
    /,
) -> Iterator[Step]:
    """Go down a grid of masking rates, from 1 to 0, and yield each step.

    Raises:
        ValueError: If `rates` does not fall from 1 to 0, no place is hidden, or the
            mask could be written.
    """
    return remasking(fill, x, mask, rates, generator, forget=0.0)


@torch.no_grad()
def remasking(
    fill: Fill,
    x: Int[Tensor, "b n"],
    mask: int,
    rates: Sequence[float],
    generator: torch.Generator,
    /,
    *,
    forget: float,
) -> Iterator[Step]:
    """Go down a grid of masking rates, hiding places again, and yield each step.

    `forget` is the probability, in each step, that a written place is hidden; less
    where rates leave no room for it, so nothing is hidden at the end.

    Raises:
        ValueError: If `rates` does not fall from 1 to 0, `forget` is no probability, no
            place is hidden, or the mask could be written.
    """
    demand_rates(rates)
    if not 0 <= forget <= 1:
        raise ValueError(f"forget is {forget}; give a probability")
    free = x == mask
    if len(x) and not free.any():
        raise ValueError(f"no place holds the mask, {mask}; hide what is to be written")
    for high, low in itertools.pairwise(rates):
        hide = min(forget, low / (1 - high)) if high < 1 else 0.0
        # A place is hidden at `low` with probability `low`, whether it comes from
        # hidden ones, `high * (1 - write)`, or from written ones, `(1 - high) * hide`.
        write = 1 - (low - (1 - high) * hide) / high
        logits = fill(x)
        drawn = _drawn(logits, mask, generator).to(x)
        hidden = x == mask
        x = torch.where(hidden & _coin(x, write, generator), drawn, x)
        x = x.where(hidden | ~free | ~_coin(x, hide, generator), mask)
        yield Step(x, logits, low)


def demand_hidden(x: Int[Tensor, "b n"], mask: int, counts: Sequence[int], /) -> None:
    """Check that counts of hidden places fall to 0 from those of each row.

    Raises:
        ValueError: If they don't.
    """
    demand_counts(counts)
    if not ((x == mask).sum(1) == counts[0]).all():
        raise ValueError(
            f"{(x == mask).sum(1).tolist()} hidden places; counts begin with "
            f"{counts[0]}, which must be the number in every row"
        )


def demand_rates(rates: Sequence[float], /) -> None:
    """Check that a grid of rates falls from 1 to 0.

    Raises:
        ValueError: If it doesn't.
    """
    falls = all(a > b for a, b in itertools.pairwise(rates))
    if len(rates) < 2 or not falls or rates[0] != 1 or rates[-1] != 0:
        raise ValueError(f"rates {list(rates)}; give numbers that fall from 1 to 0")


def _written(
    x: Int[Tensor, "b n"],
    tokens: Int[Tensor, "b n"],
    confidence: Float[Tensor, "b n"],
    mask: int,
    after: int,
) -> Int[Tensor, "b n"]:
    """Write tokens at the hidden places of highest confidence, but for `after`."""
    # Visible places come first, and so they never lose their tokens.
    order = confidence.where(x == mask, torch.inf).argsort(1, descending=True)
    keep = order.argsort(1) < x.shape[1] - after
    return torch.where((x == mask) & keep, tokens, x)


def demand_tokens(logits: Float[Tensor, "b n v"], mask: int, /) -> None:
    """Check that a model of hidden tokens does not answer with the mask.

    Raises:
        ValueError: If the mask has a logit above `-inf`.
    """
    if logits.shape[-1] > mask and (logits[..., mask] > -torch.inf).any():
        raise ValueError(
            f"the logits have a column for {mask}, the mask, which would be written; "
            "cut it, by -inf, or give the mask another number"
        )


def _drawn(
    logits: Float[Tensor, "b n v"], mask: int, generator: torch.Generator
) -> Int[Tensor, "b n"]:
    demand_tokens(logits, mask)
    return categorical(logits, generator)


def _coin(
    x: Int[Tensor, "b n"], probability: float, generator: torch.Generator
) -> Bool[Tensor, "b n"]:
    uniform = torch.rand(x.shape, generator=generator, dtype=torch.float64)
    return (uniform < probability).to(x.device)
