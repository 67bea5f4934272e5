"""Sets of samples in the plane: exact ones are as far away as real points are."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch

from gendiff.data import moons
from gendiff.studies.perspectives.plane_sets import Ruler, farther
from gendiff.studies.running import Running

RUN = cast(
    "Running",
    SimpleNamespace(
        device=None, at=None, sizes=None, fitted=None, trained=None,
        generator=lambda purpose: torch.Generator().manual_seed(
            sum(ord(letter) * 7**k for k, letter in enumerate(purpose)) % 2**31
        ),
    ),
)  # fmt: skip
DATA = moons()
RULER = Ruler(RUN, DATA, 400, 4)


def blurred(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """Return what one Gaussian in place of the moons would."""
    return DATA.moments()(x, sigma)


def test_the_exact_denoiser_is_at_the_floor_and_a_gaussian_is_not() -> None:
    exact = RULER.away(DATA, 20)
    assert len(exact) == 4
    assert np.mean(exact) == pytest.approx(RULER.floor(), rel=0.5)
    gap = farther(RULER.away(blurred, 20), exact)
    assert gap.value > 5 * (gap.error or 0)
    assert gap.n == 4


def test_sets_have_noise_of_their_own_and_all_models_the_same() -> None:
    first, again, other = (RULER.samples(DATA, 8, part) for part in "aab")
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == (400, 2)
    judged = RULER.away(DATA, 8)
    assert len(set(judged)) == 4
    assert judged != RULER.away(DATA, 8, "choosing")
