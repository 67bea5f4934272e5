"""Steps of a sampler as diagrams: DDPM, guided by a classifier, guided without one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from gendiff.exact import GaussianMixture
from gendiff.studies.guidance.diagrams import (
    CANVAS,
    CHANCE,
    FREE,
    GIVEN,
    GUIDED,
    PULL,
    Diagram,
    Window,
    ground,
    window_of,
)
from gendiff.studies.guidance.steps import GuidedStep, Stop

CLEAN, FIRST, NEXT = r"$\hat x_0$", "$x_t$", "$x_{t-1}$"
Draw = Callable[[Diagram, GuidedStep, str, float], None]
"""Draws a part of a guided step at a scale."""
Part = tuple[str, str, float]
"""What is written under a picture, the part of the step, and the scale."""
Film = tuple[dict[str, Figure], str]
"""Frames by what is written under them, and the film's alternative text."""


@dataclass(frozen=True)
class Story:
    """How a step with one kind of guidance is told, part by part."""

    draw: Draw
    film: tuple[Part, ...]
    shows: str


def moved(d: Diagram, stop: Stop, *, faint: bool = False) -> None:
    """Draw the two arrows of a step."""
    d.arrow(stop.x, stop.mean, FREE, faint=faint)
    d.arrow(stop.mean, stop.next, CHANCE, faint=faint)


def walked(
    stops: Sequence[Stop], levels: Sequence[float], *, frames: int | None = None
) -> Film:
    """Draw steps of DDPM part by part, all or the first frames."""
    parts = ("predict", "move", "add noise")
    scenes = [(k, part) for k in range(len(stops)) for part in parts][:-1]
    drawn = {
        f"σ = {levels[k]:.2f}: {part}": part_of_walk(stops, k, part)
        for k, part in scenes[:frames]
    }
    first, second = (float((s.x0 - stops[-1].next).norm()) for s in stops[:2])
    return drawn, (
        f"{len(drawn)} frames: predict, move, add noise, over and over. The canvas "
        "wanders from outside to one of three grey arms. Its prediction, at first "
        f"{first:.2f} away from where the path ends and between the arms, then "
        f"{second:.2f} away, settles on that arm."
    )


def part_of_walk(stops: Sequence[Stop], k: int, part: str) -> Figure:
    """Draw one part of a step of DDPM, with all that went before in pale."""
    stop, ends = stops[k], k == len(stops) - 1
    window = window_of(*(z for s in stops for z in (s.x, s.x0)), stops[-1].next)
    fig, ax = plt.subplots(figsize=(3.5, 3.5))
    d = ground(ax, window)
    for old in stops[:k]:
        moved(d, old, faint=True)
    d.dot(stop.x, "" if ends else FIRST)
    d.dot(stop.x0, "$x_0$" if ends else CLEAN, FREE)
    d.arrow(stop.x, stop.x0 if part == "predict" else stop.mean, FREE)
    if part == "add noise":
        d.arrow(stop.mean, stop.next, CHANCE)
        d.dot(stop.next)
    d.write()
    return fig


def by_classifier(d: Diagram, now: GuidedStep, part: str, gamma: float) -> None:
    """Draw a part of a step of classifier guidance."""
    goal, late = now.implied(gamma), part in {"add", "move", "noise"}
    d.arrow(now.x, now.free, FREE, "" if late else "model", faint=late)
    if part != "model":
        word = "classifier" if gamma == 1 else f"× {gamma:g}"
        tip = now.x + gamma * now.pull
        d.arrow(now.x, tip, PULL, "" if late else word, faint=late)
    if late:
        word, faint = ("sum", False) if part == "add" else ("", True)
        d.arrow(now.free, goal, PULL, dashed=True, faint=True)
        d.arrow(now.x, goal, GUIDED, word, faint=faint)
        d.dot(goal, r"$\hat x_\gamma$", GUIDED)
    _rest(d, now, part, gamma)


def by_difference(d: Diagram, now: GuidedStep, part: str, gamma: float) -> None:
    """Draw a part of a step of classifier-free guidance."""
    goal, late = now.implied(gamma), part in {"goal", "move", "noise"}
    predictions = [(now.free, FREE, CLEAN), (now.given, GIVEN, r"$\hat x_0(y)$")]
    for tip, colour, name in predictions[: 1 if part == "free" else 2]:
        d.arrow(now.x, tip, colour, faint=part not in {"free", "given"})
        d.dot(tip, "" if late else name, colour, size=4 if late else 6)
    if part == "difference":
        word = "difference" if gamma == 1 else f"× {gamma:g}"
        d.arrow(now.free, goal, PULL, word)
    if late:
        d.arrow(now.free, goal, PULL, faint=True)
        d.arrow(now.x, goal, GUIDED, faint=part != "goal", dashed=part != "goal")
        d.dot(goal, "implied", GUIDED)
    _rest(d, now, part, gamma)


def film(
    story: Story,
    now: GuidedStep,
    wanted: GaussianMixture,
    *,
    frames: int | None = None,
) -> Film:
    """Draw a guided step, all or the first frames."""
    drawn: dict[str, Figure] = {}
    for name, part, gamma in story.film[:frames]:
        fig, ax = plt.subplots(figsize=(3.5, 3.5))
        d = ground(ax, view(now), wanted)
        story.draw(d, now, part, gamma)
        d.write()
        drawn[name] = fig
    return drawn, f"{len(drawn)} frames of one step: {story.shows}."


def view(now: GuidedStep, gamma: float = 3.0) -> Window:
    """Return the window that shows a guided step up to a scale."""
    tip = now.x + gamma * now.pull
    return window_of(now.x, now.free, now.implied(gamma), tip, margin=0.5)


def _rest(d: Diagram, now: GuidedStep, part: str, gamma: float) -> None:
    """Draw the move and the noise, which are the same for both."""
    if part in {"move", "noise"}:
        d.arrow(now.x, now.mean(gamma), GUIDED)
    if part == "noise":
        d.arrow(now.mean(gamma), now.after(gamma), CHANCE)
        d.dot(now.after(gamma), NEXT)
    d.dot(now.x, FIRST, CANVAS)


CLASSIFIER = Story(
    by_classifier,
    film=(
        ("the model's direction", "model", 1.0),
        ("the classifier's", "classifier", 1.0),
        ("stretched, γ = 1.7", "classifier", 1.7),
        ("γ = 2.4", "classifier", 2.4),
        ("γ = 3", "classifier", 3.0),
        ("their sum", "add", 3.0),
        ("move", "move", 3.0),
        ("add noise", "noise", 3.0),
    ),
    shows=(
        "the model's arrow, the classifier's beside it, growing to three times its "
        "length towards the wanted arm, which is green, the sum of both, a part of the "
        "way along it, and fresh noise"
    ),
)

DIFFERENCE = Story(
    by_difference,
    film=(
        ("predict without the class", "free", 1.0),
        ("predict with it", "given", 1.0),
        ("their difference", "difference", 1.0),
        ("stretched, γ = 1.7", "difference", 1.7),
        ("γ = 2.4", "difference", 2.4),
        ("γ = 3", "difference", 3.0),
        ("the implied prediction", "goal", 3.0),
        ("move", "move", 3.0),
        ("add noise", "noise", 3.0),
    ),
    shows=(
        "the prediction without the class, that with it, the difference between them, "
        "growing to three times its length and ending beyond the wanted arm, the "
        "implied prediction at its tip, a part of the way there, and fresh noise"
    ),
)
