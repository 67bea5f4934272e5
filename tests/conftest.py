"""What every test shares: one thread, and no clock.

Two workers with a thread each don't fight for cores. A test that is slow on a busy
machine is no failure: hypothesis has no deadline a case, nor a health check on time.
"""

import torch
from hypothesis import HealthCheck, settings

torch.set_num_threads(1)
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")
