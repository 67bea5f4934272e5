"""When a path of sampling has decided what: topics, single letters, parities.

The language is small enough to be listed, so the denoiser is exact, and so is what a
noisy text tells of any label of the clean one. A label is a table: of each sequence,
whether it has it. What is known of the label that a text ends up with,

    log2 p(label of the end | text so far), averaged over paths,

rises from minus its entropy to 0. The path is spread as CDCD spreads it: in every step
the letters' mean cross-entropy falls by as much.

References:
    Dieleman et al. (2022), arXiv:2211.15089, section 3.3 (time warping).
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from gendiff.noise import seeded
from gendiff.solvers import ancestral
from gendiff.studies.language.kinds import Kinds
from gendiff.tokens import embedded


@dataclass(frozen=True)
class Listed:
    """All texts of a language of two kinds, with the vectors of its letters."""

    x: Int[Tensor, "s n"]
    log_probability: Float[Tensor, " s"]
    table: Float[Tensor, "v d"]

    def belief(
        self, z: Float[Tensor, "b n d"], sigma: float, /
    ) -> Float[Tensor, "b s"]:
        """Return how probable each text is, given noisy vectors."""
        near = (z.double() @ self.table.mT.double()) / sigma**2
        of_text = sum(near[:, i][:, self.x[:, i]] for i in range(self.x.shape[1]))
        return (self.log_probability + of_text).softmax(1)

    def letters(self, belief: Float[Tensor, "b s"], /) -> Float[Tensor, "b n v"]:
        """Return the probability of each letter at each place."""
        one = functional.one_hot(self.x, len(self.table)).double()
        return torch.einsum("bs,snv->bnv", belief, one)

    def __call__(
        self, z: Float[Tensor, "b n d"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b n d"]:
        """Return `E[e_x | z]`: the exact denoiser."""
        letters = self.letters(self.belief(z, float(sigma)))
        return (letters @ self.table.double()).to(z)


def listed(language: Kinds, places: int, /) -> Listed:
    """List all texts, with letters as orthogonal vectors of variance 1."""
    letters = language.moves.shape[1]
    x = torch.cartesian_prod(*[torch.arange(letters)] * places)
    logs = language.log_likelihood(x).logsumexp(1) - math.log(len(language.moves))
    table = embedded.normalised(torch.eye(letters).double())
    return Listed(x, logs.log_softmax(0), table)


@dataclass(frozen=True)
class Label:
    """Something that is true of a text or not."""

    holds: Float[Tensor, "s k"]
    """Of each text; a path is asked about one of the columns, by turns."""


def labels(language: Kinds, of: Listed, /) -> dict[str, Label]:
    """Return the topic, one place's letter, and a parity over all places."""
    high = (of.x >= len(of.table) // 2).double()
    return {
        "topic": Label(language.kind(of.x).double()[:, None]),
        "one place": Label(high),
        "parity": Label(high.sum(1, keepdim=True) % 2),
    }


def grid(
    of: Listed, steps: int, chance: torch.Generator, /, *, draws: int
) -> list[float]:
    """Return levels between which the letters' cross-entropy falls evenly, and 0."""
    levels = np.geomspace(0.3, 30.0, 25)
    x = of.x[_drawn(of, draws, chance)]
    costs: list[float] = []
    for sigma in levels:
        clean = of.table[x]
        z = clean + sigma * torch.randn(clean.shape, generator=chance).double()
        letters = of.letters(of.belief(z, float(sigma)))
        true = letters.gather(-1, x[..., None])
        costs.append(float(-true.log().mean()))
    rising = np.maximum.accumulate(costs)
    wanted = np.linspace(rising[-1], rising[0], steps + 1)
    return [*np.interp(wanted[:-1], rising, levels).tolist(), 0.0]


def along_noise(
    of: Listed, asked: dict[str, Label], levels: list[float], n: int,
    chance: torch.Generator, /,
) -> dict[str, Float[Tensor, "b t"]]:  # fmt: skip
    """Return what each state of a path knew of the labels that it ended with, in bits.

    Minus infinity is not possible: what a path ends with it never ruled out.
    """
    shape = n, of.x.shape[1], of.table.shape[1]
    z = levels[0] * torch.randn(shape, generator=chance).double()
    believed = [of.belief(z, levels[0])]
    noise = seeded(chance)
    steps = ancestral(of, z, levels, noise=noise)
    for step, level in zip(steps, levels[1:], strict=True):
        if level:
            believed.append(of.belief(step.x, level))
        z = step.x
    end = of.belief(z, 0.05).argmax(1)
    believed.append(functional.one_hot(end, len(of.x)).double())
    return {name: _known(believed, end, label) for name, label in asked.items()}


def along_letters(
    of: Listed, asked: dict[str, Label], n: int, chance: torch.Generator, /
) -> dict[str, Float[Tensor, "b t"]]:
    """Return the same of texts that are written letter by letter."""
    end = _drawn(of, n, chance)
    prior = of.log_probability.expand(n, -1)
    agrees = (of.x[end][:, None] == of.x[None]).cumprod(-1).bool()
    seen = [prior.where(agrees[..., k], -torch.inf) for k in range(of.x.shape[1])]
    believed = [logs.softmax(1) for logs in (prior, *seen)]
    return {name: _known(believed, end, label) for name, label in asked.items()}


def halfway(known: Float[Tensor, "b t"], /) -> float:
    """Return the fraction of the path after which half of a label is known.

    What is known rises from the first state to 0, which is everything.
    """
    rise = known.mean(0)
    level = float(rise[0]) / 2
    after = (
        int((rise >= level).nonzero()[0]) if bool((rise >= level).any()) else len(rise)
    )
    if after == len(rise):
        return 1.0
    a, b = float(rise[after - 1]), float(rise[after])
    return (after - 1 + (level - a) / (b - a)) / (len(rise) - 1)


def _drawn(of: Listed, n: int, chance: torch.Generator) -> Int[Tensor, " b"]:
    p = of.log_probability.exp()
    return torch.multinomial(p, n, replacement=True, generator=chance)


def _known(
    believed: list[Tensor], end: Int[Tensor, " b"], label: Label
) -> Float[Tensor, "b t"]:
    turn = torch.arange(len(end)) % label.holds.shape[1]
    holds = label.holds.mT[turn]
    true = holds.gather(1, end[:, None])
    alike = (holds == true).double()
    chances = [(belief * alike).sum(1) for belief in believed]
    return torch.stack(chances, dim=1).log2()
