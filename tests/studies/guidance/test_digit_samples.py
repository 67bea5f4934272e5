"""Digits under a guide: the same noises for all, kept for every page."""

import pytest
import torch
from torch import Tensor

from gendiff.book.run import Run
from gendiff.guidance import Contrast, Given
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.studies import digits
from gendiff.studies.guidance import digit_samples
from gendiff.studies.guidance.digit_samples import drawn
from gendiff.types import Denoiser

RUN = Run("guidance", "smoke", 0)


def towards(labels: Tensor, scale: float) -> Denoiser:
    net = digits.model(RUN)
    return Contrast(Given(net, labels), Given(net), scale)


@pytest.fixture(autouse=True)
def store(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.getbasetemp() / "digits"
    monkeypatch.setenv("GENDIFF_CACHE", str(folder))


def test_it_is_the_sampler_from_the_noises_of_a_purpose() -> None:
    noise = torch.randn((12, 1, 16, 16), generator=RUN.generator("noise"))
    labels = torch.arange(12) % 10
    steps = sample(
        towards(labels, 2.0), noise, gaussian=digits.gaussian(RUN), evaluations=3
    )
    assert torch.equal(drawn(RUN, towards, 2.0, 12, steps=3), last(steps))


def test_what_was_drawn_once_is_kept_for_every_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = drawn(RUN, towards, 1.5, 4, steps=3)
    monkeypatch.setattr(digit_samples, "sample", None)  # nothing can be drawn any more
    other_page = Run("guidance/exact", "smoke", 0)
    assert torch.equal(drawn(other_page, towards, 1.5, 4, steps=3), first)
    with pytest.raises(TypeError):
        drawn(other_page, towards, 1.25, 4, steps=3)


def test_large_sets_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drawn(RUN, towards, 2.0, 12, steps=2)
    monkeypatch.setattr(digit_samples, "BATCH", 5)
    parts = drawn(RUN, towards, 2.0, 12, steps=2, purpose="noise")
    assert torch.allclose(parts, whole, atol=1e-5)
