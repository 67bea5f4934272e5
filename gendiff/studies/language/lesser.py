"""Ten writers of one small network, each trained on letters as long as any other.

Texts are 64 letters and blanks, nothing else. The network is a transformer with a
convolution before it; what is told to it, hidden from it and asked of it is what the
systems differ in. Two more only write, with the masked one's network: MaskGIT and
Mask-Predict. Nothing was counted for any of them, unlike for `writers`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn
from torch.nn import functional

from gendiff.clocks import COSINE, LOG
from gendiff.data import text
from gendiff.levels import Warped, stratified, uniform
from gendiff.metrics import ngrams
from gendiff.noise import seeded
from gendiff.studies.language import corpus
from gendiff.studies.language.writers import HIGH, LOW, REACH, Multinomial, plan
from gendiff.studies.running import Running
from gendiff.tokens import (
    autoregressive as forwards,
    blocks,
    embedded as vectors,
    masked as hiding,
    uniform as anew,
    unrolled,
)
from gendiff.tokens.reader import Reader
from gendiff.types import Batch, Loss

LETTERS = " abcdefghijklmnopqrstuvwxyz"
V = len(LETTERS)
PLACES = 64
BLOCK = 8
BERTS = 10
"""Places that BERT hides: 15 in a hundred."""
DIMENSIONS = 16


COSTS: Mapping[str, float] = {
    "autoregressive": 1.0,
    "blocks of 8": 1.6,
    "masked": 1.05,
    "BERT": 1.05,
    "multinomial": 1.25,
    "SUNDAE": 1.65,
    "CDCD": 1.4,
    "SED": 1.45,
    "Analog Bits": 1.4,
    "Diffusion-LM": 1.3,
}
"""What an update costs, in processor time, over one of the autoregressive writer."""
NAMES = tuple(COSTS)


@dataclass(frozen=True)
class Sizes:
    """What the small writers are trained with."""

    width: int
    depth: int
    batch: int
    updates: int
    """Of the autoregressive one; the others get as many as take equally long."""


SIZES = {
    "smoke": Sizes(16, 1, 4, 4),
    "cpu": Sizes(64, 2, 16, 600),
    "gpu": Sizes(256, 6, 128, 20_000),
}


@dataclass(frozen=True)
class Regression:
    """The squared error of vectors, with the cross-entropy that anchors them to tokens.

    Without the second, vectors that are learned would all become one. Levels are those
    of the cosine schedule. `reading` is how often the network reads its own prediction.

    References:
        Li et al. (2022), arXiv:2205.14217, section 4 (vectors that are learned).
        Strudel et al. (2022), arXiv:2211.04236, section 2 (vectors that are given).
    """

    reading: float

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the loss of each text."""
        own, x = vectors.unwrapped(model), batch[0]
        levels = uniform(COSINE, LOW, HIGH)
        sigma = stratified(levels)(len(x), generator)
        z = vectors.noisy(own.table, x, sigma, seeded(generator))
        before = None
        if torch.rand((), generator=generator) < self.reading:
            with torch.no_grad():
                before = own(z, sigma).softmax(-1) @ own.table
        found = model(z, sigma, before=before).softmax(-1) @ own.table
        error = (found - own.table[x]).square().mean(2).sum(1)
        anchor = functional.cross_entropy(
            (found @ own.table.mT).mT, x, reduction="none"
        )
        return (error + anchor.sum(1)) / PLACES


def letters(stream: UInt8[Tensor, " _"], /) -> UInt8[Tensor, " _"]:
    """Return letters as 1 to 26, and whatever is between words as one 0.

    >>> "".join(LETTERS[i] for i in letters(text.encode("(No one) is.")).tolist())
    'no one is '
    """
    first = text.ALPHABET.index("a")
    codes = stream.long() - first + 1
    codes = torch.where((codes > 0) & (codes < V), codes, 0)
    after_letter = functional.pad(codes[:-1] > 0, (1, 0))
    return codes[(codes > 0) | after_letter].to(torch.uint8)


def decode(x: Int[Tensor, " n"], /) -> str:
    """Return the text that tokens stand for."""
    return "".join(LETTERS[i] for i in x.tolist())


@cache
def training() -> corpus.Streams:
    """Return what the small writers read: prose, without code."""
    return tuple(letters(stream) for stream in corpus.training()[:2])


@cache
def judge() -> ngrams.NGrams:
    """Return the 6-grams of the text that trains no writer."""
    streams = [letters(stream) for stream in corpus.judging()[:2]]
    return ngrams.fit(streams, vocabulary=V, order=6)


@cache
def rival() -> ngrams.NGrams:
    """Return the 6-grams of what the writers read."""
    return ngrams.fit(training(), vocabulary=V, order=6)


def validation(most: int, /) -> Int[Tensor, "b n"]:
    """Return held-out windows, up to `most` of each kind."""
    streams = [letters(stream) for stream in text.corpus().test[:2]]
    return text.cut(streams, length=PLACES, most=most)[0]


