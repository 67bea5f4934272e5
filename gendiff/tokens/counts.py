r"""What counting says of a token, given those around it that can be seen.

A network of the next token learns first what a table of counts knows at once: which
letters follow which. Added to the logarithms of counted probabilities, its logits say
what counting does *not* know, and the sum is normalised as before.

Witten and Bell's rule mixes contexts, from the most common to the most special. With
`c(h)` occurrences of a context `h`, followed by `T(h)` different tokens,

    p(x | h) = (c(h x) + T(h) p(x)) / (c(h) + T(h)),

where `p` on the right is what the contexts before have made of it. A context is a set
of places, by their distance from the token: -1 is the one before. One that reaches out
of the sequence, or in which a token is hidden, is passed over; so the same rule serves
models that read forwards and models of masks.

A text that was counted knows itself too well. While a network is trained on it, each
token is therefore taken out of the counts from which it is predicted.

References:
    Witten and Bell (1991), IEEE Transactions on Information Theory 37(4), method C.
    Ney et al. (1995), IEEE Transactions on Pattern Analysis and Machine Intelligence
    17(12), section 2 (leaving one out).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.tokens.autoregressive import Autoregressive
from gendiff.tokens.sampling import State

BESIDE = ((), (1,), (-1,), (1, 2), (-2, -1), (-1, 1))
"""Contexts of masked models, the most telling last."""


def before(order: int, /) -> tuple[tuple[int, ...], ...]:
    """Return the contexts of an n-gram model: 0 to `order - 1` tokens before.

    >>> before(3)
    ((), (-1,), (-2, -1))
    """
    return tuple(tuple(range(-length, 0)) for length in range(order))


@dataclass(frozen=True)
class Context:
    """What was counted in contexts of one form."""

    offsets: tuple[int, ...]
    codes: Int[Tensor, " k"]
    """The contexts that occurred, as numbers, ascending."""
    times: Float[Tensor, "k v"]
    """How often each token stood in them."""


@dataclass(frozen=True)
class Counts:
    """Counted probabilities of tokens, given those around."""

    vocabulary: int
    contexts: tuple[Context, ...]

    def __call__(
        self, x: Int[Tensor, "b n"], own: Int[Tensor, "b n"] | None = None, /
    ) -> Float[Tensor, "b n v"]:
        """Return `log p(token | context)` at every place; a hidden token is number `v`.

        `own` are tokens that were counted along and should not have been.
        """
        v = self.vocabulary
        p = torch.full((*x.shape, v), 1 / v, device=x.device)
        for context in self.contexts:
            code, seen = _coded(x, context.offsets, v)
            codes = context.codes.to(x.device)
            row = torch.searchsorted(codes, code).clamp(max=len(codes) - 1)
            seen = seen & (codes[row] == code)
            times = context.times.to(x.device)[row]
            if own is not None:
                # 0 at places of other texts, which have nothing to take out.
                times = (times - functional.one_hot(own, v)).clamp(min=0)
            varied = (times > 0).sum(-1, keepdim=True)
            total = times.sum(-1, keepdim=True)
            mixed = (times + varied * p) / (total + varied).clamp(min=1)
            p = torch.where(seen[..., None] & (total > 0), mixed, p)
        return p.log()

    def after(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b v"]:
        """Return `log p(next token | x)`."""
        return self(functional.pad(x, (0, 1), value=self.vocabulary))[:, -1]


class Ahead(nn.Module):
    """A network of the next token upon counts; called and read as the network is."""

    def __init__(self, net: Autoregressive, counts: Counts, /) -> None:
        super().__init__()
        self.net = net
        self.counts = counts

    def forward(
        self, tokens: Int[Tensor, "b n"], label: Int[Tensor, " _"] | None = None, /
    ) -> Float[Tensor, "b n v"]:
        """Return the logits of every place given the tokens before it.

        In training mode each token is taken out of its own counts.
        """
        own = tokens if self.training else None
        return self.net(tokens, label) + self.counts(tokens, own)

    def read(
        self,
        tokens: Int[Tensor, "b m"],
        state: State,
        /,
        *,
        label: Int[Tensor, " _"] | None = None,
    ) -> tuple[Float[Tensor, "b v"], State]:
        """Read on, and return the logits of the next token with the new state."""
        before, own = state or (tokens[:, :0], ())
        logits, own = self.net.read(tokens, own, label=label)
        reach = max(len(context.offsets) for context in self.counts.contexts)
        near = torch.cat([before, tokens], dim=1)
        near = near[:, max(0, near.shape[1] - reach) :]
        return logits + self.counts.after(near), (near, own)


class Around(nn.Module):
    """A network of hidden tokens upon counts of what is visible around them."""

    def __init__(self, net: nn.Module, counts: Counts, /) -> None:
        super().__init__()
        self.net = net
        self.counts = counts

    def forward(
        self, x: Int[Tensor, "b n"], label: Int[Tensor, " _"] | None = None, /
    ) -> Float[Tensor, "b n v"]:
        """Return the logits of every place; those of hidden ones are of use."""
        return self.net(x, label=label) + self.counts(x)


def fit(
    streams: Sequence[Tensor],
    /,
    *,
    vocabulary: int,
    contexts: Sequence[tuple[int, ...]],
) -> Counts:
    """Count tokens in contexts of each form.

    Raises:
        ValueError: If there is no context, nothing to count, or a context can be more
            things than an integer of 64 bits.
    """
    if not contexts or not any(len(stream) for stream in streams):
        raise ValueError(
            f"{len(contexts)} contexts, {len(streams)} texts; give some of both"
        )
    longest = max(map(len, contexts))
    if vocabulary ** (longest + 1) > 2**63:
        most = int(63 / math.log2(vocabulary)) - 1
        raise ValueError(
            f"contexts of {longest} of {vocabulary} tokens cannot be numbered in 64 "
            f"bits; give contexts of {most} at most"
        )
    found = [_counted(streams, offsets, vocabulary) for offsets in contexts]
    return Counts(vocabulary, tuple(found))


def _counted(
    streams: Sequence[Tensor], offsets: tuple[int, ...], vocabulary: int
) -> Context:
    grams: list[Tensor] = []
    for stream in streams:
        x = stream.long()[None]
        code, seen = _coded(x, offsets, vocabulary)
        grams.append((code * vocabulary + x)[seen])
    which, times = torch.cat(grams).unique(return_counts=True)
    codes, row = (which // vocabulary).unique_consecutive(return_inverse=True)
    table = torch.zeros(len(codes), vocabulary)
    table[row, which % vocabulary] = times.float()
    return Context(offsets, codes, table)


def _coded(
    x: Int[Tensor, "b n"], offsets: tuple[int, ...], vocabulary: int
) -> tuple[Int[Tensor, "b n"], Bool[Tensor, "b n"]]:
    """Return the context of every place as a number, and whether it can be seen."""
    places = torch.arange(x.shape[1], device=x.device)
    code, seen = torch.zeros_like(x).long(), torch.ones_like(x, dtype=torch.bool)
    for offset in offsets:
        place = places + offset
        token = x[:, place.clamp(0, x.shape[1] - 1)]
        inside = (place >= 0) & (place < x.shape[1])
        seen = seen & inside & (token < vocabulary)
        code = code * vocabulary + token
    return code, seen
