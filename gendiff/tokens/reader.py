r"""A network that reads noisy sequences: all places at once, forwards and backwards.

It is what the autoregressive model is, a transformer with a convolution before it, but
every place sees all others, and so it can say what each was before the noise came. The
noise decides what it reads: *tokens*, of which the number `v` is the mask, or the
*vectors* of embedded tokens with Gaussian noise on them. Masked diffusion, multinomial
diffusion and diffusion of embeddings share it.

Three things are optional. A *label*; the one after the last means "unknown". A noise
*level*, one number a sequence, as a condition of every layer; masks show what is noise
and need none. And what was *predicted* one step before, as vectors that are read along
with the noisy ones: self-conditioning, with zeros for none.

References:
    Devlin et al. (2018), arXiv:1810.04805, section 3 (both sides of a hidden token).
    Chen et al. (2022), arXiv:2208.04202, section 3.2 (self-conditioning).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gendiff.nets.layers import Embedding, told, zeroed
from gendiff.nets.transformer import Transformer


class Reader(nn.Module):
    """A transformer that says of every place which of `vocabulary` tokens it was.

    It reads tokens, or vectors of `dimensions` numbers if there are any. `classes` is
    the number of labels, 0 for none. `reach`, an odd number, is how many places the
    convolution sees, half of the others on each side; 0 for none. `levels` is the size
    of the condition that a noise level becomes, 0 for none.

    Raises:
        ValueError: If `reach` is even, or `width` is no even multiple of `heads`.
    """

    def __init__(
        self, vocabulary: int, *, width: int = 64, depth: int = 2, heads: int = 4,
        classes: int = 0, reach: int = 0, dimensions: int = 0, levels: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        if reach and not reach % 2:
            raise ValueError(f"reach is {reach}; give an odd one, such as {reach + 1}")
        self.vocabulary = vocabulary
        self.classes = classes
        self.tokens = None if dimensions else nn.Embedding(vocabulary + 1, width)
        # The second half reads what was predicted before.
        self.vectors = nn.Linear(2 * dimensions, width) if dimensions else None
        self.labels = nn.Embedding(classes + 1, width) if classes else None
        self.nearby = nn.Conv1d(width, width, reach, padding="same") if reach else None
        self.level = Embedding(levels) if levels else None
        self.body = Transformer(
            width, depth=depth, heads=heads, causal=False, condition=levels
        )
        self.last = zeroed(nn.Linear(width, vocabulary))

    def forward(
        self,
        x: Int[Tensor, "b n"] | Float[Tensor, "b n d"],
        level: Float[Tensor, "..."] | None = None,
        /,
        label: Int[Tensor, " _"] | None = None,
        *,
        before: Float[Tensor, "b n d"] | None = None,
    ) -> Float[Tensor, "b n v"]:
        """Return the logits of every place.

        Label and level are one for each sequence, or a single one for all. `before` is
        what was predicted before.

        Raises:
            ValueError: If there is a level, a label, or a prediction where the network
                takes none, or no level where it takes one.
        """
        h = self._embed(x, before)
        classes = (self.classes,) if self.classes else ()
        labels = told(label, classes, len(x), x.device)
        if self.labels is not None:
            h = h + self.labels(*labels)[:, None]
        if self.nearby is not None:
            h = h + self.nearby(h.transpose(1, 2)).transpose(1, 2)
        return self.last(self.body(h, self._condition(level, len(x))))

    def _embed(
        self,
        x: Int[Tensor, "b n"] | Float[Tensor, "b n d"],
        before: Float[Tensor, "b n d"] | None,
    ) -> Float[Tensor, "b n w"]:
        if self.tokens is not None:
            if before is not None:
                raise ValueError("tokens are read here, and no prediction with them")
            return self.tokens(x)
        assert self.vectors is not None
        before = torch.zeros_like(x) if before is None else before
        return self.vectors(torch.cat([x, before], dim=-1))

    def _condition(
        self, level: Float[Tensor, "..."] | None, n: int
    ) -> Float[Tensor, "b c"] | None:
        if (level is None) != (self.level is None):
            raise ValueError(
                f"the network {'needs a' if level is None else 'takes no'} noise level"
            )
        if self.level is None or level is None:
            return None
        return self.level(level.reshape(-1).expand(n))
