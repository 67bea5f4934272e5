"""The small writers: letters, what each is trained on, what it writes, and its bits."""

import math
from pathlib import Path

import pytest
import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from gendiff.book.run import Run
from gendiff.clocks import LOG
from gendiff.data import text
from gendiff.levels import Warped
from gendiff.studies.language import lesser, lesser_rates, regressed, written
from gendiff.studies.language.writers import HIGH, LOW
from gendiff.tokens import embedded, masked
from gendiff.tokens.embedded import Embedded

RUN = Run("language", "smoke", 0)
LENDS = {"MaskGIT": "masked", "Mask-Predict": "masked"}


@pytest.fixture(autouse=True)
def store(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    folder = tmp_path_factory.getbasetemp() / "lesser"
    monkeypatch.setenv("GENDIFF_CACHE", str(folder))
    return folder


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


class Even(nn.Module):
    """Knows nothing of letters."""

    def forward(self, x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
        return torch.zeros(*x.shape, lesser.V)


@pytest.mark.parametrize("reading", [0.0, 1.0])
def test_processes_regress_vectors_through_a_wrapper(reading: float) -> None:
    torch.manual_seed(0)
    levels = Warped(LOG, LOW, HIGH)
    net = lesser.gaussian(8, 1, embedded.fresh(lesser.V, lesser.DIMENSIONS), levels)
    x = torch.randint(lesser.V, (4, lesser.PLACES), generator=generator())
    loss = regressed.Regression(reading)
    expected = loss(net, (x,), generator())
    store = distributed.HashStore()
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        found = loss(DistributedDataParallel(net), (x,), generator())
    finally:
        distributed.destroy_process_group()
    torch.testing.assert_close(found, expected)


def test_a_forgetful_model_reads_nothing_of_what_it_predicted() -> None:
    net = lesser.trained(RUN, "Diffusion-LM")
    assert isinstance(net, regressed.Forgetful)
    z = torch.randn(2, 5, lesser.DIMENSIONS, generator=generator())
    sigma = torch.tensor(3.0)
    assert torch.equal(net(z, sigma, before=z), net(z, sigma))
    other = lesser.trained(RUN, "CDCD")
    assert not torch.equal(other(z, sigma, before=z), other(z, sigma))


def test_the_best_rate_is_that_of_the_least_bits() -> None:
    assert set(lesser_rates.BEST) == set(lesser.NAMES)
    for name, tried in lesser_rates.TRIED.items():
        rate = lesser_rates.BEST[name]
        assert tried[rate] == min(tried.values())
        assert lesser.course(RUN, name).learning_rate == rate
    gpu = Run("language", "gpu", 0)
    assert lesser.course(gpu, "CDCD").learning_rate == lesser_rates.BEST["CDCD"] / 4


def test_text_becomes_letters_and_single_blanks() -> None:
    told = lesser.letters(text.encode("  (No one) is, 12 -- a b\n"))
    assert lesser.decode(told) == "no one is a b "
    assert lesser.letters(text.encode("")).shape == (0,)


def test_all_systems_write_and_are_measured() -> None:
    x = lesser.validation(2)
    assert x.shape == (4, lesser.PLACES)
    for name in written.CALLS:
        net = lesser.trained(RUN, LENDS.get(name, name))
        drawn = written.small(name, net, 2, generator())
        assert drawn.shape == (2, lesser.PLACES), name
        assert int(drawn.min()) >= 0, name
        assert int(drawn.max()) < lesser.V, name
        if name not in LENDS:
            found = written.bits(name, net, x, generator(), draws=1)
            assert (found is None) == (name == "SUNDAE"), name
            assert found is None or found.shape == (4,), name
    with pytest.raises(ValueError, match="no system"):
        written.small("nobody", Even(), 2, generator())
    with pytest.raises(ValueError, match="no writer"):
        lesser.trained(RUN, "nobody")


def test_who_knows_nothing_pays_the_logarithm_of_the_alphabet() -> None:
    x = lesser.validation(2)
    for name in ("masked", "BERT"):
        found = written.bits(name, Even(), x, generator(), draws=1)
        assert found is not None
        assert found.tolist() == pytest.approx([math.log2(lesser.V)] * 4)
    for loss in (lesser.bert_loss, lesser.unrolled_loss):
        nats = loss(Even(), (x,), generator())
        assert nats.tolist() == pytest.approx([math.log(lesser.V)] * 4, rel=1e-5)


def test_one_place_costs_what_all_cost_on_average() -> None:
    class Letters(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            steps = torch.linspace(0, 3, lesser.V).expand(*x.shape, -1)
            return steps * torch.linspace(0, 1, x.shape[1])[:, None]

    x = lesser.validation(1).repeat(2_000, 1)
    whole = lesser.forward_loss(Letters(), (x,), generator())
    for places in (1, 8):
        some = lesser.some_places(Letters(), (x,), generator(), places)
        assert float(some.mean()) == pytest.approx(float(whole.mean()), abs=0.05)
    every = lesser.some_places(Letters(), (x[:4],), generator(), lesser.PLACES)
    torch.testing.assert_close(every, whole[:4])


def test_given_vectors_tell_letters_apart() -> None:
    table = lesser.given_vectors()
    assert table.shape == (lesser.V, lesser.DIMENSIONS)
    vowel, other = (torch.tensor([1, 5, 9, 15]), torch.tensor([2, 4, 20, 19]))
    unit = nn.functional.normalize(table, dim=1)
    alike = (unit[vowel] @ unit[vowel].mT).mean()
    assert float(alike) > float((unit[vowel] @ unit[other].mT).mean()) + 0.2


def test_clearing_starts_at_noise_and_ends_at_letters() -> None:
    net = lesser.trained(RUN, "CDCD")
    assert isinstance(net, Embedded)
    steps = list(written.clearing(net, 3, 8, 5, generator()))
    assert len(steps) == 5
    levels = [step.level for step in steps]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 0
    assert all(step.x.shape == (3, 8) for step in steps)


def test_a_single_call_sees_only_noise() -> None:
    for name in ("autoregressive", "masked", "CDCD"):
        x = written.at_once(name, lesser.trained(RUN, name), 2, generator())
        assert x.shape == (2, lesser.PLACES)
    with pytest.raises(ValueError, match="SUNDAE"):
        written.at_once("SUNDAE", Even(), 2, generator())


def test_the_likeliest_of_many_texts_is_likelier_than_one() -> None:
    class Skewed(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.linspace(0, 3, lesser.V).expand(*x.shape, -1)

    known = torch.linspace(0, 3, lesser.V).log_softmax(-1)
    one, many = (
        known[written.at_once("masked", Skewed(), 500, generator(), tries=tries)].sum(1)
        for tries in (1, 64)
    )
    # The largest of 64 is 2.4 standard deviations above the mean of a normal sum.
    gain = float((many.mean() - one.mean()) / one.std())
    assert gain == pytest.approx(2.4, abs=0.3)


def test_bits_are_read_at_an_entropy_or_beside_it() -> None:
    dull = written.verdict(torch.ones(2, lesser.PLACES).long())
    honest = written.verdict(lesser.validation(4))
    assert dull.entropy == 0
    ends = [float(each.bits.mean()) for each in (dull, honest)]
    both = [dull, honest]
    assert written.nearest(both, 9.0) == pytest.approx(ends[1])
    assert written.nearest(both, -1.0) == pytest.approx(ends[0])
    half = written.nearest(both, honest.entropy / 2)
    assert half == pytest.approx(sum(ends) / 2)


def test_berts_places() -> None:
    x = lesser.validation(2)
    noisy = masked.hide(
        x, torch.full_like(x[:, 0], lesser.BERTS), lesser.V, generator()
    )
    part = float((noisy == lesser.V).double().mean())
    assert part == pytest.approx(0.15, abs=0.01)
