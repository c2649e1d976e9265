"""A real browser without a screen, if this machine has one; scripts and network are off in it."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def browser():
    """A browser, or the reason why there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(NAMES)}")
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium's sandbox refuses root
    with sync_api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=["--no-sandbox"] * root)
        yield found
        found.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Shows a page's text; no request leaves the machine, and no script runs."""
    contexts = []

    def show(text, **options):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        options = {"java_script_enabled": False, "offline": True} | options
        context = browser.new_context(viewport={"width": 1100, "height": 900}, **options)
        contexts.append(context)
        asked = []
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        assert asked == [path.as_uri()]
        return page

    yield show
    for context in contexts:
        context.close()
