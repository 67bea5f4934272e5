r"""Generating one token after the other.

Every joint law is a product of conditionals, `p(x) = prod_i p(x_i | x_1 .. x_{i-1})`.
A *causal* transformer gives all of them in one pass: place `i` attends to the tokens
before it only, so training sees all places at once. Sampling cannot: each token needs
the ones before it, one network call a place. A *cache* of the keys and values of
earlier places makes such a call cost one place instead of all; it changes no number.

Two things are optional. A *label* can be given along with the tokens; the label after
the last one means "unknown", so conditioning dropout makes one network both the
conditional model and the unconditional one. A causal *convolution* after the embedding
adds to each place a linear map of the last few tokens, `h_i + W [h_(i-r+1) .. h_i]`.
Attention must learn first where the neighbours are; with the convolution a small
network on characters learns several times faster.

References:
    Vaswani et al. (2017), arXiv:1706.03762, section 3.
    Radford et al. (2019), Language models are unsupervised multitask learners,
    section 2.3 (normalisation before each branch).
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import demand_labels, zeroed
from gendiff.types import Step

Cache = list[Any]
"""What a model keeps of the tokens it has read; empty before the first.

For `Autoregressive` it holds the keys and values of each layer, `(b, heads, n, d)`,
and then, if there is a convolution, the embeddings that reach into the next place.
"""


@runtime_checkable
class Sequential(Protocol):
    """What can be sampled from: a model of the next token that reads one at a time."""

    @property
    def vocabulary(self) -> int:
        """Number of tokens, and of the start token."""
        ...

    @property
    def length(self) -> int:
        """Most places that it can write."""
        ...

    @property
    def device(self) -> torch.device:
        """Where its tokens must be."""
        ...

    def extend(
        self, token: Int[Tensor, " b"], cache: Cache, /
    ) -> tuple[Float[Tensor, "b v"], Cache]:
        """Read one token and return the logits of the next, with the longer cache."""
        ...


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

    It reads a start token, numbered `vocabulary`, before the first place. `classes` is
    the number of labels, 0 for none; leaving the label out means "unknown". `reach` is
    the number of places that the convolution sees, 0 for none; 5 suits characters.

    Raises:
        ValueError: If `width` is no multiple of `heads`.
    """

    def __init__(
        self, vocabulary: int, length: int, *, width: int = 64, depth: int = 2,
        heads: int = 4, classes: int = 0, reach: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        if width % heads:
            raise ValueError(f"width={width} does not divide among heads={heads}")
        self.vocabulary = vocabulary
        self.length = length
        self.classes = classes
        self.reach = reach
        self.tokens = nn.Embedding(vocabulary + 1, width)
        self.places = nn.Embedding(length, width)
        self.layers = nn.ModuleList(Layer(width, heads=heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.last = zeroed(nn.Linear(width, vocabulary))
        self.labels = nn.Embedding(classes + 1, width) if classes else None
        self.nearby = nn.Conv1d(width, width, reach) if reach else None

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.last.weight.device

    def forward(
        self, tokens: Int[Tensor, "b n"], label: Int[Tensor, " _"] | None = None, /
    ) -> Float[Tensor, "b n v"]:
        """Return the logits of every place given the tokens *before* it.

        Raises:
            ValueError: If there are more places than the network was built for, or
                labels that do not fit it or the tokens.
        """
        if tokens.shape[1] > self.length:
            raise ValueError(
                f"{tokens.shape[1]} places; the network was built for {self.length}"
            )
        start = torch.full_like(tokens[:, :1], self.vocabulary)
        read = torch.cat([start, tokens[:, :-1]], dim=1)
        place = torch.arange(tokens.shape[1], device=tokens.device)
        h, _ = self._look_back(self._embed(read, place, label), None)
        for layer in self.layers:
            h, _ = layer(h)
        return self.last(self.norm(h))

    def extend(
        self,
        token: Int[Tensor, " b"],
        cache: Cache,
        label: Int[Tensor, " _"] | None = None,
        /,
    ) -> tuple[Float[Tensor, "b v"], Cache]:
        """Read one token and return the logits of the next, with the longer cache.

        Begin with the start token and an empty cache; give the same label every time.

        Raises:
            ValueError: If all places have been read, or the labels do not fit.
        """
        place = cache[0][0].shape[2] if cache else 0
        if place >= self.length:
            raise ValueError(f"the network was built for {self.length} places")
        h = self._embed(token[:, None], torch.full_like(token[:1], place), label)
        before = cache[len(self.layers)] if cache and self.reach else None
        h, kept = self._look_back(h, before)
        longer: Cache = []
        for index, layer in enumerate(self.layers):
            h, seen = layer(h, cache[index] if cache else None)
            longer.append(seen)
        return self.last(self.norm(h))[:, 0], [*longer, kept] if self.reach else longer

    def _embed(
        self,
        read: Int[Tensor, "b n"],
        place: Int[Tensor, " n"],
        label: Int[Tensor, " _"] | None,
    ) -> Float[Tensor, "b n w"]:
        """Embed tokens, their places, and what the sequence is said to be."""
        h = self.tokens(read) + self.places(place)
        if label is not None:
            demand_labels(label, len(read), int(self.classes > 0))
        if self.labels is None:
            return h
        if label is None:
            label = torch.full_like(read[:, 0], self.classes)
        return h + self.labels(label)[:, None]

    def _look_back(
        self, h: Float[Tensor, "b n w"], before: Float[Tensor, "b r w"] | None
    ) -> tuple[Float[Tensor, "b n w"], Float[Tensor, "b r w"] | None]:
        """Add the convolution, and return what of `h` reaches into the next place.

        Before the first place there is nothing, which counts as zeros.
        """
        if self.nearby is None:
            return h, None
        if before is None:
            before = h.new_zeros(h.shape[0], self.reach - 1, h.shape[2])
        joined = torch.cat([before, h], dim=1)
        near = self.nearby(joined.transpose(1, 2)).transpose(1, 2)
        return h + near, joined[:, h.shape[1] :]


def cross_entropy(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return `-log p(x)` of each sequence, in nats: the loss, and the likelihood.

    A batch is `(tokens,)`, or `(tokens, labels)` for `-log p(x | label)`.
    """
    del generator  # nothing here is random
    logits = model(*batch).transpose(1, 2)
    return functional.cross_entropy(logits, batch[0], reduction="none").sum(dim=1)


def unshaped(logits: Float[Tensor, "b v"], /) -> Float[Tensor, "b v"]:
    """Return the logits as the model gave them."""
    return logits


@torch.no_grad()
def sample(
    model: Sequential,
    n: int,
    length: int,
    generator: torch.Generator,
    /,
    *,
    shape: Callable[[Tensor], Tensor] = unshaped,
) -> Iterator[Step]:
    """Draw `n` sequences and yield a step for every token, at one network call each.

    `shape` changes the logits of the next token before it is drawn, see
    `gendiff.tokens.decoding`. A step holds the tokens so far and the shaped logits;
    places not yet drawn hold the start token.

    Raises:
        ValueError: If `length` is more than the network was built for, or shaped
            logits are no law.
    """
    if length > model.length:
        raise ValueError(f"{length} places; the network was built for {model.length}")
    x = torch.full((n, length), model.vocabulary, device=model.device)
    token, cache = x[:, 0], Cache()
    for place in range(length):
        logits, cache = model.extend(token, cache)
        logits = shape(logits)
        token = categorical(logits, generator)
        x = x.clone()  # the steps already yielded keep their own
        x[:, place] = token
        yield Step(x, logits, 1 - (place + 1) / length)


def categorical(
    logits: Float[Tensor, "b v"], generator: torch.Generator, /
) -> Int[Tensor, " b"]:
    """Draw one token from each row.

    Raises:
        ValueError: If a row is no law.
    """
    demand_law(logits)
    share = logits.float().softmax(dim=-1).to(generator.device)
    return torch.multinomial(share, 1, generator=generator)[:, 0].to(logits.device)


def demand_law(logits: Float[Tensor, "b v"], /) -> None:
    """Check that every row of logits is the law of a token.

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
