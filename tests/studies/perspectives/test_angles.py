"""What a network hears of two levels, how fast it moves, and which steps are drawn."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff import level
from gendiff.derivatives import pushed
from gendiff.distillation import TwoLevel
from gendiff.levels import among
from gendiff.studies.perspectives.angles import Angles, halves


class Heard(nn.Module):
    """Keeps what it was told."""

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        self.told = x, noise
        return torch.zeros_like(x[:, :2])


def test_both_levels_are_heard_as_angles() -> None:
    heard, x = Heard(), torch.randn(3, 2)
    TwoLevel(Angles(heard), data_std=2.0)(x, level(2.0), level(1.0))
    seen, noise = heard.told
    # In units of the data the levels are 1 and a half; there x has deviation sqrt(2).
    torch.testing.assert_close(seen[:, :2], x / (2 * math.sqrt(2)))
    torch.testing.assert_close(seen[:, 2], torch.full((3,), math.atan(0.5)))
    torch.testing.assert_close(noise, torch.full((3,), math.pi / 40))


@pytest.mark.parametrize("sigma", [0.1, 1.0, 1 + math.sqrt(2), 40.0])
def test_along_the_path_what_is_heard_moves_at_a_moderate_pace(sigma: float) -> None:
    heard = Heard()
    net = TwoLevel(Angles(heard), data_std=1.0)

    def told(s: Tensor) -> Tensor:
        net(torch.zeros(1, 2), s, level(0.05).float())
        return torch.cat([heard.told[0][:, 2], 10 * heard.told[1]])

    at = torch.tensor(sigma)
    end, angle = pushed(told, (at,), (at * (1 + at),))[1]
    pace = sigma * (1 + sigma) / (1 + sigma**2)
    assert float(angle) == pytest.approx(pace, rel=1e-4)
    assert pace < 1.2072
    # The destination does not move: what is left is rounding.
    assert float(end) == pytest.approx(0, abs=1e-6)


def test_steps_are_halves_of_the_path() -> None:
    draw = halves(among([0.7]), equal=0.25, low=0.01, high=40.0, times=2)
    sigma, to = draw(8_000, torch.Generator().manual_seed(0))
    same = sigma == to
    assert float(same.float().mean()) == pytest.approx(0.25, abs=0.02)
    torch.testing.assert_close(sigma[same], torch.full_like(sigma[same], 0.7))
    end, begin = math.atan(0.01), math.atan(40.0)
    start, stop = ((x[~same].atan() - end) / (begin - end) for x in (sigma, to))
    length = start - stop
    for part in (1.0, 0.5, 0.25):
        of = (length - part).abs() < 1e-4
        assert float(of.float().mean()) == pytest.approx(1 / 3, abs=0.02)
        places = (stop[of] / part).round()
        torch.testing.assert_close(stop[of] / part, places, rtol=0, atol=1e-3)
        for place in range(round(1 / part)):
            assert float((places == place).float().mean()) == pytest.approx(
                part, abs=0.03
            )


def test_refusals() -> None:
    with pytest.raises(ValueError, match="equal is 2"):
        halves(among([1.0]), equal=2.0, low=0.1, high=1.0, times=2)
    with pytest.raises(ValueError, match=r"from 0\.1 to 1\.0"):
        halves(among([1.0]), equal=0.5, low=1.0, high=0.1, times=2)
