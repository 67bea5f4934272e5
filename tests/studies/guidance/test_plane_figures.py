"""The cut through a real step: what guidance adds points up, the way ahead right."""

import matplotlib.pyplot as plt
import torch

from gendiff.studies.guidance import pinwheel
from gendiff.studies.guidance.plane import through
from gendiff.studies.guidance.plane_figures import Cut, at_scale, cut, slider
from gendiff.studies.guidance.steps import GuidedStep


def test_a_step_is_drawn_to_scale() -> None:
    generator = torch.Generator().manual_seed(0)
    seen, free, given, goal, after = torch.randn(5, 1, 1, 8, 8, generator=generator)
    images = [image.double() for image in (seen, free, given, goal, after)]
    sheet = through(images[1], images[2], 2 * images[1] - images[0])
    step = Cut(sheet, *images, sigma=1.0, then=0.5)
    x, _ = step.at(images[0])
    right, up = step.at(images[2])
    assert x < 0
    assert abs(right) < 1e-9
    assert abs(up - float((images[2] - images[1]).norm())) < 1e-9
    fig, alt = cut(step, [0.1, 0.5, 0.9])
    assert len(fig.axes[0].images) == 5
    assert f"length {float((images[2] - images[1]).norm()):.1f} leads" in alt
    assert "0.10, 0.50 and 0.90" in alt
    plt.close("all")


def test_a_scale_is_drawn_in_three_panels() -> None:
    z = list(torch.randn(5, 1, 2, generator=torch.Generator().manual_seed(0)))
    now = GuidedStep(*z, now=0.9, then=0.6)
    image = torch.zeros(1, 1, 8, 8)
    fig = at_scale(now, 1.0, 8.0, pinwheel.classes()[2], image, image)
    assert len(fig.axes) == 3
    frames, alt = slider(
        now, [0.0, 4.0], pinwheel.classes()[2], lambda _: (image, image)
    )
    assert [*frames] == ["γ = 0.0", "γ = 4.0"]
    assert "scales from 0 to 4" in alt
    plt.close("all")
