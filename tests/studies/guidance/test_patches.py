"""Patches of photographs in turn, and a judge that is the same for all."""

import pytest
import torch

from gendiff.book.run import Run
from gendiff.studies.guidance import patches
from gendiff.studies.guidance.digit_sets import Ruler

RUN = Run("guidance", "smoke", 0)


@pytest.fixture(autouse=True)
def store(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.getbasetemp() / "patches"
    monkeypatch.setenv("GENDIFF_CACHE", str(folder))


def test_photographs_go_in_turn_and_purposes_differ() -> None:
    found = patches.cut(RUN, 19, "a")
    assert found.images.shape == (19, 1, patches.SIDE, patches.SIDE)
    assert found.labels.tolist() == [k % 8 for k in range(19)]
    assert torch.equal(found.images, patches.cut(RUN, 19, "a").images)
    assert not torch.equal(found.images, patches.cut(RUN, 19, "b").images)
    # The rocket before a dark blue sky is darker than the temple before a bright one.
    many = patches.cut(RUN, 160, "a")
    means = [float(many.images[many.labels == c].mean()) for c in range(8)]
    assert means[7] < means[0]


def test_their_gaussian_has_their_mean_and_more_than_their_spread() -> None:
    """Of patches, few directions hold most of the variance."""
    found = patches.cut(RUN, 80, "a")
    known = found.gaussian()
    torch.testing.assert_close(known.mean, found.images.double().mean(0))
    assert known.std > 1.5 * float((found.images - known.mean).std())


def test_the_judge_is_one_for_all_seeds_and_can_be_a_ruler() -> None:
    judge = patches.judge(RUN, 160, 30)
    other = patches.judge(RUN.at(3), 160, 30)
    real = patches.cut(RUN, 80, "real")
    assert torch.equal(judge.label(real.images), other.label(real.images))
    found = Ruler(judge, real).judged(patches.cut(RUN, 42, "more").images)
    assert found.adherence() > 1 / 8
