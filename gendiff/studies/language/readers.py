"""The judges of the language pages: models of text of other kinds than the writers.

One has counted 6-grams, the other is a recurrent network, and both have read the half
of the text that trains no writer. So a writer is not liked for sharing a judge's
habits, and what two so different judges agree on is said of the text.
"""

import math
from dataclasses import dataclass
from functools import cache, partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.data import text
from gendiff.metrics import judges, ngrams
from gendiff.studies.language import corpus
from gendiff.studies.running import Running
from gendiff.training import Exponential, Plan
from gendiff.types import Batch


@dataclass(frozen=True)
class Sizes:
    """What the recurrent judge is trained with."""

    width: int
    batch: int
    updates: int


SIZES = {
    "smoke": Sizes(16, 4, 6),
    "cpu": Sizes(256, 16, 700),
    "gpu": Sizes(1024, 128, 10_000),
}


@cache
def counted() -> ngrams.NGrams:
    """Return the judge that has counted 6-grams."""
    return ngrams.fit(corpus.judging(), vocabulary=text.VOCABULARY, order=6)


class Recurrent(nn.Module):
    """A recurrent network of the next character; calling it judges texts, in bits."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.symbols = nn.Embedding(text.VOCABULARY + 1, width)
        self.body = nn.LSTM(width, width, batch_first=True)
        self.last = nn.Linear(width, text.VOCABULARY)

    def forward(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b n"]:
        """Return the surprisal of each character after those before it, in bits."""
        start = torch.full_like(x[:, :1], text.VOCABULARY)
        h, _ = self.body(self.symbols(torch.cat([start, x[:, :-1]], dim=1)))
        nats = functional.cross_entropy(self.last(h).mT, x, reduction="none")
        return nats / math.log(2)


def recurrent(run: Running) -> Recurrent:
    """Return the judge that was trained; it is the same under every seed."""
    own, fixed = run.sizes("language.readers", SIZES), run.at(0)
    return fixed.trained(
        partial(Recurrent, own.width),
        surprise,
        text.windows(corpus.judging(), length=corpus.LENGTH, size=own.batch),
        Plan(steps=own.updates, learning_rate=4e-3, average=Exponential(0.98)),
        label="judge of text",
    )


def surprise(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the bits a character."""
    del generator  # nothing here is random
    return model(batch[0]).mean(1)


def verdict(x: Int[Tensor, "b n"], judge: judges.Judge, /) -> judges.Verdict:
    """Return what a judge says of texts, and what else must be said of them."""
    lexicon = corpus.lexicon()
    return judges.judged(x.cpu(), judge, decode=text.decode, lexicon=lexicon)
