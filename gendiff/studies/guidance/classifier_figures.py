"""The figures of guidance by a classifier, each with what it shows in words."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, image_grid, label_lines
from gendiff.estimate import Estimate
from gendiff.studies.digits import CLASSES
from gendiff.studies.drawn import Drawn
from gendiff.studies.guidance.nuisances import Energies

Numbers = Sequence[float] | NDArray[np.float64]
Images = Float[Tensor, "n 1 h w"]
LINE = 10
"""Images in a line of a sheet: one of each digit."""
NONE = 0.2
"""Where scale 0 stands on a logarithmic axis."""


def sheets(rows: Mapping[str, Images], /, *, height: float) -> Figure:
    """Return blocks of images under their titles, ten to a line."""
    fig, axes = plt.subplots(len(rows), 1, figsize=(6.0, height), squeeze=False)
    for ax, (title, x) in zip(axes[:, 0], rows.items(), strict=True):
        shown = x[:, 0].clamp(-1, 1)
        image_grid(ax, shown, columns=CLASSES, low=-1.0, high=1.0, title=title)
    return fig


def opening(images: Mapping[float, Images], shares: Mapping[float, float], /) -> Drawn:
    """Return two lines of images for each scale.

    Args:
        images: By the guidance scale; 0 is no guidance.
        shares: The fraction of all images that the judge takes for what was asked.
    """
    titles = {s: f"scale {s:g}: {share:.0%}" for s, share in shares.items()}
    titles |= {0.0: f"no guidance, twice the steps: {shares[0.0]:.0%}"}
    fig = sheets({titles[s]: images[s][: 2 * LINE] for s in shares}, height=4.2)
    said = [f"{share:.0%} at scale {s:g}" for s, share in shares.items() if s]
    return fig, (
        "Blocks of twenty images, two for each digit from 0 to 9, from the same "
        "noises. An independent judge takes the images of the first block, which "
        f"nothing guides, for the digit of their column in {shares[0.0]:.0%} of all "
        f"cases, and the others in {', '.join(said)}."
    )


def wishes(
    rows: Mapping[str, Images],
    /,
    *,
    inked: Mapping[str, float],
    missed: Sequence[float],
    large: Mapping[str, float],
) -> Drawn:
    """Return a line of digits for each wish, and say how far it was granted.

    Args:
        rows: Images, by the wish.
        inked: The inked fraction, by the wish.
        missed: By how much halves that were given are missed, and by images that were
            not given them.
        large: The fraction of digits that are large, by how it was asked for.
    """
    inks = [f"{share:.3f} ({name})" for name, share in inked.items()]
    sizes = [f"{share:.0%} {name}" for name, share in large.items()]
    return sheets({name: x[:LINE] for name, x in rows.items()}, height=5.8), (
        f"Rows of ten digits: {'; '.join(rows)}. Mean inked fraction of the image: "
        f"{', '.join(inks)}. Given the upper halves of ten real digits, the completed "
        f"images miss them by {missed[0]:.2f}, images made without them by "
        f"{missed[1]:.2f}. Large digits: {', '.join(sizes)}."
    )


def disagreements(
    images: Images,
    labels: Int[Tensor, " n"],
    readers: Mapping[str, Float[np.ndarray, " n"]],
    /,
    *,
    shown: int = 4,
) -> Drawn:
    """Return the images of which guide and judge think most unlike.

    Args:
        images: All of them.
        labels: What was asked for.
        readers: What each makes of that: "guide", "judge" and others.
        shown: How many.
    """
    order = np.argsort(readers["judge"] - readers["guide"], kind="stable")[:shown]
    fig, axes = plt.subplots(1, shown, figsize=(6.0, 2.5))
    words: list[str] = []
    for ax, i in zip(axes, order.tolist(), strict=True):
        said = [f"{name} {of[i]:.3f}" for name, of in readers.items()]
        image_grid(ax, images[i].clamp(-1, 1), low=-1.0, high=1.0)
        title = "\n".join((f"a {int(labels[i])}?", *said))
        ax.set_title(title, fontsize=10, fontweight="normal")
        words.append(", ".join((f"asked for {int(labels[i])}", *said)))
    return fig, (
        f"Images on which the guiding classifier and the judge differ most, {shown} of "
        f"them: {'; '.join(words)}."
    )


def _accuracies(
    levels: Numbers, readers: Mapping[str, Numbers], colours: Sequence[str], dashed: str
) -> Figure:
    fig, ax = plt.subplots(figsize=(6.4, 2.9))
    for (name, found), colour in zip(readers.items(), colours, strict=True):
        marker, width = ("--", 1.2) if name == dashed else ("o-", 1.8)
        ax.plot(levels, found, marker, color=colour, label=name, linewidth=width)
    lines = ax.get_lines()[: len(readers)]
    ax.axhline(1 / CLASSES, color=INK, linewidth=1, linestyle=":")
    ax.text(levels[0], 0.12, "chance", fontsize=9)
    ax.set(xscale="log", ylim=(0, 1.05), xlabel="noise level", ylabel="named rightly")
    label_lines(ax, lines, gap=0.1)
    return fig


def accuracies(
    levels: Numbers, readers: Mapping[str, Numbers], ticks: Numbers, /
) -> Drawn:
    """Return accuracies against the noise level, and the levels of a sampler's steps.

    The readers are told the level, trained on noise, and off the shelf.
    """
    fig = _accuracies(levels, readers, (BLUE, GREEN, ORANGE), "")
    (ax,) = fig.axes
    ax.plot(ticks, [0.03] * len(ticks), "|", color=INK, markersize=8)
    ax.text(min(ticks), 0.06, "steps", fontsize=9, ha="left")
    at = near_one(levels)
    told, _, plain = (found[at] for found in readers.values())
    first, last = (
        [f"{found[end]:.2f}" for found in readers.values()] for end in (0, -1)
    )
    return fig, (
        "Accuracy of three classifiers against the noise level: "
        f"{', '.join(first)} at level {levels[0]:.2f}. At level {levels[at]:.2f} the "
        f"one trained on clean images has {plain:.2f}, the one that was trained on "
        f"noise and told the level {told:.2f}; at level {levels[-1]:.0f} they have "
        f"{', '.join(last)}. Ticks mark the levels of {len(ticks)} steps of the "
        "sampler."
    )


def near_one(levels: Numbers, /) -> int:
    """Return the place of the level that is nearest to 1, by ratio."""
    return int(np.argmin(np.abs(np.log(levels))))


def guesses(
    levels: Numbers, trained: Numbers, guessed: Numbers, plain: Numbers, /
) -> Drawn:
    """Return accuracies on the denoiser's guess and on the noisy image itself.

    Dashed: those of a classifier that was trained on noise.
    """
    dashed = "noise-trained,\non x"
    readers = {dashed: trained, "on the guess": guessed, "on x": plain}
    at = near_one(levels)
    return _accuracies(levels, readers, (INK, BLUE, ORANGE), dashed), (
        "Accuracy against the noise level for the classifier trained on clean images. "
        f"Shown the noisy image at level {levels[at]:.2f} it is right about "
        f"{plain[at]:.0%}, shown the denoiser's guess about {guessed[at]:.0%}; the "
        f"classifier trained on noise is right about {trained[at]:.0%}."
    )


def directions(levels: Numbers, classifier: Energies, difference: Energies, /) -> Drawn:
    """Return energies of two pushes by noise level: outside the plane, and of error.

    The axis is turned round: a sampler walks from left to right.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.9), sharey=True)
    exact = classifier.exact.mean(1)
    both = (classifier, ORANGE, "classifier"), (difference, BLUE, "difference")
    for of, colour, name in both:
        left.plot(levels, of.outside.mean(1), "o-", color=colour, label=name)
        right.plot(levels, of.error.mean(1), "o-", color=colour, label=name)
    right.plot(levels, exact, "--", color=INK, linewidth=1.2, label="exact push")
    for ax, title in ((left, "outside the plane"), (right, "error of the push")):
        ax.set(xscale="log", xlabel="noise level, falling", title=title, ylim=(0, None))
        ax.invert_xaxis()
    left.set_ylabel("energy")
    right.legend(loc="upper right", fontsize=9, frameon=False)
    sums = [
        f"{float(of.outside.sum() / of.exact.sum()):.2f} and "
        f"{float(of.error.sum() / of.exact.sum()):.2f} ({name})"
        for of, _, name in both
    ]
    return fig, (
        "Two panels of energy over the noise level, which falls from left to right. "
        "Summed over levels, the energy outside the plane and that of the error, both "
        f"over that of the exact push, are {', '.join(sums)}. The exact push is "
        f"greatest at level {levels[int(exact.argmax())]:.2f}."
    )


