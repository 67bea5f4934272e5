"""A restorer that knows the clean drawing restores it, in one step or in many."""

import pytest
import torch

from gendiff.nets import UNet
from gendiff.studies.perspectives import restorations
from gendiff.studies.perspectives.restorations import Restorer, Restoring


def drawings() -> torch.Tensor:
    return torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_degradations() -> None:
    x, generator = drawings(), torch.Generator().manual_seed(1)
    blurred = restorations.blurred(x, generator)
    torch.testing.assert_close(blurred.mean((2, 3)), x.mean((2, 3)))
    assert float(blurred.std()) < 0.4 * float(x.std())
    masked = restorations.masked(x, generator)
    assert torch.equal(masked[..., :4, :], x[..., :4, :])
    assert float(masked[..., 4:, :].abs().max()) == 0
    many = drawings().repeat(200, 1, 1, 1)
    noise = restorations.noised(many, generator) - many
    assert float(noise.std()) == pytest.approx(1, rel=0.02)


def test_the_loss_is_that_of_the_clean_drawing_on_the_straight_path() -> None:
    x0 = drawings()

    class Knows(torch.nn.Module):
        def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
            t = time.reshape(-1, 1, 1, 1)
            seen = (1 - t) * x0 + t * restorations.masked(x0, torch.Generator())
            torch.testing.assert_close(x, seen)
            return x0 + 0.5

    lesson = Restoring(restorations.masked, 0.0)
    losses = lesson(Knows(), (x0,), torch.Generator().manual_seed(2))
    torch.testing.assert_close(losses, torch.full((6,), 0.25))


def test_pairs_apart_are_of_other_drawings() -> None:
    x0, generator = drawings(), torch.Generator().manual_seed(2)
    apart = Restoring(restorations.masked, 0.0, apart=1).degraded(x0, generator)
    assert torch.equal(apart[1, :, :4], x0[0, :, :4])
    noisy = Restoring(restorations.masked, 0.1).degraded(x0, generator)
    assert float(noisy[..., 4:, :].std()) == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize("steps", [1, 5])
def test_who_knows_the_clean_drawing_arrives_there(steps: int) -> None:
    x0 = drawings()
    times: list[float] = []

    class Knows(torch.nn.Module):
        def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
            times.append(float(time[0]))
            return x0.to(x)

    found = restorations.restored(Knows(), torch.zeros_like(x0), steps)
    torch.testing.assert_close(found, x0)
    assert times == pytest.approx([1 - i / steps for i in range(steps)])


def test_an_untrained_restorer_leaves_a_drawing_alone() -> None:
    x0 = drawings()
    net = Restorer(UNet(1, widths=(8, 16), patch=2))
    torch.testing.assert_close(restorations.restored(net, x0, 3), x0)
