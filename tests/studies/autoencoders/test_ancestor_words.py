"""Words for figures: each has the numbers that its figure was drawn from."""

import numpy as np
import torch

from gendiff.studies.autoencoders import ancestor_words
from gendiff.studies.autoencoders.moments import ERRORS


def test_words_have_the_numbers_of_their_figures() -> None:
    runs = {128: np.array([[0.9, 0.4], [0.7, 0.2]]), 16: np.zeros((2, 2))}
    distributions = zip(ERRORS, (0.1, 0.2, 0.3), strict=True)
    errors = {
        distribution: {0.1: [low, 3 * low], 1.6: [low, low]}
        for distribution, low in distributions
    }
    around = {0.05: 0.5, 0.2: 0.1, 0.9: 0.3}
    nats = {"logit": torch.tensor([-9.0, -7.0]), "density": torch.tensor([5.0, 7.0])}
    ratio = np.array([[1.0, 2.0, 1.0], [2.0, 4.0, 1.0]])
    arms = {"scratch": [0.1, 0.3], "pre-trained": [0.9, 0.7], "modern": [0.5, 0.5]}
    told = {
        ancestor_words.portraits({"a": 0.5}, {"a": 2.0}): "0.50 and 2.00 with a",
        ancestor_words.bottleneck({2: 0.8, 32: 0.1}, {2: 0.7, 32: 0.2}): (
            "0.80 of the variance with 2 numbers and 0.10 with 32"
        ),
        ancestor_words.essence(runs, runs): "goes from 0.80 at 128 numbers to 0.00",
        ancestor_words.boltzmann({1: [0.0, -20.0], 10: [0.0, -21.0]}, -30.0): (
            "-20.00 nats with one Gibbs step and -21.00 with ten"
        ),
        ancestor_words.depth(arms): "2 seeds each. Sigmoids from scratch end at 0.20",
        ancestor_words.learnt_filters({0.5: 4.0}): "4.00 cycles an image at noise",
        ancestor_words.spectra({"noise": torch.ones(5)}, 8): "5 with noise in the way",
        ancestor_words.local_moments(errors): "noisy density by 0.10 to 0.20",
        ancestor_words.dreams(nats): "log-density -8 nats",
        ancestor_words.one_level(around, {0.1: 0.2}, 0.07, 0.01, steps=9): (
            "falls from 0.5 to 0.1 at 0.2 and rises again to 0.3"
        ),
        ancestor_words.distances({"GSN": [0.1, 0.3]}, 0.05): "GSN 0.200; between",
        ancestor_words.rates({4: 0.5}, 0.25): "0.50 of the variance with 4 bits",
        ancestor_words.schedules({"σ = 1": [0.5, 0.6]}, 0.4): "σ = 1 0.550; raw pixels",
        ancestor_words.sharing([0.1, 0.5, 2.5], ratio): "1.50 at 0.1, 3.00 at 0.5 and",
    }
    for words, number in told.items():
        assert number in words
