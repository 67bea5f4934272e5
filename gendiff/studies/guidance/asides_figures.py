"""Rows of small images with their names and numbers, grey or coloured."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from jaxtyping import Float
from torch import Tensor

from gendiff.drawing import image_grid
from gendiff.studies.drawn import Drawn
from gendiff.studies.guidance.digit_sets import Judged


def rows(
    images: Mapping[str, Float[Tensor, "n c h w"]],
    notes: Mapping[str, str],
    /,
    *,
    low: float = -1.0,
    gap: int = 0,
) -> Drawn:
    """Draw a row of images under each name, with a note at its right end.

    Args:
        images: As many in each row; of one channel or three, up to 1.
        notes: What to write of each row, by the same names.
        low: What is black.
        gap: After so many rows comes a wider gap; 0 for none.
    """
    spaced = [gap > 0 and k > 0 and k % gap == 0 for k in range(len(images))]
    heights = [h for wide in spaced for h in ((0.35, 1.0) if wide else (1.0,))]
    fig, axes = plt.subplots(
        len(heights), 1, figsize=(6.4, 0.52 * sum(heights)), squeeze=False,
        height_ratios=heights,
    )  # fmt: skip
    for ax, height in zip(axes[:, 0], heights, strict=True):
        ax.set_visible(height == 1.0)
    shown = [ax for ax, h in zip(axes[:, 0], heights, strict=True) if h == 1.0]
    for ax, (name, x) in zip(shown, images.items(), strict=True):
        pixels = x.movedim(1, -1).squeeze(-1) if x.shape[1] == 1 else x.movedim(1, -1)
        image_grid(ax, pixels.numpy(), columns=len(x), low=low, high=1.0)
        ax.set_title(f"{name}: {notes[name]}", fontsize=8, fontweight="normal", pad=2,
                     loc="left")  # fmt: skip
    count = len(next(iter(images.values())))
    told = "; ".join(f"{name}: {notes[name]}" for name in images)
    return fig, f"{len(images)} rows of {count} small images each. {told}."


def note(found: Judged, /) -> str:
    """Return how far a set is from the data, and how sure the judge is of it."""
    far = found.estimate(Judged.distance)
    return (
        f"distance {far.value:.2f} ± {far.error:.2f}, adherence {found.adherence():.2f}"
    )
