"""What every test shares: one thread, no clock, and the look that figures come with.

Two workers with a thread each don't fight for cores. A test that is slow on a busy
machine is no failure: hypothesis has no deadline a case, nor a health check on time.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pytest
import torch
from hypothesis import HealthCheck, settings

# The import mode of the suite leaves test folders off the path.
sys.path.append(str(Path(__file__).parent))
torch.set_num_threads(1)
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def style_kept() -> Iterator[None]:
    """Undo what a run does to the style of figures: it would last for other tests."""
    before = mpl.rcParams.copy()
    yield
    dict.update(mpl.rcParams, before)
