"""Plans: how long a training run is, and how its learning rate moves.

The learning rate rises along a line over the first few per cent of the budget and then
follows a decay, both in the fraction of the budget that is used. So one plan means the
same at 100 steps, at 100,000, and in a minute.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from numbers import Integral, Real
from types import MethodType
from typing import Any, Literal, cast

import torch
from torch import nn

from gendiff.training.ema import Exponential, Profile

Precision = Literal["no", "bf16"]

_USUAL = Exponential(0.999)


def cosine(done: float, /) -> float:
    """Fall from 1 to 0 along half a cosine."""
    return (1 + math.cos(math.pi * done)) / 2


def linear(done: float, /) -> float:
    """Fall from 1 to 0 along a line."""
    return 1 - done


def constant(_: float, /) -> float:
    """Stay at 1."""
    return 1.0


def adamw(model: nn.Module, plan: "Plan", /) -> torch.optim.AdamW:
    """Return the optimiser of `plan` for the parameters of `model`.

    Raises:
        ValueError: If none requires a gradient.

    References:
        Loshchilov and Hutter (2017), arXiv:1711.05101, algorithm 2.
    """
    found = groups(model, plan)
    return torch.optim.AdamW(
        found,
        # A memory of 100 steps for the second moment: runs here are short.
        betas=(0.9, 0.99),
        fused=found[0]["params"][0].device.type in {"cpu", "cuda", "mps", "xpu"},
    )


def groups(model: nn.Module, plan: "Plan", /) -> list[dict[str, Any]]:
    """Return the parameters to train: those whose weights decay, and the others.

    Raises:
        ValueError: If none requires a gradient.
    """
    trained = [p for p in model.parameters() if p.requires_grad]
    if not trained:
        raise ValueError("no parameter requires a gradient; unfreeze some")
    decayed = [p for p in trained if p.ndim > 1 and plan.weight_decay]
    spared = [p for p in trained if p.ndim <= 1 or not plan.weight_decay]
    found: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": plan.weight_decay},
        {"params": spared, "weight_decay": 0.0},
    ]
    return [group for group in found if group["params"]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long to train, and how. Give `steps` or `seconds`; only steps are repeatable.

    Raises:
        ValueError: If a value makes no sense; the message says which and what would.
    """

    steps: int | None = None
    seconds: float | None = None
    learning_rate: float = 1e-3
    warm_up: float = 0.05
    """Fraction of the budget over which the learning rate rises from 0."""
    decay: Callable[[float], float] = cosine
    """Factor of the learning rate when the given fraction of the budget is done."""
    clip: float = 1.0
    """Largest norm of the gradient; `math.inf` leaves it alone."""
    weight_decay: float = 0.0
    """Of matrices, kernels and embeddings; biases and gains are left alone."""
    average: Profile = _USUAL
    optimiser: Callable[[nn.Module, "Plan"], torch.optim.Optimizer] = adamw
    """What makes steps of gradients, for a network under this plan."""
    save_every: int = 500
    """Steps between checkpoints: what a killed run loses at most."""
    seed: int = 0
    precision: Precision = "no"
    """`"bf16"` runs the loss under autocast; see `gendiff.training.precision`."""

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.seconds is None):
            raise ValueError(
                f"steps={self.steps}, seconds={self.seconds}: give exactly one budget"
            )
        budget = 1 if self.steps is None else self.steps
        seconds = 1.0 if self.seconds is None else self.seconds
        rules: dict[str, tuple[bool, str]] = {
            "steps": (_counts(budget), "a whole number, at least 1"),
            "seconds": (0 < seconds < math.inf, "a positive number"),
            "learning_rate": (0 < self.learning_rate < math.inf, "such as 1e-3"),
            "warm_up": (0 <= self.warm_up < 1, "a fraction of the budget in [0, 1)"),
            "clip": (self.clip > 0, "a positive norm, or math.inf"),
            "weight_decay": (0 <= self.weight_decay < math.inf, "0 or more"),
            "save_every": (_counts(self.save_every), "a whole number, at least 1"),
            "precision": (self.precision in {"no", "bf16"}, "'no' or 'bf16'"),
        }
        for name, (good, remedy) in rules.items():
            if not good:
                raise ValueError(f"{name} is {getattr(self, name)!r}; give {remedy}")

    def used(self, step: int, seconds: float, /) -> float:
        """Return the fraction of the budget that is used, above 1 when overrun."""
        if self.steps is not None:
            return step / self.steps
        return seconds / (self.seconds or 1.0)

    def middle(self, step: int, seconds: float, /) -> float:
        """Return the fraction used when a step is taken: its middle, or by the clock.

        So neither the first nor the last step has a learning rate of 0.
        """
        if self.steps is not None:
            return (step + 0.5) / self.steps
        return min(self.used(step, seconds), 1.0)

    def rate(self, done: float, /) -> float:
        """Return the learning rate when the fraction `done` of the budget is used."""
        rise = min(1.0, done / self.warm_up) if self.warm_up else 1.0
        return self.learning_rate * rise * self.decay(done)

    def describe(self) -> dict[str, Any]:
        """Return what a resumed run must share with the one that was stopped.

        Raises:
            ValueError: If `decay` or `average` could not be told from another one by a
                later process; the message says what could.
        """
        return {
            field.name: _plain(getattr(self, field.name), field.name)
            for field in fields(self)
            if field.name != "save_every"
        }


def _counts(number: object) -> bool:
    return isinstance(number, Integral) and int(number) >= 1


def _plain(value: object, name: str) -> int | float | str | None:
    """Return `value` as JSON keeps it: a number, a text, or what a function is.

    Equal for what does the same, also in another process, so never with an address.
    """
    keywords: dict[str, Any] = {}
    match value:
        case None | str():
            return value
        case Real():  # those of numpy too
            return int(value) if isinstance(value, Integral) else float(value)
        case partial():
            what, args = _plain(value.func, name), value.args
            keywords = value.keywords
        case MethodType():
            what, args = f"method {value.__name__} of ", (value.__self__,)
        case tuple() | list():
            what, args = "", cast("Sequence[object]", value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            what, args = _name(type(value), name), ()
            keywords = {part.name: getattr(value, part.name) for part in fields(value)}
        case _:
            return _name(value, name)
    given = [repr(_plain(part, name)) for part in args]
    given += [f"{key}={_plain(part, name)!r}" for key, part in keywords.items()]
    return f"{what}({', '.join(given)})"


def _name(value: object, name: str) -> str:
    """Return the name of a function or class, with its module if it isn't ours."""
    inner = str(getattr(value, "__qualname__", "<nameless>"))
    if "<" in inner:  # <lambda>, <locals>: many share one name
        raise ValueError(
            f"{name} holds {value!r}, which a later process could not tell from "
            "another when it resumes; with a folder, give a function of a module or "
            "cell, a functools.partial of one, or a frozen dataclass with __call__"
        )
    module = str(getattr(value, "__module__", ""))
    return inner if module.partition(".")[0] == "gendiff" else f"{module}.{inner}"
