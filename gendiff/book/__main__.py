"""The command line: `python -m gendiff.book make | run | validate | check | ...`."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gendiff import cache
from gendiff.book import (
    build,
    check,
    device,
    overrides,
    record,
    repeat,
    results,
    schedule,
    seconds,
    sweep,
)
from gendiff.book.execute import Outcome, Plan, unverified
from gendiff.book.layout import Book, kept, known
from gendiff.book.notebooks import picture
from gendiff.book.validate import problems

Command = Callable[[argparse.Namespace, Book, list[str]], int]


def making(options: argparse.Namespace, book: Book, chapters: list[str]) -> int:
    """Execute what has changed, look at it, compare it, and render the book."""
    status = running(options, book, chapters)
    way = plan(options, book).variant
    ran = [chapter for chapter in chapters if book.executed(chapter, way).exists()]
    status = max(status, validating(options, book, ran), checking(options, book, ran))
    print("rendering the pages ...", flush=True)
    return max(status, building(options, book, chapters))


def running(options: argparse.Namespace, book: Book, chapters: list[str]) -> int:
    """Execute chapters that have changed."""
    chosen = plan(options, book)
    if not options.chapters:
        book.forget(chosen.variant)
    if options.changed:
        chapters = unverified(chosen, chapters)
    jobs = positive(options.jobs)
    done = schedule.run(chosen, chapters, jobs=jobs, within=options.within)
    if not chosen.overrides and (chosen.device == "cpu" or chosen.preset == "gpu"):
        cold = {outcome.chapter: outcome.seconds for outcome in done if outcome.cold}
        seconds.keep(book, chosen.variant, cold)
    return ended(done)


def positive(jobs: int | None) -> int | None:
    """Refuse a number of jobs that runs nothing."""
    if jobs is not None and jobs < 1:
        raise ValueError(f"--jobs {jobs}; at least one page runs at a time")
    return jobs


def plan(options: argparse.Namespace, book: Book) -> Plan:
    """Return the plan that the options describe."""
    return Plan(
        book,
        options.preset,
        getattr(options, "seed", 0),
        {name: overrides.parse(word) for name, word in options.overrides},
        memo=not options.no_memo,
        device=device.resolve(options.device, options.preset),
    )


def ended(outcomes: list[Outcome]) -> int:
    """Say at the end what failed, and return the exit status."""
    failures = [outcome.chapter for outcome in outcomes if outcome.trouble]
    stopped = [outcome.chapter for outcome in outcomes if outcome.stopped]
    if failures:
        print(f"FAILED  {', '.join(failures)}: see above why", file=sys.stderr)
    if stopped:
        print(f"not run within the time given: {', '.join(stopped)}")
    if not failures:
        fresh = sum(not (outcome.stored or outcome.stopped) for outcome in outcomes)
        print(f"{len(outcomes) - len(stopped)} up to date, {fresh} of them run now")
    return 1 if failures else 0


def validating(options: argparse.Namespace, book: Book, chapters: list[str]) -> int:
    """Look once more at what every executed notebook shows."""
    wrong = build.missing(book, chapters, options.preset)
    for chapter in chapters:
        done = kept(book.executed(chapter, options.preset))
        if done is not None:
            claims = results.expected(book, chapter)
            wrong += [f"{chapter}: {text}" for text in problems(done, claims=claims)]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


def repeating(options: argparse.Namespace, book: Book, chapters: list[str]) -> int:
    """Execute notebooks a second time, nothing kept, and compare cell by cell."""
    jobs = positive(options.jobs) or schedule.workers()
    return repeat.repeat(book, chapters, options.preset, jobs=jobs)


def checking(options: argparse.Namespace, book: Book, chapters: list[str]) -> int:
    """Compare fresh results with the recorded ones."""
    if not options.chapters:  # then what ran is meant
        ran = [c for c in chapters if book.results(c, options.preset).exists()]
        if left := sorted(set(chapters) - set(ran)):
            print(f"not run here, so not compared: {', '.join(left)}")
        chapters = ran
    found = check.check(book, chapters, options.preset)
    for finding in found:
        print(finding)
    grave = [finding for finding in found if finding.grave]
    if grave and not (options.strict or check.strict()):
        print("These are warnings here; CI=true or --strict makes them errors.")
        return 0
    return 1 if grave else 0


def recording(options: argparse.Namespace, book: Book, chapters: list[str]) -> int:
    """Copy fresh results into the repository."""
    print("\n".join(record.record(book, chapters, options.preset)))
    seconds.record(book)
    return 0


def building(options: argparse.Namespace, book: Book, chapters: list[str]) -> int:
    """Render what ran as a site, and say which pages are not whole."""
    site = build.build(book, chapters, options.preset, into=options.into)
    print(f"\n{site}")
    return 1 if site.failed else 0


def caching(options: argparse.Namespace, *_: object) -> int:
    """Say where everything is kept that can be made again, or empty it."""
    if options.empty:
        cache.empty()
    for part, size in cache.sizes().items():
        print(f"{size / 1e6:8.1f} MB  {cache.root() / part}")
    return 0


def picturing(options: argparse.Namespace, book: Book, chapters: list[str]) -> int:
    """Write one figure of an executed chapter to a file, such as the README's."""
    done = kept(book.executed(chapters[0], options.preset))
    if done is None:
        raise ValueError(f"{chapters[0]} was not executed with {options.preset!r} yet")
    options.into.write_bytes(picture(done, options.figure))
    return 0


