"""The same pages under several root seeds: what the ledger's verdicts rest on.

A page shows one run, of seed 0. A sweep runs it under other root seeds and keeps what
each of them measured. The seeds follow from the chapter's criteria, so that nobody
picks them and a changed criterion is tried on fresh ones; seeds that somebody names are
for looking around, and a verdict on them counts as *explored*.
"""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from gendiff.book import record, results
from gendiff.book.execute import Outcome, Plan
from gendiff.book.process import BEAT, Job, Ran, Runner, Watch, isolate
from gendiff.book.results import Results
from gendiff.book.schedule import Task, run_tasks

ANSWER = 10.0
"""Seconds in which a scheduler answers, if it is one."""


def sweep(
    plan: Plan,
    pages: list[str],
    *,
    count: int = 3,
    seeds: list[int] | None = None,
    jobs: int | None = None,
) -> list[Outcome]:
    """Execute pages under several seeds and keep what each seed measured.

    A page that fails under a seed, or is stopped, gets no sweep.

    Args:
        plan: How to execute them.
        pages: Their names.
        count: How many of the seeds that follow from the criteria.
        seeds: Seeds of one's own, in place of those.
        jobs: How many runs at a time.

    Raises:
        ValueError: If there are fewer than two different seeds.
    """
    if seeds is not None and len(set(seeds)) < 2:
        raise ValueError(f"seeds {seeds}: a sweep takes two seeds or more")
    if seeds is None and count not in record.COUNTS:
        raise ValueError(f"--count {count}: a sweep takes 3, 5 or 10 of these seeds")
    pages = [page for page in pages if record.of_page(plan.book, page)]
    chosen = {p: seeds or record.seeds_of(plan.book, p, count) for p in pages}
    tasks = [Task(page, seed) for page in pages for seed in chosen[page]]
    found = run_tasks(plan, tasks, jobs=jobs)
    for page in pages:
        done = [found[Task(page, seed)] for seed in chosen[page]]
        if not any(each.trouble or each.stopped for each in done):
            collect(plan, page, chosen[page])
    return list(found.values())


def collect(plan: Plan, page: str, seeds: list[int]) -> None:
    """Keep together what the runs of a page under some seeds have measured.

    Raises:
        ValueError: If the results of a seed are not there.
    """
    runs: list[Results] = []
    for seed in seeds:
        path = plan.book.results(page, replace(plan, seed=seed).variant)
        result = results.read(path, Results)
        if result is None:
            raise ValueError(f"{path} is not there; run {page} with seed {seed} first")
        runs.append(result)
    names = dict.fromkeys(claim.id for run in runs for claim in run.claims)
    whole = {
        name: [run.by_id()[name] for run in runs if name in run.by_id()]
        for name in names
    }
    provenance = {
        "machines": sorted({run.machine for run in runs}),
        "devices": sorted({run.provenance.get("device", "cpu") for run in runs}),
        "versions": runs[0].provenance.get("versions", {}),
        "keys": [run.key for run in runs],
        "notebooks": [run.notebook for run in runs],
    }
    found = record.Sweep(
        seeds, {k: v for k, v in whole.items() if len(v) == len(seeds)}, provenance
    )
    results.save(record.swept(plan.book, page, plan.variant), found)


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
