"""A calibrated sampler: exact where all are, nearer than the default elsewhere."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from gendiff.calibration import Calibration, calibrate, follow, load, save
from gendiff.data import grid25
from gendiff.exact import Gaussian, Isotropic
from gendiff.record import Counted, last
from gendiff.sampling import sample

MIXTURE = grid25()
KNOWN = Isotropic(torch.zeros(2, dtype=torch.float64), 0.5)


def noise(n: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 2, generator=generator, dtype=torch.float64)


def calibrated(evaluations: int = 5) -> list[Calibration]:
    steps = calibrate(
        MIXTURE, noise(200, 0), gaussian=KNOWN, evaluations=evaluations, trajectory=64
    )
    return list(steps)


def rms(x: Tensor) -> float:
    return float(x.square().mean().sqrt())


def test_on_other_trajectories_it_is_nearer_than_the_default() -> None:
    first, *_, best = calibrated()
    start = noise(500, 1)
    counted = Counted(MIXTURE)
    exact = last(sample(MIXTURE, start, gaussian=KNOWN, evaluations=320))
    usual = last(sample(MIXTURE, start, gaussian=KNOWN, evaluations=5))
    ends = [
        last(follow(counted, start, found, gaussian=KNOWN)) for found in (first, best)
    ]
    assert counted.nfe == 2 * 5
    assert rms(ends[1] - exact) < 0.6 * rms(usual - exact)
    assert rms(ends[1] - exact) < 0.9 * rms(ends[0] - exact)


def test_each_brings_the_trajectories_ends_nearer() -> None:
    start = noise(200, 0)
    exact = last(sample(MIXTURE, start, gaussian=KNOWN, evaluations=64))
    errors = [
        rms(last(follow(MIXTURE, start, found, gaussian=KNOWN)) - exact)
        for found in calibrated(4)
    ]
    assert len(errors) > 2
    assert errors == sorted(errors, reverse=True)


def test_on_its_gaussian_nothing_moves() -> None:
    mean = torch.tensor([1.0, -2.0], dtype=torch.float64)
    known = Gaussian(mean, torch.tensor([[0.5, 0.3], [0.3, 0.4]]).double())
    *_, found = calibrate(known, noise(50, 0), gaussian=known, evaluations=2)
    start = noise(20, 1)
    end = last(follow(known, start, found, gaussian=known))
    exact = known.unwhiten(known.rotate(start), 0.0)
    torch.testing.assert_close(end, exact, rtol=1e-9, atol=1e-9)


def test_steps_are_those_of_any_solver_and_float32_stays() -> None:
    found = calibrated()[0]
    start = noise(6, 2).float()
    steps = list(follow(MIXTURE, start, found, gaussian=KNOWN))
    levels = [step.level for step in steps]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 0
    assert len(steps) == 5
    assert all(step.x.dtype == torch.float32 for step in steps)
    assert torch.equal(start, noise(6, 2).float())
    exact = last(follow(MIXTURE, noise(6, 2), found, gaussian=KNOWN))
    torch.testing.assert_close(steps[-1].x.double(), exact, rtol=0, atol=1e-3)


def test_saved_is_loaded(tmp_path: Path) -> None:
    found = calibrated(3)[-1]
    save(found, tmp_path / "three.json")
    assert load(tmp_path / "three.json") == found
    (tmp_path / "bad.json").write_text('{"taus": [1.0, 2.0], "weights": [[1], [1]]}')
    with pytest.raises(ValueError, match="no calibration"):
        load(tmp_path / "bad.json")
    (tmp_path / "worse.json").write_text("[]")
    with pytest.raises(ValueError, match="no calibration"):
        load(tmp_path / "worse.json")


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="can't teach 5"):
        next(
            calibrate(MIXTURE, noise(4, 0), gaussian=KNOWN, evaluations=5, trajectory=9)
        )
    with pytest.raises(ValueError, match="levels that fall"):
        Calibration((1.0, 2.0), ((1.0,), (1.0,)))
