"""What a text teaches: levels that are given, updates to the same bits, the figures."""

import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gendiff.book.run import Run
from gendiff.clocks import COSINE, LOG
from gendiff.levels import rising, uniform
from gendiff.metrics.judges import Verdict
from gendiff.studies.language import (
    lesser,
    levels_for_text as placing,
    training_figures as drawing,
    updates_to_bits as lessons,
)
from gendiff.studies.language.writers import HIGH, LOW
from gendiff.tokens.embedded import Embedded

RUN = Run("language/training", "smoke", 0)


@pytest.fixture(autouse=True)
def store(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    folder = tmp_path_factory.getbasetemp() / "training_page"
    monkeypatch.setenv("GENDIFF_CACHE", str(folder))
    return folder


def quantiles(levels: placing.Fixed, *u: float) -> Tensor:
    return levels.density().quantile(torch.tensor(u).double())


def test_levels_of_the_cosine_schedule_are_even_in_its_time() -> None:
    levels = placing.Fixed(placing.cosine())
    levels.floor = 0.0
    u = torch.linspace(0.05, 0.95, 7).double()
    expected = uniform(COSINE, LOW, HIGH).quantile(u)
    torch.testing.assert_close(
        levels.density().quantile(u), expected, rtol=2e-3, atol=0.0
    )


def test_log_normal_levels_have_their_median_and_their_width() -> None:
    levels = placing.Fixed(placing.log_normal(5.0))
    levels.floor = 0.0
    low, middle, high = quantiles(levels, 0.1587, 0.5, 0.8413).log().tolist()
    # The range cuts 0.05 % off below and 0.02 % above.
    assert middle == pytest.approx(math.log(5.0), abs=5e-3)
    assert high - middle == pytest.approx(placing.STD, abs=0.01)
    assert middle - low == pytest.approx(placing.STD, abs=0.01)


def test_a_factor_moves_all_levels_and_a_loss_moves_none() -> None:
    plain = placing.Fixed(placing.cosine())
    half = placing.Fixed(placing.cosine(), 0.5)
    u = (0.0, 0.2, 0.5, 0.9, 1.0)
    torch.testing.assert_close(quantiles(half, *u), quantiles(plain, *u) / 2)
    before = quantiles(plain, *u)
    plain.learn(torch.full((8,), 3.0), torch.full((8,), 9.0))
    assert torch.equal(quantiles(plain, *u), before)
    # One level in twenty is spread evenly.
    assert plain.floor == placing.Warped(LOG, LOW, HIGH).floor == 0.05


def test_given_levels_change_nothing_else_of_the_small_writer() -> None:
    own = RUN.sizes("language.lesser", lesser.SIZES)
    torch.manual_seed(3)
    ours = placing.fresh(own.width, own.depth, placing.cosine(), 1.0)
    torch.manual_seed(3)
    theirs = lesser._fresh(placing.CDCD, own.width, own.depth)
    for (name, a), (other, b) in zip(
        ours.named_parameters(), theirs.named_parameters(), strict=True
    ):
        assert name == other
        assert torch.equal(a, b)
    trained = placing.trained(RUN, placing.log_normal(4.0))
    assert torch.equal(
        trained.levels.losses, placing.Fixed(placing.log_normal(4.0)).losses
    )
    assert not torch.equal(trained.raw, ours.raw)


def test_an_untrained_network_says_what_its_place_says() -> None:
    # At the least level letters are sure, at the largest all are alike: log 27.
    x = lesser.validation(2)
    found = placing.untrained(RUN, x)
    assert found.shape == placing.knots().shape
    assert float(found[0]) < 1e-3
    assert float(found[-1]) == pytest.approx(math.log(lesser.V), rel=0.02)
    again = placing.untrained(RUN, x)
    assert torch.equal(found, again)


def test_levels_can_be_lent() -> None:
    one = placing.trained(RUN, placing.log_normal(4.0))
    other = placing.trained(RUN, placing.log_normal(2.0))
    lent = placing.at_levels_of(one, other)
    assert torch.equal(lent.levels.losses, other.levels.losses)
    assert torch.equal(lent.table, one.table)
    x = lesser.validation(1)
    z = one.table[x]
    assert torch.equal(lent(z, torch.tensor(3.0)), one(z, torch.tensor(3.0)))
    bits = placing.bound(lent, x, 0, draws=1)
    assert bits.shape == (2,)
    assert torch.equal(bits, placing.bound(lent, x, 0, draws=1))


def test_texts_of_two_networks_are_pairs() -> None:
    net = placing.trained(RUN, placing.log_normal(4.0))
    a, b = placing.family(net, 3, 2, (1.0, 1.0), 5)
    assert torch.equal(a.bits, b.bits)
    (c,) = placing.family(net, 3, 2, (1.0,), 6)
    assert not torch.equal(a.bits, c.bits)


def verdict(entropy: float, *bits: float) -> Verdict:
    return Verdict(torch.tensor(bits), entropy, 1.0, 1.0)


def test_bits_are_read_at_an_entropy_and_the_nearest_outside() -> None:
    family = [verdict(4.0, 8.0, 6.0), verdict(3.0, 4.0, 4.0), verdict(2.0, 1.0, 3.0)]
    assert placing.at_entropy(family, 3.25).tolist() == [5.0, 4.5]
    assert placing.at_entropy(family, 2.5).tolist() == [2.5, 3.5]
    assert placing.at_entropy(family, 9.0).tolist() == [8.0, 6.0]
    assert placing.at_entropy(family, 1.0).tolist() == [1.0, 3.0]
    same = [verdict(3.0, 4.0), verdict(3.0, 2.0)]
    assert placing.at_entropy(same, 3.0).tolist() == [3.0]


def test_looks_are_a_half_apart_and_end_with_the_last_update() -> None:
    assert lessons.stops(200)[-1] == 200
    assert lessons.stops(200)[0] >= 4
    assert all(
        1.4 < b / a < 1.8
        for a, b in zip(lessons.stops(200), lessons.stops(200)[1:], strict=False)
    )


def test_a_target_is_reached_between_two_looks() -> None:
    at = [4, 8, 16, 32]
    bits = [4.0, 3.0, 2.0, 2.5]
    assert lessons.until(bits, at, 4.5) == 4
    assert lessons.until(bits, at, 3.0) == 8
    assert lessons.until(bits, at, 2.5) == pytest.approx(8 * math.sqrt(2))
    assert lessons.until(bits, at, 1.9) is None


def test_the_best_rate_is_the_first_at_the_target_or_else_the_lowest() -> None:
    at = [4, 8, 16]
    curves = {
        ("a", 1.0): [4.0, 3.0, 2.0], ("a", 2.0): [4.0, 2.5, 2.4],
        ("b", 1.0): [9.0, 9.0, 1.0],
    }  # fmt: skip
    assert lessons.best(curves, "a", at, 2.5) == (2.0, 8.0)
    assert lessons.best(curves, "a", at, 2.0) == (1.0, 16.0)
    assert lessons.best(curves, "a", at, 1.0) == (1.0, None)


def test_a_lead_is_the_ratio_of_updates_at_the_same_bits() -> None:
    at = [4, 8, 16]
    curves = {
        (lessons.HIDDEN, 1.0): [4.0, 3.0, 2.5],
        (lessons.HIDDEN, 2.0): [4.0, 3.5, 2.0],
        (lessons.FORWARDS, 1.0): [3.0, 2.0, 1.0],
        (lessons.ONE, 1.0): [4.0, 4.0, 4.0],
    }
    assert lessons.lead(curves, at, -1) == 2
    assert lessons.lead(curves, at, 1) == 2
    assert lessons.lead(curves, at, -1, lessons.ONE) == 1
    names = lessons.FORWARDS, lessons.HIDDEN, lessons.ONE
    found = {name: lessons.best(curves, name, at, 2.0) for name in names}
    told = {row[0]: row[1:] for row in lessons.rows(curves, found)}
    assert told[lessons.HIDDEN] == ["2.50", "2.00", "2", "16"]
    assert told[lessons.ONE] == ["4.00", "1", "not reached"]


def test_all_of_them_begin_with_nothing_and_learn() -> None:
    own = lesser.Sizes(16, 1, 4, 9)
    x = lesser.validation(2)
    for name in lessons.PUPILS:
        bits = lessons.curve(name, 1e-2, own, x, draws=2, seed=0)
        assert len(bits) == len(lessons.stops(9)) == 3
        assert bits[-1] < bits[0] < math.log2(lesser.V) + 0.01, name
        assert bits == lessons.curve(name, 1e-2, own, x, draws=2, seed=0), name
    ahead, one = (
        lessons.curve(name, 1e-2, own, x, draws=1, seed=0)
        for name in (lessons.FORWARDS, lessons.ONE)
    )
    assert ahead != one


class Even(nn.Module):
    """Knows nothing of letters."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, *_: Tensor) -> Tensor:
        return torch.zeros(*x.shape, lesser.V)


@pytest.mark.parametrize("pupil", lessons.PUPILS.values())
def test_who_knows_nothing_has_the_logarithm_of_the_alphabet(
    pupil: lessons.Pupil,
) -> None:
    bits = lessons._bits(pupil.exam, lesser.validation(2), Even(), draws=2)
    assert bits == pytest.approx(math.log2(lesser.V), rel=1e-5)


def test_a_warped_loss_is_half_of_what_it_rises_to() -> None:
    knots = placing.knots()
    for steep in (1.0, 3.0):
        rise = 4 / (1 + (5 / knots) ** steep)
        rise = rise - rise[0]
        levels = rising(LOG, knots, rise)
        sigma = levels.quantile(torch.linspace(0, 1, 2_001).double())
        mean = (4 / (1 + (5 / sigma) ** steep)).mean() - 4 / (1 + (5 / LOW) ** steep)
        assert float(mean) == pytest.approx(float(rise[-1]) / 2, rel=5e-3)


def test_courses_tell_who_is_where_and_when() -> None:
    fig, alt = drawing.courses(
        [4, 8], {"first": [4.0, 2.0], "second": [4.0, 3.5]}, 3.0,
        {"first": 5.7, "second": None},
    )  # fmt: skip
    assert "first, from 4.00 to 2.00, there at 6" in alt
    assert "second, from 4.00 to 3.50, never there" in alt
    assert np.asarray(fig.axes[0].lines[0].get_ydata()).tolist() == [4.0, 2.0]
    plt.close(fig)


def test_gradients_are_points() -> None:
    fig, alt = drawing.scatter({"few": 0.5, "many": 1_200.4})
    assert "few 0.5, many 1,200" in alt
    lines = fig.axes[0].lines
    found = [float(np.asarray(line.get_xydata())[0, 0]) for line in lines]
    assert found == [0.5, 1_200.4]
    plt.close(fig)


def test_densities_tell_their_medians() -> None:
    knots = placing.knots()
    rise = torch.linspace(0, 4, len(knots)).double()
    density = placing.Fixed(placing.log_normal(4.0)).density()
    fig, alt = drawing.rising(knots, {"net": rise}, {"given": density}, 4.1)
    assert "net, from 0.00 to 4.00; a dotted line at 4.10" in alt
    assert "given 4.0" in alt
    plt.close(fig)


def test_networks_stand_where_they_were_trained() -> None:
    placed = drawing.Placed.of(
        placing.Fixed(placing.log_normal(4.0)),
        torch.tensor([7.0, 9.0]), torch.tensor([3.0, 4.0, 5.0]),
    )  # fmt: skip
    assert (placed.judge, placed.bound) == (8.0, 4.0)
    assert placed.median == pytest.approx(4.03, abs=0.02)
    other = drawing.Placed(2.0, 6.0, 3.0)
    fig, alt = drawing.placed({"a": placed}, {"b": other}, {"c": other})
    assert "a, median 4.0, 8.00 and 4.00; b, median 2.0, 6.00 and 3.00" in alt
    assert isinstance(placing.trained(RUN, placing.cosine()), Embedded)
    plt.close(fig)
