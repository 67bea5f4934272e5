"""The diagrams of steps draw what they are given."""

import matplotlib.pyplot as plt
import torch

from gendiff.studies.guidance import pinwheel, step_figures
from gendiff.studies.guidance.steps import GuidedStep, Stop


def points(n: int) -> list[torch.Tensor]:
    return list(torch.randn(n, 1, 2, generator=torch.Generator().manual_seed(n)))


def test_every_part_can_be_drawn() -> None:
    stops = [Stop(*points(4)), Stop(*points(4))]
    now = GuidedStep(*points(5), now=0.9, then=0.6)
    wanted = pinwheel.classes()[2]
    assert len(step_figures.two_steps(stops).axes) == 6
    for part in ("predict", "move", "add noise"):
        step_figures.part_of_walk(stops, 1, part)
    for story in (step_figures.CLASSIFIER, step_figures.DIFFERENCE):
        fig = step_figures.panels(story, now, wanted)
        assert [ax.get_title() for ax in fig.axes] == [part[0] for part in story.panels]
        assert [*step_figures.film(story, now, wanted)] == [p[0] for p in story.film]
        assert len(step_figures.film(story, now, wanted, frames=2)) == 2
        plt.close("all")
