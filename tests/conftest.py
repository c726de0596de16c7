"""What all tests share."""

from hypothesis import settings

pytest_plugins = ["pytester"]

# The same examples at every run, and no deadline: a test says what is true, not how fast this machine is.
settings.register_profile("lemmata", deadline=None, derandomize=True)
settings.load_profile("lemmata")
