"""The two-sample test: it finds a plain difference, and none between equal sets."""

from pathlib import Path

import pytest
import torch

from gendiff.book.run import Run
from gendiff.studies import digits
from gendiff.studies.guidance import two_samples

RUN = Run("guidance/geometry", "smoke", 0)
LEVELS = torch.tensor([2.0, 0.5])


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path))


def test_a_set_of_snow_is_told_from_digits() -> None:
    x = 5 * torch.randn(
        2, 60, 1, digits.SIDE, digits.SIDE, generator=torch.Generator().manual_seed(0)
    )
    found = two_samples.told_apart(RUN, x, LEVELS, 30, (8, 16))
    assert all(each.value > 0.9 for each in found)
    assert {each.n for each in found} == {60}  # the half of both not trained on


def test_digits_are_not_told_from_digits() -> None:
    x = two_samples.noised(RUN, LEVELS, 60, "others")
    found = two_samples.told_apart(RUN, x, LEVELS, 5, (8, 16))
    assert all(abs(each.value - 0.5) < 0.25 for each in found)


def test_what_the_network_sees_has_about_unit_power() -> None:
    x = two_samples.noised(RUN, LEVELS, 100, "power")
    seen, noise = two_samples.prepared(x, LEVELS)
    assert noise.exp().tolist() == pytest.approx([2.0] * 100 + [0.5] * 100)
    assert float(seen[:100].square().mean()) == pytest.approx(1, abs=0.2)
