"""The figures of the page on the geometry of guidance draw what they are given."""

import matplotlib.pyplot as plt
import torch

from gendiff.estimate import fraction
from gendiff.record import Trajectory
from gendiff.studies.guidance import geometry_figures as draw, pinwheel
from gendiff.studies.guidance.mirrored import Mirrored
from gendiff.studies.guidance.plane import through


def some(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_words_name_what_was_measured() -> None:
    images = some(20, 1, 1, 16, 16)
    way = Trajectory(images, images, torch.linspace(1, 0, 20))
    _, alt = draw.ways(
        dict.fromkeys((0, 1, 3), way), through(*images[:3]), {0: 0.1, 1: 0.5, 3: 0.95}
    )
    assert "0.10 at γ = 0, 0.50 at γ = 1, 0.95 at γ = 3" in alt
    photo = Mirrored(some(3, 8, 8).double())
    _, alt = draw.photograph(photo, some(3, 8, 8), [8.0, 0.05])
    assert "noise of 8, 0.05 times" in alt
    found = [fraction(1, 2, "canvases"), fraction(0, 2, "canvases")]
    _, alt = draw.told(
        some(1, 3, 16, 16), some(1, 3, 16, 16), [1.0, 0.0], dict.fromkeys("abcd", found)
    )
    assert "a: +0.500 at 1, +0.000 at 0" in alt
    missed = {name: ([2, 64], [0.7, 0.001]) for name in ("a", "b", "c")}
    _, alt = draw.onward(([0.1, 50.0], [0.9, 0.02]), missed, 0.8)
    assert "from 0.90 spreads at 0.1 spreads of noise to 0.02 at 50" in alt
    assert "b: 0.7 with 2 calls, 0.001 with 64" in alt
    fans = dict.fromkeys((0.0, 3.0), some(3, 4, 2))
    _, alt = draw.fans(fans, pinwheel.world(), {0.0: 0.25, 3.0: 1.0})
    assert "0.25 at γ = 0, 1.00 at γ = 3" in alt
    plt.close("all")
