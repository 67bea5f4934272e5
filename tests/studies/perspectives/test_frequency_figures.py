"""Figures of frequencies say the numbers that they draw."""

import matplotlib.pyplot as plt
import numpy as np
import torch

from gendiff.studies.perspectives import frequency_figures, hinges


def test_orders_say_where_the_highest_ring_is() -> None:
    fig, alt = frequency_figures.orders(
        {"white": np.array([4.0, 2.0, 1.0]), "flat": np.ones(3)}
    )
    assert "white: 0.25" in alt
    assert "flat: 1" in alt
    plt.close(fig)


def test_hinges_say_where_corners_are() -> None:
    f = torch.arange(1, 33).double()
    bends = {
        s: hinges.Hinge(f, f**-2, f**-2 + s**2, corner)
        for s, corner in ((1.0, 12.0), (2.0, 6.0))
    }
    fig, alt = frequency_figures.hinges(bends, 2.0)
    assert "from 12.0 to 6.0 cycles as noise grows from 1 to 2" in alt
    assert "slope -1.00" in alt
    plt.close(fig)


def test_the_basis_has_the_even_tile_first() -> None:
    fig, alt = frequency_figures.basis()
    drawn = np.asarray(fig.axes[0].get_images()[0].get_array())
    assert drawn.shape == (78, 78)
    assert np.ptp(drawn[:8, :8]) < 1e-6
    assert np.ptp(drawn[-8:, -8:]) > 0.9
    assert "Eight by eight" in alt
    plt.close(fig)
