"""Hints come for what happens below a folder, also when it is made anew; without them nothing breaks."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from qa.live import hints as module
from qa.live.hints import FolderHints

LONG = 30.0


def hinted(wake: Event, act: Callable[[], object]) -> None:
    """Do it again and again until a hint comes: watching begins a moment after it was asked for."""
    end = time.monotonic() + LONG
    wake.clear()
    while not wake.wait(0.3):
        assert time.monotonic() < end, "no hint came"
        act()


def test_a_change_below_the_folder_wakes(tmp_path: Path) -> None:
    wake = Event()
    hints = FolderHints(tmp_path, wake.set)
    (tmp_path / "deep").mkdir()
    hints.refresh()
    try:
        hinted(wake, lambda: (tmp_path / "deep" / "a.txt").write_text(str(time.time())))
    finally:
        hints.close()


def test_a_folder_that_is_made_anew_is_watched_again(tmp_path: Path) -> None:
    wake = Event()
    folder = tmp_path / "corpus"
    hints = FolderHints(folder, wake.set)
    hints.refresh()  # there is none yet
    for _ in range(2):
        folder.mkdir()
        hints.refresh()
        hinted(wake, lambda: (folder / "a.txt").write_text(str(time.time())))
        (folder / "a.txt").unlink()
        folder.rmdir()
        hints.refresh()
    hints.close()


def test_a_folder_that_cannot_be_watched_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[bool] = []

    def watch(*_: object, ignore_permission_denied: bool, **__: object) -> None:
        tried.append(ignore_permission_denied)
        raise OSError(28, "OS file watch limit reached")

    monkeypatch.setattr(module, "watch", watch)
    hints = FolderHints(tmp_path, lambda: None)
    end = time.monotonic() + LONG
    while not caplog.records:
        assert time.monotonic() < end
        hints.refresh()
        time.sleep(0.02)
    for _ in range(3):
        hints.refresh()
    time.sleep(0.05)
    assert tried == [False, True], "all of it, then what can be watched"
    assert len(caplog.records) == 1
    assert "found by scans alone" in caplog.text
    hints.close()
