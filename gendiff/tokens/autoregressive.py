r"""A causal transformer: all conditionals of a sequence in one pass.

Place `i` attends to the tokens before it only, so that training sees the conditionals
`p(x_i | x_<i)` of all places at once. Writing cannot: each token needs the ones before
it, one network call a place. A *cache* of the keys and values of earlier places makes
such a call cost one place instead of all, and a prompt cost one call; it changes no
number. With it `read` is a model of the next token, `gendiff.tokens.sampling`.

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

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import demand_labels, zeroed
from gendiff.tokens.sampling import State


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
        self, h: Float[Tensor, "b m w"], past: tuple[Tensor, Tensor] | None = None, /
    ) -> tuple[Float[Tensor, "b m w"], tuple[Tensor, Tensor]]:
        """Return the output and the keys and values, those of the past included.

        Each new place attends to all of the past, to the new ones before it, and to
        itself.
        """
        joined = self.project(self.before_attention(h))
        query, key, value = joined.unflatten(2, (3, self.heads, -1)).unbind(dim=2)
        query, key, value = (each.transpose(1, 2) for each in (query, key, value))
        if past is not None:
            key = torch.cat([past[0], key], dim=2)
            value = torch.cat([past[1], value], dim=2)
        m, n = query.shape[2], key.shape[2]
        mask = None
        if past is not None and m > 1:  # without a past, torch makes the mask itself
            mask = torch.ones(m, n, dtype=torch.bool, device=h.device).tril(n - m)
        mixed = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=past is None
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

    def forward(
        self, tokens: Int[Tensor, "b n"], label: Int[Tensor, " _"] | None = None, /
    ) -> Float[Tensor, "b n v"]:
        """Return the logits of every place given the tokens *before* it.

        Raises:
            ValueError: If there are more places than the network was built for, or
                labels that do not fit it or the tokens.
        """
        h, _ = self._run(tokens[:, :-1], (), label)
        return self.last(self.norm(h))

    def read(
        self,
        tokens: Int[Tensor, "b m"],
        state: State,
        /,
        *,
        label: Int[Tensor, " _"] | None = None,
    ) -> tuple[Float[Tensor, "b v"], State]:
        """Read on, and return the logits of the next token with the new state.

        It is a `gendiff.tokens.sampling.NextToken`, and so is `partial(model.read,
        label=label)`. The label is one for each sequence, or a single one for all.

        Raises:
            ValueError: If there are more places than the network was built for, or
                labels that do not fit it or the tokens.
        """
        if label is not None and len(label) == 1:
            label = label.expand(len(tokens))
        h, state = self._run(tokens, state, label)
        return self.last(self.norm(h[:, -1])), state

    def _run(
        self, tokens: Int[Tensor, "b m"], state: State, label: Int[Tensor, " _"] | None
    ) -> tuple[Float[Tensor, "b n w"], State]:
        """Return what the layers make of all that is read, and the new state.

        The state holds the keys and values of each layer, `(b, heads, n, d)`, and then,
        if there is a convolution, the embeddings that reach into the next place.
        """
        depth, seen = len(self.layers), 0
        if state:
            seen = state[0][0].shape[2]
        else:
            start = tokens.new_full((len(tokens), 1), self.vocabulary)
            tokens = torch.cat([start, tokens], dim=1)
        places = seen + tokens.shape[1]
        if places > self.length:
            raise ValueError(
                f"{places} places; the network was built for {self.length}"
            )
        place = torch.arange(seen, places, device=tokens.device)
        h, near = self._look_back(self._embed(tokens, place, label), *state[depth:])
        kept: list[tuple[Tensor, Tensor]] = []
        for layer, past in zip(
            self.layers, state[:depth] or [None] * depth, strict=True
        ):
            h, longer = layer(h, past)
            kept.append(longer)
        return h, (*kept, *near)

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
        self, h: Float[Tensor, "b n w"], before: Float[Tensor, "b r w"] | None = None
    ) -> tuple[Float[Tensor, "b n w"], tuple[Tensor, ...]]:
        """Add the convolution, and return what of `h` reaches into the next place.

        Before the first place there is nothing, which counts as zeros.
        """
        if self.nearby is None:
            return h, ()
        if before is None:
            before = h.new_zeros(h.shape[0], self.reach - 1, h.shape[2])
        joined = torch.cat([before, h], dim=1)
        near = self.nearby(joined.transpose(1, 2)).transpose(1, 2)
        return h + near, (joined[:, h.shape[1] :],)


def cross_entropy(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return `-log p(x)` of each sequence, in nats: the loss, and the likelihood.

    A batch is `(tokens,)`, or `(tokens, labels)` for `-log p(x | label)`.
    """
    del generator  # nothing here is random
    logits = model(*batch).transpose(1, 2)
    return functional.cross_entropy(logits, batch[0], reduction="none").sum(dim=1)
