"""Edits and their scripts: what is undone, what is least, what is taught."""

import itertools

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from gendiff.discrete import joint
from gendiff.metrics.overlap import edit_distance
from gendiff.tokens import edits
from gendiff.tokens.edits import GAP, Script

V, MASK = 4, 4


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some(n: int, seed: int) -> Tensor:
    return torch.randint(V, (n,), generator=seeded(seed))


def damaged(n: int, seed: int) -> Script:
    return edits.corrupt(
        some(n, seed), V, seeded(seed), insert=0.3, delete=0.2, replace=0.3
    )


def word(text: str) -> Tensor:
    return torch.tensor([ord(letter) for letter in text], dtype=torch.int64)


@pytest.mark.parametrize(("n", "seed"), [(0, 0), (1, 1), (12, 2), (40, 3)])
def test_a_script_undoes_what_it_did(n: int, seed: int) -> None:
    script = damaged(n, seed)
    assert torch.equal(script.source, some(n, seed))
    assert torch.equal(script.inverse.source, script.target)
    assert torch.equal(script.inverse.target, some(n, seed))
    # Applied, it turns one into the other: by its tags, counts and new tokens alone.
    for each in (script, script.inverse):
        canvas = edits.canvas(each.source, each.tags, each.inserted, MASK)
        assert torch.equal(canvas, each.canvas(MASK))
        assert len(canvas) == len(each.target)
        shown = canvas != MASK
        assert torch.equal(canvas[shown], each.target[shown])
        filled = canvas.where(shown, each.target)
        assert torch.equal(filled, each.target)


def test_tags_and_counts_are_those_of_the_example() -> None:
    before = torch.tensor([1, 2, 3, GAP, 0, 1, 2])
    after = torch.tensor([1, 2, 3, 0, 3, 1, GAP])
    script = Script(before, after)
    assert script.edits == 3
    assert script.tags.tolist() == [0, 0, 0, 1, 0, 2]
    assert script.inserted.tolist() == [0, 0, 0, 1, 0, 0, 0]
    assert script.canvas(MASK).tolist() == [1, 2, 3, MASK, MASK, 1]
    assert script.inverse.tags.tolist() == [0, 0, 0, 2, 1, 0]
    assert script.inverse.inserted.tolist() == [0, 0, 0, 0, 0, 0, 1]
    assert script.inverse.canvas(MASK).tolist() == [1, 2, 3, MASK, 1, MASK]


def test_noise_comes_at_its_rates() -> None:
    n = 40_000
    tokens = torch.zeros(n).long()
    script = edits.corrupt(tokens, V, seeded(4), insert=0.1, delete=0.2, replace=0.4)
    often = script.tags.bincount(minlength=3) / n
    # A quarter of replacements draw the old token again.
    assert often.tolist() == pytest.approx([0.5, 0.3, 0.2], abs=0.01)
    assert script.inserted.bincount().tolist() == pytest.approx(
        [0.9 * (n + 1), 0.1 * (n + 1)], rel=0.05
    )
    new = script.after[script.before == GAP].bincount(minlength=V)
    assert (new / new.sum()).tolist() == pytest.approx([0.25] * V, abs=0.03)


@pytest.mark.parametrize(
    ("a", "b", "least"),
    [("kitten", "sitting", 3), ("", "ab", 2), ("ab", "", 2), ("abc", "abc", 0),
     ("intention", "execution", 5), ("abcdef", "bcdefg", 2), ("", "", 0)],
)  # fmt: skip
def test_an_alignment_has_the_fewest_edits(a: str, b: str, least: int) -> None:
    script = edits.align(word(a), word(b))
    assert torch.equal(script.source, word(a))
    assert torch.equal(script.target, word(b))
    assert script.edits == least


def test_alignments_agree_with_the_edit_distance() -> None:
    x = torch.randint(3, (6, 9), generator=seeded(5))
    y = torch.randint(3, (6, 7), generator=seeded(6))
    expected = edit_distance(x, y)
    for i, j in itertools.product(range(6), range(6)):
        script = edits.align(x[i], y[j])
        assert script.edits == expected[i, j]
        assert torch.equal(script.source, x[i])
        assert torch.equal(script.target, y[j])


def test_a_repair_with_the_right_tags_is_a_sample_of_what_was_lost() -> None:
    truth = joint.random(4, V, seeded(7))
    # The second token is lost and another stands too many at the end.
    script = Script(torch.tensor([1, GAP, 2, 3, 0]), torch.tensor([1, 0, 2, 3, GAP]))

    def tagger(tokens: Tensor) -> tuple[Tensor, Tensor]:
        assert tokens.tolist() == [[1, 2, 3, 0]]
        tags = functional.one_hot(script.tags, 3).double().log()
        return tags[None], functional.one_hot(script.inserted, 2).double().log()[None]

    generator = seeded(9)
    found = [
        edits.revise(tagger, truth.fill, script.source, MASK, generator)
        for _ in range(250)
    ]
    repaired = torch.stack(found)
    assert (repaired[:, [0, 2, 3]] == torch.tensor([1, 2, 3])).all()
    expected = truth.fill(torch.tensor([[1, MASK, 2, 3]]))[0, 1].exp()
    often = repaired[:, 1].bincount(minlength=V) / len(repaired)
    assert often.tolist() == pytest.approx(expected.tolist(), abs=0.09)


def test_nothing_to_repair_is_left_as_it_is() -> None:
    def tagger(tokens: Tensor) -> tuple[Tensor, Tensor]:
        n = tokens.shape[1]
        keep = torch.tensor([0.0, -torch.inf, -torch.inf]).expand(1, n, 3)
        return keep, keep.new_tensor([0.0, -torch.inf]).expand(1, n + 1, 2)

    def fill(_: Tensor) -> Tensor:
        pytest.fail("nothing is hidden")

    x = some(5, 10)
    assert torch.equal(edits.revise(tagger, fill, x, MASK, seeded(0)), x)


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="gap on both sides"):
        Script(torch.tensor([GAP]), torch.tensor([GAP]))
    with pytest.raises(ValueError, match="give probabilities"):
        edits.corrupt(some(3, 0), V, seeded(0), insert=0.1, delete=0.6, replace=0.6)
