"""Everything public survives pickling: same results, equal, and equally hashed."""

import copy
import io
import pickle
import runpy
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gendiff.applied import Applied
from gendiff.frames import FLOW
from gendiff.levels import log_normal, stratified
from gendiff.nets import MLP
from gendiff.noise import seeded
from gendiff.objectives import Objective, edm_weight
from gendiff.precondition import Preconditioned
from gendiff.training import Average, Power

factories = runpy.run_path(str(Path(__file__).with_name("factories.py")))
TABLE, made = factories["TABLE"], factories["made"]
STREAMS = factories["STREAMS"]


def parts(thing: Any) -> Any:  # noqa: PLR0911
    """Return what an object is made of, as lists and mappings of simpler things."""
    match thing:
        case np.ndarray():
            return torch.as_tensor(thing)
        case torch.Generator():
            return thing.get_state()
        case partial():
            return thing.func, thing.args, thing.keywords
        case nn.Module():
            plain = {k: v for k, v in vars(thing).items() if not k.startswith("_")}
            children = dict(thing.named_children())
            return plain, children, dict(thing.state_dict())
        case _ if is_dataclass(thing):
            return {f.name: getattr(thing, f.name) for f in fields(thing)}
        case _ if plain_object(thing):
            return vars(thing)
        case _:
            return thing


def plain_object(thing: Any) -> bool:
    """Tell whether an object is of a class that doesn't say what equality is."""
    if isinstance(thing, type) or hasattr(thing, "__qualname__"):
        return False
    return type(thing).__eq__ is object.__eq__ and hasattr(thing, "__dict__")


def same(one: Any, other: Any) -> bool:
    """Compare objects part by part, tensors by value and streams by their state."""
    if type(one) is not type(other):
        return False
    one, other = parts(one), parts(other)
    match one:
        case Tensor():
            return one.dtype == other.dtype and torch.equal(one, other)
        case tuple() | list():
            return len(one) == len(other) and all(map(same, one, other))
        case Mapping():
            return one.keys() == other.keys() and all(
                same(one[key], other[key]) for key in one
            )
        case _:
            return bool(one == other)


def compared(value: Any) -> bool:
    """Tell whether `==` has an answer: tensors have none, networks are themselves."""
    match value:
        case Tensor() | np.ndarray() | nn.Module() | torch.Generator():
            return False
        case Applied():
            return True
        case tuple() | list():
            return all(map(compared, value))
        case Mapping():
            return all(map(compared, value.values()))
        case _ if is_dataclass(value):
            return all(compared(getattr(value, f.name)) for f in fields(value))
        case _:
            return type(value).__eq__ is not object.__eq__ or callable(value)


def test_the_table_has_all_that_is_public() -> None:
    public = set(factories["public"]())
    known = TABLE.keys() | factories["NO_ARGUMENTS"].keys() | factories["EXEMPT"].keys()
    assert public - known == set(), "add it to tests/kinds/factories.py"
    assert known - public == set(), "it is no longer there"


@pytest.mark.parametrize("name", TABLE)
def test_what_is_pickled_is_the_same(name: str) -> None:
    use = TABLE[name][2:]
    thing = made(name, 0)
    there = pickle.loads(pickle.dumps(thing))  # noqa: S301
    assert same(thing, there)
    assert not same(made(name, 1), there)
    assert same(made(name, 0), there)
    if compared(thing) and name not in STREAMS:
        assert there == thing == made(name, 0)
        assert thing != made(name, 1)
        if type(thing).__hash__ is not None:
            assert hash(there) == hash(thing) == hash(made(name, 0))
    for ask in use:
        assert same(ask(there), ask(thing))


@pytest.mark.parametrize("name", TABLE)
def test_torch_saves_it_and_copies_are_the_same(name: str) -> None:
    thing = made(name, 0)
    assert same(copy.deepcopy(thing), thing)
    file = io.BytesIO()
    torch.save(thing, file)
    file.seek(0)
    assert same(torch.load(file, weights_only=False), thing)


@pytest.mark.parametrize("name", factories["NO_ARGUMENTS"])
def test_what_there_is_one_of_is_pickled_too(name: str) -> None:
    thing = factories["NO_ARGUMENTS"][name]()
    assert same(pickle.loads(pickle.dumps(thing)), thing)  # noqa: S301


def test_streams_go_on_where_they_were() -> None:
    noise = seeded(torch.Generator().manual_seed(1))
    noise(torch.zeros(3))
    there = pickle.loads(pickle.dumps(noise))  # noqa: S301
    assert torch.equal(noise(torch.zeros(3)), there(torch.zeros(3)))


def test_an_average_goes_on_with_its_network() -> None:
    model = MLP(2, 8, 1)
    average = Average(model)
    average.update(model, 0.5)
    there = pickle.loads(pickle.dumps(average))  # noqa: S301
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    for each in (average, there):
        each.update(model, Power(0.1)(5))
    assert same(there.model, average.model)
    # The network itself isn't taken along.
    alone = len(pickle.dumps(Average(model)))
    assert len(pickle.dumps(average)) < 1.1 * alone


def test_a_network_and_its_objective_are_used_in_a_fresh_process(
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    net = Preconditioned(MLP(2, 8, 1), data_std=0.5, frame=FLOW)
    objective = Objective(stratified(log_normal(0.0, 1.0)), edm_weight(0.5))
    torch.save((net, objective), tmp_path / "saved.pt")
    text = """
import sys, torch
torch.set_num_threads(1)
net, objective = torch.load(sys.argv[1], weights_only=False)
losses = objective(net, (torch.ones(4, 2),), torch.Generator().manual_seed(0))
print(losses.tolist())
"""
    command = [sys.executable, "-c", text, str(tmp_path / "saved.pt")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    here = objective(net, (torch.ones(4, 2),), torch.Generator().manual_seed(0))
    assert said.strip() == str(here.tolist())
