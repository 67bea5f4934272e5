"""When a path of sampling has decided what: topics, single letters, parities.

Given its topic the letters of a text are independent, and texts are short enough to be
listed. So what a noisy text tells of any label of the clean one is exact. A label is a
table: of each text, whether it has it. What is known of the label that a text ends up
with,

    log2 p(label of the end | text so far), averaged over paths,

rises from minus its entropy to 0. A perfect sampler's path, seen from its end, is that
of a text to which noise is added little by little, so it is drawn like that, and no
solver is in the way. How far along it is, is told by what is known of single letters
at that time.

References:
    Anderson (1982), Reverse-time diffusion equation models (both ways one process).
    Dieleman et al. (2022), arXiv:2211.15089, section 3.3 (a path with equal steps of
    the letters' cross-entropy).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from gendiff.tokens import embedded

LETTERS = "letters"
"""The name of what is known of single letters, among what is known of labels."""


@dataclass(frozen=True)
class Listed:
    """All texts of a language, with their topics, and the vectors of its letters."""

    x: Int[Tensor, "s n"]
    topic: Int[Tensor, " s"]
    log_probability: Float[Tensor, " s"]
    table: Float[Tensor, "v d"]

    def belief(
        self, z: Float[Tensor, "b n d"], sigma: float, /
    ) -> Float[Tensor, "b s"]:
        """Return how probable each text is, given noisy vectors."""
        near = (z.double() @ self.table.mT) / sigma**2
        logs = self.log_probability.expand(len(z), -1)
        for place in range(self.x.shape[1]):
            logs = logs + near[:, place][:, self.x[:, place]]
        return logs.softmax(1)

    def letters(self, belief: Float[Tensor, "b s"], /) -> Float[Tensor, "b n v"]:
        """Return the probability of each letter at each place."""
        one = functional.one_hot(self.x, len(self.table)).double()
        return (belief @ one.flatten(1)).unflatten(1, one.shape[1:])

    def draw(self, n: int, chance: torch.Generator, /) -> Int[Tensor, " {n}"]:
        """Draw the numbers of texts."""
        p = self.log_probability.exp()
        return torch.multinomial(p, n, replacement=True, generator=chance)


def listed(likes: Float[Tensor, "k v"], places: int, /) -> Listed:
    """List all texts, with letters as orthogonal vectors of variance 1.

    Args:
        likes: How often each topic has each letter; topics occur equally often.
        places: Letters of a text.
    """
    topics, letters = likes.shape
    x = torch.cartesian_prod(*[torch.arange(letters)] * places).reshape(-1, places)
    told = likes.double().log()[:, x].sum(-1) - math.log(topics)
    table = embedded.normalised(torch.eye(letters).double())
    return Listed(x, told.argmax(0), told.logsumexp(0), table)


def labels(of: Listed, /) -> dict[str, Bool[Tensor, "s k"]]:
    """Return what may be asked of texts: topic, half of the alphabet, a parity.

    A label of several columns is asked of one of them in each path, by turns.
    """
    high = of.x >= len(of.table) // 2
    return {
        "topic": (of.topic > 0)[:, None],
        "one place": high,
        "parity": high.sum(1, keepdim=True) % 2 > 0,
    }


def along_noise(
    of: Listed, asked: dict[str, Bool[Tensor, "s k"]], levels: Sequence[float], n: int,
    chance: torch.Generator, /,
) -> dict[str, Float[Tensor, "b t"]]:  # fmt: skip
    """Return what each state of a path knows of letters and labels of its end, in bits.

    Args:
        of: The texts.
        asked: What is asked of them.
        levels: Falling noise levels; after the last nothing is noisy any more.
        n: Number of paths.
        chance: Draws texts and noise.
    """
    end = of.draw(n, chance)
    z, before = of.table[of.x[end]], 0.0
    states = [_known(of, functional.one_hot(end, len(of.x)).double(), end, asked)]
    for level in reversed(levels):
        noise = torch.randn(z.shape, generator=chance).double()
        z = z + math.sqrt(level**2 - before**2) * noise
        before = level
        states.append(_known(of, of.belief(z, level), end, asked))
    return _stacked(states[::-1])


def along_letters(
    of: Listed, asked: dict[str, Bool[Tensor, "s k"]], n: int, chance: torch.Generator,
    /,
) -> dict[str, Float[Tensor, "b t"]]:  # fmt: skip
    """Return the same of texts that are written letter by letter."""
    end = of.draw(n, chance)
    logs = of.log_probability.expand(n, -1)
    states = [_known(of, logs.softmax(1), end, asked)]
    for place in range(of.x.shape[1]):
        agrees = of.x[end, place][:, None] == of.x[:, place]
        logs = logs.where(agrees, -torch.inf)
        states.append(_known(of, logs.softmax(1), end, asked))
    return _stacked(states)


def progress(bits: Float[Tensor, "b t"], /) -> Float[Tensor, " t"]:
    """Return which fraction is known in each state, from 0 to 1."""
    rise = bits.mean(0)
    return 1 - rise / rise[0]


def halfway(bits: Float[Tensor, "b t"], letters: Float[Tensor, "b t"], /) -> float:
    """Return which fraction of the letters is known when half of a label is.

    Args:
        bits: What is known of the label.
        letters: What is known of letters, in the same states.
    """
    of_label, path = progress(bits), progress(letters)
    after = int((of_label >= 0.5).nonzero()[0])
    a, b = of_label[after - 1 : after + 1].tolist()
    start, stop = path[after - 1 : after + 1].tolist()
    return start + (stop - start) * (0.5 - a) / (b - a)


def _known(
    of: Listed, belief: Float[Tensor, "b s"], end: Int[Tensor, " b"],
    asked: dict[str, Bool[Tensor, "s k"]],
) -> dict[str, Float[Tensor, " b"]]:  # fmt: skip
    true = of.letters(belief).gather(-1, of.x[end][..., None])
    found = {LETTERS: true.log2().mean((1, 2))}
    for name, holds in asked.items():
        turn = torch.arange(len(end)) % holds.shape[1]
        # Both summed: what is left of 1 would be rounding where a label is unlikely.
        yes, no = (
            (belief @ each.double()).gather(1, turn[:, None])[:, 0]
            for each in (holds, ~holds)
        )
        found[name] = yes.where(holds[end, turn], no).log2()
    return found


def _stacked(
    states: list[dict[str, Float[Tensor, " b"]]],
) -> dict[str, Float[Tensor, "b t"]]:
    return {k: torch.stack([state[k] for state in states], dim=1) for k in states[0]}
