import matplotlib.pyplot as plt
import numpy as np
import torch

from gendiff.studies.autoencoders import shape_figures
from gendiff.studies.autoencoders.near_far import GROUPS

FOUR = np.array([1.0, 2.0, 4.0, 8.0])


def test_figures_say_their_numbers() -> None:
    pooled = np.zeros((10, 4))
    words = shape_figures.discs((4, 16, 64, 256), pooled, FOUR, FOUR / 2)[1]
    assert "8 and 4.00 for 256 pixels" in words
    curves = {group: np.array([1.0, 0.2]) for group in GROUPS}
    bears = dict.fromkeys(GROUPS, 1.25)
    sigmas, examples = np.array([0.2, 2.0]), torch.Generator()
    words = shape_figures.near_far(sigmas, curves, bears, examples)[1]
    assert "σ = 1.25 for near" in words
    plt.close("all")
