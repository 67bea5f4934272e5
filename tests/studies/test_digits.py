"""The shared image model: null labels, two ages, and a judge with four answers."""

from pathlib import Path

import pytest
import torch

from gendiff.book.run import Run
from gendiff.studies import digit_classifiers, digits
from gendiff.types import level

RUN = Run("guidance", "smoke", 0)
X = torch.randn(4, 1, digits.SIDE, digits.SIDE, generator=torch.Generator())
Y = torch.tensor([0, 3, 9, 1])


@pytest.fixture(autouse=True)
def store(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    folder = tmp_path_factory.getbasetemp() / "digits"
    monkeypatch.setenv("GENDIFF_CACHE", str(folder))
    return folder


def test_no_label_is_the_label_after_the_last() -> None:
    net = digits.model(RUN)
    null = torch.full_like(Y, digits.CLASSES)
    sigma = level(0.7).float()
    assert torch.equal(net(X, sigma), net(X, sigma, null))
    assert not torch.equal(net(X, sigma), net(X, sigma, Y))


def test_the_early_network_is_another_one() -> None:
    sigma = level(0.7).float()
    late, early = digits.model(RUN), digits.early(RUN)
    assert not torch.equal(late(X, sigma, Y), early(X, sigma, Y))
    assert not any(p.requires_grad for p in late.parameters())


def test_the_judge_answers_four_questions() -> None:
    judge = digits.judge(RUN)
    label, face, factors = judge(X)
    assert label.shape == (4, 10)
    assert face.shape == (4, 20)
    assert factors.shape == (4, 3)
    assert torch.equal(judge.label(X), label)
    assert judge.features(X).shape == (4, digits.SIZES["smoke"].judge_widths[-1])


def test_every_purpose_draws_other_images() -> None:
    a, b = (digits.images(RUN, 5, purpose) for purpose in ("a", "b"))
    assert not torch.equal(a.images, b.images)
    assert torch.equal(a.images, digits.images(RUN, 5, "a").images)


def test_only_the_informed_classifier_sees_the_level() -> None:
    informed, blind = digit_classifiers.informed(RUN), digit_classifiers.blind(RUN)
    clean = digit_classifiers.clean(RUN)
    low, high = level(0.5).float(), level(2.0).float()
    # The same input to the network, another level beside it.
    same = X * ((1 + high**2) / (1 + low**2)).sqrt()
    assert torch.allclose(blind(X, low), blind(same, high), atol=1e-5)
    assert not torch.allclose(informed(X, low), informed(same, high), atol=1e-5)
    assert torch.equal(clean(X, low), clean(X, high))


def test_a_denoiser_of_other_widths_is_another_one() -> None:
    small = digits.trained(RUN, 6, widths=(8, 8))
    count = [
        sum(w.numel() for w in net.parameters()) for net in (small, digits.model(RUN))
    ]
    assert count[0] < count[1]
