r"""Noise for tokens: Markov kernels that replace one token by another.

Row `a` of a *kernel* is the distribution of what becomes of token `a`. Here kernels
come from a *generator* `R`, whose entry `R[a, b]` is how often `a` turns into `b` in a
unit of time, and whose rows sum to 0. Over a time `t` that makes `exp(t R)`, and so
the kernel from any level to any other is closed: no product over steps is needed.

The clock is the masking rate `r`, with time `-log(1 - r)`: a token whose noise comes at
rate 1 has been hit by then with probability `r`. From level `r` to level `s`,

    K(r, s) = exp(log((1 - r) / (1 - s)) R),     K(r, s) K(s, u) = K(r, u),

and with `P` the kernel of one hit, `R = P - I`. If a second hit changes nothing,
`P P = P`, that is `(1 - r) I + r P`: the masks and the multinomial noise of the papers.

References:
    Austin et al. (2021), arXiv:2107.03006, section 3, appendices A.2 and B
    (kernels of tokens; their posterior is equation 3).
    Hoogeboom et al. (2021), arXiv:2102.05379, section 4 (multinomial diffusion).
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor


def absorbing(vocabulary: int, /) -> Float[Tensor, "w w"]:
    """Return the generator that hides tokens; `w = v + 1`, and the last is the mask."""
    hit = torch.zeros(vocabulary + 1, vocabulary + 1, dtype=torch.float64)
    hit[:, vocabulary] = 1.0
    return hit - torch.eye(vocabulary + 1, dtype=torch.float64)


def uniform(vocabulary: int, /) -> Float[Tensor, "{vocabulary} {vocabulary}"]:
    """Return the generator that draws a token anew, each as likely as any other."""
    hit = torch.full((vocabulary, vocabulary), 1 / vocabulary, dtype=torch.float64)
    return hit - torch.eye(vocabulary, dtype=torch.float64)


def banded(vocabulary: int, /) -> Float[Tensor, "{vocabulary} {vocabulary}"]:
    """Return the generator of steps to the next number up or down, at rate 1/2 each.

    For tokens with an order, such as levels of grey. At the ends half the steps are
    lost, so that all tokens end up equally likely.
    """
    step = torch.ones(vocabulary - 1, dtype=torch.float64) / 2
    return _balanced(torch.diag(step, 1) + torch.diag(step, -1))


def nearest(points: Float[Tensor, "v d"], k: int, /) -> Float[Tensor, "v v"]:
    """Return the generator of steps between neighbours, tokens embedded in space.

    Two tokens exchange at rate `1 / k` if each is among the other's `k` nearest, and at
    half that if only one is. Symmetric, so that all tokens end up equally likely if
    neighbours connect them all.

    Raises:
        ValueError: If a token has no `k` others.
    """
    if not 1 <= k < len(points):
        raise ValueError(
            f"k is {k} for {len(points)} tokens; give 1 to {len(points) - 1}"
        )
    distance = torch.cdist(points.double(), points.double())
    close = distance.fill_diagonal_(torch.inf).topk(k, largest=False).indices
    adjacent = torch.zeros_like(distance).scatter_(1, close, 1.0)
    return _balanced((adjacent + adjacent.mT) / (2 * k))


def kernel(
    generator: Float[Tensor, "v v"], low: float, high: float, /
) -> Float[Tensor, "v v"]:
    """Return the kernel from masking rate `low` up to `high`.

    Raises:
        ValueError: Unless `0 <= low <= high < 1`; at 1 time is infinite.
    """
    if not 0 <= low <= high < 1:
        raise ValueError(
            f"rates {low} and {high}; give 0 <= low <= high < 1, 1 - 1e-9 for the end"
        )
    return torch.matrix_exp(math.log((1 - low) / (1 - high)) * generator)


def corrupt(
    tokens: Int[Tensor, "*s"], table: Float[Tensor, "v v"], rng: torch.Generator, /
) -> Int[Tensor, "*s"]:
    """Send every token through a kernel, on its own."""
    drawn = torch.multinomial(table[tokens.flatten()], 1, generator=rng)
    return drawn[:, 0].reshape(tokens.shape)


def posterior(
    before: Float[Tensor, "v v"], step: Float[Tensor, "v v"], /
) -> Float[Tensor, "v v v"]:
    r"""Return `q(x_low | x_0, x_high)`, axes in the order `x_0, x_high, x_low`.

    By Bayes' rule it is `before[x_0, x_low] step[x_low, x_high]`, normalised, where
    `before` leads from the data to `low` and `step` on to `high`. Zero throughout where
    `x_0` cannot become `x_high`.
    """
    joint = before[:, None] * step.mT
    total = joint.sum(-1, keepdim=True)
    return joint / torch.where(total > 0, total, 1.0)


def reverse(
    clean: Float[Tensor, "b n v"],
    noisy: Int[Tensor, "b n"],
    posteriors: Float[Tensor, "v v v"],
    /,
) -> Float[Tensor, "b n v"]:
    """Return `p(x_low | x_high)` of every place from a denoiser's `p(x_0 | x_high)`.

    The average of the `posterior` over what the clean token may be.
    """
    return torch.einsum(
        "bnc,bncl->bnl", clean, posteriors[:, noisy].permute(1, 2, 0, 3)
    )


def _balanced(rates: Float[Tensor, "v v"]) -> Float[Tensor, "v v"]:
    """Fill in the diagonal, so that rows sum to 0."""
    return rates - torch.diag(rates.sum(1))
