"""Sets of digits beside real ones: the library's own measures, taken in parts."""

from dataclasses import dataclass

import pytest
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gendiff.book.run import Run
from gendiff.data import glyphs
from gendiff.data.glyphs import Glyphs
from gendiff.metrics import energy, neighbours
from gendiff.studies import digits
from gendiff.studies.digits import CLASSES, SIDE, Judge
from gendiff.studies.guidance import digit_sets
from gendiff.studies.guidance.digit_samples import drawn as drawn_under
from gendiff.studies.guidance.digit_sets import Judged, Ruler


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


def test_precision_recall_and_coverage_are_the_library_s(
    ruler: Ruler, found: Judged
) -> None:
    features = found.seen.features
    assert found.precision() == neighbours.precision(features, ruler.features, k=3)
    assert found.recall() == neighbours.recall(features, ruler.features, k=3)
    assert found.coverage() == neighbours.coverage(features, ruler.features, k=3)


def test_diversity_is_one_for_real_images_and_falls_with_what_is_left_out(
    ruler: Ruler,
) -> None:
    real = drawn(150, 1)
    whole = ruler.judged(real.images, real.labels)
    assert whole.diversity() == pytest.approx(1)
    kept = torch.cat(  # of each class the half that is nearest to one of its images
        [
            index[torch.cdist(seen[:1], seen)[0].argsort()[: len(index) // 2]]
            for c in range(CLASSES)
            for index in [torch.where(real.labels == c)[0]]
            for seen in [ruler.features[index]]
        ]
    )
    assert whole.diversity(kept) < 0.9


def test_noise_in_the_place_of_half_a_set_is_seen_by_coverage(ruler: Ruler) -> None:
    real = drawn(150, 3)
    noise = torch.randn(real.images.shape, generator=torch.Generator().manual_seed(4))
    spoilt = real.images.clone()
    spoilt[::2] = noise[::2]
    whole, half = (ruler.judged(x, real.labels) for x in (real.images, spoilt))
    assert half.coverage() < 0.85 * whole.coverage()


def test_a_part_is_measured_like_a_set_of_its_own(ruler: Ruler, found: Judged) -> None:
    i = torch.arange(80)
    part = ruler.judged(found.images[i], found.labels[i])
    for measure in digit_sets.MEASURES:
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


def test_saturated_is_what_lies_at_an_end_of_the_range(ruler: Ruler) -> None:
    images = torch.full((20, 1, SIDE, SIDE), 0.9)
    images[:10, :, : SIDE // 2] = -1.2
    found = ruler.judged(images)
    assert found.saturation() == 0.25
    assert found.saturation(torch.arange(10)) == 0.5


def test_a_change_is_the_difference_with_an_error_of_its_own(ruler: Ruler) -> None:
    one = ruler.judged(drawn(63, 4).images)
    other = ruler.judged(one.images.flip(3))
    change = other.change(Judged.adherence, one)
    assert change.value == pytest.approx(other.adherence() - one.adherence())
    assert change.error > 0
    assert one.change(Judged.distance, one).error == 0


def test_a_ratio_is_known_where_both_sides_are_one_set(
    ruler: Ruler, found: Judged
) -> None:
    other = ruler.judged(drawn(120, 5).images, found.labels)
    ratio = found.over(Judged.coverage, other)
    assert ratio.value == found.coverage() / other.coverage()
    assert ratio.error > 0
    assert found.over(Judged.coverage, found).error == 0


def test_as_if_the_next_class_had_been_asked_for(found: Judged) -> None:
    other = found.next_class()
    wanted = found.seen.certain.double()[torch.arange(120), (found.labels + 1) % 10]
    assert other.adherence() == pytest.approx(float(wanted.mean()))
    assert other.precision() == found.precision()


class Halves(nn.Module):
    """Tells dark images from bright ones, by their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.steep = nn.Parameter(torch.tensor(10.0))

    def label(self, x: Float[Tensor, "b 2 2"], /) -> Float[Tensor, "b 2"]:
        mean = x.mean((1, 2))
        return self.steep * torch.stack([-mean, mean], 1)

    def features(self, x: Float[Tensor, "b 2 2"], /) -> Float[Tensor, "b 4"]:
        return x.flatten(1)


@dataclass(frozen=True)
class Squares:
    """Dark ones and bright ones in turn."""

    images: Float[Tensor, "n 2 2"]
    labels: Int[Tensor, " n"]


def test_any_images_with_classes_can_be_real() -> None:
    labels = torch.arange(60) % 2
    noise = torch.randn(60, 2, 2, generator=torch.Generator().manual_seed(0))
    bright = (2.0 * labels - 1)[:, None, None]
    ruler = Ruler(Halves(), Squares(bright + 0.1 * noise, labels))
    assert (ruler.classes, len(ruler.gaps)) == (2, 2)
    right = ruler.judged(bright - 0.1 * noise)
    wrong = ruler.judged(0.1 * noise - bright)
    assert right.adherence() > 0.99
    assert wrong.adherence() < 0.01
    assert wrong.distance() > 1 > right.distance()


RUN = Run("guidance", "smoke", 0)


@pytest.fixture
def store(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.getbasetemp() / "digits"
    monkeypatch.setenv("GENDIFF_CACHE", str(folder))


@pytest.mark.usefixtures("store")
def test_what_claims_take_for_granted_is_a_ratio_to_real_digits() -> None:
    net = digits.model(RUN)
    real = Ruler(digits.judge(RUN), digits.images(RUN, 200, "real"))
    found = digit_sets.drawn_well(RUN, real, net, 42, 3)
    samples = real.judged(drawn_under(RUN, digit_sets.plain(net), 1.0, 42, steps=3))
    fresh = digits.images(RUN, 42, "fresh")
    own = real.judged(fresh.images, fresh.labels)
    assert {name: each.value for name, each in found.items()} == {
        "precision without guidance, over that of real images": (
            samples.precision() / own.precision()
        ),
        "recall without guidance, over that of real images": (
            samples.recall() / own.recall()
        ),
        "coverage without guidance, over that of real images": (
            samples.coverage() / own.coverage()
        ),
    }


@pytest.mark.usefixtures("store")
def test_the_best_scale_is_chosen_on_noises_of_its_own() -> None:
    guide = digit_sets.plain(digits.model(RUN))
    real = Ruler(digits.judge(RUN), digits.images(RUN, 200, "real"))
    best = digit_sets.best_scale(RUN, real, guide, (1.0, 4.0), 21, 3)
    other = drawn_under(RUN, guide, best, 21, steps=3, purpose="selection")
    assert not torch.equal(other, drawn_under(RUN, guide, best, 21, steps=3))
    worse = drawn_under(RUN, guide, 5.0 - best, 21, steps=3, purpose="selection")
    assert real.judged(other).distance() < real.judged(worse).distance()


def test_a_row_has_a_cell_for_every_heading(found: Judged) -> None:
    assert len(digit_sets.row("γ = 1", found)) == len(digit_sets.HEADER)
    assert len(digit_sets.errors([found])) == len(digit_sets.HEADER)
