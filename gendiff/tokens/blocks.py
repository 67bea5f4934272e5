r"""Block diffusion: blocks one after the other, places of a block in any order.

A sequence is cut into blocks of `B` places. What comes before a block is finished and
read as it is, while its own places are hidden and written as masked diffusion does,

    p(x) = prod_k p(block_k | before),   -log p(block_k | before) <= l_B + ... + l_1,

with the prices `l` of `gendiff.tokens.masked`. Blocks of one place are autoregression,
and a single block is masked diffusion. In between, several places can be written in a
call, and yet keys and values of finished blocks never change: no place of theirs sees a
later block. So they are kept, and reading them again is saved, exactly.

Training reads two copies of a sequence in one pass. A place of the noisy copy sees its
own block in that copy, and earlier blocks in the clean one; a place of the clean copy
sees its own block and earlier ones, both clean:

              noisy       clean
    noisy    k = k'      k > k'
    clean       -        k >= k'

References:
    Arriola et al. (2025), arXiv:2503.09573, section 3.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import zeroed
from gendiff.nets.transformer import Transformer
from gendiff.tokens.masked import drawn_counts, hide, surprisal
from gendiff.tokens.sampling import State
from gendiff.tokens.unmasking import any_order
from gendiff.types import Batch, Step


def sight(places: int, block: int, /) -> Bool[Tensor, "n2 n2"]:
    """Return who sees whom in two copies of a sequence, the noisy one first."""
    which = torch.arange(places) // block
    row, column = which[:, None], which[None]
    noisy = torch.cat([row == column, row > column], dim=1)
    clean = torch.cat([torch.zeros_like(row == column), row >= column], dim=1)
    return torch.cat([noisy, clean])


class Blocks(nn.Module):
    """A transformer that says of the places of a block which token each was.

    `vocabulary` is also the mask. `reach`, an odd number, is how many places the
    convolution sees before attention, half of the others on each side, but none beyond
    the block; 0 for none.

    Raises:
        ValueError: If `reach` is even or 1, or `width` is no even multiple of `heads`.
    """

    def __init__(
        self, vocabulary: int, block: int, *, width: int = 64, depth: int = 2,
        heads: int = 4, reach: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        if reach and (reach < 3 or not reach % 2):
            raise ValueError(f"reach is {reach}; give 0, or an odd number from 3 on")
        self.vocabulary = vocabulary
        self.block = block
        self.side = reach // 2
        self.tokens = nn.Embedding(vocabulary + 1, width)
        self.nearby = nn.Conv1d(width, width, reach) if reach else None
        self.body = Transformer(width, depth=depth, heads=heads, causal=False)
        self.last = zeroed(nn.Linear(width, vocabulary))

    def forward(
        self, noisy: Int[Tensor, "b n"], clean: Int[Tensor, "b n"], /
    ) -> Float[Tensor, "b n v"]:
        """Return the logits of every place, given noise in its block and all before.

        Raises:
            ValueError: If the places are no multiple of a block.
        """
        n = noisy.shape[1]
        if n % self.block:
            raise ValueError(f"{n} places; give a multiple of {self.block}, the block")
        ready = self.tokens(clean)
        h = torch.cat([self._near_all(self.tokens(noisy), ready),
                       self._near_all(ready, ready)], dim=1)  # fmt: skip
        sees = sight(n, self.block).to(h.device)
        h, _ = self.body.attend(h, (), (torch.arange(n).repeat(2), sees))
        return self.last(h[:, :n])

    def guess(
        self, noisy: Int[Tensor, "b m"], state: State, /
    ) -> Float[Tensor, "b m v"]:
        """Return the logits of the places of the block after those of the state.

        Raises:
            ValueError: If it is no block.
        """
        return self.last(self._read(noisy, state)[0])

    def finish(self, clean: Int[Tensor, "b m"], state: State, /) -> State:
        """Read a finished block, and return the state with it; the first is `()`.

        The state holds the keys and values of each layer, and what of the embeddings
        reaches into the next block.

        Raises:
            ValueError: If it is no block.
        """
        return self._read(clean, state)[1]

    def _read(
        self, tokens: Int[Tensor, "b m"], state: State
    ) -> tuple[Float[Tensor, "b m w"], State]:
        m = tokens.shape[1]
        if m != self.block:
            raise ValueError(f"{m} places; give a block of {self.block}")
        h = self.tokens(tokens)
        *past, before = state or (h.new_zeros(len(h), self.side, h.shape[2]),)
        joined = torch.cat([before, h], dim=1)
        seen = past[0][0].shape[2] if past else 0
        place = torch.arange(seen, seen + m)
        h, kept = self.body.attend(self._near(joined), tuple(past), (place, None))
        return h, (*kept, joined[:, m:])

    def _near_all(
        self, h: Float[Tensor, "b n w"], clean: Float[Tensor, "b n w"]
    ) -> Float[Tensor, "b n w"]:
        """Add the convolution in each block, which sees clean places before it."""
        if self.nearby is None:
            return h
        blocks = h.unflatten(1, (-1, self.block))
        padded = functional.pad(clean, (0, 0, self.side, 0))
        before = padded.unfold(1, self.side, self.block)[:, :-1].mT
        near = self._near(torch.cat([before, blocks], dim=2).flatten(0, 1))
        return near.reshape(h.shape)

    def _near(self, joined: Float[Tensor, "b m2 w"]) -> Float[Tensor, "b m w"]:
        """Add the convolution to all places but those that come before the block."""
        h = joined[:, self.side :]
        if self.nearby is None:
            return h
        padded = functional.pad(joined, (0, 0, 0, self.side)).mT
        return h + self.nearby(padded).mT


@dataclass(frozen=True)
class Bound:
    """The loss of a model of blocks: the bound, in nats a sequence.

    On batches `(tokens,)`; the model maps noisy and clean tokens to logits, as `Blocks`
    does, and is called once. With blocks of one place it is the surprisal itself.
    """

    mask: int
    block: int

    def __call__(
        self, model: Callable[..., Tensor], batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return an unbiased estimate from each sequence."""
        (tokens,) = batch
        rows = tokens.reshape(-1, self.block)
        counts = drawn_counts(len(rows), self.block, generator).to(tokens.device)
        noisy = hide(rows, counts, self.mask, generator).reshape(tokens.shape)
        each = surprisal(lambda noisy: model(noisy, tokens), tokens, noisy)
        by_block = each.reshape(rows.shape).sum(1) * self.block / counts
        return by_block.reshape(len(tokens), -1).sum(1)


@torch.no_grad()
def write(
    model: Blocks,
    prompt: Int[Tensor, "b m"],
    blocks: int,
    counts: Sequence[int],
    generator: torch.Generator,
    /,
) -> Iterator[Step]:
    """Write further blocks after each prompt, place by place, and yield each step.

    Within a block places come in any order, and `counts` of them are hidden before each
    call and at the end: `[B, B - 1, ..., 0]` is exact.

    Raises:
        ValueError: If the prompt is not made of blocks, or counts do not fall to 0 from
            the places of a block.
    """
    x, state = prompt, State()
    for start in range(0, prompt.shape[1], model.block):
        state = model.finish(prompt[:, start : start + model.block], state)
    for _ in range(blocks):
        part = prompt.new_full((len(prompt), model.block), model.vocabulary)
        fill = partial(_fill, model, state)
        for step in any_order(fill, part, model.vocabulary, counts, generator):
            part = step.x
            yield Step(torch.cat([x, part], dim=1), step.denoised, step.level)
        x, state = torch.cat([x, part], dim=1), model.finish(part, state)


def _fill(model: Blocks, state: State, noisy: Tensor) -> Tensor:
    return model.guess(noisy, state)