def pushed(
    distance: Mapping[str, Mapping[float, Estimate]],
    fooled: Mapping[str, Mapping[float, Estimate]],
    real: float,
    /,
) -> Drawn:
    """Return distance to any digit and the judge's doubts against the guidance scale.

    Args:
        distance: By what was spent and by the scale; 0 is no guidance.
        fooled: The fraction that the guide is sure of and the judge not, alike.
        real: The distance of real images, drawn as a dotted line.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.9))
    for ax, found in ((left, distance), (right, fooled)):
        for (name, of), style in zip(found.items(), ("o-", "s--"), strict=False):
            _with_errors(ax, of, style, (BLUE, GREEN)[style != "o-"], name)
        lines = ax.get_lines()[:]
        ax.set(xscale="log", xlabel="guidance scale", ylim=(0, None))
        scales = [*next(iter(found.values()))]
        ax.set_xticks([s or NONE for s in scales], [f"{s:g}" for s in scales])
        ax.minorticks_off()
        if ax is left:
            ax.axhline(real, color=INK, linewidth=1, linestyle=":")
            ax.text(NONE, real, "real images", fontsize=9, va="bottom")
        else:
            label_lines(ax, lines, gap=0.12)
    left.set_title("distance to any digit")
    right.set_title("the judge doubts the guide")
    said = {
        name: [f"{of[s].value:.2f} at {s:g}" for s in of]
        for name, of in (
            *((f"Distance, {name}", of) for name, of in distance.items()),
            *((f"Doubts, {name}", of) for name, of in fooled.items()),
        )
    }
    words = [f"{name}: {', '.join(each)}" for name, each in said.items()]
    return fig, (
        "Two panels over the guidance scale: the mean distance to the nearest real "
        "image of any class, and the fraction of images of which the guide is sure and "
        "the judge is not. "
        f"{'. '.join(words)}. Real images: {real:.2f}."
    )


def _with_errors(
    ax: Axes, of: Mapping[float, Estimate], style: str, colour: str, name: str
) -> None:
    xs = [scale or NONE for scale in of]
    middle = np.array([float(e.value) for e in of.values()])
    error = np.array([float(e.error) for e in of.values()])
    ax.plot(xs, middle, style, color=colour, label=name)
    ax.fill_between(
        xs, middle - error, middle + error, color=colour, alpha=0.2, linewidth=0
    )
