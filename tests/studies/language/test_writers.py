"""The shared writers: their corpus, their bounds, their judges, and that they train."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from gendiff.book.run import Run
from gendiff.data import text
from gendiff.record import last
from gendiff.solvers import euler
from gendiff.studies.language import bits, corpus, readers, writers
from gendiff.tokens import counts, empty, sample

RUN = Run("language", "smoke", 0)
WINDOWS = corpus.validation(2)


@pytest.fixture(autouse=True)
def store(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    folder = tmp_path_factory.getbasetemp() / "language"
    monkeypatch.setenv("GENDIFF_CACHE", str(folder))
    return folder


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_judges_and_models_read_different_text() -> None:
    for whole, ours, theirs in zip(
        text.corpus().train, corpus.training(), corpus.judging(), strict=True
    ):
        assert torch.equal(torch.cat([ours, theirs]), whole)
        assert abs(len(ours) - len(theirs)) <= 1
    x, labels = corpus.batches(corpus.training(), size=400)(generator())
    assert x.shape == (400, corpus.LENGTH)
    told = torch.bincount(labels, minlength=corpus.UNKNOWN + 1) / 400
    assert float(told[corpus.UNKNOWN]) == pytest.approx(corpus.DROPOUT, abs=0.05)


def test_all_writers_train_and_are_measured_alike() -> None:
    costs = {
        "autoregressive": bits.exactly(writers.autoregressive(RUN), WINDOWS),
        "masked": bits.masked(writers.masked(RUN), WINDOWS, generator(), draws=4),
        "multinomial": bits.multinomial(
            writers.multinomial(RUN), WINDOWS, generator(), draws=4
        ),
        "embedded": bits.gaussian(writers.embedded(RUN), WINDOWS, generator(), draws=4),
    }
    for name, cost in costs.items():
        assert cost.shape == (6,), name
        assert 1 < float(cost.mean()) < 9, name
    # What was counted is known without training.
    assert float(costs["autoregressive"].mean()) < 4


def test_a_fresh_writer_says_what_was_counted() -> None:
    x, labels = WINDOWS
    model = writers.next_character(16, 1, 1000).eval()
    counted = writers.counted(counts.before(5), 1000)(x)
    expected = -counted.gather(-1, x[..., None])[..., 0].mean(1) / math.log(2)
    torch.testing.assert_close(bits.exactly(model, (x, labels)).float(), expected)


def test_a_fresh_reader_of_redrawn_text_trusts_each_place_as_it_should() -> None:
    model = writers.redrawn_characters(16, 1).requires_grad_(requires_grad=False)
    x = torch.tensor([[3, 5]])
    found = model(x, torch.tensor(0.4), torch.tensor([0])).softmax(-1)[0]
    v = text.VOCABULARY
    assert float(found[0, 3]) == pytest.approx(0.6 + 0.4 / v, rel=1e-5)
    assert float(found[0, 4]) == pytest.approx(0.4 / v, rel=1e-5)


def test_a_bound_is_in_bits_a_character() -> None:
    class Even(nn.Module):
        def forward(self, x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
            return torch.zeros(*x.shape, text.VOCABULARY)

    found = bits.masked(Even(), WINDOWS, generator(), draws=1)  # type: ignore[arg-type]
    assert found.tolist() == pytest.approx([math.log2(text.VOCABULARY)] * 6)


def test_writers_write() -> None:
    model = writers.autoregressive(RUN)
    told = torch.zeros(2).long()
    x = last(
        sample(lambda t, s: model.read(t, s, label=told), empty(2), 8, generator())
    )
    assert len(text.decode(x[0])) == 8
    vectors = writers.embedded(RUN)
    noise = torch.randn(2, 8, writers.DIMENSIONS, generator=generator())
    z = last(euler(vectors.denoiser(told), writers.HIGH * noise, [60.0, 3.0, 0.5]))
    assert z.shape == noise.shape


def test_the_judges_are_distributions_and_fixed() -> None:
    judge = readers.recurrent(RUN)
    assert torch.equal(judge(WINDOWS[0]), readers.recurrent(RUN.at(5))(WINDOWS[0]))
    start = torch.arange(text.VOCABULARY)[:, None]
    assert float((2 ** -judge(start)).sum()) == pytest.approx(1, abs=1e-4)
    found = readers.verdict(WINDOWS[0], readers.counted())
    assert 1 < float(found.bits.mean()) < 3
    assert found.words > 0.7
    assert found.entropy > 4
