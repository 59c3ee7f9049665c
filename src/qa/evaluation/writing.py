"""Writes a file so that a reader sees the old content or the new one, never half of it."""

import os
from pathlib import Path

from qa.errors import EvaluationError


def write_atomically(path: Path, content: str) -> None:
    """Write beside the target, sync, rename over it; missing folders are made. Raises EvaluationError on failure."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("w", encoding="utf-8", newline="\n") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise EvaluationError(
            f"{path} cannot be written ({error.strerror or error}).", remedy="Name another file, or make room."
        ) from None
