"""A Boltzmann machine small enough for its exact likelihood, as it is trained.

With twelve hidden units there are 4096 hidden states, so the sum over all states that
contrastive divergence avoids can be carried out beside it. The machine is kept as it
was at several times of its training: an album.
"""

from collections.abc import Sequence
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from gendiff.data import shapes
from gendiff.families import RBM, ContrastiveDivergence
from gendiff.families.rbm import log_likelihood
from gendiff.training import Accelerator, Plan, fit
from gendiff.types import Batches

VISIBLE, HIDDEN = 64, 12


def binary_shapes(n: int, generator: torch.Generator, /) -> Float[Tensor, "n d"]:
    """Return shapes of 8 by 8 pixels, each pixel 0 or 1."""
    drawn = shapes(n, generator=generator, size=8, sizes=(0.4, 0.7))
    return (drawn.images.flatten(1) > 0).float()


def album(pages: int, /) -> nn.ModuleList:
    """Return so many machines, for one to be kept in as it changes."""
    return nn.ModuleList(RBM(VISIBLE, HIDDEN) for _ in range(pages))


def filled(
    pages: nn.ModuleList,
    /,
    *,
    loss: ContrastiveDivergence,
    batches: Batches,
    plan: Plan,
) -> nn.ModuleList:
    """Train a machine and return the album in which it is kept after equal times."""
    steps = plan.steps or 1
    here = Accelerator(cpu=True)
    for now in fit(RBM(VISIBLE, HIDDEN), loss, batches, plan, accelerator=here):
        page = (now.step * len(pages) - 1) // steps
        pages[page].load_state_dict(now.ema.state_dict())
    return pages


@torch.no_grad()
def likelihoods(
    pages: nn.ModuleList, judged: Float[Tensor, "n d"], /
) -> Sequence[float]:
    """Return the exact mean log-likelihood of images on each page, in nats."""
    machines = [cast("RBM", page) for page in pages]
    return [float(log_likelihood(machine, judged).mean()) for machine in machines]


def independent(seen: Float[Tensor, "n d"], judged: Float[Tensor, "m d"], /) -> float:
    """Return the log-likelihood of pixels that know nothing of each other, in nats."""
    on = seen.mean(dim=0).clamp(1e-4, 1 - 1e-4)
    surprise = functional.binary_cross_entropy(on.expand_as(judged), judged)
    return -float(surprise) * judged.shape[1]
