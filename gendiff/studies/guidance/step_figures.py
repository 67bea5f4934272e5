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
"""What is written over or under a picture, the part of the step, and the scale."""


@dataclass(frozen=True)
class Story:
    """How one kind of guidance is told: in four panels, and in a film."""

    draw: Draw
    panels: tuple[Part, ...]
    film: tuple[Part, ...]


def two_steps(stops: Sequence[Stop]) -> Figure:
    """Draw the first two steps of DDPM in six panels."""
    first, second, final = stops[0], stops[1], stops[-1].next
    window = window_of(*first.points(), second.x0, second.next, final)
    fig, axes = plt.subplots(2, 3, figsize=(6.4, 4.5))
    d = ground(axes[0, 0], window)
    d.dot(first.x, FIRST)
    d.dot(final, "$x_0$", hollow=True)
    d.title("1  now, and the end")
    d = ground(axes[0, 1], window)
    d.arrow(first.x, first.x0, FREE)
    d.dot(first.x, FIRST)
    d.dot(final, "$x_0$", hollow=True)
    d.dot(first.x0, CLEAN, FREE)
    d.title("2  predict")
    d = ground(axes[0, 2], window)
    d.arrow(first.x, first.x0, FREE, faint=True)
    d.arrow(first.x, first.mean, FREE)
    d.dot(first.x, FIRST)
    d.dot(first.x0, CLEAN, FREE)
    d.dot(first.mean, size=3)
    d.title("3  move a part of the way")
    d = ground(axes[1, 0], window)
    d.arrow(first.x, first.mean, FREE)
    d.arrow(first.mean, first.next, CHANCE, r"$\tilde\sigma\varepsilon$")
    d.dot(first.x, FIRST)
    d.dot(first.x0, CLEAN, FREE)
    d.dot(first.next, NEXT)
    d.title("4  add noise")
    d = ground(axes[1, 1], window)
    moved(d, first, faint=True)
    d.arrow(second.x, second.x0, FREE)
    d.dot(first.x)
    d.dot(first.x0, size=4, colour="#8fa2d6")
    d.dot(second.x, NEXT)
    d.dot(second.x0, CLEAN, FREE)
    d.title("5  predict again")
    d = ground(axes[1, 2], window)
    moved(d, first, faint=True)
    moved(d, second)
    d.dot(first.x)
    d.dot(second.x, NEXT)
    d.dot(second.x0, CLEAN, FREE)
    d.dot(second.next, "$x_{t-2}$")
    d.title("6  move, add noise")
    return fig


def moved(d: Diagram, stop: Stop, *, faint: bool = False) -> None:
    """Draw the two arrows of a step."""
    d.arrow(stop.x, stop.mean, FREE, faint=faint)
    d.arrow(stop.mean, stop.next, CHANCE, faint=faint)


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
        d.dot(goal, CLEAN, GUIDED)
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


def panels(story: Story, now: GuidedStep, wanted: GaussianMixture) -> Figure:
    """Draw four parts of a guided step, each under its title."""
    fig, axes = plt.subplots(2, 2, figsize=(6.0, 6.2))
    for ax, (title, part, gamma) in zip(axes.flat, story.panels, strict=True):
        d = ground(ax, view(now), wanted)
        story.draw(d, now, part, gamma)
        d.title(title)
    return fig


def film(
    story: Story,
    now: GuidedStep,
    wanted: GaussianMixture,
    *,
    frames: int | None = None,
) -> dict[str, Figure]:
    """Draw the first frames of a guided step, or all of them, by what they show."""
    drawn: dict[str, Figure] = {}
    for name, part, gamma in story.film[:frames]:
        fig, ax = plt.subplots(figsize=(3.5, 3.5))
        d = ground(ax, view(now), wanted)
        story.draw(d, now, part, gamma)
        d.write()
        drawn[name] = fig
    return drawn


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
    panels=(
        ("1  two directions", "classifier", 1.0),
        ("2  their sum (γ = 1)", "move", 1.0),
        ("3  stretch one (γ = 3)", "classifier", 3.0),
        ("4  a step along the new sum", "noise", 3.0),
    ),
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
)

DIFFERENCE = Story(
    by_difference,
    panels=(
        ("1  two predictions", "given", 1.0),
        ("2  their difference", "difference", 1.0),
        ("3  stretch it (γ = 3)", "difference", 3.0),
        ("4  the implied prediction, a step to it", "noise", 3.0),
    ),
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
)
