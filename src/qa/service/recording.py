"""Writes down what is asked, where the operator wants that, and asks what is noted again of every new generation."""

import logging
from collections.abc import Iterator
from threading import Event as Flag
from threading import Thread

from qa.engine import Engine, Event, Replied
from qa.errors import JournalUnavailable, QAError
from qa.journal import Feedback, Journal

LOOK_SECONDS = 2.0
"""Between two looks whether there is a new generation."""
REST_SECONDS = 0.2
"""Between two questions that are asked again, so that those who wait for an answer do not wait for these."""
_LOG = logging.getLogger("qa")


class Recorder:
    """Feedback is always written down, as it is given for that; questions only if `recording`. Safe for threads.

    Without a journal nothing is. A journal that fails is told in the log, and never keeps anyone from an answer.
    """

    def __init__(self, journal: Journal | None, engine: Engine, *, recording: bool) -> None:
        self.journal = journal
        self.recording = recording and journal is not None
        self._engine = engine
        self._stop = Flag()
        self._done: str | None = None
        self._thread: Thread | None = None

    def heard(self, replied: Replied) -> None:
        """Write a question and its reply down."""
        if self.journal is None or not self.recording:
            return
        try:
            self.journal.hear(replied.question.asked, replied.reply)
        except JournalUnavailable as error:
            _LOG.error("a question was not written down: %s", error)

    def hearing(self, stages: Iterator[Event]) -> Iterator[Event]:
        """The same stages; the last one is written down."""
        for event in stages:
            if isinstance(event, Replied):
                self.heard(event)
            yield event

    def said(self, question: str) -> Feedback | None:
        """The last word of a user on a question."""
        try:
            found = self.journal.feedback(question) if self.journal else []
        except JournalUnavailable as error:
            _LOG.error("no feedback can be shown: %s", error)
            return None
        return found[0] if found else None

    def start(self) -> None:
        """Begin to ask again, in a thread of its own."""
        if self.journal is not None:
            self._thread = Thread(target=self._run, name="qa-ask-again", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End that."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def ask_again(self) -> None:
        """Ask the generation of now all that an earlier one has replied to; ends early when told to stop."""
        if self.journal is None or not self.journal.path.exists():
            return
        generation = self._engine.snapshot().generation
        if generation == self._done:
            return
        for asked in self.journal.stale(generation):
            if self._stop.is_set():
                return
            try:
                self.journal.asked_again(asked, self._engine.ask(asked.question, exact=True).reply)
            except JournalUnavailable:
                raise
            except QAError as error:
                _LOG.warning("a question of the journal cannot be asked again: %s", error)
            self._stop.wait(REST_SECONDS)
        self._done = generation

    def _run(self) -> None:
        told = ""
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.ask_again()
                told = ""
            except QAError as error:
                if str(error) != told:  # the same trouble is told once, not at every look
                    told = str(error)
                    _LOG.error("the questions of the journal are not asked again: %s", error)
