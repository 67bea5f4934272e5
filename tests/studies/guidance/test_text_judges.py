"""Judges of texts: kinds, words, and trigrams with their bias taken out."""

import math

import pytest
import torch

from gendiff.data import text
from gendiff.metrics import ngrams
from gendiff.studies.guidance import text_judges
from gendiff.studies.guidance.text_judges import TrigramJudge, debiased


def test_a_kind_is_named_by_what_was_counted() -> None:
    streams = [text.encode(word * 200) for word in ("abcd ", "wxyz ")]
    judge = text_judges.kind_judge(streams)
    rows = torch.stack([text.encode(w) for w in ("zwxyz wx", "d abcd a")]).long()
    assert judge(rows).tolist() == [1, 0]


def test_words_are_known_from_any_stream() -> None:
    words = text_judges.lexicon([text.encode("one two"), text.encode("three")])
    assert words == {"one", "two", "three"}
    rows = text.encode("one two four one")[None].long()
    assert text_judges.known(rows, words) == pytest.approx(0.5)


def test_the_divergence_is_zero_for_equal_and_one_bit_for_disjoint() -> None:
    a, b = torch.tensor([3.0, 1.0, 0.0]), torch.tensor([0.0, 0.0, 2.0])
    assert text_judges.shannon(a, 2 * a) == pytest.approx(0, abs=1e-6)
    assert text_judges.shannon(a, b) == pytest.approx(1)


def test_trigrams_are_counted_by_group() -> None:
    x = torch.randint(5, (6, 10), generator=torch.Generator().manual_seed(0))
    counts = text_judges.trigrams(x, 3)
    assert counts.sum(1).tolist() == [16, 16, 16]
    v = text.VOCABULARY
    first = int((x[0, 0] * v + x[0, 1]) * v + x[0, 2])
    assert counts[0, first] >= 1


def test_a_judge_is_pleased_by_its_own_truth() -> None:
    x = torch.randint(5, (40, 30), generator=torch.Generator().manual_seed(0))
    scores = TrigramJudge(x, 4)(x)
    assert len(scores) == 5
    assert float(scores.abs().max()) < 1e-12


def test_a_bias_that_falls_with_the_number_is_taken_out() -> None:
    n = 10
    leaning = torch.tensor([3 + 2 / n, *[3 + 2 / (n - 1)] * n], dtype=torch.float64)
    assert debiased(leaning).value == pytest.approx(3)
    values = torch.arange(n).double()
    means = [float(values.mean()), *[(45 - float(v)) / 9 for v in values]]
    found = debiased(torch.tensor(means, dtype=torch.float64))
    assert found.value == pytest.approx(4.5)
    assert found.error == pytest.approx(float(values.std()) / math.sqrt(n))


def test_a_table_says_four_things_of_texts() -> None:
    stream = text.encode("one two three four " * 40)
    x = stream[:600].reshape(-1, 60).long()
    judge = TrigramJudge(x, 2)
    counted = ngrams.fit([stream], vocabulary=text.VOCABULARY, order=6)
    words = text_judges.lexicon([stream])
    found = text_judges.described(x, judge=judge, counted=counted, lexicon=words)
    divergence, bits, share, variety = found
    assert divergence.lstrip("-") == "0.000 ± 0.000"
    assert float(bits) < 1
    assert share == "1.000"
    assert 0 < float(variety) < 0.2


def test_a_mean_is_stated_with_its_error() -> None:
    assert text_judges.stated(torch.tensor([1.0, 3.0])) == "2.00 ± 1.00"
