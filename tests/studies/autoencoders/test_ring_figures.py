import matplotlib.pyplot as plt
import numpy as np
import torch

from gendiff.data import toys
from gendiff.studies.autoencoders import ring_figures

LEVELS = np.array([0.1, 1.0, 5.0])
RING = toys.ring(8)


def test_figures_say_their_numbers() -> None:
    errors = {"quarter": np.full((3, 3), 0.25), "full": np.full((3, 3), 0.125)}
    assert "averages 0.125" in ring_figures.scores(RING, RING, LEVELS, errors)[1]
    names = ("shared", "separate", "one level")
    samples = {name: RING.sample(20, torch.Generator()) for name in names}
    far = {**dict.fromkeys(names, 0.5), "two true sets": 0.0625}
    assert "are 0.062 apart" in ring_figures.clouds(samples, far, RING.means)[1]
    others = {"adversarial": np.full(3, 0.5), "autoregressive": np.full(3, 0.25)}
    words = ring_figures.rivals([4, 8], np.full((3, 2), -1.0), others, 1e-3)[1]
    assert "needs 16 and lies at 0.2500" in words
    plt.close("all")
