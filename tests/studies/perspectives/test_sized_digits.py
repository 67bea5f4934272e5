"""Bits of digits: before any training both families are Gaussians, and exact."""

import math
from types import SimpleNamespace
from typing import Any, cast

import torch
from torch import Tensor, nn

from gendiff.nets.size import count_parameters
from gendiff.studies.perspectives import sized_digits
from gendiff.studies.running import Running


def untrained(build: Any, *_: object, label: str) -> nn.Module:
    assert label
    torch.manual_seed(0)
    return build().eval()


RUN = cast(
    "Running",
    SimpleNamespace(
        device=None, at=None, sizes=None, fitted=None, trained=untrained,
        generator=lambda purpose: torch.Generator().manual_seed(len(purpose)),
    ),
)  # fmt: skip
CONTEST = sized_digits.contest(RUN, seen=2_000, held=20, updates=1)


def gaussian_bits(x: Tensor, std: float) -> Tensor:
    """Return the bits a pixel of independent normal pixels."""
    nats = (x / std).square().mean(1) / 2 + math.log(std * math.sqrt(math.tau))
    return nats / math.log(2)


def test_held_digits_have_noise_and_the_others_none() -> None:
    assert CONTEST.seen.shape == (2_000, 64)
    clean = CONTEST.digits.sample(20, RUN.generator("held out"))
    assert torch.isclose(
        (CONTEST.held - clean).std(), torch.tensor(sized_digits.HAZE).double(), rtol=0.1
    )


def test_a_flow_that_does_nothing_is_a_normal_distribution() -> None:
    found = CONTEST.flow(2, 16)
    expected = gaussian_bits(CONTEST.held.float(), 1.0)
    torch.testing.assert_close(found.bits.float(), expected, atol=1e-3, rtol=1e-3)
    assert found.parameters < CONTEST.flow(4, 16).parameters


def test_an_untrained_denoiser_is_that_of_one_round_gaussian() -> None:
    found = CONTEST.diffusion(16, 1e-2)
    std = math.hypot(sized_digits.STD, sized_digits.HAZE)
    expected = gaussian_bits(CONTEST.held, std)
    gaps = found.bits.double() - expected  # random probes miss a little
    assert abs(float(gaps.mean())) < 4 * float(gaps.std()) / math.sqrt(len(gaps))
    assert float(gaps.std()) < 0.2
    assert found.parameters == count_parameters(sized_digits.denoiser(16))


def test_no_model_is_below_the_entropy() -> None:
    truth = CONTEST.entropy()
    assert truth < float(CONTEST.diffusion(16, 1e-2).bits.mean())
    by_hand = -CONTEST.digits.log_density(
        CONTEST.held, torch.tensor(sized_digits.HAZE).double()
    ).mean() / (64 * math.log(2))
    assert math.isclose(truth, float(by_hand), rel_tol=1e-6)
