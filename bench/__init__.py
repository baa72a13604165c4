"""How fast and how frugal; never part of the tests."""
