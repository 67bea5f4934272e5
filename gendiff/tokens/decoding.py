r"""Shaping the distribution of the next token.

A model of the next token puts some mass on every token. Few of them are good, and the
many bad ones together are drawn too often, so the logits are *shaped* before a token is
drawn. A shape is a function from logits to logits; what it cuts gets `-inf`; shapes
compose, `partial(top_k, k=40)` after `partial(temperature, tau=0.7)`:

    temperature   p_i^(1 / tau), normalised
    top_k         the k most probable tokens
    nucleus       the fewest most probable tokens with a fraction of the mass
    typical       the tokens whose surprisal -log p_i is nearest to the entropy

All act on one place at a time. What that does to whole sequences is another matter:
`gendiff.discrete.joint.shaped` computes it.

References:
    Fan et al. (2018), arXiv:1805.04833, section 5.3 (top-k).
    Holtzman et al. (2020), arXiv:1904.09751, eqs. 2 and 3 (nucleus).
    Meister et al. (2023), arXiv:2202.00666, eq. 10 (typical).
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from gendiff.applied import Applied

TIE = 1e-13
"""Masses this close are equal: what float64 leaves of a sum of probabilities."""

Shape = Callable[[Tensor], Tensor]
"""Maps the logits of the next token, `(b, v)`, to others; `-inf` cuts a token."""


def unchanged(logits: Float[Tensor, "b v"], /) -> Float[Tensor, "b v"]:
    """Return the logits as they are."""
    return logits


def temperature(logits: Float[Tensor, "b v"], /, *, tau: float) -> Float[Tensor, "b v"]:
    """Divide the logits by `tau`: below 1 sharpens, above 1 flattens.

    Raises:
        ValueError: If `tau` is not positive, or the logits are no distribution.
    """
    if not 0 < tau < float("inf"):
        raise ValueError(
            f"temperature is {tau}; give a positive number (`top_k` with k = 1 is the "
            "limit 0)"
        )
    demand_distribution(logits)
    return logits / tau


def top_k(logits: Float[Tensor, "b v"], /, *, k: int) -> Float[Tensor, "b v"]:
    """Keep the `k` most probable tokens; of equal ones, those numbered lower.

    `k = 1` is greedy decoding.

    Raises:
        ValueError: If `k` is below 1, or the logits are no distribution.
    """
    if k < 1:
        raise ValueError(f"k is {k}; keep at least 1 token")
    demand_distribution(logits)
    first = torch.zeros_like(logits, dtype=torch.bool)
    first[:, :k] = True
    return _cut(logits, first, by=-logits)


def nucleus(logits: Float[Tensor, "b v"], /, *, p: float) -> Float[Tensor, "b v"]:
    """Keep the fewest most probable tokens that have `p` of the mass together.

    The token that crosses the threshold is kept.

    Raises:
        ValueError: If `p` lies outside (0, 1], or the logits are no distribution.
    """
    return _with_mass(logits, p, by=-logits)


def typical(logits: Float[Tensor, "b v"], /, *, p: float) -> Float[Tensor, "b v"]:
    """Keep the fewest tokens of nearly expected surprisal with `p` of the mass.

    They are taken in order of `|-log p_i - H|`, the distance of a token's surprisal
    from the entropy. Even the most probable token can fall out.

    Raises:
        ValueError: If `p` lies outside (0, 1], or the logits are no distribution.
    """
    demand_distribution(logits)
    log_p = logits.double().log_softmax(-1)
    entropy = torch.special.entr(log_p.exp()).sum(-1, keepdim=True)
    return _with_mass(logits, p, by=(log_p + entropy).abs())


def composed(*shapes: Shape) -> Shape:
    """Return the shape that applies these one after the other, the first first."""
    return Applied(_composed, shapes)


def _composed(
    shapes: tuple[Shape, ...], logits: Float[Tensor, "b v"], /
) -> Float[Tensor, "b v"]:
    for each in shapes:
        logits = each(logits)
    return logits


def demand_distribution(logits: Float[Tensor, "*places v"], /) -> None:
    """Check that every row of logits is the distribution of a token.

    A NaN is neither largest nor cut, so that a broken model would look like a certain
    one.

    Raises:
        ValueError: If a logit is NaN or `inf`, or all of a row are `-inf`.
    """
    if logits.isnan().any() or (logits == torch.inf).any():
        raise ValueError(
            "a logit is NaN or inf; look for what went wrong in the model, or for a "
            "loss that was NaN in its training"
        )
    if (logits == -torch.inf).all(-1).any():
        raise ValueError("all logits of a row are -inf; leave at least one token")


def _with_mass(
    logits: Float[Tensor, "b v"], p: float, *, by: Float[Tensor, "b v"]
) -> Float[Tensor, "b v"]:
    """Keep tokens in rising order of `by` until they have `p` of the mass.

    A token stays while those before it lack something, that is while it and those
    after it have more than `1 - p`; tails are summed since they are exact at 1.
    """
    if not 0 < p <= 1:
        raise ValueError(f"p is {p}; give a fraction of the mass in (0, 1]")
    demand_distribution(logits)
    mass = logits.double().softmax(-1).gather(-1, _order(by))
    tail = mass.flip(-1).cumsum(-1).flip(-1)
    # A sum that equals p up to rounding has it; where all of the mass is asked
    # for, nothing is too little to count.
    keep = tail > (1 - p + TIE if p < 1 else 0)
    keep[:, 0] = True  # rounding must not empty a set
    return _cut(logits, keep, by=by)


def _cut(
    logits: Float[Tensor, "b v"], keep: Bool[Tensor, "b v"], *, by: Float[Tensor, "b v"]
) -> Float[Tensor, "b v"]:
    """Cut what `keep`, given in rising order of `by`, leaves out."""
    kept = torch.zeros_like(keep).scatter(-1, _order(by), keep)
    return logits.masked_fill(~kept, -torch.inf)


def _order(by: Float[Tensor, "b v"]) -> Int[Tensor, "b v"]:
    return by.argsort(dim=-1, stable=True)
