import pytest
import torch

from gendiff.audio import WaveNet
from gendiff.audio.wavenet import cross_entropy


def shaken(levels: int = 8, dilations: tuple[int, ...] = (1, 2, 4)) -> WaveNet:
    torch.manual_seed(0)
    model = WaveNet(levels, dilations=dilations, width=6, skip=8)
    torch.nn.init.normal_(model.last.weight, std=0.7)
    return model.double().eval().requires_grad_(requires_grad=False)


def codes(b: int, n: int, levels: int = 8) -> torch.Tensor:
    return torch.randint(levels, (b, n), generator=torch.Generator().manual_seed(1))


def test_receptive_field_is_exact() -> None:
    model = shaken()
    assert model.receptive_field == 8
    x = codes(1, 20)
    for place in range(20):
        changed = x.clone()
        changed[0, place] = (changed[0, place] + 3) % 8
        moved = (model(changed) - model(x))[0].abs().sum(dim=0) > 1e-12
        # Logit i sees the codes i .. i + 7.
        expected = [i <= place <= i + 7 for i in range(13)]
        assert moved.tolist() == expected


def test_what_is_read_in_parts_is_read_as_a_whole() -> None:
    model = shaken(dilations=(1, 2, 4, 1, 2, 4))
    x = codes(3, 60)
    start = model.receptive_field + 2
    whole = model(x)[..., 2:]
    logits, state = model.read(x[:, :start], ())
    torch.testing.assert_close(logits, whole[..., 0], rtol=0, atol=1e-12)
    for place in range(start, 60 - 5):
        logits, state = model.read(x[:, place : place + 1], state)
        expected = whole[..., place - start + 1]
        torch.testing.assert_close(logits, expected, rtol=0, atol=1e-12)
    logits, state = model.read(x[:, -5:], state)
    torch.testing.assert_close(logits, whole[..., -1], rtol=0, atol=1e-12)


def test_a_state_may_be_read_on_from_twice() -> None:
    model, x = shaken(), codes(2, 8)
    _, state = model.read(x, ())
    first, other = (model.read(x[:, :1] * 0 + k, state)[0] for k in (0, 5))
    again, _ = model.read(x[:, :1] * 0, state)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_loss_counts_the_codes_after_the_field() -> None:
    model = WaveNet(8, dilations=(1, 2), width=4, skip=4)
    loss = cross_entropy(model, (codes(3, 10),), torch.Generator())
    torch.testing.assert_close(loss, torch.full((3,), 8.0).log())


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="give numbers from 1"):
        WaveNet(8, dilations=())
    with pytest.raises(ValueError, match="sees 8"):
        shaken()(codes(1, 7))
    with pytest.raises(ValueError, match="sees 8"):
        shaken().read(codes(1, 7), ())
