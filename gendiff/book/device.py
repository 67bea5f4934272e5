"""On which device does a run compute? A preset is a size; the device is apart.

The command line resolves `auto` once, without importing torch, and hands the device on
in `GENDIFF_DEVICE`; a notebook that somebody opened by hand may leave it out.
"""

import platform

from gendiff.book.machine import accelerator

DEVICES = ("auto", "cpu", "cuda", "mps")


def resolve(wanted: str | None, preset: str) -> str:
    """Return `cpu`, `cuda` or `mps`.

    Without a wish it is the CPU, where the recorded digits are from, and for the gpu
    preset whatever accelerator there is.

    Raises:
        ValueError: If the name is unknown, or the device is not there.
    """
    if wanted is None:
        wanted = "auto" if preset == "gpu" else "cpu"
    if wanted not in DEVICES:
        raise ValueError(f"device {wanted!r} is unknown; choose {', '.join(DEVICES)}")
    there = available()
    if wanted == "auto":
        if preset == "gpu" and there == "cpu":
            raise ValueError(
                "preset 'gpu' is sized for an accelerator and there is none here; take "
                "--preset cpu, or insist with --device cpu (hours)"
            )
        return there
    if wanted not in ("cpu", there):
        raise ValueError(
            f"device {wanted!r} is not there, this machine has {there!r}; "
            "take --device auto"
        )
    return wanted


def available() -> str:
    """Return the best device of this machine."""
    if accelerator() is not None:
        return "cuda"
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "mps"
    return "cpu"
