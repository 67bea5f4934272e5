"""Everything public has an identity: equal for equal arguments, another for others."""

import json
import pickle
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gendiff.book.identity import identity

FACTORIES = Path(__file__).with_name("factories.py")
factories = runpy.run_path(str(FACTORIES))
TABLE, made, STREAMS = (factories[name] for name in ("TABLE", "made", "STREAMS"))
REFUSED = {*STREAMS, "training.ema.Average"}  # what changes as it is used
IDENTIFIED = [name for name in TABLE if name not in REFUSED]


def read(name: str) -> Any:
    """Return what a factory makes, as it is after a journey to another process."""
    return pickle.loads(pickle.dumps(made(name, 0)))  # noqa: S301


@pytest.mark.parametrize("name", IDENTIFIED)
def test_equal_arguments_are_one_identity_and_others_another(name: str) -> None:
    here = identity(made(name, 0))
    assert identity(made(name, 0)) == here
    assert identity(read(name)) == here
    assert identity(made(name, 1)) != here


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_changes_as_it_is_used_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="which cannot enter a memo's key"):
        identity(made(name, 0))


@pytest.mark.parametrize("name", factories["NO_ARGUMENTS"])
def test_what_there_is_one_of_has_one_identity(name: str) -> None:
    make = factories["NO_ARGUMENTS"][name]
    assert identity(make()) == identity(make())


def test_a_fresh_process_finds_the_same_identities() -> None:
    text = """
import json, runpy, sys, torch
torch.set_num_threads(1)
from gendiff.book.identity import identity
there = runpy.run_path(sys.argv[1])
names = json.loads(sys.argv[2])
print(json.dumps({name: identity(there["made"](name, 0)) for name in names}))
"""
    command = [sys.executable, "-c", text, str(FACTORIES), json.dumps(IDENTIFIED)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    there = json.loads(said)
    here = {name: identity(made(name, 0)) for name in IDENTIFIED}
    assert [name for name in here if here[name] != there[name]] == []
    assert len(set(here.values())) >= len(here) - 20  # some make what others make
