"""Where numbers come from: commit, kind of machine (never its name), versions."""

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

SHOWN = ("torch", "numpy", "scipy", "scikit-learn", "gendiff")


def provenance(root: Path, device: str) -> dict[str, Any]:
    """Return the parts of a result's provenance that are known before it runs."""
    return {"commit": commit(root), "machine": machine(device), "versions": versions()}


def commit(root: Path) -> str:
    """Return the commit of a working tree, marked where files differ from it."""
    try:
        head = git(root, "rev-parse", "--short=12", "HEAD")
        changed = git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head} with changes" if changed else head


def since(path: Path) -> int:
    """Return when a file was last committed, in seconds; 0 if it never was."""
    try:
        return int(git(path.parent, "log", "-1", "--format=%ct", "--", path.name))
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0


def git(root: Path, *words: str) -> str:
    """Ask git about a working tree."""
    return subprocess.run(
        ["git", "-C", str(root), *words],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def machine(device: str) -> str:
    """Describe the machine: processor, cores, and the accelerator if one is used."""
    used = {"cpu": "", "cuda": f", {accelerator() or 'an unknown accelerator'}"}
    return f"{os.cpu_count()} cores of {processor()}{used.get(device, f', {device}')}"


def processor() -> str:
    """Return the model of the processor, as far as the system tells it.

    A virtual machine often hides all but the maker in the name; family and model tell
    two generations apart, which round alike only by chance.
    """
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    name, family, model = (
        re.search(rf"^{field}\s*:\s*(.+)$", text, re.MULTILINE)
        for field in ("model name", "cpu family", "model")
    )
    if name is None:
        return platform.processor() or platform.machine()
    if family is None or model is None:
        return name[1]
    return f"{name[1]} (family {family[1]}, model {model[1]})"


def accelerator() -> str | None:
    """Return the name of the first CUDA device, or nothing where there is none."""
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return listed.splitlines()[0].strip() if listed.strip() else None


def versions() -> dict[str, str]:
    """Return the versions of what decides the numbers."""
    found = {"python": platform.python_version()}
    for name in SHOWN:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
