"""watchfiles, its only import: hints from the operating system that something in a folder may have changed.

A hint only saves waiting for the next scan. None is needed: folders on a network send no events, and the number of
watches is limited; then the scans alone find every change. What of a folder can be watched is watched.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from watchfiles import watch

DEBOUNCE_MILLISECONDS = 200
_LOG = logging.getLogger("qa")


class FolderHints:
    """Calls `wake` after something changes below a folder; follows the folder when it is removed and made anew."""

    def __init__(self, folder: Path, wake: Callable[[], None]) -> None:
        self._folder = folder
        self._wake = wake
        self._watched: tuple[int, int] | None = None
        self._stop = Event()
        self._failed = self._said = False

    def refresh(self) -> None:
        """Watch the folder that has the name now, unless it is watched already or cannot be watched."""
        try:
            found = self._folder.stat()
        except OSError:
            self.close()
            return
        if not self._failed and self._watched != (found.st_dev, found.st_ino):
            self.close()
            self._watched, self._stop = (found.st_dev, found.st_ino), Event()
            Thread(target=self._follow, args=(self._stop,), name="qa-hints", daemon=True).start()

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        self._watched = None

    def _follow(self, stop: Event) -> None:
        for partly in (False, True):
            try:
                self._hear(stop, partly=partly)
            except FileNotFoundError:
                if not stop.is_set():
                    self._watched = None  # it has just gone, and may come again
                return
            except PermissionError:
                continue  # a folder inside is closed to us, which the scan says
            except (OSError, RuntimeError) as error:
                self._say(error)
            else:
                return
        self._failed = True

    def _hear(self, stop: Event, *, partly: bool) -> None:
        """Wake on every change until told to stop; raises what keeps a folder from being watched unless `partly`."""
        for _ in watch(
            self._folder,
            watch_filter=None,
            debounce=DEBOUNCE_MILLISECONDS,
            stop_event=stop,
            rust_timeout=1000,
            raise_interrupt=False,
            ignore_permission_denied=partly,  # despite its name it passes over every error, the limit of watches too
        ):
            self._wake()

    def _say(self, error: Exception) -> None:
        if not self._said:
            _LOG.warning("not all of the corpus can be watched, so some changes are found by scans alone: %s", error)
        self._said = True
