"""A denoiser that computes half of the places anew, and reuses the rest.

The noise of all places changes in every step, so what a network keeps of a place is
never quite what it would compute. But it may be near. Here every second call computes
the layers for half of the places, every other one, which see keys and values of the
rest as they were a step before; for the rest, what the context says of them stays, and
what their own noise says is new. Two calls cost as much as one and a half.

References:
    Ma et al. (2025), arXiv:2505.15781, section 3 (keys and values kept over steps).
"""

import itertools

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.nets.transformer import Past
from gendiff.tokens.embedded import Embedded, by_place, likelihood
from gendiff.tokens.reader import Reader


class Reusing:
    """A denoiser that reuses half of its last call in every second one.

    It remembers, so each sample needs a fresh one. `calls` counts passes over all
    places, those over half of them as one half.
    """

    def __init__(
        self, model: Embedded, label: Int[Tensor, " _"], /, *, temperature: float = 1.0,
        reuse: bool = True,
    ) -> None:  # fmt: skip
        assert isinstance(model.net, Reader)
        self.model, self.net, self.label = model, model.net, label
        self.table = model.table
        self.temperature, self.reuse = temperature, reuse
        self.calls = 0.0
        self._past: Past = ()
        self._context: Tensor | None = None
        self._turn = itertools.cycle((0, 1))

    def __call__(
        self, z: Float[Tensor, "b n d"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b n d"]:
        """Return `E[e_x | z]`, of sharper or flatter probabilities if not at 1."""
        logits = self.logits(z, sigma) / self.temperature
        return logits.softmax(-1) @ self.table

    @torch.no_grad()
    def logits(
        self, z: Float[Tensor, "b n d"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b n v"]:
        """Return the logits, with the context of half the places in every second."""
        noise = sigma.to(z)
        h, condition = self._read(z, noise)
        every = torch.arange(z.shape[1])
        if self._context is None or not self.reuse:
            h, self._past = self.net.body.attend(h, (), (every, None), condition)
            self._context = context = self.net.last(h)
            self.calls += 1
        else:
            new = every % 2 == next(self._turn)
            past = tuple((k[:, :, ~new], v[:, :, ~new]) for k, v in self._past)
            h, _ = self.net.body.attend(h[:, new], past, (every[new], None), condition)
            context = self._context.clone()
            context[:, new] = self.net.last(h)
            self._context = None
            self.calls += float(new.double().mean())
        return context + likelihood(z, noise, self.table)

    def _read(
        self, z: Float[Tensor, "b n d"], noise: Float[Tensor, "..."]
    ) -> tuple[Float[Tensor, "b n w"], Float[Tensor, "b c"]]:
        """Return what the layers read of noisy vectors, and of their level."""
        net = self.net
        assert net.vectors is not None
        assert net.level is not None
        unit = z * by_place(1 + noise**2).rsqrt()
        h = net.vectors(torch.cat([unit, torch.zeros_like(unit)], dim=-1))
        if net.labels is not None:
            h = h + net.labels(self.label)[:, None]
        if net.nearby is not None:
            h = h + net.nearby(h.mT).mT
        return h, net.level((noise.log() / 4).reshape(-1).expand(len(z)))
