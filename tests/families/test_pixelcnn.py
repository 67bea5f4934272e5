from itertools import product

import pytest
import torch

from gendiff.families import PixelCNN
from gendiff.families.pixelcnn import cross_entropy, generate, surprisal


def shaken(levels: int) -> PixelCNN:
    torch.manual_seed(0)
    model = PixelCNN(levels, width=8, depth=2, size=3)
    torch.nn.init.normal_(model.last.weight, std=0.5)
    return model.eval()


def test_no_pixel_sees_itself_or_what_follows() -> None:
    model = shaken(4)
    pixels = torch.randint(4, (1, 6, 6), generator=torch.Generator().manual_seed(0))
    before = model(pixels)
    for row, column in product(range(6), repeat=2):
        changed = pixels.clone()
        changed[0, row, column] = (changed[0, row, column] + 1) % 4
        moved = (model(changed) - before)[0].abs().sum(dim=0).flatten() > 0
        assert not moved[: 6 * row + column + 1].any()


def test_it_does_see_the_row_above_and_the_left_neighbour() -> None:
    model = shaken(4)
    pixels = torch.zeros(1, 6, 6, dtype=torch.int64)
    for row, column in ((1, 2), (2, 1), (1, 3)):
        changed = pixels.clone()
        changed[0, row, column] = 3
        assert (model(changed) - model(pixels))[0, :, 2, 2].abs().max() > 1e-6


@torch.no_grad()
def test_probabilities_of_all_images_sum_to_one() -> None:
    model = shaken(2)
    images = torch.tensor(list(product(range(2), repeat=9))).reshape(-1, 3, 3)
    total = (-surprisal(model, images).double().flatten(1).sum(dim=1)).exp().sum()
    assert float(total) == pytest.approx(1, abs=1e-5)


@torch.no_grad()
def test_samples_follow_the_distribution() -> None:
    model = shaken(2)
    images = torch.tensor(list(product(range(2), repeat=4))).reshape(-1, 2, 2)
    exact = (-surprisal(model, images).flatten(1).sum(dim=1)).exp()
    n = 20_000
    drawn = generate(model, n, torch.Generator().manual_seed(0), height=2, width=2)
    which = (drawn.flatten(1) * torch.tensor([8, 4, 2, 1])).sum(dim=1)
    seen = torch.bincount(which, minlength=16) / n
    assert float((seen - exact).abs().sum() / 2) < 0.02


def test_loss_is_the_mean_surprisal() -> None:
    model = PixelCNN(5, width=8, depth=1)
    pixels = torch.randint(5, (3, 7, 4))
    loss = cross_entropy(model, (pixels,), torch.Generator())
    torch.testing.assert_close(loss, torch.full((3,), 5.0).log())
