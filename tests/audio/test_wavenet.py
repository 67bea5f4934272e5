from itertools import product

import pytest
import torch

from gendiff.audio.wavenet import Stream, WaveNet, continue_, cross_entropy


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


def test_stream_equals_the_whole() -> None:
    model = shaken(dilations=(1, 2, 4, 1, 2, 4))
    x = codes(3, 60)
    start = model.receptive_field
    stream = Stream(model, x[:, :start])
    whole = model(x)
    torch.testing.assert_close(stream.logits, whole[..., 0], rtol=0, atol=1e-12)
    for place in range(start, 60):
        got = stream.read(x[:, place])
        expected = whole[..., place - start + 1]
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)


def test_samples_follow_the_conditionals() -> None:
    model = shaken(levels=2, dilations=(1,))
    n = 20_000
    start = codes(1, 2, 2).expand(n, 2)
    drawn = torch.stack(
        list(continue_(model, start, 3, torch.Generator().manual_seed(0))), dim=1
    )
    exact = []
    for tail in product(range(2), repeat=3):
        whole = torch.cat([start[:1], torch.tensor([tail])], dim=1)
        log_p = model(whole[:, :-1]).log_softmax(dim=1)[0]
        exact.append(sum(log_p[v, i] for i, v in enumerate(tail)).exp())
    seen = torch.bincount((drawn * torch.tensor([4, 2, 1])).sum(1), minlength=8) / n
    assert float(sum(exact)) == pytest.approx(1, abs=1e-9)
    assert float((seen - torch.stack(exact)).abs().sum() / 2) < 0.02


def test_shape_sees_the_logits() -> None:
    model = shaken()
    greedy = continue_(
        model, codes(2, 8), 5, torch.Generator(),
        shape=lambda logits: logits.masked_fill(
            logits < logits.max(dim=1, keepdim=True).values, -torch.inf
        ),
    )  # fmt: skip
    x = codes(2, 8)
    for code in greedy:
        assert torch.equal(code, model(x)[..., -1].argmax(dim=1))
        x = torch.cat([x, code[:, None]], dim=1)


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
        Stream(shaken(), codes(1, 7))
