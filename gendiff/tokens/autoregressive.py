r"""Generating one token after the other.

Every joint law is a product of conditionals, `p(x) = prod_i p(x_i | x_1 .. x_{i-1})`.
A *causal* transformer gives all of them in one pass: place `i` attends to the tokens
before it only, so training sees all places at once. Sampling cannot: each token needs
the ones before it, one network call a place. A *cache* of the keys and values of
earlier places makes such a call cost one place instead of all; it changes no number.

References:
    Vaswani et al. (2017), arXiv:1706.03762, section 3.
    Radford et al. (2019), Language models are unsupervised multitask learners,
    section 2.3 (normalisation before each branch).
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import zeroed
from gendiff.types import Step

Cache = list[tuple[Tensor, Tensor]]
"""For every layer, keys and values of the places read, `(b, heads, n, d)` each."""


class Layer(nn.Module):
    """Causal self-attention and a perceptron, each added to its input."""

    def __init__(self, width: int, *, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.merge = zeroed(nn.Linear(width, width))
        self.before_mlp = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = zeroed(nn.Linear(4 * width, width))

    def forward(
        self, h: Float[Tensor, "b n w"], past: tuple[Tensor, Tensor] | None = None, /
    ) -> tuple[Float[Tensor, "b n w"], tuple[Tensor, Tensor]]:
        """Return the output and the keys and values, those of the past included.

        Without a past all places of `h` attend to the ones before them and themselves;
        with one, `h` holds a single new place, which attends to everything.
        """
        joined = self.project(self.before_attention(h))
        query, key, value = joined.unflatten(2, (3, self.heads, -1)).unbind(dim=2)
        query, key, value = (m.transpose(1, 2) for m in (query, key, value))
        if past is not None:
            key = torch.cat([past[0], key], dim=2)
            value = torch.cat([past[1], value], dim=2)
        mixed = functional.scaled_dot_product_attention(
            query, key, value, is_causal=past is None
        )
        h = h + self.merge(mixed.transpose(1, 2).flatten(2))
        h = h + self.narrow(functional.gelu(self.widen(self.before_mlp(h))))
        return h, (key, value)


class Autoregressive(nn.Module):
    """A causal transformer over `vocabulary` tokens and at most `length` places.

    It reads a start token, numbered `vocabulary`, before the first place.

    Raises:
        ValueError: If `width` is no multiple of `heads`.
    """

    def __init__(
        self, vocabulary: int, length: int, *, width: int = 64, depth: int = 2,
        heads: int = 4,
    ) -> None:  # fmt: skip
        super().__init__()
        if width % heads:
            raise ValueError(f"width={width} does not divide among heads={heads}")
        self.vocabulary = vocabulary
        self.length = length
        self.tokens = nn.Embedding(vocabulary + 1, width)
        self.places = nn.Embedding(length, width)
        self.layers = nn.ModuleList(Layer(width, heads=heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.last = zeroed(nn.Linear(width, vocabulary))

    def forward(self, tokens: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
        """Return the logits of every place given the tokens *before* it.

        Raises:
            ValueError: If there are more places than the network was built for.
        """
        if tokens.shape[1] > self.length:
            raise ValueError(
                f"{tokens.shape[1]} places; the network was built for {self.length}"
            )
        start = torch.full_like(tokens[:, :1], self.vocabulary)
        read = torch.cat([start, tokens[:, :-1]], dim=1)
        place = torch.arange(tokens.shape[1], device=tokens.device)
        h = self.tokens(read) + self.places(place)
        for layer in self.layers:
            h, _ = layer(h)
        return self.last(self.norm(h))

    def extend(
        self, token: Int[Tensor, " b"], cache: Cache, /
    ) -> tuple[Float[Tensor, "b v"], Cache]:
        """Read one token and return the logits of the next, with the longer cache.

        Begin with the start token and an empty cache.

        Raises:
            ValueError: If all places have been read.
        """
        place = cache[0][0].shape[2] if cache else 0
        if place >= self.length:
            raise ValueError(f"the network was built for {self.length} places")
        here = torch.full_like(token, place)
        h = (self.tokens(token) + self.places(here))[:, None]
        longer: Cache = []
        for index, layer in enumerate(self.layers):
            h, seen = layer(h, cache[index] if cache else None)
            longer.append(seen)
        return self.last(self.norm(h))[:, 0], longer


def cross_entropy(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return `-log p(x)` of each sequence, in nats: the loss, and the likelihood."""
    del generator  # nothing here is random
    logits = model(batch[0]).transpose(1, 2)
    return functional.cross_entropy(logits, batch[0], reduction="none").sum(dim=1)


@torch.no_grad()
def sample(
    model: Autoregressive, n: int, length: int, generator: torch.Generator, /
) -> Iterator[Step]:
    """Draw `n` sequences and yield a step for every token, at one network call each.

    Places not yet drawn hold the start token.

    Raises:
        ValueError: If `length` is more than the network was built for.
    """
    if length > model.length:
        raise ValueError(f"{length} places; the network was built for {model.length}")
    device = model.last.weight.device
    x = torch.full((n, length), model.vocabulary, device=device)
    token, cache = x[:, 0], Cache()
    for place in range(length):
        logits, cache = model.extend(token, cache)
        token = categorical(logits, generator)
        x = x.clone()  # the steps already yielded keep their own
        x[:, place] = token
        yield Step(x, logits, 1 - (place + 1) / length)


def categorical(
    logits: Float[Tensor, "b v"], generator: torch.Generator, /
) -> Int[Tensor, " b"]:
    """Draw one token from each row."""
    share = logits.float().softmax(dim=-1).to(generator.device)
    return torch.multinomial(share, 1, generator=generator)[:, 0].to(logits.device)
