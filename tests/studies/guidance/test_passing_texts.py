"""Texts pass, or don't: what is plainly written otherwise is told from text."""

import torch

from gendiff.book.run import Run
from gendiff.data import text
from gendiff.studies.guidance import passing_texts as passing
from gendiff.studies.language import writers

RUN = Run("guidance/exact", "smoke", 0)


def spaces(tau: float, n: int, purpose: str) -> torch.Tensor:
    """Write the same letter, the more often the colder."""
    draw = RUN.generator(f"{purpose} {tau}")
    x = torch.randint(text.VOCABULARY, (n, passing.LENGTH), generator=draw)
    return x.where(torch.rand(x.shape, generator=draw) < tau - 0.5, 5)


def noise(n: int, purpose: str) -> torch.Tensor:
    draw = RUN.generator(purpose)
    return torch.randint(text.VOCABULARY, (n, passing.LENGTH), generator=draw)


def test_what_is_more_like_text_passes_more_often() -> None:
    world = passing.World(noise, spaces, lambda x: torch.ones(x.shape))
    told = passing.teller(RUN, world, each=40, updates=60, width=16, number=0)
    found = passing.judged(told, world, n=60)
    assert found.best == 0.9
    assert found.text.value > found.probability[1.0].value
    assert found.gained.value < 0
    assert found.distinct[0.6] < found.distinct[1.1]
    assert len(found.lines[0.6]) == passing.LENGTH


def test_worlds_write_pieces_and_are_surprised_by_them() -> None:
    writer = writers.next_character(16, 1, 20_000).eval()
    for world in (passing.of_writer(RUN, writer), passing.of_counts(RUN)):
        cold, warm = (world.write(tau, 30, "test") for tau in (0.3, 1.0))
        assert cold.shape == world.text(30, "test").shape == (30, passing.LENGTH)
        bits = [float(world.surprisal(x).mean()) for x in (cold, warm)]
        assert bits[0] < bits[1]


def test_counting_itself_saves_a_writer_nothing() -> None:
    writer = writers.next_character(16, 1, writers.sizes(RUN).counted).eval()
    saved = passing.saved(RUN, writer, 20)
    assert abs(float(saved.value)) < 0.3
