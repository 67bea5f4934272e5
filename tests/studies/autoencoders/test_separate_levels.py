import torch

from gendiff.studies.autoencoders.separate_levels import Separate, Single
from gendiff.types import level

X = torch.ones(4, 2)


def test_the_nearest_level_answers() -> None:
    both = Separate([1.0, 0.1], [lambda x, _: 10 * x, lambda x, _: 20 * x])
    assert float(both(X, level(0.5))[0, 0]) == 10
    assert float(both(X, level(0.2))[0, 0]) == 20  # nearer on a logarithmic axis
    assert float(both(X, level(7.0))[0, 0]) == 10


def test_a_single_level_is_all_there_is() -> None:
    one = Single(lambda x, sigma: x * float(sigma), 0.5)
    assert torch.equal(one(X, level(3.0)), 0.5 * X)
