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
    scenes, alt = step_figures.walked(stops, (1.0, 0.5))
    assert [*scenes][2:4] == ["σ = 1.00: add noise", "σ = 0.50: predict"]
    assert len(scenes) == 5  # the last step adds no noise
    assert f"{float((stops[0].x0 - stops[1].next).norm()):.2f} away" in alt
    assert len(step_figures.walked(stops, (1.0, 0.5), frames=2)[0]) == 2
    for story in (step_figures.CLASSIFIER, step_figures.DIFFERENCE):
        frames, alt = step_figures.film(story, now, wanted)
        assert [*frames] == [part[0] for part in story.film]
        assert f"{len(frames)} frames" in alt
        assert len(step_figures.film(story, now, wanted, frames=2)[0]) == 2
        plt.close("all")
