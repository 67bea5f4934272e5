import matplotlib.pyplot as plt
import numpy as np

from gendiff.studies.autoencoders.bands import banded


def test_the_line_is_the_mean_and_the_band_spans_the_runs() -> None:
    fig, ax = plt.subplots()
    banded(ax, [1, 2], np.array([[1.0, 4.0], [3.0, 8.0]]), color="k", label="a")
    assert ax.get_lines()[0].get_ydata().tolist() == [2.0, 6.0]
    edge = ax.collections[0].get_paths()[0].vertices
    assert {tuple(point) for point in edge} == {(1, 1), (1, 3), (2, 4), (2, 8)}
    plt.close(fig)
