"""The processes of a run: each holds the whole network, and all are at one step."""

from accelerate import Accelerator
from accelerate.utils import (
    DistributedType,
    broadcast_object_list,
    gather_object,
)

PARALLEL = {DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU}
"""Ways to launch that leave the network whole."""


def check_launch(accelerator: Accelerator, /) -> None:
    """Refuse what the training loop does not do.

    Raises:
        ValueError: If the network would be split, or all networks have one precision.
    """
    if accelerator.distributed_type not in PARALLEL:
        raise ValueError(
            f"accelerator is of type {accelerator.distributed_type.value}; here every "
            "process holds the whole network: launch with --multi_gpu or --cpu"
        )
    if accelerator.mixed_precision != "no":
        raise ValueError(
            f"accelerator has mixed precision {accelerator.mixed_precision}, one for "
            "all networks of a process; leave it 'no' and set Plan(precision='bf16')"
        )


def agreed(seconds: float, accelerator: Accelerator, /) -> float:
    """Return the seconds of the first process, so that all stop at the same step."""
    if accelerator.num_processes == 1:
        return seconds
    return broadcast_object_list([seconds])[0]


def check_same_step(step: int, /) -> None:
    """Compare the steps at which the processes would go on.

    Raises:
        ValueError: If they differ.
    """
    steps: list[int] = gather_object([step])
    if len(set(steps)) > 1:
        raise ValueError(
            f"the processes would resume at steps {steps}; give a folder that all "
            "of them see"
        )
