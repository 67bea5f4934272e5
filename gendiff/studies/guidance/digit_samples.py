"""Digits drawn from the shared model under a guide, and kept for every page.

Several pages draw the same sets. What is drawn here is kept under what decides it, the
network and the guide, the noises and the steps, whatever the page is called: the first
one that asks draws.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.record import last
from gendiff.sampling import sample
from gendiff.studies.digits import CLASSES, SIDE, gaussian
from gendiff.studies.running import Running
from gendiff.types import Denoiser

BATCH = 500
Guide = Callable[[Tensor, float], Denoiser]
"""`(labels, scale) -> denoiser`: how labels are asked for, and how strongly."""


def drawn(
    run: Running,
    guide: Guide,
    scale: float,
    n: int,
    /,
    *,
    steps: int,
    purpose: str = "noise",
) -> Float[Tensor, "n 1 16 16"]:
    """Return `n` digits, the ten classes in turn, on the CPU.

    The noises depend on the purpose and `n` alone, so that two guides differ by what
    they make of the same ones.

    Args:
        run: The run of the page.
        guide: Returns a denoiser for the labels of a batch, at a scale.
        scale: What to give to it.
        n: How many.
        steps: Of the solver; a guide that asks the network twice makes twice as many
            calls.
        purpose: Names the noises; others than "noise" are for choosing scales.
    """
    labels = (torch.arange(n) % CLASSES).to(run.device)
    guides = [guide(y, float(scale)) for y in labels.split(BATCH)]
    return run.memo(_drawn)(run, guides, n, steps, purpose)


def _drawn(
    run: Running, guides: list[Denoiser], n: int, steps: int, purpose: str, /
) -> Float[Tensor, "n 1 16 16"]:
    noise = torch.randn((n, 1, SIDE, SIDE), generator=run.generator(purpose))
    known = gaussian(run)
    parts = [
        last(sample(guide, z.to(run.device), gaussian=known, evaluations=steps)).cpu()
        for guide, z in zip(guides, noise.split(BATCH), strict=True)
    ]
    return torch.cat(parts)
