"""Films of four writers: all of one length, from nothing to a whole text."""

from pathlib import Path

import pytest
import torch

from gendiff.book.run import Run
from gendiff.data import text
from gendiff.studies.language import corpus, four_ways


def test_every_film_ends_with_a_whole_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path))
    films = four_ways.films(Run("language", "smoke", 0), 1, 4)
    assert len(films) == 4
    for film in films.values():
        assert all(x.shape == (corpus.LENGTH,) for x in film)
        assert int(film[-1].max()) < text.VOCABULARY
    assert (films["hidden letters"][0] >= text.VOCABULARY).any()
    first, end = four_ways.still(films, 0.0), four_ways.still(films, 1.0)
    assert all(first[name] is film[0] for name, film in films.items())
    assert all(end[name] is film[-1] for name, film in films.items())


def test_hidden_letters_are_dots() -> None:
    x = text.encode("abc").long()
    assert four_ways.shown(torch.where(torch.arange(3) == 1, -1, x)) == "a·c"
