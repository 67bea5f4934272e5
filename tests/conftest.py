"""What every test shares: one thread, so that two workers don't fight for cores."""

import torch

torch.set_num_threads(1)
