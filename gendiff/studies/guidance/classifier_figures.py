"""The figures of guidance by a classifier, each with what it shows in words."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, image_grid, label_lines
from gendiff.estimate import Estimate
from gendiff.studies.digits import CLASSES

Numbers = Sequence[float] | NDArray[np.float64]
Images = Float[Tensor, "n 1 h w"]
Told = tuple[Figure, str]
"""A figure, and the text that stands in for it."""
LINE = 10
"""Images in a line of a sheet: one of each digit."""


def sheets(rows: Mapping[str, Images], /, *, height: float) -> Figure:
    """Return blocks of images under their titles, ten to a line."""
    fig, axes = plt.subplots(len(rows), 1, figsize=(6.0, height), squeeze=False)
    for ax, (title, x) in zip(axes[:, 0], rows.items(), strict=True):
        shown = x[:, 0].clamp(-1, 1)
        image_grid(ax, shown, columns=CLASSES, low=-1.0, high=1.0, title=title)
    return fig


def opening(swept: Mapping[float, Images], accepted: Mapping[float, Estimate]) -> Told:
    """Return two lines of images without guidance, at scale 1 and at scale 10."""
    share = {s: f"{accepted[s].value:.0%}" for s in (1.0, 10.0)}
    titles = {s: f"scale {s:g}: {of} are what was asked for" for s, of in share.items()}
    titles = {0.0: "scale 0: no guidance"} | titles
    fig = sheets({titles[s]: swept[s][: 2 * LINE] for s in titles}, height=4.2)
    return fig, (
        "Three blocks of twenty images, two for each digit from 0 to 9. Without "
        "guidance they are digits and half digits of any class. An independent judge "
        f"takes {share[1.0]} of all images at scale 1 for the digit of their column, "
        f"and {share[10.0]} at scale 10."
    )


def shelf(rows: Mapping[str, Images], accepted: Mapping[str, Estimate], /) -> Told:
    """Return a line of digits for each way to guide by a classifier off the shelf."""
    shares = [f"{found.value:.0%} ({name})" for name, found in accepted.items()]
    return sheets({name: x[:LINE] for name, x in rows.items()}, height=4.1), (
        "Five rows of ten images that ask for the digits 0 to 9, guided by a "
        f"classifier trained on clean images. The judge accepts {', '.join(shares)}."
    )


def wishes(
    rows: Mapping[str, Images],
    inked: Mapping[str, float],
    placed: Mapping[str, Estimate],
    missed: Sequence[float],
    /,
) -> Told:
    """Return a line of digits for each wish, and say how far it was granted.

    `missed` is of images that were given upper halves, and of some that were not.
    """
    return sheets({name: x[:LINE] for name, x in rows.items()}, height=5.6), (
        "Seven rows of ten digits. Asked for little ink they have "
        f"{inked['little ink']:.3f} of the image inked on average, for much ink "
        f"{inked['much ink']:.3f}. Asked to stand left, the judge finds "
        f"them at {placed['to the left'].value:+.3f} of the width, to stand right "
        f"at {placed['to the right'].value:+.3f}. Given the upper halves of ten real "
        f"digits, the completed images miss them by {missed[0]:.2f}, images "
        f"made without them by {missed[1]:.2f}."
    )


def disagreements(
    images: Images,
    labels: Int[Tensor, " n"],
    guide: Float[np.ndarray, " n"],
    judge: Float[np.ndarray, " n"],
    /,
    *,
    shown: int = 5,
) -> Told:
    """Return the images on which guide and judge differ most, and their opinions."""
    order = np.argsort(judge - guide, kind="stable")[:shown]
    fig, axes = plt.subplots(1, shown, figsize=(6.4, 2.0))
    words: list[str] = []
    for ax, i in zip(axes, order.tolist(), strict=True):
        said = f"guide {guide[i]:.2f}", f"judge {judge[i]:.2f}"
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
) -> Told:
    """Return accuracies against the noise level, and the levels of a sampler's steps.

    The readers are told the level, trained on noise, and off the shelf.
    """
    fig = _accuracies(levels, readers, (BLUE, GREEN, ORANGE), "")
    (ax,) = fig.axes
    ax.plot(ticks, [0.03] * len(ticks), "|", color=INK, markersize=8)
    ax.text(max(ticks) * 1.2, 0.03, "steps", fontsize=9, va="center")
    at = near_one(levels)
    told, _, plain = (found[at] for found in readers.values())
    return fig, (
        "Accuracy of three classifiers against the noise level. All name nearly every "
        f"digit at level {levels[0]:.2f}. At level {levels[at]:.2f} the one trained on "
        f"clean images has fallen to {plain:.2f}, while the one that was trained on "
        f"noise and told the level keeps {told:.2f}; at level {levels[-1]:.0f} all are "
        f"near chance. Ticks mark the levels of {len(ticks)} steps of the sampler."
    )


def near_one(levels: Numbers, /) -> int:
    """Return the place of the level that is nearest to 1, by ratio."""
    return int(np.argmin(np.abs(np.log(levels))))


def guesses(
    levels: Numbers, trained: Numbers, guessed: Numbers, plain: Numbers, /
) -> Told:
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


def directions(
    levels: Numbers,
    found: Mapping[str, Float[np.ndarray, "runs measure levels"]],
    /,
) -> Told:
    """Return the energy outside and the cosine with the truth, by kind of network.

    Bands span the training runs; levels fall, as a sampler walks.
    """
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.9), sharex=True)
    for (name, of), colour in zip(found.items(), (ORANGE, BLUE, GREEN), strict=True):
        for row, ax in enumerate(axes):
            runs = of[:, row, ::-1]  # levels rising, as on the axis
            ax.plot(levels[::-1], runs.mean(0), "o-", color=colour, label=name)
            low, high = runs.min(0), runs.max(0)
            ax.fill_between(
                levels[::-1], low, high, color=colour, alpha=0.15, linewidth=0
            )
    axes[0].set(xscale="log", ylim=(0, 1), title="energy outside")
    axes[1].set(ylim=(0, 1.02), title="cosine with the truth")
    for ax in axes:
        ax.set_xlabel("noise level")
    label_lines(axes[1], gap=0.1)
    averages = [
        f"{of[:, 0].mean():.2f} and {of[:, 1].mean():.2f} ({name})"
        for name, of in found.items()
    ]
    return fig, (
        "Two panels over the noise level. Left, the fraction of gradient energy "
        "outside the two directions that matter; right, the cosine with the exact "
        "gradient. "
        f"Averages over levels: {', '.join(averages)}. The difference of denoisers "
        "errs most at low noise."
    )


def distances(
    asked: Mapping[float, Estimate],
    anywhere: Mapping[float, Estimate],
    finely: Mapping[float, Estimate],
    real: float,
    /,
    *,
    steps: int,
) -> Told:
    """Return distances to real images against the guidance scale, with their errors.

    To the digit asked for, to any digit, and to the digit with so many steps. Scale 0
    has no place on a logarithmic axis and stands at 0.1.
    """
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    for values, name, colour, marker in (
        (asked, "to the digit\nasked for", BLUE, "o-"),
        (anywhere, "to any digit", ORANGE, "s--"),
        (finely, f"to the digit,\n{steps} steps", GREEN, "^:"),
    ):
        xs = [scale or 0.1 for scale in values]
        middle = np.array([float(e.value) for e in values.values()])
        error = np.array([float(e.error) for e in values.values()])
        ax.plot(xs, middle, marker, color=colour, label=name)
        low, high = middle - error, middle + error
        ax.fill_between(xs, low, high, color=colour, alpha=0.2, linewidth=0)
    lines = ax.get_lines()
    ax.axhline(real, color=INK, linewidth=1, linestyle=":")
    ax.text(0.1, real + 0.08, "real images", fontsize=9)
    ax.set(xscale="log", xlabel="guidance scale", ylabel="distance to real images")
    ax.set_xticks([scale or 0.1 for scale in asked], [f"{s:g}" for s in asked])
    ax.minorticks_off()
    ax.set_ylim(0, None)
    label_lines(ax, [*lines][:3], gap=0.15)
    said = {s: f"{asked[s].value:.2f} ({anywhere[s].value:.2f})" for s in asked}
    best, most = min(asked, key=lambda s: float(asked[s].value)), max(asked)
    return fig, (
        "Distance from guided images to the nearest real image of the digit asked for "
        f"(of any digit) against the guidance scale: {said[min(asked)]} at scale "
        f"{min(asked):g}, least at {best:g} with {said[best]}, and {said[most]} at "
        f"{most:g}. With {steps} steps the distance at {most:g} is "
        f"{finely[most].value:.2f}. Real images are {real:.2f} apart."
    )


def slopes(levels: Numbers, exact: Numbers, approximate: Numbers, at: str, /) -> Told:
    """Return an exact gradient and an approximation of it against the noise level."""
    fig, ax = plt.subplots(figsize=(6.0, 2.7))
    ax.plot(levels, exact, color=INK, label="exact")
    ax.plot(levels, approximate, color=ORANGE, label="forward\nuniversal")
    ax.set(xscale="log", yscale="log", xlabel="noise level", ylabel=f"gradient at {at}")
    label_lines(ax, gap=0.15)
    ratios = np.asarray(approximate) / np.asarray(exact)
    return fig, (
        "The gradient of the log-probability at one point against the noise level, on "
        "logarithmic axes. Forward universal guidance agrees with the exact gradient "
        f"at the lowest level, ratio {ratios[0]:.2f}, and is up to {ratios.max():.1f} "
        "times too large above."
    )
