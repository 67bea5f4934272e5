import matplotlib.pyplot as plt
import numpy as np
import torch

from gendiff.record import Trajectory
from gendiff.studies.autoencoders import letter_figures

LEVELS = np.array([0.1, 1.0, 5.0])


def test_figures_say_their_numbers() -> None:
    letters = torch.rand(4, 1, 32, 32)
    film = Trajectory(letters[None], letters[None], torch.tensor([2.0]))
    (frame,), _ = letter_figures.emerging(film, 0.0, columns=2)
    assert frame.shape == (64 + 6 + 64, 64)
    assert frame.dtype == np.uint8
    words = letter_figures.guesses([letters] * 2, [letters[:1]] * 2, [80.0, 0.02])[1]
    assert "from 80 down to 0.02" in words
    curves = {"noise": LEVELS, "clean": 2 * LEVELS, "mixed": 0 * LEVELS + 1}
    assert "noise is 5.0 times" in letter_figures.targets(LEVELS, curves)[1]
    plt.close("all")
