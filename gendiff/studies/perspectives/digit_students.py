"""A student of the digit model: a copy that is also told where its step ends."""

import torch

from gendiff.distillation import TwoLevel
from gendiff.nets import UNet
from gendiff.precondition import Preconditioned
from gendiff.studies.digits import CLASSES


def copied(teacher: Preconditioned, widths: tuple[int, ...], /) -> TwoLevel:
    """Return a two-level denoiser that says what its teacher does, wherever it steps.

    Args:
        teacher: The digit model: a denoiser in the frame `ANGLE`.
        widths: Of its network.
    """
    weights = {name: x.clone() for name, x in teacher.net.state_dict().items()}
    # The new channel comes last, as many numbers as the other; it is not heard yet.
    stem = weights["stem.weight"]
    weights["stem.weight"] = torch.cat([stem, torch.zeros_like(stem)], dim=1)
    for name in ("last.weight", "last.bias"):
        weights[name] = -weights[name]  # see `TwoLevel`
    net = UNet(2, widths=widths, patch=2, classes=CLASSES, out=1)
    net.load_state_dict(weights)
    return TwoLevel(net, data_std=teacher.data_std)
