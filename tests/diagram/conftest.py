"""A browser to look at pages with, where the machine has one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import Browser, chromium


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("there is no Chromium on this machine: `apt-get install chromium`")
    opened = Browser(program, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture
def window(browser: Browser) -> Browser:
    """The browser with a window of a usual size, light, without movement."""
    browser.size(1280, 800)
    browser.theme("light")
    return browser
