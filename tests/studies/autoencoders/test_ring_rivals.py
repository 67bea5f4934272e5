from pathlib import Path

import pytest
import torch

from gendiff.book.run import Run
from gendiff.data import toys
from gendiff.studies.autoencoders.ring_rivals import adversarial, autoregressive

RUN = Run("autoencoders", "smoke", 0)


def points(n: int, generator: torch.Generator, /) -> torch.Tensor:
    return toys.ring(8).sample(n, generator).float()


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path))


def test_each_number_is_another_network_and_repeats() -> None:
    first, again, other = (
        adversarial(RUN, points, k, rounds=3, n=9) for k in (0, 0, 1)
    )
    assert first.shape == (9, 2)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_autoregressive_one_stays_in_its_square() -> None:
    x = autoregressive(RUN, points, 0, updates=3, width=8, n=9)
    assert x.shape == (9, 2)
    assert float(x.abs().max()) <= 1.5
