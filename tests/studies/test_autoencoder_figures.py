import matplotlib.pyplot as plt
import numpy as np
import torch

from gendiff.data import toys
from gendiff.record import Trajectory
from gendiff.studies import autoencoder_figures as figures
from gendiff.studies import letter_figures, ring_figures

LEVELS = np.array([0.1, 1.0, 5.0])
RING = toys.ring(8)


def test_figures_of_lines_and_levels_say_their_numbers() -> None:
    line = toys.two_bumps()
    drawn = {n: line.sample(50, torch.Generator())[:, 0] for n in (1, 10, 100)}
    gaps = {"probability flow": {1: 0.7, 100: 0.0123}}
    gaps |= {name: {1: 0.7, 100: 0.02} for name in ("DDPM", "SDE")}
    assert "0.0123 at 100" in figures.steps(line, drawn, gaps, 0.01)[1]
    losses = [3.0, 1.0, 2.0]
    words = figures.score_matching(LEVELS, losses, least=1.25, truth=1.5)[1]
    assert "minimum at 1.2500" in words
    curves = {"digits, 64-D": (0.5, 0.9, 1.0), "ring, 2-D": (0.8, 0.31, 1.0)}
    assert "0.31, at noise level 1." in figures.removal(LEVELS, curves, curves)[1]
    relative = {m: torch.full((3, 3), 1 + 1 / m) for m in (2, 8, 64)}
    assert "1.50 times" in figures.bottleneck([0.1, 0.3, 1.0], relative)[1]
    assert "-1.250 with 30" in figures.bound([10, 30], [-1.5, -1.25], -1.2)[1]
    plt.close("all")


def test_figures_of_points_say_their_numbers() -> None:
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


def test_figures_of_letters() -> None:
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
