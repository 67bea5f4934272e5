"""Compare gendiff with its peers, side by side in one process, as ratios.

    python tests/benchmarks/run.py [accuracy] [overhead] [training] [likelihood]

All four without arguments. Peers are required; see requirements.txt.
"""

import importlib
import sys

import peers
import torch

MEASURES = ("accuracy", "overhead", "training", "likelihood")


def main() -> None:
    """Run the measures named on the command line."""
    chosen = sys.argv[1:] or list(MEASURES)
    unknown = set(chosen) - set(MEASURES)
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {MEASURES}")
    peers.demand()
    torch.set_num_threads(1)
    for name in chosen:
        importlib.import_module(name).main()


if __name__ == "__main__":
    main()
