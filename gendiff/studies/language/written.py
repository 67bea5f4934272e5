"""Texts by writers of every kind, what the small ones cost, and what a judge says."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gendiff.guidance.contrast import Tempered
from gendiff.metrics import judges
from gendiff.noise import seeded
from gendiff.record import last
from gendiff.solvers import euler
from gendiff.studies.language import corpus, lesser, readers
from gendiff.tokens import (
    autoregressive,
    blocks,
    decoding,
    embedded as vectors,
    empty,
    masked,
    sample,
    uniform,
    unmasking,
    unrolled,
)
from gendiff.tokens.mask_predict import mask_predict
from gendiff.tokens.sampling import NextToken, categorical
from gendiff.types import Loss, Step, level

V, PLACES = lesser.V, lesser.PLACES


def clearing(
    model: vectors.Embedded,
    n: int,
    places: int,
    calls: int,
    generator: torch.Generator,
    /,
    *,
    label: Int[Tensor, " _"] | None = None,
    factor: float = 1.0,
) -> Iterator[Step]:
    """Take noise away from vectors, and yield the tokens that are predicted.

    Levels are those where the loss has risen by equal amounts. The network reads its
    prediction of the step before, and a call a step is all that it costs. `factor`
    multiplies the score. Tokens on the way are the nearest, the last ones are drawn.
    """
    fractions = torch.linspace(1, 0, max(calls, 2)).double()[:calls]
    grid = model.levels.density().quantile(fractions).tolist()
    start = torch.randn(n, places, model.table.shape[1], generator=generator)
    z = grid[0] * start.to(model.table)
    remember = vectors.Remembering(model, label)
    denoise = Tempered(remember, factor)
    steps = euler(denoise, z, grid) if calls > 1 else iter(())
    for step in steps:
        near = cast("Tensor", remember.before) @ model.table.mT
        yield Step(near.argmax(-1), z, step.level)
        z = step.x
    logits = model(z, level(grid[-1]), label, before=remember.before)
    yield Step(categorical(logits, generator), z, 0.0)


def small(name: str, net: nn.Module, n: int, generator: torch.Generator, /) -> Tensor:
    """Return texts by a system of the small budget, and by those that lend its network.

    Raises:
        ValueError: If there is no such system.
    """
    hidden = torch.full((n, PLACES), V)
    noise = torch.randint(V, (n, PLACES), generator=generator)
    match name:
        case "autoregressive":
            model = cast("autoregressive.Autoregressive", net)
            steps = sample(model.read, empty(n), PLACES, generator)
        case "blocks of 8":
            model = cast("blocks.Blocks", net)
            counts = list(range(lesser.BLOCK, -1, -1))
            steps = blocks.write(
                model, empty(n), PLACES // lesser.BLOCK, counts, generator
            )
        case "masked" | "BERT":
            counts = masked.even(PLACES, CALLS[name])
            steps = unmasking.any_order(net, hidden, V, counts, generator)
        case "MaskGIT":
            counts = masked.cosine(PLACES, CALLS[name])
            steps = unmasking.confident(net, hidden, V, counts, generator, noise=4.5)
        case "Mask-Predict":
            steps = mask_predict(net, hidden, V, masked.even(PLACES, CALLS[name]))
        case "multinomial":
            rates = torch.linspace(1, 0, CALLS[name] + 1).tolist()
            steps = uniform.ancestral(net, noise, rates, generator)
        case "SUNDAE":
            steps = unrolled.resample(net, noise, CALLS[name], generator, fraction=0.3)
        case "CDCD" | "SED" | "Analog Bits" | "Diffusion-LM":
            model = cast("vectors.Embedded", net)
            steps = clearing(model, n, PLACES, CALLS[name], generator)
        case _:
            raise ValueError(f"{name!r} is no system; choose one of {list(CALLS)}")
    return last(steps)


CALLS = dict.fromkeys(lesser.NAMES, PLACES) | {"MaskGIT": 16, "Mask-Predict": 10}
"""Network calls of each system."""


@torch.no_grad()
def at_once(
    name: str, net: nn.Module, n: int, generator: torch.Generator, /, *, tries: int = 1
) -> Tensor:
    """Return texts of a single call: the network sees nothing but noise.

    Of as many tries, each from fresh noise, the text is kept whose letters the network
    found likeliest. For the autoregressive one the noise is random letters, which it
    reads as if they were text.

    Raises:
        ValueError: If there is no such system.
    """
    texts = torch.zeros(n, PLACES, dtype=torch.long)
    best = torch.full((n,), -math.inf)
    for _ in range(tries):
        logits = _of_noise(name, net, n, generator)
        drawn = categorical(logits, generator)
        likely = logits.log_softmax(-1).gather(-1, drawn[..., None]).sum((1, 2))
        texts = torch.where((likely > best)[:, None], drawn, texts)
        best = best.maximum(likely)
    return texts


def _of_noise(
    name: str, net: nn.Module, n: int, generator: torch.Generator
) -> Float[Tensor, "n m v"]:
    match name:
        case "autoregressive":
            return net(torch.randint(V, (n, PLACES), generator=generator))
        case "masked":
            return net(torch.full((n, PLACES), V))
        case "CDCD":
            model = cast("vectors.Embedded", net)
            highest = float(model.levels.density().quantile(torch.ones(1).double())[0])
            noise = torch.randn(n, PLACES, model.table.shape[1], generator=generator)
            return model(highest * noise, level(highest))
        case _:
            raise ValueError(f"{name!r}; choose autoregressive, masked or CDCD")


@torch.no_grad()
def bits(
    name: str, net: nn.Module, x: Int[Tensor, "b n"], generator: torch.Generator, /,
    *, draws: int,
) -> Float[Tensor, " b"] | None:  # fmt: skip
    """Return the bits a letter of each text: exact, a bound, or None for no bound."""
    bounds: dict[str, Loss] = {
        "autoregressive": lesser.forward_loss,
        "blocks of 8": lesser.block_loss,
        "masked": lesser.masked_loss,
        "BERT": lesser.masked_loss,
        "multinomial": lesser.multinomial_loss,
    }
    if name in bounds:
        nats = [bounds[name](net, (x,), generator).double() for _ in range(draws)]
    elif isinstance(net, vectors.Embedded):
        denoise = net.denoiser(passes=2)
        levels = net.levels.density()
        nats = [
            vectors.bound(denoise, x, levels, generator, noise=seeded(generator))
            / PLACES
            for _ in range(draws)
        ]
    else:
        return None
    return torch.stack(nats).mean(0) / math.log(2)


def verdict(x: Int[Tensor, "b n"], /) -> judges.Verdict:
    """Return what 6-grams of other text say of texts of letters."""
    lexicon = corpus.lexicon()
    return judges.judged(x, lesser.judge(), decode=lesser.decode, lexicon=lexicon)


def forward(
    read: NextToken, n: int, generator: torch.Generator, /, *, tau: float
) -> Int[Tensor, "{n} m"]:
    """Return texts that are written letter by letter at a temperature."""
    shape = partial(decoding.temperature, tau=tau)
    return last(sample(read, empty(n), corpus.LENGTH, generator, shape=shape))


def read_off(
    families: Mapping[str, Sequence[Tensor]],
    judge_of: Mapping[str, judges.Judge],
    real: Int[Tensor, "b n"],
    /,
) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
    """Return what judges say of real text, and of writers at the entropy of real text.

    Args:
        families: Texts of each writer at several temperatures.
        judge_of: The judges, by their names.
        real: Real text.
    """
    honest = {name: readers.verdict(real, judge) for name, judge in judge_of.items()}
    plain = {name: float(of.bits.mean()) for name, of in honest.items()}
    reads = {
        (name, writer): nearest(
            [readers.verdict(x, judge) for x in family], honest[name].entropy
        )
        for name, judge in judge_of.items()
        for writer, family in families.items()
    }
    return plain, reads


def nearest(verdicts: Sequence[judges.Verdict], entropy: float, /) -> float:
    """Return the bits at an entropy, or at the nearest that the verdicts reach."""
    reached = [each.entropy for each in verdicts]
    within = min(max(entropy, min(reached)), max(reached))
    return judges.at_entropy(verdicts, within)
