"""Drifting: a generator of one step, taught by where its samples should move.

No trajectory and no noise levels: samples of a generator are drawn to the data near
them and driven from each other, and the generator is asked to land where they would
drift. With the kernel `k(x, y) = exp(-|x - y| / width)`,

    drift(x) = E_p[k(x, y) y] / E_p[k(x, y)] - E_q[k(x, y) y] / E_q[k(x, y)],

the difference of two mean shifts. It changes its sign if p and q change places, so it
is 0 everywhere if the generator's distribution q is the data's, p: the walk that a
sampler takes at generation is taken during training.

References:
    Deng et al. (2026), arXiv:2602.04770 (the drifting field).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.distillation.paths import mean_square
from gendiff.noise import seeded
from gendiff.types import demand_signal


def drift(
    x: Float[Tensor, "b *s"],
    toward: Float[Tensor, "n *s"],
    away: Float[Tensor, "m *s"],
    /,
    *,
    width: float,
) -> Float[Tensor, "b *s"]:
    """Return the mean shift of `x` to samples of p, less that to samples of q."""
    shifted = _mean_shift(x, toward, width) - _mean_shift(x, away, width)
    return shifted.reshape(x.shape)


def _mean_shift(x: Tensor, samples: Tensor, width: float) -> Tensor:
    flat = samples.flatten(1)
    # One row's kernel may underflow; the softmax takes out what all have in common.
    return torch.softmax(-torch.cdist(x.flatten(1), flat) / width, dim=1) @ flat


@dataclass(frozen=True)
class Drifting:
    """The loss of a one-step generator, called as `model(eps, *given)`.

    Each half of a batch is driven from the other half, so that no sample is driven from
    itself. What is given belongs to both halves: there is one drift for all classes.

    Raises:
        ValueError: When called, if the batch has fewer than two samples.
    """

    width: float
    """Of the kernel, as a distance between signals."""

    def __call__(
        self,
        model: Callable[..., Tensor],
        batch: tuple[Tensor, ...],
        generator: torch.Generator,
        /,
    ) -> Float[Tensor, " b"]:
        """Return the squared length of each sample's drift, a coordinate."""
        x0, *given = batch
        demand_signal(x0, name="the data")
        if len(x0) < 2:
            raise ValueError(f"a batch of {len(x0)} has no halves; give 2 or more")
        made = model(seeded(generator)(x0), *given)
        with torch.no_grad():
            one, other = made.tensor_split(2)
            pulls = [(one, other), (other, one)]
            moves = [drift(x, x0, away, width=self.width) for x, away in pulls]
            target = made + torch.cat(moves)
        return mean_square(made - target)
