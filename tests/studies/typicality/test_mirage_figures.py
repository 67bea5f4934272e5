"""The figures of radii and of the mirage draw what they are given."""

import math

import matplotlib.pyplot as plt
import pytest
import torch

from gendiff.estimate import Estimate
from gendiff.studies.typicality import mirage_figures, radius_figures

RADII = torch.linspace(0.01, 4, 400_000, dtype=torch.float64)


@pytest.fixture(autouse=True)
def close() -> None:
    plt.close("all")


def cloud(n: int, k: int) -> torch.Tensor:
    return torch.randn(n, k, generator=torch.Generator().manual_seed(0)).double()


def test_radii_can_be_drawn() -> None:
    fig = radius_figures.radius(9, cloud(50, 9).norm(dim=1))
    assert len(fig.axes) == 1
    fig, alt = radius_figures.clouds(cloud(50, 9), 2 * cloud(50, 9), (0.995, 0.2))
    assert len(fig.axes) == 3
    assert "lie 99.5% of the Gaussian's samples and 20.0% of the mirage's" in alt
    fig, alt = radius_figures.parts(cloud(50, 2))
    assert len(fig.axes) == 3
    assert f"{float(cloud(50, 2).square().mean()):.2f}" in alt
    _, alt = radius_figures.moments()
    assert "starts at 0.363" in alt  # 1 - 2 / pi
    areas = {r: [1.0 + r] * 61 for r in (0.5, 1.0, 2.0)}
    _, alt = radius_figures.spheres(areas)
    assert "up to 2.00 at 7" in alt


def test_a_mirage_can_be_drawn() -> None:
    shown = (1, 3, 10, 100)
    pairs = {k: (cloud(20, k), torch.zeros(20, k)) for k in shown}
    fig, alt = mirage_figures.coordinates(pairs, dict.fromkeys(shown, 3.0), bins=10)
    assert len(fig.axes) == 8
    assert "1.00 at K = 1, 1.00 at K = 3" in alt
    _, alt = mirage_figures.density({k: RADII * k**0.5 for k in (1, 2, 3, 10)})
    # (Gamma(5) / pi^5) (2 pi)^5 2 / sqrt(20 pi) / 2 over r^9 at r = 0.02 sqrt(10)
    known = 24 * 32 / math.sqrt(20 * math.pi) / (0.02 * math.sqrt(10)) ** 9
    assert f"10 to the {math.log10(known):.0f} times" in alt
    roots = {1: 1.0, 2: 0.7, 10: 0.5}
    _, alt = mirage_figures.typical_radius(roots, 0.79788)
    assert "0.700 at 2 and 0.500 at 10" in alt
    _, alt = mirage_figures.breakdown({k: (2.0, 3.0 * k) for k in (1, 10, 100, 1_000)})
    assert "span 0.20, 0.02 and 0.00 nats" in alt
    assert "3.00, 3.00 and 3.00 for the mirage" in alt


def test_digits_are_between_black_and_white() -> None:
    x = torch.zeros(48, 64, dtype=torch.float64)
    image = mirage_figures.ink(x)
    assert image.shape == (48, 8, 8)
    assert 0 <= float(image.min()) < float(image.max()) <= 1
    both = {"Gaussian": x, "mirage": x}
    few, many = Estimate(0.5, 0.1, 9, "digits"), Estimate(28.2, 1.0, 9, "digits")
    shares = {"Gaussian": few, "mirage": many}
    fig, alt = mirage_figures.two_noises(both, shares, shares)
    titles = [ax.get_title() for ax in fig.axes]
    assert titles == ["from Gaussian noise", "from mirage noise"]
    assert "are 0.5% on the left and 28% on the right" in alt
    fig, alt = mirage_figures.turned({0.0: x[:8], 1.0: x[:8]}, [-5.0, 3.0])
    words = [text.get_text() for text in fig.axes[0].texts]
    assert words == ["r = 0 √K", "−5 nats", "r = 1 √K", "3 nats"]
    assert "from -5 to 3 nats" in alt
