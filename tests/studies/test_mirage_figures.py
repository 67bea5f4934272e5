"""The figures of radii and of the mirage draw what they are given."""

import matplotlib.pyplot as plt
import pytest
import torch

from gendiff.studies import mirage_figures, radius_figures

RADII = torch.linspace(0.01, 4, 400_000, dtype=torch.float64)


@pytest.fixture(autouse=True)
def close() -> None:
    plt.close("all")


def cloud(n: int, k: int) -> torch.Tensor:
    return torch.randn(n, k, generator=torch.Generator().manual_seed(0)).double()


def test_radii_can_be_drawn() -> None:
    figs = [
        radius_figures.clouds(cloud(50, 9), 2 * cloud(50, 9)),
        radius_figures.radius(9, cloud(50, 9).norm(dim=1)),
        radius_figures.parts(cloud(50, 2)),
        radius_figures.moments(),
        radius_figures.spheres({r: [1.0 + r] * 61 for r in (0.5, 1.0, 2.0)}),
    ]
    assert [len(fig.axes) for fig in figs] == [3, 1, 3, 1, 2]


def test_a_mirage_can_be_drawn() -> None:
    shown = (1, 3, 10, 100)
    pairs = {k: (cloud(20, k), cloud(20, k)) for k in shown}
    fig = mirage_figures.coordinates(pairs, dict.fromkeys(shown, 3.0), bins=10)
    assert len(fig.axes) == 8
    fig, reach = mirage_figures.density({k: RADII * k**0.5 for k in (1, 2, 3, 10)})
    assert len(fig.axes) == 1
    assert reach[10] > reach[3] > reach[1]
    assert len(mirage_figures.typical_radius({1: 1.0}, 0.8).axes) == 1
    assert len(mirage_figures.breakdown().axes) == 2


def test_digits_are_between_black_and_white() -> None:
    x = torch.zeros(48, 64, dtype=torch.float64)
    image = mirage_figures.ink(x)
    assert image.shape == (48, 8, 8)
    assert 0 <= float(image.min()) < float(image.max()) <= 1
    fig = mirage_figures.two_noises({"Gaussian": x, "mirage": x})
    assert [ax.get_title() for ax in fig.axes] == [
        "from Gaussian noise",
        "from mirage noise",
    ]
    fig = mirage_figures.turned({0.0: x[:8], 1.0: x[:8]}, [-5.0, 3.0])
    assert [text.get_text() for text in fig.axes[0].texts] == [
        "r = 0 √K",
        "−5 nats",
        "r = 1 √K",
        "3 nats",
    ]
