"""What belongs to running this checkout's own tests only: pytest's tests of plugins."""

pytest_plugins = ["pytester"]
