"""How far properties are explored: anew each time at home, alike each time in CI."""

import os

from hypothesis import settings

# A slow machine is no counterexample.
settings.register_profile("home", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "home")
