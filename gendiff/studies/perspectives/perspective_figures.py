"""Figures of one model under many names: an arrow, a schematic, bars, four cells."""

from collections.abc import Mapping, Sequence
from typing import cast

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.patches import Rectangle
from torch import Tensor

from gendiff.drawing import BLUE, COLOURS, GREEN, INK, ORANGE, label_lines
from gendiff.studies.drawn import Drawn
from gendiff.studies.perspectives import four_cells
from gendiff.studies.perspectives.eight_names import Name

Points = Float[Tensor, "n 2"]


def one_arrow(
    clean: Points,
    x: Float[Tensor, "2"],
    names: Sequence[Name],
    residuals: Sequence[float],
) -> Drawn:
    """Draw the arrows of all names from one point, and the residual of each below."""
    fig = plt.figure(figsize=(6.4, 5.2))
    halves = fig.subfigures(2, 1, height_ratios=[1.35, 1])
    upper, lower = cast("Sequence[SubFigure]", halves)
    top, bottom = upper.subplots(), lower.subplots()
    top.scatter(*clean.T, s=3, color="#b9bec9", linewidths=0)
    end = x + names[0].arrow
    for i, each in enumerate(names):
        # The first is the widest: each leaves a rim of those before it.
        tip = x + each.arrow
        top.plot(
            [x[0], tip[0]], [x[1], tip[1]], lw=2.2 * (len(names) - i),
            color=[*COLOURS, "white"][i % (len(COLOURS) + 1)], solid_capstyle="butt",
        )  # fmt: skip
    start, stop = (float(x[0]), float(x[1])), (float(end[0]), float(end[1]))
    head = {"arrowstyle": "-|>", "color": INK, "lw": 1.2, "shrinkB": 5}
    top.annotate("", stop, start, arrowprops=head)
    top.plot(*start, "o", color=INK, ms=9)
    top.plot(*stop, "o", mfc="white", mec=INK, ms=9)
    for name, at, off in (
        ("noisy point", start, (12, 10)),
        ("expected\nclean point", stop, (14, -22)),
    ):
        top.annotate(name, at, xytext=off, textcoords="offset points", fontsize=10)
    top.set(aspect="equal", xticks=[], yticks=[], xlim=(-1.2, 1.5), ylim=(-0.7, 0.95))
    top.spines[:].set_visible(False)
    rows = np.arange(len(names))[::-1]
    floor = 1e-17
    bottom.hlines(rows, floor, np.maximum(residuals, floor), color="#c8ccd4", lw=1)
    bottom.plot(np.maximum(residuals, floor), rows, "o", color=BLUE)
    labels = [
        f"{name.label} ({name.value[0]:.2f}, {name.value[1]:.2f})".replace("-", "−")
        for name in names
    ]
    bottom.set_yticks(rows, labels)
    bottom.set(xscale="log", xlim=(floor, 1), ylim=(-0.6, len(names) - 0.4))
    bottom.set_xlabel("residual of the translation, in lengths of the arrow")
    told = "; ".join(
        f"{label}: {residual:.0e}"
        for label, residual in zip(labels, residuals, strict=True)
    )
    return fig, (
        "Above, data on two half moons and one noisy point beside them, with lines of "
        f"{len(names)} colours, one over the other, each thinner than the last, that "
        "all lead from it to the same point nearer to the moons. Below, each quantity "
        f"with its own value, and how far its translation misses it: {told}."
    )


def schematic() -> Drawn:
    """Draw a denoising autoencoder beside the network of a diffusion model."""
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.5))
    heights = ([1.0, 0.7, 0.35, 0.7, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0])
    titles = ("denoising autoencoder", "diffusion model")
    for ax, each, title in zip(axes, heights, titles, strict=True):
        for i, height in enumerate(each):
            box = Rectangle((i, -height), 0.55, 2 * height, color=BLUE, alpha=0.75)
            ax.add_patch(box)
        ax.text(-0.5, 0, "noisy\nsignal", ha="center", va="center", fontsize=9)
        ax.set_title(title, fontweight="normal")
        ax.set(xlim=(-1.1, 6), ylim=(-2.1, 1.9), xticks=[], yticks=[])
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
    for ax, what in zip(axes, ("clean\nsignal", "any of\neight"), strict=True):
        ax.text(5.3, 0, what, ha="center", va="center", fontsize=9)
    axes[0].text(2.27, -1.5, "code of few numbers", ha="center", fontsize=9)
    arrow = {"arrowstyle": "->", "color": ORANGE, "lw": 1.6}
    axes[1].annotate("", (2.27, -1.02), (2.27, -1.6), arrowprops=arrow)
    axes[1].text(2.27, -1.95, "noise level", ha="center", fontsize=9, color=ORANGE)
    skip = arrow | {"connectionstyle": "arc3,rad=-0.42"}
    axes[1].annotate("", (5.2, 0.55), (-0.4, 0.55), arrowprops=skip)
    axes[1].text(2.4, 1.72, "skip", ha="center", fontsize=9, color=ORANGE)
    return fig, (
        "Left, a denoising autoencoder: five blocks from a noisy to a clean signal, "
        "the middle one much smaller than the others. Right, the network of a "
        "diffusion model: five blocks of one size, with the noise level as a second "
        "input, and a connection that skips them all, from the noisy signal to the "
        "output, which may be any of eight quantities."
    )


