"""Tests of when a path has decided what."""

import math

import numpy as np
import pytest
import torch

from gendiff.discrete import joint
from gendiff.discrete.embedded import Posterior
from gendiff.studies.language import topics_first
from gendiff.types import level

LIKES = torch.tensor([[0.4, 0.4, 0.1, 0.1], [0.1, 0.1, 0.4, 0.4]]).double()


def chance() -> torch.Generator:
    """Return a generator."""
    return torch.Generator().manual_seed(0)


def test_letters_are_those_of_the_exact_posterior() -> None:
    """Listing texts and summing tables place by place agree."""
    listed = topics_first.listed(LIKES, 3)
    table = joint.normalised(listed.log_probability.reshape(4, 4, 4))
    z = torch.randn(5, 3, 4, generator=chance()).double()
    found = listed.letters(listed.belief(z, 1.3))
    wanted = Posterior(table, listed.table)(z, level(1.3)).softmax(-1)
    torch.testing.assert_close(found.double(), wanted.double(), atol=1e-6, rtol=0)


def test_texts_are_as_probable_as_their_topics_make_them() -> None:
    """The last text is 333: 0.4**3 in the second topic, 0.1**3 in the first."""
    listed = topics_first.listed(LIKES, 3)
    assert float(listed.log_probability.exp().sum()) == pytest.approx(1)
    assert float(listed.log_probability[-1].exp()) == pytest.approx(0.065 / 2)
    assert listed.topic[[0, -1]].tolist() == [0, 1]


def test_labels_of_five_letters_have_a_bit_each() -> None:
    """Turning the alphabet round turns each label round."""
    listed = topics_first.listed(LIKES, 5)
    p = listed.log_probability.exp()
    for holds in topics_first.labels(listed).values():
        torch.testing.assert_close(
            p @ holds.double(), torch.full((holds.shape[1],), 0.5).double()
        )


def test_letter_by_letter_a_place_is_known_when_it_is_written() -> None:
    """With independent letters each place is known at once, and a parity at last."""
    listed = topics_first.listed(torch.full((1, 4), 0.25).double(), 3)
    asked = topics_first.labels(listed)
    asked.pop("topic")
    known = topics_first.along_letters(listed, asked, 6, chance())
    torch.testing.assert_close(
        known["parity"].mean(0), torch.tensor([-1.0, -1, -1, 0]).double()
    )
    steps = torch.tensor([-1.0, -2 / 3, -1 / 3, 0]).double()
    torch.testing.assert_close(known["one place"].mean(0), steps)
    torch.testing.assert_close(known["letters"].mean(0), 2 * steps)


def test_half_is_found_between_states() -> None:
    """From -1 over -0.8 to 0, half is crossed at three eighths of the second step."""
    known = torch.tensor([[-1.0, -0.8, 0.0]])
    letters = torch.tensor([[-2.0, -1.0, 0.0]])
    found = topics_first.halfway(known, letters)
    assert found == pytest.approx(0.5 + 0.5 * 0.3 / 0.8)


def test_what_noise_leaves_of_a_letter_is_that_of_a_noisy_wire() -> None:
    """One letter of two is a sign in Gaussian noise, whose bits are an integral."""
    listed = topics_first.listed(torch.tensor([[0.5, 0.5]]), 1)
    asked = {"which": listed.x == 1}
    levels = [30.0, 2.0, 0.9]
    known = topics_first.along_noise(listed, asked, levels, 20_000, chance())
    apart = float((listed.table[0] - listed.table[1]).norm())
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    for state, sigma in enumerate(levels):
        d = apart / sigma
        lost = np.logaddexp(0, -(d**2) / 2 - d * nodes) @ weights
        bits = lost / math.sqrt(2 * math.pi) / math.log(2)
        error = float(known["which"][:, state].std()) / math.sqrt(20_000)
        assert float(known["which"].mean(0)[state]) == pytest.approx(
            -bits, abs=4 * error + 1e-6
        )
    torch.testing.assert_close(known["which"], known["letters"])
    assert (known["which"][:, -1] == 0).all()
    assert topics_first.progress(known["which"])[[0, -1]].tolist() == [0, 1]


def test_states_of_a_path_hang_together() -> None:
    """A path does not forget: what is known late was known before, and a bit more."""
    listed = topics_first.listed(LIKES, 4)
    asked = topics_first.labels(listed)
    levels = torch.linspace(3, 2.5, 6).tolist()
    known = topics_first.along_noise(listed, asked, levels, 400, chance())["topic"]
    pair = known[:, [0, 5]].mT
    assert float(torch.corrcoef(pair)[0, 1]) > 0.7
    assert known.shape == (400, 7)
