"""Tests of repairs, translations, codes of sentences, and wishes."""

import pytest
import torch
from scipy import stats

from gendiff.studies.language import (
    kinds,
    repairs,
    sentence_codes,
    translations,
    wishes,
)
from gendiff.tokens.edits import canvas


def chance(seed: int = 0) -> torch.Generator:
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


def test_a_perfect_tagger_makes_a_canvas_that_fits() -> None:
    """Its length is the original's, and what isn't masked is right."""
    language = kinds.made(1, 5, chance(), common=0.0)
    drawn = repairs.pairs(language, 40, 8, chance(1), times=2)
    for row, length, original, tags, missing in zip(
        drawn.damaged, drawn.lengths, drawn.original, drawn.tags, drawn.missing,
        strict=True,
    ):  # fmt: skip
        n = int(length)
        x = canvas(row[:n], tags[:n], missing[: n + 1], 5)
        assert len(x) == 8
        assert bool(((x == original) | (x == 5)).all())
        assert row[n:].tolist() == [5] * (len(row) - n)
        assert (tags[n:] == -100).all()


def test_marks_cover_what_differs() -> None:
    """Where nothing is marked the letters are those of the original."""
    language = kinds.made(1, 5, chance(), common=0.0)
    drawn = repairs.pairs(language, 40, 8, chance(1), times=2)
    both = drawn.wrong[:, :8] == 0
    assert torch.equal(drawn.damaged[:, :8][both], drawn.original[both])
    assert (drawn.wrong > 0).any()


def test_what_happens_to_sentences_is_one_of_three() -> None:
    """A letter is lost, doubled, or swapped with the next."""
    x = torch.arange(5)
    seen = {tuple(repairs.damaged(x, chance(s), times=1).tolist()) for s in range(200)}
    lost = {tuple(i for i in range(5) if i != j) for j in range(4)}
    doubled = {tuple(sorted([*range(5), j])) for j in range(4)}
    assert lost | doubled < seen
    assert (1, 0, 2, 3, 4) in seen
    assert len(seen) == 12


def test_distance_counts_edits_over_the_length() -> None:
    """One letter lost of four is a quarter."""
    truth = torch.tensor([[0, 1, 2, 3]])
    assert repairs.apart([torch.tensor([0, 2, 3])], truth).tolist() == [0.25]


def test_mixed_dialects_are_not_valid() -> None:
    """A translation is valid in any dialect, and in one only."""
    rules = translations.dictionary(4, 2, chance())
    x = torch.tensor([[0, 1, 2]] * 3)
    y = torch.stack([*rules.tables[:, x[0]], rules.tables[0, x[0]]])
    y[2, 1] = rules.tables[1, 1]
    assert rules.valid(x, y).tolist() == [True, True, False]
    drawn = rules.draw(50, 3, chance(1))
    assert bool(rules.valid(*drawn).all())


def test_a_source_that_names_a_dialect_has_one_translation() -> None:
    """The first letter says which; the other dialect's words are no translation."""
    rules = translations.Told(translations.dictionary(4, 2, chance()).tables)
    x, y = rules.draw(50, 3, chance())
    assert rules.valid(x, y).all()
    assert torch.equal(x[:, 0] // 4, y[:, 0] // 4)
    assert (x[:, 1:] < 4).all()
    other = rules.tables[1 - y[:, :1] // 4, x % 4]
    assert translations.Dictionary(rules.tables).valid(x % 4, other).all()
    assert not rules.valid(x, other).any()
    assert len((x[:, 0] // 4).unique()) == 2


def test_rank_correlations_leave_frequency_out() -> None:
    """It is the correlation of what a line of ranks leaves over."""
    a, b, c = torch.rand(3, 200, generator=chance()).double()
    a, b = a + c, b + c + 0.5 * a
    x, y, z = (torch.tensor(stats.rankdata(v)) for v in (a, b, c))
    line = torch.stack([torch.ones_like(z), z], dim=1)
    rest = [
        v - line @ torch.linalg.lstsq(line, v[:, None]).solution[:, 0] for v in (x, y)
    ]
    wanted = float(torch.corrcoef(torch.stack(rest))[0, 1])
    found = sentence_codes.partial_rank_correlation(a, b, c)
    assert found == pytest.approx(wanted, rel=1e-6)


def test_surprisal_sums_to_the_likelihood() -> None:
    """Letter by letter it is minus the logarithm of the text's probability."""
    language = kinds.made(1, 5, chance(), common=0.0)
    x, _ = language.batches(7, 6)(chance(1))
    total = sentence_codes.surprisal(language, x).sum(1)
    torch.testing.assert_close(total, -language.log_likelihood(x)[:, 0])


def test_a_random_projection_stays_as_it_is() -> None:
    """Only the decoder learns."""
    net = sentence_codes.Sentences(5, 6, 3, 8, learnt=False)
    learning = {name for name, p in net.named_parameters() if p.requires_grad}
    assert all(name.startswith("decode") for name in learning)


def test_hiding_the_title_is_the_other_model() -> None:
    """At scale 0 the logits are those without a title, at 1 with it."""
    table = torch.randn(8, 4, 7, generator=chance())

    def fill(x: torch.Tensor, /) -> torch.Tensor:
        return table[x[:, :1].expand(-1, 4)][:, :, 0]

    x = torch.tensor([[5, 7, 7, 7], [6, 7, 7, 7]])
    blind = torch.full_like(x, 7)
    for scale, seen in ((1.0, x), (0.0, blind)):
        found = wishes.Guided(fill, 5, 7, scale)(x)
        wanted = fill(seen)[..., :5].log_softmax(-1)
        torch.testing.assert_close(found.log_softmax(-1), wanted)
    assert wishes.titled(x[:, 1:], torch.tensor([0, 1]), 5)[:, 0].tolist() == [5, 6]