def sweeping(options: argparse.Namespace, book: Book, chapters: list[str]) -> int:
    """Execute chapters under several seeds."""
    chosen = plan(options, book)
    how = {"count": options.count, "seeds": options.seeds, "jobs": options.jobs}
    if not options.scheduler:
        return ended(sweep.sweep(chosen, chapters, **how))
    with sweep.on_cluster(options.scheduler) as runner:
        there = replace(chosen, runner=runner)
        return ended(sweep.sweep(there, chapters, **how))


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    main = argparse.ArgumentParser(prog="python -m gendiff.book", description=__doc__)
    commands = main.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=command.__doc__)
        made.add_argument("chapters", nargs="*", help="such as autoencoders; else all")
        made.add_argument("--preset", default="cpu", help="smoke, cpu or gpu")
        made.set_defaults(command=command)
        return made

    def executes(made: argparse.ArgumentParser) -> None:
        made.add_argument(
            "--jobs", type=int, help="pages at a time; else as cores and memory allow"
        )
        made.add_argument(
            "--device", help="auto, cpu, cuda or mps; else cpu, for preset gpu auto"
        )
        made.add_argument(
            "--no-memo", action="store_true", help="read nothing that was kept"
        )

    def varies(made: argparse.ArgumentParser) -> None:
        made.add_argument(
            *("-p", "--override"),
            dest="overrides",
            nargs=2,
            action="append",
            default=[],
            metavar=("SIZE", "VALUE"),
            help="another size than the preset's, of the pages named without sections",
        )

    def once(made: argparse.ArgumentParser) -> None:
        executes(made)
        varies(made)
        made.add_argument("--seed", type=int, default=0)
        made.add_argument(
            "--changed",
            action="store_true",
            help="only chapters whose recorded results were made from other code",
        )
        made.add_argument(
            "--within",
            type=float,
            metavar="SECONDS",
            help="begin nothing after that long, stop what runs, and list it",
        )

    once(add("run", running))
    made = add("make", making)
    executes(made)
    made.set_defaults(overrides=[], changed=False, within=None)
    made.add_argument("--strict", action="store_true")
    made.add_argument("--into", type=Path, help="folder whose _build/html is the site")
    made = add("sweep", sweeping)
    executes(made)
    varies(made)
    made.add_argument(
        "--count", type=int, default=3, help="how many seeds, derived from the criteria"
    )
    made.add_argument(
        "--seeds", type=int, nargs="+", help="seeds of your own: to explore, not judge"
    )
    made.add_argument("--scheduler", help="address of a dask scheduler, or 'local'")
    add("validate", validating)
    add("repeat", repeating).add_argument("--jobs", type=int)
    add("check", checking).add_argument("--strict", action="store_true")
    add("record", recording)
    add("build", building).add_argument(
        "--into", type=Path, help="folder whose _build/html gets the site"
    )
    add("cache", caching).add_argument(
        "--empty", action="store_true", help="remove all of it"
    )
    made = add("picture", picturing)
    made.add_argument("--figure", required=True, help="such as fig-autoencoders-word")
    made.add_argument("--into", type=Path, required=True)
    return main


def main(words: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = parser().parse_args(words)
    try:
        if options.command is caching:
            return caching(options)  # the cache is no book's
        book = Book.here()
        known(options.preset)
        # Sections have sizes of their own, by other names.
        sections = not getattr(options, "overrides", [])
        chapters = book.choose(options.chapters, sections=sections)
        return options.command(options, book, chapters)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        told = (
            "Stopped. What was computed is kept; the same command goes on from there."
        )
        print(f"\n{told}", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
