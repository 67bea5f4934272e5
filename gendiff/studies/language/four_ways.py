"""Four writers at work on one line, each in its own way from nothing to a text."""

from collections.abc import Mapping
from functools import partial

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import functional

from gendiff.data import text
from gendiff.studies.language import corpus, writers, written
from gendiff.studies.running import Running
from gendiff.tokens import empty, masked, sample, uniform, unmasking

HIDDEN = text.VOCABULARY


def films(run: Running, kind: int, calls: int, /) -> Mapping[str, list[Tensor]]:
    """Return what stands on the page after every step of each writer, `calls` or more.

    Places that are not written yet are hidden ones.

    Args:
        run: The run of a page.
        kind: The kind of text that all of them are told to write.
        calls: Network calls of the three that may choose them.
    """
    told, n = torch.tensor([kind]), corpus.LENGTH
    ahead, around = writers.autoregressive(run), writers.masked(run)
    redrawn, vectors = writers.multinomial(run), writers.embedded(run)
    hidden, chance = torch.full((1, n), HIDDEN), run.generator
    letters = torch.randint(HIDDEN, (1, n), generator=chance("letters"))
    rates = torch.linspace(1, 0, calls + 1).tolist()
    ways = {
        "letter by letter": sample(
            partial(ahead.read, label=told), empty(1), n, chance("ahead")
        ),
        "hidden letters": unmasking.any_order(
            lambda x: around(x, told), hidden, HIDDEN, masked.even(n, calls),
            chance("around"),
        ),
        "letters drawn anew": uniform.ancestral(
            lambda x, rate: redrawn(x, rate, told), letters, rates, chance("redrawn")
        ),
        "vectors with noise (CDCD)": written.clearing(
            vectors, 1, n, calls, chance("vectors"), label=told
        ),
    }  # fmt: skip
    return {name: [_whole(step.x, n) for step in way] for name, way in ways.items()}


def still(
    films: Mapping[str, list[Tensor]], fraction: float, /
) -> Mapping[str, Int[Tensor, " n"]]:
    """Return the page of each writer after a fraction of its steps."""
    return {n: film[round(fraction * (len(film) - 1))] for n, film in films.items()}


def shown(x: Int[Tensor, " n"], /) -> str:
    """Return a text in which tokens below 0, the hidden ones, are dots."""
    signs = "".join("·" if k < 0 else text.decode(k[None]) for k in x)
    return signs.replace("\n", "↵")


def _whole(x: Int[Tensor, "1 m"], n: int) -> Int[Tensor, " {n}"]:
    return functional.pad(x[0], (0, n - x.shape[1]), value=HIDDEN)
