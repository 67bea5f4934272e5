"""A chain that repeats letters: its surprisal, from all texts one by one."""

import itertools

import pytest
import torch

from gendiff.discrete import sources
from gendiff.studies.typicality import sticky_letters


@pytest.mark.parametrize("stay", [0.8, 0.1])
def test_the_surprisal_is_that_of_all_texts(stay: float) -> None:
    first, move = sticky_letters.sticky(stay)
    assert move.diagonal().tolist() == pytest.approx([stay] * 4)
    assert torch.allclose(move.sum(1), torch.ones(4).double())
    mass: dict[int, float] = {}
    for word in itertools.product(range(4), repeat=4):
        p = float(first[word[0]])
        for a, b in itertools.pairwise(word):
            p *= float(move[a, b])
        again = sum(a == b for a, b in itertools.pairwise(word))
        mass[again] = mass.get(again, 0) + p
        atoms = sticky_letters.surprisals(stay, 4)
        assert float((-atoms.surprisal[again]).exp()) == pytest.approx(p)
    found = sticky_letters.surprisals(stay, 4).log_probability.exp()
    assert found.tolist() == pytest.approx([mass[k] for k in range(4)])


def test_a_hundred_letters_have_the_surprisal_of_their_mode() -> None:
    mode, least = sources.most_likely(*sticky_letters.sticky(0.8), 100)
    atoms = sticky_letters.surprisals(0.8, 100)
    assert len(mode.unique()) == 1
    assert atoms.least == pytest.approx(least)
    assert (atoms.entropy - least) / atoms.std == pytest.approx(4.975, abs=0.01)
