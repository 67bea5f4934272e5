"""Tests of when a path has decided what."""

import math

import pytest
import torch

from gendiff.discrete import joint
from gendiff.discrete.embedded import Posterior
from gendiff.studies.language import kinds, topics_first
from gendiff.types import level


@pytest.fixture
def language() -> kinds.Kinds:
    """Return a language whose two kinds like different letters."""
    likes = torch.tensor([[0.4, 0.4, 0.1, 0.1], [0.1, 0.1, 0.4, 0.4]]).double()
    return kinds.Kinds(torch.full((4,), 0.25).double(), likes[:, None].repeat(1, 4, 1))


def test_letters_are_those_of_the_exact_posterior(language: kinds.Kinds) -> None:
    """Listing texts and summing tables place by place agree."""
    listed = topics_first.listed(language, 3)
    table = joint.normalised(listed.log_probability.reshape(4, 4, 4))
    z = torch.randn(5, 3, 4, generator=torch.Generator().manual_seed(0)).double()
    found = listed.letters(listed.belief(z, 1.3))
    wanted = Posterior(table, listed.table)(z, level(1.3)).softmax(-1)
    torch.testing.assert_close(found.double(), wanted.double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(listed(z, level(1.3)), found @ listed.table)


def test_letter_by_letter_a_place_is_known_when_it_is_written() -> None:
    """With independent letters each place is known at once, and a parity at last."""
    even = torch.full((1, 4, 4), 0.25).double()
    language = kinds.Kinds(even[0, 0], even)
    listed = topics_first.listed(language, 3)
    asked = topics_first.labels(language, listed)
    asked.pop("topic")
    known = topics_first.along_letters(listed, asked, 6, torch.Generator())
    torch.testing.assert_close(
        known["parity"].mean(0), torch.tensor([-1.0, -1, -1, 0]).double()
    )
    steps = torch.tensor([-1.0, -2 / 3, -1 / 3, 0]).double()
    torch.testing.assert_close(known["one place"].mean(0), steps)


def test_half_is_found_between_states() -> None:
    """From -1 over -0.8 to 0, half is crossed at three eighths of the second step."""
    known = torch.tensor([[-1.0, -0.8, 0.0]])
    assert topics_first.halfway(known) == pytest.approx((1 + 0.3 / 0.8) / 2)


def test_levels_fall_to_nothing(language: kinds.Kinds) -> None:
    """The grid falls, and paths along it begin with knowing nothing of the topic."""
    listed = topics_first.listed(language, 4)
    chance = torch.Generator().manual_seed(0)
    levels = topics_first.grid(listed, 8, chance, draws=200)
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 0
    asked = topics_first.labels(language, listed)
    known = topics_first.along_noise(listed, asked, levels, 200, chance)["topic"]
    holds = asked["topic"].holds[:, 0]
    p = float((listed.log_probability.exp() * holds).sum())
    entropy = -p * math.log2(p) - (1 - p) * math.log2(1 - p)
    assert float(known.mean(0)[0]) == pytest.approx(-entropy, abs=0.1)
    assert known.shape == (200, 9)
    assert (known[:, -1] == 0).all()
    assert float(known.mean(0)[-2]) > -0.2
