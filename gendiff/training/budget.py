"""The budget of a run, in steps or seconds, and the fraction of it that is used."""

from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from gendiff.training.plan import Plan


def used(plan: Plan, step: int, seconds: float, /) -> float:
    """Return the fraction of the budget that is used, above 1 if time was overrun."""
    if plan.steps is not None:
        return step / plan.steps
    return seconds / (plan.seconds or 1.0)


def middle(plan: Plan, step: int, done: float, /) -> float:
    """Return the fraction in the middle of the next step, as far as it is known.

    There, neither the first nor the last step has a learning rate of 0.
    """
    return done if plan.steps is None else (step + 0.5) / plan.steps


def agreed(plan: Plan, seconds: float, accelerator: Accelerator, /) -> float:
    """Return the seconds of the first process, if these are the budget of several."""
    if plan.steps is None and accelerator.num_processes > 1:
        return broadcast_object_list([seconds])[0]  # all stop at the same step
    return seconds
