"""Sentences that are written by way of a code: noise becomes a code, a code letters.

The diffusion model knows nothing of letters. It makes codes like those that a trained
autoencoder has for sentences, and a light decoder reads them out, letter by letter:
what a code leaves open it can fill in such that the letters agree.

References:
    Bowman et al. (2016), arXiv:1511.06349 (a recurrent decoder of codes).
    Lovelace et al. (2023), arXiv:2212.09462 (diffusion of codes of text).
"""

from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.exact.gaussian import Isotropic
from gendiff.levels import log_normal, stratified
from gendiff.nets import MLP
from gendiff.objectives import Objective, edm_weight
from gendiff.precondition import Preconditioned
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.studies.language.sentence_codes import Sentences
from gendiff.tokens import empty, sample as write
from gendiff.tokens.sampling import State
from gendiff.types import Batch

OBJECTIVE = Objective(stratified(log_normal(-0.5, 1.2)), edm_weight(1.0))


@dataclass(frozen=True)
class Codes:
    """The codes of an autoencoder, each number with mean 0 and variance 1."""

    coder: Sentences
    mean: Float[Tensor, " c"]
    std: Float[Tensor, " c"]

    def __call__(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b c"]:
        """Return the codes of sentences."""
        with torch.no_grad():
            return (self.coder.code(x) - self.mean) / self.std

    def at_once(self, code: Float[Tensor, "b c"], /) -> Int[Tensor, "b n"]:
        """Return the likeliest letter at each place, by the autoencoder's decoder."""
        with torch.no_grad():
            return self.coder.read(code * self.std + self.mean).argmax(-1)


def standard(coder: Sentences, x: Int[Tensor, "b n"], /) -> Codes:
    """Return codes that are standardised by those of given sentences."""
    with torch.no_grad():
        code = coder.code(x)
    return Codes(coder, code.mean(0), code.std(0))


class Decoder(nn.Module):
    """The next letter of a sentence, given a code and the letters before it."""

    def __init__(self, letters: int, code: int, width: int) -> None:
        super().__init__()
        self.start = letters
        self.told = nn.Linear(code, width)
        self.embed = nn.Embedding(letters + 1, width)
        self.net = nn.GRU(width, width, batch_first=True)
        self.last = nn.Linear(width, letters)

    def forward(
        self, x: Int[Tensor, "b n"], code: Float[Tensor, "b c"], /
    ) -> Float[Tensor, "b n v"]:
        """Return the logits of each letter."""
        before = functional.pad(x[:, :-1], (1, 0), value=self.start)
        h, _ = self.net(self.embed(before) + self.told(code)[:, None])
        return self.last(h)

    @torch.no_grad()
    def write(
        self, code: Float[Tensor, "b c"], places: int, chance: torch.Generator, /
    ) -> Int[Tensor, "b {places}"]:
        """Read codes out, drawing letter after letter."""
        read = partial(self._read, self.told(code)[:, None])
        return last(write(read, empty(len(code)), places, chance))

    def _read(
        self, told: Float[Tensor, "b 1 w"], x: Int[Tensor, "b m"], state: State, /
    ) -> tuple[Float[Tensor, "b v"], State]:
        begun = x if state else functional.pad(x, (1, 0), value=self.start)
        h, hidden = self.net(self.embed(begun) + told, *state)
        return self.last(h[:, -1]), (hidden,)


@dataclass(frozen=True)
class Reading:
    """The loss of a decoder of codes, in nats a sentence."""

    codes: Codes

    def __call__(
        self, model: nn.Module, batch: Batch, chance: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return what each sentence costs, given its code."""
        del chance  # nothing here is random
        x = batch[0]
        logits = model(x, self.codes(x))
        return functional.cross_entropy(logits.mT, x, reduction="none").sum(1)


@dataclass(frozen=True)
class Denoising:
    """The loss of a denoiser of codes."""

    codes: Codes

    def __call__(
        self, model: nn.Module, batch: Batch, chance: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the weighted error of each code."""
        return OBJECTIVE(model, (self.codes(batch[0]),), chance)


def denoiser(code: int, width: int, /) -> Preconditioned:
    """Return a fresh denoiser of codes."""
    return Preconditioned(MLP(code, width, 3), data_std=1.0)


@torch.no_grad()
def drawn(
    denoise: Preconditioned, n: int, code: int, chance: torch.Generator, /
) -> Float[Tensor, "{n} {code}"]:
    """Turn noise into codes."""
    noise = torch.randn(n, code, generator=chance)
    return last(sample(denoise, noise, gaussian=Isotropic(torch.zeros(()), 1.0)))


def torn(
    code: Float[Tensor, "b c"], chance: torch.Generator, /
) -> Float[Tensor, "b c"]:
    """Return codes with each number from another sentence."""
    order = torch.rand(code.shape, generator=chance).argsort(0)
    return code.gather(0, order)
