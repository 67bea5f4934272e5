"""A code of sentences that is learnt from the order in which they come.

Documents drift, and nobody says so. Of four letters each shows two things: how far the
document has drifted, and the mood of its sentence, which comes and goes. A code is
trained such that a sentence in the middle lies between those of the ends, as far along
as it is in the document, nearer than the middles of other documents do. A path that is
pinned at both ends is a Brownian bridge.

References:
    Wang et al. (2022), arXiv:2203.11370, section 3 (Time Control).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.applied import Applied
from gendiff.types import Batch, Batches

LETTERS = 4
CODE = 4


@dataclass(frozen=True)
class Documents:
    """Documents of sentences of letters, that drift from somewhere to somewhere."""

    sentences: int
    places: int

    def draw(
        self, n: int, chance: torch.Generator, /
    ) -> tuple[Int[Tensor, "{n} t p"], Float[Tensor, "{n} t"]]:
        """Return documents, and how far each sentence has drifted, from 0 to 1."""
        ends = torch.rand(n, 2, 1, generator=chance)
        drift = torch.lerp(ends[:, 0], ends[:, 1], torch.linspace(0, 1, self.sentences))
        mood = torch.randint(2, drift.shape, generator=chance)
        often = torch.stack([0.1 + 0.8 * drift, 0.1 + 0.8 * mood])
        shown = torch.rand(*often.shape, self.places, generator=chance)
        topic, style = (shown < often[..., None]).long()
        return 2 * topic + style, drift

    def batches(self, size: int, /) -> Batches:
        """Draw documents, without a word of their drift."""
        return Applied(_batch, self, size)


class Coder(nn.Module):
    """A few numbers of a sentence, whatever the order of its letters."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(LETTERS, width), nn.GELU(), nn.Linear(width, CODE)
        )

    def forward(self, x: Int[Tensor, "*b p"], /) -> Float[Tensor, "*b c"]:
        """Return codes."""
        return self.net(counts(x))


def counts(x: Int[Tensor, "*b p"], /) -> Float[Tensor, "*b v"]:
    """Return how often each letter occurs in a sentence."""
    return functional.one_hot(x, LETTERS).float().mean(-2)


def loss(
    model: nn.Module, batch: Batch, chance: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats by which a middle isn't told from those of other documents."""
    x = batch[0]
    end = x.shape[1] - 1
    middle = int(torch.randint(1, end, (), generator=chance))
    first, between, last = (model(x[:, i]) for i in (0, middle, end))
    return functional.cross_entropy(
        fits(first, between, last, middle / end), torch.arange(len(x)), reduction="none"
    )


def fits(
    first: Float[Tensor, "b c"], between: Float[Tensor, "m c"],
    last: Float[Tensor, "b c"], time: float, /,
) -> Float[Tensor, "b m"]:  # fmt: skip
    """Return the log-density of each middle on each bridge, but for a constant.

    At time `t` of a bridge from 0 to 1 the variance is `t (1 - t)`.
    """
    expected = torch.lerp(first, last, time)
    apart = expected[:, None] - between[None]
    return -apart.square().sum(-1) / (2 * time * (1 - time))


def foremost(code: Float[Tensor, "b t c"], /) -> Float[Tensor, "b t"]:
    """Return what varies most in codes, their first principal component."""
    rows = code.flatten(0, 1).double()
    _, _, axes = torch.linalg.svd(rows - rows.mean(0), full_matrices=False)
    return (code.double() - rows.mean(0)) @ axes[0]


def followed(
    number: Float[Tensor, "b t"], drift: Float[Tensor, "b t"], /
) -> float:  # fmt: skip
    """Return how well a number of sentences goes with the drift, whatever its sign."""
    pair = torch.stack([number.flatten().double(), drift.flatten().double()])
    return abs(float(torch.corrcoef(pair)[0, 1]))


def _batch(
    documents: Documents, size: int, generator: torch.Generator, /
) -> tuple[Int[Tensor, "b t p"]]:
    return (documents.draw(size, generator)[0],)
