"""Shows the progress of long work on a terminal or in a log; the only import of tqdm."""

from typing import Self, TextIO

from tqdm import tqdm


class ProgressBar:
    """One bar a stage on a stream; a context manager, and a Progress to call."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stage: str | None = None
        self._bar: tqdm[None] | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show `done` of `total` units of a stage; one without any is not shown."""
        if not total:
            return
        if stage != self._stage:
            self._end()
            self._stage = stage
            self._bar = tqdm(total=total, desc=f"{stage:>10}", file=self._stream, leave=True, mininterval=0.2)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None
