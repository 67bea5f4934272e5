"""Two losses side by side, gradients that differ, and trigrams that are known."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.estimate import Estimate
from gendiff.studies.language import trigrams, twins


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


class Slope(nn.Module):
    """A weight times its input."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight


def batches(chance: torch.Generator) -> tuple[Tensor, ...]:
    return (torch.randn(10, 2, generator=chance) + torch.tensor([3.0, 4.0]),)


def loss(model: nn.Module, batch: tuple[Tensor, ...], _: torch.Generator) -> Tensor:
    return model(batch[0])


def test_the_variance_of_a_gradient_over_its_squared_mean() -> None:
    # The gradient is the batch's mean: variance 1/10 in two directions, mean (3, 4).
    many = twins.gradients(Slope(), loss, batches, generator(), draws=4000)
    found = twins.relative_variance(many)
    assert found.value == pytest.approx(0.2 / 25, rel=0.05)
    assert abs(found.value - 0.2 / 25) < 4 * found.error < 0.002
    few = twins.gradients(Slope(), loss, batches, generator(), draws=20)
    assert twins.relative_variance(few, many).value == pytest.approx(
        few.variance(torch.arange(10)) / 25, rel=0.01
    )
    with pytest.raises(ValueError, match="20 at least"):
        twins.gradients(Slope(), loss, batches, generator(), draws=19)


def test_errors_of_a_ratio_add_in_squares() -> None:
    one, other = Estimate(6.0, 0.6, 10, "x"), Estimate(2.0, 0.1, 10, "x")
    found = twins.over(one, other)
    assert (found.value, found.error) == (3.0, pytest.approx(3 * math.hypot(0.1, 0.05)))


def test_lines_that_differ() -> None:
    same = twins.differing(twins.of_hidden_tokens, twins.of_hidden_tokens)
    assert same == (0, 6)
    assert twins.differing(twins.of_hidden_tokens, twins.of_noisy_vectors) == (5, 6)


def test_two_levels_cost_what_masks_do_if_the_higher_says_nothing() -> None:
    low, middle, high = (
        twins.two_levels(level, 2_000, generator()) for level in (1.0, 10.0, 1e5)
    )
    assert low < middle < -1e-4
    assert high == pytest.approx(0, abs=1e-5)


def test_losses_of_who_knows_nothing() -> None:
    def even(x: Tensor, *_: Tensor) -> Tensor:
        return torch.zeros(*x.shape[:2], 5)

    torch.manual_seed(0)
    x = torch.randint(5, (4_000, 6))
    found = twins.of_noisy_vectors(even, x, torch.randn(5, 3))  # type: ignore[arg-type]
    assert float(found) == pytest.approx(math.log(5))
    found = twins.of_hidden_tokens(even, x, 5)  # type: ignore[arg-type]
    # Half of the places are hidden.
    assert float(found) == pytest.approx(math.log(5) / 2, rel=0.05)


def test_trigrams_of_a_chain() -> None:
    move = torch.tensor([[0.9, 0.1], [0.4, 0.6]]).double()
    truth = trigrams.exact(move, 4)
    assert float(truth.sum()) == pytest.approx(1)
    second = 0.5 * 0.9 + 0.5 * 0.4
    expected = (0.5 * 0.9 * 0.9 + second * 0.9 * 0.9) / 2
    assert float(truth[0, 0, 0]) == pytest.approx(expected)
    x = trigrams.drawn(move, 40_000, 4, generator())
    assert trigrams.off(x, truth) < 0.01
    mixed = x.flatten()[torch.randperm(x.numel(), generator=generator())]
    assert trigrams.off(mixed.reshape(x.shape), truth) > 0.1
