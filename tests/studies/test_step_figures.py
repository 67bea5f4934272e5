"""The diagrams of steps draw what they are given."""

import matplotlib.pyplot as plt
import torch

from gendiff.studies import pinwheel, step_figures
from gendiff.studies.steps import GuidedStep, Stop


def points(n: int) -> list[torch.Tensor]:
    return list(torch.randn(n, 1, 2, generator=torch.Generator().manual_seed(n)))


def test_every_part_can_be_drawn() -> None:
    stops = [Stop(*points(4)), Stop(*points(4))]
    now = GuidedStep(*points(5), now=0.9, then=0.6)
    wanted = pinwheel.classes()[2]
    assert len(step_figures.two_steps(stops).axes) == 6
    for part in ("predict", "move", "add noise"):
        step_figures.part_of_walk(stops, 1, part)
    for draw, parts, frames in (
        (
            step_figures.by_classifier,
            step_figures.CLASSIFIER_PANELS,
            step_figures.CLASSIFIER_FILM,
        ),
        (
            step_figures.by_difference,
            step_figures.DIFFERENCE_PANELS,
            step_figures.DIFFERENCE_FILM,
        ),
    ):
        fig = step_figures.panels(draw, now, parts, wanted)
        assert [ax.get_title() for ax in fig.axes] == [title for title, *_ in parts]
        assert len(step_figures.film(draw, now, frames, wanted)) == len(frames)
        plt.close("all")
