"""The empirical distribution: what a perfect network with no inductive bias learns.

For a finite data set the exact denoiser is a weighted mean of the data themselves,

    E[x0 | x] = sum_i softmax_i(-|x - x_i|^2 / (2 sigma^2)) x_i,

which returns training examples as sigma goes to 0: the optimum of denoising score
matching is memorisation, and generalisation is the network's failure to reach it.

References:
    Karras et al. (2022), arXiv:2206.00364, appendix B.3.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.exact.precise import product
from gendiff.types import demand_signal, like


@dataclass(frozen=True)
class Empirical:
    """A uniform distribution over the rows of `data`.

    Works through the batch in chunks, so that no `(b, n, d)` tensor is ever made; one
    chunk's distances take at most about `chunk * n` floats.

    Raises:
        ValueError: If there is no data.
    """

    data: Float[Tensor, "n *s"]
    chunk: int = 1024

    def __post_init__(self) -> None:
        if len(self.data) == 0:
            raise ValueError("an empirical distribution needs at least one example")

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `E[x0 | x]`; at `sigma = 0`, the nearest example."""
        demand_signal(x)  # before the data are made whole numbers, too
        flat = self.data.to(x).flatten(1)
        parts = [
            product((-part).softmax(-1), flat) for part in self._energies(x, sigma)
        ]
        return torch.cat(parts).reshape(x.shape)

    def score(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."]
    ) -> Float[Tensor, "b *s"]:
        """Return the gradient of `log_density` with respect to `x`."""
        return (self(x, sigma) - x) / like(sigma, x) ** 2

    def log_density(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."]
    ) -> Float[Tensor, " b"]:
        """Return `log p_sigma(x)` in nats, a Parzen window of width sigma."""
        n, d = len(self.data), self.data[0].numel()
        parts = [(-part).logsumexp(-1) for part in self._energies(x, sigma)]
        level = like(sigma, x).flatten()
        return torch.cat(parts) - math.log(n) - d * (level.log() + _HALF_LOG_2PI)

    def nearest(
        self, x: Float[Tensor, "b *s"]
    ) -> tuple[Float[Tensor, " b"], Int[Tensor, " b"]]:
        """Return the distance to the nearest example, and its index."""
        one = torch.ones((), dtype=x.dtype)
        parts = [part.min(-1) for part in self._energies(x, one)]
        squares = torch.cat([part.values for part in parts])
        return (2 * squares).sqrt(), torch.cat([part.indices for part in parts])

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n *s"]:
        """Draw `n` examples with replacement."""
        return self.data[torch.randint(len(self.data), (n,), generator=generator)]

    def _energies(self, x: Tensor, sigma: Tensor) -> Iterator[Float[Tensor, "c n"]]:
        """Yield `|x - x_i|^2 / (2 sigma^2)`, one chunk of the batch after another."""
        demand_signal(x)
        flat = self.data.to(x).flatten(1)
        # A level of 0 would divide 0 by 0 at the examples themselves.
        tiny = torch.finfo(x.dtype).tiny ** 0.25
        level = like(sigma, x).flatten().expand(len(x)).clamp(min=tiny)
        for part, s in zip(
            x.flatten(1).split(self.chunk), level.split(self.chunk), strict=True
        ):
            # Through a matrix product, near distances would lose all their digits.
            mode = "donot_use_mm_for_euclid_dist"
            distance = torch.cdist(part, flat, compute_mode=mode)
            yield (distance / s[:, None]) ** 2 / 2


_HALF_LOG_2PI = math.log(2 * math.pi) / 2
