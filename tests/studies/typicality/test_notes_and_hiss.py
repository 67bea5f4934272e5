"""Notes and hiss: pieces, prompts at all temperatures, and how loud it goes on."""

import math

import pytest
import torch

from gendiff.audio import synthesiser
from gendiff.studies.typicality import notes_and_hiss
from gendiff.studies.typicality.notes_and_hiss import PITCH, Played, Prompts
from gendiff.studies.typicality.resonators import RATE

TAUS = (1.0, 0.5)
STARTS = Prompts(torch.zeros(3, 8), torch.ones(2, 8), TAUS)


def test_pieces_have_notes_and_gaps() -> None:
    x = notes_and_hiss.pieces(2, torch.Generator().manual_seed(0))
    assert x.shape == (2, 24_000)
    assert float(x.abs().max()) <= 1
    loud = x.unfold(1, 400, 400).std(2)
    assert float(loud.min()) < 0.01
    assert float(loud.max()) > 0.1
    assert float(loud[:, 0].max()) < 0.01  # 50 milliseconds before the first note
    power = torch.fft.rfft(x).abs().square()
    high = power[:, 3 * 2_000 :].sum(1) / power.sum(1)  # the hiss is at 3 kHz
    assert float(high.min()) > 0.2
    again = notes_and_hiss.piece(3.0, torch.Generator().manual_seed(0))
    assert torch.equal(again, x[0])


def test_excerpts_are_cut_from_pieces() -> None:
    codes = torch.arange(3 * 2_000).reshape(3, 2_000)
    (cuts,) = notes_and_hiss.excerpts(codes, torch.Generator().manual_seed(0))
    assert cuts.shape == (6, 1_024)
    assert (cuts.diff() == 1).all()


def test_the_network_sees_two_to_the_dilations() -> None:
    network = notes_and_hiss.small_wavenet(9, 4, 3)
    assert network.receptive_field == 8
    assert network(torch.zeros(1, 10, dtype=torch.int64)).shape == (1, 9, 3)


def test_prompts_end_at_random_places_and_in_the_middle_of_hiss() -> None:
    sounds = torch.arange(2 * 9_000.0, dtype=torch.float64).reshape(2, 9_000)
    generator = torch.Generator().manual_seed(0)
    starts = notes_and_hiss.prompts(sounds, 3, 64, TAUS, generator)
    places = torch.rand(2, generator=torch.Generator().manual_seed(0))
    for row, sound, place in zip(starts.anywhere, sounds, places.tolist(), strict=True):
        assert (row.diff() == 1).all()
        end = int(row[-1] - sound[0]) + 1
        assert end == pytest.approx(64 + (9_000 - 64) * place, abs=1)
    assert starts.bursts.shape == (3, 64)
    generator = torch.Generator().manual_seed(0)
    torch.rand(2, generator=generator)
    note = synthesiser.Note(0.0, 0.4, PITCH, 0.75)
    score = [(synthesiser.hiss, note)]
    burst = synthesiser.mix(score, seconds=0.5, rate=RATE, generator=generator)
    assert torch.equal(starts.bursts[0], 2 * burst[936:1_000])
    with pytest.raises(ValueError, match="field of 1001"):
        notes_and_hiss.prompts(sounds, 3, 1_001, TAUS, generator)


def test_every_row_has_its_temperature() -> None:
    heat = STARTS.heat[:, 0].tolist()
    assert heat == [1, 1, 1, 0, 0, 0, 1, 1, 0.5, 0.5, 0, 0]
    assert STARTS.rows[:, 0].tolist() == [0] * 6 + [1] * 6
    logits = torch.tensor([[0.0, 2.0, 1.0]]).expand(12, -1)
    shaped = STARTS.shape(logits)
    assert shaped[0].tolist() == [0, 2, 1]
    assert shaped[8].tolist() == [0, 4, 2]
    assert shaped[3].tolist() == [-math.inf, 2, -math.inf]


def test_what_was_played_is_taken_apart() -> None:
    n, t = 1_000, torch.arange(1_000, dtype=torch.float64)
    wave = torch.sin(2 * math.pi * 3_000 * t / RATE)
    low = torch.sin(2 * math.pi * 500 * t / RATE)
    rows = [wave] * 3 + [wave, 0 * wave, torch.where(t < 800, wave, 0.001 * wave)]
    rows += [wave, 2 * wave, wave / 2, low, 0 * wave, 0 * wave]
    played = Played(torch.stack(rows), STARTS)
    assert played.sampled.shape == played.greedy.shape == (3, n)
    assert played.left.tolist() == pytest.approx([1, 0, 0.001], rel=1e-3)
    assert played.left_by_sampling.tolist() == pytest.approx([1, 1, 1], rel=1e-3)
    assert notes_and_hiss.silent(played.left).value == pytest.approx(2 / 3)
    power = played.power
    # Of 800 samples half of the transform counts: a sine of height 1 has 1 / 4.
    wanted = torch.tensor([[0.25, 1.0], [0.0625, 0], [0, 0]]).double()
    assert torch.allclose(power, wanted, atol=1e-6)


def test_sounds_stand_in_a_row_with_gaps() -> None:
    x = notes_and_hiss.in_a_row(torch.ones(2, 4_000).double(), 0.1)
    assert len(x) == 2 * (800 + 400)
    assert x[:800].min() == 1
    assert x[800:1_200].abs().max() == 0
    assert x[1_200] == 1
