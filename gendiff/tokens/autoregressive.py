r"""A causal transformer: all conditionals of a sequence in one pass.

Place `i` attends to the tokens before it only, so that training sees the conditionals
`p(x_i | x_<i)` of all places at once. Writing cannot: each token needs the ones before
it, one network call a place. A *cache* of the keys and values of earlier places makes
such a call cost one place instead of all, and a prompt cost one call; it changes no
number. With it `read` is a model of the next token, `gendiff.tokens.sampling`.

The layers are those of `gendiff.nets.transformer`, which tell places apart by rotation,
so no length is built in. Two things are optional. A *label* can be given along with the
tokens; the label after the last one means "unknown", so conditioning dropout makes one
network both the conditional model and the unconditional one. A causal *convolution*
after the embedding adds to each place a linear map of the last few tokens,
`h_i + W [h_(i-r+1) .. h_i]`. Attention must learn first where the neighbours are; with
the convolution a small network on characters learns several times faster.

References:
    Vaswani et al. (2017), arXiv:1706.03762, section 3.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import told, zeroed
from gendiff.nets.transformer import Transformer
from gendiff.tokens.sampling import State


class Autoregressive(nn.Module):
    """A causal transformer over `vocabulary` tokens.

    It reads a start token, numbered `vocabulary`, before the first place. `classes` is
    the number of labels, 0 for none; leaving the label out means "unknown". `reach` is
    the number of places that the convolution sees, 0 for none; 5 suits characters.

    Raises:
        ValueError: If `width` is no even multiple of `heads`.
    """

    def __init__(
        self, vocabulary: int, *, width: int = 64, depth: int = 2, heads: int = 4,
        classes: int = 0, reach: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.vocabulary = vocabulary
        self.classes = classes
        self.reach = reach
        self.tokens = nn.Embedding(vocabulary + 1, width)
        self.body = Transformer(width, depth=depth, heads=heads, causal=True)
        self.last = zeroed(nn.Linear(width, vocabulary))
        self.labels = nn.Embedding(classes + 1, width) if classes else None
        self.nearby = nn.Conv1d(width, width, reach) if reach else None

    def forward(
        self, tokens: Int[Tensor, "b n"], label: Int[Tensor, " _"] | None = None, /
    ) -> Float[Tensor, "b n v"]:
        """Return the logits of every place given the tokens *before* it.

        Raises:
            ValueError: If labels do not fit the network or the tokens, or there is no
                place.
        """
        if not tokens.shape[1]:
            raise ValueError(
                f"tokens of shape {tuple(tokens.shape)} have no place; give one at "
                "least, or ask `read` for what comes first"
            )
        h, _ = self._run(tokens[:, :-1], (), label)
        return self.last(h)

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
            ValueError: If labels do not fit the network or the tokens.
        """
        h, state = self._run(tokens, state, label)
        return self.last(h[:, -1]), state

    def _run(
        self, tokens: Int[Tensor, "b m"], state: State, label: Int[Tensor, " _"] | None
    ) -> tuple[Float[Tensor, "b n w"], State]:
        """Return what the layers make of all that is read, and the new state.

        The state holds the keys and values of each layer, `(b, heads, n, d)`, and then,
        if there is a convolution, the embeddings that reach into the next place.
        """
        depth = len(self.body.layers)
        if not state:
            start = tokens.new_full((len(tokens), 1), self.vocabulary)
            tokens = torch.cat([start, tokens], dim=1)
        h, near = self._look_back(self._embed(tokens, label), *state[depth:])
        h, past = self.body.read(h, state[:depth])
        return h, (*past, *near)

    def _embed(
        self, read: Int[Tensor, "b n"], label: Int[Tensor, " _"] | None
    ) -> Float[Tensor, "b n w"]:
        """Embed tokens, and what the sequence is said to be."""
        classes = (self.classes,) if self.classes else ()
        labels = told(label, classes, len(read), read.device)
        h = self.tokens(read)
        return h if self.labels is None else h + self.labels(*labels)[:, None]

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
