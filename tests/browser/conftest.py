"""A real browser on the pages: Debian's Chromium, driven by Playwright, and a service over a small corpus.

Where there is no browser the tests are skipped, with the reason; `make test` installs both where it may.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import uvicorn
from starlette.types import ASGIApp

from browser.shelf import files
from library import Library
from qa.service.pictures import PagePictures
from qa.service.run import listen
from qa.wiring import make_editor, make_sandbox

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Playwright, Request

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium on this machine: `apt-get install chromium`, or name one in CHROMIUM"


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """A service on a free port of this machine while the block runs; gives its address."""
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=2))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def program() -> str | None:
    """The browser of this machine."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launched(playwright: "Playwright") -> "Iterator[Browser]":
    """The browser while the block runs."""
    # The sandbox of the browser needs rights that root in a container has not; the pages are our own.
    browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Seen:
    """What must not happen on a page: dialogs, errors and refusals in the console, requests to another host."""

    host: str
    dialogs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    requests: "list[Request]" = field(default_factory=list)

    def watch(self, page: "Page") -> None:
        """Listen to a page."""
        page.on("dialog", self._dismiss)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)

    def nothing(self) -> None:
        """Assert that nothing of it has happened."""
        assert (self.dialogs, self.complaints, self.foreign) == ([], [], [])

    def _dismiss(self, dialog: "Dialog") -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _listen(self, message: "ConsoleMessage") -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _asked(self, request: "Request") -> None:
        self.requests.append(request)
        if not request.url.startswith((self.host, "data:")):
            self.foreign.append(request.url)


@dataclass(frozen=True)
class Desk:
    """A browser window on a running service."""

    address: str
    page: "Page"
    seen: Seen

    def open(self, path: str = "/") -> "Page":
        """Go to a path of the service."""
        self.page.goto(self.address + path)
        return self.page


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One browser for a file of tests."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed", exc_type=ImportError)
    if program() is None:
        pytest.skip(MISSING)
    with api.sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A corpus in every format and many scripts, indexed once; tests only read it."""
    library = Library.at(tmp_path_factory.mktemp("browser") / "library", files())
    # Words that no other sentence has are found among few, so thousands of questions take little time.
    library = Library(settings=library.settings.model_copy(update={"depth": 5, "top_k": 4}))
    library.build()
    return library


@pytest.fixture(scope="module")
def address(shelf: Library) -> Iterator[str]:
    """The service over that corpus."""
    pictures = PagePictures(shelf.settings.corpus, make_sandbox(shelf.settings))
    with serving(shelf.client(pictures=pictures, editor=make_editor(shelf.settings)).app) as where:
        yield where


@pytest.fixture
def context(browser: "Browser") -> "Iterator[BrowserContext]":
    """A window of its own for a test, wide enough for a pane beside the conversation."""
    window = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    yield window
    window.close()


@pytest.fixture
def desk(context: "BrowserContext", address: str) -> Iterator[Desk]:
    """A page that is watched, on the service; at the end nothing that must not happen has happened."""
    page = context.new_page()
    seen = Seen(address)
    seen.watch(page)
    yield Desk(address, page, seen)
    seen.nothing()


def axe_source() -> Path:
    """Where the accessibility checker lies."""
    module = pytest.importorskip("axe_playwright_python.base", reason="axe-playwright-python is not installed")
    return Path(module.AXE_FILE_PATH)
