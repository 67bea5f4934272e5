"""The figures of densities on a line can be drawn."""

import numpy as np
import torch
from matplotlib import pyplot as plt

from gendiff.exact import GaussianMixture
from gendiff.studies.guidance import line_figures as figures
from gendiff.studies.guidance.line_distributions import LINE

FLAT = np.full_like(LINE, 0.04)
CHAINS = np.linspace(-2, 2, 50)
Z = np.linspace(-6, 6, 61)
WAYS = {"flow": (Z, 0.5 * Z), "SDE": (LINE, FLAT), "Langevin": CHAINS}
KNOWN: dict[str, tuple[float, float]] = dict.fromkeys(
    ("promised", "flow", "SDE"), (1.0, 0.5)
)


DISTRIBUTION = GaussianMixture.isotropic(
    torch.ones(1).double(), torch.ones(1, 1).double(), 0.5
)


def test_the_figures_are_drawn() -> None:
    x, noises = np.linspace(0.1, 20, 5), np.array([0.1, 1.0, 10.0])
    paths = np.zeros((5, 3))
    drawn = {
        "the true one 0.50": figures.walks(
            x, paths, paths, DISTRIBUTION, CHAINS, Z[:2]
        ),
        "peak is 20.00 at σ = 20.0": figures.levels(
            x, {1.5: x, 3.0: x, 8.0: x}, (LINE, FLAT, FLAT), at=2.0
        ),
        "little, λ² = 1/10, they are 1.00 and 1.00": figures.noises(
            noises, np.ones((3, 2)), KNOWN
        ),
        "left of 0.4, factor 2: flow 0.25.": figures.tempered(
            {1.25: FLAT, 2.0: FLAT},
            {1.25: WAYS, 2.0: WAYS},
            {2.0: {"flow": 0.25}},
            edge=0.4,
        ),
    }
    for words, (_, alt) in drawn.items():
        assert words in alt
    assert [len(fig.axes) for fig, _ in drawn.values()] == [2, 2, 2, 2]
    plt.close("all")


def test_every_scale_has_its_frame() -> None:
    film, alt = figures.slider(FLAT, {0.0: (FLAT, WAYS, {}), 8.0: (FLAT, WAYS, KNOWN)})
    assert len(film) == 2
    assert alt.endswith("At 8 the means are 1.00 promised, 1.00 flow, 1.00 SDE.")
    plt.close("all")


def test_a_flow_that_ends_in_a_point_is_a_line() -> None:
    point = WAYS | {"flow": (Z, np.full_like(Z, 0.7))}
    targets = {1.25: FLAT, 2.0: FLAT}
    fig, _ = figures.tempered(targets, {1.25: WAYS, 2.0: point}, {}, edge=0.4)
    found = [line.get_xdata() for line in fig.axes[1].get_lines()]
    assert any(np.allclose(np.asarray(x, dtype=float), 0.7) for x in found)
    plt.close("all")
