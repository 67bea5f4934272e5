"""Diagrams of the plane: points, arrows, and names that keep out of their way."""

import math
import re
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from numpy.typing import ArrayLike
from torch import Tensor

from gendiff.drawing import BLUE, BROWN, GREEN, INK, ORANGE, PINK
from gendiff.exact import GaussianMixture
from gendiff.studies.guidance import pinwheel
from gendiff.types import level

CANVAS, FREE, GIVEN, PULL, GUIDED, CHANCE = INK, BLUE, GREEN, ORANGE, PINK, BROWN
"""A canvas, the two predictions, a classifier's pull, what guidance makes, noise."""
Point = Float[np.ndarray, "2"]
Window = tuple[float, float, float, float]
"""Left, right, bottom, top."""


@dataclass
class Diagram:
    """A panel to which points and arrows are added; `write` names them at the end."""

    ax: Axes
    names: list[tuple[Point, str, str]] = field(
        default_factory=list[tuple[Point, str, str]]
    )
    busy: list[Point] = field(default_factory=list[Point])

    def dot(
        self,
        at: ArrayLike,
        text: str = "",
        colour: str = CANVAS,
        *,
        size: float = 6.0,
        hollow: bool = False,
    ) -> None:
        """Mark a point."""
        spot = _point(at)
        face = "white" if hollow else colour
        self.ax.plot(
            *spot, "o", color=colour, markersize=size, zorder=4, markerfacecolor=face
        )
        self.busy.append(spot)
        if text:
            self.names.append((spot, text, colour))

    def arrow(
        self,
        start: ArrayLike,
        end: ArrayLike,
        colour: str,
        text: str = "",
        *,
        faint: bool = False,
        dashed: bool = False,
    ) -> None:
        """Draw an arrow, and name it at its middle."""
        tail, tip = _point(start), _point(end)
        self.ax.add_patch(
            FancyArrowPatch(
                (tail[0], tail[1]),
                (tip[0], tip[1]),
                arrowstyle="-|>",
                mutation_scale=10,
                shrinkA=0,
                shrinkB=0,
                color=colour,
                linewidth=1.3 if faint else 2.0,
                alpha=0.4 if faint else 1.0,
                zorder=3,
                linestyle=(0, (3, 2)) if dashed else "solid",
            )
        )
        self.busy += [tail + (tip - tail) * s for s in np.linspace(0.08, 0.92, 9)]
        if text:
            self.names.append(((tail + tip) / 2, text, colour))

    def title(self, text: str) -> None:
        """Write the panel's title, and the names."""
        self.ax.set_title(text, fontsize=9, fontweight="normal")
        self.write()

    def write(self, *, reach: float = 0.2, fontsize: float = 10) -> None:
        """Place every name, inches away, at the emptiest spot around what it names."""
        figure = self.ax.get_figure()
        assert isinstance(figure, Figure)
        size = np.asarray(self.ax.get_position().size) * figure.get_size_inches()
        busy = np.array([self.ax.transLimits.transform(z) * size for z in self.busy])
        for at, text, colour in self.names:
            half = 0.035 * _letters(text)
            centre = self.ax.transLimits.transform(at) * size
            best = _emptiest(centre, half, busy, size, reach)
            self.ax.text(
                best[0] / size[0],
                best[1] / size[1],
                text,
                color=colour,
                fontsize=fontsize,
                ha="center",
                va="center",
                transform=self.ax.transAxes,
                zorder=5,
            )
            edge = np.array([half, 0])
            busy = np.vstack([busy, best, best - edge, best + edge])


def ground(ax: Axes, window: Window, wanted: GaussianMixture | None = None) -> Diagram:
    """Draw the pinwheel's arms and no axes, the wanted arm tinted."""
    tint(ax, pinwheel.world(), window, ("#e9e9e9", "#d2d2d2"))
    if wanted is not None:
        tint(ax, wanted, window, ("#d7efe4", "#aedcc7"))
    ax.set(xticks=[], yticks=[], xlim=window[:2], ylim=window[2:])
    ax.spines[["top", "right"]].set_visible(True)
    ax.spines[:].set_color("#bbbbbb")
    ax.grid(visible=False)
    return Diagram(ax)


def tint(
    ax: Axes, distribution: GaussianMixture, window: Window, colours: tuple[str, str]
) -> None:
    """Draw where a density of the plane exceeds 15 and 50 % of its peak."""
    left, right, low, high = window
    x, y = (torch.linspace(*ends, 120) for ends in ((left, right), (low, high)))
    there = distribution.log_density(
        torch.cartesian_prod(x, y).double(), level(0.0)
    ).exp()
    peak = distribution.log_density(distribution.means, level(0.0)).exp().max()
    heights = (there / peak).reshape(120, 120).T.numpy()
    ax.contourf(x, y, heights, levels=(0.15, 0.5, 2.0), colors=colours)


def window_of(
    *points: Float[Tensor, "..."], margin: float = 0.45, least: float = 2.1
) -> Window:
    """Return a square window that holds the points and most of the arms."""
    arms = [pinwheel.arm(k)[:5] for k in range(pinwheel.ARMS)]
    z = torch.cat([*(q.reshape(-1, 2) for q in points), *arms])
    low, high = z.min(0).values - margin, z.max(0).values + margin
    half = max(float((high - low).max()) / 2, least)
    x, y = ((low + high) / 2).tolist()
    return x - half, x + half, y - half, y + half


def _point(at: ArrayLike) -> Point:
    return np.asarray(at, dtype=float).reshape(2)


def _letters(text: str) -> int:
    """Return how much room a text takes, in letters."""
    plain = re.sub(r"\\(hat|tilde) ?", "", text)  # accents take no room
    plain = re.sub(r"\\\w+", "x", plain)  # other commands: one letter
    return sum(c.isalnum() or c in " ×" for c in plain)


def _emptiest(
    centre: Point,
    half: float,
    busy: Float[np.ndarray, "n 2"],
    size: Point,
    reach: float,
) -> Point:
    """Return the spot around a centre that is farthest from all that is drawn."""
    best, cost = centre, math.inf
    for turn in np.linspace(0, math.tau, 24, endpoint=False):
        way = np.array([math.cos(turn), math.sin(turn)])
        spot = centre + way * (reach + np.array([half, 0]))
        gap = np.abs(busy - spot)
        gap[:, 0] = np.maximum(gap[:, 0] - half, 0)
        price = np.exp(-((np.linalg.norm(gap, axis=1) / (0.6 * reach)) ** 2)).sum()
        room = np.minimum(spot, size - spot) - np.array([half + 0.05, 0.12])
        price += 50 * float((room < 0).any())
        if price < cost:
            best, cost = spot, float(price)
    return best
