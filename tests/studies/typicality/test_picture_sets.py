"""Sets of pictures: their sizes, their greys, and what painting keeps."""

import torch

from gendiff.book.run import Run
from gendiff.data.photographs import GRASS
from gendiff.studies.typicality import picture_sets as ps
from gendiff.studies.typicality.dequantised import GREYS, counted

RUN = Run("typicality/likelihood", "smoke", 0)
SIDE = 8
SEEN = ps.textures(RUN, 20, "training", side=SIDE)
WITHIN = ps.usual_greys(SEEN)


def test_squares_come_from_their_part_of_the_photograph() -> None:
    grey = counted(GRASS.grey())[0]
    edge = 3 * len(grey) // 4
    parts = (grey[:edge], grey[edge:])
    for held_out, part in enumerate(parts):
        cut = ps.surface(RUN, GRASS, 3, "any", side=SIDE, held_out=bool(held_out))
        all_cuts = part.unfold(0, SIDE, 1).unfold(1, SIDE, 1)
        for one in cut:
            assert (all_cuts == one).all(-1).all(-1).any()


def test_usual_greys_leave_out_a_tenth_at_each_end() -> None:
    low, high = ps.usual_greys(torch.arange(101).reshape(1, 1, 101) * 31 // 100)
    assert -0.9 < low < -0.7
    assert 0.7 < high < 0.9


def test_painting_keeps_to_two_greys_well_apart() -> None:
    cover = torch.zeros(30, SIDE, SIDE)
    cover[:, 2:4] = 1
    painted = ps.in_two_greys(RUN, cover, "paint", (-1.0, 1.0))
    ink, paper = painted[:, 2], painted[:, 0]
    assert all(len(image.unique()) == 2 for image in painted)
    assert ((ink - paper).abs() >= 0.3 * GREYS / 2 - 1).all()
    assert (ink > paper).any()
    assert (ink < paper).any()


def test_scrambling_is_one_permutation_for_all() -> None:
    places = torch.arange(SIDE**2).reshape(1, SIDE, SIDE)
    moved = ps.scrambled(torch.cat([places, places + 1]), torch.Generator())
    assert torch.equal(moved[1], moved[0] + 1)
    assert torch.equal(moved[0].flatten().sort().values, places.flatten())
    assert not torch.equal(moved[0], places[0])


def test_twelve_sets_of_one_size() -> None:
    digits = ps.blurred_digits(RUN, 20, "digits", "greys", WITHIN, side=SIDE)
    sets = ps.twelve(RUN, SEEN, digits, WITHIN)
    assert len(sets) == 12
    assert {images.shape for images in sets.values()} == {(20, SIDE, SIDE)}
    assert all(x.min() >= 0 and x.max() < GREYS for x in sets.values())
    rough = {name: x.diff(dim=2).float().abs().mean() for name, x in sets.items()}
    assert rough["digits"] < rough["grass"] < rough["noise"]
    assert rough["blurred textures"] < rough["grass"] < rough["scrambled"]
    again = ps.twelve(RUN, SEEN, digits, WITHIN)
    assert all(torch.equal(again[name], x) for name, x in sets.items())
