"""The figures of densities on a line can be drawn."""

import numpy as np
from matplotlib import pyplot as plt

from gendiff.studies import line_figures as figures
from gendiff.studies.line_laws import LINE

FLAT = np.full_like(LINE, 0.04)
CHAINS = np.linspace(-2, 2, 50)
Z = np.linspace(-6, 6, 61)
WAYS = {"flow": (Z, 0.5 * Z), "SDE": (LINE, FLAT), "Langevin": CHAINS}
KNOWN: dict[str, tuple[float, float]] = dict.fromkeys(
    ("promised", "flow", "SDE"), (1.0, 0.5)
)


def test_the_figures_are_drawn() -> None:
    x, noises = np.linspace(0.1, 20, 5), np.array([0.1, 1.0, 10.0])
    paths = np.zeros((5, 3))
    yes = -np.logaddexp(0, -LINE)
    drawn = [
        figures.ways(FLAT, FLAT, WAYS, KNOWN),
        figures.two_models(x, [x, x], {"a": x, "b": x, "c": x}, sigma=0.2),
        figures.walks(x, paths, paths, (x, x), CHAINS, 0.5),
        figures.colder(yes, 3 * yes, 3.0, FLAT, [FLAT, FLAT]),
        figures.levels(x, {1.5: x, 3.0: x, 8.0: x}, (LINE, FLAT, FLAT), title="here"),
        figures.noises(noises, np.ones((3, 2)), KNOWN),
        figures.tempered({1.25: FLAT, 2.0: FLAT}, {1.25: WAYS, 2.0: WAYS}),
    ]
    assert [len(fig.axes) for fig in drawn] == [1, 2, 3, 2, 2, 2, 2]
    plt.close("all")


def test_a_flow_that_ends_in_a_point_is_a_line() -> None:
    point = WAYS | {"flow": (Z, np.full_like(Z, 0.7))}
    fig = figures.tempered({1.25: FLAT, 2.0: FLAT}, {1.25: WAYS, 2.0: point})
    found = [line.get_xdata() for line in fig.axes[1].get_lines()]
    assert any(np.allclose(np.asarray(x, dtype=float), 0.7) for x in found)
    plt.close("all")
