"""The VQ-VAE: rounding, gradients, codebook."""

import pytest
import torch
from torch import nn

from gendiff.families import vq


@pytest.fixture
def model() -> vq.VQVAE:
    torch.manual_seed(0)
    model = vq.perceptron_vqvae(6, places=3, codes=5, code_dim=3, width=16)
    nn.init.normal_(model.codebook.weight)
    return model


X = torch.randn(40, 6, generator=torch.Generator().manual_seed(1))


def test_codes_are_the_nearest_entries(model: vq.VQVAE) -> None:
    out = model(X)
    distance = torch.cdist(out.encoded.flatten(0, 1), model.codebook.weight)
    assert torch.equal(out.code.flatten(), distance.argmin(1))
    assert torch.equal(out.entry, model.codebook.weight[out.code])
    torch.testing.assert_close(model.reconstruct(out.code), out.reconstruction)


def test_the_decoder_s_gradient_passes_straight_through(model: vq.VQVAE) -> None:
    out = model(X)
    entry = out.entry.detach().requires_grad_()
    (expected,) = torch.autograd.grad(model.decode(entry).square().sum(), entry)
    (passed,) = torch.autograd.grad(out.reconstruction.square().sum(), out.encoded)
    torch.testing.assert_close(passed, expected)


def test_each_term_moves_its_own_part(model: vq.VQVAE) -> None:
    generator = torch.Generator()
    with_commitment = vq.Commitment(beta=3.0)(model, (X,), generator)
    without = vq.Commitment(beta=0.0)(model, (X,), generator)
    out = model(X)
    gap = (out.encoded - out.entry).square().sum(dim=(1, 2))
    torch.testing.assert_close(with_commitment - without, 3 * gap)
    error = (out.reconstruction - X).square().sum(1)
    torch.testing.assert_close(without, error + gap)
    # The codebook learns from the second term alone: the mean pull of its vectors.
    (grad,) = torch.autograd.grad(without.sum(), model.codebook.weight)
    expected = torch.zeros_like(grad)
    pull = 2 * (out.entry - out.encoded).detach().flatten(0, 1)
    expected.index_add_(0, out.code.flatten(), pull)
    torch.testing.assert_close(grad, expected)


def test_start_puts_the_codebook_on_the_data(model: vq.VQVAE) -> None:
    model.start(X, torch.Generator().manual_seed(0))
    vectors = model.encoder(X).flatten(0, 1)
    assert torch.cdist(model.codebook.weight, vectors).min(1).values.max() < 1e-5
    assert vq.perplexity(model(X).code, 5) > 3
    with pytest.raises(ValueError, match="3 vectors cannot start 5"):
        model.start(X[:1], torch.Generator())


def test_training_lowers_the_error_and_uses_the_codebook(model: vq.VQVAE) -> None:
    centres = 2 * torch.randn(4, 6, generator=torch.Generator().manual_seed(2))
    x = centres.repeat(16, 1) + 0.05 * X[:1]
    model.start(x + 0.01 * torch.randn_like(x), torch.Generator().manual_seed(0))
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    before = (model(x).reconstruction - x).square().sum(1).mean()
    for _ in range(150):
        loss = vq.Commitment()(model, (x,), torch.Generator()).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (model(x).reconstruction - x).square().sum(1).mean() < 0.05 * before
    assert len(model(x).code.unique(dim=0)) == 4


def test_perplexity_counts_entries_in_use() -> None:
    assert vq.perplexity(torch.tensor([0, 1, 2, 3]), 8) == pytest.approx(4)
    assert vq.perplexity(torch.tensor([[2, 2], [2, 2]]), 8) == pytest.approx(1)
    assert vq.perplexity(torch.tensor([0, 0, 0, 1]), 2) == pytest.approx(
        1.7548, abs=1e-4
    )
