"""The same chapters under several seeds: how far do the numbers spread?

A page shows seed 0. A sweep runs the other seeds too and writes, beside the numbers of
seed 0, the standard deviation over the seeds. Where a chapter already repeats a
measurement inside one run, its own spread stays.
"""

import asyncio
import statistics
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from gendiff.book import results
from gendiff.book.execute import Outcome, Plan
from gendiff.book.process import BEAT, Job, Ran, Runner, Watch, isolate
from gendiff.book.results import Results
from gendiff.book.schedule import run

ANSWER = 10.0
"""Seconds in which a scheduler answers, if it is one."""


def sweep(
    plan: Plan, chapters: list[str], seeds: list[int], *, jobs: int | None = None
) -> list[Outcome]:
    """Execute chapters under every seed and write the spread into the results.

    A chapter that fails under a seed gets no spread.

    Raises:
        ValueError: If there are fewer than two seeds.
    """
    if len(set(seeds)) < 2:
        raise ValueError(f"seeds {seeds}: a spread takes two seeds or more")
    outcomes = [
        outcome
        for seed in seeds
        for outcome in run(replace(plan, seed=seed), chapters, jobs=jobs)
    ]
    names = [replace(plan, seed=seed).variant for seed in seeds]
    # What lies there for a seed that failed now is from another time.
    failed = {each.chapter for each in outcomes if each.trouble or each.stopped}
    for chapter in [each for each in chapters if each not in failed]:
        found = [results.read(plan.book.results(chapter, name)) for name in names]
        whole = [result for result in found if result is not None]
        if len(whole) == len(seeds):
            results.save(plan.book.results(chapter, names[0]), over_seeds(whole))
    return outcomes


def over_seeds(runs: list[Results]) -> Results:
    """Return the first run with the spread of its claims over all runs."""
    first = runs[0]
    others = [{claim["id"]: claim for claim in run["claims"]} for run in runs]
    claims = [
        spread(claim, [other[claim["id"]] for other in others if claim["id"] in other])
        for claim in first["claims"]
    ]
    return first | {"seeds": [run["seeds"][0] for run in runs], "claims": claims}


def spread(claim: dict[str, Any], repeated: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a claim with the spread of what it measured, where it had none."""
    own = claim["spread"]
    over = {
        name: deviation([each["measured"].get(name) for each in repeated])
        if own.get(name) is None
        else own[name]
        for name in claim["measured"]
    }
    verdicts = {each["verdict"] for each in repeated}
    agree = {} if len(verdicts) == 1 else {"verdicts": sorted(verdicts)}
    return claim | {"spread": over, "n": claim["n"] or len(repeated)} | agree


def deviation(values: list[float | None]) -> float | None:
    """Return the standard deviation over seeds, or nothing where a seed lacks it."""
    known = [value for value in values if value is not None]
    return statistics.stdev(known) if 2 <= len(known) == len(values) else None


def there(job: Job) -> Ran:
    """Execute a notebook on a worker of a cluster."""
    return isolate(job, Watch())


@contextmanager
def on_cluster(address: str) -> Generator[Runner]:
    """Yield a runner that executes notebooks on the workers of a dask cluster.

    `local` starts a cluster on this machine. The workers need the same environment
    and `GENDIFF_ROOT`, where the package is not installed from a checkout; the store
    and the results stay on this side.

    Raises:
        ValueError: If dask is not installed, or nothing of its answers at the address.
    """
    try:
        from distributed import Client  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise ValueError(
            "--scheduler needs dask: pip install 'gendiff[cluster]'"
        ) from error
    options: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": None}
    if address != "local":
        asyncio.run(reach(address))
    with Client(**options) if address == "local" else Client(address) as client:
        if not client.ncores():
            print(f"{address} has no workers yet; the pages wait for them", flush=True)

        def runner(job: Job, watch: Watch) -> Ran:
            task = client.submit(there, job, pure=False)
            while not task.done() and not watch.stop.wait(BEAT):
                watch.busy = time.monotonic()  # from here nobody sees what it does
            if not task.done():
                task.cancel()
                return Ran("", 0.0, stopped=True)
            try:
                return task.result()
            except Exception as error:  # noqa: BLE001 -- a dead worker has many faces
                name = type(error).__name__
                return Ran("", 0.0, trouble=f"the cluster lost it: {name}: {error}")

        yield runner


async def reach(address: str) -> None:
    """Refuse an address at which no part of dask answers, within seconds.

    A client that is made for such an address tries for half a minute, and dies noisily.

    Raises:
        ValueError: If none does.
    """
    from distributed.comm.core import connect  # noqa: PLC0415 -- an extra
    from distributed.security import Security  # noqa: PLC0415

    secrets: Any = Security().get_connection_args("client")
    try:
        comm = await connect(address, timeout=ANSWER, **secrets)
    except (OSError, ValueError) as error:
        why = str(error.__cause__ or error) or "it took too long"
        raise ValueError(
            f"no dask scheduler answers at {address!r} ({why}); start one with "
            "`dask scheduler` and give the address that it prints, or take "
            "--scheduler local"
        ) from error
    comm.abort()
