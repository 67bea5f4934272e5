"""The reader of noisy sequences: it sees both sides, labels, levels and itself."""

import pytest
import torch
from torch import Tensor, nn

from gendiff.tokens.reader import Reader

V, N, D = 3, 6, 4


def built(**optional: int) -> Reader:
    torch.manual_seed(0)
    model = Reader(V, width=16, depth=2, heads=2, **optional)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model.requires_grad_(requires_grad=False)


def tokens(n: int = 4, /) -> Tensor:
    return torch.randint(V + 1, (n, N), generator=torch.Generator().manual_seed(1))


def vectors(seed: int = 1, /) -> Tensor:
    return torch.randn(4, N, D, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("reach", [0, 1, 3])
def test_a_token_changes_all_logits(reach: int) -> None:
    model, x = built(reach=reach), tokens()
    logits = model(x)
    assert logits.shape == (4, N, V)
    for place in range(N):
        changed = x.clone()
        changed[:, place] = (x[:, place] + 1) % (V + 1)
        assert ((model(changed) - logits).abs().amax((0, 2)) > 1e-4).all()


def test_a_fresh_network_knows_nothing() -> None:
    assert not Reader(V, reach=3)(tokens()).any()


def test_the_convolution_is_centred() -> None:
    model = built(reach=3)
    assert model.tokens is not None
    assert model.nearby is not None
    h = model.tokens(torch.tensor([[0, V, 2]]))
    before, now, after = model.nearby.weight.unbind(2)
    near = model.nearby.bias + h @ now.T
    near[:, 1:] += h[:, :-1] @ before.T
    near[:, :-1] += h[:, 1:] @ after.T
    expected = model.last(model.body(h + near))
    torch.testing.assert_close(model(torch.tensor([[0, V, 2]])), expected)
    with pytest.raises(ValueError, match="reach is 4"):
        Reader(V, reach=4)


def test_a_label_matters_and_the_one_after_the_last_is_unknown() -> None:
    model, x = built(classes=2, dimensions=D), vectors()
    cats, dogs, unknown = (model(x, label=torch.full((4,), k)) for k in range(3))
    assert (cats - dogs).abs().min() > 1e-6
    assert torch.equal(model(x), unknown)
    assert torch.equal(model(x, label=torch.tensor([1])), dogs)
    with pytest.raises(ValueError, match="without classes"):
        built()(tokens(), label=torch.zeros(4).long())
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        model(x, label=torch.zeros(3).long())


def test_a_level_is_a_condition_of_each_sequence() -> None:
    model, x = built(levels=8), tokens()
    levels = torch.tensor([0.1, 0.5, 0.9, 0.5])
    found = model(x, levels)
    torch.testing.assert_close(found[1:2], model(x[1:2], torch.tensor(0.5)))
    assert (model(x, torch.tensor(0.1)) - found)[1:].abs().amax((1, 2)).min() > 1e-4
    with pytest.raises(ValueError, match="needs a noise level"):
        model(x)
    with pytest.raises(ValueError, match="takes no noise level"):
        built()(x, levels)


def test_a_prediction_is_read_along_and_zeros_are_none() -> None:
    model, x = built(dimensions=D), vectors()
    alone = model(x)
    assert torch.equal(model(x, before=torch.zeros_like(x)), alone)
    assert (model(x, before=vectors(2)) - alone).abs().amax((0, 2)).min() > 1e-4
    with pytest.raises(ValueError, match="no prediction"):
        built()(tokens(), before=vectors())
