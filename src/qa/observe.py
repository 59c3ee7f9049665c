"""Observers: what happens while questions are answered, told to nobody or to the log."""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from typing import Any, Literal

from qa.ports import Observer

LOGGER = "qa"
OTHERS = ("uvicorn.error", "asyncio", "python_multipart")
"""Logs of the web server and what it stands on: told in the same form, so that no line is of another one. Below errors
they have a line for each odd request, with which anybody could fill a disk."""
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Set while a request is being answered."""


def request_id() -> str | None:
    """Names the request that is being answered here, for its problems and the lines of the log; None outside of one."""
    return REQUEST_ID.get()


class NullObserver:
    """Hears and forgets."""

    def stage(self, name: str, milliseconds: float) -> None:
        """Ignore."""

    def replied(self, *, answered: bool, confidence: float) -> None:
        """Ignore."""


class Observers:
    """Passes on to several what it hears."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def stage(self, name: str, milliseconds: float) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.stage(name, milliseconds)

    def replied(self, *, answered: bool, confidence: float) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.replied(answered=answered, confidence=confidence)


class LogObserver:
    """Writes one log line a reply, with the time of each stage; question texts are never logged."""

    def __init__(self) -> None:
        self._log = logging.getLogger(LOGGER)

    def stage(self, name: str, milliseconds: float) -> None:
        """Log at debug level."""
        self._log.debug("stage", extra={"data": {"stage": name, "ms": round(milliseconds, 1)}})

    def replied(self, *, answered: bool, confidence: float) -> None:
        """Log at info level."""
        self._log.info("replied", extra={"data": {"answered": answered, "confidence": round(confidence, 3)}})


class _JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"time": self.formatTime(record), **_parts(record)})


class _TextFormatter(logging.Formatter):
    """One line a record; every value is JSON, so none can break the line."""

    def format(self, record: logging.LogRecord) -> str:
        parts = _parts(record)
        level, event = parts.pop("level"), json.dumps(parts.pop("event"))[1:-1]
        return " ".join((self.formatTime(record), level, event, *(f"{k}={json.dumps(v)}" for k, v in parts.items())))


def _parts(record: logging.LogRecord) -> dict[str, Any]:
    parts: dict[str, Any] = {"level": record.levelname.lower(), "event": record.getMessage()}
    request = request_id()
    parts |= ({"request": request} if request else {}) | getattr(record, "data", {})
    if record.exc_info and record.exc_info[1]:
        parts["error"] = "".join(traceback.format_exception(record.exc_info[1]))
    return parts


def configure_logging(form: Literal["text", "json", "off"]) -> None:
    """Send the product's log to standard error in the given form; line breaks in values cannot forge a line."""
    handler: logging.Handler = logging.NullHandler()
    if form != "off":
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_JsonFormatter() if form == "json" else _TextFormatter())
    for name, level in ((LOGGER, logging.INFO), *((other, logging.ERROR) for other in OTHERS)):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = False
        logger.setLevel(level)
        logger.addHandler(handler)
