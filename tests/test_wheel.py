"""The package that is built holds all that the library is, and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IMPORT_ALL = """
import importlib, pkgutil, sys
import papermill  # which looks for its engines, ours among them, once
import gendiff
assert gendiff.__file__.startswith(sys.argv[1]), gendiff.__file__
for module in pkgutil.walk_packages(gendiff.__path__, "gendiff."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


@pytest.mark.slow
def test_the_wheel_is_whole(tmp_path: Path) -> None:
    """Import every module from the unpacked wheel, far from the checkout."""
    # setuptools packs what an earlier build left there, modules since removed as well
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    into = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(into)
    tracked = subprocess.run(
        ["git", "ls-files", "gendiff"], cwd=ROOT, check=True, capture_output=True
    )
    there = {str(p.relative_to(into)) for p in (into / "gendiff").rglob("*.*")}
    assert there == set(tracked.stdout.decode().split())
    subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, str(into)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(into), "PATH": "", "HOME": str(tmp_path)},
        check=True,
    )