def constants(gaps: Mapping[str, Mapping[str, float]], predicted: float, /) -> Drawn:
    """Draw explicit less denoising loss, for each candidate, on two densities."""
    fig, axes = plt.subplots(1, len(gaps), figsize=(6.4, 2.2), sharex=True)
    for ax, (title, bars), colour in zip(
        axes, gaps.items(), (GREEN, ORANGE), strict=True
    ):
        rows = np.arange(len(bars))[::-1]
        off = [gap - predicted for gap in bars.values()]
        ax.barh(rows, off, color=colour, height=0.5)
        for row, gap, width in zip(rows, bars.values(), off, strict=True):
            said = f"{gap:.3f}".replace("-", "−")
            ax.text(max(width, 0) + 0.06, row, said, va="center", fontsize=9)
        ax.axvline(0, color=INK, lw=1)
        ax.set_yticks(rows, list(bars) if ax is axes[0] else [""] * len(bars))
        ax.set_title(title, fontweight="normal")
        ax.set(xlim=(-0.5, 3.2), xlabel=f"off {predicted:.3f}".replace("-", "−"))
        ax.grid(visible=False)
    told = "; ".join(
        f"{title}: " + ", ".join(f"{name} {gap:.3f}" for name, gap in bars.items())
        for title, bars in gaps.items()
    )
    return fig, (
        "Bars of the explicit loss less the denoising one, for three candidates, "
        f"measured from the constant that theory predicts, {predicted:.3f}. {told}. "
        "On the noisy density no bar has any length; on the clean one all three have, "
        "and each another."
    )


def cells(
    drawn: Mapping[str, Points],
    sequences: Mapping[str, Float[Tensor, "side side"]],
    apart: Mapping[str, float],
    /,
) -> Drawn:
    """Draw what each cell's model makes: points above, sequences below."""
    fig, axes = plt.subplots(2, 2, figsize=(6.4, 4.2))
    edge = four_cells.EDGE
    for ax, (title, points) in zip(axes[0], drawn.items(), strict=True):
        ax.scatter(*points.T, s=2, color=BLUE, linewidths=0, alpha=0.5)
        _bare(ax, title, apart[title], edge)
    for ax, (title, table) in zip(axes[1], sequences.items(), strict=True):
        ax.imshow(
            table.numpy(),
            origin="lower",
            extent=(-edge, edge, -edge, edge),
            cmap="Blues",
        )
        _bare(ax, title, apart[title], edge)
    axes[0, 0].set_ylabel("continuous input")
    axes[1, 0].set_ylabel("discrete input")
    told = ", ".join(f"{title}: {ratio:.2f}" for title, ratio in apart.items())
    return fig, (
        "Four panels, each with the same two half moons. Above, points, from the chain "
        "of DDPM and from the reverse SDE; below, cells shaded by how often a sequence "
        "of four tokens was drawn, from a chain of steps and from jumps. Distance from "
        f"the data, over that of two real sets: {told}."
    )


def _bare(ax: Axes, title: str, ratio: float, edge: float) -> None:
    ax.set_title(f"{title} ({ratio:.2f})", fontweight="normal")
    ax.set(xlim=(-edge, edge), ylim=(-0.75, 0.75), xticks=[], yticks=[])
    ax.set_aspect("equal")
    ax.grid(visible=False)


def readings(
    errors: Mapping[str, Float[Tensor, " k"]], sigmas: Sequence[float], /
) -> Drawn:
    """Draw the error of one network under each of its names, against the level."""
    fig, ax = plt.subplots(figsize=(6.4, 2.6))
    for name, error in errors.items():
        ax.plot(sigmas, error, label=name)
    ax.set(xscale="log", yscale="log", xlabel="noise level σ")
    ax.set_ylabel("root mean square error")
    label_lines(ax)
    told = "; ".join(
        f"{name} from {float(error[0]):.3g} to {float(error[-1]):.3g}"
        for name, error in errors.items()
    )
    stacked = torch.stack(list(errors.values()))
    return fig, (
        f"{len(errors)} lines of one network's error against the noise level, from "
        f"{sigmas[0]:g} to {sigmas[-1]:g}: {told}. At the lowest level the largest is "
        f"{float(stacked[:, 0].max() / stacked[:, 0].min()):.0f} times the smallest."
    )
