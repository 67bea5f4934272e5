"""The two-sample test: it finds a plain difference, and none between equal sets."""

from pathlib import Path

import pytest
import torch
from torch import nn

from gendiff.book.run import Run
from gendiff.exact import Gaussian
from gendiff.solvers import euler
from gendiff.studies.guidance import two_samples

RUN = Run("guidance/geometry", "smoke", 0)
LEVELS = (2.0, 0.5, 0.0)
LAW = Gaussian(torch.tensor([1.0, 0.0]), torch.tensor([[0.5, 0.2], [0.2, 0.3]]))


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path))


def drawn(law: Gaussian, seed: int, n: int = 2_000) -> two_samples.Canvases:
    generator = torch.Generator().manual_seed(seed)
    return two_samples.noised(law.sample(n, generator), LEVELS, generator)


def test_a_variance_that_is_too_small_is_told_where_noise_does_not_hide_it() -> None:
    narrow = Gaussian(LAW.mean, LAW.covariance / 3)
    x, y = drawn(narrow, 0), drawn(LAW, 1)
    found = two_samples.told_apart(RUN, x, y, LEVELS, LAW, 200)
    assert [each.n for each in found] == [2_000] * 3  # the halves not trained on
    values = [float(each.value) for each in found]
    assert values == sorted(values)
    assert values[-1] > 0.1


def test_equal_sets_are_not_told_apart() -> None:
    x, y = drawn(LAW, 2), drawn(LAW, 3)
    for each in two_samples.told_apart(RUN, x, y, LEVELS, LAW, 100):
        assert abs(each.value) < 4 * each.error


def test_states_are_kept_at_levels_of_the_grid() -> None:
    x, grid = torch.ones(5, 2), [4.0, 2.0, 1.0, 0.5, 0.0]
    kept = two_samples.passed(euler(LAW, x, grid), LEVELS)
    states = {step.level: step.x for step in euler(LAW, x, grid)}
    assert torch.equal(kept, torch.stack([states[s] for s in LEVELS]))
    many = two_samples.canvases(euler, LAW, x, grid, LEVELS)
    assert torch.equal(many, kept)
    with pytest.raises(ValueError, match=r"no level \{3.0\}"):
        two_samples.passed(euler(LAW, x, grid), (3.0, 0.5))


def test_canvases_of_a_network_stand_beside_digits() -> None:
    class Blank(nn.Module):
        def forward(
            self, x: torch.Tensor, sigma: torch.Tensor, label: torch.Tensor
        ) -> torch.Tensor:
            del sigma, label
            return torch.zeros_like(x)

    grid = [40.0, *LEVELS]
    found, real, law = two_samples.of_network(RUN, Blank(), euler, grid, LEVELS, 50)
    assert found.shape == real.shape == (3, 50, 256)
    assert float(found[0].std()) == pytest.approx(2.0, rel=0.05)
    assert found[-1].abs().max() == 0
    z = law.whiten(real[0], 2.0)
    assert float(z.square().mean()) == pytest.approx(1, abs=0.05)
