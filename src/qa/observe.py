"""Observers: what happens while questions are answered, told to nobody or to the log."""

import json
import logging
import sys
from typing import Literal

LOGGER = "qa"


class NullObserver:
    """Hears and forgets."""

    def stage(self, name: str, milliseconds: float) -> None:
        """Ignore."""

    def replied(self, *, answered: bool, confidence: float) -> None:
        """Ignore."""


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
    def format(self, record: logging.LogRecord) -> str:
        line = {"time": self.formatTime(record), "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "data", {})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        data = " ".join(f"{key}={value}" for key, value in getattr(record, "data", {}).items())
        text = f"{self.formatTime(record)} {record.levelname.lower()} {json.dumps(record.getMessage())[1:-1]} {data}"
        return text.rstrip() + (f"\n{self.formatException(record.exc_info)}" if record.exc_info else "")


def configure_logging(form: Literal["text", "json", "off"]) -> None:
    """Send the product's log to standard error in the given form; line breaks in values cannot forge a line."""
    logger = logging.getLogger(LOGGER)
    logger.handlers.clear()
    logger.propagate = False
    logger.setLevel(logging.INFO)
    if form == "off":
        logger.addHandler(logging.NullHandler())
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if form == "json" else _TextFormatter())
    logger.addHandler(handler)
