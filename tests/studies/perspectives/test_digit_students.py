"""A student begins as its teacher, wherever its step ends."""

import torch
from torch import nn

from gendiff import level
from gendiff.studies import digits
from gendiff.studies.perspectives.digit_students import copied


def test_it_says_what_the_teacher_says() -> None:
    teacher = digits.denoiser((8, 16), 0.6)
    noise = torch.Generator().manual_seed(0)
    for weight in teacher.parameters():
        nn.init.normal_(weight, std=0.2, generator=noise)
    teacher.requires_grad_(requires_grad=False)
    student = copied(teacher, (8, 16)).requires_grad_(requires_grad=False)
    x = torch.randn(4, 1, 16, 16, generator=noise)
    label = torch.tensor([3, 0, 9, 10])
    said = teacher(x, level(0.7), label)
    assert float(said.std()) > 0.1
    torch.testing.assert_close(student(x, level(0.7), level(0.7), label), said)


def test_the_end_of_the_step_is_heard_once_the_new_channel_is() -> None:
    teacher = digits.denoiser((8, 16), 0.6)
    student = copied(teacher, (8, 16))
    weights = dict(student.named_parameters())
    nn.init.normal_(weights["net.last.weight"])
    x, sigma = torch.randn(2, 1, 16, 16), level(2.0)

    def net(to: float) -> torch.Tensor:
        unit = torch.cat([x, torch.full_like(x, to)], dim=1)
        return student.net(unit, sigma.float().expand(2))

    assert torch.equal(net(0.0), net(1.0))
    nn.init.normal_(weights["net.stem.weight"])
    assert not torch.equal(net(0.0), net(1.0))
