"""A real step of guidance, drawn in the plane of its canvas and its two predictions."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from gendiff.drawing import image_grid
from gendiff.exact import GaussianMixture
from gendiff.studies.drawn import Drawn
from gendiff.studies.guidance.diagrams import (
    CANVAS,
    FREE,
    GIVEN,
    GUIDED,
    PULL,
    Diagram,
    ground,
    window_of,
)
from gendiff.studies.guidance.plane import Plane
from gendiff.studies.guidance.steps import GuidedStep, angle

Image = Float[Tensor, "1 1 h w"]
HALF, APART = 2.2, 4.8
"""Half the side of a drawn image, and how far predictions stand apart."""


@dataclass(frozen=True)
class Cut:
    """The images of a step, and the plane: its axes are the push, and the way ahead."""

    plane: Plane
    seen: Image
    free: Image
    given: Image
    goal: Image
    after: Image
    sigma: float
    then: float

    def at(self, image: Image) -> tuple[float, float]:
        """Return where an image is drawn: the way ahead to the right, the push up."""
        up, right = self.plane(image)[0].tolist()
        return right, up


def cut(step: Cut, odds: Sequence[float]) -> Drawn:
    """Draw a step of guidance at γ = 3 to scale, with its images.

    Args:
        step: The step.
        odds: What a judge gives to the wanted digit for the predictions without the
            class, with it, and implied.
    """
    fig, ax = plt.subplots(figsize=(6.4, 3.4))
    ax.spines[:].set_visible(False)
    ax.set(xticks=[], yticks=[], aspect="equal")
    ax.grid(visible=False)
    seen, free, given, goal, after = (
        step.at(z) for z in (step.seen, step.free, step.given, step.goal, step.after)
    )
    d = Diagram(ax)
    d.arrow(seen, free, FREE)
    d.arrow(seen, given, GIVEN)
    d.arrow(free, goal, PULL, faint=True)
    d.arrow(free, given, PULL)
    d.arrow(seen, goal, GUIDED, dashed=True, faint=True)
    d.arrow(seen, after, GUIDED)
    wide, narrow = (2 * math.hypot(1, s) for s in (step.sigma, step.then))
    middle = goal[1] / 2
    below, level, above = middle - APART, middle, middle + APART
    for image, at, (x, y), colour, reach, text, (dx, dy) in (
        (step.seen, seen, (seen[0] - 3, middle), CANVAS, wide, "$x_t$", (0, -3.4)),
        (step.free, free, (4, below), FREE, 2, r"$\hat x_0$", (3.6, 0)),
        (step.given, given, (4, level), GIVEN, 2, r"$\hat x_0(y)$", (3.6, 0)),
        (step.goal, goal, (4, above), GUIDED, 2, "γ = 3", (3.6, 0)),
        (step.after, after, (after[0] + 1, middle + 4), GUIDED, narrow, "next", (0, 3)),
    ):
        d.dot(at, colour=colour, size=5)
        ax.imshow(
            ((image[0, 0] + 1) / reach).clamp(0, 1).numpy(),
            extent=(x - HALF, x + HALF, y - HALF, y + HALF),
            cmap="gray",
            vmin=0,
            vmax=1,
            zorder=2,
            interpolation="nearest",
        )
        ax.text(
            x + dx, y + dy, text, color=colour, fontsize=10, va="center", ha="center"
        )
    ax.set(xlim=(seen[0] - 5.5, 9), ylim=(below - 2.5, above + 2.5))
    way, push = step.free - step.seen, step.given - step.free
    return fig, (
        "A plane through the space of 16 by 16 images, to scale. From the noisy canvas "
        f"on the left a blue arrow of length {float(way.norm()):.1f} leads to the "
        "prediction without the class, a blurred digit. At "
        f"{angle(way.flatten(1), push.flatten(1)):.0f} degrees to it, an orange arrow "
        f"of length {float(push.norm()):.1f} leads to the prediction with the class; "
        "three times as long it ends at a clearer one. A pink arrow leads a part of "
        "the way from the canvas towards it. Another network gives the three "
        f"predictions {odds[0]:.2f}, {odds[1]:.2f} and {odds[2]:.2f} of being the "
        "wanted digit."
    )


def at_scale(
    now: GuidedStep,
    gamma: float,
    top: float,
    wanted: GaussianMixture,
    goal: Image,
    after: Image,
) -> Figure:
    """Draw a step at a scale: in the plane, and as the digits that it leads to.

    Args:
        now: The step in the plane.
        gamma: Its scale.
        top: The largest scale that is drawn with the same window.
        wanted: The class whose arm is tinted.
        goal: The implied prediction of the digit at that scale.
        after: The next canvas of the digit.
    """
    fig, (ax, seen_as, then) = plt.subplots(
        1, 3, figsize=(5.2, 2.4), width_ratios=(1.5, 1, 1)
    )
    d = ground(ax, window_of(now.x, now.free, now.implied(top), margin=0.4), wanted)
    d.arrow(now.free, now.implied(top), PULL, faint=True)
    d.arrow(now.x, now.implied(gamma), GUIDED, faint=True, dashed=True)
    d.arrow(now.x, now.mean(gamma), GUIDED)
    for at, colour in (
        (now.free, FREE),
        (now.given, GIVEN),
        (now.x, CANVAS),
        (now.implied(gamma), GUIDED),
    ):
        d.dot(at, colour=colour, size=4)
    title = "implied prediction"
    image_grid(seen_as, goal[:, 0].numpy(), low=-1.0, high=1.0, title=title)
    image_grid(then, after[:, 0].numpy(), low=-2.5, high=1.5, title="next canvas")
    return fig


def slider(
    now: GuidedStep,
    scales: Sequence[float],
    wanted: GaussianMixture,
    guided: Callable[[float], tuple[Image, Image]],
) -> tuple[dict[str, Figure], str]:
    """Draw a step at each scale, by its name, and say what is seen.

    Args:
        now: The step in the plane.
        scales: Up to the largest, which decides the window.
        wanted: The class whose arm is tinted.
        guided: Returns the implied prediction of a digit and the next canvas.
    """
    frames = {
        f"γ = {gamma:.1f}": at_scale(now, gamma, scales[-1], wanted, *guided(gamma))
        for gamma in scales
    }
    return frames, (
        f"{len(frames)} frames for guidance scales from {scales[0]:g} to "
        f"{scales[-1]:g}. Left, the implied prediction moves along a straight line "
        "from the prediction without the class through that with it, and far away "
        "from the arms. Middle, the implied prediction of a digit gets ever harsher "
        "contrast. Right, the next canvas hardly changes."
    )
