"""Patches of photographs, and a judge that tells which photograph each is from.

Unlike white digits on black, few of their pixels lie at the ends of the range: that is
where clipping and thresholding were made for. A patch has too little in it for a person
to name the photograph, but a classifier can.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.data import shuffled
from gendiff.data.photographs import SCENES, patches
from gendiff.exact import Isotropic
from gendiff.nets import Classifier
from gendiff.studies.running import Running
from gendiff.training import Plan
from gendiff.types import Batch

CLASSES = len(SCENES)
SIDE = 16
SHRINK = 4
"""Photographs are made that much smaller, so that patches show more than surfaces."""


@dataclass(frozen=True)
class Patches:
    """Patches, the photographs in turn."""

    images: Float[Tensor, "n 1 16 16"]
    """Luma in [-1, 1]."""
    labels: Int[Tensor, " n"]
    """Which of `SCENES` each is from."""

    def gaussian(self) -> Isotropic:
        """Return what the sampler should know of them: their mean and spread."""
        return Isotropic.measured(self.images)


def cut(run: Running, n: int, purpose: str, /) -> Patches:
    """Return fresh patches from random places, others for every purpose."""
    generator = run.generator(f"patches/{purpose}")
    each = [
        patches(
            -(-n // CLASSES), size=SIDE, generator=generator, photographs=(scene,),
            shrink=SHRINK,
        )
        for scene in SCENES
    ]  # fmt: skip
    in_turn = torch.stack(each, 1).flatten(0, 1)[:n]
    return Patches(in_turn, torch.arange(n) % CLASSES)


class PatchJudge(Classifier):
    """Tells the photographs apart."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__(1, CLASSES, widths=widths)

    def label(self, x: Float[Tensor, "b 1 h w"], /) -> Float[Tensor, "b class"]:
        """Return the logits of the photograph."""
        return self(x)


def judge(run: Running, n: int, updates: int, /) -> PatchJudge:
    """Return the judge, trained on patches of its own, the same under every seed."""
    fixed = run.at(0)
    seen = cut(fixed, n, "judge")
    return fixed.trained(
        partial(PatchJudge, (16, 32)),
        mistaken,
        shuffled(seen.images, seen.labels, size=64),
        Plan(steps=updates, learning_rate=3e-3),
        label="judge of patches",
    )


def mistaken(
    found: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of the photograph."""
    del generator
    x, label = batch
    return functional.cross_entropy(found(x), label, reduction="none")
