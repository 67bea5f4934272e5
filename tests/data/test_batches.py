"""Batches: functions of their generator, uniform over rows, rows kept together."""

import pickle

import pytest
import torch
from hypothesis import given, strategies as st

from gendiff.data import dropped, ring, shuffled, stream


def seed(value: int) -> torch.Generator:
    return torch.Generator().manual_seed(value)


@given(n=st.integers(1, 30), size=st.integers(1, 20), at=st.integers(0, 1000))
def test_rows_stay_together_and_repeat_with_the_seed(
    n: int, size: int, at: int
) -> None:
    x = torch.arange(n)
    draw = shuffled(x, 10 * x, size=size)
    first, second = draw(seed(at))
    assert len(first) == size
    assert torch.equal(second, 10 * first)
    assert torch.equal(draw(seed(at))[0], first)


def test_rows_are_uniform() -> None:
    (rows,) = shuffled(torch.arange(10), size=100_000)(seed(0))
    counts = rows.bincount(minlength=10).double()
    chi2 = ((counts - 10_000) ** 2 / 10_000).sum()
    assert chi2 < 27.9  # 99.9 % point of chi-square with 9 degrees of freedom


@pytest.mark.parametrize("lengths", [[], [3, 4], [0, 0]])
def test_unequal_or_missing_rows_are_refused(lengths: list[int]) -> None:
    with pytest.raises(ValueError, match="equally long"):
        shuffled(*[torch.zeros(n) for n in lengths], size=2)


def test_empty_batches_are_refused() -> None:
    with pytest.raises(ValueError, match="size of 1"):
        shuffled(torch.zeros(3), size=0)
    with pytest.raises(ValueError, match="size of 1"):
        stream(ring().sample, size=-1)


def test_stream_draws_fresh_samples() -> None:
    draw = stream(ring().sample, size=5)
    (x,) = draw(seed(0))
    assert x.shape == (5, 2)
    assert torch.equal(draw(seed(0))[0], x)
    assert not torch.equal(draw(seed(1))[0], x)
    points, component = stream(ring().sample_with_component, size=5)(seed(0))
    assert torch.equal(points, x)
    assert component.shape == (5,)


def test_batches_travel_to_other_processes() -> None:
    draw = pickle.loads(pickle.dumps(shuffled(torch.arange(9), size=4)))  # noqa: S301
    assert len(draw(seed(0))[0]) == 4


def test_dropped_hides_a_share_of_the_labels_and_nothing_else() -> None:
    x, label = torch.arange(10.0), torch.arange(10)
    whole = shuffled(x, label, size=20_000)
    x0, given = dropped(whole, rate=0.15, unknown=10)(seed(3))
    hidden = given == 10
    assert float(hidden.double().mean()) == pytest.approx(0.15, abs=0.01)
    assert torch.equal(given[~hidden].float(), x0[~hidden])
    # All values are hidden equally often.
    counts = x0[hidden].long().bincount(minlength=10).double()
    assert (counts / counts.sum() - 0.1).abs().max() < 0.03
    assert given.dtype == label.dtype
    # The samples are those that would have come without.
    assert torch.equal(whole(seed(3))[0], x0)


@pytest.mark.parametrize(("rate", "hidden"), [(0.0, 0), (1.0, 50)])
def test_dropout_ranges_from_none_to_all(rate: float, hidden: int) -> None:
    whole = shuffled(torch.zeros(5), torch.zeros(5).long(), size=50)
    _, given = dropped(whole, rate=rate, unknown=7)(seed(0))
    assert int((given == 7).sum()) == hidden


def test_several_labels_are_hidden_together() -> None:
    labels = torch.tensor([[1, 2], [3, 4]])
    whole = shuffled(torch.zeros(2), labels, size=400)
    _, given = dropped(whole, rate=0.5, unknown=(10, 20))(seed(0))
    rows = {tuple(row) for row in given.tolist()}
    assert rows == {(1, 2), (3, 4), (10, 20)}


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_dropout_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match=f"rate is {rate}; give a fraction"):
        dropped(stream(ring().sample, size=2), rate=rate, unknown=0)
