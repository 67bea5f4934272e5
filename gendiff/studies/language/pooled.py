"""A network that pools over places: free for noise, forbidden for the next token.

Places are averaged by twos, again and again, and doubled up again, so that a few small
convolutions see the whole sequence. Each output knows of all inputs. A denoiser may:
what it is to say has been hidden. A model of the next token may not: it would read what
it is to predict.
"""

import math
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.applied import Applied
from gendiff.nets.layers import zeroed
from gendiff.tokens import masked
from gendiff.types import Batch, Batches


class Pooled(nn.Module):
    """Map tokens to logits of all places; the number `vocabulary` is the mask.

    Places must be a multiple of 2 to the power of `levels`.
    """

    def __init__(self, vocabulary: int, /, *, width: int, levels: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.tokens = nn.Embedding(vocabulary + 1, width)
        near = partial(nn.Conv1d, width, width, 3, padding=1)
        self.down = nn.ModuleList(near() for _ in range(levels + 1))
        self.up = nn.ModuleList(near() for _ in range(levels))
        self.last = zeroed(nn.Linear(width, vocabulary))

    def forward(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
        """Return the logits of every place, given all places."""
        h = self.tokens(x).mT
        finer: list[Tensor] = []
        for near in self.down:
            h = h + functional.gelu(near(h))
            finer.append(h)
            h = functional.avg_pool1d(h, 2)
        h = finer.pop()
        for near in self.up:
            h = finer.pop() + h.repeat_interleave(2, dim=2)
            h = h + functional.gelu(near(h))
        return self.last(h.mT)


class Shifted(nn.Module):
    """The same network, asked at each place for the token after those it is given."""

    def __init__(self, net: Pooled, /) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
        """Return logits of every token; a start token stands before the first."""
        start = torch.full_like(x[:, :1], self.net.vocabulary)
        return self.net(torch.cat([start, x[:, :-1]], dim=1))


def masked_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /, *, vocabulary: int
) -> Float[Tensor, " b"]:
    """Return an estimate of the bound, in bits a token."""
    nats = masked.Bound(vocabulary)(model, batch, generator)
    return nats / batch[0].shape[1] / math.log(2)


def forward_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return `-log q(x_i | what the network is given)`, in bits a token."""
    del generator  # nothing here is random
    (x,) = batch
    nats = functional.cross_entropy(model(x).mT, x, reduction="none")
    return nats.mean(1) / math.log(2)


def chain(move: Float[Tensor, "v v"], /, *, places: int, size: int) -> Batches:
    """Draw sequences of a chain that begins with any symbol as often as another."""
    return Applied(_chain, move, places, size)


@torch.no_grad()
def influence(
    model: nn.Module, x: Int[Tensor, "b n"], vocabulary: int, /
) -> Float[Tensor, "n n"]:
    """Return how far a change of each token (a column) moves what is said of each."""
    before, found = model(x), []
    for place in range(x.shape[1]):
        other = x.clone()
        other[:, place] = (other[:, place] + 1) % vocabulary
        found.append((model(other) - before).abs().amax((0, 2)))
    return torch.stack(found, dim=1)


def _chain(
    move: Tensor, places: int, size: int, generator: torch.Generator
) -> tuple[Tensor, ...]:
    x = torch.randint(len(move), (size, 1), generator=generator)
    for _ in range(places - 1):
        after = torch.multinomial(move[x[:, -1]], 1, generator=generator)
        x = torch.cat([x, after], dim=1)
    return (x,)
