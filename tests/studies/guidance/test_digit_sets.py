"""Sets of digits beside real ones: the library's own measures, taken in parts."""

import math

import pytest
import torch

from gendiff.data import glyphs
from gendiff.data.glyphs import Glyphs
from gendiff.metrics import energy, neighbours
from gendiff.studies.digits import CLASSES, SIDE, Judge
from gendiff.studies.guidance import digit_sets
from gendiff.studies.guidance.digit_sets import Judged, Ruler
from gendiff.studies.guidance.trade import Trade


def drawn(n: int, seed: int) -> Glyphs:
    return glyphs(n, generator=torch.Generator().manual_seed(seed), size=SIDE)


@pytest.fixture(scope="module")
def ruler() -> Ruler:
    torch.manual_seed(0)
    judge = Judge((8, 16)).eval().requires_grad_(requires_grad=False)
    return Ruler(judge, drawn(150, 1))


@pytest.fixture(scope="module")
def found(ruler: Ruler) -> Judged:
    made = drawn(120, 2)
    return ruler.judged(made.images, made.labels)


def test_distance_is_the_mean_energy_distance_of_the_classes(
    ruler: Ruler, found: Judged
) -> None:
    parts = [
        energy.energy_distance(
            found.seen.features[found.labels == c], ruler.features[ruler.labels == c]
        )
        for c in range(CLASSES)
    ]
    assert found.distance() == pytest.approx(sum(parts) / CLASSES, abs=1e-7)


def test_precision_and_recall_are_the_library_s(ruler: Ruler, found: Judged) -> None:
    features = found.seen.features
    assert found.precision() == neighbours.precision(features, ruler.features, k=3)
    assert found.recall() == neighbours.recall(features, ruler.features, k=3)
    assert found.trade() == Trade(found.precision(), found.recall())
    assert found.coverage() == neighbours.coverage(features, ruler.features, k=5)


def test_a_part_is_measured_like_a_set_of_its_own(ruler: Ruler, found: Judged) -> None:
    i = torch.arange(80)
    part = ruler.judged(found.images[i], found.labels[i])
    for measure in (*digit_sets.MEASURES, Judged.variance_within):
        assert measure(found, i) == pytest.approx(measure(part), rel=1e-5)


def test_labels_go_in_turn_where_none_are_given(ruler: Ruler) -> None:
    found = ruler.judged(drawn(12, 3).images)
    assert found.labels.tolist() == [*range(10), 0, 1]


def test_adherence_is_the_probability_of_what_was_asked(
    ruler: Ruler, found: Judged
) -> None:
    logits = ruler.judge.label(found.images)
    wanted = [
        float(row.softmax(0)[y]) for row, y in zip(logits, found.labels, strict=True)
    ]
    assert found.adherence() == pytest.approx(sum(wanted) / len(wanted), rel=1e-5)


def test_variance_within_is_that_of_the_visible_pixels(ruler: Ruler) -> None:
    images = torch.zeros(20, 1, SIDE, SIDE)
    images[10:, 0, 0, 0] = 5.0  # as white as 1
    assert ruler.judged(images).variance_within() == pytest.approx(0.5)


def test_saturated_is_what_lies_well_beyond_the_range(ruler: Ruler) -> None:
    images = torch.ones(20, 1, SIDE, SIDE)
    images[:10, :, : SIDE // 2] = -1.2
    found = ruler.judged(images)
    assert found.saturation() == 0.25
    assert found.saturation(torch.arange(10)) == 0.5
    assert ruler.judged(images.clamp(-1, 1)).saturation() == 0


def test_real_images_have_the_spread_of_real_images(ruler: Ruler) -> None:
    real = drawn(150, 1)
    same = ruler.judged(real.images, real.labels)
    assert same.spreads() == pytest.approx((1.0, 1.0))
    assert 0 < same.faces() <= math.log2(20)


def test_a_change_is_the_difference_with_an_error_of_its_own(ruler: Ruler) -> None:
    one = ruler.judged(drawn(63, 4).images)
    other = ruler.judged(one.images.flip(3))
    change = other.change(Judged.adherence, one)
    assert change.value == pytest.approx(other.adherence() - one.adherence())
    assert change.error > 0
    assert one.change(Judged.distance, one).error == 0


def test_a_row_has_a_cell_for_every_heading(found: Judged) -> None:
    assert len(digit_sets.row("γ = 1", found)) == len(digit_sets.HEADER)
    assert len(digit_sets.errors([found])) == len(digit_sets.HEADER)