def trained(run: Running, name: str, /, *, part: float = 1.0) -> nn.Module:
    """Return a writer, or what it is after a part of its updates.

    Raises:
        ValueError: If there is no writer of this name.
    """
    if name not in NAMES:
        raise ValueError(f"{name!r} is no writer; choose one of {', '.join(NAMES)}")
    own = run.sizes("language.lesser", SIZES)
    batches = text.windows(training(), length=PLACES, size=own.batch)
    often = max(1, round(part * updates(run, name)))
    build = partial(_fresh, name, own.width, own.depth)
    return run.trained(build, LOSSES[name], batches, plan(often), label=f"small {name}")


def updates(run: Running, name: str, /) -> int:
    """Return how often a writer is updated."""
    return round(run.sizes("language.lesser", SIZES).updates / COSTS[name])


def budget(run: Running, name: str, /) -> float:
    """Return what a writer's training takes, in updates of the autoregressive one."""
    return updates(run, name) * COSTS[name]


def forward_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats a letter."""
    return forwards.cross_entropy(model, batch[:1], generator) / PLACES


def one_place(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats of one random letter of each text."""
    x = batch[0]
    nats = functional.cross_entropy(model(x).mT, x, reduction="none")
    place = torch.randint(x.shape[1], (len(x), 1), generator=generator)
    return nats.gather(1, place.to(x.device))[:, 0]


def masked_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return an estimate of the bound, in nats a letter."""
    return hiding.Bound(V)(model, batch[:1], generator) / PLACES


def bert_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats of a hidden letter, where always so many are hidden."""
    x = batch[0]
    noisy = hiding.hide(x, torch.full_like(x[:, 0], BERTS), V, generator)
    return hiding.surprisal(model, x, noisy).sum(1) / BERTS


def block_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return an estimate of the bound, in nats a letter."""
    return blocks.Bound(V, BLOCK)(model, batch[:1], generator) / PLACES


def multinomial_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return an estimate of the bound, in nats a letter."""
    return anew.Bound(V)(model, batch[:1], generator) / PLACES


def unrolled_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of two answers, in nats a letter."""
    return unrolled.Answers(V)(model, batch[:1], generator) / PLACES


def embedded_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy, in nats a letter."""
    return vectors.CrossEntropy()(model, batch[:1], generator) / PLACES


LOSSES: Mapping[str, Loss] = {
    "autoregressive": forward_loss,
    "blocks of 8": block_loss,
    "masked": masked_loss,
    "BERT": bert_loss,
    "multinomial": multinomial_loss,
    "SUNDAE": unrolled_loss,
    "CDCD": embedded_loss,
    "SED": Regression(0.5),
    "Analog Bits": Regression(0.5),
    "Diffusion-LM": Regression(0.0),
}


def given_vectors() -> Float[Tensor, "v d"]:
    """Return vectors of letters that others learned: alike where neighbours are."""
    pairs = torch.zeros(V, V)
    for stream in training():
        x = stream.long()
        pairs.index_put_((x[:-1], x[1:]), torch.ones(len(x) - 1), accumulate=True)
    both = torch.cat([pairs, pairs.mT], dim=1)
    rows = ((both + 1) / (both + 1).sum(1, keepdim=True)).log()
    u, s, _ = torch.linalg.svd(rows - rows.mean(0), full_matrices=False)
    return (u * s)[:, :DIMENSIONS]


def gaussian(
    width: int, depth: int, table: Float[Tensor, "27 d"], levels: Warped, /
) -> vectors.Embedded:
    """Return a fresh network of noisy letters, by their vectors and its levels."""
    net = Reader(
        V, width=width, depth=depth, reach=REACH, levels=width // 2,
        dimensions=table.shape[1],
    )  # fmt: skip
    return vectors.Embedded(net, table, levels)


def _fresh(name: str, width: int, depth: int) -> nn.Module:
    shape: dict[str, int] = {"width": width, "depth": depth, "reach": REACH}

    def noisy(table: Tensor) -> nn.Module:
        return gaussian(width, depth, table, Warped(LOG, LOW, HIGH))

    builders: dict[str, Callable[[], nn.Module]] = {
        "autoregressive": partial(forwards.Autoregressive, V, **shape),
        "blocks of 8": partial(blocks.Blocks, V, BLOCK, **shape),
        "multinomial": partial(_redrawn, width, depth),
        "CDCD": lambda: noisy(vectors.fresh(V, DIMENSIONS)),
        "SED": lambda: noisy(given_vectors()),
        "Analog Bits": lambda: noisy(vectors.bits(V)),
        "Diffusion-LM": lambda: noisy(vectors.fresh(V, DIMENSIONS)),
    }
    return builders.get(name, partial(Reader, V, **shape))()


def _redrawn(width: int, depth: int) -> Multinomial:
    levels = width // 2
    return Multinomial(Reader(V, width=width, depth=depth, reach=REACH, levels=levels))
