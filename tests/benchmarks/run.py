"""Compare gendiff with its peers, side by side in one process, as ratios.

    python tests/benchmarks/run.py [--record] [accuracy] [stochastic] [overhead]
        [training] [likelihood]

All five without names. With `--record` what was found goes into `book/results`, from
where the appendix shows it. Peers are required; see requirements.txt.
"""

import argparse
import importlib
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import peers
import torch

from gendiff.book.compared import Measure, write
from gendiff.book.layout import Book
from gendiff.book.machine import commit, machine

ROOT = Path(__file__).parents[2]
MEASURES = ("accuracy", "stochastic", "overhead", "training", "likelihood")


def main() -> None:
    """Run the measures named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("--record", action="store_true", help="into book/results")
    given = parser.parse_args()
    unknown = set(given.names) - set(MEASURES)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: there are {', '.join(MEASURES)}")
    peers.demand()
    torch.set_num_threads(1)
    for name in given.names or MEASURES:
        module = importlib.import_module(name)
        found = module.main()
        if given.record:
            measure = Measure(
                says=(module.__doc__ or "").strip(),
                tables=found.tables,
                ratios=found.ratios,
                unmatched=[*found.unmatched],
                day=datetime.now(UTC).date(),
                commit=commit(ROOT),
                machine=machine("cpu"),
                versions={each: version(each) for each in module.VERSIONS},
            )
            print(f"recorded in {write(Book(ROOT), name, measure)}")


if __name__ == "__main__":
    main()
