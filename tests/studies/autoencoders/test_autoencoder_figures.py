import matplotlib.pyplot as plt
import numpy as np
import torch

from gendiff.data import toys
from gendiff.studies.autoencoders import autoencoder_figures as figures

LEVELS = np.array([0.1, 1.0, 5.0])


def test_figures_say_their_numbers() -> None:
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
