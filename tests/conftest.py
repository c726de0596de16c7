"""What all tests share."""

import torch
from hypothesis import settings

pytest_plugins = ["pytester"]

# The same examples at every run, and no deadline: a test says what is true, not how fast this machine is.
settings.register_profile("lemmata", deadline=None, derandomize=True)
settings.load_profile("lemmata")

# The tests' tensors are small, and workers share the cores: threads would wait for each other longer than they work.
torch.set_num_threads(1)
