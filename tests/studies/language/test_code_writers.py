"""Tests of sentences by way of codes, of bridges, and of bands."""

import math

import numpy as np
import pytest
import torch
from scipy.fft import dct

from gendiff.studies.language import (
    bands,
    bridges,
    code_writers,
    sentence_codes,
    wishes,
)


def chance(seed: int = 0) -> torch.Generator:
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


def test_a_decoder_draws_what_it_gives_probabilities_to() -> None:
    """Drawing with a state and reading everything at once are one distribution."""
    torch.manual_seed(0)
    net = code_writers.Decoder(2, 3, 8)
    code = torch.randn(1, 3, generator=chance()).expand(4_000, -1)
    x = net.write(code, 2, chance(1))
    every = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    with torch.no_grad():
        logs = net(every, code[:4]).log_softmax(-1).gather(-1, every[..., None])
    wanted = logs.sum((1, 2)).exp()
    assert float(wanted.sum()) == pytest.approx(1, abs=1e-5)
    found = torch.bincount(2 * x[:, 0] + x[:, 1], minlength=4) / len(x)
    torch.testing.assert_close(found, wanted, atol=0.03, rtol=0)


def test_what_is_said_of_a_letter_does_not_hang_on_it() -> None:
    """Changing a letter changes what is said of those behind it, and of no other."""
    torch.manual_seed(0)
    net = code_writers.Decoder(3, 2, 8)
    x, code = torch.tensor([[0, 1, 2, 0]]), torch.zeros(1, 2)
    other = x.clone()
    other[0, 1] = 2
    with torch.no_grad():
        moved = (net(x, code) - net(other, code)).abs().sum(-1)[0]
    assert (moved[:2] == 0).all()
    assert (moved[2:] > 0).all()


def test_codes_are_standard_and_read_out_by_their_own_decoder() -> None:
    """What is standardised is undone before it is read."""
    torch.manual_seed(0)
    coder = sentence_codes.Sentences(4, 3, 2, 8)
    x = torch.randint(4, (200, 3), generator=chance())
    codes = code_writers.standard(coder, x)
    found = codes(x)
    torch.testing.assert_close(found.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.std(0), torch.ones(2), atol=1e-5, rtol=0)
    assert torch.equal(codes.at_once(found), coder(x).argmax(-1))


def test_torn_codes_keep_each_number_and_lose_what_they_have_in_common() -> None:
    """Two equal columns are equal no more, and hold the same numbers."""
    code = torch.arange(100.0)[:, None].expand(-1, 2)
    torn = code_writers.torn(code, chance())
    assert torch.equal(torn.sort(0).values, code)
    assert abs(float(torch.corrcoef(torn.mT)[0, 1])) < 0.3


def test_a_middle_fits_its_own_bridge_best() -> None:
    """The nats are those of a Gaussian around the way, of variance t (1 - t)."""
    first, last = torch.zeros(2, 1), torch.tensor([[4.0], [8.0]])
    between = torch.tensor([[1.0], [2.0]])
    found = bridges.fits(first, between, last, 0.25)
    wanted = -torch.tensor([[0.0, 1.0], [1.0, 0.0]]) / (2 * 0.25 * 0.75)
    torch.testing.assert_close(found, wanted)


def test_letters_show_drift_and_mood() -> None:
    """The first bit of a letter is as frequent as its sentence has drifted."""
    x, drift = bridges.Documents(5, 200).draw(300, chance())
    topic = (x // 2).double().mean(-1)
    torch.testing.assert_close(topic, 0.1 + 0.8 * drift.double(), atol=0.16, rtol=0)
    mood = (x % 2).double().mean(-1)
    assert bool(((mood < 0.25) | (mood > 0.75)).all())
    steps = drift.diff(dim=1)
    torch.testing.assert_close(steps, steps[:, :1].expand(-1, 4), atol=1e-5, rtol=0)


def test_what_varies_most_is_what_is_asked() -> None:
    """A large number that is the drift is found, a large one that is none hides it."""
    drift = torch.rand(50, 4, generator=chance())
    other = torch.rand(50, 4, generator=chance(1))
    plain, hidden = (
        bridges.followed(bridges.foremost(torch.stack(pair, -1)), drift)
        for pair in ((-3 * drift, other), (drift, 9 * other))
    )
    assert plain == pytest.approx(1, abs=0.01)
    assert hidden < 0.3


def test_bands_are_those_of_the_cosine_transform_and_add_up() -> None:
    """Another library's transform, with all but a band set to nothing."""
    x = torch.randn(2, 16, 3, generator=chance()).double()
    parts = [bands.band(x, low, high) for low, high in ((0, 2), (2, 7), (7, 16))]
    torch.testing.assert_close(sum(parts), x)
    waves = dct(x.numpy(), axis=1, norm="ortho")
    found = dct(parts[1].numpy(), axis=1, norm="ortho")
    np.testing.assert_allclose(found[:, 2:7], waves[:, 2:7], atol=1e-12)
    assert np.abs(np.delete(found, np.s_[2:7], axis=1)).max() < 1e-12


@pytest.mark.parametrize(("low", "high"), [(-1, 2), (3, 3), (0, 17)])
def test_bands_that_are_none_are_refused(low: int, high: int) -> None:
    with pytest.raises(ValueError, match=f"from {low} to {high}"):
        bands.band(torch.zeros(1, 16, 1), low, high)


def test_a_probe_finds_what_is_linear_and_nothing_else() -> None:
    """A sign is found, the parity of two signs is not."""
    x = torch.randn(60, 10, 2, generator=chance()).double()
    sign = (x[..., 0] > 0).long()
    parity = (x[..., 0] * x[..., 1] > 0).long()
    halves = slice(0, 30), slice(30, 60)
    of_sign = bands.probed(*((x[h], sign[h]) for h in halves))
    of_parity = bands.probed(*((x[h], parity[h]) for h in halves))
    assert of_sign > 0.93
    assert of_parity < 0.5 + 4 * 0.5 / math.sqrt(300)
    spelled = bands.spelled(sign, 2)
    assert bands.probed((spelled[:30], sign[:30]), (spelled[30:], sign[30:])) == 1


def test_a_classifier_of_kinds_adds_up_what_pairs_say() -> None:
    """Three places are two pairs, whether all levels are one number or each its own."""
    torch.manual_seed(0)
    net = wishes.Classifier(3, 8)
    z = torch.randn(4, 3, wishes.DIMENSIONS, generator=chance())
    sigma = torch.tensor([0.5, 0.5, 2.0, 9.0])
    whole = net(z, sigma)
    torch.testing.assert_close(whole, net(z[:, :2], sigma) + net(z[:, 1:], sigma))
    torch.testing.assert_close(whole[:2], net(z[:2], torch.tensor(0.5)))
    assert not torch.allclose(net(z, 2 * sigma), whole)
