"""What the service and its builder process say to one another: one JSON object a line."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from qa import errors
from qa.errors import BuildFailed, QAError
from qa.index.build import BuildReport, BuildRequest
from qa.index.corpus import Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build did, without the manifest."""

    published: bool
    generation: str
    embedded: int
    reused: int
    damaged: tuple[str, ...] = ()

    @classmethod
    def of(cls, report: BuildReport) -> "Built":
        """From the builder's report."""
        return cls(
            published=report.published,
            generation=report.manifest.id,
            embedded=report.embedded,
            reused=report.reused,
            damaged=report.damaged,
        )


def request_line(request: BuildRequest) -> str:
    """A request, with its line end."""
    return json.dumps(asdict(request)) + "\n"


def request_of(line: str) -> BuildRequest:
    """What `request_line` wrote."""
    data = json.loads(line)
    settled = data.pop("settled")
    if settled is not None:
        settled = {path: stamp and Stamp(*stamp) for path, stamp in settled.items()}
    return BuildRequest(**data, settled=settled)


def progress_line(stage: str, done: int, total: int) -> str:
    """How far a build is."""
    return json.dumps({"stage": stage, "done": done, "total": total}) + "\n"


def built_line(built: Built) -> str:
    """A build has ended."""
    return json.dumps({"built": asdict(built)}) + "\n"


def error_line(error: Exception) -> str:
    """A build has failed."""
    if isinstance(error, QAError):
        parts = {"name": type(error).__name__, "message": error.message, "remedy": error.remedy}
    else:
        message = f"The build failed ({type(error).__name__}: {error})."
        parts = {"name": BuildFailed.__name__, "message": message, "remedy": "If it stays so, please report it."}
    return json.dumps({"error": parts}) + "\n"


def error_of(parts: Mapping[str, Any]) -> QAError:
    """The error that `error_line` wrote."""
    kind: type[QAError] = getattr(errors, parts["name"])
    return kind(parts["message"], remedy=parts["remedy"])
